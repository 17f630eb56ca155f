"""Segments that were deleted but whose files replies under way may still read.

Their files are renamed `.deleted` at once, which a start after a crash finishes, and removed later:
Kafka waits for file.delete.delay.ms. Whoever owns the log takes them (`Log.take_garbage`), waits,
drops their handles and runs `remove`, which may take long, in another thread.
"""

from __future__ import annotations

from msklite.log.segment import DELETED, INDEX, LOG, TIME_INDEX, TXN_INDEX, Segment
from msklite.world import Storage

_SUFFIXES = (LOG, INDEX, TIME_INDEX, TXN_INDEX)


def set_aside(storage: Storage, segment: Segment) -> None:
    """Rename the files. OSError only if the `.log` stays: indexes without one count for nothing."""
    try:
        storage.rename(segment.path + LOG, segment.path + LOG + DELETED)
    except FileNotFoundError:
        pass  # somebody has removed it
    if segment.file is not None:
        segment.file.path = segment.path + LOG + DELETED
    segment.offsets.drop()
    segment.times.drop()
    segment.txns.drop()
    for suffix in _SUFFIXES[1:]:
        name = segment.path + suffix
        try:
            if storage.exists(name):
                storage.rename(name, name + DELETED)
        except OSError:
            pass


def remove(storage: Storage, segments: list[Segment]) -> None:
    """Remove files that were set aside; they, or their folder, may have gone already."""
    for segment in segments:
        for suffix in _SUFFIXES:
            try:
                storage.remove(segment.path + suffix + DELETED)
            except FileNotFoundError:
                pass
