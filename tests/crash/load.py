"""Real clients that write, commit and administer while the zone dies under them again and again.

Each keeps a book of what was acknowledged to it, and can say whether what is found is in order.
They live through all of the zone's lives: what a client has in flight when the zone dies is sent
again to the next one, which must recognise it.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from struct import Struct
from typing import Any, ClassVar

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)
from kafka import KafkaProducer
from kafka.errors import KafkaError

VALUE = Struct(">8sQ")
SET = AlterConfigOpType.SET
PAUSE_S = 0.005
QUIET = {"log_level": 0, "topic.metadata.refresh.interval.ms": 500,
         "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}  # fmt: skip
Place = tuple[str, int]


class Load(threading.Thread):
    """A client in a thread; `finish` lets it end its work. A failure is kept for the test."""

    def __init__(self, name: str, bootstrap: str, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.bootstrap = bootstrap
        self.rnd = random.Random(f"{seed}-{name}")
        self.failure: BaseException | None = None
        self._ending = threading.Event()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as e:
            self.failure = e

    def work(self) -> None:
        raise NotImplementedError

    @property
    def ending(self) -> bool:
        return self._ending.is_set()

    def end(self) -> None:
        """It may end; who calls this doesn't wait for it."""
        self._ending.set()

    def finish(self, patience: float = 60) -> None:
        self.end()
        self.join(patience)
        assert not self.is_alive(), f"{self.name} didn't come to an end"
        if self.failure is not None:
            raise self.failure


class Writer(Load):
    """Writes numbered records to the partitions of a topic."""

    pause_s = PAUSE_S
    exact = True
    """Idempotent: each record once, no gaps. Otherwise only order, and what was acknowledged."""

    def __init__(
        self, name: str, bootstrap: str, seed: int, topic: str, partitions: int, size: int
    ) -> None:
        super().__init__(name, bootstrap, seed)
        self.topic = topic
        self.partitions = partitions
        self.size = size
        self.sent: dict[int, int] = defaultdict(int)
        self.acknowledged: dict[int, list[tuple[int, int]]] = defaultdict(list)
        """(number, offset) of each partition's records, in the order of their acknowledgements.

        The offset is -1 or None where the client doesn't know it: of an idempotent batch whose
        answer got lost librdkafka concludes from a later batch's success that it was written.
        """

    def value(self, number: int) -> bytes:
        pad = self.rnd.randrange(self.size)
        return VALUE.pack(self.name.encode().ljust(8), number) + bytes(pad)

    def next(self) -> tuple[int, int]:
        partition = self.rnd.randrange(self.partitions)
        number = self.sent[partition]
        self.sent[partition] += 1
        return partition, number

    def check(
        self, partition: int, found: list[tuple[int, int]], book: list[tuple[int, int]]
    ) -> None:
        """`found` of this writer in the log, in its order, against what had been acknowledged."""
        where = f"{self.name} in {self.topic}-{partition}"
        numbers = [n for n, _ in found]
        assert numbers == sorted(set(numbers)), (
            f"{where}: out of order or twice: {disorder(numbers)}"
        )
        known = dict(found)
        for number, offset in book:
            assert number in known, f"{where}: {number} was acknowledged at {offset} and is lost"
            assert offset in (-1, None, known[number]), (
                f"{where}: {number} moved from {offset} to {known[number]}"
            )
        if self.exact:
            assert numbers == list(range(len(numbers))), f"{where}: gaps: {disorder(numbers)}"


def disorder(numbers: list[int]) -> str:
    for i in range(1, len(numbers)):
        if numbers[i] != numbers[i - 1] + 1:
            return f"{numbers[max(0, i - 3) : i + 4]} at {i} of {len(numbers)}"
    return f"starts at {numbers[:3]}"


class Librdkafka(Writer):
    """confluent-kafka, idempotent, five requests in flight, retrying for ever."""

    def settings(self) -> dict[str, Any]:
        """The producer's."""
        return {
            **QUIET, "bootstrap.servers": self.bootstrap, "enable.idempotence": True,
            "linger.ms": 1, "batch.num.messages": 20, "message.timeout.ms": 0,
            "retry.backoff.ms": 10, "error_cb": self._error,
        }  # fmt: skip

    def work(self) -> None:
        producer = Producer(self.settings())
        while not self.ending:
            for _ in range(self.rnd.randrange(1, 16)):
                partition, number = self.next()
                producer.produce(
                    self.topic, self.value(number), partition=partition,
                    on_delivery=lambda error, message, n=number: self._done(error, message, n),
                )  # fmt: skip
            producer.poll(self.pause_s)
            while len(producer) > 1000 and not self.ending:
                producer.poll(0.05)
        assert producer.flush(60) == 0, "not everything was acknowledged"

    def _done(self, error: Any, message: Any, number: int) -> None:
        if error is not None:
            self.failure = KafkaException(error)
            return
        self.acknowledged[message.partition()].append((number, message.offset()))

    def _error(self, error: Any) -> None:
        if error.fatal():
            self.failure = KafkaException(error)


class KafkaPython(Writer):
    """kafka-python, idempotent."""

    settings: ClassVar[dict[str, Any]] = {
        "enable_idempotence": True,
        "delivery_timeout_ms": 600_000,
    }

    def work(self) -> None:
        producer = KafkaProducer(
            bootstrap_servers=self.bootstrap, reconnect_backoff_ms=20, reconnect_backoff_max_ms=100,
            retry_backoff_ms=20, linger_ms=1, max_block_ms=60_000, **self.settings,
        )  # fmt: skip
        pending = 0
        lock = threading.Lock()

        def done(partition: int, number: int, meta: Any) -> None:
            nonlocal pending
            with lock:
                pending -= 1
            self.acknowledged[partition].append((number, meta.offset))

        def failed(error: BaseException) -> None:
            nonlocal pending
            with lock:
                pending -= 1
            if self.exact:
                self.failure = error

        while not self.ending:
            for _ in range(self.rnd.randrange(1, 10)):
                partition, number = self.next()
                try:
                    future = producer.send(self.topic, self.value(number), partition=partition)
                except KafkaError:
                    if self.exact:
                        raise
                    continue
                with lock:
                    pending += 1
                future.add_callback(lambda m, p=partition, n=number: done(p, n, m))
                future.add_errback(failed)
            time.sleep(self.pause_s)
            while pending > 500 and not self.ending:
                time.sleep(self.pause_s)
        producer.flush(60)
        producer.close(10)


class Plain(KafkaPython):
    """kafka-python, neither idempotent nor retrying: what was refused may be there or not."""

    exact = False
    settings: ClassVar[dict[str, Any]] = {
        "enable_idempotence": False, "acks": 1, "retries": 0, "delivery_timeout_ms": 2000,
        "request_timeout_ms": 1500, "max_in_flight_requests_per_connection": 1,
    }  # fmt: skip


class Committer(Load):
    """Commits growing offsets for a group, and remembers what was acknowledged."""

    def __init__(self, bootstrap: str, seed: int, group: str, place: Place) -> None:
        super().__init__(f"commit-{group}", bootstrap, seed)
        self.group = group
        self.place = place
        self.asked = 0
        self.committed = 0

    def work(self) -> None:
        consumer = Consumer({
            **QUIET, "bootstrap.servers": self.bootstrap, "group.id": self.group,
            "enable.auto.commit": False,
        })  # fmt: skip
        while not self.ending:
            self.asked += self.rnd.randrange(1, 5)
            try:
                consumer.commit(
                    offsets=[TopicPartition(*self.place, self.asked)], asynchronous=False
                )
            except KafkaException:
                pass
            else:
                self.committed = self.asked
            self._ending.wait(PAUSE_S * 5)
        consumer.close()


class Administrator(Load):
    """Makes topics with settings, changes settings, deletes topics."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        super().__init__("admin", bootstrap, seed)
        self.topics: dict[str, dict[str, str] | None] = {}
        """Settings of topics that must be there; None: must be gone. Uncertain ones aren't here."""
        self.count = 0

    def work(self) -> None:
        admin = AdminClient({**QUIET, "bootstrap.servers": self.bootstrap})
        while not self.ending:
            there = [t for t, config in list(self.topics.items()) if config is not None]
            if len(there) > 6 or (there and self.rnd.random() < 0.3):
                self._delete(admin, self.rnd.choice(there))
            elif there and self.rnd.random() < 0.4:
                self._alter(admin, self.rnd.choice(there))
            else:
                self._create(admin)
            self._ending.wait(PAUSE_S * 10)

    @staticmethod
    def _agreed(futures: dict[Any, Any]) -> bool:
        try:
            for future in futures.values():
                future.result(timeout=5)
        except (KafkaException, TimeoutError):
            return False
        return True

    def _create(self, admin: AdminClient) -> None:
        self.count += 1
        name = f"made-{self.count}"
        config = {"retention.ms": str(self.rnd.randrange(10**6, 10**9))}
        topic = NewTopic(name, self.rnd.randrange(1, 4), 1, config=config)
        if self._agreed(admin.create_topics([topic], request_timeout=3)):
            self.topics[name] = config

    def _alter(self, admin: AdminClient, name: str) -> None:
        config = {"retention.ms": str(self.rnd.randrange(10**6, 10**9))}
        del self.topics[name]
        entries = [ConfigEntry(k, v, incremental_operation=SET) for k, v in config.items()]
        resource = ConfigResource("topic", name, incremental_configs=entries)
        if self._agreed(admin.incremental_alter_configs([resource], request_timeout=3)):
            self.topics[name] = config

    def _delete(self, admin: AdminClient, name: str) -> None:
        del self.topics[name]
        if self._agreed(admin.delete_topics([name], request_timeout=3)):
            self.topics[name] = None

    def check(self, admin: AdminClient) -> None:
        """What was agreed must hold."""
        before = dict(self.topics)
        found = admin.list_topics(timeout=20).topics
        book = self._still(before)
        gone = {t for t, config in book.items() if config is not None and t not in found}
        assert not gone, f"acknowledged topics are gone: {gone}"
        back = {t for t, config in book.items() if config is None and t in found}
        assert not back, f"deleted topics are back: {back}"
        resources = [ConfigResource("topic", t) for t, config in book.items() if config]
        if not resources:
            return
        told = {}
        for resource, future in admin.describe_configs(resources).items():
            try:
                told[resource.name] = future.result(timeout=20)
            except KafkaException:
                told[resource.name] = {}
        for name, config in self._still(book).items():
            for key, value in (config or {}).items():
                assert told[name], f"{name} isn't there"
                assert told[name][key].value == value, f"{name}: {key} is {told[name][key].value}"

    def _still(self, book: dict[str, dict[str, str] | None]) -> dict[str, dict[str, str] | None]:
        """What of the book holds still: we go on working while the test looks."""
        now = dict(self.topics)
        return {t: config for t, config in book.items() if t in now and now[t] is config}
