"""A segment on its way: its files are called `.cleaned` until the owner of the log takes them.

Batches come in ascending order, are written a chunk at a time, and noted for the indexes as in
`segment`. `finish` writes the indexes and makes all of it durable.
"""

from __future__ import annotations

from struct import Struct

from msklite.log.segment import (
    CLEANED,
    INDEX,
    LOG,
    TIME_INDEX,
    TXN_INDEX,
    file_name,
)
from msklite.log.txn_index import ENTRY, VERSION, AbortedTxn
from msklite.wire.batch import BatchHeader, parse_header
from msklite.world import Buffer, Storage

_OFFSET = Struct(">ii").pack
_TIME = Struct(">qi").pack


class CleanedSegment:
    """See the module."""

    def __init__(self, storage: Storage, folder: str, base_offset: int, interval: int) -> None:
        self._storage = storage
        self._stem = f"{folder}/{file_name(base_offset, '')}"
        self._base = base_offset
        self._interval = interval
        self.size = 0
        self.max_timestamp = -1
        self.max_timestamp_offset = base_offset
        self._indexed = 0
        self._parts: list[Buffer] = []
        self._offsets = bytearray()
        self._times = bytearray()
        self._last_time = -1
        self._file = storage.open(self._stem + LOG + CLEANED)
        self._file.truncate(0)

    def copy(self, chunk: bytes, at: int, header: BatchHeader) -> None:
        """A batch as it is."""
        self._note(header)
        self._parts.append(memoryview(chunk)[at : at + header.length])

    def add(self, batch: bytes) -> None:
        """A batch that was written anew."""
        self._note(parse_header(batch))
        self._parts.append(batch)

    def _note(self, header: BatchHeader) -> None:
        # A batch without records keeps its time, but nobody is to look here for it.
        if header.count and header.max_timestamp > self.max_timestamp:
            self.max_timestamp = header.max_timestamp
            self.max_timestamp_offset = header.last_offset
        if self.size - self._indexed > self._interval:
            self._offsets += _OFFSET(header.last_offset - self._base, self.size)
            self._note_time()
            self._indexed = self.size
        self.size += header.length

    def _note_time(self) -> None:
        if self.max_timestamp > self._last_time:
            relative = self.max_timestamp_offset - self._base
            self._times += _TIME(self.max_timestamp, relative)
            self._last_time = self.max_timestamp

    def flush(self) -> None:
        """Write what has come since the last time."""
        if self._parts:
            self._file.append_parts(self._parts)
            self._parts = []

    def finish(self, aborted: list[AbortedTxn]) -> None:
        """Write the rest and the indexes, and make all durable."""
        self.flush()
        if self.max_timestamp >= 0:
            self._note_time()
        self._file.sync()
        self._file.close()
        entries = sorted(aborted, key=lambda t: t.last_offset)
        txns = b"".join(ENTRY.pack(VERSION, *entry) for entry in entries)
        for suffix, data in ((INDEX, self._offsets), (TIME_INDEX, self._times), (TXN_INDEX, txns)):
            if suffix == TXN_INDEX and not txns:
                continue
            file = self._storage.open(self._stem + suffix + CLEANED)
            file.truncate(0)
            if data:
                file.append(bytes(data))
            file.sync()
            file.close()

    def drop(self) -> None:
        """It won't be used: remove what is there."""
        self._file.close()
        for suffix in (LOG, INDEX, TIME_INDEX, TXN_INDEX):
            path = self._stem + suffix + CLEANED
            if self._storage.exists(path):
                self._storage.remove(path)
