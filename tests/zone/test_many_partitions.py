"""2,000 partitions work in a process that may open 512 files."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.zones import ZoneProcess

TOPICS = [f"t{i}" for i in range(20)]
PLACES = [(t, p) for t in TOPICS for p in range(100)]
FEW_FILES = ("sh", "-c", 'ulimit -n 512 && exec "$@"', "sh")


def write(bootstrap: str, word: str) -> None:
    failed: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "log_level": 0})
    for topic, partition in PLACES:
        producer.produce(
            topic, f"{word} {topic}/{partition}".encode(), partition=partition,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )  # fmt: skip
    assert producer.flush(120) == 0
    assert not failed, failed[0]


def read(bootstrap: str, words: list[str]) -> None:
    """Every partition holds one record for each word, and nothing else."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "g", "enable.auto.commit": False,
        "log_level": 0,
    })  # fmt: skip
    consumer.assign([TopicPartition(t, p, 0) for t, p in PLACES])
    found: dict[tuple[str, int], list[bytes]] = {place: [] for place in PLACES}
    for _ in range(len(PLACES) * len(words)):
        message = consumer.poll(60)
        assert message is not None, "nothing more comes"
        assert message.error() is None, message.error()
        found[message.topic(), message.partition()].append(message.value())
    assert consumer.poll(0.2) is None
    consumer.close()
    assert found == {(t, p): [f"{word} {t}/{p}".encode() for word in words] for t, p in PLACES}


@pytest.mark.slow
def test_2000_partitions_under_512_open_files(tmp_path: Path) -> None:
    """Made, written, read; again after a crash and after a clean stop."""
    with ZoneProcess(tmp_path) as zone:
        zone.start(*FEW_FILES)
        admin = AdminClient({"bootstrap.servers": zone.bootstrap, "log_level": 0})
        topics = [NewTopic(t, 100, 1) for t in TOPICS]
        for future in admin.create_topics(topics, request_timeout=120).values():
            future.result()
        write(zone.bootstrap, "first")
        read(zone.bootstrap, ["first"])
        zone.kill()
        zone.start(*FEW_FILES)
        read(zone.bootstrap, ["first"])
        write(zone.bootstrap, "second")
        zone.stop()
        zone.start(*FEW_FILES)
        read(zone.bootstrap, ["first", "second"])
        assert "ERROR" not in zone.log
