"""Walking the records of a batch for the cleaner: keys, and which records have no value.

A cleaner walks every record of a log twice, so nothing is built here but keys: a record's varints
are read in place. See `wire/records` for the layout. What doesn't add up is a `BatchError`:
the cleaner then leaves the batch as it is.
"""

from __future__ import annotations

from typing import NamedTuple

from msklite.errors import Code
from msklite.log.offset_map import SHORT, OffsetMap, short
from msklite.wire.batch import BatchError, BatchHeader
from msklite.wire.primitives import DecodeError, read_varint


class Kept(NamedTuple):
    """What is to be kept of a batch: where its records lie, merged where they touch."""

    spans: list[tuple[int, int]]
    records: int
    tombstones: bool


def _malformed() -> BatchError:
    return BatchError(Code.INVALID_RECORD, "The batch's records aren't what its header says.")


def _signed(body: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint and the place after it, where the quick way was too short."""
    try:
        return read_varint(body, at)
    except DecodeError:
        raise _malformed() from None


def note_keys(body: bytes, header: BatchHeader, start: int, into: OffsetMap) -> bool:
    """Put the keys from offset `start` on into the map; False when it is full."""
    base, at, size = header.base_offset, 0, len(body)
    offsets, slots = into.offsets, into.slots
    try:
        for _ in range(header.count):
            length = body[at]
            if length < 128:
                at += 1
                length >>= 1
            else:
                length, at = _signed(body, at)
            end = at + length
            at += 1
            while body[at] > 127:
                at += 1
            at += 1
            delta = body[at]
            if delta < 128:
                at += 1
                delta >>= 1
            else:
                delta, at = _signed(body, at)
            width = body[at]
            if width == 1:
                at = end
                continue
            if width < 128:
                at += 1
                width >>= 1
            else:
                width, at = _signed(body, at)
            if width < 0 or at + width > end or end > size:
                raise _malformed()
            offset = base + delta
            if offset >= start:
                if len(offsets) >= slots:
                    return False
                key = body[at : at + width]
                offsets[key if width <= SHORT else short(key)] = offset
            at = end
    except IndexError:
        raise _malformed() from None
    if at != size:
        raise _malformed()
    return True


def kept_records(body: bytes, header: BatchHeader, known: OffsetMap, *, deletes: bool) -> Kept:
    """The records that stay: the last of their keys; without a value only while `deletes` says."""
    base, at, size = header.base_offset, 0, len(body)
    get, latest = known.offsets.get, known.latest
    spans: list[tuple[int, int]] = []
    begin, count, tombstones = -1, 0, False
    try:
        for _ in range(header.count):
            first = at
            length = body[at]
            if length < 128:
                at += 1
                length >>= 1
            else:
                length, at = _signed(body, at)
            end = at + length
            at += 1
            while body[at] > 127:
                at += 1
            at += 1
            delta = body[at]
            if delta < 128:
                at += 1
                delta >>= 1
            else:
                delta, at = _signed(body, at)
            offset = base + delta
            width = body[at]
            if width == 1:
                stays, empty = offset > latest, body[at + 1] == 1
            else:
                if width < 128:
                    at += 1
                    width >>= 1
                else:
                    width, at = _signed(body, at)
                if width < 0 or at + width >= end or end > size:
                    raise _malformed()
                key = body[at : at + width]
                empty = body[at + width] == 1
                last = get(key if width <= SHORT else short(key), -1)
                stays = offset > latest or (offset >= last and (deletes or not empty))
            if stays:
                count += 1
                if empty:
                    tombstones = True
                if begin < 0:
                    begin = first
            elif begin >= 0:
                spans.append((begin, first))
                begin = -1
            at = end
    except IndexError:
        raise _malformed() from None
    if at != size:
        raise _malformed()
    if begin >= 0:
        spans.append((begin, size))
    return Kept(spans, count, tombstones)
