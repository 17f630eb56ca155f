"""A running broker's care for its logs: flushes, retention, checkpoints, a failing disk."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from msklite.broker.broker import Broker
from msklite.log.checkpoints import LOG_START, RECOVERY_POINT, read_offsets
from msklite.log.memory import MemoryStorage
from msklite.partition.partition import Partition
from msklite.testing import LocalCluster

T = TypeVar("T")
QUICK = {"log.initial.task.delay.ms": "50", "log.retention.check.interval.ms": "50"}


def broker(cluster: LocalCluster) -> Broker:
    return cluster.zone(1).brokers[1]


def partition(cluster: LocalCluster, topic: str = "t") -> Partition:
    found = broker(cluster).replicas.get(topic, 0)
    assert found is not None
    return found


def on_loop(cluster: LocalCluster, job: Callable[[], T]) -> T:
    async def run() -> T:
        return job()

    return cluster._run(run())


def until(cluster: LocalCluster, true: Callable[[], bool]) -> None:
    """Wait, on the cluster's loop, for what its rounds bring about."""

    async def wait() -> None:
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)

    cluster._run(asyncio.wait_for(wait(), 60))


def create(cluster: LocalCluster, topic: str = "t", **configs: Any) -> None:
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    settings = {k.replace("_", "."): str(v) for k, v in configs.items()}
    admin.create_topics([NewTopic(topic, 1, 1, topic_configs=settings)])
    admin.close()


def send(cluster: LocalCluster, *values: bytes, topic: str = "t", **options: Any) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options)
    for value in values:
        producer.send(topic, value, partition=0).get(timeout=30)
    producer.close()


def read(cluster: LocalCluster, topic: str = "t") -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=cluster.bootstrap_servers, auto_offset_reset="earliest"
    )
    tp = TopicPartition(topic, 0)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    out: list[bytes] = []
    while consumer.position(tp) < end:
        for rows in consumer.poll(timeout_ms=1000).values():
            out += [r.value for r in rows]
    consumer.close()
    return out


@pytest.fixture
def memory() -> Iterator[LocalCluster]:
    with LocalCluster(storage="memory", config=QUICK) as cluster:
        yield cluster


def disk_of(cluster: LocalCluster) -> MemoryStorage:
    disk = broker(cluster).world.storage
    assert isinstance(disk, MemoryStorage)
    return disk


# -- flushing ---------------------------------------------------------------------------------


def test_flush_messages_is_kept_before_the_acknowledgement(memory: LocalCluster) -> None:
    create(memory, flush_messages=1)
    send(memory, b"a", b"b", b"c")
    log = partition(memory).log
    assert log.recovery_point == log.end_offset == 3
    # A power loss now takes nothing.
    disk = disk_of(memory)
    memory.crash()
    disk.crash()
    memory.restart()
    assert read(memory) == [b"a", b"b", b"c"]


def test_without_flush_messages_nothing_is_flushed(memory: LocalCluster) -> None:
    create(memory)
    send(memory, b"a")
    assert partition(memory).log.recovery_point == 0


def test_flush_messages_counts_records(memory: LocalCluster) -> None:
    create(memory, flush_messages=3)
    log = partition(memory).log
    send(memory, b"a", b"b")
    assert log.recovery_point == 0
    send(memory, b"c")
    assert log.recovery_point == 3


def test_flush_messages_without_acknowledgement(memory: LocalCluster) -> None:
    create(memory, flush_messages=1)
    log = partition(memory).log
    send(memory, b"a", acks=0)
    until(memory, lambda: log.recovery_point == 1)


def test_flush_ms_is_kept(memory: LocalCluster) -> None:
    create(memory, flush_ms=60)
    log = partition(memory).log
    send(memory, b"a")
    until(memory, lambda: log.recovery_point == 1)


def test_a_rolled_segment_is_flushed_and_the_active_one_isnt(memory: LocalCluster) -> None:
    create(memory, segment_bytes=1_048_576)
    send(memory, *[bytes(400_000)] * 4)
    log = partition(memory).log
    base = log.segments[-1].base_offset
    assert base > 0
    until(memory, lambda: log.recovery_point >= base)
    assert log.recovery_point == base


def test_a_flush_that_fails_fails_the_produce(
    memory: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kafka.errors import KafkaError

    from msklite.log.memory import MemoryFile

    create(memory, flush_messages=1)
    send(memory, b"a")

    def broken(self: MemoryFile) -> None:
        if "/t-0/" in self.path:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(MemoryFile, "sync", broken)
    with pytest.raises(KafkaError):
        send(memory, b"b", retries=0, acks="all", enable_idempotence=False)
    monkeypatch.undo()
    send(memory, b"c")
    assert partition(memory).log.recovery_point == partition(memory).log.end_offset


# -- retention and removal --------------------------------------------------------------------


def folder_of(cluster: LocalCluster, topic: str = "t") -> list[str]:
    b = broker(cluster)
    return b.world.storage.list(f"{b.directory}/{topic}-0")


def test_retention_deletes_and_files_go_after_their_delay(memory: LocalCluster) -> None:
    create(memory, segment_bytes=1_048_576, retention_ms=3_600_000, file_delete_delay_ms=1)
    producer = KafkaProducer(bootstrap_servers=memory.bootstrap_servers)
    old = int(time.time() * 1000) - 7_200_000
    for _ in range(4):
        producer.send("t", bytes(600_000), timestamp_ms=old).get(timeout=30)
    producer.send("t", b"young").get(timeout=30)
    producer.close()
    log = partition(memory).log
    until(memory, lambda: log.start_offset == log.segments[0].base_offset > 0)
    until(memory, lambda: not any(n.endswith(".deleted") for n in folder_of(memory)))
    assert read(memory)[-1] == b"young"


def test_a_deleted_topics_files_stay_for_their_delay(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        create(cluster, file_delete_delay_ms=3_600_000)
        send(cluster, b"a" * 100)
        log = partition(cluster).log
        piece = log.read(0, 1 << 20, 1, True)
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.delete_topics(["t"])
        admin.close()
        directory = Path(broker(cluster).directory)
        aside = [p for p in directory.iterdir() if p.name.endswith("-delete")]
        assert len(aside) == 1 and (aside[0] / f"{0:020d}.log").exists()
        assert not (directory / "t-0").exists()
        assert on_loop(cluster, piece.read)[-100:].count(b"a") > 90  # a reply under way
        create(cluster)
        send(cluster, b"new")
        assert read(cluster) == [b"new"]
    assert not any(p.name.endswith("-delete") for p in directory.iterdir())


def test_what_a_killed_broker_left_to_delete_goes_at_start(tmp_path: Path) -> None:
    with LocalCluster(data_dir=str(tmp_path)) as cluster:
        create(cluster)
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.delete_topics(["t"])
        admin.close()
        directory = Path(broker(cluster).directory)
        assert any(p.name.endswith("-delete") for p in directory.iterdir())
        cluster.crash()
        cluster.restart()
        assert not any(p.name.endswith("-delete") for p in directory.iterdir())


# -- checkpoints ------------------------------------------------------------------------------


def delete_records(cluster: LocalCluster, offset: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.delete_records({TopicPartition("t", 0): offset})
    admin.close()


@pytest.mark.parametrize("power_loss", [False, True])
def test_deleted_records_stay_deleted_after_a_crash(memory: LocalCluster, power_loss: bool) -> None:
    create(memory, flush_messages=1)
    send(memory, b"a", b"b", b"c")
    delete_records(memory, 2)
    disk = disk_of(memory)
    memory.crash()
    if power_loss:
        disk.crash()
    memory.restart()
    assert read(memory) == [b"c"]


def test_the_start_is_written_only_where_the_first_file_doesnt_tell(memory: LocalCluster) -> None:
    create(memory)
    send(memory, b"a", b"b")
    b = broker(memory)
    memory._run(b.replicas.keeper.checkpoints.write(LOG_START))
    assert b.world.storage.read(f"{b.directory}/{LOG_START}") == b"0\n0\n"
    delete_records(memory, 1)
    assert read_offsets(b.world.storage, f"{b.directory}/{LOG_START}") == {("t", 0): 1}


def test_a_clean_stop_writes_recovery_points_and_the_next_start_checks_nothing(
    memory: LocalCluster,
) -> None:
    create(memory)
    send(memory, b"a", b"b")
    disk, directory = disk_of(memory), broker(memory).directory
    memory.stop_zone(1)
    assert read_offsets(disk, f"{directory}/{RECOVERY_POINT}")[("t", 0)] == 2
    assert disk.exists(f"{directory}/.kafka_cleanshutdown")
    memory.restart()
    assert not disk.exists(f"{directory}/.kafka_cleanshutdown")
    assert read(memory) == [b"a", b"b"]


@pytest.mark.parametrize("name", [RECOVERY_POINT, LOG_START, "replication-offset-checkpoint"])
def test_a_damaged_checkpoint_is_done_without(memory: LocalCluster, name: str) -> None:
    create(memory)
    send(memory, b"a", b"b")
    disk, directory = disk_of(memory), broker(memory).directory
    memory.crash()
    disk.write(f"{directory}/{name}", b"0\n7\nnonsense\n")
    memory.restart()
    assert read(memory) == [b"a", b"b"]


def test_a_stop_that_cant_flush_leaves_no_mark_of_a_clean_one(
    memory: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from msklite.log.memory import MemoryFile

    create(memory)
    send(memory, b"a")
    disk, directory = disk_of(memory), broker(memory).directory
    real = MemoryFile.sync

    def broken(self: MemoryFile) -> None:
        if "/t-0/" in self.path:
            raise OSError(errno.EIO, "Input/output error")
        real(self)

    monkeypatch.setattr(MemoryFile, "sync", broken)
    memory.stop_zone(1)
    monkeypatch.undo()
    assert not disk.exists(f"{directory}/.kafka_cleanshutdown")
    memory.restart()
    assert read(memory) == [b"a"]


# -- a full disk ------------------------------------------------------------------------------


def test_a_full_disk_refuses_and_goes_on_when_there_is_room(memory: LocalCluster) -> None:
    from kafka.errors import KafkaError

    create(memory)
    send(memory, b"a")
    disk = disk_of(memory)
    on_loop(memory, lambda: setattr(disk, "capacity", disk.used + 100))
    with pytest.raises(KafkaError):
        send(memory, bytes(5000), retries=0, enable_idempotence=False)
    assert read(memory) == [b"a"]
    on_loop(memory, lambda: setattr(disk, "capacity", None))
    send(memory, b"b")
    assert read(memory) == [b"a", b"b"]


def test_a_topic_that_cant_be_made_is_made_later(
    memory: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = disk_of(memory)
    real = disk.make_dirs

    def full(path: str) -> None:
        if path.endswith("/t-0"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path)

    monkeypatch.setattr(disk, "make_dirs", full)
    create(memory)
    assert broker(memory).replicas.get("t", 0) is None
    monkeypatch.undo()
    until(memory, lambda: broker(memory).replicas.get("t", 0) is not None)
    send(memory, b"a")
    assert read(memory) == [b"a"]
