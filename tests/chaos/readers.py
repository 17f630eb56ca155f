"""Consumers that read all through the chaos, of two client libraries, by assignment and in groups.

A reader by assignment must see each partition's offsets one after the other, whatever happens to
the leaders. The members of a group may see records twice, never skip one: what a group has
processed, taken together, has no hole. They commit what they have processed, and remember what was
acknowledged.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import kafka
from confluent_kafka import Consumer, KafkaException
from confluent_kafka import KafkaError as RdError
from confluent_kafka import TopicPartition as RdPartition
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from tests.chaos.rdkafka import settings
from tests.crash.load import VALUE, Load

RENEWALS = 2
"""How often a client of librdkafka may be replaced in one run."""
ALL_CONNECTED = {"enable.sparse.connections": False}
"""For librdkafka 2.16: when metadata leaves out the only broker that a consumer is connected to (a
frozen one that was fenced and thaws says so itself), the client drops it, connects to no other, and
looks for its coordinator for ever (librdkafka issue 5511). With connections to all it goes on."""
LOST_ITS_PLACE = (RdError._AUTO_OFFSET_RESET, RdError._LOG_TRUNCATION, RdError._BAD_MSG)
Mark = tuple[str, int]
"""A record's writer and number."""


def mark(value: bytes | None) -> Mark:
    assert value is not None
    name, number = VALUE.unpack_from(value)
    return name.decode().strip(), number


def polled(consumer: KafkaConsumer, timeout_ms: int) -> list[Any]:
    """kafka-python's poll, which raises what it might as well try again: a coordinator is away."""
    try:
        return list(consumer.poll(timeout_ms=timeout_ms).values())
    except KafkaError as e:
        if not e.retriable:
            raise
        time.sleep(0.05)
        return []


class Reader(Load):
    """Reads a topic by assignment, from its start, and keeps what it has read."""

    def __init__(self, name: str, bootstrap: str, topic: str, partitions: int) -> None:
        super().__init__(name, bootstrap, 0)
        self.topic = topic
        self.read: list[list[Mark]] = [[] for _ in range(partitions)]

    @property
    def count(self) -> int:
        return sum(map(len, self.read))

    def take(self, partition: int, offset: int, value: bytes | None) -> None:
        seen = self.read[partition]
        assert offset == len(seen), f"{self.name}: {offset} of {partition} after {len(seen) - 1}"
        seen.append(mark(value))


class Renewable:
    """Can go on with a fresh client of librdkafka, whose own may stand still for ever.

    A broker that was fenced, and has heard nothing since, names the others in its metadata, also
    dead ones, and not itself. librdkafka 2.16 then drops the one connection that it has, finds all
    brokers down, begins anew from its bootstrap list, and sometimes asks nothing any more, although
    connected to all of them. Each time is counted and printed, and they may not be many.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.renewals = 0
        self._renew = threading.Event()

    def renew(self) -> None:
        """Go on with a fresh client."""
        self.renewals += 1
        self._renew.set()

    @staticmethod
    def leave(consumer: Any, *, stuck: bool) -> None:
        """Close it; one that is stuck may never come back from it."""
        if stuck:
            threading.Thread(target=consumer.close, daemon=True).start()
        else:
            consumer.close()


class RdReader(Renewable, Reader):
    """confluent-kafka."""

    def work(self) -> None:
        while not self.ending:
            self._renew.clear()
            self._live()

    def _live(self) -> None:
        """One client's life."""
        consumer = Consumer({
            **settings(self.name, self.bootstrap), "group.id": self.name,
            "enable.auto.commit": False, "check.crcs": True, "auto.offset.reset": "error",
            **ALL_CONNECTED,
        })  # fmt: skip
        consumer.assign([RdPartition(self.topic, p, len(seen)) for p, seen in enumerate(self.read)])
        while not self.ending and not self._renew.is_set():
            for message in consumer.consume(500, timeout=0.2):
                if message.error() is not None:
                    if message.error().code() in LOST_ITS_PLACE:
                        raise KafkaException(message.error())
                    continue  # a broker is away: it tries again by itself
                self.take(message.partition(), message.offset(), message.value())
        self.leave(consumer, stuck=self._renew.is_set())


class KpReader(Reader):
    """kafka-python."""

    def work(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, auto_offset_reset="none",
            reconnect_backoff_ms=20, reconnect_backoff_max_ms=200, metadata_max_age_ms=5000,
        )  # fmt: skip
        places = [kafka.TopicPartition(self.topic, p) for p in range(len(self.read))]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        while not self.ending:
            for records in polled(consumer, 200):
                for r in records:
                    self.take(r.partition, r.offset, r.value)
        consumer.close()


class Book:
    """What the members of one group have done, together."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.lock = threading.Lock()
        self.processed: dict[int, dict[int, Mark]] = {}
        self.committed: dict[int, int] = {}
        self.commits = 0
        self.refused = 0

    @property
    def count(self) -> int:
        return sum(map(len, list(self.processed.values())))

    def process(self, partition: int, offset: int, value: bytes | None) -> None:
        found = mark(value)
        with self.lock:
            before = self.processed.setdefault(partition, {}).setdefault(offset, found)
        assert before == found, f"{self.group}: {offset} of {partition}: {before}, now {found}"

    def agreed(self, offsets: dict[int, int]) -> None:
        with self.lock:
            self.commits += 1
            for partition, offset in offsets.items():
                self.committed[partition] = max(offset, self.committed.get(partition, -1))


class Member(Load):
    """One member of a group: it processes, then commits what it has processed."""

    def __init__(self, name: str, bootstrap: str, topic: str, book: Book) -> None:
        super().__init__(name, bootstrap, 0)
        self.topic = topic
        self.book = book


class RdMember(Renewable, Member):
    """confluent-kafka.

    One commit at a time is on its way: librdkafka sends one that failed again after later ones, and
    then the group's offset goes back (Apache Kafka takes it as we do). What was processed meanwhile
    is committed next, if the partition is still ours.
    """

    def __init__(self, name: str, bootstrap: str, topic: str, book: Book) -> None:
        super().__init__(name, bootstrap, topic, book)
        self._done: dict[int, int] = {}
        self._asked = False

    def work(self) -> None:
        while not self.ending:
            self._renew.clear()
            self._done.clear()
            self._asked = False
            self._live()

    def _live(self) -> None:
        """One client's life."""
        consumer = Consumer({
            **settings(self.name, self.bootstrap), "group.id": self.book.group,
            "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000, **ALL_CONNECTED,
            "on_commit": self._told,
        })  # fmt: skip
        consumer.subscribe([self.topic], on_assign=self._moved, on_revoke=self._moved,
                           on_lost=self._moved)  # fmt: skip
        while not self.ending and not self._renew.is_set():
            for message in consumer.consume(200, timeout=0.3):
                if message.error() is not None:
                    continue
                self.book.process(message.partition(), message.offset(), message.value())
                self._done[message.partition()] = message.offset() + 1
            if self._done and not self._asked:
                self._commit(consumer)
        self.leave(consumer, stuck=self._renew.is_set())

    def _moved(self, consumer: Any, places: list[RdPartition]) -> None:
        """Partitions come or go: what isn't committed is somebody else's to process."""
        self._done.clear()

    def _commit(self, consumer: Any) -> None:
        """Without waiting: a commit that waits keeps the rebalance waiting that would end it."""
        wish = [RdPartition(self.topic, p, offset) for p, offset in self._done.items()]
        self._done.clear()
        try:
            consumer.commit(offsets=wish, asynchronous=True)
            self._asked = True
        except KafkaException:
            self.book.refused += 1

    def _told(self, error: Any, places: list[RdPartition]) -> None:
        self._asked = False
        if error is not None:
            self.book.refused += 1
            return
        self.book.agreed({t.partition: t.offset for t in places if t.error is None})


class KpMember(Member):
    """kafka-python."""

    def work(self) -> None:
        consumer = KafkaConsumer(
            self.topic, bootstrap_servers=self.bootstrap, group_id=self.book.group,
            enable_auto_commit=False, auto_offset_reset="earliest", session_timeout_ms=6000,
            heartbeat_interval_ms=1000, reconnect_backoff_ms=20, reconnect_backoff_max_ms=200,
            max_poll_records=200, metadata_max_age_ms=5000,
        )  # fmt: skip
        while not self.ending:
            done: dict[int, int] = {}
            for records in polled(consumer, 300):
                for r in records:
                    self.book.process(r.partition, r.offset, r.value)
                    done[r.partition] = r.offset + 1
            if done:
                self._commit(consumer, done)
        consumer.close()

    def _commit(self, consumer: Any, done: dict[int, int]) -> None:
        wish = {
            kafka.TopicPartition(self.topic, p): kafka.OffsetAndMetadata(offset, "", -1)
            for p, offset in done.items()
        }
        try:
            consumer.commit(wish)
        except KafkaError:
            self.book.refused += 1
            return
        self.book.agreed(done)
