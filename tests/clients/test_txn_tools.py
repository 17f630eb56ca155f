"""Kafka's own tools for transactions, each by its own main."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from tests.clients import programs
from tests.clients.client import EARLIEST, PATIENCE, Reading, Record, take
from tests.clients.conftest import Server, await_leaders, connect
from tests.clients.test_console import TOOLS, Console
from tests.clients.transactional import Transactional
from tests.clients.transactional import connect as transactional
from tests.parity.shapes import fetch
from tests.parity.talk import Talk
from tests.parity.txn_shapes import batch, begin, produce
from tests.support import jvm

TRANSACTIONS = TOOLS + "TransactionsCommand"
CONFIGS = "kafka.admin.ConfigCommand"
EMPTY, ONGOING, PREPARE_ABORT, COMPLETE_ABORT = 0, 1, 3, 5
"""States as Kafka writes them in `__transaction_state`."""
Name = Callable[..., str]

pytestmark = pytest.mark.jvm


@pytest.fixture
def console(server: Server) -> Console:
    return Console(server.bootstrap)


@pytest.fixture
def topic(server: Server, fresh: Name) -> str:
    return make(server, fresh("t"))


def make(server: Server, name: str, partitions: int = 1) -> str:
    client = connect("java", server.bootstrap)
    client.create_topic(name, partitions)
    await_leaders(client, name, partitions)
    return name


@pytest.fixture
def open_one(server: Server, topic: str, fresh: Name) -> Iterator[tuple[str, Transactional]]:
    """A transaction of one record that is under way, and its id."""
    programs.running("java")
    tid = fresh("id")
    txn = transactional("java", server.bootstrap, tid, 120_000)
    txn.init()
    txn.begin()
    txn.send(topic, [Record(b"open", b"k")])
    yield tid, txn
    txn.close()


def table(text: str) -> list[dict[str, str]]:
    """The rows of what kafka-transactions prints."""
    head, *rows = [line for line in text.splitlines() if line.strip()]
    return [dict(zip(head.split(), row.split(), strict=False)) for row in rows]


def test_kafka_transactions_lists_and_describes(
    console: Console, server: Server, topic: str, open_one: tuple[str, Transactional]
) -> None:
    """kafka-transactions shows an open transaction, its partitions, and who writes where."""
    tid, txn = open_one
    listed = {row["TransactionalId"]: row for row in table(console(TRANSACTIONS, "list"))}
    assert listed[tid]["TransactionState"] == "Ongoing"
    pid = listed[tid]["ProducerId"]
    by_name = console(TRANSACTIONS, "list", "--transactional-id-pattern", tid[:-3] + ".*")
    assert [row["TransactionalId"] for row in table(by_name)] == [tid]
    long = console(TRANSACTIONS, "list", "--duration-filter", "3600000")
    assert tid not in long
    (told,) = table(console(TRANSACTIONS, "describe", "--transactional-id", tid))
    assert told["ProducerId"] == pid
    assert told["TransactionState"] == "Ongoing"
    assert told["TransactionTimeoutMs"] == "120000"
    assert told["TopicPartitions"] == f"{topic}-0"
    place = ("--topic", topic, "--partition", "0")
    (writer,) = table(console(TRANSACTIONS, "describe-producers", *place))
    assert writer["ProducerId"] == pid
    assert writer["CurrentTransactionStartOffset"] == "0"
    txn.commit()
    state = ""
    deadline = time.monotonic() + PATIENCE
    while state != "CompleteCommit":
        assert time.monotonic() < deadline, state
        (told,) = table(console(TRANSACTIONS, "describe", "--transactional-id", tid))
        state = told["TransactionState"]
    (writer,) = table(console(TRANSACTIONS, "describe-producers", *place))
    assert writer["CurrentTransactionStartOffset"] == "None"


def test_kafka_transactions_terminates(
    console: Console, server: Server, topic: str, open_one: tuple[str, Transactional]
) -> None:
    """kafka-transactions forceTerminateTransaction ends one by its id."""
    tid, _ = open_one
    console(TRANSACTIONS, "forceTerminateTransaction", "--transactionalId", tid)
    connect("java", server.bootstrap).produce(topic, [Record(b"plain")])
    assert committed(server, topic, 1) == [b"plain"]


def test_kafka_transactions_finds_and_aborts_what_hangs(
    console: Console, server: Server, topic: str, fresh: Name
) -> None:
    """A transaction in the log that no coordinator knows of is found, and aborted."""
    hanging(console, server, topic, fresh("id"))
    found = table(
        console(TRANSACTIONS, "find-hanging", "--topic", topic, "--max-transaction-timeout", "15")
    )
    assert [(row["Topic"], row["Partition"], row["StartOffset"]) for row in found] == [
        (topic, "0", "0")
    ]
    connect("java", server.bootstrap).produce(topic, [Record(b"plain")])
    console(TRANSACTIONS, "abort", "--topic", topic, "--partition", "0", "--start-offset", "0")
    assert committed(server, topic, 1) == [b"plain"]
    again = console(TRANSACTIONS, "find-hanging", "--topic", topic)
    assert topic not in again


def hanging(console: Console, server: Server, topic: str, tid: str) -> None:
    """With verification off, as before Kafka 3.6, a late Produce opens what nobody will end."""
    verify(console, "false")
    client = connect("java", server.bootstrap)
    leader, *_ = client.describe_topic(topic).partitions[0]
    talk = Talk(("127.0.0.1", client.cluster().brokers[leader]))
    coordinator = Talk(("127.0.0.1", at_coordinator(talk, tid)))
    try:
        p = begin(coordinator, tid)
        raw = batch(b"hangs", attributes=0x10, producer=(p.pid, p.epoch, 0))
        talk.until(
            produce(topic, raw, transactional_id=tid),
            9,
            lambda r: r.responses[0].partition_responses[0].error_code == 0,
        )
        part = talk.ask("", fetch(topic), 12, quiet=True).responses[0].partitions[0]
        assert (part.last_stable_offset, part.high_watermark) == (0, 1)
    finally:
        talk.close()
        coordinator.close()
        verify(console, "true")


def at_coordinator(talk: Talk, tid: str) -> int:
    reply: Any = talk.until(FindCoordinatorRequest(tid, 1), 3, lambda r: r.error_code == 0)
    port: int = reply.port
    return port


def verify(console: Console, value: str) -> None:
    setting = f"transaction.partition.verification.enable={value}"
    where = ("--entity-type", "brokers", "--entity-default")
    console(CONFIGS, "--alter", *where, "--add-config", setting)


def committed(server: Server, topic: str, count: int) -> list[bytes | None]:
    client = connect("java", server.bootstrap)
    consumer = client.consumer(Reading(isolation="read_committed"))
    try:
        consumer.assign({(topic, 0): EARLIEST})
        return [r.value for r in take(count, consumer)]
    finally:
        consumer.close()


def test_verifiable_producer_and_consumer(server: Server, topic: str, fresh: Name) -> None:
    """What kafka-verifiable-producer has acknowledged kafka-verifiable-consumer reads, in order."""
    place = ("--bootstrap-server", server.bootstrap, "--topic", topic, "--max-messages", "200")
    # Processes of their own: they print from other threads, until the JVM ends.
    told = jvm.java(TOOLS + "VerifiableProducer", *place, "--acks", "-1", check=True).stdout
    acked = [e for e in events(told) if e["name"] == "producer_send_success"]
    assert sorted(int(e["value"]) for e in acked) == list(range(200))
    more = ("--group-id", fresh("g"), "--reset-policy", "earliest", "--verbose")
    told = jvm.java(TOOLS + "VerifiableConsumer", *place, *more, check=True).stdout
    seen = [e for e in events(told) if e["name"] == "record_data"]
    assert [e["offset"] for e in seen] == list(range(200))
    assert [e["value"] for e in seen] == [str(n) for n in range(200)]


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_transactional_message_copier(
    console: Console, server: Server, topic: str, fresh: Name
) -> None:
    """Kafka's own test program copies a partition exactly once, with aborts at random."""
    target = make(server, fresh("to"))
    client = connect("java", server.bootstrap)
    client.produce(topic, [Record(b"%d" % n, b"k", partition=0) for n in range(300)])
    place = ("--broker-list", server.bootstrap, "--input-topic", topic, "--input-partition", "0")
    told = console.run(
        TOOLS + "TransactionalMessageCopier", *place, "--output-topic", target,
        "--max-messages", "300", "--consumer-group", fresh("g"), "--transaction-size", "20",
        "--transactional-id", fresh("id"), "--enable-random-aborts",
    )  # fmt: skip
    last = events(told)[-1]
    assert last["remaining"] == 0 and last["consumed"] == 300, last
    assert committed(server, target, 300) == [b"%d" % n for n in range(300)]


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The formatter puts no line ends between its documents."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        found, end = decoder.raw_decode(text, at)
        yield found
        at = text.find("{", end)


def test_the_transaction_log_is_shown(
    console: Console, server: Server, open_one: tuple[str, Transactional]
) -> None:
    """kafka-console-consumer with the formatter of `__transaction_state` shows each state."""
    tid, txn = open_one
    txn.abort()
    programs.running("java")
    formatter = TOOLS + "consumer.TransactionLogMessageFormatter"
    states: list[int] = []
    deadline = time.monotonic() + PATIENCE
    while COMPLETE_ABORT not in states:
        assert time.monotonic() < deadline, states
        text = console(
            TOOLS + "consumer.ConsoleConsumer", "--topic", "__transaction_state",
            "--from-beginning", "--timeout-ms", "3000", "--formatter", formatter,
        )  # fmt: skip
        mine = [r for r in documents(text) if r["key"]["data"]["transactionalId"] == tid]
        states = [r["value"]["data"]["transactionStatus"] for r in mine]
    assert [s for n, s in enumerate(states) if n == 0 or s != states[n - 1]] == [
        EMPTY,
        ONGOING,
        PREPARE_ABORT,
        COMPLETE_ABORT,
    ]
