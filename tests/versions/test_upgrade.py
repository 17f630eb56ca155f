"""A rolling upgrade from 3.6 over 3.8 to 4.2 while clients of three libraries go on working."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from msklite.testing import LocalCluster

PATIENCE_S = 120
PATH = ("3.8.x", "4.0.x", "4.2.x")
PACE_S = 0.005


class Load:
    """A producer and a group's reader of one library, each on a thread, until told to stop."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.stop = threading.Event()
        self.written = 0
        self.read: list[int] = []
        self.trouble: list[BaseException] = []

    def write(self) -> None:
        raise NotImplementedError

    def consume(self) -> None:
        raise NotImplementedError

    @property
    def over(self) -> bool:
        """Whether the reader may stop."""
        return (self.stop.is_set() and len(self.read) >= self.written) or bool(self.trouble)

    def watched(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as e:
            self.trouble.append(e)


class KafkaPython(Load):
    def write(self) -> None:
        producer = KafkaProducer(
            bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True
        )
        while not self.stop.wait(PACE_S):
            producer.send(self.topic, b"%d" % self.written)
            self.written += 1
        producer.flush(PATIENCE_S)
        producer.close()

    def consume(self) -> None:
        consumer = KafkaConsumer(
            self.topic, bootstrap_servers=self.bootstrap, group_id=self.topic,
            auto_offset_reset="earliest",
        )  # fmt: skip
        while not self.over:
            for records in consumer.poll(timeout_ms=200).values():
                self.read += [int(r.value) for r in records]
        consumer.close()


class Librdkafka(Load):
    def write(self) -> None:
        failed = []
        producer = Producer({
            "bootstrap.servers": self.bootstrap, "enable.idempotence": True, "log_level": 0,
        })  # fmt: skip
        while not self.stop.wait(PACE_S):
            producer.produce(
                self.topic, b"%d" % self.written, on_delivery=lambda e, _: e and failed.append(e)
            )
            producer.poll(0)
            self.written += 1
        assert producer.flush(PATIENCE_S) == 0
        assert not failed, failed[0]

    def consume(self) -> None:
        consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": self.topic,
            "auto.offset.reset": "earliest", "log_level": 0,
        })  # fmt: skip
        consumer.subscribe([self.topic])
        while not self.over:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                self.read.append(int(message.value() or b""))
        consumer.close()


class Aiokafka(Load):
    def write(self) -> None:
        async def go() -> None:
            async with AIOKafkaProducer(
                bootstrap_servers=self.bootstrap, enable_idempotence=True
            ) as producer:
                while not self.stop.is_set():
                    await producer.send(self.topic, b"%d" % self.written)
                    self.written += 1
                    await asyncio.sleep(PACE_S)

        asyncio.run(go())

    def consume(self) -> None:
        async def go() -> None:
            async with AIOKafkaConsumer(
                self.topic, bootstrap_servers=self.bootstrap, group_id=self.topic,
                auto_offset_reset="earliest", enable_auto_commit=False,
            ) as consumer:  # fmt: skip
                while not self.over:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        self.read += [int(r.value or b"") for r in records]
                    # Not by itself: aiokafka commits once more as it closes, and then asks for no
                    # new coordinator: it never ends where its own was restarted just now.
                    await consumer.commit()

        asyncio.run(go())


@contextmanager
def working(load: Load) -> Iterator[None]:
    threads = [
        threading.Thread(target=load.watched, args=(job,), daemon=True)
        for job in (load.write, load.consume)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    except BaseException as e:
        load.trouble.append(e)  # ends the reader too
        raise
    finally:
        load.stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), f"{type(load).__name__}: read {len(load.read)}"


def until_read(loads: list[Load], more: int) -> None:
    """Until each reader has got on by so many records."""
    goals = [len(load.read) + more for load in loads]
    deadline = time.monotonic() + PATIENCE_S
    while any(len(load.read) < goal for load, goal in zip(loads, goals, strict=True)):
        for load in loads:
            assert not load.trouble, load.trouble[0]
        assert time.monotonic() < deadline, [len(load.read) for load in loads]
        time.sleep(0.02)


@pytest.mark.slow
def test_three_libraries_ride_through() -> None:
    """Every record once and in order, whichever versions the brokers of the moment show."""
    with LocalCluster(azs=3, kafka_version="3.6.0") as cluster:
        at = cluster.bootstrap_servers
        admin = KafkaAdminClient(bootstrap_servers=at)
        admin.create_topics([NewTopic(kind.__name__, 1, 3) for kind in KINDS])
        admin.close()
        loads = [kind(at, kind.__name__) for kind in KINDS]
        with working(loads[0]), working(loads[1]), working(loads[2]):
            until_read(loads, 50)
            for version in PATH:
                cluster.upgrade(version)
                until_read(loads, 50)
        for load in loads:
            assert not load.trouble, load.trouble[0]
            assert load.read == list(range(load.written)), type(load).__name__


KINDS = (KafkaPython, Librdkafka, Aiokafka)
