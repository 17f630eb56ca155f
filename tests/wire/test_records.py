"""Records in batches: round trips through every codec, damage, and bombs."""

from __future__ import annotations

import gzip

import cramjam
import pytest
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from msklite.errors import Code
from msklite.wire.batch import HEADER_SIZE, BatchError, check_batch, parse_header
from msklite.wire.compression import CODEC_NAMES, compress, decompress
from msklite.wire.records import (
    Control,
    Record,
    build_batch,
    control_kind,
    control_record,
    iter_records,
    rebuild_batch,
    record_bytes,
)

RECORDS = [
    Record(1000, b"key", b"value", [("h", b"1"), ("h", None), ("", b"")], 0),
    Record(900, None, b"", (), 1),
    Record(2000, b"", None, [("é", b"\x00\xff")], 2),
    Record(2**41, b"k" * 70000, b"v" * 300000, (), 3),
]


@pytest.mark.parametrize("codec", range(5), ids=CODEC_NAMES)
def test_round_trip(codec: int) -> None:
    data = build_batch(RECORDS, compression=codec)
    header = check_batch(data, 0, len(data))
    assert header.compression == codec
    assert (header.base_timestamp, header.max_timestamp) == (1000, 2**41)
    assert list(iter_records(data)) == RECORDS


@pytest.mark.parametrize("codec", [0, 1, 4])
def test_another_client_reads_ours_and_we_read_its(codec: int) -> None:
    theirs = DefaultRecordBatch(build_batch(RECORDS, compression=codec, base_offset=0))
    assert theirs.validate_crc()
    assert [(r.offset, r.timestamp, r.key, r.value) for r in theirs] == [
        (r.offset, r.timestamp, r.key, r.value) for r in RECORDS
    ]
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 2**20)
    for i, r in enumerate(RECORDS):
        builder.append(i, r.timestamp, r.key, r.value, list(r.headers))
    assert list(iter_records(bytes(builder.build()))) == RECORDS


def test_offsets_of_cleaned_batches_have_gaps() -> None:
    data = build_batch([Record(1, b"a", b"", (), 102), Record(1, b"b", b"", (), 107)],
                       base_offset=100, last_offset_delta=9)  # fmt: skip
    assert [r.offset for r in iter_records(data)] == [102, 107]
    assert parse_header(data).next_offset == 110


def test_bare_snappy_is_read_too() -> None:
    plain = b"abc" * 1000
    assert decompress(2, bytes(cramjam.snappy.compress_raw(plain))) == plain


def test_several_gzip_members_are_one_stream() -> None:
    assert decompress(1, gzip.compress(b"ab") + gzip.compress(b"cd")) == b"abcd"


def test_lz4_blocks_are_independent_as_the_java_reader_demands() -> None:
    assert compress(3, b"a" * 200000)[4] & 0x20


@pytest.mark.parametrize("codec", range(1, 5), ids=CODEC_NAMES[1:])
def test_bombs_are_refused(codec: int) -> None:
    bomb = compress(codec, bytes(5_000_000))
    assert len(bomb) < 500_000
    assert len(decompress(codec, bomb, 5_000_000)) == 5_000_000
    with pytest.raises(BatchError, match="limit"):
        decompress(codec, bomb, 4_999_999)


@pytest.mark.parametrize("codec", range(1, 5), ids=CODEC_NAMES[1:])
def test_damaged_streams_are_refused(codec: int) -> None:
    packed = compress(codec, bytes(range(256)) * 40)
    for bad in (packed[:-9], packed[:9], b"\x00" * 30, packed[:20] + b"\xff" * 9 + packed[29:]):
        with pytest.raises(BatchError):
            out = decompress(codec, bad)
            # snappy and lz4 without checksums may decode to something else: then it must differ
            if bytes(out) != bytes(range(256)) * 40:
                raise BatchError(Code.INVALID_RECORD, "differs")


@pytest.mark.parametrize("cut", range(1, 30))
def test_records_cut_short_are_malformed(cut: int) -> None:
    data = build_batch(RECORDS[:2])
    header = parse_header(data)
    short = rebuild_batch(header, data[HEADER_SIZE:-cut], 0)
    with pytest.raises(BatchError, match=r"Malformed|follow"):
        list(iter_records(short))


def test_left_over_bytes_and_impossible_counts_are_malformed() -> None:
    data = build_batch(RECORDS[:1])
    header = parse_header(data)
    with pytest.raises(BatchError, match="follow"):
        list(iter_records(rebuild_batch(header, data[HEADER_SIZE:] + b"\x00", 0)))
    # record of 6 bytes that claims 2**20 headers
    body = bytes([16, 0, 0, 0, 1, 1, 0x80, 0x80, 0x80])
    with pytest.raises(BatchError):
        list(iter_records(rebuild_batch(header, body, 0)))


def test_rebuilding_with_another_codec_keeps_the_records() -> None:
    data = build_batch(RECORDS, compression=1, producer_id=5, producer_epoch=0, base_sequence=9)
    header = parse_header(data)
    again = rebuild_batch(header, record_bytes(data, header), 4)
    checked = check_batch(again, 0, len(again))
    assert (checked.compression, checked.producer_id, checked.base_sequence) == (4, 5, 9)
    assert list(iter_records(again)) == RECORDS


def test_control_records() -> None:
    data = build_batch([control_record(Control.COMMIT, b"\0\0\0\0\0\1", 77)], control=True)
    assert parse_header(data).is_control
    (record,) = iter_records(data)
    assert control_kind(record.key) is Control.COMMIT
    assert control_kind(b"\0\0\0\x63") is Control.UNKNOWN
    with pytest.raises(BatchError):
        control_kind(b"\0")
