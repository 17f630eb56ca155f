"""Producing: what was sent comes back, whatever the codec, the acks or the size."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.clients.client import EARLIEST, Client, Reading, Record, Refused, take

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TEN_MB = 10 * 1024 * 1024
Make = Callable[..., str]


def read(
    client: Client, topic: str, count: int, partitions: int = 1, **reading: str
) -> list[Record]:
    """The topic's records from the first on, by assignment."""
    consumer = client.consumer(Reading(**reading))
    try:
        consumer.assign({(topic, partition): EARLIEST for partition in range(partitions)})
        return take(count, consumer)
    finally:
        consumer.close()


def numbered(count: int, start: int = 0, **more: int | None) -> list[Record]:
    return [
        Record(b"value %d " % n + b"x" * (n % 300), b"key %d" % n, **more)
        for n in range(start, start + count)
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec(client: Client, make: Make, codec: str) -> None:
    """Records come back byte for byte and in order, compressed with each codec."""
    topic = make()
    sent = numbered(500)
    placed = client.produce(topic, sent, codec=codec)
    assert placed == [(0, offset) for offset in range(500)]
    got = read(client, topic, 500)
    assert [r.content for r in got] == [r.content for r in sent]
    assert [r.offset for r in got] == list(range(500))


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_acks(client: Client, make: Make, acks: str) -> None:
    """Records arrive with acks 0, 1 and all; with 0 the client isn't told where."""
    topic = make()
    placed = client.produce(topic, numbered(10), acks=acks)
    assert placed == [(0, -1 if acks == "0" else offset) for offset in range(10)]
    assert [r.content for r in read(client, topic, 10)] == [r.content for r in numbered(10)]


def test_headers(client: Client, make: Make) -> None:
    """Headers keep their order and bytes, names may repeat, values may be empty."""
    headers = (("a", b"1"), ("b", b"\x00\xff"), ("a", b"2"), ("empty", b""), ("ünï", b"3"))
    topic = make()
    client.produce(topic, [Record(b"v", b"k", headers), Record(b"w", b"k")])
    first, second = read(client, topic, 2)
    assert first.headers == headers
    assert second.headers == ()


def test_a_null_header_value(client: Client, make: Make) -> None:
    """A header may have no value, which isn't an empty one."""
    topic = make()
    client.produce(topic, [Record(b"v", b"k", (("none", None), ("empty", b"")))])
    (got,) = read(client, topic, 1)
    assert got.headers == (("none", None), ("empty", b""))


def test_null_keys_and_values(client: Client, make: Make) -> None:
    """A null key and a null value stay null, empty ones stay empty."""
    topic = make()
    sent = [Record(b"v", None), Record(None, b"k"), Record(b"", b"k"), Record(b"v", b"")]
    client.produce(topic, sent)
    assert [r.content for r in read(client, topic, 4)] == [r.content for r in sent]


def test_a_record_of_nulls(client: Client, make: Make) -> None:
    """A record without key, value or headers is a record."""
    topic = make()
    client.produce(topic, [Record(None, None)])
    assert [r.content for r in read(client, topic, 1)] == [(None, None, ())]


def test_timestamps_of_the_client(client: Client, make: Make) -> None:
    """The client's timestamps are kept, also when they go backwards."""
    topic = make()
    now = int(time.time() * 1000)
    times = [now - 60_000, now - 1, now, now - 30_000]
    client.produce(topic, [Record(b"v", timestamp=at) for at in times])
    assert [r.timestamp for r in read(client, topic, 4)] == times


def test_timestamps_of_the_log(client: Client, make: Make) -> None:
    """With LogAppendTime the broker's clock counts, not the client's."""
    topic = make(message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000)
    client.produce(topic, [Record(b"v", timestamp=before - 3_600_000) for _ in range(3)])
    after = int(time.time() * 1000)
    for record in read(client, topic, 3):
        assert record.timestamp is not None and before <= record.timestamp <= after


def test_keys_stay_together(client: Client, make: Make) -> None:
    """Keyed records spread over the partitions; one key's records stay in one, in order."""
    topic = make(4)
    sent = [Record(b"%d" % n, b"key %d" % (n % 40), partition=None) for n in range(400)]
    placed = client.produce(topic, sent)
    assert {partition for partition, _ in placed} == {0, 1, 2, 3}
    by_key: dict[bytes | None, list[Record]] = {}
    for record in read(client, topic, 400, partitions=4):
        by_key.setdefault(record.key, []).append(record)
    assert len(by_key) == 40
    for key, records in by_key.items():
        assert len({r.partition for r in records}) == 1
        assert [r.value for r in records] == [r.value for r in sent if r.key == key]


def test_idempotent_producer(client: Client, make: Make) -> None:
    """An idempotent producer's batches come back once each and in order."""
    topic = make(2)
    sent = [Record(b"%d" % n + b"x" * 500, partition=n % 2) for n in range(400)]
    placed = client.produce(topic, sent, idempotent=True)
    assert placed == [(n % 2, n // 2) for n in range(400)]
    got = read(client, topic, 400, partitions=2)
    for partition in (0, 1):
        values = [r.value for r in got if r.partition == partition]
        assert values == [r.value for r in sent if r.partition == partition]


def test_active_producers_are_described(client: Client, make: Make) -> None:
    """DescribeProducers tells the idempotent producers of a partition and their sequences."""
    topic = make()
    client.produce(topic, numbered(7), idempotent=True)
    client.produce(topic, numbered(3), idempotent=True)
    found = client.producers((topic, 0))
    assert sorted(sequence for _, sequence in found) == [2, 6]
    assert len({producer for producer, _ in found}) == 2


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_ten_megabytes(client: Client, make: Make, codec: str) -> None:
    """A record of 10 MB passes where the topic allows it, and a default consumer reads it."""
    topic = make(max_message_bytes=str(TEN_MB + 100_000))
    value = random.Random(10).randbytes(TEN_MB)
    sent = [Record(b"before"), Record(value, b"big"), Record(b"after")]
    client.produce(topic, sent, codec=codec, max_bytes=2 * TEN_MB)
    assert [r.content for r in read(client, topic, 3)] == [r.content for r in sent]


def test_too_large(client: Client, make: Make) -> None:
    """Above max.message.bytes it's MESSAGE_TOO_LARGE, and what comes next is taken."""
    topic = make()
    too_large = Record(random.Random(2).randbytes(2_000_000))
    with pytest.raises(Refused) as refused:
        client.produce(topic, [too_large], max_bytes=TEN_MB)
    assert refused.value.error == "MESSAGE_TOO_LARGE"
    assert client.produce(topic, [Record(b"small")]) == [(0, 0)]


def test_a_compacted_topic_wants_keys(client: Client, make: Make) -> None:
    """A record without a key is INVALID_RECORD in a compacted topic."""
    topic = make(cleanup_policy="compact")
    with pytest.raises(Refused) as refused:
        client.produce(topic, [Record(b"v", None)])
    assert refused.value.error == "INVALID_RECORD"
    assert client.produce(topic, [Record(b"v", b"k")]) == [(0, 0)]


@pytest.mark.parametrize("kept", ["gzip", "uncompressed"])
def test_the_topic_chooses_the_codec(client: Client, make: Make, kept: str) -> None:
    """With compression.type set, the broker compresses anew and the records stay the same."""
    topic = make(compression_type=kept)
    sent = numbered(100)
    client.produce(topic, sent, codec="lz4")
    assert [r.content for r in read(client, topic, 100)] == [r.content for r in sent]


def test_an_unknown_topic_stays_unknown(client: Client, fresh: Callable[..., str]) -> None:
    """Without auto-creation, producing to a missing topic fails and doesn't create it."""
    topic = fresh()
    with pytest.raises(Refused):
        client.produce(topic, [Record(b"v")], timeout_ms=1_500)
    assert topic not in client.topics()
