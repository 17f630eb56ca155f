"""Clients of three libraries with their own defaults, at work while a cluster is being changed.

Writers are idempotent with acks=all; readers are members of groups, one group for each. What a
reader gets is kept by its offset: a member that joins again may read twice what it hadn't
committed, but never something else at the same place.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, KafkaError, KafkaException
from kafka import KafkaConsumer

from tests.crash.load import VALUE, KafkaPython, Librdkafka, Load, Writer

PATIENCE_S = 60
"""So long may a reader need to the end once nothing changes any more."""


class SlowLibrdkafka(Librdkafka):
    """With librdkafka's own timings: nothing that would wake it early."""

    pause_s = 0.05

    def settings(self) -> dict[str, Any]:
        return {
            "log_level": 0, "client.id": self.name, "bootstrap.servers": self.bootstrap,
            "enable.idempotence": True, "acks": "all", "linger.ms": 5, "error_cb": self._error,
        }  # fmt: skip


class SlowKafkaPython(KafkaPython):
    """The same load from kafka-python."""

    pause_s = 0.05


class Aiokafka(Writer):
    """aiokafka, idempotent."""

    pause_s = 0.05

    def work(self) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, enable_idempotence=True, acks="all"
        )
        await producer.start()
        try:
            while not self.ending:
                sent = []
                for _ in range(self.rnd.randrange(1, 8)):
                    partition, number = self.next()
                    value = self.value(number)
                    future = await producer.send(self.topic, value, partition=partition)
                    sent.append((partition, number, future))
                for partition, number, future in sent:
                    told = await future
                    self.acknowledged[partition].append((number, told.offset))
                await asyncio.sleep(self.pause_s)
        finally:
            await producer.stop()


class Reader(Load):
    """Reads a topic in a group of its own, until it has come to the ends that it is told."""

    def __init__(self, name: str, bootstrap: str, topic: str) -> None:
        super().__init__(f"read-{name}", bootstrap, 0)
        self.topic = topic
        self.found: dict[int, dict[int, bytes]] = defaultdict(dict)
        self.worst_s = 0.0
        """The longest time without a record, once there was one."""
        self._last: float | None = None
        self._ends: dict[int, int] = {}

    def take(self, partition: int, offset: int, value: bytes) -> None:
        """A record came."""
        now = time.monotonic()
        self.worst_s = max(self.worst_s, now - (self._last or now))
        self._last = now
        book = self.found[partition]
        if book.setdefault(offset, value) != value:
            raise AssertionError(f"{self.name}: another record at {partition}:{offset}")

    @property
    def missing(self) -> dict[int, int]:
        """How many records of each partition it hasn't read."""
        rows = {p: end - len(self.found[p]) for p, end in self._ends.items()}
        return {p: n for p, n in rows.items() if n}

    def read_to(self, ends: dict[int, int]) -> None:
        """It must come to these ends within the patience; then it ends."""
        self._ends = ends
        deadline = time.monotonic() + PATIENCE_S
        while self.missing and self.failure is None and time.monotonic() < deadline:
            time.sleep(0.05)
        left = self.missing
        self.finish()
        assert not left, f"{self.name}: not read after {PATIENCE_S} s: {left}"


class LibrdkafkaReader(Reader):
    """confluent-kafka with its own defaults."""

    def work(self) -> None:
        consumer = Consumer({
            "log_level": 0, "client.id": self.name, "bootstrap.servers": self.bootstrap,
            "group.id": self.name, "auto.offset.reset": "earliest",
        })  # fmt: skip
        consumer.subscribe([self.topic])
        try:
            while not self.ending:
                for message in consumer.consume(500, 0.2):
                    error = message.error()
                    if error is None:
                        self.take(message.partition(), message.offset(), message.value())
                    elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART or error.fatal():
                        raise KafkaException(error)
        finally:
            consumer.close()


class KafkaPythonReader(Reader):
    """kafka-python with its own defaults."""

    def work(self) -> None:
        consumer = KafkaConsumer(
            self.topic, bootstrap_servers=self.bootstrap, group_id=self.name,
            auto_offset_reset="earliest",
        )  # fmt: skip
        try:
            while not self.ending:
                for records in consumer.poll(200).values():
                    for record in records:
                        self.take(record.partition, record.offset, record.value)
        finally:
            consumer.close()


class AiokafkaReader(Reader):
    """aiokafka with its own defaults."""

    def work(self) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        consumer = AIOKafkaConsumer(
            self.topic, bootstrap_servers=self.bootstrap, group_id=self.name,
            auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            while not self.ending:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self.take(record.partition, record.offset, record.value)
        finally:
            await consumer.stop()


class Crowd:
    """Writers and readers of one topic; used as a context, they end with it."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partitions: int,
        writers: tuple[type[Writer], ...] = (SlowLibrdkafka, SlowKafkaPython, Aiokafka),
        readers: tuple[type[Reader], ...] = (LibrdkafkaReader, KafkaPythonReader, AiokafkaReader),
    ) -> None:
        self.writers: list[Writer] = [
            kind(kind.__name__[-8:], bootstrap, 1, topic, partitions, 200) for kind in writers
        ]
        self.readers: list[Reader] = [
            kind(kind.__name__[:-6], bootstrap, topic) for kind in readers
        ]

    def __enter__(self) -> Crowd:
        for load in (*self.readers, *self.writers):
            load.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for load in (*self.writers, *self.readers):
            load.end()
        for load in (*self.writers, *self.readers):
            load.join(PATIENCE_S)

    def check_alive(self) -> None:
        """Nobody has given up."""
        for load in (*self.writers, *self.readers):
            if load.failure is not None:
                raise AssertionError(f"{load.name} failed") from load.failure

    def wait_for_records(self) -> None:
        """Until everybody has done something new."""
        before = [self._done(load) for load in (*self.writers, *self.readers)]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.check_alive()
            now = [self._done(load) for load in (*self.writers, *self.readers)]
            if all(b < n for b, n in zip(before, now, strict=True)):
                return
            assert time.monotonic() < deadline, f"somebody stands still: {before} -> {now}"
            time.sleep(0.05)

    @staticmethod
    def _done(load: Any) -> int:
        book = load.acknowledged if isinstance(load, Writer) else load.found
        return sum(map(len, list(book.values())))

    def end(self, ends: Any) -> int:
        """Writers end, readers read all of it; each record once, in order, none lost. How many."""
        for writer in self.writers:
            writer.finish(PATIENCE_S)
        last: dict[int, int] = ends()
        for reader in self.readers:
            reader.read_to(last)
        for reader in self.readers:
            for writer in self.writers:
                self._check(reader, writer)
        return sum(last.values())

    @staticmethod
    def _check(reader: Reader, writer: Writer) -> None:
        name = writer.name.encode().ljust(8)
        for partition, book in writer.acknowledged.items():
            found = []
            for offset, value in sorted(reader.found[partition].items()):
                who, number = VALUE.unpack(value[: VALUE.size])
                if who == name:
                    found.append((number, offset))
            writer.check(partition, found, book)
