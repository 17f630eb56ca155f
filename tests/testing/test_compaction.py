"""Compaction and retention on running clusters, with a real client, in the worker process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import InvalidRecordError
from kafka.structs import OffsetAndMetadata

from msklite.testing import LocalCluster

OFTEN = {"log.cleaner.backoff.ms": "50"}
COMPACT = {
    "cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"
}  # fmt: skip


def create(address: str, name: str, replicas: int = 1, **configs: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=address)
    settings = {k.replace("_", "."): v for k, v in configs.items()}
    admin.create_topics([NewTopic(name, 1, replicas, topic_configs=settings)])
    admin.close()


def read(address: str, topic: str) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest")
    tp = TopicPartition(topic, 0)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    found: list[Any] = []
    while consumer.position(tp) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            found += records
    consumer.close()
    return found


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("storage", ["disk", "memory"])
def test_a_topic_is_compacted(storage: str) -> None:
    """In the worker process on a disk, in slices in memory."""
    with LocalCluster(storage=storage, config=OFTEN) as cluster:
        address = cluster.bootstrap_servers
        create(address, "t", **COMPACT)
        producer = KafkaProducer(bootstrap_servers=address, linger_ms=5)
        for i in range(8000):
            producer.send("t", key=b"k%d" % (i % 50), value=b"%d-" % i + b"x" * 400)
        producer.flush()
        with pytest.raises(InvalidRecordError):
            producer.send("t", value=b"no key").get(30)
        producer.close()
        until(lambda: len(read(address, "t")) < 4000)
        last = {r.key: int(r.value.partition(b"-")[0]) for r in read(address, "t")}
        assert last == {b"k%d" % (i % 50): i for i in range(7950, 8000)}
        before = [(r.offset, r.key) for r in read(address, "t")]
        cluster.restart()
        after = [(r.offset, r.key) for r in read(address, "t")]
        assert set(after) <= set(before)
        assert len({k for _, k in after}) == 50


def test_replicas_clean_each_for_themselves(tmp_path: Path) -> None:
    with LocalCluster(azs=3, config=OFTEN, data_dir=str(tmp_path)) as cluster:
        address = cluster.bootstrap_servers
        create(address, "t", 3, **COMPACT)
        producer = KafkaProducer(bootstrap_servers=address, acks="all", linger_ms=5)
        for i in range(8000):
            producer.send("t", key=b"k%d" % (i % 50), value=b"%d-" % i + b"x" * 400)
        producer.flush()
        producer.close()
        files = "az*/broker-*/cleaner-offset-checkpoint"
        until(lambda: sum(b"t 0 " in f.read_bytes() for f in tmp_path.glob(files)) == 3)
        last = {r.key: int(r.value.partition(b"-")[0]) for r in read(address, "t")}
        assert last == {b"k%d" % (i % 50): i for i in range(7950, 8000)}
        cluster.kill_zone(1)
        assert len({r.key for r in read(address, "t")}) == 50
        cluster.start_zone(1)


def test_what_is_written_after_a_jump_stays_for_its_time() -> None:
    """A real client's records carry its own time; on a turned clock they are as old as they are."""
    with LocalCluster(storage="memory") as cluster:
        address = cluster.bootstrap_servers
        create(address, "t", retention_ms=str(86_400_000))
        producer = KafkaProducer(bootstrap_servers=address)
        producer.send("t", b"before").get(30)
        cluster.clock.advance("400d")
        assert read(address, "t") == []
        producer.send("t", b"after").get(30)
        cluster.clock.advance("23h")
        assert [r.value for r in read(address, "t")] == [b"after"]
        cluster.restart()
        cluster.clock.advance("1s")
        assert [r.value for r in read(address, "t")] == [b"after"]
        cluster.clock.advance("2h")
        assert read(address, "t") == []
        producer.close()


def test_the_topic_of_committed_offsets_is_compacted(tmp_path: Path) -> None:
    """It doesn't grow with every commit, and what was committed last is found after a restart."""
    config = {
        **OFTEN, "offsets.topic.segment.bytes": "1048576", "offsets.topic.num.partitions": "1",
        "log.cleaner.min.cleanable.ratio": "0.01",
    }  # fmt: skip
    with LocalCluster(data_dir=str(tmp_path), config=config) as cluster:
        address = cluster.bootstrap_servers
        admin = KafkaAdminClient(bootstrap_servers=address)
        admin.create_topics([NewTopic("t", 100, 1)])
        admin.close()
        consumer = KafkaConsumer(bootstrap_servers=address, group_id="g", enable_auto_commit=False)
        parts = [TopicPartition("t", p) for p in range(100)]
        consumer.assign(parts)
        for n in range(300):
            consumer.commit({tp: OffsetAndMetadata(n, "x" * 50, -1) for tp in parts})
        checkpoint = tmp_path / "az1" / "broker-1" / "cleaner-offset-checkpoint"
        until(lambda: checkpoint.exists() and b"__consumer_offsets 0 " in checkpoint.read_bytes())
        cluster.restart()
        assert {consumer.committed(tp) for tp in parts} == {299}
        consumer.close()
    folder = tmp_path / "az1" / "broker-1" / "__consumer_offsets-0"
    assert sum(f.stat().st_size for f in folder.glob("*.log")) < 3_000_000
