"""Compacting the closed segments of one log: the work itself, on files, in slices.

The plan is a `CleanTask`, plain data that a worker process can be sent; what came of it is a
`CleanResult`. `clean` is a generator: it yields between chunks, so that it can also run beside
others on one thread, and says how much it moved, so that it can be slowed down. Nothing of the log
is touched: the work is left in files called `.cleaned`, synced, and the owner of the log swaps them
in (`swapping`) or throws them away.

Two walks (Kafka's Cleaner):
1. The dirty part, from `first_dirty` to `end`, into an `OffsetMap`, until that is full: where it
   ends is how far the log will be clean.
2. All segments below that, in groups that fit one segment, each into a new one: a record stays if
   it is the last of its key, or lies beyond the map; see `rewriting` for tombstones, `cleaned_txns`
   for transactions. An emptied batch stays where a producer's sequence, or the end of what is
   written, hangs on it.

Two differences from Kafka: the last batch of every group stays, emptied if need be, so that a crash
between the renames finds which segments a new one replaces (`tidying`); and a batch whose checksum
or records are wrong is passed on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from msklite.errors import Code
from msklite.log.cleaned_segment import CleanedSegment
from msklite.log.cleaned_txns import CleanedTransactions
from msklite.log.index import MAX_RELATIVE
from msklite.log.keys import Kept, kept_records, note_keys
from msklite.log.offset_map import OffsetMap
from msklite.log.rewriting import emptied, with_records
from msklite.log.segment import (
    INDEX,
    LOG,
    TIME_INDEX,
    DamagedSegment,
    file_name,
)
from msklite.log.txn_index import AbortedTxn
from msklite.wire.batch import (
    CRC_START,
    DELETE_HORIZON,
    HEADER_SIZE,
    BatchError,
    BatchHeader,
    parse_header,
)
from msklite.wire.crc import crc32c
from msklite.wire.records import record_bytes
from msklite.world import File, Storage

CHUNK = 1024 * 1024
MAX_GROUP = 200
"""Segments that become one: each costs its owner a few renames in one callback."""


@dataclass(slots=True)
class CleanTask:
    """What to clean. `segments`: (base offset, size) of all closed ones below `end`, ascending."""

    folder: str
    segments: list[tuple[int, int]]
    first_dirty: int
    end: int
    now_ms: int
    delete_retention_ms: int
    segment_bytes: int
    index_bytes: int
    index_interval: int
    slots: int
    producers: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Active producers: the last offset of their last batch (-1: only a marker), their epoch."""
    aborted: list[AbortedTxn] = field(default_factory=list)
    """All that the log knows of: the entry of one that began here may be in a later segment."""

    def to_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> CleanTask:
        """What `to_json` made, after JSON."""
        producers = {int(k): tuple(v) for k, v in value.pop("producers").items()}
        segments = [tuple(s) for s in value.pop("segments")]
        aborted = [AbortedTxn(*t) for t in value.pop("aborted")]
        return cls(**value, segments=segments, producers=producers, aborted=aborted)


@dataclass(slots=True)
class Group:
    """Segments that were cleaned into one, which has the first one's base offset."""

    bases: list[int]
    size: int
    max_timestamp: int
    max_timestamp_offset: int


@dataclass(slots=True)
class CleanResult:
    """`end`: below it the log will be clean."""

    end: int
    groups: list[Group] = field(default_factory=list)
    read: int = 0
    kept: int = 0
    bytes_read: int = 0
    bytes_kept: int = 0
    keys: int = 0
    """In the map when it was done."""
    passed_on: int = 0
    """Batches that couldn't be read, and stay as they are."""

    def to_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> CleanResult:
        """What `to_json` made."""
        groups = [Group(**g) for g in value.pop("groups")]
        return cls(**value, groups=groups)


def clean(storage: Storage, task: CleanTask) -> Iterator[CleanResult | int]:
    """Do it; yields how many bytes were read and written after each chunk, the result at last."""
    known = OffsetMap(task.slots)
    yield from _build_map(storage, task, known)
    result = CleanResult(known.latest + 1, keys=len(known.offsets))
    txns = CleanedTransactions(task.aborted)
    below = [s for s in task.segments if s[0] < result.end]
    for group in _groups(storage, task, below):
        yield from _Cleaning(storage, task, known, txns, result).run(group)
    yield result


def _chunks(
    file: File, size: int, position: int = 0
) -> Iterator[tuple[bytes, list[tuple[int, BatchHeader]]]]:
    """(bytes, places and headers of the whole batches in them) until the end of the file."""
    while position + HEADER_SIZE <= size:
        chunk = file.read(position, min(CHUNK, size - position))
        found: list[tuple[int, BatchHeader]] = []
        at = 0
        while at + HEADER_SIZE <= len(chunk):
            header = parse_header(chunk, at)
            if header.length < HEADER_SIZE or position + at + header.length > size:
                raise DamagedSegment(file.path, position + at)
            if at + header.length > len(chunk):
                break
            found.append((at, header))
            at += header.length
        if not found:  # one batch is longer than a chunk
            header = parse_header(chunk)
            chunk = file.read(position, header.length)
            found, at = [(0, header)], header.length
        yield chunk, found
        position += at


def _plain(chunk: bytes, at: int, header: BatchHeader) -> bytes:
    """The records' bytes; BatchError where checksum or codec are wrong."""
    view = memoryview(chunk)[at + CRC_START : at + header.length]
    if crc32c(view) != header.crc:
        raise BatchError(Code.CORRUPT_MESSAGE, "The batch's checksum is wrong.")
    if not header.compression:
        return chunk[at + HEADER_SIZE : at + header.length]
    return bytes(record_bytes(chunk, header, at))


def _build_map(storage: Storage, task: CleanTask, known: OffsetMap) -> Iterator[int]:
    dirty = [(i, s) for i, s in enumerate(task.segments) if _end_of(task, i) > task.first_dirty]
    txns = CleanedTransactions(t for t in task.aborted if t.last_offset >= task.first_dirty)
    known.latest = task.first_dirty - 1
    for i, (base, size) in dirty:
        file = storage.open(f"{task.folder}/{file_name(base, LOG)}")
        try:
            for chunk, batches in _chunks(file, size):
                for at, header in batches:
                    if header.last_offset < task.first_dirty:
                        continue
                    if header.is_control:
                        txns.marker(header, chunk[at : at + header.length])
                    elif not txns.batch(header) and not _note(chunk, at, header, task, known):
                        return
                    known.latest = header.last_offset
                yield len(chunk)
        finally:
            file.close()
        known.latest = max(known.latest, _end_of(task, i) - 1)


def _note(chunk: bytes, at: int, header: BatchHeader, task: CleanTask, known: OffsetMap) -> bool:
    try:
        return note_keys(_plain(chunk, at, header), header, task.first_dirty, known)
    except BatchError:
        return True  # it stays as it is, and says nothing of other records


def _end_of(task: CleanTask, index: int) -> int:
    """The offset after a segment."""
    return task.segments[index + 1][0] if index + 1 < len(task.segments) else task.end


def _groups(
    storage: Storage, task: CleanTask, segments: list[tuple[int, int]]
) -> Iterator[list[tuple[int, int]]]:
    """Neighbours that fit one segment together: by bytes, by index entries, by offsets."""
    group: list[tuple[int, int]] = []
    logs = offsets = times = 0
    for i, (base, size) in enumerate(segments):
        stem = f"{task.folder}/{file_name(base, '')}"
        index, time_index = _size(storage, stem + INDEX), _size(storage, stem + TIME_INDEX)
        logs, offsets, times = logs + size, offsets + index, times + time_index
        fits = logs <= task.segment_bytes and max(offsets, times) <= task.index_bytes
        fits = fits and len(group) < MAX_GROUP
        if group and not (fits and _end_of(task, i) - 1 - group[0][0] <= MAX_RELATIVE):
            yield group
            group, logs, offsets, times = [], size, index, time_index
        group.append((base, size))
    if group:
        yield group


def _size(storage: Storage, path: str) -> int:
    return storage.size(path) if storage.exists(path) else 0


class _Cleaning:
    """One group on its way into one segment."""

    def __init__(
        self, storage: Storage, task: CleanTask, known: OffsetMap, txns: CleanedTransactions,
        result: CleanResult,
    ) -> None:  # fmt: skip
        self._storage = storage
        self._task = task
        self._known = known
        self._txns = txns
        self._result = result

    def run(self, group: list[tuple[int, int]]) -> Iterator[int]:
        """Write the new segment."""
        base = group[0][0]
        out = CleanedSegment(self._storage, self._task.folder, base, self._task.index_interval)
        try:
            for number, (start, size) in enumerate(group):
                last = number + 1 == len(group)
                file = self._storage.open(f"{self._task.folder}/{file_name(start, LOG)}")
                position = 0
                try:
                    for chunk, batches in _chunks(file, size):
                        before = out.size
                        for at, header in batches:
                            position += header.length
                            self._batch(chunk, at, header, out, last and position == size)
                        out.flush()
                        yield len(chunk) + out.size - before
                finally:
                    file.close()
            out.finish(self._txns.take_kept())
        except BaseException:
            out.drop()
            raise
        self._result.bytes_kept += out.size
        self._result.groups.append(
            Group([s[0] for s in group], out.size, out.max_timestamp, out.max_timestamp_offset)
        )

    def _batch(
        self, chunk: bytes, at: int, header: BatchHeader, out: CleanedSegment, last: bool
    ) -> None:
        """Decide what becomes of one batch."""
        task, result = self._task, self._result
        result.bytes_read += header.length
        result.read += header.count
        horizon = header.base_timestamp if header.attributes & DELETE_HORIZON else None
        dated = header.next_offset == task.end or self._last_of_producer(header)
        held = last or dated
        if header.is_control:
            batch = chunk[at : at + header.length]
            void = self._txns.marker(header, batch)
            if void and ((horizon is not None and horizon <= task.now_ms) or not header.count):
                if held:
                    out.add(emptied(header, dated=dated))
                return
            if void and horizon is None:
                self._write_marker(batch, header, out)
            else:
                out.copy(chunk, at, header)
            result.kept += header.count
            return
        if self._txns.batch(header):
            if held:
                out.add(emptied(header, dated=dated))
            return
        deletes = horizon is None or task.now_ms < horizon
        try:
            body = _plain(chunk, at, header)
            kept = kept_records(body, header, self._known, deletes=deletes)
        except BatchError:
            result.passed_on += 1
            out.copy(chunk, at, header)
            return
        result.kept += kept.records
        new_horizon = kept.tombstones and horizon is None
        if kept.records == header.count and kept.records and not new_horizon:
            out.copy(chunk, at, header)
        elif kept.records:
            until = task.now_ms + task.delete_retention_ms if new_horizon else None
            out.add(with_records(header, body, kept, until))
        elif held:
            out.add(emptied(header, dated=dated))

    def _write_marker(self, batch: bytes, header: BatchHeader, out: CleanedSegment) -> None:
        """A marker of a transaction that is gone: from now on it has a delete horizon."""
        body = batch[HEADER_SIZE:]
        until = self._task.now_ms + self._task.delete_retention_ms
        out.add(with_records(header, body, Kept([(0, len(body))], header.count, False), until))

    def _last_of_producer(self, header: BatchHeader) -> bool:
        """Whether the state of an active producer is read from this batch."""
        if header.producer_id < 0:
            return False
        found = self._task.producers.get(header.producer_id)
        if found is None:
            return False
        last_offset, epoch = found
        if last_offset >= 0:
            return header.last_offset == last_offset
        return header.is_control and header.producer_epoch == epoch
