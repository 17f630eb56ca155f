"""msklite stops with transactions open and topics compacted; Apache Kafka 4.2 goes on with them.

Its dump-log tool reads `__transaction_state`, markers and the indexes of aborted transactions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Producer as RdProducer
from confluent_kafka.admin import AdminClient, NewTopic

from msklite.testing import LocalCluster
from tests.graduation import clusters
from tests.graduation.test_dump_compacted import dump
from tests.parity.run import address
from tests.parity.talk import Talk
from tests.parity.txn_shapes import Producer, add, begin, describe, end, settled
from tests.support.jvm import java, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

CONFIG = {
    "offsets.topic.num.partitions": "50",
    "transaction.state.log.num.partitions": "50",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "log.cleaner.backoff.ms": "200",
}
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": "1048576",
    "min.cleanable.dirty.ratio": "0.01",
}
GROUP = "readers"


class Work:
    """Transactions against whoever serves the directories at the moment."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def create(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        topics = [NewTopic("t", 2, 1), NewTopic("keyed", 1, 1, config=COMPACTED)]
        for done in admin.create_topics(topics).values():
            done.result(60)

    def producer(self, tid: str) -> RdProducer:
        made = RdProducer({"bootstrap.servers": self.bootstrap, "transactional.id": tid})
        made.init_transactions(60)
        return made

    def some(self, tid: str, turns: int) -> None:
        """Transactions of ten records in each partition; every third is aborted."""
        producer = self.producer(tid)
        for turn in range(turns):
            producer.begin_transaction()
            for n in range(10):
                kind = "bad" if turn % 3 == 2 else "good"
                for partition in (0, 1):
                    producer.produce("t", f"{kind} {tid} {turn} {n}", partition=partition)
                producer.produce("keyed", f"{kind} {turn} {n}" + "x" * 3000, f"k{n}")
            if turn % 3 == 2:
                producer.flush(60)
                producer.abort_transaction(60)
            else:
                self.send_offsets(producer, turn)
                producer.commit_transaction(60)

    @contextlib.contextmanager
    def reader(self, group: str) -> Iterator[Consumer]:
        """A consumer that is closed at the end, also of a test that fails."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "log_level": 0,
            }
        )
        try:
            yield consumer
        finally:
            consumer.close()

    def send_offsets(self, producer: RdProducer, offset: int) -> None:
        with self.reader(GROUP) as consumer:
            producer.send_offsets_to_transaction(
                [TopicPartition("t", 0, offset)], consumer.consumer_group_metadata(), 60
            )

    def committed_offset(self) -> int:
        """Asked again while the group's coordinator is still loading."""
        found: list[int] = []

        def ask(consumer: Consumer) -> bool:
            with contextlib.suppress(KafkaException):
                found.append(consumer.committed([TopicPartition("t", 0)], 30)[0].offset)
            return bool(found)

        with self.reader(GROUP) as consumer:
            until(lambda: ask(consumer))
        return found[0]

    def values(self, topic: str, partition: int, last: str) -> list[str]:
        """What readers of committed records get, up to the plain record `last`."""
        plain = RdProducer({"bootstrap.servers": self.bootstrap, "log_level": 0})
        plain.produce(topic, last, "last", partition=partition)
        assert plain.flush(60) == 0
        got: list[str] = []
        with self.reader("anybody") as consumer:
            consumer.assign([TopicPartition(topic, partition, 0)])
            until(lambda: got.extend(polled(consumer)) or last in got)
        return got[: got.index(last)]


def polled(consumer: Consumer) -> list[str]:
    found = consumer.consume(500, 0.5)
    return [m.value().decode() for m in found if m.error() is None and m.value() is not None]


def until(ready: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def left_open(bootstrap: str, tid: str, timeout: int) -> Producer:
    """A transaction with a record in both partitions that nobody ends."""
    talk = Talk(address(bootstrap))
    try:
        p = begin(talk, tid, timeout)
        talk.ask("add", add(p.tid, p.pid, p.epoch, {"t": [0, 1]}), 3)
        for partition in (0, 1):
            reply = talk.ask("w", p.records("t", f"open {tid}".encode(), partition=partition), 11)
            assert reply.responses[0].partition_responses[0].error_code == 0
        return p
    finally:
        talk.close()


def finish(bootstrap: str, p: Producer) -> str:
    """Commit what was left open, at whoever serves now; its state afterwards."""
    talk = Talk(address(bootstrap))
    try:
        reply = talk.until(end(p, True), 4, lambda r: r.error_code not in (14, 15, 16, 51))
        assert reply.error_code == 0, reply
        return settled(talk, p.tid)
    finally:
        talk.close()


def state(bootstrap: str, tid: str) -> str:
    talk = Talk(address(bootstrap))
    try:
        reply = talk.until(
            describe(tid), 0, lambda r: r.transaction_states[0].error_code not in (14, 15, 16)
        )
        return str(reply.transaction_states[0].transaction_state)
    finally:
        talk.close()


def good(writer: str, turns: int = 6) -> list[str]:
    """What it committed, in order."""
    return [f"good {writer} {t} {n}" for t in range(turns) if t % 3 < 2 for n in range(10)]


def test_kafka_goes_on_with_open_transactions(tmp_path: Path) -> None:
    require_jvm()
    cluster = LocalCluster(data_dir=str(tmp_path), config=CONFIG)
    with cluster:
        at, spec = cluster.bootstrap_servers, cluster.spec
        work = Work(at)
        work.create()
        work.some("a", 6)
        to_commit = left_open(at, "to-commit", 900_000)
        left_open(at, "to-time-out", 5_000)
        left_open(at, "to-fence", 900_000)
    dumped(Path(spec.broker_dir(1)))
    with clusters.kafka_on(spec, properties=CONFIG) as kafka:
        try:
            work = Work(kafka.bootstrap)
            assert work.committed_offset() == 4
            assert state(kafka.bootstrap, "to-commit") == "Ongoing"
            assert finish(kafka.bootstrap, to_commit) == "CompleteCommit"
            until(lambda: state(kafka.bootstrap, "to-time-out") == "CompleteAbort")
            fence = work.producer("to-fence")  # aborts what the one before had open
            fence.begin_transaction()
            fence.produce("t", "fenced", partition=0)
            fence.commit_transaction(60)
            first = [*good("a"), "open to-commit"]
            assert work.values("t", 0, "with Kafka") == [*first, "fenced"]
            assert work.values("t", 1, "with Kafka") == first
            work.some("a", 6)  # with the same id, on the producer id that msklite gave
            left = left_open(kafka.bootstrap, "back-again", 900_000)
        except BaseException:
            print(kafka.output())
            raise
    with cluster:
        at = cluster.bootstrap_servers
        assert finish(at, left) == "CompleteCommit"
        work = Work(at)
        work.some("b", 3)
        wanted = [*first, "fenced", "with Kafka", *good("a"), "open back-again", *good("b", 3)]
        assert work.values("t", 0, "with us") == wanted
        keyed = work.values("keyed", 0, "end")
        assert all(value.startswith("good") for value in keyed)


def dumped(broker: Path) -> None:
    """Kafka's tool reads the transaction log, the markers and the indexes, without complaint."""
    logs = sorted(broker.glob("__transaction_state-*/*.log"))
    options = ("--transaction-log-decoder",)
    text = dump([f for f in logs if f.stat().st_size], *options)
    # States as numbers: 1 is Ongoing, 5 CompleteAbort.
    for tid, last in (("a", 5), ("to-commit", 1), ("to-time-out", 1), ("to-fence", 1)):
        found = [line for line in text.splitlines() if f'"transactionalId":"{tid}"' in line]
        assert found and f'"transactionStatus":{last},' in found[-1], (tid, found[-1:])
    partition = broker / "t-0"
    text = dump(sorted(partition.glob("*.log")), "--deep-iteration")
    assert text.count("endTxnMarker: COMMIT") == 4 and text.count("endTxnMarker: ABORT") == 2
    names = ",".join(map(str, sorted(partition.glob("*.txnindex"))))
    assert names
    done = java("kafka.tools.DumpLogSegments", "--files", names, check=True)
    assert done.stdout.count("producerId") == 2, done.stdout
    assert not done.stderr.strip(), done.stderr
