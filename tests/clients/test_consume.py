"""Consuming by assignment: positions, seeking by offset and by time, pausing, waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.clients.client import (
    EARLIEST,
    LATEST,
    Client,
    Consumer,
    Reading,
    Record,
    at_rest,
    take,
    until,
)

Make = Callable[..., str]


@contextmanager
def reading(client: Client, **settings: str) -> Iterator[Consumer]:
    consumer = client.consumer(Reading(**settings))
    try:
        yield consumer
    finally:
        consumer.close()


def fill(client: Client, topic: str, count: int, partitions: int = 1) -> None:
    """`count` records in each partition, each valued with its offset."""
    client.produce(
        topic, [Record(b"%d" % n, partition=p) for p in range(partitions) for n in range(count)]
    )


def offsets(records: list[Record], partition: int = 0) -> list[int]:
    assert all(r.value == b"%d" % r.offset for r in records)
    return [r.offset for r in records if r.partition == partition]


def test_by_assignment(client: Client, make: Make) -> None:
    """Each partition is read from where the consumer says, and no other partition."""
    topic = make(3)
    fill(client, topic, 20, partitions=3)
    with reading(client) as consumer:
        consumer.assign({(topic, 0): EARLIEST, (topic, 2): 15})
        got = take(25, consumer) + at_rest(consumer)
    assert offsets(got, 0) == list(range(20))
    assert offsets(got, 1) == []
    assert offsets(got, 2) == list(range(15, 20))


def test_from_the_end(client: Client, make: Make) -> None:
    """From the latest offset only what comes later is read, as soon as it comes."""
    topic = make()
    fill(client, topic, 5)
    with reading(client) as consumer:
        consumer.assign({(topic, 0): LATEST})
        assert at_rest(consumer) == []
        client.produce(topic, [Record(b"5"), Record(b"6")])
        assert offsets(take(2, consumer)) == [5, 6]


@pytest.mark.parametrize("reset", [EARLIEST, LATEST])
def test_out_of_range(client: Client, make: Make, reset: str) -> None:
    """A position beyond the log is reset as the consumer wants it."""
    topic = make()
    fill(client, topic, 5)
    with reading(client, reset=reset) as consumer:
        consumer.assign({(topic, 0): 1_000})
        got = at_rest(consumer)
        sent = 5
        while not got:  # a consumer that goes to the end sees only what comes after it got there
            client.produce(topic, [Record(b"%d" % sent)])
            sent += 1
            got += at_rest(consumer)
    assert (offsets(got)[0] == 0) if reset == EARLIEST else (offsets(got)[0] >= 5)


def test_seek(client: Client, make: Make) -> None:
    """After a seek, back or forth, the next record is the one asked for."""
    topic = make()
    fill(client, topic, 30)
    with reading(client) as consumer:
        consumer.assign({(topic, 0): EARLIEST})
        assert offsets(take(30, consumer)) == list(range(30))
        for where in (10, 25, 0, 29):
            consumer.seek((topic, 0), where)
            assert offsets(take(30 - where, consumer)) == list(range(where, 30))


def test_pause_and_resume(client: Client, make: Make) -> None:
    """A paused partition gives nothing and loses nothing, the others go on."""
    topic = make(2)
    fill(client, topic, 10, partitions=2)
    with reading(client) as consumer:
        consumer.assign({(topic, 0): EARLIEST, (topic, 1): EARLIEST})
        take(20, consumer)
        consumer.pause([(topic, 0)])
        client.produce(topic, [Record(b"10", partition=0), Record(b"10", partition=1)])
        got = take(1, consumer) + at_rest(consumer)
        assert (offsets(got, 0), offsets(got, 1)) == ([], [10])
        consumer.resume([(topic, 0)])
        assert offsets(take(1, consumer), 0) == [10]


def test_seek_by_time(client: Client, make: Make) -> None:
    """A time leads to the first record at or after it, and past the last to none."""
    topic = make(2)
    base = 1_700_000_000_000
    for n in range(20):  # a batch each, so that both the index and the batches are searched
        client.produce(topic, [Record(b"%d" % n, timestamp=base + 1_000 * n)])
    batch = [Record(b"%d" % n, timestamp=base + 1_000 * n, partition=1) for n in range(20)]
    client.produce(topic, batch, codec="gzip")
    with reading(client) as consumer:
        for partition in (0, 1):
            tp = (topic, partition)
            consumer.assign({tp: EARLIEST})
            for at, expected in [
                (0, 0),
                (base, 0),
                (base + 1, 1),
                (base + 7_000, 7),
                (base + 18_999, 19),
                (base + 19_000, 19),
                (base + 19_001, None),
            ]:
                assert consumer.times({tp: at}) == {tp: expected}
            consumer.seek(tp, consumer.times({tp: base + 11_500})[tp] or 0)
            assert offsets(take(8, consumer), partition) == list(range(12, 20))


def test_ends(client: Client, make: Make) -> None:
    """Beginning and end offsets, of an empty partition too."""
    topic = make(2)
    fill(client, topic, 7)
    with reading(client) as consumer:
        consumer.assign({(topic, 0): EARLIEST, (topic, 1): EARLIEST})
        found = consumer.ends([(topic, 0), (topic, 1)])
    assert found == {(topic, 0): (0, 7), (topic, 1): (0, 0)}


def test_over_segments(client: Client, make: Make) -> None:
    """Reading goes on over the log's segments, and starts in the midst of one."""
    topic = make(segment_bytes="1048576")
    values = [b"%03d" % n + bytes(100_000) for n in range(40)]
    client.produce(topic, [Record(value) for value in values])
    with reading(client) as consumer:
        consumer.assign({(topic, 0): EARLIEST})
        assert [r.value for r in take(40, consumer)] == values
        consumer.seek((topic, 0), 27)
        assert [r.value for r in take(13, consumer)] == values[27:]


def test_read_committed(client: Client, make: Make) -> None:
    """A consumer of committed records reads all that isn't in a transaction."""
    topic = make()
    fill(client, topic, 12)
    with reading(client, isolation="read_committed") as consumer:
        consumer.assign({(topic, 0): EARLIEST})
        assert offsets(take(12, consumer)) == list(range(12))


def test_many_partitions_at_once(client: Client, make: Make) -> None:
    """A dozen partitions over all brokers, with records that come while reading."""
    topic = make(12)
    got: list[Record] = []
    with reading(client) as consumer:
        consumer.assign({(topic, p): EARLIEST for p in range(12)})
        for n in range(3):
            client.produce(topic, [Record(b"%d" % n, partition=p) for p in range(12)])
            until(lambda n=n: len(got) >= 12 * (n + 1), consumer, got=got)
    assert {p: offsets(got, p) for p in range(12)} == {p: [0, 1, 2] for p in range(12)}
