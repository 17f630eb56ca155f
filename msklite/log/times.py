"""Finding records by time: through the time index, the offset index, then the batches themselves.

A batch whose inside can't be read counts as one record at its first offset: whoever seeks there
meets it, as would whoever reads through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msklite.log.segment import Segment
from msklite.wire.batch import BatchError, BatchHeader
from msklite.wire.records import iter_records


class OffsetAt(NamedTuple):
    """A record found by time."""

    offset: int
    timestamp: int


def first_since(segments: Sequence[Segment], timestamp: int, start: int) -> OffsetAt | None:
    """The first record at offset `start` or later whose time is `timestamp` or later.

    As in Kafka's UnifiedLog, only the first segment that reaches `timestamp` is searched.
    """
    for segment in segments:
        if segment.largest_timestamp()[0] < timestamp:
            continue
        near = max(segment.near_time(timestamp), start)
        for position, header in segment.headers(segment.near(near)):
            if header.max_timestamp >= timestamp and header.last_offset >= start:
                found = _in_batch(segment, position, header, timestamp, start)
                if found is not None:
                    return found
        return None
    return None


def latest(segments: Sequence[Segment]) -> OffsetAt | None:
    """The first record that has the largest timestamp of all."""
    for best in sorted(segments, key=lambda s: s.largest_timestamp()[0], reverse=True):
        timestamp, offset = best.largest_timestamp()
        if timestamp < 0:
            return None
        for position, header in best.headers(best.near(offset)):
            if header.max_timestamp == timestamp and header.count:
                return _in_batch(best, position, header, timestamp, 0)
    return None


def _in_batch(
    segment: Segment, position: int, header: BatchHeader, timestamp: int, start: int
) -> OffsetAt | None:
    try:
        for record in iter_records(segment.open().read(position, header.length)):
            if record.timestamp >= timestamp and record.offset >= start:
                return OffsetAt(record.offset, record.timestamp)
    except BatchError:
        return OffsetAt(max(header.base_offset, start), header.max_timestamp)
    return None
