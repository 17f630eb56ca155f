"""How much of a log is dirty, and putting cleaned segments in the place of others.

Who cleans asks `dirty`, makes a task of it, has it done elsewhere (`cleaner`), and then for each
group of the result:

    if log.begin_swap(group):
        await storage.run(log.swap_barrier)
        log.end_swap(group)

- `begin_swap` renames the files from `.cleaned` to `.swap`, the `.log` last. From then on a start
  after a crash finishes the swap (`tidying`); before, it throws the work away.
- `swap_barrier` makes those names durable. Only then may the replaced segments go.
- `end_swap` sets the old ones aside, like deleted ones, and gives the new files their names, the
  `.log` last again.

If segments of a group have gone meanwhile, by retention or because the log was cut, the work is
thrown away, at once where the swap had begun. Sources: Kafka's LogCleanerManager, UnifiedLog and
LocalLog.replaceSegments.
"""

from __future__ import annotations

from dataclasses import dataclass

from msklite.log.cleaner import CleanTask, Group
from msklite.log.files import LogFiles
from msklite.log.garbage import set_aside
from msklite.log.segment import (
    CLEANED,
    INDEX,
    LOG,
    SWAP,
    TIME_INDEX,
    TXN_INDEX,
    UNKNOWN,
    Segment,
    file_name,
)
from msklite.log.txn_index import AbortedTxn, TxnIndex

_INDEXES_FIRST = (INDEX, TIME_INDEX, TXN_INDEX, LOG)


@dataclass(slots=True, frozen=True)
class Dirty:
    """What there is to clean: offsets from `first` on, in closed segments below `end`."""

    first: int
    end: int
    clean_bytes: int
    dirty_bytes: int
    late_ms: int
    """For how long something has been dirty beyond max.compaction.lag.ms."""

    @property
    def overdue(self) -> bool:
        """Whether it must be cleaned, however little it is."""
        return self.late_ms > 0

    @property
    def ratio(self) -> float:
        """How much of what can be cleaned is dirty."""
        total = self.clean_bytes + self.dirty_bytes
        return self.dirty_bytes / total if total else 0.0


class Compactable(LogFiles):
    """See the module. `cleaned_offset`: below it every key is there once; -1: unknown."""

    __slots__ = ("_swapping", "ages_by_append", "cleaned_offset", "size", "start_offset")

    size: int
    start_offset: int
    cleaned_offset: int
    ages_by_append: bool
    _swapping: int

    def dirty(self, now_ms: int, last_stable: int) -> Dirty | None:
        """What may be cleaned now, and whether that is worth it is for the asker to say."""
        segments, config = self.segments, self.config
        first = self.cleaned_offset
        if not self.start_offset <= first <= self.end_offset:
            first = self.start_offset
        closed = segments[:-1]
        dirty = [s for i, s in enumerate(closed) if segments[i + 1].base_offset > first]
        limit = min(last_stable, segments[-1].base_offset)
        if config.min_compaction_lag_ms > 0:
            since = now_ms - config.min_compaction_lag_ms
            young = (s.base_offset for s in dirty if s.last_ms() > since)
            limit = min(limit, next(young, limit))
        limit = max(limit, first)
        end = segments[-1].base_offset
        for i, segment in enumerate(closed):
            if segments[i + 1].base_offset > limit:
                end = segment.base_offset
                break
        dirty_bytes = sum(s.size for s in dirty if s.base_offset < end)
        clean_bytes = sum(s.size for s in closed if s.base_offset < min(first, end))
        if not dirty_bytes:
            return None
        return Dirty(first, end, clean_bytes, dirty_bytes, self._late_ms(dirty, now_ms))

    def _late_ms(self, dirty: list[Segment], now_ms: int) -> int:
        since = now_ms - max(self.config.max_compaction_lag_ms, 0)
        if since <= 0:
            return 0
        return max((since - s.first_ms() for s in dirty if 0 < s.first_ms() < since), default=0)

    def clean_task(self, dirty: Dirty, now_ms: int, slots: int) -> CleanTask:
        """The work, as it can be sent to another process."""
        segments = [s for s in self.segments[:-1] if s.base_offset < dirty.end]
        config = self.config
        producers = {
            p.producer_id: (p.batches[-1].last_offset if p.batches else -1, p.epoch)
            for p in self.producer_state.producers.values()
        }
        return CleanTask(
            self.path, [(s.base_offset, s.size) for s in segments], dirty.first, dirty.end, now_ms,
            config.delete_retention_ms, config.segment_bytes, config.segment_index_bytes,
            config.index_interval_bytes, slots, producers, self._aborted_from(dirty.end),
        )  # fmt: skip

    def _aborted_from(self, end: int) -> list[AbortedTxn]:
        """Aborted transactions that touch what is below `end`, wherever their markers are."""
        found: list[AbortedTxn] = []
        for segment in self.segments:
            path = segment.path + TXN_INDEX
            if self._storage.exists(path):
                found += TxnIndex(self._storage, path, segment.base_offset).entries
        return [e for e in found if e.first_offset < end]

    # -- swapping -----------------------------------------------------------------------------

    def _place_of(self, group: Group) -> int:
        """Where the group's segments lie, all there and closed; -1 if not."""
        segments = self.segments
        bases = [s.base_offset for s in segments]
        if group.bases[0] not in bases[:-1]:
            return -1
        at = bases.index(group.bases[0])
        count = len(group.bases)
        same = bases[at : at + count] == group.bases and at + count < len(segments)
        return at if same else -1

    def begin_swap(self, group: Group) -> bool:
        """Decide for the new segment, if it still fits."""
        if self._place_of(group) < 0:
            self.discard(group.bases[0])
            return False
        stem = f"{self.path}/{file_name(group.bases[0], '')}"
        for suffix in _INDEXES_FIRST:
            if self._storage.exists(stem + suffix + CLEANED):
                self._storage.rename(stem + suffix + CLEANED, stem + suffix + SWAP)
        self._swapping = group.bases[0]
        return True

    def swap_barrier(self) -> None:
        """Make the new names durable; blocking, for another thread."""
        self._storage.sync_dir(self.path)

    def end_swap(self, group: Group) -> bool:
        """Put the new segment in its place. After an OSError only a new start knows the files."""
        base = group.bases[0]
        at = self._place_of(group)
        if self._swapping != base or at < 0:
            self.discard(base)
            return False
        self._swapping = -1
        old = self.segments[at : at + len(group.bases)]
        for segment in old:
            set_aside(self._storage, segment)
        stem = f"{self.path}/{file_name(base, '')}"
        for suffix in _INDEXES_FIRST:
            if self._storage.exists(stem + suffix + SWAP):
                self._storage.rename(stem + suffix + SWAP, stem + suffix)
        new = Segment(self._storage, self.path, base, self.config, old[0].created_ms)
        new.size = group.size
        new.max_timestamp = group.max_timestamp if group.max_timestamp >= 0 else UNKNOWN
        new.max_timestamp_offset = group.max_timestamp_offset
        new.appended_ms = max(s.appended_ms for s in old)
        new.by_append = self.ages_by_append
        self.segments[at : at + len(old)] = [new]
        self._garbage += old
        self.size += new.size - sum(s.size for s in old)
        self._snapshots.drop_strays([s.base_offset for s in self.segments])
        return True

    def discard(self, base: int) -> None:
        """Throw away what was cleaned into a segment that isn't wanted any more."""
        stem = f"{self.path}/{file_name(base, '')}"
        for suffix in reversed(_INDEXES_FIRST):
            for kind in (CLEANED, SWAP):
                if self._storage.exists(stem + suffix + kind):
                    self._storage.remove(stem + suffix + kind)

    def _abandon_swap(self) -> None:
        """Segments are about to go that a swap under way may be about."""
        if self._swapping >= 0:
            base, self._swapping = self._swapping, -1
            self.discard(base)
