"""How compression.type and log-append time rewrite a batch; times that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from msklite.errors import Code
from msklite.log.log import LogConfig
from msklite.log.validate import Rejected, validate_append
from msklite.wire.batch import BatchHeader, check_batch
from msklite.wire.compression import CODEC_NAMES
from msklite.wire.records import Record, build_batch, iter_records
from tests.log.logs import NOW, batch, contents, headers, open_log, storage


def run(data: bytes | bytearray, **config: Any) -> tuple[bytes, BatchHeader]:
    header = check_batch(data, 0, len(data))
    out, header = validate_append(header, data, LogConfig(**config), NOW, "t-0")
    # whatever came of it is a sound batch, and its header is the one told of
    again = check_batch(out, 0, len(out))
    assert repr(again) == repr(header)
    return bytes(out), header


def rejected(data: bytes | bytearray, **config: Any) -> Rejected:
    with pytest.raises(Rejected) as e:
        run(data, **config)
    return e.value


def test_by_default_bytes_are_stored_as_sent() -> None:
    for codec in range(5):
        data = batch(b"a" * 100, b"b", compression=codec)
        assert run(data)[0] == data


@pytest.mark.parametrize("source", range(5))
@pytest.mark.parametrize("target", range(5))
def test_compression_type_rewrites(source: int, target: int) -> None:
    name = CODEC_NAMES[target] if target else "uncompressed"
    records = [Record(NOW + i, None if i % 2 else b"k", b"v" * i, [("h", None), ("h", b"x")])
               for i in range(20)]  # fmt: skip
    data = build_batch(
        records, compression=source, producer_id=5, producer_epoch=1, base_sequence=9
    )
    out, header = run(data, compression_type=name)
    assert header.compression == target
    if source == target:
        assert out == data
    assert [(r.timestamp, r.key, r.value, list(r.headers)) for r in iter_records(out)] == [
        (r.timestamp, r.key, r.value, list(r.headers)) for r in records
    ]
    old = check_batch(data, 0, len(data))
    for field in ("producer_id", "producer_epoch", "base_sequence", "max_timestamp", "count",
                  "last_offset_delta", "base_timestamp"):  # fmt: skip
        assert getattr(header, field) == getattr(old, field), field


def test_a_batch_that_grows_over_the_limit_is_too_large() -> None:
    data = batch(bytes(10_000), compression=1)
    assert len(data) < 1000
    e = rejected(data, compression_type="uncompressed", max_message_bytes=1000)
    assert e.code == Code.MESSAGE_TOO_LARGE


@pytest.mark.parametrize("codec", range(5))
def test_log_append_time(codec: int) -> None:
    data = batch(b"a", b"b", timestamp=[5, 7], compression=codec)
    out, header = run(data, timestamp_type="LogAppendTime")
    assert header.log_append_time and header.max_timestamp == NOW
    assert [r.timestamp for r in iter_records(out)] == [NOW, NOW]
    log = open_log(storage())
    info = log.append(bytearray(out), [header], 0, NOW)
    assert info.append_time == NOW
    assert headers(log)[0].log_append_time
    assert [v for _, v in contents(log)] == [b"a", b"b"]


def test_log_append_time_minds_no_producers_time() -> None:
    data = batch(b"a", timestamp=NOW + 10**9)
    assert run(data, timestamp_type="LogAppendTime", message_timestamp_before_max_ms=1)


def test_a_producers_claim_of_append_time_is_taken_back() -> None:
    out, header = run(batch(b"a", log_append_time=True))
    assert not header.log_append_time
    assert [r.value for r in iter_records(out)] == [b"a"]


def test_times_too_far_off_are_refused_record_by_record() -> None:
    hour = 3600 * 1000
    data = batch(b"a", b"b", b"c", timestamp=[NOW, NOW + hour + 1, NOW + hour])
    e = rejected(data)
    assert e.code == Code.INVALID_TIMESTAMP
    assert [i for i, _ in e.record_errors] == [1]
    assert (
        f"Timestamp {NOW + hour + 1} of message with offset 1 is out of range"
        in e.record_errors[0][1]
    )
    data = batch(b"a", b"b", timestamp=[NOW - 11, NOW - 10])
    assert run(data)
    e = rejected(data, message_timestamp_before_max_ms=10)
    assert [i for i, _ in e.record_errors] == [0]
    assert run(batch(b"a", timestamp=-1), message_timestamp_before_max_ms=10)
