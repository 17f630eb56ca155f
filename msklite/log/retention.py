"""Which of a log's oldest segments have outlived retention.ms or retention.bytes.

- Age counts from a segment's largest timestamp; where its records carry none, from when it was
  begun or opened here (Kafka takes the file's modification time). On a steered clock it counts from
  when the last record was appended (`append_times`).
- Size deletes a segment only if what is left is still retention.bytes or more.
- Nothing beyond the high watermark goes. The active segment goes too, where it holds records.

Follows Kafka's UnifiedLog.
"""

from __future__ import annotations

from collections.abc import Sequence

from msklite.log.config import LogConfig
from msklite.log.segment import Segment


def outlived(
    segments: Sequence[Segment], config: LogConfig, size: int, end_offset: int,
    high_watermark: int, now_ms: int,
) -> int:  # fmt: skip
    """How many of the first `segments` are to be deleted."""
    if not config.deleted:
        return 0
    excess = size - config.retention_bytes if config.retention_bytes >= 0 else -1
    for i, segment in enumerate(segments):
        following = segments[i + 1].base_offset if i + 1 < len(segments) else end_offset
        if following > high_watermark or (segment.size == 0 and i + 1 == len(segments)):
            return i
        if config.retention_ms >= 0:
            timestamp = segment.last_ms()
            age = now_ms - (timestamp if timestamp >= 0 else segment.created_ms)
            old = age > config.retention_ms
        else:
            old = False
        if not old and excess - segment.size < 0:
            return i
        excess -= segment.size
    return len(segments)
