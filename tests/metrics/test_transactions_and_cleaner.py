"""What Prometheus reads of transactions and of compaction."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)

from msklite.errors import Code
from msklite.testing import LocalCluster
from msklite.wire.frames import HEADER
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import ProduceResponse
from msklite.wire.records import Record, build_batch
from tests.metrics.test_exporters import PATIENCE_S, REPLICAS, Rows, read, value
from tests.support.raw import exchange

MARKERS = "kafka_coordinator_transaction_TransactionMarkerChannelManager_Value"
VERIFYING = "kafka_server_AddPartitionsToTxnManager_"
LOADS = "kafka_server_transaction_coordinator_metrics_partition_load_time_"
CLEANER, MANAGER = "kafka_log_LogCleaner_Value", "kafka_log_LogCleanerManager_Value"
RECORD = b"x" * 12_000
SMALL = {"segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """One broker whose cleaner looks ten times a second."""
    config = {
        "log.cleaner.backoff.ms": 100,
        "transaction.state.log.num.partitions": 2,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
    }
    with LocalCluster(metrics=True, config=config) as made:
        yield made


def rows(cluster: LocalCluster) -> Rows:
    return read(cluster.metrics_urls["jmx"][0])


def create(cluster: LocalCluster, topic: str, partitions: int, **config: str) -> None:
    admin = AdminClient({"log_level": 0, "bootstrap.servers": cluster.bootstrap})
    made = admin.create_topics([NewTopic(topic, partitions, 1, config=config)])
    made[topic].result(PATIENCE_S)


def until(cluster: LocalCluster, ready: Callable[[Rows], bool]) -> Rows:
    deadline = time.monotonic() + PATIENCE_S
    while not ready(found := rows(cluster)):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def produce_unknown(cluster: LocalCluster) -> int:
    """A batch of a transaction that no coordinator knows of; the code that it gets."""
    batch = build_batch(
        [Record(value=b"v")], producer_id=77, producer_epoch=0, base_sequence=0, transactional=True
    )  # fmt: skip
    request = ProduceRequest(
        transactional_id="nobody", acks=-1, timeout_ms=30_000,
        topic_data=[TopicProduceData(
            name="t", partition_data=[PartitionProduceData(index=1, records=bytes(batch))]
        )],
    )  # fmt: skip
    head = HEADER.pack(ProduceRequest.API_KEY, 11, 1) + b"\0\1t\0"
    address = ("127.0.0.1", int(cluster.bootstrap.rpartition(":")[2]))
    with socket.create_connection(address, PATIENCE_S) as sock:
        answer = exchange(sock, head + request.encode(11))
    reply, _ = ProduceResponse().read(answer, 5, 11)
    code: int = reply.responses[0].partition_responses[0].error_code
    return code


def test_transactions(cluster: LocalCluster) -> None:
    """Each first batch is verified; one that no coordinator knows is a failure; loads are timed."""
    create(cluster, "t", 2)
    before = rows(cluster)
    producer = Producer(
        {"log_level": 0, "bootstrap.servers": cluster.bootstrap, "transactional.id": "t"}
    )
    producer.init_transactions(PATIENCE_S)
    for _ in range(3):
        producer.begin_transaction()
        producer.produce("t", b"v", partition=0)
        producer.commit_transaction(PATIENCE_S)
    producer.begin_transaction()
    producer.produce("t", b"v", partition=0)
    assert producer.flush(PATIENCE_S) == 0
    found = rows(cluster)
    asked = {"name": "VerificationTimeMs"}
    count = value(found, f"{VERIFYING}Count", **asked)
    assert count >= value(before, f"{VERIFYING}Count", **asked) + 4
    assert value(found, f"{VERIFYING}99thPercentile", **asked) <= value(
        found, f"{VERIFYING}Max", **asked
    )
    failed = {"name": "VerificationFailureRate"}
    refused = value(found, f"{VERIFYING}Count", **failed)
    assert produce_unknown(cluster) == Code.INVALID_PRODUCER_ID_MAPPING
    found = rows(cluster)
    assert value(found, f"{VERIFYING}Count", **failed) == refused + 1
    for name in ("UnknownDestinationQueueSize", "LogAppendRetryQueueSize"):
        assert value(found, MARKERS, name=name) == 0
    assert value(found, f"{LOADS}max") >= value(found, f"{LOADS}avg") >= 0
    assert value(found, REPLICAS, name="ProducerIdCount") >= 1
    assert value(found, REPLICAS, name="PartitionsWithLateTransactionsCount") == 0


def write(cluster: LocalCluster, topic: str) -> None:
    """Fifty keys, each twice: a full segment and a bit."""
    producer = Producer({"log_level": 0, "bootstrap.servers": cluster.bootstrap, "linger.ms": 0})
    for n in range(100):
        producer.produce(topic, RECORD, str(n % 50))
        producer.poll(0)
        if n % 20 == 19:
            assert producer.flush(PATIENCE_S) == 0


def test_the_cleaner(cluster: LocalCluster) -> None:
    """About half of a log's closed segment stays; a log that can't be read is told of."""
    folder = {"logDirectory": cluster.spec.broker_dir(1)}
    count = {"name": "uncleanable-partitions-count", **folder}
    size = {"name": "uncleanable-bytes", **folder}
    found = rows(cluster)
    assert value(found, CLEANER, name="cleaner-recopy-percent") == 0
    assert value(found, MANAGER, **count) == value(found, MANAGER, **size) == 0
    create(cluster, "keyed", 1, **{"cleanup.policy": "compact", **SMALL})
    write(cluster, "keyed")
    found = until(cluster, lambda r: value(r, CLEANER, name="cleaner-recopy-percent") > 0)
    assert 40 < value(found, CLEANER, name="cleaner-recopy-percent") < 80
    assert 0 <= value(found, MANAGER, name="max-dirty-percent") <= 100
    assert value(found, MANAGER, name="time-since-last-run-ms") < PATIENCE_S * 1000
    assert value(found, CLEANER, name="DeadThreadCount") == 0
    until(cluster, lambda r: value(r, MANAGER, name="max-dirty-percent") == 0)

    create(cluster, "damaged", 1, **SMALL)
    write(cluster, "damaged")
    first = Path(folder["logDirectory"]) / "damaged-0" / f"{0:020d}.log"
    with first.open("r+b") as file:
        file.seek(8)
        file.write(b"\x7f\xff\xff\xff")  # a batch longer than all
    change = ConfigResource("topic", "damaged")
    change.add_incremental_config(
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET)
    )
    admin = AdminClient({"log_level": 0, "bootstrap.servers": cluster.bootstrap})
    for done in admin.incremental_alter_configs([change]).values():
        done.result(PATIENCE_S)
    found = until(cluster, lambda r: value(r, MANAGER, **count) == 1)
    assert value(found, MANAGER, **size) == first.stat().st_size


def test_markers_for_which_there_is_no_leader() -> None:
    with LocalCluster(azs=3, metrics=True, config={"broker.session.timeout.ms": 2000}) as three:
        admin = AdminClient({"log_level": 0, "bootstrap.servers": three.bootstrap})
        alone = NewTopic("alone", 1, replica_assignment=[[3]])
        admin.create_topics([alone])["alone"].result(PATIENCE_S)
        producer = Producer(
            {"log_level": 0, "bootstrap.servers": three.bootstrap, "transactional.id": "t"}
        )
        producer.init_transactions(PATIENCE_S)
        producer.begin_transaction()
        producer.produce("alone", b"v")
        assert producer.flush(PATIENCE_S) == 0
        three.kill_zone(3)
        producer.commit_transaction(PATIENCE_S)
        key = (MARKERS, frozenset({("name", "UnknownDestinationQueueSize")}))
        urls = three.metrics_urls["jmx"]
        deadline = time.monotonic() + PATIENCE_S
        while sum(read(url)[key] for url in urls[:2]) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        three.start_zone(3)
        while sum(read(url)[key] for url in urls) != 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_where_nothing_is_cleaned_nothing_is_told() -> None:
    with LocalCluster(metrics=True, config={"log.cleaner.enable": False}) as quiet:
        found = rows(quiet)
        assert not [name for name, _ in found if "LogCleaner" in name]
        assert math.isnan(value(found, f"{LOADS}max")), "no partition was loaded"
