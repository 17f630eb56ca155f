"""What Prometheus reads of running brokers is what clients have done to them."""

from __future__ import annotations

import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.structs import OffsetAndMetadata

from msklite.testing import LocalCluster
from tests.cli.conftest import msklite  # noqa: F401
from tests.cli.runner import Msklite

PATIENCE_S = 60
ROW = re.compile(r"([a-zA-Z_][\w]*)(?:\{(.*)\})? (\S+)")
Rows = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(url: str) -> Rows:
    """Every row; each must be of the text format, and each name must stand together."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    rows: Rows = {}
    kinds: list[str] = []
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            kinds.append(line.split(" ")[2])
            continue
        match = ROW.fullmatch(line)
        assert match is not None, line
        name, labels, value = match.groups()
        assert kinds[-1] == name
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")
        key = (name, frozenset(pairs))
        assert key not in rows, f"{line} is there twice"
        rows[key] = float(value)
    assert len(kinds) == len(set(kinds))
    return rows


def value(rows: Rows, metric: str, **labels: str) -> float:
    return rows[metric, frozenset(labels.items())]


def total(cluster: LocalCluster, metric: str, **labels: str) -> float:
    """The sum over the brokers that have it."""
    key = (metric, frozenset(labels.items()))
    return sum(rows[key] for rows in map(read, cluster.metrics_urls["jmx"]) if key in rows)


TOPICS = "kafka_server_BrokerTopicMetrics_Count"
REPLICAS = "kafka_server_ReplicaManager_Value"
CONTROLLER = "kafka_controller_KafkaController_Value"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Three zones with 100 records of 1000 bytes in t, read once by group g, and 5 more."""
    with LocalCluster(azs=3, metrics=True) as made:
        at = made.bootstrap_servers
        admin = KafkaAdminClient(bootstrap_servers=at)
        admin.create_topics([NewTopic("t", 2, 3), NewTopic("alone", 1, 1)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=at, acks="all")
        for _ in range(100):
            producer.send("t", b"x" * 1000, partition=0)
        producer.flush(PATIENCE_S)
        consumer = KafkaConsumer(bootstrap_servers=at, auto_offset_reset="earliest", group_id="g")
        here = TopicPartition("t", 0)
        consumer.assign([here, TopicPartition("alone", 0)])
        read_so_far = 0
        while read_so_far < 100:
            read_so_far += sum(map(len, consumer.poll(1000).values()))
        consumer.commit({
            here: OffsetAndMetadata(100, "", -1),
            TopicPartition("alone", 0): OffsetAndMetadata(0, "", -1),
        })  # fmt: skip
        consumer.close()
        for topic in ("t",) * 5 + ("alone",) * 3:
            producer.send(topic, b"x" * 1000, partition=0)
        producer.flush(PATIENCE_S)
        producer.close()
        yield made


def test_flows(cluster: LocalCluster) -> None:
    assert total(cluster, TOPICS, name="MessagesInPerSec", topic="t") == 105
    bytes_in = total(cluster, TOPICS, name="BytesInPerSec", topic="t")
    assert 105_000 < bytes_in < 120_000
    assert total(cluster, TOPICS, name="BytesOutPerSec", topic="t") >= 100_000
    logs = sum(
        v
        for rows in map(read, cluster.metrics_urls["jmx"])
        for (name, labels), v in rows.items()
        if name == "kafka_log_Log_Value" and {("name", "Size"), ("topic", "t")} <= labels
    )
    assert logs == 3 * bytes_in, "each of three replicas has it"
    copied = total(cluster, TOPICS, name="ReplicationBytesInPerSec")
    assert copied == total(cluster, TOPICS, name="ReplicationBytesOutPerSec")
    assert copied >= 2 * bytes_in


def test_the_state_of_replicas_and_of_the_cluster(cluster: LocalCluster) -> None:
    offsets = 5  # partitions of __consumer_offsets in a LocalCluster
    assert total(cluster, CONTROLLER, name="ActiveControllerCount") == 1
    assert total(cluster, CONTROLLER, name="ActiveBrokerCount") == 3
    assert total(cluster, CONTROLLER, name="GlobalTopicCount") == 3
    assert total(cluster, CONTROLLER, name="GlobalPartitionCount") == 3 + offsets
    assert total(cluster, CONTROLLER, name="OfflinePartitionsCount") == 0
    assert total(cluster, REPLICAS, name="LeaderCount") == 3 + offsets
    assert total(cluster, REPLICAS, name="UnderReplicatedPartitions") == 0
    assert total(cluster, REPLICAS, name="PartitionCount") == sum(
        b["partitions"] for zone in (1, 2, 3) for b in cluster.status(zone)["brokers"]
    )


def test_requests(cluster: LocalCluster) -> None:
    metric = "kafka_network_RequestMetrics_Count"
    produced = total(cluster, metric, name="RequestsPerSec", request="Produce")
    assert produced == total(cluster, TOPICS, name="TotalProduceRequestsPerSec") > 0
    fetched = total(cluster, metric, name="RequestsPerSec", request="FetchConsumer")
    followed = total(cluster, metric, name="RequestsPerSec", request="FetchFollower")
    assert fetched > 0
    assert followed > 0
    for rows in map(read, cluster.metrics_urls["jmx"]):
        labels = {"name": "TotalTimeMs", "request": "FetchFollower"}
        longest = value(rows, "kafka_network_RequestMetrics_Max", **labels)
        assert value(rows, "kafka_network_RequestMetrics_99thPercentile", **labels) <= longest


def test_lag_of_groups(cluster: LocalCluster) -> None:
    """Also where the coordinator has no replica of the topic."""
    t = {"consumergroup": "g", "topic": "t", "partition": "0"}
    assert total(cluster, "kafka_consumergroup_lag", **t) == 5
    assert total(cluster, "kafka_consumergroup_current_offset", **t) == 100
    assert total(cluster, "kafka_consumergroup_lag_sum", consumergroup="g", topic="t") == 5
    alone = {"consumergroup": "g", "topic": "alone", "partition": "0"}
    assert total(cluster, "kafka_consumergroup_lag", **alone) == 3


def test_the_machine(cluster: LocalCluster) -> None:
    rows = read(cluster.metrics_urls["node"][0])
    folder = cluster.spec.broker_dir(1)
    size = value(rows, "node_filesystem_size_bytes", mountpoint=folder)
    assert 0 < value(rows, "node_filesystem_avail_bytes", mountpoint=folder) < size
    assert value(rows, "node_memory_MemTotal_bytes") > value(rows, "process_resident_memory_bytes")
    again = read(cluster.metrics_urls["node"][0])
    idle = {"cpu": "0", "mode": "idle"}
    before = value(rows, "node_cpu_seconds_total", **idle)
    assert 0 < before <= value(again, "node_cpu_seconds_total", **idle)


def test_other_paths_and_methods(cluster: LocalCluster) -> None:
    url = cluster.metrics_urls["jmx"][0]
    with pytest.raises(urllib.error.HTTPError) as wrong:
        urllib.request.urlopen(url.replace("/metrics", "/"), timeout=PATIENCE_S)
    assert wrong.value.code == 404
    with pytest.raises(urllib.error.HTTPError) as wrong:
        urllib.request.urlopen(url, data=b"x", timeout=PATIENCE_S)
    assert wrong.value.code == 405
    host, port = url.removeprefix("http://").removesuffix("/metrics").split(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as sock:
        sock.sendall(b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 10_000)
        try:
            while sock.recv(65536):
                pass
        except ConnectionError:
            pass
    assert read(url)


def test_a_zone_that_is_gone_shows_in_the_others() -> None:
    with LocalCluster(azs=3, metrics=True, config={"broker.session.timeout.ms": 2000}) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic("t", 3, 3)])
        admin.close()
        urls = cluster.metrics_urls["jmx"]
        cluster.kill_zone(3)
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(urls[2], timeout=PATIENCE_S)
        key = (REPLICAS, frozenset({("name", "UnderReplicatedPartitions")}))
        alive = (CONTROLLER, frozenset({("name", "ActiveBrokerCount")}))
        deadline = time.monotonic() + PATIENCE_S
        while True:
            rows = [read(url) for url in urls[:2]]
            seen = sum(r[key] for r in rows), sum(r[alive] for r in rows)
            if seen == (3, 2):
                break
            assert time.monotonic() < deadline, seen
            time.sleep(0.05)
        cluster.start_zone(3)
        while sum(read(url)[key] for url in urls) > 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_by_command(msklite: Msklite) -> None:  # noqa: F811
    """Ports are shown and kept; a volume's figures are the broker's; a stopped broker says 503."""
    msklite.ok("up", "-d", "--brokers", 2, "--metrics", "--volume-gb", 1)
    row = msklite.json("status")["brokers"][0]
    node = f"http://127.0.0.1:{row['node_port']}/metrics"
    sizes = {v for (name, _), v in read(node).items() if name == "node_filesystem_size_bytes"}
    assert sizes == {2**30}
    jmx = f"http://127.0.0.1:{row['jmx_port']}/metrics"
    assert value(read(jmx), "kafka_server_KafkaServer_Value", name="BrokerState") == 3
    msklite.ok("broker", "stop", 1)
    with pytest.raises(urllib.error.HTTPError) as away:
        urllib.request.urlopen(jmx, timeout=PATIENCE_S)
    assert away.value.code == 503
    msklite.ok("down")
    again = msklite.json("up", "-d")["brokers"][0]
    assert (again["jmx_port"], again["node_port"]) == (row["jmx_port"], row["node_port"])
    assert read(jmx)
    msklite.ok("down")
    assert "jmx_port" not in msklite.json("up", "-d", "--no-metrics")["brokers"][0]
