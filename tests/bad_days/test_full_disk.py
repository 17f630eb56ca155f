"""A full disk: refused with Kafka's code, nothing acknowledged is lost, and space heals it.

The zone runs on a small tmpfs of its own, where the test may mount one; a filler takes the space.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.bad_days.clients import make, read, write
from tests.chaos.cluster import ChaosCluster, until
from tests.support.zones import ZoneProcess

SIZE = 32 * 1024 * 1024
QUIET = {"log_level": 0, "reconnect.backoff.max.ms": 200}


class SmallDisk:
    """A zone's directory on a tmpfs, and a file that fills it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.filler = folder / "filler"

    def __enter__(self) -> Self:
        self._folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(self._folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr!r}")
        return self

    def __exit__(self, *_: object) -> None:
        # A zone that was just killed has a worker of its own, which ends a moment after it.
        command = ["umount", str(self._folder)]
        until(
            lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0,
            f"nobody to use {self._folder}",
        )

    def fill(self, leave: int) -> None:
        """Leave that many bytes."""
        self.fill_up()
        size = self.filler.stat().st_size
        with self.filler.open("r+b") as out:
            out.truncate(max(size - leave, 0))

    def fill_up(self) -> None:
        """Take all that is left."""
        # Unbuffered: what a buffer couldn't write it would try again when it is closed.
        with self.filler.open("ab", buffering=0) as out:
            try:
                while out.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    def free(self) -> None:
        self.filler.unlink()


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[ZoneProcess]:
    with ZoneProcess(tmp_path, config={"log.retention.check.interval.ms": "1000"}) as made:
        yield made


@pytest.fixture
def disk(zone: ZoneProcess) -> Iterator[SmallDisk]:
    with SmallDisk(Path(zone.spec.directory)) as made:
        try:
            yield made
        finally:
            zone.kill()


def write_until_refused(bootstrap: str, topic: str) -> tuple[list[bytes], KafkaError]:
    """Acknowledged values, and the first refusal."""
    acknowledged: list[bytes] = []
    refused: list[KafkaError] = []
    producer = Producer({
        **QUIET, "bootstrap.servers": bootstrap, "retries": 0, "linger.ms": 0,
        "batch.num.messages": 1, "max.in.flight": 1,
    })  # fmt: skip
    for i in range(100_000):
        value = b"%d " % i + b"x" * 20_000

        def done(error: KafkaError | None, _: object, value: bytes = value) -> None:
            if error is None:
                acknowledged.append(value)
            else:
                refused.append(error)

        producer.produce(topic, value, partition=0, on_delivery=done)
        producer.poll(0)
        if len(producer) > 20:
            producer.flush(30)
        if refused:
            break
    producer.flush(30)
    return acknowledged, refused[0]


def test_refused_while_full_and_well_again_after(zone: ZoneProcess, disk: SmallDisk) -> None:
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1), NewTopic("u", 1, 1))
    write(zone.bootstrap, "u", 0, [b"before"])
    disk.fill(1_000_000)
    acknowledged, refused = write_until_refused(zone.bootstrap, "t")
    assert refused.code() == KafkaError.KAFKA_STORAGE_ERROR, refused
    assert len(acknowledged) >= 5
    assert "No space left" in zone.log
    # What is there can still be read, and questions are answered.
    assert read(zone.bootstrap, "t", 0, len(acknowledged)) == acknowledged
    admin = AdminClient({**QUIET, "bootstrap.servers": zone.bootstrap})
    assert {"t", "u"} <= set(admin.list_topics(timeout=20).topics)
    disk.free()
    write(zone.bootstrap, "u", 0, [b"after"])
    write(zone.bootstrap, "t", 0, [b"after"])
    assert read(zone.bootstrap, "u", 0, 2) == [b"before", b"after"]
    assert read(zone.bootstrap, "t", 0, len(acknowledged) + 1) == [*acknowledged, b"after"]
    zone.kill()
    zone.start()
    assert read(zone.bootstrap, "t", 0, len(acknowledged) + 1) == [*acknowledged, b"after"]


def test_an_idempotent_producer_sits_it_out(zone: ZoneProcess, disk: SmallDisk) -> None:
    """Retriable, so a producer goes on by itself once there is space; each record once."""
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1))
    disk.fill(500_000)
    count = 60
    values = [b"%d " % i + b"x" * 20_000 for i in range(count)]
    producer = Producer({
        **QUIET, "bootstrap.servers": zone.bootstrap, "enable.idempotence": True,
        "linger.ms": 0, "batch.num.messages": 1, "message.timeout.ms": 0, "retry.backoff.ms": 20,
    })  # fmt: skip
    full = threading.Event()
    refused = []
    for value in values:
        producer.produce("t", value, partition=0, on_delivery=lambda e, _: e and refused.append(e))
    while "No space left" not in zone.log:
        producer.poll(0.05)
    full.set()
    assert len(producer) > 0
    disk.free()
    assert producer.flush(60) == 0
    assert not refused, refused[0]
    assert read(zone.bootstrap, "t", 0, count) == values


def test_topics_commits_and_restarts_while_full(zone: ZoneProcess, disk: SmallDisk) -> None:
    zone.start()
    make(zone.bootstrap, NewTopic("t", 1, 1))
    write(zone.bootstrap, "t", 0, [b"one"])
    consumer = Consumer({**QUIET, "bootstrap.servers": zone.bootstrap, "group.id": "g"})
    consumer.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False)
    disk.fill(0)
    admin = AdminClient({**QUIET, "bootstrap.servers": zone.bootstrap})
    made = []
    with pytest.raises(KafkaException) as refused:
        for n in range(200):  # until the page at hand is full too
            topic = NewTopic(f"new-{n}", 3, 1)
            (future,) = admin.create_topics([topic], request_timeout=10).values()
            future.result(timeout=30)
            made.append(topic.topic)
    assert refused.value.args[0].code() == KafkaError.KAFKA_STORAGE_ERROR
    with pytest.raises(KafkaException):
        for n in range(2, 2000):
            consumer.commit(offsets=[TopicPartition("t", 0, n)], asynchronous=False)
    consumer.close()
    zone.kill()
    sentence = zone.refused()
    assert "No space left" in sentence
    assert zone.spec.directory in sentence
    disk.free()
    zone.start()
    make(zone.bootstrap, NewTopic("late", 3, 1))
    for topic in [*made, "late"]:
        write(zone.bootstrap, topic, 2, [b"two"])
        assert read(zone.bootstrap, topic, 2, 1) == [b"two"]
    assert read(zone.bootstrap, "t", 0, 1) == [b"one"]
    found = Consumer({**QUIET, "bootstrap.servers": zone.bootstrap, "group.id": "g"})
    (committed,) = found.committed([TopicPartition("t", 0)], timeout=30)
    found.close()
    assert committed.offset >= 1


def in_sync(bootstrap: str, topic: str) -> list[list[int]]:
    """The in-sync sets of a topic's partitions."""
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    found = admin.list_topics(topic, timeout=30).topics[topic].partitions.values()
    return [sorted(p.isrs) for p in found]


def test_a_full_disk_in_one_zone_of_three(tmp_path: Path) -> None:
    """It takes that broker's replicas out of sync and nobody else; space heals it."""
    with SmallDisk(tmp_path / "az2") as small, ChaosCluster(tmp_path) as cluster:
        cluster.start()
        bootstrap = cluster.bootstrap
        make(bootstrap, NewTopic("t", 3, 3))
        written = [[], [], []]  # type: list[list[bytes]]
        count = 0

        def write_on() -> None:
            nonlocal count
            for p in range(3):
                values = [b"%d " % (count + i) + b"x" * 20_000 for i in range(5)]
                write(bootstrap, "t", p, values)
                written[p] += values
            count += 5

        write_on()
        small.fill(300_000)

        def it_alone_is_out() -> bool:
            write_on()
            return in_sync(bootstrap, "t") == [[1, 3]] * 3

        until(it_alone_is_out, "broker 2 to be out of sync")
        small.fill_up()  # or it catches up with what still fits, and is in sync for a moment
        until(it_alone_is_out, "broker 2 to be out of sync for good")
        for _ in range(3):
            write_on()
            assert in_sync(bootstrap, "t") == [[1, 3]] * 3
        small.free()
        until(lambda: in_sync(bootstrap, "t") == [[1, 2, 3]] * 3, "all to be in sync again")
        write_on()
        for p in range(3):
            assert read(bootstrap, "t", p, len(written[p])) == written[p]
