"""What is in the logs at the end, against everybody's book."""

from __future__ import annotations

import struct
from collections import defaultdict

from confluent_kafka import Consumer, TopicPartition

from tests.chaos.cluster import until
from tests.chaos.crowd import PARTITIONS, TOPIC, Crowd
from tests.chaos.rdkafka import settings
from tests.chaos.readers import Mark, mark


def read_all(
    bootstrap: str, topic: str, partitions: int
) -> dict[int, list[tuple[int, bytes, bytes]]]:
    """(offset, key, value) of everything, by partition, by assignment from the start."""
    consumer = Consumer({
        **settings("check", bootstrap), "group.id": "all", "check.crcs": True,
        "enable.auto.commit": False, "auto.offset.reset": "error",
    })  # fmt: skip
    places = [TopicPartition(topic, p, 0) for p in range(partitions)]
    ends = {p.partition: consumer.get_watermark_offsets(p, timeout=60)[1] for p in places}
    places = [p for p in places if ends[p.partition]]
    consumer.assign(places)
    found: dict[int, list[tuple[int, bytes, bytes]]] = defaultdict(list)
    reached = dict.fromkeys(ends, 0)

    def read_on() -> bool:
        for message in consumer.consume(5000, timeout=0.5):
            if message.error() is None:
                partition = message.partition()
                reached[partition] = message.offset() + 1
                found[partition].append((message.offset(), message.key(), message.value()))
        return all(reached[p] >= end for p, end in ends.items())

    until(read_on, f"the end of {topic}")
    consumer.close()
    return found


def check_records(crowd: Crowd) -> int:
    """The log against everybody's book; how many records there are."""
    log: dict[int, list[Mark]] = {}
    for partition, records in read_all(crowd.bootstrap, TOPIC, PARTITIONS).items():
        offsets = [offset for offset, _, _ in records]
        assert offsets == list(range(len(offsets))), f"holes in partition {partition}"
        log[partition] = [mark(value) for _, _, value in records]
    for writer in crowd.writers:
        for p in range(PARTITIONS):
            own = [(n, i) for i, (name, n) in enumerate(log.get(p, [])) if name == writer.name]
            writer.check(p, own, writer.acknowledged[p])
    for reader in crowd.readers:
        for p, seen in enumerate(reader.read):
            assert seen == log.get(p, []), f"{reader.name} read something else in {p}"
    for book in crowd.books:
        for p, marks in log.items():
            seen_by = book.processed[p]
            skipped = [i for i in range(len(marks)) if i not in seen_by]
            assert not skipped, f"{book.group} skipped {skipped[:10]} of {p}"
            assert [seen_by[i] for i in range(len(marks))] == marks, f"{book.group} of {p}"
    return sum(map(len, log.values()))


def check_commits(crowd: Crowd, partitions: int) -> int:
    """In the log of commits no group goes back, and what was acknowledged is there."""
    last: dict[tuple[str, int], int] = {}
    count = 0
    for records in read_all(crowd.bootstrap, "__consumer_offsets", partitions).values():
        for _, key, value in records:
            place = commit_place(key)
            if place is None or not value:
                continue
            (offset,) = struct.unpack_from(">q", value, 2)
            before = last.get(place, -1)
            assert offset >= before, f"{place}: {before} went back to {offset}"
            last[place] = offset
            count += 1
    for book in crowd.books:
        for p, offset in book.committed.items():
            found = last.get((book.group, p), -1)
            assert found >= offset, f"{book.group} of {p}: {offset} acknowledged, {found} is there"
    return count


def commit_place(key: bytes) -> tuple[str, int] | None:
    """OffsetCommitKey: group, topic, partition; other keys of the topic are no commits."""
    (version,) = struct.unpack_from(">h", key)
    if version > 1:
        return None
    at, texts = 2, []
    for _ in range(2):
        (size,) = struct.unpack_from(">h", key, at)
        texts.append(key[at + 2 : at + 2 + size].decode())
        at += 2 + size
    return texts[0], struct.unpack_from(">i", key, at)[0]
