"""What was written into the directories kept here: `python tests/older/fill.py BOOTSTRAP TOPIC`.

Idempotent, compressed and with headers, and one group's commits. It runs beside the code of its
day, so it imports nothing of msklite.
"""

from __future__ import annotations

import sys

from confluent_kafka import Consumer, Producer, TopicPartition

FIRST_MS = 1_700_000_000_000
COUNT = 200
COMMITS = [20, 21, 22]
Kept = tuple[bytes, bytes, int, list[tuple[str, bytes]]]


def kept(partition: int) -> list[Kept]:
    """A partition's records in order: key, value, time stamp in milliseconds, headers."""
    return [
        (b"key-%d" % (n % 17), b"value-%d" % n, FIRST_MS + n, [("n", b"%d" % n)])
        for n in range(partition, COUNT, 3)
    ]


def fill(bootstrap: str, topic: str) -> None:
    """Write all of it into three partitions, and commit for the group "readers"."""
    producer = Producer({
        "bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4",
        "linger.ms": 5, "batch.num.messages": 25,
    })  # fmt: skip
    for partition in range(3):
        for key, value, timestamp, headers in kept(partition):
            producer.produce(
                topic, value, key, partition=partition, timestamp=timestamp, headers=headers
            )
    assert producer.flush(30) == 0
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "readers"})
    offsets = [TopicPartition(topic, p, offset) for p, offset in enumerate(COMMITS)]
    consumer.commit(offsets=offsets, asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    fill(sys.argv[1], sys.argv[2])
