"""The log of one partition: segments, leader epochs and producers, kept as Apache Kafka keeps them.

Rules:
- Offsets only grow. `append` gives a produced batch its place by patching base offset and leader
  epoch, both outside the CRC; the rest of the bytes is stored as it came.
- A failed append leaves the log as it was: the write is all or nothing, and state changes after it.
- After `open` every batch is sound up to `end_offset` (see `recovery`); nothing that was
  acknowledged is cut.
- Whoever owns the log calls it from one thread, but for `flush` and `delete`, which may run in
  another while appends go on: they work on file handles only.
- `recovery_point` says up to where the disk has it all; segments from there on are checked after a
  crash. Flushing is the owner's decision (`flush_wanted`).

Sources: Kafka's UnifiedLog, LocalLog and LogSegment. Transactions come later: no transaction index
is written, and there is no first unstable offset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from msklite.errors import Code, KafkaError
from msklite.log.config import LogConfig
from msklite.log.epochs import EpochCache
from msklite.log.loading import LoadedLog, load
from msklite.log.producers import Producer, ProducerState
from msklite.log.recovery import CorruptLog
from msklite.log.segment import (
    DELETED,
    INDEX,
    LOG,
    TIME_INDEX,
    TXN_INDEX,
    DamagedSegment,
    Segment,
)
from msklite.log.slices import LogSlice
from msklite.wire.batch import BatchHeader, set_base
from msklite.wire.primitives import Buffer
from msklite.wire.records import iter_records
from msklite.world import Storage

__all__ = ["AppendInfo", "CorruptLog", "Log", "LogConfig", "LogSlice", "OffsetAt"]


@dataclass(slots=True)
class AppendInfo:
    """What became of an append. `append_time` is -1 where producers' times are kept."""

    first_offset: int
    last_offset: int
    max_timestamp: int
    append_time: int
    duplicate: bool
    start_offset: int


class OffsetAt(NamedTuple):
    """A record found by time."""

    offset: int
    timestamp: int


class Log:
    """See the module. Public attributes are for reading, but for `config`."""

    __slots__ = (
        "_epoch",
        "_epochs",
        "_garbage",
        "_snapshots",
        "_state",
        "_storage",
        "config",
        "end_offset",
        "flushed_ms",
        "partition",
        "path",
        "recovery_point",
        "segments",
        "size",
        "start_offset",
        "topic",
        "topic_id",
    )

    def __init__(
        self, storage: Storage, path: str, topic: str, partition: int, config: LogConfig,
        loaded: LoadedLog, now_ms: int,
    ) -> None:  # fmt: skip
        self._storage = storage
        self.path = path
        self.topic = topic
        self.partition = partition
        self.topic_id = loaded.topic_id
        self.config = config
        self.segments = loaded.segments
        self.start_offset = loaded.start_offset
        self.end_offset = loaded.end_offset
        self.recovery_point = loaded.recovery_point
        self.size = sum(s.size for s in self.segments)
        self.flushed_ms = now_ms
        self._epochs = loaded.epochs
        self._epoch: int | None = None
        self._garbage: list[Segment] = []
        self._snapshots = loaded.snapshots
        self._state = loaded.producers

    @classmethod
    def open(
        cls, storage: Storage, path: str, topic: str, partition: int, config: LogConfig, *,
        clean: bool, recovery_point: int, log_start_offset: int, now_ms: int,
        topic_id: bytes | None = None,
    ) -> Log:  # fmt: skip
        """Open the log in folder `path`, or begin one there.

        Not `clean`: what isn't known to be flushed is checked, and a torn tail is cut. CorruptLog
        when records would be lost by going on; nothing is changed then.
        """
        loaded = load(storage, path, config, clean, recovery_point, log_start_offset, now_ms,
                      topic_id)  # fmt: skip
        return cls(storage, path, topic, partition, config, loaded, now_ms)

    # -- appending ----------------------------------------------------------------------------

    def append(
        self, data: Buffer, headers: list[BatchHeader], leader_epoch: int, now_ms: int
    ) -> AppendInfo:
        """Append checked batches as leader; a Produce brings exactly one.

        KafkaError for what the producer state refuses, OSError if the disk does.
        """
        header = headers[0]
        first = self.end_offset
        if header.producer_id >= 0 and not header.is_control:
            sent = self.producer_state.check(header, f"{self.topic}-{self.partition}")
            if sent is not None:
                # Kafka gives the batch's time as its append time, whatever the topic's setting.
                return AppendInfo(sent.first_offset, sent.last_offset, sent.timestamp,
                                  sent.timestamp, True, self.start_offset)  # fmt: skip
        writable = isinstance(data, bytearray) or (
            isinstance(data, memoryview) and not data.readonly
        )
        if not writable and len(headers) > 1:
            data, writable = bytearray(data), True
        offset = first
        position = 0
        length = 0
        max_timestamp = -1
        for header in headers:
            header.base_offset = offset
            header.leader_epoch = leader_epoch
            if writable:
                set_base(data, position, offset, leader_epoch)  # type: ignore[arg-type]
                position += header.length
            offset += header.last_offset_delta + 1
            length += header.length
            if header.max_timestamp > max_timestamp:
                max_timestamp = header.max_timestamp
        if writable:
            parts: list[Buffer] = [data]
        else:
            top = bytearray(data[:16])
            set_base(top, 0, first, leader_epoch)
            parts = [top, memoryview(data)[16:]]
        self._append(parts, headers, length, now_ms)
        appended = header.max_timestamp if header.log_append_time else -1
        return AppendInfo(first, offset - 1, max_timestamp, appended, False, self.start_offset)

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
        self._append([data], headers, sum(h.length for h in headers), now_ms)
        max_timestamp = max(h.max_timestamp for h in headers)
        return AppendInfo(first.base_offset, last.last_offset, max_timestamp, -1, False,
                          self.start_offset)  # fmt: skip

    def _append(
        self, parts: list[Buffer], headers: list[BatchHeader], length: int, now_ms: int
    ) -> None:
        config = self.config
        if length > config.segment_bytes:
            raise KafkaError(
                Code.RECORD_LIST_TOO_LARGE,
                f"A batch of {length} bytes doesn't fit a segment of {config.segment_bytes}.",
            )
        segment = self.segments[-1]
        if segment.should_roll(config, length, headers[-1], now_ms):
            segment = self.roll(now_ms, headers[0].base_offset)
        segment.append(parts, headers)
        self.size += length
        last = headers[-1]
        self.end_offset = last.base_offset + last.last_offset_delta + 1
        for header in headers:
            if header.leader_epoch != self._epoch:
                self._assign_epoch(header.leader_epoch, header.base_offset)
            if header.producer_id >= 0:
                self._note_producer(header, parts)

    def _assign_epoch(self, epoch: int, offset: int) -> None:
        """Keep the epoch; the file may fail to be written, as the batches name it too."""
        epochs = self.epochs
        try:
            epochs.assign(epoch, offset)
        except OSError:
            pass
        self._epoch = epoch

    def _note_producer(self, header: BatchHeader, parts: list[Buffer]) -> None:
        state = self.producer_state
        if not header.is_control:
            state.update(header, header.base_offset)
            return
        position = self.segments[-1].find(header.base_offset)
        assert position is not None, f"{self.path}: the batch just written isn't found"
        batch = self.segments[-1].open().read(position[0], position[1])
        state.update_marker(header, next((r.value for r in iter_records(batch)), None))

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
            try:
                found = segment.find(offset)
            except DamagedSegment as e:
                raise OSError(str(e)) from e
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
        for segment in list(self.segments):
            if segment.largest_timestamp()[0] < timestamp:
                continue
            near = max(segment.near_time(timestamp), self.start_offset)
            for position, header in segment.headers(segment.near(near)):
                if header.max_timestamp < timestamp or header.last_offset < self.start_offset:
                    continue
                for record in iter_records(segment.open().read(position, header.length)):
                    if record.timestamp >= timestamp and record.offset >= self.start_offset:
                        return OffsetAt(record.offset, record.timestamp)
            return None
        return None

    def max_timestamp(self) -> OffsetAt | None:
        """The (first) record with the largest timestamp."""
        best = max(self.segments, key=lambda s: s.largest_timestamp()[0])
        timestamp, offset = best.largest_timestamp()
        if timestamp < 0:
            return None
        for position, header in best.headers(best.near(offset)):
            if header.max_timestamp == timestamp:
                for record in iter_records(best.open().read(position, header.length)):
                    if record.timestamp == timestamp:
                        return OffsetAt(record.offset, timestamp)
        return None

    # -- leader epochs --------------------------------------------------------------------------

    @property
    def epochs(self) -> EpochCache:
        """The leader epochs; their file is read when they are first asked for."""
        if self._epochs is None:
            self._epochs = EpochCache(self._storage, f"{self.path}/leader-epoch-checkpoint")
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
            self._state = self._snapshots.rebuild(self.segments, self.start_offset, self.end_offset)
        return self._state

    @property
    def producers(self) -> dict[int, Producer]:
        """Active producers by id."""
        return self.producer_state.producers

    def expire_producers(self, now_ms: int) -> None:
        """Forget those that were silent for producer.id.expiration.ms."""
        if self._state is not None:
            self._state.expire(now_ms, self.config.producer_id_expiration_ms)

    @property
    def first_unstable_offset(self) -> int | None:
        """Where the first open transaction begins: none, before there are transactions."""
        return None

    # -- cutting --------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> None:
        """Drop the batch that holds `offset` and all after it (a follower that diverged)."""
        if offset >= self.end_offset:
            return
        if offset <= self.segments[0].base_offset:
            self.truncate_fully(offset)
            return
        keep = self._slot(offset) + 1
        for segment in reversed(self.segments[keep:]):
            self._remove(segment)
        del self.segments[keep:]
        active = self.segments[-1]
        found = active.find(offset)
        active.truncate(offset)
        # The middle of a batch can't be an end.
        self.end_offset = min(offset, found[2]) if found is not None else offset
        self.size = sum(s.size for s in self.segments)
        self.recovery_point = min(self.recovery_point, self.end_offset)
        self.start_offset = min(self.start_offset, self.end_offset)
        self.epochs.truncate_end(self.end_offset)
        self._epoch = None
        self._snapshots.drop_after(self.end_offset)
        self._state = None

    def truncate_fully(self, offset: int, now_ms: int = 0) -> None:
        """Drop everything and begin anew, empty, at `offset`."""
        for segment in reversed(self.segments):
            self._remove(segment)
        self._snapshots.drop_after(-1)
        self.segments = [Segment.create(self._storage, self.path, offset, self.config, now_ms)]
        self.start_offset = self.end_offset = self.recovery_point = offset
        self.size = 0
        self.epochs.clear()
        self._epoch = None
        self._state = ProducerState()

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
            self.epochs.truncate_start(offset)
        gone = 0
        while gone + 1 < len(self.segments) and self.segments[gone + 1].base_offset <= offset:
            gone += 1
        for segment in self.segments[:gone]:
            self._remove(segment)
            self.size -= segment.size
        if gone:
            del self.segments[:gone]
            self._snapshots.drop_before(self.segments[0].base_offset)
        self.recovery_point = max(self.recovery_point, self.start_offset)
        return gone

    def _remove(self, segment: Segment) -> None:
        """Set a segment's files aside; replies under way may still read them, see `collect`."""
        segment.offsets.drop()
        segment.times.drop()
        for suffix in (LOG, INDEX, TIME_INDEX, TXN_INDEX):
            name = segment.path + suffix
            if self._storage.exists(name):
                self._storage.rename(name, name + DELETED)
        if segment.file is not None:
            segment.file.path = segment.path + LOG + DELETED
        self._garbage.append(segment)

    def collect(self) -> None:
        """Remove the files of segments that were set aside; for a while after they were."""
        while self._garbage:
            segment = self._garbage.pop()
            segment.drop()
            for suffix in (LOG, INDEX, TIME_INDEX, TXN_INDEX):
                name = segment.path + suffix + DELETED
                if self._storage.exists(name):
                    self._storage.remove(name)

    def retain(self, now_ms: int, high_watermark: int) -> int:
        """Delete segments that retention.ms, retention.bytes or the log's start leave behind.

        Only what is committed, and never the active segment but for age: then a new one is begun.
        Also removes what the last call set aside. Returns how many segments went.
        """
        self.collect()
        config = self.config
        gone = self.advance_start(self.start_offset)
        if "delete" not in config.cleanup_policy:
            return gone
        excess = self.size - config.retention_bytes if config.retention_bytes >= 0 else 0
        start = self.start_offset
        for i, segment in enumerate(self.segments):
            last = i + 1 == len(self.segments)
            following = self.end_offset if last else self.segments[i + 1].base_offset
            if following > high_watermark or segment.size == 0:
                break
            timestamp = segment.largest_timestamp()[0]
            old = config.retention_ms >= 0 and 0 <= timestamp < now_ms - config.retention_ms
            large = excess - segment.size >= 0
            if not (old or (large and not last)):
                break
            if last:
                self.roll(now_ms)
            excess -= segment.size
            start = following
        return gone + self.advance_start(start)

    # -- the disk -------------------------------------------------------------------------------

    def flush_wanted(self, now_ms: int) -> bool:
        """Whether a rolled segment, flush.messages or flush.ms asks for a flush; then do it."""
        unflushed = self.end_offset - self.recovery_point
        if unflushed <= 0:
            return False
        wanted = (
            self.recovery_point < self.segments[-1].base_offset
            or unflushed >= self.config.flush_messages
            or now_ms - self.flushed_ms >= self.config.flush_ms
        )
        if wanted:
            self.flushed_ms = now_ms
        return wanted

    def flush(self) -> None:
        """Make durable what was appended until now; may run in another thread."""
        end = self.end_offset
        start = self.recovery_point
        segments = list(self.segments)
        first = max(bisect_right(segments, start, key=_base_offset) - 1, 0)
        for segment in segments[first:]:
            segment.sync()
        epochs = self._epochs
        if epochs is not None and epochs.dirty:
            epochs.dirty = False
            self._sync_path(epochs.path)
        self._snapshots.sync()
        # A truncation meanwhile has lowered the end; what was synced can't reach beyond it.
        self.recovery_point = max(self.recovery_point, min(end, self.end_offset))

    def _sync_path(self, path: str) -> None:
        file = self._storage.open(path)
        try:
            file.sync()
        finally:
            file.close()

    def close(self) -> None:
        """Write what indexes still lack, snapshot the producers, flush, let go of the files."""
        self.collect()
        if self._state is not None:
            self._snapshots.take(self.end_offset, self._state)
        for segment in self.segments:
            segment.finish()
        if self.recovery_point < self.end_offset:
            self.flush()
        for segment in self.segments:
            segment.close()

    def move(self, path: str) -> None:
        """Rename the log's folder; what isn't written of the indexes is given up."""
        for segment in self.segments:
            segment.drop()
        self._storage.rename(self.path, path)
        self.path = path

    def delete(self) -> None:
        """Remove the folder with all files; may run in another thread, after `move`."""
        self._storage.remove_tree(self.path)

    @property
    def segments_count(self) -> int:
        return len(self.segments)


_base_offset: Callable[[Segment], int] = lambda segment: segment.base_offset  # noqa: E731
