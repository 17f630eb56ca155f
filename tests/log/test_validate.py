"""What a topic's settings make of a produced batch, and what is looked into (LogValidator)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from msklite.errors import Code
from msklite.log.config import LogConfig
from msklite.log.validate import Rejected, validate_append
from msklite.wire.batch import BatchError, parse_header
from msklite.wire.records import Record, build_batch, iter_records

NOW = 1_600_000_000_000
PLAIN = LogConfig()
STRICT = replace(PLAIN, validate_records=True)


def batch(*records: Record, **options: int) -> bytes:
    return build_batch(records or (Record(NOW, b"k", b"v"),), **options)


def take(data: bytes, config: LogConfig = PLAIN) -> bytes:
    taken, header = validate_append(parse_header(data), data, config, NOW)
    assert header.length == len(taken)
    return bytes(taken)


def refusal(data: bytes, config: LogConfig) -> tuple[Code, list[int]]:
    """The code, and the indexes of the records that are named."""
    try:
        take(data, config)
    except Rejected as e:
        return e.code, [index for index, _ in e.record_errors]
    except BatchError as e:
        return e.code, []
    raise AssertionError("it was taken")


def test_a_plain_batch_stays_as_it_was_sent() -> None:
    data = batch()
    assert take(data) == data


def test_clients_write_no_control_batches_and_no_negative_sequences() -> None:
    assert refusal(build_batch([Record(NOW, b"\0\0\0\0", b"")], control=True), PLAIN) == (
        Code.INVALID_RECORD, [],
    )  # fmt: skip
    assert refusal(batch(producer_id=5, producer_epoch=0), PLAIN) == (Code.INVALID_RECORD, [])


def test_compacted_topics_want_keys_and_name_the_records_without() -> None:
    compacted = replace(PLAIN, cleanup_policy="compact")
    data = batch(Record(NOW, b"k", b"v"), Record(NOW, None, b"v"), Record(NOW, b"", b"v"))
    assert refusal(data, compacted) == (Code.INVALID_RECORD, [1])


def test_times_out_of_range_name_their_records() -> None:
    window = replace(
        PLAIN, message_timestamp_before_max_ms=1000, message_timestamp_after_max_ms=1000
    )
    data = batch(Record(NOW), Record(NOW - 1001), Record(NOW + 1001), Record(NOW + 1000))
    assert refusal(data, window) == (Code.INVALID_TIMESTAMP, [1, 2])
    assert take(batch(Record(-1)), window)


def test_a_differing_codec_is_written_anew() -> None:
    data = batch(Record(NOW, b"k", b"v" * 1000), Record(NOW + 1, b"l", b"w"))
    for number, name in enumerate(("uncompressed", "gzip", "snappy", "lz4", "zstd")):
        taken = take(data, replace(PLAIN, compression_type=name))
        assert parse_header(taken).compression == number
        assert list(iter_records(taken)) == list(iter_records(data))


def test_append_time_replaces_what_the_producer_said() -> None:
    taken = take(batch(Record(5)), replace(PLAIN, timestamp_type="LogAppendTime"))
    assert [record.timestamp for record in iter_records(taken)] == [NOW]


def rebuilt(data: bytes, *, count: int | None = None, body: bytes | None = None) -> bytes:
    """A batch with another count or other bytes inside; the checksum isn't looked at here."""
    changed = bytearray(data)
    if count is not None:
        changed[57:61] = count.to_bytes(4, "big")
    if body is not None:
        changed[61:] = body
        changed[8:12] = (len(changed) - 12).to_bytes(4, "big")
    return bytes(changed)


INSIDES = {
    "a record is missing": (rebuilt(batch(), count=2), Code.INVALID_RECORD),
    "a record too many": (
        rebuilt(batch(Record(NOW), Record(NOW)), count=1),
        Code.INVALID_RECORD,
    ),
    "a length that is no int": (rebuilt(batch(), body=b"\xff" * 9), Code.UNKNOWN_SERVER_ERROR),
    "no gzip": (
        rebuilt(batch(compression=1), body=b"plain records"),
        Code.UNKNOWN_SERVER_ERROR,
    ),
    "compressed with a gap": (
        batch(Record(NOW, offset=1), compression=1),
        Code.UNKNOWN_SERVER_ERROR,
    ),
}


@pytest.mark.parametrize("what", INSIDES)
def test_insides_are_looked_into_only_when_asked(what: str) -> None:
    data, code = INSIDES[what]
    assert take(data) == data
    assert refusal(data, STRICT) == (code, [])


def test_a_good_batch_passes_the_closer_look() -> None:
    for codec in range(5):
        data = batch(Record(NOW, b"k", b"v"), Record(NOW + 1, None, None), compression=codec)
        assert take(data, STRICT) == data
