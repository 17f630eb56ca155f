"""One segment of a log: a `.log` file of batches, its two sparse indexes, its aborted transactions.

Rules (Kafka's LogSegment):
- An index entry is made when more than index.interval.bytes were appended since the last one; it
  names the last offset of the batch about to be written, and where that batch starts.
- The time index gets, at the same moments, the largest timestamp so far and the last offset of its
  batch; and a final entry when the segment is rolled or closed.
- A closed segment costs a small object until somebody reads it: files are opened and indexes read
  on need.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from struct import Struct

from msklite.log.config import LogConfig
from msklite.log.index import MAX_RELATIVE, CorruptIndex, OffsetIndex, TimeIndex
from msklite.log.txn_index import TxnIndex
from msklite.wire.batch import HEADER_SIZE, BatchHeader, parse_header
from msklite.wire.crc import crc32c
from msklite.world import Buffer, File, Storage

LOG, INDEX, TIME_INDEX, TXN_INDEX, SNAPSHOT = (
    ".log",
    ".index",
    ".timeindex",
    ".txnindex",
    ".snapshot",
)
DELETED, CLEANED, SWAP = ".deleted", ".cleaned", ".swap"
UNKNOWN = -2
_CHUNK = 4096
_PLACE = Struct(">qi11xi").unpack_from  # base offset, length, last offset delta


def file_name(offset: int, suffix: str) -> str:
    """Twenty digits and a suffix."""
    return f"{offset:020d}{suffix}"


class DamagedSegment(OSError):
    """Bytes in a segment that are no batch, met while reading; the sentence names the place."""

    def __init__(self, path: str, position: int) -> None:
        super().__init__(errno.EIO, f"{path} is damaged at byte {position}")


class Segment:
    """See above. `size` is the length of the `.log` file."""

    __slots__ = (
        "_since_index",
        "_storage",
        "appended_ms",
        "base_offset",
        "by_append",
        "created_ms",
        "file",
        "first_timestamp",
        "full",
        "hint_offset",
        "hint_position",
        "interval",
        "max_timestamp",
        "max_timestamp_offset",
        "offsets",
        "path",
        "size",
        "times",
        "txns",
    )

    def __init__(
        self, storage: Storage, folder: str, base_offset: int, config: LogConfig, now_ms: int
    ) -> None:
        self._storage = storage
        self.path = f"{folder}/{base_offset:020d}"
        self.base_offset = base_offset
        self.created_ms = now_ms
        self.appended_ms = 0
        """When its last record was appended here, by the cluster's clock; 0 where nobody knows."""
        self.by_append = False
        """Whether it is old by that, and not by its records' times (`append_times`)."""
        self.size = 0
        self.full = False
        """Whether an index has no room for another entry."""
        self.file: File | None = None
        self.interval = config.index_interval_bytes
        limit = config.segment_index_bytes
        self.offsets = OffsetIndex(storage, self.path + INDEX, base_offset, limit)
        self.times = TimeIndex(storage, self.path + TIME_INDEX, base_offset, limit)
        self.txns = TxnIndex(storage, self.path + TXN_INDEX, base_offset)
        self.max_timestamp = UNKNOWN
        self.max_timestamp_offset = -1
        self.first_timestamp = UNKNOWN
        self.hint_offset = -1
        self.hint_position = 0
        self._since_index = 0

    @classmethod
    def create(
        cls, storage: Storage, folder: str, base_offset: int, config: LogConfig, now_ms: int
    ) -> Segment:
        """A new, empty segment."""
        segment = cls(storage, folder, base_offset, config, now_ms)
        segment.clear()
        return segment

    def clear(self) -> None:
        """Make the segment's files, empty; left-over ones of the same name are emptied."""
        self.size = 0
        self.max_timestamp = -1
        self.max_timestamp_offset = self.base_offset
        self.offsets.reset()
        self.times.reset()
        self.txns.reset()
        self.full = self.offsets.full or self.times.full
        file = self.open()
        if file.size():
            file.truncate(0)

    def open(self) -> File:
        """The `.log` file."""
        if self.file is None:
            self.file = self._storage.open(self.path + LOG)
        return self.file

    # -- writing ------------------------------------------------------------------------------

    def append(self, parts: list[Buffer], headers: list[BatchHeader]) -> None:
        """Write batches (in any number of buffers), then note them in the indexes."""
        file = self.file or self.open()
        if len(parts) == 1:
            file.append(parts[0])
        else:
            file.append_parts(parts)
        position = self.size
        if self.max_timestamp == UNKNOWN:
            self.load_times()
        for header in headers:
            if position == 0:
                self.first_timestamp = header.max_timestamp
            last_offset = header.base_offset + header.last_offset_delta
            if header.max_timestamp > self.max_timestamp:
                self.max_timestamp = header.max_timestamp
                self.max_timestamp_offset = last_offset
            if self._since_index > self.interval:
                self._index(last_offset, position)
            self.hint_offset = header.base_offset
            self.hint_position = position
            position += header.length
            self._since_index += header.length
        self.size = position

    def _index(self, last_offset: int, position: int) -> None:
        # The records are on disk already: a full disk must not turn their success into an error.
        # Entries wait in memory, and what can't be written is rebuilt after a crash.
        self._since_index = 0
        try:
            self.offsets.append(last_offset, position)
            self.times.maybe_append(self.max_timestamp, self.max_timestamp_offset)
        except OSError:
            pass
        self.full = self.offsets.full or self.times.full

    def load_times(self) -> None:
        """Learn the largest timestamp from the time index's last entry."""
        self.max_timestamp, self.max_timestamp_offset = self.times.last

    def should_roll(
        self, config: LogConfig, size: int, last_offset: int, timestamp: int, now_ms: int
    ) -> bool:
        """Whether batches of `size` bytes, up to `last_offset`, must go to a new segment.

        `timestamp` is their largest one.
        """
        if self.size > config.segment_bytes - size or self.full:
            return True
        if last_offset - self.base_offset > MAX_RELATIVE:
            return True
        if self.size == 0:
            return False
        begun = -1 if self.by_append else self._begun()
        waited = timestamp - begun if begun >= 0 else now_ms - self.created_ms
        return waited > config.segment_ms - (config.segment_jitter_ms and self._jitter(config))

    def _begun(self) -> int:
        """The time of the first batch."""
        if self.first_timestamp == UNKNOWN:
            header = parse_header(self.open().read(0, HEADER_SIZE))
            self.first_timestamp = header.max_timestamp
        return self.first_timestamp

    def first_ms(self) -> int:
        """When its first records were, for a cleaner."""
        return self.created_ms if self.by_append and self.appended_ms else self._begun()

    def last_ms(self) -> int:
        """When its last records were, for retention and cleaner; -1 where they don't say."""
        if self.by_append and self.appended_ms:
            return self.appended_ms
        return self.largest_timestamp()[0]

    def _jitter(self, config: LogConfig) -> int:
        """How much earlier than others this segment is rolled: anything, but always the same."""
        limit = min(config.segment_jitter_ms, config.segment_ms)
        return int(crc32c(self.path.encode())) % limit if limit else 0

    def finish(self) -> None:
        """The segment gets no more batches: final time entry, all entries on disk."""
        if self.max_timestamp >= 0:
            self.times.maybe_append(self.max_timestamp, self.max_timestamp_offset)
        self.offsets.write()
        self.times.write()
        self.txns.write()

    def close(self) -> None:
        """Finish what was written here and let go of the files."""
        self.finish()
        self.offsets.close()
        self.times.close()
        self.txns.close()
        if self.file is not None:
            self.file.close()
            self.file = None

    def moved(self, folder: str) -> None:
        """The folder has another name now."""
        self.path = f"{folder}/{self.base_offset:020d}"
        self.offsets.moved(self.path + INDEX)
        self.times.moved(self.path + TIME_INDEX)
        self.txns.moved(self.path + TXN_INDEX)
        if self.file is not None:
            self.file.path = f"{folder}/{self.file.path.rpartition('/')[2]}"

    def drop(self) -> None:
        """Let go of the files without writing anything more."""
        self.offsets.drop()
        self.times.drop()
        self.txns.drop()
        if self.file is not None:
            self.file.close()
            self.file = None

    def sync_files(self, *, closed: bool) -> list[File]:
        """What must be synced so that all written until now is durable.

        Of the active segment that is the `.log` alone: its indexes are checked at every start.
        """
        if not closed:
            return [self.open()]
        aborted = self.txns.file()
        files = [self.open(), self.offsets.open(), self.times.open()]
        return files if aborted is None else [*files, aborted]

    def continued(self, since_index: int) -> None:
        """The indexes are right; `since_index` bytes follow the place of the last entry."""
        self._since_index = since_index
        self.hint_offset = -1

    def truncate(self, offset: int) -> None:
        """Cut off the batch that holds `offset` and all after it."""
        found = self.find(offset)
        try:
            self.times.load()
        except CorruptIndex:
            self.reindex()
        # The indexes first: should the cut fail half-way, they only know less than they could.
        self.offsets.truncate(offset)
        self.times.truncate(offset)
        self.txns.truncate(offset)
        if found is not None:
            self.open().truncate(found[0])
            self.size = found[0]
        self.hint_offset = -1
        self._since_index = 0
        self.full = self.offsets.full or self.times.full
        if self.size == 0:
            self.first_timestamp = UNKNOWN
        self.load_times()
        self._scan_times(self.near(self.max_timestamp_offset))

    def _scan_times(self, position: int) -> None:
        """Correct the largest timestamp by the batches from `position` on."""
        for _, header in self.headers(position):
            if header.max_timestamp > self.max_timestamp:
                self.max_timestamp = header.max_timestamp
                self.max_timestamp_offset = header.last_offset

    # -- reading ------------------------------------------------------------------------------

    def find(self, offset: int) -> tuple[int, int, int] | None:
        """(position, length, base offset) of the first batch that ends at `offset` or later."""
        if offset == self.hint_offset:
            position = self.hint_position
        else:
            position = self.near(offset)
        file = self.file or self.open()
        size = self.size
        while position + HEADER_SIZE <= size:
            chunk = file.read(position, _CHUNK)
            at = 0
            limit = len(chunk) - 27
            while at <= limit:
                base, length, delta = _PLACE(chunk, at)
                length += 12
                if length < HEADER_SIZE:
                    raise DamagedSegment(self.path + LOG, position + at)
                if base + delta >= offset:
                    return position + at, length, base
                at += length
            if not at:
                raise DamagedSegment(self.path + LOG, position)  # the file was cut by somebody
            position += at
        return None

    def near(self, offset: int) -> int:
        """Where to begin looking for `offset`; an index that can't be right is built anew."""
        try:
            return self.offsets.lookup(offset)
        except CorruptIndex:
            self.reindex()
            return self.offsets.lookup(offset)

    def index_after(self, position: int) -> int | None:
        """The offset of the first index entry at `position` or behind it, if there is one."""
        try:
            return self.offsets.after(position)
        except CorruptIndex:
            self.reindex()
            return self.offsets.after(position)

    def near_time(self, timestamp: int) -> int:
        """The offset from which on a record of `timestamp` or later may be found."""
        try:
            return self.times.lookup(timestamp)
        except CorruptIndex:
            self.reindex()
            return self.times.lookup(timestamp)

    def headers(
        self, position: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, BatchHeader]]:
        """(position, header) of each whole batch from `position` on; nothing is checked."""
        file = self.file or self.open()
        end = self.size if end is None else end
        while position + HEADER_SIZE <= end:
            chunk = file.read(position, _CHUNK)
            at = 0
            limit = len(chunk) - HEADER_SIZE
            if limit < 0:
                return
            while at <= limit:
                header = parse_header(chunk, at)
                if header.length < HEADER_SIZE:
                    raise DamagedSegment(self.path + LOG, position + at)
                if position + at + header.length > end:
                    return
                yield position + at, header
                at += header.length
            position += at

    def tail(self) -> tuple[int, int]:
        """(next offset, position after the last whole batch), reading from the last index entry.

        DamagedSegment where what is there isn't a chain of batches. Learns the largest timestamp.
        """
        self.load_times()
        position = self.offsets.last_position
        self._since_index = self.size - position
        if position >= self.size:
            raise CorruptIndex(f"{self.offsets.path} points past the end")
        self.full = self.offsets.full or self.times.full
        next_offset = self.base_offset
        for at, header in self.headers(position):
            if header.magic != 2 or header.base_offset < next_offset:
                raise DamagedSegment(self.path + LOG, at)
            next_offset = header.next_offset
            position = at + header.length
            if header.max_timestamp > self.max_timestamp:
                self.max_timestamp = header.max_timestamp
                self.max_timestamp_offset = header.last_offset
        return next_offset, position

    def largest_timestamp(self) -> tuple[int, int]:
        """(timestamp, last offset of its batch); (-1, base offset) for an empty segment."""
        if self.max_timestamp == UNKNOWN:
            try:
                self.max_timestamp, self.max_timestamp_offset = self.times.peek_last()
            except CorruptIndex:
                self.reindex()
            if self.max_timestamp < 0:
                self._scan_times(0)  # its last entry was lost, or there are no timestamps
        return self.max_timestamp, self.max_timestamp_offset

    def reindex(self) -> None:
        """Build both indexes from the batches' headers; batches aren't checked."""
        builder = IndexBuilder(self)
        for _, header in self.headers():
            builder.add(header)
        builder.finish()


class IndexBuilder:
    """Collects index entries while a segment is walked from its start."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._interval = segment.interval
        self._entries: list[tuple[int, int, int, int]] = []
        self._position = 0
        self._indexed = 0
        self._first = UNKNOWN
        self._timestamp = -1
        self._timestamp_offset = segment.base_offset

    def add(self, header: BatchHeader) -> None:
        """The next batch."""
        if self._position == 0:
            self._first = header.max_timestamp
        if header.max_timestamp > self._timestamp:
            self._timestamp, self._timestamp_offset = header.max_timestamp, header.last_offset
        if self._position - self._indexed > self._interval:
            self._entries.append(
                (header.last_offset, self._position, self._timestamp, self._timestamp_offset)
            )
            self._indexed = self._position
        self._position += header.length

    def finish(self) -> None:
        """Replace the segment's indexes, with a final time entry, and its largest timestamp."""
        segment = self._segment
        segment.offsets.rebuild([(offset, position) for offset, position, _, _ in self._entries])
        times = [(timestamp, offset) for _, _, timestamp, offset in self._entries]
        segment.times.rebuild([*times, (self._timestamp, self._timestamp_offset)])
        segment.offsets.write()
        segment.times.write()
        segment.max_timestamp = self._timestamp
        segment.max_timestamp_offset = self._timestamp_offset
        segment.first_timestamp = self._first
        segment.full = segment.offsets.full or segment.times.full
        segment.continued(self._position - self._indexed)
