"""The `.snapshot` files of one log: its producers as they were at the offset in the file's name.

One is written when a segment is rolled and when the log is closed (Kafka's ProducerStateManager).
None is synced: one that a power loss damages is removed, and state is rebuilt from an earlier one
and the batches since.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from struct import Struct

from msklite.log.producers import (
    RETAINED,
    CorruptSnapshot,
    Marker,
    Producer,
    ProducerState,
    Sent,
)
from msklite.log.segment import SNAPSHOT, Segment, file_name
from msklite.log.txn_index import AbortedTxn
from msklite.wire.batch import CONTROL, BatchError, BatchHeader
from msklite.wire.primitives import Buffer
from msklite.wire.records import Control, control_kind, iter_records
from msklite.world import Storage

_LOOK_BACK = 64 * 1024 * 1024
_MARKER = Struct(">hi")
"""A marker's value: version, coordinator epoch."""


class Snapshots:
    """The files by offset, ascending."""

    __slots__ = ("_folder", "_offsets", "_storage")

    def __init__(self, storage: Storage, folder: str, offsets: list[int]) -> None:
        self._storage = storage
        self._folder = folder
        self._offsets = offsets

    @property
    def offsets(self) -> list[int]:
        """Which there are, ascending."""
        return list(self._offsets)

    @property
    def last(self) -> int:
        """The latest one's offset; 0 without any."""
        return self._offsets[-1] if self._offsets else 0

    def moved(self, folder: str) -> None:
        """The log's folder has another name now."""
        self._folder = folder

    def _path(self, offset: int) -> str:
        return f"{self._folder}/{file_name(offset, SNAPSHOT)}"

    def take(self, offset: int, state: ProducerState) -> None:
        """Write the state at `offset`, unless a later or the same one is there."""
        if offset <= self.last:
            return
        self._storage.write(self._path(offset), state.encode(), sync=False)
        self._offsets.append(offset)

    def _remove(self, offset: int) -> None:
        path = self._path(offset)
        if self._storage.exists(path):
            self._storage.remove(path)

    def drop_after(self, offset: int) -> None:
        """Remove those beyond `offset`, the latest first."""
        while self._offsets and self._offsets[-1] > offset:
            self._remove(self._offsets[-1])
            self._offsets.pop()

    def drop_before(self, offset: int) -> None:
        """Remove those below `offset`."""
        gone = bisect_left(self._offsets, offset)
        for old in self._offsets[:gone]:
            self._remove(old)
        del self._offsets[:gone]

    def drop_strays(self, bases: list[int]) -> None:
        """Remove those that no segment begins at, but for the last, if it lies behind them all."""
        wanted = set(bases)
        if self._offsets and self._offsets[-1] > bases[-1]:
            wanted.add(self._offsets[-1])
        for offset in self._offsets:
            if offset not in wanted:
                self._remove(offset)
        self._offsets = [o for o in self._offsets if o in wanted]

    def latest(self, at_most: int) -> tuple[int, ProducerState]:
        """The last usable one at or below `at_most`, and its offset; damaged ones are removed."""
        for offset in reversed(self._offsets[: bisect_right(self._offsets, at_most)]):
            try:
                return offset, ProducerState.decode(self._storage.read(self._path(offset)))
            except (CorruptSnapshot, FileNotFoundError):
                self._offsets.remove(offset)
                self._remove(offset)
        return 0, ProducerState()

    def rebuild_txns(self, segments: list[Segment], slot: int, start: int) -> None:
        """Read the aborted transactions of one segment from the log anew."""
        segment = segments[slot]
        state = self.rebuild(segments[:slot], start, segment.base_offset)
        aborted: list[AbortedTxn] = []
        for position, header in segment.headers():
            if header.producer_id >= 0:
                control = header.attributes & CONTROL
                batch = segment.open().read(position, header.length) if control else b""
                note_batch(state, header, batch, 0, aborted.append)
        segment.txns.rebuild(aborted)

    def rebuild(self, segments: list[Segment], start: int, end: int) -> ProducerState:
        """The state at `end`: the last snapshot, and the batches since."""
        offset, state = self.latest(end)
        offset = max(offset, start)
        if offset < end:
            _replay(segments, state, offset, end)
        return state


def _replay(segments: list[Segment], state: ProducerState, start: int, end: int) -> None:
    """Note in `state` the batches of offsets start..end-1."""
    for i, segment in enumerate(segments):
        following = segments[i + 1].base_offset if i + 1 < len(segments) else end
        if following <= start or segment.base_offset >= end:
            continue
        found = segment.find(max(start, segment.base_offset))
        if found is None:
            continue
        for position, header in _until(segment, found[0], end):
            if header.producer_id < 0:
                continue
            if header.attributes & CONTROL:
                batch = segment.open().read(position, header.length)
                done = state.update_marker(header, marker_of(batch))
                if done is not None:
                    state.open.complete(done)
            else:
                state.update(header, header.base_offset)


def earlier_batches(segments: list[Segment], producer: Producer) -> list[Sent]:
    """Batches of a producer before the oldest that is known of it: the last few, near the end.

    They are looked for in about the last `_LOOK_BACK` bytes before it.
    """
    before = producer.batches[0].first_offset
    wanted = RETAINED - len(producer.batches)
    found: list[Sent] = []
    left = _LOOK_BACK
    for segment in reversed(segments):
        if segment.base_offset >= before:
            continue
        share = min(1.0, left / max(segment.size, 1))
        begin = before - int((before - segment.base_offset) * share)
        here = [
            Sent(h.last_sequence, h.last_offset, h.last_offset_delta, h.max_timestamp)
            for _, h in _until(segment, segment.near(begin), before)
            if h.producer_id == producer.producer_id
            and h.producer_epoch == producer.epoch
            and not h.attributes & CONTROL
        ]
        found = [*here, *found][-wanted:]
        left -= segment.size
        before = segment.base_offset
        if len(found) == wanted or left <= 0:
            break
    return found


def _until(segment: Segment, position: int, end: int) -> Iterator[tuple[int, BatchHeader]]:
    for at, header in segment.headers(position):
        if header.base_offset >= end:
            return
        yield at, header


def marker_of(buffer: Buffer, at: int = 0) -> Marker | None:
    """The marker in the control batch at `at`; None if it was cleaned away or is no marker."""
    try:
        record = next(iter_records(buffer, at), None)
        if record is None:
            return None
        kind = control_kind(record.key)
    except BatchError:
        return None
    value = record.value or b""
    if kind not in (Control.ABORT, Control.COMMIT) or len(value) < _MARKER.size:
        return None
    return Marker(kind is Control.ABORT, _MARKER.unpack_from(value)[1])


def note_batch(
    state: ProducerState, header: BatchHeader, buffer: Buffer, at: int,
    aborted: Callable[[AbortedTxn], None],
) -> None:  # fmt: skip
    """A producer's batch at `at` in `buffer` is in the log: note it, and what it ends."""
    if not header.attributes & CONTROL:
        state.update(header, header.base_offset)
        return
    done = state.update_marker(header, marker_of(buffer, at))
    if done is not None:
        if done.aborted:
            stable = state.open.stable_after(done)
            aborted(AbortedTxn(done.producer_id, done.first_offset, done.last_offset, stable))
        state.open.complete(done)
