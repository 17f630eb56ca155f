"""A batch with some of its records gone: the same offsets, producer and place, fewer records.

- Base offset, last offset and sequence stay, so that readers, producers and followers find the gap
  and nothing else.
- Records are copied as they are, their deltas count from the same base.
- A batch that keeps tombstones, or a marker whose transaction is gone, gets a delete horizon: the
  attribute bit, and the time in the field of the base timestamp (KIP-534), so every record's
  timestamp delta is written anew.

Source: Kafka's MemoryRecords.filterTo.
"""

from __future__ import annotations

from copy import copy

from msklite.log.keys import Kept
from msklite.wire.batch import CRC_START, DELETE_HORIZON, HEADER, HEADER_SIZE, MAGIC, BatchHeader
from msklite.wire.compression import compress
from msklite.wire.crc import crc32c
from msklite.wire.primitives import read_varint, write_varint


def _assemble(header: BatchHeader, body: bytes) -> bytes:
    """The batch of these fields, with a new CRC; `body` is compressed here."""
    if header.compression and header.count:
        body = compress(header.compression, body)
    out = bytearray(HEADER_SIZE + len(body))
    HEADER.pack_into(
        out, 0, header.base_offset, len(out) - 12, header.leader_epoch, MAGIC, 0,
        header.attributes, header.last_offset_delta, header.base_timestamp, header.max_timestamp,
        header.producer_id, header.producer_epoch, header.base_sequence, header.count,
    )  # fmt: skip
    out[HEADER_SIZE:] = body
    out[17:21] = crc32c(memoryview(out)[CRC_START:]).to_bytes(4, "big")
    return bytes(out)


def emptied(header: BatchHeader, *, dated: bool) -> bytes:
    """The batch without records, kept for its offsets or its producer's sequence.

    Not `dated`: it has no time, so that nobody looks here for records of that time.
    """
    bare = copy(header)
    # As Kafka's writeEmptyHeader: no codec, no horizon, the largest timestamp is kept.
    bare.attributes &= ~(DELETE_HORIZON | 0x07)
    bare.base_timestamp, bare.count = -1, 0
    if not dated:
        bare.max_timestamp = -1
    return _assemble(bare, b"")


def with_records(header: BatchHeader, body: bytes, kept: Kept, horizon_ms: int | None) -> bytes:
    """The batch with only the `kept` of its (plain) records; `horizon_ms`: a new delete horizon."""
    left = copy(header)
    left.count = kept.records
    spans = [body[first:end] for first, end in kept.spans]
    if horizon_ms is None:
        joined = b"".join(spans)
    else:
        left.attributes |= DELETE_HORIZON
        left.base_timestamp = horizon_ms
        joined = b"".join(_shifted(span, header.base_timestamp - horizon_ms) for span in spans)
    if not header.log_append_time:
        left.max_timestamp = _latest(joined, left.base_timestamp)
    return _assemble(left, joined)


def _shifted(records: bytes, by: int) -> bytes:
    """The records with `by` added to their timestamp deltas."""
    out = bytearray()
    at = 0
    while at < len(records):
        length, at = read_varint(records, at)
        end = at + length
        delta, rest = read_varint(records, at + 1)
        body = bytearray(records[at : at + 1])
        write_varint(body, delta + by)
        body += records[rest:end]
        write_varint(out, len(body))
        out += body
        at = end
    return bytes(out)


def _latest(records: bytes, base: int) -> int:
    """The largest timestamp of these records."""
    best: int | None = None
    at = 0
    while at < len(records):
        length, at = read_varint(records, at)
        delta, _ = read_varint(records, at + 1)
        best = delta if best is None else max(best, delta)
        at += length
    return -1 if best is None else base + best
