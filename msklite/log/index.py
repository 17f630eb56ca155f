"""The two sparse indexes of a segment, in Kafka's formats (its OffsetIndex and TimeIndex).

`.index`: 8 bytes an entry, offset of a batch's last record (relative to the segment's base) and the
batch's position. `.timeindex`: 12 bytes, a timestamp and the relative offset of the batch that had
it: no record before that offset has a larger one. Both ascend strictly.

Entries live in arrays, loaded when first needed. New ones are written out in bundles, at the latest
when the segment is rolled, flushed or closed: after a crash the indexes are rebuilt from the log
anyway. Files aren't preallocated; zeros at the end, left by a Kafka that was killed, are dropped.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from operator import lt
from struct import Struct

from msklite.world import File, Storage

_BUNDLE = 32
MAX_RELATIVE = 0x7FFFFFFF


class CorruptIndex(Exception):
    """An index file that can't be right; it can be rebuilt from the segment."""


class _Index:
    """What both indexes share: the file, and the entries not yet in it."""

    __slots__ = ("_file", "_pending", "_storage", "base_offset", "max_entries", "path")
    ENTRY: Struct

    def __init__(self, storage: Storage, path: str, base_offset: int, max_bytes: int) -> None:
        self._storage = storage
        self.path = path
        self.base_offset = base_offset
        self.max_entries = max_bytes // self.ENTRY.size
        self._file: File | None = None
        self._pending = bytearray()

    def _read(self) -> bytes:
        try:
            data = self._storage.read(self.path)
        except FileNotFoundError:
            raise CorruptIndex(f"{self.path} is missing") from None
        size = self.ENTRY.size
        if data[-size:] == bytes(size):
            data = data.rstrip(b"\0")
            data += bytes(-len(data) % size)
            self.open().truncate(len(data))
        if len(data) % size:
            raise CorruptIndex(f"{self.path} has {len(data)} bytes, no multiple of {size}")
        return data

    def open(self) -> File:
        """The file."""
        if self._file is None:
            self._file = self._storage.open(self.path)
        return self._file

    def create(self) -> None:
        """Make sure that the file is there and empty. It isn't kept open: most get few entries."""
        self._pending.clear()
        file = self.open()
        if file.size():
            file.truncate(0)
        file.close()

    def _replace(self, data: bytes) -> None:
        """Make `data` the content; what is there already isn't written again."""
        try:
            old = self._storage.read(self.path)
        except FileNotFoundError:
            old = None
        if old is None or not data.startswith(old):
            self.create()
            old = b""
        self._pending[:] = data[len(old) :]

    def write(self) -> None:
        """Put into the file what was added since the last time."""
        if self._pending:
            self.open().append(self._pending)
            self._pending.clear()

    def _cut(self, entries: int, known: int) -> None:
        """Keep the first `entries` of the `known` ones; nothing need be written for that."""
        size = self.ENTRY.size
        written = known - len(self._pending) // size
        if entries < written:
            self.open().truncate(entries * size)
            self._pending.clear()
        else:
            del self._pending[(entries - written) * size :]

    def moved(self, path: str) -> None:
        """The file has another name now."""
        self.path = path
        if self._file is not None:
            self._file.path = path

    def close(self) -> None:
        self.write()
        if self._file is not None:
            self._file.close()
            self._file = None

    def drop(self) -> None:
        """Let go of the file without writing: it is about to be removed or rebuilt."""
        self._pending.clear()
        if self._file is not None:
            self._file.close()
            self._file = None


class OffsetIndex(_Index):
    """Offset to position."""

    __slots__ = ("_offsets", "_positions")
    ENTRY = Struct(">ii")

    def __init__(self, storage: Storage, path: str, base_offset: int, max_bytes: int) -> None:
        super().__init__(storage, path, base_offset, max_bytes)
        self._offsets: array[int] | None = None
        self._positions: array[int] = array("i")

    def reset(self) -> None:
        """Empty it, in memory and on disk."""
        self._offsets = array("i")
        self._positions = array("i")
        self.create()

    def rebuild(self, entries: list[tuple[int, int]]) -> None:
        """Make these (offset, position) the entries."""
        base = self.base_offset
        self._offsets = array("i", [offset - base for offset, _ in entries])
        self._positions = array("i", [position for _, position in entries])
        pack = self.ENTRY.pack
        self._replace(b"".join([pack(offset - base, position) for offset, position in entries]))

    def load(self) -> array[int]:
        """Relative offsets, read from the file at first; CorruptIndex if they can't be right."""
        if self._offsets is not None:
            return self._offsets
        entries = array("i", self._read())
        if sys.byteorder == "little":
            entries.byteswap()
        offsets, positions = entries[::2], entries[1::2]
        ascending = all(map(lt, offsets, offsets[1:])) and all(map(lt, positions, positions[1:]))
        if len(offsets) and not (ascending and offsets[0] >= 0 and positions[0] > 0):
            raise CorruptIndex(f"{self.path} doesn't ascend")
        self._offsets, self._positions = offsets, positions
        return offsets

    def __len__(self) -> int:
        return len(self.load())

    @property
    def full(self) -> bool:
        return len(self.load()) >= self.max_entries

    def append(self, offset: int, position: int) -> None:
        """Add an entry; `offset` is absolute and above the last one's."""
        relative = offset - self.base_offset
        self.load().append(relative)
        self._positions.append(position)
        self._pending += self.ENTRY.pack(relative, position)
        if len(self._pending) >= _BUNDLE * 8:
            self.write()

    def lookup(self, offset: int) -> int:
        """The position of the last entry whose offset is at most `offset`; 0 without one."""
        slot = bisect_right(self.load(), offset - self.base_offset)
        return self._positions[slot - 1] if slot else 0

    def after(self, position: int) -> int | None:
        """The offset of the first entry whose position is at least `position`; None without one."""
        offsets = self.load()
        slot = bisect_left(self._positions, position)
        return self.base_offset + offsets[slot] if slot < len(offsets) else None

    @property
    def last_position(self) -> int:
        """The position that the last entry points at."""
        return self._positions[-1] if len(self.load()) else 0

    def truncate(self, offset: int) -> None:
        """Drop the entries for `offset` and above."""
        offsets = self.load()
        keep = bisect_right(offsets, offset - self.base_offset - 1)
        if keep < len(offsets):
            self._cut(keep, len(offsets))
            del offsets[keep:], self._positions[keep:]


class TimeIndex(_Index):
    """Timestamp to offset."""

    __slots__ = ("_offsets", "_timestamps")
    ENTRY = Struct(">qi")

    def __init__(self, storage: Storage, path: str, base_offset: int, max_bytes: int) -> None:
        super().__init__(storage, path, base_offset, max_bytes)
        self._timestamps: array[int] | None = None
        self._offsets: array[int] = array("i")

    def reset(self) -> None:
        """Empty it, in memory and on disk."""
        self._timestamps = array("q")
        self._offsets = array("i")
        self.create()

    def rebuild(self, entries: list[tuple[int, int]]) -> None:
        """Make these (timestamp, offset) the entries, but for those that don't ascend."""
        self._timestamps = array("q")
        self._offsets = array("i")
        for timestamp, offset in entries:
            if timestamp > (self._timestamps[-1] if self._timestamps else -1):
                self._timestamps.append(timestamp)
                self._offsets.append(offset - self.base_offset)
        rows = zip(self._timestamps, self._offsets, strict=True)
        self._replace(b"".join([self.ENTRY.pack(*row) for row in rows]))

    def load(self) -> array[int]:
        """The timestamps, read from the file at first. CorruptIndex if they can't be right."""
        if self._timestamps is not None:
            return self._timestamps
        timestamps, offsets = array("q"), array("i")
        for timestamp, offset in self.ENTRY.iter_unpack(self._read()):
            timestamps.append(timestamp)
            offsets.append(offset)
        later_offsets = all(map(int.__le__, offsets, offsets[1:]))
        if not (all(map(lt, timestamps, timestamps[1:])) and later_offsets):
            raise CorruptIndex(f"{self.path} doesn't ascend")
        if len(offsets) and offsets[0] < 0:
            raise CorruptIndex(f"{self.path} points before its segment")
        self._timestamps, self._offsets = timestamps, offsets
        return timestamps

    def __len__(self) -> int:
        return len(self.load())

    @property
    def full(self) -> bool:
        # one slot is kept for the entry that closing or rolling adds
        return len(self.load()) >= self.max_entries - 1

    @property
    def last(self) -> tuple[int, int]:
        """The last (timestamp, absolute offset); (-1, base offset) without one."""
        timestamps = self.load()
        if not timestamps:
            return -1, self.base_offset
        return timestamps[-1], self.base_offset + self._offsets[-1]

    def peek_last(self) -> tuple[int, int]:
        """`last`, without keeping the entries of an index that isn't in use."""
        if self._timestamps is not None:
            return self.last
        try:
            size = self._storage.size(self.path)
        except FileNotFoundError:
            raise CorruptIndex(f"{self.path} is missing") from None
        if not size:
            return -1, self.base_offset
        if size % 12:
            raise CorruptIndex(f"{self.path} has {size} bytes, no multiple of 12")
        file = self._storage.open(self.path)
        timestamp, offset = self.ENTRY.unpack(file.read(size - 12, 12))
        file.close()
        if timestamp <= 0 or offset < 0:
            return self.last  # room that a killed Kafka left at the end, or nonsense
        return timestamp, self.base_offset + offset

    def maybe_append(self, timestamp: int, offset: int) -> None:
        """Add an entry unless its timestamp isn't above the last one's."""
        timestamps = self.load()
        if timestamp <= (timestamps[-1] if timestamps else -1):
            return
        relative = offset - self.base_offset
        timestamps.append(timestamp)
        self._offsets.append(relative)
        self._pending += self.ENTRY.pack(timestamp, relative)
        if len(self._pending) >= _BUNDLE * 12:
            self.write()

    def lookup(self, timestamp: int) -> int:
        """The absolute offset of the last entry at or before `timestamp`; the base without one."""
        slot = bisect_right(self.load(), timestamp)
        return self.base_offset + (self._offsets[slot - 1] if slot else 0)

    def truncate(self, offset: int) -> None:
        """Drop the entries for `offset` and above."""
        timestamps = self.load()
        keep = bisect_right(self._offsets, offset - self.base_offset - 1)
        if keep < len(timestamps):
            self._cut(keep, len(timestamps))
            del timestamps[keep:], self._offsets[keep:]
