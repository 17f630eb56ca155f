"""Opening a log's folder: which files belong to it, what must be checked, where it ends.

- What cleaners and deletions left half-done is finished first, see `tidying`.
- What a power loss has left of records that weren't flushed may have holes: sound segments behind
  a torn one, or one that lacks its end. Where other replicas have it all (`cuts` is given), the log
  is cut at the first hole, as Kafka does it everywhere; a log with no other replica is refused.
- After a clean stop only the active segment is looked at, from its last index entry on. Otherwise
  all segments from the recovery point's on are checked batch by batch, see `recovery`.
- A missing or impossible index is rebuilt from its segment. Closed segments' indexes are read, and
  thus judged, when they are first used.
- Leader epochs whose file was lost are read from the batches. Snapshots of producers beyond the end
  are dropped: the log was cut.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from msklite.log.checkpoints import EPOCHS, DamagedCheckpoint
from msklite.log.config import LogConfig
from msklite.log.directories import PARTITION_METADATA, read_topic_id, write_topic_id
from msklite.log.epochs import EpochCache
from msklite.log.index import CorruptIndex
from msklite.log.producers import ProducerState
from msklite.log.recovery import CorruptLog, recover
from msklite.log.segment import (
    INDEX,
    LOG,
    SNAPSHOT,
    TIME_INDEX,
    TXN_INDEX,
    DamagedSegment,
    Segment,
    file_name,
)
from msklite.log.snapshots import Snapshots, note_batch
from msklite.log.tidying import offsets_with, tidy
from msklite.log.txn_index import AbortedTxn
from msklite.wire.batch import BatchHeader
from msklite.wire.primitives import Buffer
from msklite.world import Storage


@dataclass(slots=True)
class LoadedLog:
    """What `Log` is made of. Epochs and producers may be None: to be read when first needed."""

    topic_id: bytes | None
    segments: list[Segment]
    start_offset: int
    end_offset: int
    recovery_point: int
    snapshots: Snapshots
    epochs: EpochCache | None = None
    producers: ProducerState | None = None
    unsynced: list[str] = field(default_factory=list)
    """Files written here that a flush must make durable."""


def load(
    storage: Storage, path: str, config: LogConfig, clean: bool, recovery_point: int,
    log_start_offset: int, now_ms: int, topic_id: bytes | None, cuts: list[str] | None = None,
) -> LoadedLog:  # fmt: skip
    """See the module; the meaning of the arguments is that of `Log.open`."""
    if not storage.is_dir(path):
        return _begin(storage, path, config, log_start_offset, now_ms, topic_id)
    names = set(storage.list(path))
    tidy(storage, path, names)
    bases = offsets_with(names, LOG)
    snapshots = Snapshots(storage, path, offsets_with(names, SNAPSHOT))
    log = LoadedLog(None, [], 0, 0, recovery_point, snapshots)
    _check_topic(storage, path, topic_id, log)
    for base in bases:
        segment = Segment(storage, path, base, config, now_ms)
        segment.size = storage.size(segment.path + LOG)
        log.segments.append(segment)
    if not bases:
        if recovery_point > log_start_offset:
            raise CorruptLog(
                path,
                f"its segments are missing, and records up to offset {recovery_point - 1} had been "
                "written completely. Restore them, or remove recovery-point-offset-checkpoint to "
                "give up what is missing.",
            )
        _begin_anew(storage, path, config, log, log_start_offset, now_ms)
        return log
    log.start_offset = max(log_start_offset, bases[0])
    _check(storage, path, log, names, clean, cuts)
    if log.start_offset > log.end_offset:
        # All that is left lies below the log's start: it had been deleted.
        for segment in log.segments:
            _remove(storage, segment)
        _begin_anew(storage, path, config, log, log.start_offset, now_ms)
        return log
    if log.epochs is not None:
        log.epochs.truncate_end(log.end_offset)
        log.epochs.truncate_start(log.start_offset)
    snapshots.drop_after(log.end_offset)
    snapshots.drop_strays([s.base_offset for s in log.segments])
    return log


def _check_topic(storage: Storage, path: str, topic_id: bytes | None, log: LoadedLog) -> None:
    log.topic_id = read_topic_id(storage, path)
    if topic_id is None:
        return
    if log.topic_id is None:
        write_topic_id(storage, path, topic_id)
        log.unsynced.append(f"{path}/{PARTITION_METADATA}")
        log.topic_id = topic_id
    elif log.topic_id != topic_id:
        raise CorruptLog(path, "its partition.metadata names another topic id than expected.")


def _begin(
    storage: Storage, path: str, config: LogConfig, base: int, now_ms: int,
    topic_id: bytes | None,
) -> LoadedLog:  # fmt: skip
    """A new log."""
    storage.make_dirs(path)
    if topic_id is not None:
        write_topic_id(storage, path, topic_id)
    segment = Segment.create(storage, path, base, config, now_ms)
    storage.open(f"{path}/{EPOCHS}").close()
    unsynced = [f"{path}/{PARTITION_METADATA}"] if topic_id is not None else []
    return LoadedLog(
        topic_id, [segment], base, base, base, Snapshots(storage, path, []),
        EpochCache(storage, f"{path}/{EPOCHS}"), ProducerState(), unsynced,
    )  # fmt: skip


def _begin_anew(
    storage: Storage, path: str, config: LogConfig, log: LoadedLog, start: int, now_ms: int
) -> None:
    """The folder holds no records: an empty segment at `start`, nothing known of what was."""
    log.snapshots.drop_after(-1)
    log.segments = [Segment.create(storage, path, start, config, now_ms)]
    try:
        log.epochs = EpochCache.read(storage, f"{path}/{EPOCHS}")
    except DamagedCheckpoint:
        log.epochs = EpochCache(storage, f"{path}/{EPOCHS}")
    log.epochs.clear()
    log.start_offset = log.end_offset = log.recovery_point = start
    log.producers = ProducerState()


def _remove(storage: Storage, segment: Segment) -> None:
    segment.drop()
    for suffix in (INDEX, TIME_INDEX, TXN_INDEX, LOG):
        if storage.exists(segment.path + suffix):
            storage.remove(segment.path + suffix)


# -- checking -------------------------------------------------------------------------------------


def _check(
    storage: Storage, path: str, log: LoadedLog, names: set[str], clean: bool,
    cuts: list[str] | None,
) -> None:  # fmt: skip
    """Find the end; recover what must be recovered."""
    segments = log.segments
    last = len(segments) - 1
    suspect = len(segments)
    if not clean:
        bases = [s.base_offset for s in segments]
        suspect = max(bisect_right(bases, log.recovery_point) - 1, 0)
    todo = set(range(suspect, len(segments)))
    for i, segment in enumerate(segments):
        stem = file_name(segment.base_offset, "")
        if stem + INDEX not in names or stem + TIME_INDEX not in names:
            todo.add(i)
    if last not in todo:
        end = _quick_end(segments[last])
        if end is None:
            todo.add(last)
        elif clean and end < log.recovery_point:
            raise CorruptLog(
                segments[last].path + LOG,
                f"it ends before offset {end}, and records up to {log.recovery_point - 1} had been "
                "written completely when it was closed. Restore the file, or remove "
                "recovery-point-offset-checkpoint to give up what is missing.",
            )
        else:
            log.end_offset = log.recovery_point = end
    if todo:
        _recover(storage, path, log, sorted(todo), suspect, None if clean else cuts)


def _quick_end(active: Segment) -> int | None:
    """The end after a clean stop; None where the active segment must be checked after all."""
    if not active.size:
        active.max_timestamp, active.max_timestamp_offset = -1, active.base_offset
        return active.base_offset
    try:
        end, position = active.tail()
    except (CorruptIndex, DamagedSegment):
        return None
    return end if position == active.size else None


def _recover(
    storage: Storage, path: str, log: LoadedLog, todo: list[int], suspect: int,
    cuts: list[str] | None,
) -> None:  # fmt: skip
    """Check the segments `todo` and learn from their batches what else was lost.

    What follows from batches alone (producers, aborted transactions) is learnt anew for the
    segments from `suspect` on; those before lack an index only.
    """
    segments = log.segments
    clean = suspect == len(segments)
    bases, durable = [s.base_offset for s in segments], log.recovery_point
    state: ProducerState | None = None
    aborted: list[AbortedTxn] = []
    seen: list[tuple[int, int]] = []

    def found(header: BatchHeader, buffer: Buffer, at: int) -> None:
        if not seen or header.leader_epoch > seen[-1][0]:
            seen.append((header.leader_epoch, header.base_offset))
        if state is not None and header.producer_id >= 0 and header.last_offset >= log.start_offset:
            note_batch(state, header, buffer, at, aborted.append)

    for i in todo:
        last = i == len(segments) - 1
        size = segments[i].size
        if i == suspect:
            state = log.snapshots.rebuild(segments[:i], log.start_offset, bases[i])
        end = recover(
            segments[i], found, last=last, durable=log.recovery_point, cut=cuts is not None
        )
        if state is not None:
            segments[i].txns.rebuild(aborted)
            aborted.clear()
        if last:
            log.end_offset = end
        if cuts is None or last or end < log.recovery_point:
            continue
        if segments[i].size < size or end != segments[i + 1].base_offset:
            log.end_offset, lost = end, segments[i + 1 :]
            del segments[i + 1 :]
            for segment in lost:
                _remove(storage, segment)
            cuts.append(f"{path} had not been written completely: it is cut at offset {end}")
            break
    log.recovery_point = log.end_offset if clean else min(log.recovery_point, log.end_offset)
    log.producers = state
    log.epochs = read_epochs(storage, path, segments)
    if not clean:
        # The batches are the truth: a power loss may have undone a truncation that wasn't flushed,
        # and the file would then name an epoch for records of an earlier one.
        tail = max(bisect_right(bases, durable) - 1, 0)
        log.epochs.truncate_end(bases[tail])
    for epoch, offset in seen:
        if epoch > log.epochs.latest:
            log.epochs.assign(epoch, offset)


def read_epochs(storage: Storage, path: str, segments: list[Segment]) -> EpochCache:
    """The leader epochs by their file; by the batches where it was lost or damaged."""
    file = f"{path}/{EPOCHS}"
    cache = EpochCache(storage, file)
    try:
        cache = EpochCache.read(storage, file)
    except DamagedCheckpoint:
        pass
    if len(cache):
        return cache
    for segment in segments:
        for _, header in segment.headers():
            if header.leader_epoch < 0:
                return cache
            if header.leader_epoch > cache.latest:
                cache.assign(header.leader_epoch, header.base_offset)
    return cache
