"""What is refused of a Produce request before any of it is appended, with Kafka's codes."""

from __future__ import annotations

import struct

import pytest

from msklite.broker.produce_check import checked
from msklite.errors import Code, KafkaError
from msklite.wire.batch import BatchHeader
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.records import Record, build_batch

GOOD = build_batch([Record(1, b"k", b"v")])


def part(records: bytes | None, index: int = 0) -> PartitionProduceData:
    return PartitionProduceData(index, records)


def ask(
    *parts: PartitionProduceData, version: int = 9, transactional_id: str | None = None
) -> list[tuple[int, BatchHeader | Code]]:
    topic = TopicProduceData("t", partition_data=list(parts))
    request = ProduceRequest(transactional_id, topic_data=[topic])
    return [(p.index, found) for p, found in checked(version, request, topic)]


def one(records: bytes | None, version: int = 9) -> BatchHeader | Code:
    ((_, found),) = ask(part(records), version=version)
    return found


def test_a_good_batch_gives_its_header() -> None:
    found = one(GOOD)
    assert isinstance(found, BatchHeader)
    assert found.length == len(GOOD)


@pytest.mark.parametrize("left", [b"\0", bytes(11), GOOD[:40]])
def test_a_beginning_after_the_batch_is_left_alone(left: bytes) -> None:
    found = one(GOOD + left)
    assert isinstance(found, BatchHeader)
    assert found.length == len(GOOD)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (None, Code.INVALID_RECORD),
        (b"", Code.INVALID_RECORD),
        (GOOD[:60], Code.INVALID_RECORD),
        (GOOD[:-1], Code.INVALID_RECORD),
        (GOOD + GOOD, Code.INVALID_RECORD),
        (GOOD + bytes(20), Code.CORRUPT_MESSAGE),  # a second batch of length 0
    ],
)
def test_what_one_partition_is_refused_for(records: bytes | None, code: Code) -> None:
    assert one(records) == code


@pytest.mark.parametrize(
    ("offset", "fmt", "value", "code"),
    [
        (8, ">i", 13, Code.CORRUPT_MESSAGE),
        (8, ">i", -1, Code.CORRUPT_MESSAGE),
        (8, ">i", 2**31 - 1, Code.UNKNOWN_SERVER_ERROR),
        (16, ">b", 3, Code.CORRUPT_MESSAGE),
        (16, ">b", -1, Code.CORRUPT_MESSAGE),
    ],
)
def test_nonsense_spoils_the_whole_request(offset: int, fmt: str, value: int, code: Code) -> None:
    bad = bytearray(GOOD)
    struct.pack_into(fmt, bad, offset, value)
    with pytest.raises(KafkaError) as caught:
        ask(part(GOOD, 1), part(bytes(bad), 2))
    assert caught.value.code == code


def test_old_formats_are_refused_by_partition() -> None:
    for magic in (0, 1):
        old = bytearray(GOOD)
        old[16] = magic
        assert one(bytes(old)) == Code.INVALID_RECORD


def test_transactional_batches_need_a_transactional_id() -> None:
    batch = build_batch([Record(1, b"k", b"v")], transactional=True, producer_id=1,
                        producer_epoch=0, base_sequence=0)  # fmt: skip
    with pytest.raises(KafkaError) as caught:
        ask(part(batch))
    assert caught.value.code == Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    ((_, found),) = ask(part(batch), transactional_id="tx")
    assert isinstance(found, BatchHeader)


def test_zstd_came_with_version_7() -> None:
    batch = build_batch([Record(1, b"k", b"v")], compression=4)
    assert one(batch, version=6) == Code.UNSUPPORTED_COMPRESSION_TYPE
    assert isinstance(one(batch, version=7), BatchHeader)


def test_of_a_partition_named_twice_the_last_counts() -> None:
    two = build_batch([Record(1, b"k", b"v"), Record(2, b"k", b"v")])
    found = ask(part(GOOD, 3), part(GOOD, 4), part(two, 3))
    assert [index for index, _ in found] == [3, 4]
    header = found[0][1]
    assert isinstance(header, BatchHeader)
    assert header.count == 2
