"""Transactions with every client: what readers of committed records see, and when."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.clients.client import (
    EARLIEST,
    PATIENCE,
    Client,
    Reading,
    Record,
    Refused,
    take,
    until,
)
from tests.clients.conftest import Server
from tests.clients.transactional import Transactional, connect

Make = Callable[..., str]
Open = Callable[..., Transactional]
COMMITTED, ALL = "read_committed", "read_uncommitted"


@pytest.fixture
def open_txn(client: Client, server: Server, fresh: Callable[..., str]) -> Iterator[Open]:
    """Makes transactional producers of the client; all are closed when the test ends."""
    made: list[Transactional] = []

    def open_one(tid: str = "", timeout_ms: int = 60_000) -> Transactional:
        made.append(connect(client.name, server.bootstrap, tid or fresh("id"), timeout_ms))
        return made[-1]

    yield open_one
    for one in made:
        with contextlib.suppress(Refused):
            one.close()


@contextlib.contextmanager
def reading(client: Client, topic: str, isolation: str, partitions: int = 1) -> Iterator:
    consumer = client.consumer(Reading(isolation=isolation))
    try:
        consumer.assign({(topic, p): EARLIEST for p in range(partitions)})
        yield consumer
    finally:
        consumer.close()


def records(*values: str, partition: int = 0) -> list[Record]:
    return [Record(value.encode(), b"k", partition=partition) for value in values]


def values(
    client: Client, topic: str, count: int, isolation: str = COMMITTED, partitions: int = 1
) -> list[str]:
    """The first values of each partition in order; and that no more than these are there."""
    with reading(client, topic, isolation, partitions) as consumer:
        got = take(count, consumer)
    assert len(got) == count, got
    got.sort(key=lambda r: (r.partition, r.offset))
    return [(r.value or b"").decode() for r in got]


def test_commit_and_abort(client: Client, make: Make, open_txn: Open) -> None:
    """Committed records are read, aborted ones only by those who read what isn't committed."""
    topic = make(2)
    txn = open_txn()
    txn.init()
    for turn, ending in enumerate(("commit", "abort", "commit", "abort", "abort", "commit")):
        txn.begin()
        txn.send(topic, records(f"{ending} {turn} a", f"{ending} {turn} b"))
        txn.send(topic, records(f"{ending} {turn} c", partition=1))
        txn.commit() if ending == "commit" else txn.abort()
    # A last plain record in each partition: what comes before it is all there is.
    client.produce(topic, records("plain") + records("plain", partition=1))
    good = [f"commit {turn} {which}" for which in "abc" for turn in (0, 2, 5)]
    found = values(client, topic, 11, partitions=2)
    assert sorted(found) == sorted([*good, "plain", "plain"])
    assert found[0] == "commit 0 a" and found[6] == "plain" and found[-1] == "plain"
    everything = values(client, topic, 20, ALL, partitions=2)
    assert len([v for v in everything if v.startswith("abort")]) == 9


def test_an_open_transaction_holds_readers(client: Client, make: Make, open_txn: Open) -> None:
    """Readers of committed records wait at the first record of an open transaction."""
    topic = make()
    client.produce(topic, records("before"))
    txn = open_txn()
    txn.init()
    txn.begin()
    txn.send(topic, records("within"))
    client.produce(topic, records("after"))
    assert values(client, topic, 3, ALL) == ["before", "within", "after"]
    with reading(client, topic, COMMITTED) as consumer:
        got = take(1, consumer)
        for _ in range(5):
            got += consumer.poll(consumer.poll_ms)
        assert [r.value for r in got] == [b"before"]
        txn.commit()
        until(lambda: len(got) >= 3, consumer, got=got)
    assert [r.value for r in got] == [b"before", b"within", b"after"]


def test_a_second_producer_fences_the_first(
    client: Client, make: Make, open_txn: Open, fresh: Callable[..., str]
) -> None:
    """What the first had open is aborted, and it can't commit nor begin again."""
    topic, tid = make(), fresh("id")
    first, second = open_txn(tid), open_txn(tid)
    first.init()
    first.begin()
    first.send(topic, records("lost"))
    second.init()
    second.begin()
    second.send(topic, records("kept"))
    # Before the first hears of it: kafka-python would bump its epoch then, and so abort this one.
    second.commit()
    with pytest.raises(Refused):
        first.send(topic, records("late"))
        first.commit()
    client.produce(topic, records("plain"))
    assert values(client, topic, 2) == ["kept", "plain"]
    assert values(client, topic, 3, ALL) == ["lost", "kept", "plain"]


def test_offsets_with_the_transaction(
    client: Client, make: Make, open_txn: Open, fresh: Callable[..., str]
) -> None:
    """A group's offsets are committed with the records, or not at all."""
    topic, group = make(2), fresh("g")
    at: dict[tuple[str, int], int] = {}

    def committed(partition: int, offset: int) -> bool:
        at.update(client.group_offsets(group))
        return at.get((topic, partition)) == offset

    txn = open_txn()
    txn.init()
    txn.begin()
    txn.send(topic, records("one"))
    txn.send_offsets(group, {(topic, 0): 3, (topic, 1): 4})
    txn.commit()
    patiently(lambda: committed(0, 3) and committed(1, 4))
    txn.begin()
    txn.send(topic, records("two"))
    txn.send_offsets(group, {(topic, 0): 7})
    txn.abort()
    txn.begin()
    txn.send_offsets(group, {(topic, 1): 9})
    txn.commit()
    patiently(lambda: committed(1, 9))
    assert at[topic, 0] == 3
    client.produce(topic, records("plain"))
    assert values(client, topic, 2) == ["one", "plain"]


def test_a_timeout_aborts(client: Client, make: Make, open_txn: Open) -> None:
    """A transaction left open beyond its timeout is aborted, and its producer can't commit it."""
    topic = make()
    txn = open_txn(timeout_ms=2000)
    txn.init()
    txn.begin()
    txn.send(topic, records("too late"))
    client.produce(topic, records("plain"))
    assert values(client, topic, 1) == ["plain"]  # only once the transaction is over
    with pytest.raises(Refused):
        txn.commit()
    client.produce(topic, records("end"))
    assert values(client, topic, 2) == ["plain", "end"]


def test_many_in_a_row(client: Client, make: Make, open_txn: Open) -> None:
    """Transactions one right after the other, over several partitions, some of them empty."""
    topic = make(3)
    txn = open_txn()
    txn.init()
    for n in range(25):
        txn.begin()
        for partition in range(3):
            if (n + partition) % 4:
                txn.send(topic, records(f"{n}", partition=partition))
        txn.abort() if n % 5 == 2 else txn.commit()
    wanted = [
        str(n) for partition in range(3) for n in range(25) if n % 5 != 2 and (n + partition) % 4
    ]
    client.produce(topic, [r for p in range(3) for r in records("end", partition=p)])
    found = values(client, topic, len(wanted) + 3, partitions=3)
    assert [v for v in found if v != "end"] == wanted


def patiently(ready: Callable[[], bool]) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)
