"""The log of one partition: segments, leader epochs and producers, kept as Apache Kafka keeps them.

Rules:
- Offsets only grow. `append` gives a produced batch its place by patching base offset and leader
  epoch, both outside the CRC; the rest of the bytes is stored as it came.
- A failed append leaves the log as it was: the write is all or nothing, and state changes after it.
- After `open` every batch is sound up to `end_offset` (see `recovery`); nothing that was
  acknowledged is cut.
- Retention is the owner's decision. What is done to the files is in `files`.
- Readers of committed records see what is below `first_undecided`, and are told of the aborted
  transactions in it (`aborted`).

Sources: Kafka's UnifiedLog, LocalLog and LogSegment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from msklite.errors import Code, KafkaError
from msklite.log import append_times
from msklite.log.compaction import Compactable
from msklite.log.config import FOREVER, LogConfig
from msklite.log.epochs import EpochCache
from msklite.log.garbage import set_aside
from msklite.log.index import MAX_RELATIVE, CorruptIndex
from msklite.log.loading import LoadedLog, load, read_epochs
from msklite.log.placing import AppendInfo, place
from msklite.log.producers import Producer, ProducerState, Sent
from msklite.log.recovery import CorruptLog
from msklite.log.retention import outlived
from msklite.log.segment import Segment
from msklite.log.slices import LogSlice
from msklite.log.snapshots import earlier_batches, marker_of, note_batch
from msklite.log.times import OffsetAt, first_since, latest
from msklite.log.txn_index import AbortedTxn
from msklite.log.verification import Guard
from msklite.wire.batch import CONTROL, LOG_APPEND_TIME, BatchHeader, parse_header
from msklite.wire.primitives import Buffer
from msklite.world import Storage

__all__ = ["AppendInfo", "CorruptLog", "Log", "LogConfig", "LogSlice", "OffsetAt"]


class Log(Compactable):
    """See the module. Public attributes are for reading, but for `config`."""

    __slots__ = (
        "_epoch",
        "name",
        "opened_ms",
        "partition",
        "topic",
        "topic_id",
    )

    def __init__(
        self, storage: Storage, path: str, topic: str, partition: int, config: LogConfig,
        loaded: LoadedLog, now_ms: int, wall_ms: int,
    ) -> None:  # fmt: skip
        super().__init__(storage, path, config, loaded, now_ms)
        self.topic = topic
        self.partition = partition
        self.name = f"{topic}-{partition}"
        self.topic_id = loaded.topic_id
        self.start_offset = loaded.start_offset
        self.size = sum(s.size for s in self.segments)
        self.opened_ms = wall_ms
        self.cleaned_offset = self._swapping = -1
        self.ages_by_append = False
        self._epoch: int | None = None
        if self._state is not None:
            self._state.expire(wall_ms, config.producer_id_expiration_ms)

    @classmethod
    def open(
        cls, storage: Storage, path: str, topic: str, partition: int, config: LogConfig, *,
        clean: bool, recovery_point: int, log_start_offset: int, now_ms: int,
        topic_id: bytes | None = None, cuts: list[str] | None = None, wall_ms: int | None = None,
    ) -> Log:  # fmt: skip
        """Open the log in folder `path`, or begin one there.

        Not `clean`: what isn't known to be flushed is checked, and a torn tail is cut. CorruptLog
        when records would be lost by going on; nothing changes then, unless `cuts` (`loading`).
        """
        loaded = load(storage, path, config, clean, recovery_point, log_start_offset, now_ms,
                      topic_id, cuts)  # fmt: skip
        wall_ms = now_ms if wall_ms is None else wall_ms  # what producers are aged by
        return cls(storage, path, topic, partition, config, loaded, now_ms, wall_ms)

    # -- appending ----------------------------------------------------------------------------

    def append(
        self, data: Buffer, headers: list[BatchHeader], leader_epoch: int, now_ms: int,
        guard: Guard | None = None,
    ) -> AppendInfo:  # fmt: skip
        """Append checked batches as leader; a Produce brings exactly one.

        KafkaError for what the producer state refuses, OSError if the disk does. `guard` is that of
        `verify`, for a batch of a transaction.
        """
        header = headers[0]
        first = self.end_offset
        if header.producer_id >= 0 and not header.attributes & CONTROL:
            state = self._state or self.producer_state
            if header.base_sequence < 0:  # only a coordinator's: it keeps no sequence
                state.check_epoch(header, self.name, self, guard)
                sent = None
            else:
                sent = state.check(header, self.name, self, guard)
            if sent is not None:
                # Kafka gives the batch's time as its append time, whatever the topic's setting.
                return AppendInfo(sent.first_offset, sent.last_offset, sent.timestamp,
                                  sent.timestamp, True, self.start_offset)  # fmt: skip
        parts, length, following, max_timestamp = place(data, headers, first, leader_epoch)
        try:
            self._append(parts, headers, length, max_timestamp, now_ms)
        except OSError:
            if header.base_sequence == 0:
                self.producer_state.await_first(header)
            raise
        appended = header.max_timestamp if header.attributes & LOG_APPEND_TIME else -1
        return AppendInfo(first, following - 1, max_timestamp, appended, False, self.start_offset)

    def append_marker(
        self, data: bytearray, transaction_version: int, leader_epoch: int, now_ms: int
    ) -> AppendInfo:
        """Append the marker that ends a transaction here; KafkaError where it is out of date."""
        header = parse_header(data)
        marker = marker_of(data)
        assert marker is not None and header.producer_id >= 0, header
        self.producer_state.check_marker(header, marker, transaction_version, self.name)
        return self.append(data, [header], leader_epoch, now_ms)

    def append_follower(self, data: Buffer, headers: list[BatchHeader], now_ms: int) -> AppendInfo:
        """Append batches that already have their offsets and epochs, as a leader sent them."""
        expected = self.end_offset
        for header in headers:
            if header.base_offset < expected:
                raise ValueError(
                    f"{self.path}: offset {header.base_offset} is below the next, {expected}"
                )
            expected = header.next_offset
        first, last = headers[0], headers[-1]
        max_timestamp = max(h.max_timestamp for h in headers)
        self._append([data], headers, sum(h.length for h in headers), max_timestamp, now_ms)
        return AppendInfo(first.base_offset, last.last_offset, max_timestamp, -1, False,
                          self.start_offset)  # fmt: skip

    def _append(
        self, parts: list[Buffer], headers: list[BatchHeader], length: int, timestamp: int,
        now_ms: int,
    ) -> None:  # fmt: skip
        config = self.config
        if length > config.segment_bytes:
            raise KafkaError(
                Code.RECORD_LIST_TOO_LARGE,
                f"A batch of {length} bytes doesn't fit a segment of {config.segment_bytes}.",
            )
        last = headers[-1]
        last_offset = last.base_offset + last.last_offset_delta
        segment = self.segments[-1]
        if segment.should_roll(config, length, last_offset, timestamp, now_ms):
            # A leader's compacted log may go on far behind our end; but what begins behind the end
            # of the segment before looks like a hole after a crash.
            far = last_offset - self.end_offset > MAX_RELATIVE
            segment = self.roll(now_ms, headers[0].base_offset if far else None)
        # Read what is read on need before anything changes: it may fail, and sees only the old.
        if self._epochs is None:
            self._epochs = self.epochs
        if self._state is None and any(h.producer_id >= 0 for h in headers):
            self._state = self.producer_state
        segment.append(parts, headers)
        segment.appended_ms = now_ms
        self.size += length
        self.end_offset = last_offset + 1
        at = 0
        for header in headers:
            if header.leader_epoch != self._epoch:
                self._epochs.assign(header.leader_epoch, header.base_offset)
                self._epoch = header.leader_epoch
            if header.producer_id >= 0:
                state = self._state or self.producer_state
                if header.attributes & CONTROL:
                    batch = parts[0] if len(parts) == 1 else b"".join(parts)
                    note_batch(state, header, batch, at, segment.txns.append)
                else:
                    state.update(header, header.base_offset)
            at += header.length

    def roll(self, now_ms: int, base_offset: int | None = None) -> Segment:
        """Begin a new segment at the end; the old one's entries are completed."""
        base_offset = self.end_offset if base_offset is None else base_offset
        active = self.segments[-1]
        if active.base_offset == base_offset:
            return active
        active.finish()
        self._snapshots.take(base_offset, self.producer_state)
        # Last of all that can fail: an empty segment must not be left behind one that goes on.
        segment = Segment.create(self._storage, self.path, base_offset, self.config, now_ms)
        self.segments.append(segment)
        if self.ages_by_append:
            segment.by_append = True
            self._unsynced.append(append_times.save(self._storage, self.path, self.segments))
        return segment

    # -- reading ------------------------------------------------------------------------------

    def read(self, offset: int, max_bytes: int, upper_offset: int, min_one: bool) -> LogSlice:
        """The batches from the one that holds `offset` on, below `upper_offset`.

        At most `max_bytes`, the last batch may be cut. When not even the first one fits, nothing,
        or with `min_one` that whole batch.
        """
        if offset < self.start_offset or offset > self.end_offset:
            raise KafkaError(
                Code.OFFSET_OUT_OF_RANGE,
                f"Offset {offset} of {self.topic}-{self.partition} isn't within "
                f"{self.start_offset}..{self.end_offset}.",
            )
        segments = self.segments
        slot = len(segments) - 1
        if offset < segments[slot].base_offset:
            slot = self._slot(offset)
        while slot < len(segments) and offset < upper_offset:
            segment = segments[slot]
            found = segment.find(offset)
            if found is None:
                slot += 1
                continue
            position, length, base_offset = found
            limit = segment.size
            if upper_offset < self.end_offset:
                bound = segment.find(upper_offset)
                if bound is not None:
                    limit = bound[0]
            if length > max_bytes:
                max_bytes = length if min_one else 0
            size = min(limit - position, max_bytes)
            return LogSlice(segment.open(), position, max(size, 0), base_offset)
        active = segments[-1]
        return LogSlice(active.open(), active.size, 0, offset)

    def _slot(self, offset: int) -> int:
        """The place in `segments` of the one that would hold `offset`."""
        return max(bisect_right(self.segments, offset, key=_base_offset) - 1, 0)

    def offset_for_time(self, timestamp: int) -> OffsetAt | None:
        """The first record at or after the log's start whose time is `timestamp` or later."""
        return first_since(self.segments, timestamp, self.start_offset)

    def max_timestamp(self) -> OffsetAt | None:
        """The (first) record with the largest timestamp."""
        return latest(self.segments)

    # -- transactions ---------------------------------------------------------------------------

    def verify(
        self, producer_id: int, epoch: int, sequence: int, starts_at_zero: bool, now_ms: int
    ) -> Guard | None:
        """Begin to verify a producer's transaction; None where it is open here already."""
        return self.producer_state.verify(producer_id, epoch, sequence, starts_at_zero, now_ms)

    def verifies_with(self, producer_id: int, guard: Guard) -> bool:
        """Whether that guard is still the one; a marker or a batch may have taken it."""
        verification = self.producer_state.verifications.get(producer_id)
        return verification is not None and verification.guard is guard

    def committed(self, high_watermark: int) -> None:
        """The high watermark has risen: markers below it count now."""
        state = self._state
        if state is not None and state.open.unreplicated:
            state.open.committed(high_watermark)

    def first_undecided(self) -> int:
        """The first offset of a transaction that isn't decided; -1 where all are."""
        first = (self._state or self.producer_state).open.first_undecided()
        return first if first < 0 else max(first, self.start_offset)

    def aborted(self, offset: int, piece: LogSlice) -> list[AbortedTxn]:
        """The aborted transactions that touch `piece`, which was read from `offset`; maybe more."""
        slot = self._slot(piece.first_offset)
        segments = self.segments
        end = segments[slot].index_after(piece.position + piece.length)
        if end is None:
            following = slot + 1
            end = self.end_offset
            if following < len(segments):
                end = segments[following].base_offset
        found: list[AbortedTxn] = []
        for i in range(slot, len(segments)):
            try:
                done = segments[i].txns.collect(offset, end, found)
            except CorruptIndex:
                self._snapshots.rebuild_txns(segments, i, self.start_offset)
                done = segments[i].txns.collect(offset, end, found)
            if done:
                break
        return found

    # -- leader epochs --------------------------------------------------------------------------

    @property
    def epochs(self) -> EpochCache:
        """The leader epochs; their file is read when they are first asked for."""
        if self._epochs is None:
            self._epochs = read_epochs(self._storage, self.path, self.segments)
            self._epochs.truncate_start(self.start_offset)
        return self._epochs

    @property
    def latest_epoch(self) -> int:
        """The epoch of the last batch, or one begun since; -1 without any."""
        return self.epochs.latest

    def start_epoch(self, epoch: int) -> None:
        """A leader begins `epoch` at the log's end."""
        self.epochs.assign(epoch, self.end_offset)

    def epoch_at(self, offset: int) -> int:
        """The epoch that the record at `offset` was written in, or -1."""
        return self.epochs.epoch_at(offset)

    def epoch_end_offset(self, epoch: int) -> tuple[int, int]:
        """(epoch, end offset) as OffsetForLeaderEpoch answers; (-1, -1) if unknown."""
        return self.epochs.end_offset(epoch, self.end_offset)

    # -- producers ------------------------------------------------------------------------------

    @property
    def producer_state(self) -> ProducerState:
        """The producers; read from the last snapshot when first asked for."""
        if self._state is None:
            state = self._snapshots.rebuild(self.segments, self.start_offset, self.end_offset)
            state.expire(self.opened_ms, self.config.producer_id_expiration_ms)
            self._state = state
        return self._state

    @property
    def producers(self) -> dict[int, Producer]:
        """Active producers by id."""
        return self.producer_state.producers

    def earlier(self, producer: Producer) -> list[Sent]:
        return earlier_batches(self.segments, producer)

    def expire_producers(self, now_ms: int) -> None:
        """Forget producers that were idle for producer.id.expiration.ms."""
        if self._state is not None:
            self._state.expire(now_ms, self.config.producer_id_expiration_ms)

    # -- the steered clock ----------------------------------------------------------------------

    def age_by_append(self) -> None:
        """The clock is steered: from now on records age since they were appended."""
        self.ages_by_append = True
        for segment in self.segments:
            segment.by_append = True

    def restore_append_times(self, now_ms: int, *, clean: bool) -> None:
        """The same for a log that was just opened on a steered clock."""
        self.age_by_append()
        trusted = FOREVER if clean else self.recovery_point
        append_times.restore(self._storage, self.path, self.segments, now_ms, trusted)

    def finish(self) -> None:
        """What a clean stop leaves, see `files`."""
        super().finish()
        if self.ages_by_append:
            self._unsynced.append(append_times.save(self._storage, self.path, self.segments))

    # -- cutting --------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> None:
        """Drop the batch that holds `offset` and all after it (a follower that diverged)."""
        if offset < self.segments[0].base_offset:
            self.truncate_fully(offset)
            return
        while self.segments[-1].base_offset > offset:
            self._drop_last()
        if offset < self.end_offset:
            active = self.segments[-1]
            before = active.size
            active.truncate(offset)
            self.size -= before - active.size
            # Where the files end, as a start would find it: not inside a batch, nor in a gap.
            self._cut(active.tail()[0] if active.size else active.base_offset)
        # Even where nothing is cut: a leader may have begun an epoch and written nothing.
        self.epochs.truncate_end(self.end_offset)
        self._epoch = None

    def _drop_last(self) -> None:
        self._abandon_swap()
        segment = self.segments[-1]
        set_aside(self._storage, segment)
        self._garbage.append(segment)
        self.size -= segment.size
        del self.segments[-1]
        self._cut(segment.base_offset)

    def _cut(self, end: int) -> None:
        """What was known of `end` and beyond is void."""
        self.end_offset = min(self.end_offset, end)
        self.recovery_point = min(self.recovery_point, end)
        self.start_offset = min(self.start_offset, end)
        self.cleaned_offset = min(self.cleaned_offset, end)
        for flush in self._flushes:
            flush.end = min(flush.end, end)
        self._state = None
        self._snapshots.drop_after(end)

    def truncate_fully(self, offset: int, now_ms: int | None = None, start: int = -1) -> None:
        """Begin anew, empty, at `offset`; `start` may lie within the batch to come."""
        created_ms = self.segments[-1].created_ms if now_ms is None else now_ms
        while self.segments:
            self._drop_last()
        segment = Segment(self._storage, self.path, offset, self.config, created_ms)
        self.segments.append(segment)
        self.end_offset = self.recovery_point = offset
        self.start_offset = max(start, offset)
        self._snapshots.drop_after(-1)
        self.epochs.clear()
        self._epoch = None
        self._state = ProducerState()
        segment.clear()

    def advance_start(self, offset: int) -> int:
        """Records below `offset` are gone (DeleteRecords, retention); segments deleted.

        A segment goes when all of it lies below the start, but never the active one.
        """
        if offset > self.end_offset:
            raise KafkaError(
                Code.OFFSET_OUT_OF_RANGE,
                f"The start of {self.topic}-{self.partition} can't move to {offset}, beyond its "
                f"end at {self.end_offset}.",
            )
        if offset > self.start_offset:
            self.start_offset = offset
            self.recovery_point = max(self.recovery_point, offset)
            self.epochs.truncate_start(offset)
        gone = 0
        segments = self.segments
        while len(segments) > 1 and segments[1].base_offset <= self.start_offset:
            self._abandon_swap()
            set_aside(self._storage, segments[0])
            self._garbage.append(segments[0])
            self.size -= segments[0].size
            del segments[0]
            gone += 1
        if gone:
            self._snapshots.drop_before(segments[0].base_offset)
        return gone

    def retain(self, now_ms: int, high_watermark: int) -> int:
        """Delete segments that retention.ms, retention.bytes or the log's start leave behind.

        Only what is committed; where even the active one has to go, a new one is begun. Returns
        how many segments went.
        """
        gone = self.advance_start(self.start_offset)
        count = outlived(
            self.segments, self.config, self.size, self.end_offset, high_watermark, now_ms
        )
        if count == 0:
            return gone
        if count == len(self.segments):
            self.roll(now_ms)
        return gone + self.advance_start(max(self.segments[count].base_offset, self.start_offset))


_base_offset: Callable[[Segment], int] = lambda segment: segment.base_offset  # noqa: E731
