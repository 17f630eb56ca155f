"""Damaged segments: named with their path, never cut or deleted, and nobody else's trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.bad_days.clients import make, read, write
from tests.support.zones import ZoneProcess

VALUES = [b"value %d " % i + b"." * 5000 for i in range(600)]
SEGMENTS = {"segment.bytes": "1048576"}


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[ZoneProcess]:
    """Topic t: two partitions of about three segments each; running."""
    with ZoneProcess(tmp_path) as found:
        found.start()
        make(found.bootstrap, NewTopic("t", 2, 1, config=SEGMENTS))
        for p in range(2):
            write(found.bootstrap, "t", p, VALUES)
        assert len(segments(found)) > 2
        yield found


def segments(zone: ZoneProcess) -> list[Path]:
    return sorted((zone.broker_dir / "t-0").glob("*.log"))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def refused(bootstrap: str) -> KafkaError:
    """What a produce to t-0 gets."""
    errors: list[KafkaError] = []
    producer = Producer({"bootstrap.servers": bootstrap, "retries": 0, "log_level": 0})
    producer.produce("t", b"x", partition=0, on_delivery=lambda e, _: errors.append(e))
    assert producer.flush(30) == 0
    return errors[0]


AFTER_A_KILL: dict[str, Callable[[list[Path]], object]] = {
    "a bit in the last segment": lambda s: flip(s[-1], 5000),  # and batches follow
    "a bit in an earlier segment": lambda s: flip(s[0], 5000),
    "a length in an earlier segment": lambda s: flip(s[0], 8),
    "an earlier segment is cut": lambda s: cut(s[0], 70_000),
    "garbage at the end": lambda s: s[-1].write_bytes(s[-1].read_bytes() + b"\x07" * 500),
}
AFTER_A_STOP: dict[str, Callable[[list[Path]], object]] = {
    "the last segment is cut": lambda s: cut(s[-1], s[-1].stat().st_size - 100),
    "the last batches are gone": lambda s: cut(s[-1], 0),
    "the last segment is gone": lambda s: s[-1].unlink(),
    "all segments are gone": lambda s: [p.unlink() for p in s],
}


@pytest.mark.parametrize("what", [*AFTER_A_KILL, *AFTER_A_STOP])
def test_a_damaged_log_is_out_of_service_alone(zone: ZoneProcess, what: str) -> None:
    if what in AFTER_A_KILL:
        zone.kill()
    else:
        zone.stop()
    right = {p: p.read_bytes() for p in segments(zone)}
    {**AFTER_A_KILL, **AFTER_A_STOP}[what](segments(zone))
    damaged = {p: p.read_bytes() for p in segments(zone)}
    others = list(VALUES)
    for end in (zone.stop, zone.kill):  # and again, after a clean stop that must not bless it
        zone.start()
        said = zone.log.rsplit("t-0 is out of service", 1)
        assert len(said) == 2
        assert str(zone.broker_dir / "t-0") in said[1]
        assert refused(zone.bootstrap).code() == KafkaError.KAFKA_STORAGE_ERROR
        write(zone.bootstrap, "t", 1, [b"more"])
        others.append(b"more")
        assert read(zone.bootstrap, "t", 1, len(others)) == others
        end()
        assert {p: p.read_bytes() for p in segments(zone)} == damaged
    for path, data in right.items():
        path.write_bytes(data)
    zone.start()
    assert read(zone.bootstrap, "t", 0, len(VALUES)) == VALUES
    write(zone.bootstrap, "t", 0, [b"mended"])


def test_a_damaged_topic_can_be_deleted_and_made_anew(zone: ZoneProcess) -> None:
    zone.kill()
    flip(segments(zone)[0], 5000)
    damaged = segments(zone)[0].read_bytes()
    zone.start()
    admin = AdminClient({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    for future in admin.delete_topics(["t"]).values():
        future.result(timeout=30)
    make(zone.bootstrap, NewTopic("t", 2, 1))
    write(zone.bootstrap, "t", 0, [b"new"])
    assert read(zone.bootstrap, "t", 0, 1) == [b"new"]
    (stray,) = zone.broker_dir.glob("t-0.*-stray")
    assert next(p for p in sorted(stray.glob("*.log"))).read_bytes() == damaged
    assert stray.name in zone.log


def test_a_topic_made_anew_inherits_no_offsets(zone: ZoneProcess) -> None:
    """Checkpoints name topics, not ids: a deleted one's must not cut its successor."""
    zone.stop()
    zone.start()
    admin = AdminClient({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    deleted = admin.delete_records([TopicPartition("t", 0, len(VALUES))])
    for future in deleted.values():
        future.result(timeout=30)
    zone.stop()
    zone.start()
    for future in admin.delete_topics(["t"]).values():
        future.result(timeout=30)
    make(zone.bootstrap, NewTopic("t", 2, 1))
    write(zone.bootstrap, "t", 0, VALUES[:5])
    zone.kill()
    zone.start()
    assert read(zone.bootstrap, "t", 0, 5) == VALUES[:5]


def test_damage_met_while_running_is_reported_once(zone: ZoneProcess) -> None:
    """A batch that can't be walked over: its readers are refused, the rest is still there."""
    zone.stop()
    zone.start()
    path = segments(zone)[0]
    data = bytearray(path.read_bytes())
    data[8:12] = bytes(4)
    path.write_bytes(data)
    admin = AdminClient({"bootstrap.servers": zone.bootstrap, "log_level": 0})
    consumer = Consumer({
        "bootstrap.servers": zone.bootstrap, "group.id": "r", "log_level": 0,
        "enable.auto.commit": False,
    })  # fmt: skip
    consumer.assign([TopicPartition("t", 0, 0)])
    consumer.consume(1, timeout=3)
    consumer.close()
    assert zone.log.count("t-0 can't be read") == 1
    assert str(path) in zone.log
    assert admin.list_topics(timeout=20).topics["t"]
    assert read(zone.bootstrap, "t", 1, len(VALUES)) == VALUES
