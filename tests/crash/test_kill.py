"""kill -9 at random moments under load: what was acknowledged is there, in order, and once.

One zone process and clients that outlive it: idempotent and plain producers on topics with small
segments, many flushes, or neither; group commits; topics made, altered and deleted. It is killed at
random moments, some of them while it still starts or recovers, some when its replies had just
stopped to arrive, so that clients send again what is in the log. After each few lives it is read.
MSKLITE_CRASH_SEED repeats a run's decisions, MSKLITE_CRASH_ROUNDS makes it longer.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.crash.load import (
    QUIET,
    VALUE,
    Administrator,
    Committer,
    KafkaPython,
    Librdkafka,
    Load,
    Plain,
    Writer,
)
from tests.crash.wire import Wire
from tests.support.zones import ZoneProcess

ROUNDS = int(os.environ.get("MSKLITE_CRASH_ROUNDS", "32"))
SEED = int(os.environ.get("MSKLITE_CRASH_SEED", time.time_ns() % 1_000_000))
TOPICS = {
    "steady": {},
    "rolling": {"segment.bytes": "1048576", "index.interval.bytes": "200"},
    "timed": {"segment.ms": "150", "flush.ms": "100"},
    "flushed": {"flush.messages": "1", "segment.index.bytes": "4096"},
}
PARTITIONS = 2


class Reader:
    """Reads on from where it was, and remembers every numbered record by its writer."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.next = {TopicPartition(t, p): 0 for t in TOPICS for p in range(PARTITIONS)}
        self.found: dict[tuple[str, str, int], list[tuple[int, int]]] = defaultdict(list)

    def read_on(self, *, anew: bool = False) -> None:
        consumer = Consumer({
            **QUIET, "bootstrap.servers": self.bootstrap, "group.id": "reader",
            "enable.auto.commit": False, "fetch.wait.max.ms": 50, "check.crcs": True,
        })  # fmt: skip
        if anew:
            self.found.clear()
            self.next = dict.fromkeys(self.next, 0)
        ends = {}
        for tp, offset in self.next.items():
            low, end = consumer.get_watermark_offsets(tp, timeout=30)
            assert low == 0
            assert end >= offset, f"{tp} ended at {offset} and now ends at {end}"
            ends[tp] = end
        consumer.assign([TopicPartition(tp.topic, tp.partition, o) for tp, o in self.next.items()])
        deadline = time.monotonic() + 60
        while any(self.next[tp] < end for tp, end in ends.items()):
            assert time.monotonic() < deadline, f"can't read on: {self.next} of {ends}"
            for message in consumer.consume(5000, timeout=0.2):
                assert message.error() is None, message.error()
                tp = TopicPartition(message.topic(), message.partition())
                assert message.offset() == self.next[tp], f"{tp}: {message.offset()}"
                self.next[tp] = message.offset() + 1
                name, number = VALUE.unpack_from(message.value())
                key = (name.decode().strip(), message.topic(), message.partition())
                self.found[key].append((number, message.offset()))
        consumer.close()


def committed(bootstrap: str, committer: Committer) -> int:
    consumer = Consumer({**QUIET, "bootstrap.servers": bootstrap, "group.id": committer.group})
    try:
        (found,) = consumer.committed([TopicPartition(*committer.place)], timeout=30)
        return int(found.offset)
    finally:
        consumer.close()


class Check:
    """All clients and their books."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self.bootstrap = bootstrap
        self.reader = Reader(bootstrap)
        self.admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
        self.writers: list[Writer] = [
            Librdkafka("rd-a", bootstrap, seed, "steady", PARTITIONS, 200),
            Librdkafka("rd-b", bootstrap, seed, "rolling", PARTITIONS, 5_000),
            KafkaPython("kp-a", bootstrap, seed, "timed", PARTITIONS, 500),
            KafkaPython("kp-b", bootstrap, seed, "rolling", PARTITIONS, 4_000),
            Plain("plain", bootstrap, seed, "flushed", PARTITIONS, 100),
        ]
        self.committers = [
            Committer(bootstrap, seed, "g-one", ("steady", 0)),
            Committer(bootstrap, seed, "g-two", ("timed", 1)),
        ]
        self.administrator = Administrator(bootstrap, seed)

    @property
    def loads(self) -> list[Load]:
        return [*self.writers, *self.committers, self.administrator]

    def everything(self, *, anew: bool = False) -> None:
        """Books first, log after: what is acknowledged while we read is seen the next time."""
        for load in self.loads:
            if load.failure is not None:
                raise load.failure
        books = [(w, {p: list(a) for p, a in w.acknowledged.items()}) for w in self.writers]
        for committer in self.committers:
            before = committer.committed
            found = committed(self.bootstrap, committer)
            assert found >= before or not before, f"{committer.group}: {before} became {found}"
        self.administrator_check()
        self.reader.read_on(anew=anew)
        for writer, book in books:
            for p in range(PARTITIONS):
                found = self.reader.found[(writer.name, writer.topic, p)]
                writer.check(p, found, book.get(p, []))

    def administrator_check(self) -> None:
        self.administrator.check(self.admin)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kill_at_random_moments(tmp_path: Path) -> None:
    rnd = random.Random(SEED)
    print(f"MSKLITE_CRASH_SEED={SEED}")
    config = {"auto.create.topics.enable": "false"}
    with (
        ZoneProcess(tmp_path, config=config, relayed=True) as zone,
        Wire(zone.spec.ports[1]) as wire,
    ):
        zone.start()
        check = Check(zone.bootstrap, SEED)
        made = check.admin.create_topics(
            [NewTopic(t, PARTITIONS, 1, config=config) for t, config in TOPICS.items()]
        )
        for future in made.values():
            future.result(timeout=30)
        for load in check.loads:
            load.start()
        for number in range(ROUNDS):
            time.sleep(rnd.uniform(0.05, 1.2))
            wire.deaf = rnd.random() < 0.6
            if wire.deaf:
                time.sleep(rnd.uniform(0.0, 0.1))
            zone.kill()
            wire.deaf = False
            while rnd.random() < 0.3:  # and again while it starts, or recovers
                zone.spawn()
                time.sleep(rnd.uniform(0.0, 0.6))
                zone.kill()
            zone.start()
            if number % 4 == 3:
                check.everything()
        for load in check.loads:
            load.finish()
        check.everything(anew=True)
        zone.stop()
        zone.start()
        check.everything(anew=True)
        written = {w.name: sum(map(len, w.acknowledged.values())) for w in check.writers}
        print(f"{zone.lives} lives; acknowledged {written};",
              f"commits {[c.committed for c in check.committers]};",
              f"topics made {check.administrator.count}")  # fmt: skip
        assert all(count > 100 for count in written.values()), written
        assert all(c.committed for c in check.committers)
        assert check.administrator.count >= 3


@pytest.mark.parametrize("moment", range(3))
def test_kill_during_first_start(tmp_path: Path, moment: int) -> None:
    """A directory whose formatting was cut short anywhere is a new one."""
    with ZoneProcess(tmp_path) as zone:
        rnd = random.Random(SEED + moment)
        for _ in range(3):
            zone.spawn()
            time.sleep(rnd.uniform(0.1, 0.6))
            zone.kill()
        zone.start()
        assert AdminClient({"bootstrap.servers": zone.bootstrap}).list_topics(timeout=20).brokers
