"""A broker's volume: a limit to what its directory may hold, as the disk of an MSK broker has one.

Rules:
- What grows a file counts, and an append that doesn't fit fails as on a full disk (ENOSPC), whole:
  so everything above treats it as that, and Produce answers KAFKA_STORAGE_ERROR.
- What is written as a whole (checkpoints, the marks of a clean stop) is let through: it is small,
  and a full volume must not keep a broker from stopping cleanly.
- What was removed or cut comes back. Sizes are measured anew then, at the next append that doesn't
  fit or the next question, never on the way of one that does.
- The limit may change at any time.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msklite.log.storage import DiskFile, DiskStorage
from msklite.world import Buffer, Space

T = TypeVar("T")


class Volume:
    """Everything under `path`, and how much that may be."""

    __slots__ = ("_dirty", "_used", "limit", "path")

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self.limit = limit
        self._used = 0
        self._dirty = True
        self._measure()

    @property
    def used(self) -> int:
        """Bytes in use."""
        if self._dirty:
            self._measure()
        return self._used

    def take(self, n: int) -> None:
        """`n` bytes more; OSError when they don't fit."""
        if self._used + n > self.limit:
            if self._dirty:
                self._measure()
            if self._used + n > self.limit:
                text = f"{os.strerror(errno.ENOSPC)} (a volume of {self.limit} bytes)"
                raise OSError(errno.ENOSPC, text, self.path)
        self._used += n

    def give(self, n: int) -> None:
        """`n` bytes less."""
        self._used -= n

    def changed(self) -> None:
        """Something was removed or replaced: measure when it next matters."""
        self._dirty = True

    def _measure(self) -> None:
        self._dirty = False
        total = 0
        folders = [self.path]
        while folders:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        try:
                            found = entry.stat(follow_symlinks=False)
                        except OSError:
                            continue  # just removed
                        if stat.S_ISDIR(found.st_mode):
                            folders.append(entry.path)
                        else:
                            total += found.st_size
            except OSError:
                continue
        self._used = total


class VolumeFile(DiskFile):
    """A file whose growth counts."""

    __slots__ = ("_volume",)
    _volume: Volume

    def append(self, data: Buffer) -> None:
        self._volume.take(len(data))
        try:
            DiskFile.append(self, data)
        except OSError:
            self._volume.give(len(data))
            raise

    def append_parts(self, parts: list[Buffer]) -> None:
        total = sum(map(len, parts))
        self._volume.take(total)
        try:
            DiskFile.append_parts(self, parts)
        except OSError:
            self._volume.give(total)
            raise

    def truncate(self, size: int) -> None:
        before = self.size()
        DiskFile.truncate(self, size)
        self._volume.give(before - size)


class VolumeStorage(DiskStorage):
    """The disk of `base`, with a limit for what lies in `volume`; descriptors are shared."""

    def __init__(self, base: DiskStorage, volume: Volume) -> None:
        self._base = base
        self._cache = base._cache
        self._pool = None
        self.volume = volume

    def open(self, path: str) -> VolumeFile:
        file = VolumeFile(self._cache, path)
        file._volume = self.volume
        return file

    def write(self, path: str, data: bytes, *, sync: bool = True) -> None:
        DiskStorage.write(self, path, data, sync=sync)
        self.volume.changed()

    def rename(self, old: str, new: str) -> None:
        DiskStorage.rename(self, old, new)
        self.volume.changed()  # it may have taken another's place, or be a cleaner's work

    def remove(self, path: str) -> None:
        DiskStorage.remove(self, path)
        self.volume.changed()

    def remove_tree(self, path: str) -> None:
        DiskStorage.remove_tree(self, path)
        self.volume.changed()

    def space(self, path: str) -> Space:
        """Of the volume, and not more than the disk below it has."""
        volume, below = self.volume, DiskStorage.space(self, path)
        return Space(volume.limit, max(0, min(volume.limit - volume.used, below.usable)))

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        return self._base.run(job)

    def close(self) -> None:
        """Nothing: what is shared belongs to the base."""
