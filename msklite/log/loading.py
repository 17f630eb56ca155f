"""Opening a log's folder: which files belong to it, what must be checked, where it ends.

- `.deleted` files are removed: whoever renamed them had decided. `.cleaned` ones are the unfinished
  work of Kafka's cleaner, removed too. A `.swap` needs the cleaner's rules: opening is refused.
- After a clean stop only the active segment is looked at, from its last index entry on. Otherwise
  all segments from the recovery point's on are checked batch by batch, see `recovery`.
- A missing or impossible index is rebuilt from its segment. Closed segments' indexes are read, and
  thus judged, when they are first used.
- Snapshots of producers beyond what was checked are dropped: the log may have been cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from msklite.log.checkpoints import EPOCHS, DamagedCheckpoint
from msklite.log.config import LogConfig
from msklite.log.directories import read_topic_id, write_topic_id
from msklite.log.epochs import EpochCache
from msklite.log.index import CorruptIndex
from msklite.log.producers import CorruptSnapshot, ProducerState
from msklite.log.recovery import CorruptLog, recover
from msklite.log.segment import (
    DELETED,
    INDEX,
    LOG,
    SNAPSHOT,
    TIME_INDEX,
    TXN_INDEX,
    DamagedSegment,
    Segment,
    file_name,
)
from msklite.wire.batch import BatchHeader
from msklite.wire.primitives import Buffer
from msklite.wire.records import iter_records
from msklite.world import Storage


@dataclass(slots=True)
class LoadedLog:
    """What `Log` is made of."""

    topic_id: bytes | None
    segments: list[Segment]
    start_offset: int
    end_offset: int
    recovery_point: int
    epochs: EpochCache | None
    snapshots: Snapshots
    producers: ProducerState | None


class Snapshots:
    """The `.snapshot` files of one log, by the offset in their names."""

    __slots__ = ("_folder", "_offsets", "_storage", "_unsynced")

    def __init__(self, storage: Storage, folder: str, offsets: list[int]) -> None:
        self._storage = storage
        self._folder = folder
        self._offsets = offsets
        self._unsynced: list[str] = []

    @property
    def offsets(self) -> list[int]:
        """Which there are, ascending."""
        return list(self._offsets)

    def _path(self, offset: int) -> str:
        return f"{self._folder}/{file_name(offset, SNAPSHOT)}"

    def take(self, offset: int, state: ProducerState) -> None:
        """Write the state at `offset`, unless a later or the same one is there."""
        if offset <= (self._offsets[-1] if self._offsets else 0):
            return
        path = self._path(offset)
        self._storage.write(path, state.encode(), sync=False)
        self._offsets.append(offset)
        self._unsynced.append(path)

    def sync(self) -> None:
        """Make those taken lately durable."""
        while self._unsynced:
            path = self._unsynced.pop()
            if self._storage.exists(path):
                file = self._storage.open(path)
                file.sync()
                file.close()

    def _remove(self, offset: int) -> None:
        path = self._path(offset)
        if self._storage.exists(path):
            self._storage.remove(path)

    def drop_after(self, offset: int) -> None:
        """Remove those beyond `offset`."""
        keep = bisect_right(self._offsets, offset)
        while len(self._offsets) > keep:
            self._remove(self._offsets.pop())

    def drop_before(self, offset: int) -> None:
        """Remove those below `offset`."""
        for gone in self._offsets[: bisect_left(self._offsets, offset)]:
            self._remove(gone)
        del self._offsets[: bisect_left(self._offsets, offset)]

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
            except CorruptSnapshot:
                self._offsets.remove(offset)
                self._remove(offset)
        return 0, ProducerState()

    def rebuild(self, segments: list[Segment], start: int, end: int) -> ProducerState:
        """The state at `end`: the last snapshot, and the batches since."""
        offset, state = self.latest(end)
        offset = max(offset, start)
        if offset < end:
            replay_producers(segments, state, offset, end)
        return state


def replay_producers(segments: list[Segment], state: ProducerState, start: int, end: int) -> None:
    """Note in `state` the batches of offsets start..end-1."""
    for i, segment in enumerate(segments):
        following = segments[i + 1].base_offset if i + 1 < len(segments) else end
        if following <= start or segment.base_offset >= end:
            continue
        found = segment.find(max(start, segment.base_offset))
        if found is None:
            continue
        for position, header in segment.headers(found[0]):
            if header.base_offset >= end:
                break
            if header.producer_id >= 0:
                batch = segment.open().read(position, header.length) if header.is_control else b""
                note_batch(state, header, batch, 0)


def note_batch(state: ProducerState, header: BatchHeader, buffer: Buffer, at: int) -> None:
    """Note one batch of a producer; `buffer` is needed only for control batches."""
    if header.is_control:
        value = next((r.value for r in iter_records(buffer, at)), None)
        state.update_marker(header, value)
    else:
        state.update(header, header.base_offset)


def load(
    storage: Storage, path: str, config: LogConfig, clean: bool, recovery_point: int,
    log_start_offset: int, now_ms: int, topic_id: bytes | None,
) -> LoadedLog:  # fmt: skip
    """See the module; the meaning of the arguments is that of `Log.open`."""
    if not storage.is_dir(path):
        return _begin(storage, path, config, log_start_offset, now_ms, topic_id)
    names = set(storage.list(path))
    _tidy(storage, path, names)
    found_id = read_topic_id(storage, path)
    if found_id is None and topic_id is not None:
        write_topic_id(storage, path, topic_id)
        found_id = topic_id
    elif topic_id is not None and found_id != topic_id:
        raise CorruptLog(path, "its partition.metadata names another topic id than expected.")
    bases = sorted(int(n[:20]) for n in names if n.endswith(LOG) and n[:-4].isdigit())
    snapshots = Snapshots(storage, path, sorted(int(n[:20]) for n in names if n.endswith(SNAPSHOT)))
    if not bases:
        base = log_start_offset
        segments = [Segment.create(storage, path, base, config, now_ms)]
        snapshots.drop_after(base)
        return LoadedLog(found_id, segments, base, base, base, None, snapshots, None)
    segments = []
    for base in bases:
        segment = Segment(storage, path, base, config, now_ms)
        segment.size = storage.size(segment.path + LOG)
        segments.append(segment)
    log = LoadedLog(found_id, segments, 0, 0, recovery_point, None, snapshots, None)
    _check(storage, path, log, names, clean)
    log.start_offset = max(log_start_offset, bases[0])
    if log.start_offset > log.end_offset:
        _start_beyond_end(storage, path, config, log, now_ms)
    snapshots.drop_after(log.end_offset)
    snapshots.drop_strays([s.base_offset for s in log.segments])
    return log


def _begin(
    storage: Storage, path: str, config: LogConfig, base: int, now_ms: int,
    topic_id: bytes | None,
) -> LoadedLog:  # fmt: skip
    storage.make_dirs(path)
    if topic_id is not None:
        write_topic_id(storage, path, topic_id)
    segment = Segment.create(storage, path, base, config, now_ms)
    storage.open(f"{path}/{EPOCHS}").close()
    snapshots = Snapshots(storage, path, [])
    return LoadedLog(topic_id, [segment], base, base, base, None, snapshots, ProducerState())


def _tidy(storage: Storage, path: str, names: set[str]) -> None:
    for name in sorted(names):
        if name.endswith(".swap"):
            raise CorruptLog(
                f"{path}/{name}",
                "Apache Kafka's cleaner was interrupted here; start Apache Kafka on this "
                "directory once, so that it finishes.",
            )
        is_checkpoint = name.endswith(".checkpoint" + DELETED)
        if name.endswith((DELETED, ".cleaned", ".tmp")) and not is_checkpoint:
            storage.remove(f"{path}/{name}")
            names.discard(name)
    for name in sorted(names):
        stem, dot, suffix = name.partition(".")
        orphan = dot + suffix in (INDEX, TIME_INDEX, TXN_INDEX) and stem + LOG not in names
        if orphan and stem.isdigit():
            storage.remove(f"{path}/{name}")
            names.discard(name)


def _check(storage: Storage, path: str, log: LoadedLog, names: set[str], clean: bool) -> None:
    """Find the end; recover what must be recovered."""
    segments = log.segments
    active = segments[-1]
    suspect = len(segments)
    if not clean:
        bases = [s.base_offset for s in segments]
        suspect = max(bisect_right(bases, log.recovery_point) - 1, 0)
    unindexed = {
        i for i, s in enumerate(segments)
        if file_name(s.base_offset, INDEX) not in names
        or file_name(s.base_offset, TIME_INDEX) not in names
    }  # fmt: skip
    if clean and len(segments) - 1 not in unindexed:
        try:
            log.end_offset, position = active.tail() if active.size else (active.base_offset, 0)
            if position == active.size:
                if not active.size:
                    active.max_timestamp = -1
                log.recovery_point = log.end_offset
            else:
                unindexed.add(len(segments) - 1)
        except (CorruptIndex, DamagedSegment):
            unindexed.add(len(segments) - 1)
    todo = sorted(unindexed | set(range(suspect, len(segments))))
    if not todo:
        return
    state_from = segments[todo[0]].base_offset
    offset, state = log.snapshots.latest(state_from)
    epochs = log.epochs = (
        EpochCache(storage, f"{path}/{EPOCHS}") if clean
        else _surviving_epochs(storage, path, segments[:suspect])
    )  # fmt: skip

    def found(header: BatchHeader, buffer: Buffer, at: int) -> None:
        if header.leader_epoch > epochs.latest:
            epochs.assign(header.leader_epoch, header.base_offset)

    for i in todo:
        end = recover(segments[i], found, last=i == len(segments) - 1)
        if i == len(segments) - 1:
            log.end_offset = end
    epochs.truncate_end(log.end_offset)
    log.snapshots.drop_after(state_from)
    if offset < log.end_offset:
        replay_producers(segments, state, max(offset, segments[0].base_offset), log.end_offset)
    log.producers = state
    log.recovery_point = min(log.recovery_point, log.end_offset) if not clean else log.end_offset


def _surviving_epochs(storage: Storage, path: str, sound: list[Segment]) -> EpochCache:
    """The epochs after a crash. The file is synced late, so it may be torn: batches know, too."""
    file = f"{path}/{EPOCHS}"
    try:
        epochs = EpochCache(storage, file)
    except DamagedCheckpoint:
        storage.remove(file)
        epochs = EpochCache(storage, file)
    if not len(epochs):
        for segment in sound:
            for _, header in segment.headers():
                if header.leader_epoch > epochs.latest:
                    epochs.assign(header.leader_epoch, header.base_offset)
    return epochs


def _start_beyond_end(
    storage: Storage, path: str, config: LogConfig, log: LoadedLog, now_ms: int
) -> None:
    """All that is left lies below the log's start: it had been deleted. Begin there, empty."""
    for segment in log.segments:
        segment.drop()
        for suffix in (LOG, INDEX, TIME_INDEX, TXN_INDEX):
            if storage.exists(segment.path + suffix):
                storage.remove(segment.path + suffix)
    start = log.start_offset
    log.snapshots.drop_after(-1)
    log.segments = [Segment.create(storage, path, start, config, now_ms)]
    log.epochs = EpochCache(storage, f"{path}/{EPOCHS}")
    log.epochs.clear()
    log.end_offset = log.recovery_point = start
    log.producers = ProducerState()
