"""Write all the time, and say what was noticed; then read everything back and compare.

    python examples/keep_writing.py HOST:PORT,... TOPIC SECONDS

An idempotent producer with acks=all, as an application would have it, writes numbered records to
partition after partition. Kill a zone meanwhile (`msklite zone kill az1`): the producer finds the
new leaders by itself. At the end every acknowledged record must be there once and in order.
"""

from __future__ import annotations

import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

A_SECOND = 500


class Load:
    """What was sent, what was acknowledged, and the longest time without an answer."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap, self.topic = bootstrap, topic
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "log_level": 2,  # a lost connection is what we are here for
            }
        )
        self.partitions = sorted(self.producer.list_topics(topic, 30).topics[topic].partitions)
        self.acknowledged: dict[int, list[int]] = {p: [] for p in self.partitions}
        self.failed = 0
        self.pauses: list[float] = []
        self._last: dict[int, float] = {}

    def _done(self, error: object, message: Message) -> None:
        if error is not None:
            self.failed += 1
            return
        now, partition = time.monotonic(), message.partition()
        self.pauses.append(now - self._last.get(partition, now))
        self._last[partition] = now
        self.acknowledged[partition].append(int(message.value() or b""))

    def run(self, seconds: int) -> None:
        """Write, with a line every second."""
        begun, number = time.monotonic(), 0
        for second in range(1, seconds + 1):
            while time.monotonic() - begun < second:
                if number < (time.monotonic() - begun) * A_SECOND:
                    partition = self.partitions[number % len(self.partitions)]
                    self.producer.produce(
                        self.topic, b"%d" % number, partition=partition, on_delivery=self._done
                    )
                    number += 1
                    self.producer.poll(0)
                else:
                    self.producer.poll(0.002)
            self._say(second)
        self.producer.flush()
        print(f"written: {number} records, {self.failed} failed", flush=True)

    def _say(self, second: int) -> None:
        count = sum(map(len, self.acknowledged.values()))
        pause = max(self.pauses, default=0.0)
        self.pauses.clear()
        print(
            f"{second:3} s: {count:6} records acknowledged, longest pause of a partition"
            f" {pause * 1000:5.0f} ms",
            flush=True,
        )

    def compare(self) -> bool:
        """Whether all that was acknowledged is there, once and in order."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "keep-writing"})
        same = True
        for partition in self.partitions:
            at = TopicPartition(self.topic, partition, OFFSET_BEGINNING)
            _, end = consumer.get_watermark_offsets(at, timeout=30)
            consumer.assign([at])
            found: list[int] = []
            offset = 0
            while offset < end:
                for message in consumer.consume(1000, timeout=1):
                    found.append(int(message.value() or b""))
                    offset = (message.offset() or 0) + 1
            same = same and found == self.acknowledged[partition]
        consumer.close()
        return same


def main(bootstrap: str, topic: str, seconds: int) -> int:
    """0 when nothing acknowledged is missing, doubled, or out of order."""
    load = Load(bootstrap, topic)
    load.run(seconds)
    same = load.compare()
    print("read back:", "each record once and in order" if same else "NOT WHAT WAS WRITTEN")
    return 0 if same and not load.failed else 1


if __name__ == "__main__":
    if len(sys.argv) != 4 or not sys.argv[3].isdecimal():
        sys.exit("usage: python examples/keep_writing.py HOST:PORT,... TOPIC SECONDS")
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
