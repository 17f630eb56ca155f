"""Kafka's console tools, each by its own main, all in the one JVM of the Java client."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import programs
from tests.clients.client import Record
from tests.clients.conftest import Server, await_leaders, connect

Name = Callable[..., str]
TOOLS = "org.apache.kafka.tools."
TOPICS = TOOLS + "TopicCommand"
GROUPS = TOOLS + "consumer.group.ConsumerGroupCommand"
CONFIGS = "kafka.admin.ConfigCommand"

pytestmark = pytest.mark.jvm


class Console:
    """Runs a tool against the server."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._program = programs.running("java")

    def run(self, tool: str, *args: str, stdin: str = "", status: int = 0) -> str:
        """What the tool printed; it must end with `status`."""
        done = self._program.call("tool", tool=tool, args=list(args), stdin=stdin)
        assert done["status"] == status, f"{tool} {args}: {done}"
        out: str = done["out"]
        return out if status == 0 else out + done["err"]

    def __call__(self, tool: str, *args: str, stdin: str = "", status: int = 0) -> str:
        """The same with the address, which all tools take."""
        place = ("--bootstrap-server", self.bootstrap)
        return self.run(tool, *place, *args, stdin=stdin, status=status)


@pytest.fixture
def console(server: Server) -> Console:
    return Console(server.bootstrap)


@pytest.fixture
def topic(server: Server, fresh: Name) -> str:
    """A topic of two partitions with five records, "0" to "4", in the first."""
    client = connect("java", server.bootstrap)
    name = fresh()
    client.create_topic(name, 2)
    await_leaders(client, name, 2)
    client.produce(name, [Record(b"%d" % n, timestamp=1_700_000_000_000 + n) for n in range(5)])
    return name


@pytest.fixture
def group(console: Console, topic: str, fresh: Name) -> str:
    """A group without members that has read three of the topic's records."""
    name = fresh("g")
    read(console, topic, "--group", name, "--max-messages", "3", "--from-beginning")
    return name


def read(console: Console, topic: str, *args: str) -> list[str]:
    """The console consumer's lines; it commits what it read as it goes."""
    tool = TOOLS + "consumer.ConsoleConsumer"
    lines = console(tool, "--topic", topic, "--timeout-ms", "30000", *args).splitlines()
    return [line for line in lines if not line.startswith("Processed a total of")]


def test_kafka_topics(console: Console, fresh: Name) -> None:
    """kafka-topics creates, lists, describes, alters and deletes."""
    name = fresh()
    made = console(TOPICS, "--create", "--topic", name, "--partitions", "2",
                   "--config", "retention.ms=86400000")  # fmt: skip
    assert f"Created topic {name}." in made
    assert name in console(TOPICS, "--list").splitlines()
    console(TOPICS, "--alter", "--topic", name, "--partitions", "4")
    told = console(TOPICS, "--describe", "--topic", name)
    assert "PartitionCount: 4" in told
    assert "ReplicationFactor: 1" in told
    assert "retention.ms=86400000" in told
    assert len(re.findall(r"Partition: \d+\s+Leader: \d+\s+Replicas: \d+\s+Isr: \d+", told)) == 4
    assert console(TOPICS, "--describe", "--under-replicated-partitions").strip() == ""
    again = console(TOPICS, "--create", "--topic", name, status=1)
    assert "already exists" in again
    console(TOPICS, "--delete", "--topic", name)
    assert name not in console(TOPICS, "--list").splitlines()


def test_kafka_console_producer_and_consumer(console: Console, fresh: Name) -> None:
    """Lines go in by kafka-console-producer and come out by kafka-console-consumer."""
    name = fresh()
    console(TOPICS, "--create", "--topic", name, "--partitions", "1")
    console(
        TOOLS + "ConsoleProducer",
        *("--topic", name, "--compression-codec", "zstd"),
        *("--reader-property", "parse.key=true", "--reader-property", "parse.headers=true"),
        stdin="a:1,b:2\tk1\tone\na:3\tk2\ttwo\n",
    )
    shown = ("--formatter-property", "print.key=true", "--formatter-property",
             "print.headers=true", "--formatter-property", "print.offset=true")  # fmt: skip
    lines = read(console, name, "--from-beginning", "--max-messages", "2", *shown)
    assert lines == ["Offset:0\ta:1,b:2\tk1\tone", "Offset:1\ta:3\tk2\ttwo"]


def test_kafka_console_consumer_of_a_partition(console: Console, topic: str) -> None:
    """kafka-console-consumer starts at an offset of one partition."""
    place = ("--partition", "0", "--offset", "2", "--max-messages", "3")
    assert read(console, topic, *place) == ["2", "3", "4"]


def test_kafka_consumer_groups(console: Console, topic: str, group: str) -> None:
    """kafka-consumer-groups lists and describes groups, with offsets and lag."""
    assert group in console(GROUPS, "--list").splitlines()
    told = console(GROUPS, "--describe", "--group", group)
    (row,) = [line.split() for line in told.splitlines() if line.split()[1:3] == [topic, "0"]]
    assert row[:6] == [group, topic, "0", "3", "5", "2"]
    state = console(GROUPS, "--describe", "--group", group, "--state")
    assert re.search(rf"{group}\s+\S+\s+\(\d+\)\s.*Empty\s+0", state)
    assert group not in console(GROUPS, "--describe", "--group", group, "--members")


def test_kafka_consumer_groups_resets(console: Console, topic: str, group: str) -> None:
    """kafka-consumer-groups resets offsets in each of its ways, and the group goes on there."""
    ways = [
        (("--to-earliest",), 0),
        (("--to-latest",), 5),
        (("--to-offset", "2"), 2),
        (("--shift-by", "-1"), 1),
        (("--to-datetime", "2023-11-14T22:13:20.003+00:00"), 3),
    ]
    for way, expected in ways:
        place = ("--group", group, "--topic", f"{topic}:0", "--reset-offsets", "--execute")
        told = console(GROUPS, *place, *way)
        (row,) = [line.split() for line in told.splitlines() if line.split()[1:3] == [topic, "0"]]
        assert row == [group, topic, "0", str(expected)]
    assert read(console, topic, "--group", group, "--max-messages", "2") == ["3", "4"]


def test_kafka_consumer_groups_deletes(console: Console, topic: str, group: str) -> None:
    """kafka-consumer-groups deletes offsets and groups."""
    told = console(GROUPS, "--group", group, "--delete-offsets", "--topic", f"{topic}:0")
    assert "Successful" in told
    assert "Deletion of requested consumer groups" in console(GROUPS, "--delete", "--group", group)
    assert group not in console(GROUPS, "--list").splitlines()


def test_kafka_groups(console: Console, group: str) -> None:
    """kafka-groups lists groups with type and protocol."""
    rows = [line.split() for line in console(TOOLS + "GroupsCommand", "--list").splitlines()]
    assert [group, "Classic", "consumer"] in rows


def test_kafka_configs(console: Console, server: Server, topic: str) -> None:
    """kafka-configs describes, sets and removes settings of topics and brokers."""
    of_topic = ("--entity-type", "topics", "--entity-name", topic)
    added = console(CONFIGS, *of_topic, "--alter", "--add-config",
                    "retention.ms=1000000,cleanup.policy=[compact,delete]")  # fmt: skip
    assert "Completed updating config" in added
    told = console(CONFIGS, *of_topic, "--describe")
    assert "retention.ms=1000000" in told
    assert "cleanup.policy=compact,delete" in told
    console(CONFIGS, *of_topic, "--alter", "--delete-config", "retention.ms")
    assert "retention.ms" not in console(CONFIGS, *of_topic, "--describe")
    assert "retention.ms=604800000" in console(CONFIGS, *of_topic, "--describe", "--all")
    broker = console(
        CONFIGS, "--entity-type", "brokers", "--entity-name", "1", "--describe", "--all"
    )
    assert "auto.create.topics.enable=false" in broker


def test_kafka_configs_of_brokers(console: Console) -> None:
    """kafka-configs sets what brokers may change while they run, as the cluster's default."""
    every = ("--entity-type", "brokers", "--entity-default")
    console(CONFIGS, *every, "--alter", "--add-config", "log.cleaner.backoff.ms=16000")
    assert "log.cleaner.backoff.ms=16000" in console(CONFIGS, *every, "--describe")
    console(CONFIGS, *every, "--alter", "--delete-config", "log.cleaner.backoff.ms")
    assert "log.cleaner.backoff.ms" not in console(CONFIGS, *every, "--describe")


def test_kafka_get_offsets(console: Console, topic: str) -> None:
    """kafka-get-offsets tells offsets: latest, earliest, by time, of the largest time."""
    tool = TOOLS + "GetOffsetShell"
    by_time = {"latest": "5", "earliest": "0", "max-timestamp": "4", "1700000000003": "3"}
    for time, offset in by_time.items():
        told = console(tool, "--topic-partitions", f"{topic}:0", "--time", time)
        assert told.split() == [f"{topic}:0:{offset}"]
    assert console(tool, "--topic", topic).split() == [f"{topic}:0:5", f"{topic}:1:0"]


def test_kafka_delete_records(console: Console, topic: str, tmp_path: Path) -> None:
    """kafka-delete-records deletes up to an offset."""
    wanted = tmp_path / "records.json"
    cut = {"topic": topic, "partition": 0, "offset": 3}
    wanted.write_text(json.dumps({"partitions": [cut], "version": 1}))
    told = console(TOOLS + "DeleteRecordsCommand", "--offset-json-file", str(wanted))
    assert f"partition: {topic}-0\tlow_watermark: 3" in told
    assert read(console, topic, "--from-beginning", "--max-messages", "2") == ["3", "4"]


def test_kafka_log_dirs(console: Console, server: Server, topic: str) -> None:
    """kafka-log-dirs tells every broker's directories, with the topic's partitions once each."""
    told = console(TOOLS + "LogDirsCommand", "--describe", "--topic-list", topic)
    (line,) = [line for line in told.splitlines() if line.startswith("{")]
    brokers = json.loads(line)["brokers"]
    assert len(brokers) == server.brokers
    found = {
        partition["partition"]: partition["size"]
        for broker in brokers
        for directory in broker["logDirs"]
        for partition in directory["partitions"]
    }
    assert set(found) == {f"{topic}-0", f"{topic}-1"}
    assert found[f"{topic}-0"] > 0 == found[f"{topic}-1"]


def test_kafka_broker_api_versions(console: Console, server: Server) -> None:
    """kafka-broker-api-versions asks every broker and finds all that a 4.2 client can use."""
    told = console(TOOLS + "BrokerApiVersionsCommand")
    assert len(re.findall(r"\(id: \d+ rack: \S+ isFenced: false\) -> \(", told)) == server.brokers
    for api in ("Produce(0): 0 to 13", "Fetch(1): 4 to 18", "JoinGroup(11): 0 to 9"):
        assert told.count(api) == server.brokers
    assert "ERROR" not in told


def test_kafka_features(console: Console) -> None:
    """kafka-features tells the finalised metadata.version."""
    told = console(TOOLS + "FeatureCommand", "describe")
    assert re.search(r"Feature: metadata.version.*FinalizedVersionLevel: 4.2-IV1", told)


def test_kafka_metadata_quorum(console: Console) -> None:
    """kafka-metadata-quorum tells the quorum's leader, voters and observers."""
    told = console(TOOLS + "MetadataQuorumCommand", "describe", "--status")
    assert re.search(r"LeaderId:\s+10001", told)
    assert re.search(r"CurrentVoters:\s+\[\{\"id\": 10001", told)
    assert re.search(r"CurrentObservers:\s+\[\{\"id\": 1,", told)
    replication = console(TOOLS + "MetadataQuorumCommand", "describe", "--replication")
    assert re.search(r"10001\s+\S+\s+\d+\s+0\s+\d+\s+\d+\s+Leader", replication)


def test_kafka_cluster(console: Console, server: Server) -> None:
    """kafka-cluster tells the cluster's id."""
    told = console.run(TOOLS + "ClusterTool", "cluster-id", "--bootstrap-server", server.bootstrap)
    assert f"Cluster ID: {connect('java', server.bootstrap).cluster().id}" in told


def test_kafka_perf_tests(console: Console, topic: str) -> None:
    """kafka-producer-perf-test and kafka-consumer-perf-test run through."""
    told = console.run(
        TOOLS + "ProducerPerformance",
        *("--topic", topic, "--num-records", "2000", "--record-size", "100"),
        *("--throughput", "-1", "--command-property", f"bootstrap.servers={console.bootstrap}"),
    )
    assert "2000 records sent" in told
    told = console(TOOLS + "ConsumerPerformance", "--topic", topic, "--num-records", "2000",
                   "--timeout", "30000")  # fmt: skip
    assert re.search(r"\d{4}-\d\d-\d\d .*, 20\d\d, ", told)


def test_kafka_transactions_describe_producers(console: Console, topic: str) -> None:
    """kafka-transactions describe-producers tells the idempotent producers of a partition."""
    client = connect("java", console.bootstrap)
    client.produce(topic, [Record(b"x"), Record(b"y")], idempotent=True)
    told = console(TOOLS + "TransactionsCommand", "describe-producers", "--topic", topic,
                   "--partition", "0")  # fmt: skip
    (row,) = [line.split() for line in told.splitlines() if re.match(r"\d+\s", line)]
    assert row[1:4] == ["0", "-1", "1"]
