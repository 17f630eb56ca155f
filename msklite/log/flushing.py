"""One flush of a log: made and ended on the log's own thread, run in another, as fsync takes long.

    flush = log.begin_flush()
    await storage.run(flush.run)
    log.end_flush()

What is appended meanwhile isn't part of it. A truncation meanwhile lowers `end`: what is written
again above it needs a flush of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from msklite.log.segment import Segment
from msklite.world import File, Storage


class Flush:
    """Makes files durable. `done` tells whether all went well, `end` up to which offset."""

    __slots__ = ("_files", "_folders", "_storage", "done", "end", "paths")

    def __init__(
        self, storage: Storage, end: int, files: list[File], paths: list[str], folders: list[str]
    ) -> None:
        self.end = end
        self.done = False
        self.paths = paths
        """Small files to sync by name; they are due again if this flush fails."""
        self._storage = storage
        self._files = files
        self._folders = folders

    def run(self) -> None:
        """The work: blocking, safe in any thread."""
        for file in self._files:
            try:
                file.sync()
            except FileNotFoundError:
                pass  # removed or renamed since: whoever did it has no use for it
        for path in self.paths:
            try:
                self._storage.sync(path)
            except FileNotFoundError:
                pass
        for folder in self._folders:
            if self._storage.is_dir(folder):
                self._storage.sync_dir(folder)
        self.done = True


def files_between(
    segments: Sequence[Segment], recovery_point: int, end: int
) -> tuple[list[File], bool]:
    """The files to sync for offsets recovery_point..end-1, and whether any of them is new."""
    files: list[File] = []
    new = False
    first = max(bisect_right(segments, recovery_point, key=lambda s: s.base_offset) - 1, 0)
    for segment in segments[first:]:
        if segment.base_offset >= end and files:
            break
        files += segment.sync_files(closed=segment is not segments[-1])
        new |= segment.base_offset >= recovery_point
    return files, new
