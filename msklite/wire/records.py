"""The records inside a batch: build them, and read them one by one.

A record is a varint length, then attributes (0), timestamp delta, offset delta, key, value, and
headers, all numbers zigzag varints; see `batch` for the header before them. Reading checks what
Kafka's DefaultRecord checks: that lengths fit, that the count is the header's, that nothing is
left over. A control batch has one record whose key is a version and a type (`Control`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from msklite.errors import Code
from msklite.wire.batch import (
    CONTROL,
    CRC_START,
    HEADER,
    HEADER_SIZE,
    LOG_APPEND_TIME,
    MAGIC,
    TRANSACTIONAL,
    BatchError,
    BatchHeader,
    parse_header,
)
from msklite.wire.compression import MAX_SIZE, compress, decompress
from msklite.wire.crc import crc32c
from msklite.wire.primitives import Buffer, DecodeError, read_varint, write_varint

Headers = Sequence[tuple[str, bytes | None]]
_CONTROL_KEY = Struct(">hh")
_CRC = Struct(">I")


class Control(IntEnum):
    """The types of control records (Kafka's ControlRecordType)."""

    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6
    UNKNOWN = -1


@dataclass(slots=True)
class Record:
    """One record. When building, an offset of -1 means the one after the record before."""

    timestamp: int = -1
    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()
    offset: int = -1


def control_record(kind: Control, value: bytes, timestamp: int, *, version: int = 0) -> Record:
    """A control record; `value` is its message's bytes with the int16 version before them."""
    return Record(timestamp, _CONTROL_KEY.pack(version, kind), value)


def control_kind(key: bytes | None) -> Control:
    """What the key of a control record says; UNKNOWN for types that this version doesn't know."""
    if key is None or len(key) < 4:
        raise BatchError(Code.INVALID_RECORD, "A control record's key is shorter than 4 bytes.")
    kind = _CONTROL_KEY.unpack_from(key)[1]
    return Control(kind) if 0 <= kind <= Control.KRAFT_VOTERS else Control.UNKNOWN


def build_batch(
    records: Sequence[Record], *, base_offset: int = 0, leader_epoch: int = -1,
    compression: int = 0, producer_id: int = -1, producer_epoch: int = -1,
    base_sequence: int = -1, control: bool = False, transactional: bool = False,
    log_append_time: bool = False, last_offset_delta: int | None = None,
) -> bytes:  # fmt: skip
    """A whole batch. Timestamps are taken from the records, the first one's being the base.

    With `log_append_time` the largest of them counts for all. `last_offset_delta` is for batches
    whose last records were cleaned away.
    """
    attributes = compression
    attributes |= CONTROL * control | TRANSACTIONAL * transactional
    attributes |= LOG_APPEND_TIME * log_append_time
    base_timestamp = records[0].timestamp if records else -1
    max_timestamp = max((r.timestamp for r in records), default=-1)
    body = bytearray()
    delta = -1
    for record in records:
        delta = delta + 1 if record.offset < 0 else record.offset - base_offset
        _write_record(body, record, record.timestamp - base_timestamp, delta)
    if last_offset_delta is not None:
        delta = last_offset_delta
    if compression:
        body = bytearray(compress(compression, body))
    return _finish(
        body, base_offset, leader_epoch, attributes, delta, base_timestamp, max_timestamp,
        producer_id, producer_epoch, base_sequence, len(records),
    )  # fmt: skip


def _finish(
    body: bytearray, base_offset: int, leader_epoch: int, attributes: int, delta: int,
    base_timestamp: int, max_timestamp: int, producer_id: int, producer_epoch: int,
    base_sequence: int, count: int,
) -> bytes:  # fmt: skip
    length = HEADER_SIZE + len(body)
    out = bytearray(length)
    HEADER.pack_into(
        out, 0, base_offset, length - 12, leader_epoch, MAGIC, 0, attributes, delta,
        base_timestamp, max_timestamp, producer_id, producer_epoch, base_sequence, count,
    )  # fmt: skip
    out[HEADER_SIZE:] = body
    _CRC.pack_into(out, 17, crc32c(memoryview(out)[CRC_START:]))
    return bytes(out)


def rebuild_batch(header: BatchHeader, body: Buffer, compression: int) -> bytearray:
    """The batch of `header` with plain record bytes `body`, compressed anew with `compression`."""
    attributes = header.attributes & ~7 | compression
    packed = bytearray(compress(compression, body))
    return bytearray(
        _finish(
            packed, header.base_offset, header.leader_epoch, attributes,
            header.last_offset_delta, header.base_timestamp, header.max_timestamp,
            header.producer_id, header.producer_epoch, header.base_sequence, header.count,
        )
    )  # fmt: skip


def _write_record(out: bytearray, record: Record, timestamp_delta: int, offset_delta: int) -> None:
    body = bytearray(1)
    write_varint(body, timestamp_delta)
    write_varint(body, offset_delta)
    _write_bytes(body, record.key)
    _write_bytes(body, record.value)
    write_varint(body, len(record.headers))
    for key, value in record.headers:
        _write_bytes(body, key.encode("utf-8", "surrogateescape"))
        _write_bytes(body, value)
    write_varint(out, len(body))
    out += body


def _write_bytes(out: bytearray, data: bytes | None) -> None:
    if data is None:
        out.append(1)
        return
    write_varint(out, len(data))
    out += data


def record_bytes(
    batch: Buffer, header: BatchHeader, pos: int = 0, max_size: int = MAX_SIZE
) -> Buffer:
    """The plain bytes of the records of the batch at `pos`, decompressed where needed."""
    body = memoryview(batch)[pos + HEADER_SIZE : pos + header.length]
    return decompress(header.compression, body, max_size) if header.compression else body


def iter_records(batch: Buffer, pos: int = 0, max_size: int = MAX_SIZE) -> Iterator[Record]:
    """The records of the batch at `pos`, with absolute offsets and timestamps.

    BatchError when the inside isn't what the header says. Records read before the fault was met
    have been given out: collect a list where all or nothing is wanted.
    """
    header = parse_header(batch, pos)
    body = record_bytes(batch, header, pos, max_size)
    view = body if isinstance(body, bytes) else bytes(body)
    fixed = header.max_timestamp if header.log_append_time else None
    at = 0
    base_offset, base_timestamp = header.base_offset, header.base_timestamp
    for _ in range(header.count):
        record, at = _read_record(view, at, base_offset, base_timestamp)
        if fixed is not None:
            record.timestamp = fixed
        yield record
    if at != len(view):
        raise BatchError(Code.INVALID_RECORD, f"{len(view) - at} bytes follow the last record.")


def _read_record(
    data: bytes, pos: int, base_offset: int, base_timestamp: int
) -> tuple[Record, int]:
    start = pos
    try:
        size, pos = read_varint(data, pos)
        end = pos + size
        if size < 0 or end > len(data):
            raise DecodeError(f"a record of {size} bytes doesn't fit the batch")
        timestamp, pos = read_varint(data, pos + 1)
        offset, pos = read_varint(data, pos)
        key, pos = _read_bytes(data, pos, end)
        value, pos = _read_bytes(data, pos, end)
        count, pos = read_varint(data, pos)
        if count < 0 or count > end - pos:
            raise DecodeError(f"a record can't have {count} headers")
        headers: list[tuple[str, bytes | None]] = []
        for _ in range(count):
            name, pos = _read_bytes(data, pos, end)
            if name is None:
                raise DecodeError("a header has no key")
            content, pos = _read_bytes(data, pos, end)
            headers.append((name.decode("utf-8", "surrogateescape"), content))
        if pos != end:
            raise DecodeError(f"a record's length differs from its content by {end - pos} bytes")
    except DecodeError as e:
        code = Code.INVALID_RECORD
        if min(data[start : start + 5], default=0) > 127:
            code = Code.UNKNOWN_SERVER_ERROR  # Kafka stumbles over a length that is no int
        raise BatchError(code, f"Malformed record: {e}.") from None
    return Record(base_timestamp + timestamp, key, value, headers or (), base_offset + offset), pos


def _read_bytes(data: bytes, pos: int, end: int) -> tuple[bytes | None, int]:
    size, pos = read_varint(data, pos)
    if size < 0:
        return None, pos
    if pos + size > end:
        raise DecodeError("a key, value or header runs past its record")
    return data[pos : pos + size], pos + size
