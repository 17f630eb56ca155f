"""The aborted transactions of a segment, in Kafka's `.txnindex` format.

34 bytes an entry: int16 version 0, producer id, offset of the transaction's first record, of its
marker, and the last stable offset as it was once the marker was committed. An entry is in the
segment that holds its marker, and markers ascend. Most segments have none, and then there is no
file.

Readers of committed records get the entries that touch what they read; the last stable offset tells
where nothing more can: from there on, no earlier transaction was open.

Entries wait in memory when the disk refuses them, as the marker is in the log already; after a
crash they are read from the log anyway. Source: Kafka's TransactionIndex.
"""

from __future__ import annotations

from bisect import bisect_left
from struct import Struct
from typing import NamedTuple

from msklite.log.index import CorruptIndex
from msklite.world import File, Storage

ENTRY = Struct(">hqqqq")
VERSION = 0
_LAST = Struct(">q").unpack_from


class AbortedTxn(NamedTuple):
    """One entry."""

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


class TxnIndex:
    """See the module. The file's content is read when it is first asked for, and kept as bytes."""

    __slots__ = ("_data", "_file", "_storage", "_written", "base_offset", "path")

    def __init__(self, storage: Storage, path: str, base_offset: int) -> None:
        self._storage = storage
        self.path = path
        self.base_offset = base_offset
        self._data: bytearray | None = None
        self._written = 0
        self._file: File | None = None

    def load(self) -> bytearray:
        """All entries as they are in the file; CorruptIndex if it can't be right."""
        if self._data is None:
            data = bytearray()
            if self._storage.exists(self.path):
                data += self._storage.read(self.path)
            self._check(data)
            self._data = data
            self._written = len(data)
        return self._data

    def _check(self, data: bytearray) -> None:
        if len(data) % ENTRY.size:
            raise CorruptIndex(f"{self.path} has {len(data)} bytes, no multiple of {ENTRY.size}")
        before = self.base_offset - 1
        for version, _, first, last, _ in ENTRY.iter_unpack(data):
            if version != VERSION or not before < last >= first >= 0:
                raise CorruptIndex(f"{self.path} doesn't ascend, or has an unknown version")
            before = last

    @property
    def entries(self) -> list[AbortedTxn]:
        """All entries, ascending by marker."""
        return [AbortedTxn(*row[1:]) for row in ENTRY.iter_unpack(self.load())]

    def append(self, entry: AbortedTxn) -> None:
        """Add an entry, whose marker is later than all others'."""
        data = self.load()
        data += ENTRY.pack(VERSION, *entry)
        try:
            self.write()
        except OSError:
            pass  # it waits for the next one, or for the roll

    def write(self) -> None:
        """Put into the file what isn't there yet."""
        data = self._data
        if data is not None and self._written < len(data):
            self._open().append(bytes(data[self._written :]))
            self._written = len(data)

    def _open(self) -> File:
        if self._file is None:
            self._file = self._storage.open(self.path)
        return self._file

    def file(self) -> File | None:
        """The file to sync, if there is one."""
        if self._file is None and self._storage.exists(self.path):
            self._open()
        return self._file

    def reset(self) -> None:
        """Forget all entries, in memory and on disk."""
        self._data = bytearray()
        self._written = 0
        if self._storage.exists(self.path):
            self._open().truncate(0)

    def rebuild(self, entries: list[AbortedTxn]) -> None:
        """Make these the entries; the file is touched only where that changes it."""
        data = bytearray().join(ENTRY.pack(VERSION, *entry) for entry in entries)
        try:
            same = self.load() == data
        except CorruptIndex:
            same = False
        if not same:
            self.reset()
            self._data = data
            self.write()

    def truncate(self, offset: int) -> None:
        """Drop the entries whose marker is at `offset` or later."""
        data = self.load()
        keep = self._slot(data, offset) * ENTRY.size
        if keep == len(data):
            return
        if self._written > keep:
            self._open().truncate(keep)
            self._written = keep
        del data[keep:]

    @staticmethod
    def _slot(data: bytearray, offset: int) -> int:
        """The first entry whose marker is at `offset` or later."""
        count = len(data) // ENTRY.size
        return bisect_left(range(count), offset, key=lambda i: _LAST(data, i * ENTRY.size + 18)[0])

    def collect(self, start: int, end: int, found: list[AbortedTxn]) -> bool:
        """Add to `found` what touches records of start..end-1; True: later segments add nothing."""
        data = self.load()
        if not data:
            return False
        for at in range(self._slot(data, start) * ENTRY.size, len(data), ENTRY.size):
            entry = AbortedTxn(*ENTRY.unpack_from(data, at)[1:])
            if entry.first_offset < end:
                found.append(entry)
            if entry.last_stable_offset >= end:
                return True
        return False

    def moved(self, path: str) -> None:
        """The file has another name now."""
        self.path = path
        if self._file is not None:
            self._file.path = path

    def close(self) -> None:
        self.write()
        self.drop()

    def drop(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
