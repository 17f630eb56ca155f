"""Transactions over three zones: copies are exact while coordinators are killed in every step."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from msklite.testing import LocalCluster

PATIENCE_S = 240
PARTITIONS = 2
COUNT = 240
BATCH = 10
STUCK_S = 30
AWAY_S = 6.0
"""How long a killed zone is away: others coordinate after two seconds."""
QUIET = {"log_level": 0}


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    config = {"broker.session.timeout.ms": "2000", "transaction.state.log.num.partitions": "5"}
    with LocalCluster(azs=3, config=config) as made:
        admin = AdminClient({"bootstrap.servers": made.bootstrap_servers, **QUIET})
        settings = {"min.insync.replicas": "2"}
        topics = [NewTopic(t, PARTITIONS, 3, config=settings) for t in ("in", "out")]
        for future in admin.create_topics(topics).values():
            future.result(60)
        yield made


def fill(cluster: LocalCluster) -> list[list[bytes]]:
    """Put numbers into `in`; what each partition has."""
    writer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "acks": "all", **QUIET})
    sent: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    for i in range(COUNT):
        writer.produce("in", b"%d" % i, partition=i % PARTITIONS)
        sent[i % PARTITIONS].append(b"%d" % i)
    assert writer.flush(60) == 0
    return sent


def in_time(what: Callable[[], object]) -> None:
    """TimeoutError: it doesn't come back, as librdkafka's send_offsets_to_transaction may not.

    Beyond the time that it was given it waits for a group's coordinator that it once knew and has
    dropped since, as Metadata didn't name it while it was down. A person would start it anew.
    """
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            what()
        except BaseException as e:
            trouble.append(e)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(STUCK_S)
    if thread.is_alive():
        raise TimeoutError
    if trouble:
        raise trouble[0]


class Copier:
    """Consumes `in`, produces to `out`, commits both in one transaction; goes on after faults."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._servers = cluster.bootstrap_servers
        self.reader = Consumer({
            "bootstrap.servers": self._servers, "group.id": "copy", "enable.auto.commit": False,
            "isolation.level": "read_committed", **QUIET,
        })  # fmt: skip
        self._places = [TopicPartition("in", p) for p in range(PARTITIONS)]
        self.lives = self.commits = self.aborts = 0
        self._deadline = time.monotonic() + PATIENCE_S
        self.producer = self._born()

    def _born(self) -> Producer:
        self.lives += 1
        producer = Producer({
            "bootstrap.servers": self._servers, "transactional.id": "copier",
            "transaction.timeout.ms": 60_000, **QUIET,
        })  # fmt: skip
        self._insist(lambda: producer.init_transactions(20))
        self.rewind()
        return producer

    def _insist(self, what: Callable[[], object]) -> None:
        while True:
            try:
                what()
                return
            except KafkaException as e:
                if not e.args[0].retriable():
                    raise
                assert time.monotonic() < self._deadline, e

    def rewind(self) -> None:
        """Go to what is committed."""
        found: list[TopicPartition] = []
        self._insist(lambda: found.extend(self.reader.committed(self._places, timeout=20)))
        self.reader.assign([TopicPartition(t.topic, t.partition, max(t.offset, 0)) for t in found])

    def copy(self, *, abort: bool = False, between: Callable[[str], None]) -> int:
        """One transaction; how many records it has copied. `between` is called after each step."""
        assert time.monotonic() < self._deadline, "no progress"
        records = [m for m in self.reader.consume(BATCH, timeout=2) if m.error() is None]
        if not records:
            return 0
        try:
            self._insist(self.producer.begin_transaction)
            for m in records:
                self.producer.produce("out", m.value(), partition=m.partition())
            self.producer.flush(20)
            between("produced")
            places = self.reader.position(self._places)
            group = self.reader.consumer_group_metadata()
            offsets = [p for p in places if p.offset >= 0]
            producer = self.producer
            in_time(
                lambda: self._insist(
                    lambda: producer.send_offsets_to_transaction(offsets, group, 20)
                )
            )
            between("offsets")
            if abort:
                self._abort()
                return 0
            self._insist(lambda: self.producer.commit_transaction(20))
            self.commits += 1
            between("committed")
        except TimeoutError:
            self.producer = self._born()
            return 0
        except KafkaException as e:
            if e.args[0].txn_requires_abort():
                self._abort()
            else:
                self.producer = self._born()
            return 0
        return len(records)

    def _abort(self) -> None:
        self.aborts += 1
        self._insist(lambda: self.producer.abort_transaction(20))
        self.rewind()

    def close(self) -> None:
        self.reader.close()


def committed(cluster: LocalCluster, isolation: str = "read_committed") -> list[list[bytes]]:
    """What each partition of `out` has for readers of that isolation."""
    reader = Consumer({
        "bootstrap.servers": cluster.bootstrap_servers, "group.id": "judge",
        "isolation.level": isolation, "enable.partition.eof": True, **QUIET,
    })  # fmt: skip
    found: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    ended: set[int] = set()
    with contextlib.closing(reader):
        reader.assign([TopicPartition("out", p, 0) for p in range(PARTITIONS)])
        deadline = time.monotonic() + PATIENCE_S
        while len(ended) < PARTITIONS:
            assert time.monotonic() < deadline, f"read {[len(f) for f in found]}"
            m = reader.poll(1)
            if m is not None and m.error() is None:
                found[m.partition()].append(m.value())
            elif m is not None:
                ended.add(m.partition())
    return found


def coordinator(cluster: LocalCluster, topic: str) -> int:
    """The zone whose broker leads the first partition of an internal topic that has records."""
    for zone in (1, 2, 3):
        with contextlib.suppress(KeyError):
            broker = next(iter(cluster.zone(zone).brokers.values()))
            runtime = broker.coordinators[topic]
            if any(h.partition.log.end_offset > 0 for h in runtime.hosts.values()):
                return zone
    raise AssertionError(f"nobody coordinates {topic}")


@pytest.mark.parametrize("step", ["produced", "offsets", "committed"])
def test_copies_are_exact_while_the_coordinator_dies(cluster: LocalCluster, step: str) -> None:
    sent = fill(cluster)
    copier = Copier(cluster)
    coming_back: list[threading.Timer] = []
    rounds = copied = 0

    def between(at: str) -> None:
        if at == step and rounds in (3, 12):
            back()
            zone = coordinator(cluster, "__transaction_state")
            cluster.kill_zone(zone)
            coming_back.append(threading.Timer(AWAY_S, cluster.start_zone, [zone]))
            coming_back[-1].start()

    def back() -> None:
        for timer in coming_back:
            timer.join()

    with contextlib.closing(copier):
        while copied < COUNT:
            rounds += 1
            copied += copier.copy(abort=rounds % 5 == 0, between=between)
    back()
    assert committed(cluster) == sent
    assert copier.aborts > 0
    dirty = committed(cluster, "read_uncommitted")
    assert sum(map(len, dirty)) > COUNT, "what was aborted is there, for who wants to see it"
