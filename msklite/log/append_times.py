"""When the segments of a log on a steered clock got their first and last records, by that clock.

Clients stamp records with their own time, which nobody steers: after an advance of a year their new
records would be a year old at once. So from the moment that a cluster's clock is steered, retention
and compaction lags count from when a record was appended here. Kafka's files have no place for it:
it is kept in `append-times` beside the segments, which Apache Kafka passes over.

`base-offset begun-ms last-ms`, a line a segment, in the form of Kafka's checkpoints. Written when a
segment is rolled and at a clean stop; what a crash leaves unsaid counts as appended at the restart,
so that nothing goes too early.
"""

from __future__ import annotations

from collections.abc import Sequence

from msklite.log.checkpoints import DamagedCheckpoint, read_lines, write_lines
from msklite.log.config import FOREVER
from msklite.log.segment import Segment
from msklite.world import Storage

FILE_NAME = "append-times"


def save(storage: Storage, folder: str, segments: Sequence[Segment]) -> str:
    """Write the file; its path, to be synced with the next flush."""
    path = f"{folder}/{FILE_NAME}"
    lines = [
        f"{s.base_offset} {s.created_ms} {s.appended_ms}" for s in segments if s.appended_ms > 0
    ]
    write_lines(storage, path, lines, sync=False)
    return path


def restore(
    storage: Storage, folder: str, segments: Sequence[Segment], now_ms: int, trusted_below: int
) -> None:
    """Give the segments their times; those from offset `trusted_below` on may have got more."""
    known: dict[int, tuple[int, int]] = {}
    try:
        for base, begun, last in read_lines(storage, f"{folder}/{FILE_NAME}"):
            known[int(base)] = int(begun), int(last)
    except (DamagedCheckpoint, ValueError):
        trusted_below = -1
    for i, segment in enumerate(segments):
        segment.by_append = True
        following = segments[i + 1].base_offset if i + 1 < len(segments) else FOREVER
        if segment.base_offset in known:
            segment.created_ms, segment.appended_ms = known[segment.base_offset]
        if following > trusted_below and segment.size:
            segment.appended_ms = now_ms
