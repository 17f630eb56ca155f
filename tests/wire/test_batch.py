"""The batch header: what is taken, what is refused and with which of Kafka's codes."""

from __future__ import annotations

import struct

import pytest

from msklite.errors import Code
from msklite.wire.batch import (
    BatchError,
    add_sequence,
    batch_length,
    check_batch,
    check_batches,
    iter_headers,
    parse_header,
    set_append_time,
    set_base,
)
from msklite.wire.records import Record, build_batch, iter_records


def batch(n: int = 3, **options: int) -> bytearray:
    return bytearray(build_batch([Record(1000 + i, b"k", b"v" * i) for i in range(n)], **options))


def refused(data: bytes | bytearray, **options: object) -> Code:
    with pytest.raises(BatchError) as caught:
        check_batch(data, 0, len(data), **options)  # type: ignore[arg-type]
    assert caught.value.text
    return caught.value.code


def test_a_sound_batch_gives_its_header() -> None:
    data = b"xx" + batch(3, producer_id=7, producer_epoch=1, base_sequence=5)
    header = check_batch(data, 2, len(data))
    assert header.length == len(data) - 2 == batch_length(data, 2)
    assert (header.last_offset, header.next_offset, header.count) == (2, 3, 3)
    assert (header.base_timestamp, header.max_timestamp) == (1000, 1002)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (7, 1, 5)
    assert header.last_sequence == 7
    assert not (header.is_control or header.is_transactional or header.log_append_time)
    assert "producer_id=7" in repr(header)


def test_sequences_wrap_to_zero() -> None:
    assert add_sequence(2**31 - 1, 1) == 0
    assert add_sequence(2**31 - 2, 3) == 1


def test_every_flipped_bit_after_the_crc_field_is_noticed() -> None:
    good = batch(2)
    for at in range(17, len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        assert refused(bad) == Code.CORRUPT_MESSAGE


@pytest.mark.parametrize(
    ("offset", "fmt", "value", "code"),
    [
        (0, ">q", 5, Code.INVALID_RECORD),  # base offset of a produced batch
        (8, ">i", 13, Code.CORRUPT_MESSAGE),  # below the least record
        (8, ">i", -1, Code.CORRUPT_MESSAGE),
        (8, ">i", 48, Code.CORRUPT_MESSAGE),  # below a header of magic 2
        (8, ">i", 100000, Code.INVALID_RECORD),  # runs past the end: no whole batch
        (16, ">b", 3, Code.CORRUPT_MESSAGE),
        (16, ">b", -1, Code.CORRUPT_MESSAGE),
        (16, ">b", 1, Code.INVALID_RECORD),
        (16, ">b", 0, Code.INVALID_RECORD),
        (17, ">I", 0, Code.CORRUPT_MESSAGE),
    ],
)
def test_faults_before_the_checksum(offset: int, fmt: str, value: int, code: Code) -> None:
    data = batch()
    struct.pack_into(fmt, data, offset, value)
    assert refused(data) == code


@pytest.mark.parametrize(
    ("offset", "fmt", "value", "code"),
    [
        (21, ">h", 5, Code.UNKNOWN_SERVER_ERROR),
        (23, ">i", 7, Code.INVALID_RECORD),
        (23, ">i", -1, Code.INVALID_RECORD),
        (57, ">i", 0, Code.INVALID_RECORD),
        (57, ">i", 4, Code.INVALID_RECORD),
    ],
)
def test_faults_behind_a_right_checksum(offset: int, fmt: str, value: int, code: Code) -> None:
    data = batch()
    struct.pack_into(fmt, data, offset, value)
    from crc32c import crc32c

    struct.pack_into(">I", data, 17, crc32c(data[21:]))
    assert refused(data) == code


def test_more_records_than_fit_are_refused_where_bytes_can_be_counted() -> None:
    data = batch()
    struct.pack_into(">i", data, 23, 2**31 - 2)
    struct.pack_into(">i", data, 57, 2**31 - 1)
    from crc32c import crc32c

    struct.pack_into(">I", data, 17, crc32c(data[21:]))
    assert refused(data) == Code.INVALID_RECORD


def test_size_is_judged_before_the_checksum() -> None:
    data = batch()
    assert check_batch(data, 0, len(data), max_bytes=len(data)).length == len(data)
    data[-1] ^= 1
    assert refused(data, max_bytes=len(data) - 1) == Code.MESSAGE_TOO_LARGE


def test_nothing_and_half_batches() -> None:
    data = batch()
    for cut in range(len(data)):
        assert refused(data[:cut]) == Code.INVALID_RECORD
    assert list(iter_headers(data[:-1])) == []


def test_compacted_batches_pass_for_followers_only() -> None:
    data = build_batch([Record(1, b"a", b"b", offset=4)], last_offset_delta=9)
    assert refused(data) == Code.INVALID_RECORD
    assert check_batch(data, 0, len(data), client=False).last_offset == 9


def test_patching_the_base_leaves_the_checksum_right() -> None:
    data = batch()
    set_base(data, 0, 2**40, 17)
    header = check_batch(data, 0, len(data), client=False)
    assert (header.base_offset, header.leader_epoch, header.last_offset) == (2**40, 17, 2**40 + 2)


def test_append_time_is_every_records_time() -> None:
    data = b"pad" + batch()
    view = bytearray(data)
    set_append_time(view, 3, 5555)
    header = check_batch(view, 3, len(view))
    assert header.log_append_time
    assert header.max_timestamp == 5555
    assert header.base_timestamp == 1000
    assert [r.timestamp for r in iter_records(view, 3)] == [5555] * 3


def test_what_a_leader_sends_may_end_in_half_a_batch() -> None:
    first, second = batch(2), batch(3)
    set_base(first, 0, 10, 1)
    set_base(second, 0, 12, 1)
    data = bytes(first + second)
    assert [h.base_offset for h in check_batches(data)] == [10, 12]
    assert [h.base_offset for h in check_batches(data[:-1])] == [10]
    assert [h.base_offset for h in iter_headers(data)] == [10, 12]
    assert parse_header(data, len(first)).count == 3
    with pytest.raises(BatchError):
        check_batches(data[:-1] + bytes([data[-1] ^ 1]))
