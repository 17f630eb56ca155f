"""The metadata quorum's shell: the raft core joined to its log, its files and its listeners.

Rules:
- A record counts as committed once it is on the disk of a majority: here, after our fsync. Appends
  that come while an fsync runs share the next one (group commit).
- `on_commit(records, last_offset, epoch)` sees every committed record once, in order; first those
  of the newest checkpoint, then those of the log. Several batches may come in one call while
  starting. A call may have no records: a control batch moved the offset.
- `append` returns after `on_commit` has seen its records.
- What can't be written (a full disk) fails that append with KAFKA_STORAGE_ERROR and leaves the log
  as it was; what can't be synced ends the quorum: nobody knows then what the disk holds.
- Records of unknown kinds are what `decode` makes of them; they are kept and handed on.

Kafka writes a NO_OP_RECORD every metadata.max.idle.interval.ms (500 ms), so that observers see the
log alive. We don't: our nodes share one process or will use Fetch's own waiting, and an idle
cluster should cost neither CPU nor disk. That is Kafka's own meaning of the setting being 0.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from msklite.errors import Code, KafkaError, UserError
from msklite.metadata.image import Image
from msklite.metadata.records import AnyRecord, decode, encode_record
from msklite.raft import quorum_state
from msklite.raft import snapshot as snapshots
from msklite.raft.control import apply_batches
from msklite.raft.log import RaftLog
from msklite.raft.messages import FetchReply, Message, OffsetEpoch
from msklite.raft.node import Node, Ready
from msklite.raft.progress import ReplicaProgress
from msklite.raft.snapshot import Snapshot
from msklite.raft.state import Timeouts
from msklite.raft.tail import LogTail
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterHistory, VoterSet
from msklite.wire.batch import iter_headers
from msklite.wire.records import iter_records
from msklite.world import World
from msklite.zone.format import METADATA_DIR
from msklite.zone.quorum_log import FileLog

log = logging.getLogger("msklite.quorum")

SNAPSHOT_BYTES = 20_971_520
"""metadata.log.max.record.bytes.between.snapshots"""
SNAPSHOT_INTERVAL_MS = 3_600_000
"""metadata.log.max.snapshot.interval.ms"""
_READ_BYTES = 1024 * 1024
_FETCH_BYTES = 8 * 1024 * 1024
_STALL_MS = 1000
"""A timer that comes this late means that our loop, not the quorum, stood still."""

OnCommit = Callable[[list[AnyRecord], int, int], None]


class MetadataMachine(Protocol):
    """What the quorum drives when it is given a `controller`: metadata.controller.Controller."""

    @property
    def image(self) -> Image: ...

    def apply(self, records: Iterable[AnyRecord], offset: int, epoch: int) -> Image: ...

    def activate(self, mono_ms: int) -> Sequence[AnyRecord]:
        """The records that a controller begins with as leader; for an empty log, the features."""
        ...


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """A voter or observer, as DescribeQuorum shows it; times are wall time, -1 for unknown."""

    id: int
    directory_id: bytes
    log_end_offset: int
    last_fetch_ms: int
    last_caught_up_ms: int


@dataclass(frozen=True, slots=True)
class QuorumStatus:
    """The quorum as its leader sees it; elsewhere only what a node can know."""

    leader_id: int
    epoch: int
    high_watermark: int
    voters: list[ReplicaStatus]
    observers: list[ReplicaStatus]


@dataclass(slots=True)
class _Waiting:
    """An append on its way: committed when the high watermark passes `last_offset`."""

    records: list[AnyRecord]
    last_offset: int
    epoch: int
    size: int
    done: asyncio.Future[int] = field(repr=False)


class Quorum:
    """One node's part in the metadata quorum. `start` it, `append` to it, `close` it."""

    def __init__(
        self,
        world: World,
        directory: str,
        node_id: int,
        cluster_id: str,
        directory_id: bytes,
        *,
        endpoint: Endpoint | None = None,
        controller: MetadataMachine | None = None,
        publish: Callable[[], None] | None = None,
        on_commit: OnCommit | None = None,
        on_leader: Callable[[int, bool], None] | None = None,
        snapshot_records: Callable[[], Sequence[AnyRecord]] | None = None,
        encode: Callable[[Any], bytes] = encode_record,
        decode: Callable[[bytes], AnyRecord] = decode,
        log: RaftLog | None = None,
        times: Timeouts | None = None,
        send: Callable[[Message], None] | None = None,
        snapshot_bytes: int = SNAPSHOT_BYTES,
        snapshot_interval_ms: int = SNAPSHOT_INTERVAL_MS,
    ) -> None:
        self.world = world
        self.directory = f"{directory}/{METADATA_DIR}"
        self.key = ReplicaKey(node_id, directory_id)
        self.cluster_id = cluster_id
        self.endpoint = endpoint
        self.applied_offset = 0
        """Everything below has gone through `on_commit`."""
        self.failure: KafkaError | None = None
        self._controller = controller
        self._publish = publish
        self._on_commit = on_commit
        self._on_leader = on_leader
        self._snapshot_records = snapshot_records
        self._encode = encode
        self._decode = decode
        self._given_log = log
        self._times = times
        self._send = send
        self._snapshot_bytes = snapshot_bytes
        self._snapshot_interval_ms = snapshot_interval_ms
        self._waiting: deque[_Waiting] = deque()
        self._observers: set[ReplicaKey] = set()
        self._sync_task: asyncio.Task[None] | None = None
        self._snapshot_task: asyncio.Task[OffsetEpoch | None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._bytes_since = 0
        self._snapshot_ms = 0
        self._last_epoch = 0
        self._last_time_ms = 0
        self._truncations = 0
        self._has_data = False
        self._closed = False

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the log, replay it, and lead if this is the only voter. UserError: what is wrong."""
        try:
            self._open()
        except OSError as e:
            raise UserError(f"can't open the metadata log {self.directory}: {e}") from None
        clock = self.world.clock
        self._snapshot_ms = clock.mono_ms()
        self.node.start(self._saved, clock.mono_ms(), clock.now_ms())
        try:
            self._carry_out()
        except OSError as e:
            raise UserError(f"can't write to the metadata log {self.directory}: {e}") from None
        if self.node.voters.is_only_voter(self.key):
            await self._settle()
            if self.failure is not None:
                raise UserError(f"the metadata log {self.directory} failed: {self.failure}")
            await self._lead()

    async def _lead(self) -> None:
        """This node leads, and everything committed is applied: begin as controller."""
        if self._on_leader is not None:
            self._on_leader(self.node.epoch, self.is_empty)
        if self._controller is not None:
            records = self._controller.activate(self.world.clock.mono_ms())
            if records:
                await self.append(records)

    def _open(self) -> None:
        storage = self.world.storage
        self._log: RaftLog = self._given_log or open_log(self.world, self.directory)
        self._saved = quorum_state.load(storage, self.directory)
        ids = snapshots.find(storage, self.directory)
        first = self._load_snapshot(ids)
        history = first.history() if ids else self._static_history(first)
        tail = LogTail(self._log.start_offset, self._log.end_offset, self._log.epochs(), ids)
        offset = max(first.at.offset, tail.start_offset)
        while offset < tail.end_offset:
            data = self._log.read(offset, _READ_BYTES)
            apply_batches(history, data)
            offset = [h.next_offset for h in iter_headers(data)][-1]
        known = history.last.voters.get(self.key.id)
        if known is None or not known.key.matches(self.key):
            raise UserError(
                f"controller {self.key.id} with the directory of {self.directory} isn't among the "
                f"quorum's voters {list(history.last.ids)}"
            )
        endpoints = (self.endpoint,) if self.endpoint is not None else known.endpoints
        me = replace(known, key=self.key, endpoints=endpoints)
        self.node = Node(me, tail, history, self.world.random, times=self._times)
        self.applied_offset = first.at.offset
        self._last_epoch = first.at.epoch
        self._last_time_ms = first.last_log_time_ms
        self._has_data = bool(first.values)
        if first.at.offset > 0:
            records = [self._decode(v) for v in first.values]
            self._tell(records, first.at.offset - 1, first.at.epoch)

    def _load_snapshot(self, ids: list[OffsetEpoch]) -> Snapshot:
        """The newest checkpoint, with the log made to go on from it."""
        epochs = self._log.epochs()
        end = OffsetEpoch(self._log.end_offset, epochs[-1][0] if epochs else 0)
        start = self._log.start_offset
        if not ids:
            if start > 0:
                raise UserError(
                    f"the metadata log {self.directory} starts at offset {start}, "
                    "and the checkpoint of what came before is missing"
                )
            return Snapshot(OffsetEpoch(0, 0))
        newest = ids[-1]
        if not end.at_least(newest):
            # A checkpoint was fetched, and we died before the log was cut to go on after it.
            self._log.restart_at(newest.offset)
        elif newest.offset < start:
            raise UserError(
                f"the metadata log {self.directory} starts at offset {start}, "
                f"after its newest checkpoint of offset {newest.offset}"
            )
        return snapshots.load(self.world.storage, self.directory, newest)

    def _static_history(self, first: Snapshot) -> VoterHistory:
        """A directory of kraft.version 0, whose voters stood in settings: we are the only one."""
        endpoints = (self.endpoint,) if self.endpoint is not None else ()
        first.voters = VoterSet.of(Voter(self.key, endpoints))
        return first.history()

    async def close(self) -> None:
        """Let what was appended be committed, resign, close the log."""
        if self._closed or not hasattr(self, "node"):
            return
        await self._settle()
        if self._snapshot_task is not None:
            await asyncio.gather(self._snapshot_task, return_exceptions=True)
        self._closed = True
        self._stop_timer()
        self.node.resign(self.world.clock.mono_ms())
        try:
            if self.failure is None:
                self._carry_out()
        finally:
            self._refuse(KafkaError(Code.NOT_CONTROLLER, "The metadata quorum is closing."))
            self._log.close()

    def abandon(self) -> None:
        """Stop as a killed process does: nothing more is written, nobody is answered."""
        self._closed = True
        self._stop_timer()
        for task in (self._sync_task, self._snapshot_task):
            if task is not None:
                task.cancel()
        for waiting in self._waiting:
            waiting.done.cancel()
        self._waiting.clear()

    # -- appending ----------------------------------------------------------------------------

    @property
    def end_offset(self) -> int:
        """Where the next record will stand."""
        return self.node.tail.end_offset

    @property
    def is_leader(self) -> bool:
        return self.node.is_leader

    @property
    def is_empty(self) -> bool:
        """Whether no metadata record was ever committed: a fresh cluster, to be bootstrapped."""
        return not self._has_data

    async def append(self, records: Sequence[Any], atomic: bool = True) -> int:
        """Append metadata records; their last offset, once they are committed and applied.

        `atomic` keeps them in one batch (RECORD_LIST_TOO_LARGE when they don't fit); otherwise
        large lists are split. NOT_CONTROLLER when this node doesn't lead.
        """
        if self.failure is not None:
            raise self.failure
        if self._closed:
            raise KafkaError(Code.NOT_CONTROLLER, "The metadata quorum is closed.")
        kept = list(records)
        values = [self._encode(record) for record in kept]
        done: asyncio.Future[int] | None = None
        start = 0
        for size in _batch_sizes(values, atomic):
            done = self._propose(kept[start : start + size], values[start : start + size])
            start += size
        if done is None:
            return self.end_offset - 1
        # A caller that is cancelled doesn't take its records back.
        return await asyncio.shield(done)

    def _propose(self, records: list[AnyRecord], values: list[bytes]) -> asyncio.Future[int]:
        now_ms = self.world.clock.now_ms()
        before = self.node.tail.end_offset
        last = self.node.propose(values, now_ms)
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        size = sum(map(len, values))
        self._waiting.append(_Waiting(records, last, self.node.epoch, size, done))
        try:
            self._carry_out()
        except OSError as e:
            self._waiting.pop()
            self.node.withdraw(before)
            raise KafkaError(
                Code.KAFKA_STORAGE_ERROR, f"The metadata log can't be written: {e.strerror or e}."
            ) from e
        self._last_time_ms = now_ms
        return done

    # -- the core's wishes --------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """A message from another node of the quorum."""
        clock = self.world.clock
        self.node.step(message, clock.mono_ms(), clock.now_ms())
        self._carry_out()

    def _carry_out(self) -> None:
        """Do what the core asks for, in its order, then see to syncing and the timer."""
        while (ready := self.node.ready()) is not None:
            self._carry_out_one(ready)
        if self.node.durable < self.node.tail.end_offset and not self._closed:
            if self._sync_task is None:
                self._sync_task = asyncio.get_running_loop().create_task(self._sync())
        self._set_timer()

    def _carry_out_one(self, ready: Ready) -> None:
        history = self.node.state.history
        if ready.election is not None:
            quorum_state.save(
                self.world.storage, self.directory, ready.election, history.kraft_version,
                history.last.ids,
            )  # fmt: skip
        if ready.truncate_to is not None:
            assert ready.truncate_to >= self.applied_offset, (ready.truncate_to, self)
            self._log.truncate(ready.truncate_to)
            self._truncations += 1
        for batch in ready.appends:
            self._log.append(batch)
        if self._send is not None:
            for message in ready.messages:
                self._send(self._with_records(message))
        if ready.role is not None:
            role = ready.role
            log.info(
                "quorum: %s in epoch %d, leader %d", role.role.value, role.epoch, role.leader_id
            )
            if not self.node.is_leader:
                self._refuse(KafkaError(Code.NOT_CONTROLLER, "This node lost its leadership."))
        if ready.commit is not None:
            self._deliver(ready.commit)

    def _with_records(self, message: Message) -> Message:
        if isinstance(message, FetchReply) and message.read_from is not None:
            return replace(message, records=self._log.read(message.read_from, _FETCH_BYTES))
        return message

    async def _sync(self) -> None:
        """Sync until nothing is left to sync; what comes meanwhile shares the next round."""
        try:
            while self.node.durable < self.node.tail.end_offset and not self._closed:
                target, cuts = self.node.tail.end_offset, self._truncations
                await self.world.storage.run(self._log.sync)
                if cuts == self._truncations and not self._closed:
                    self.node.synced(target, self.world.clock.mono_ms())
                    self._carry_out()
        except Exception as e:  # a quorum that fails must say so to all who wait
            self._fail(e)
        finally:
            self._sync_task = None

    async def _settle(self) -> None:
        """Wait until all that was appended is synced and committed, or has failed."""
        while self._sync_task is not None:
            await asyncio.shield(self._sync_task)

    def _fail(self, error: Exception) -> None:
        log.error("the metadata quorum failed", exc_info=error)
        text = f"The metadata log failed: {error}."
        self.failure = KafkaError(Code.KAFKA_STORAGE_ERROR, text)
        self._stop_timer()
        self._refuse(self.failure)

    def _refuse(self, error: KafkaError) -> None:
        for waiting in self._waiting:
            if not waiting.done.done():
                waiting.done.set_exception(error)
        self._waiting.clear()

    # -- committed records --------------------------------------------------------------------

    def _deliver(self, high_watermark: int) -> None:
        while self.applied_offset < high_watermark:
            head = self._waiting[0] if self._waiting else None
            if head is not None and head.last_offset - len(head.records) < self.applied_offset:
                self._waiting.popleft()
                self._bytes_since += head.size
                self._tell(head.records, head.last_offset, head.epoch)
                if not head.done.done():
                    head.done.set_result(head.last_offset)
            else:
                limit = high_watermark
                if head is not None:
                    limit = min(limit, head.last_offset - len(head.records) + 1)
                self._deliver_from_log(limit)
        self._maybe_snapshot()

    def _deliver_from_log(self, limit: int) -> None:
        data = self._log.read(self.applied_offset, _READ_BYTES)
        records: list[AnyRecord] = []
        pos, last, epoch = 0, -1, self._last_epoch
        for header in iter_headers(data):
            if header.base_offset >= limit:
                break
            if not header.is_control:
                found = [self._decode(r.value or b"") for r in iter_records(data, pos)]
                # A read may begin inside a batch: after a checkpoint that ends there.
                records += found[max(0, self.applied_offset - header.base_offset) :]
            pos += header.length
            last, epoch = header.last_offset, header.leader_epoch
            self._last_time_ms = max(self._last_time_ms, header.max_timestamp)
        assert last >= self.applied_offset, f"nothing to read at {self.applied_offset} of {self}"
        self._bytes_since += pos
        self._tell(records, last, epoch)

    def _tell(self, records: list[AnyRecord], last_offset: int, epoch: int) -> None:
        self.applied_offset = last_offset + 1
        self._last_epoch = epoch
        self._has_data = self._has_data or bool(records)
        if self._controller is not None:
            self._controller.apply(records, last_offset, epoch)
        if self._on_commit is not None:
            self._on_commit(records, last_offset, epoch)
        if self._publish is not None:
            self._publish()

    # -- checkpoints --------------------------------------------------------------------------

    def _maybe_snapshot(self) -> None:
        if self._snapshot_task is not None or self._closed or not self._bytes_since:
            return
        late = self.world.clock.mono_ms() - self._snapshot_ms >= self._snapshot_interval_ms
        if late or self._bytes_since >= self._snapshot_bytes:
            loop = asyncio.get_running_loop()
            self._snapshot_task = loop.create_task(self.snapshot())
            self._snapshot_task.add_done_callback(self._snapshot_done)

    def _snapshot_done(self, task: asyncio.Task[OffsetEpoch | None]) -> None:
        self._snapshot_task = None
        if not task.cancelled() and task.exception() is not None:
            # The log still holds everything: it is tried again with the next commit that asks.
            log.error("writing a metadata checkpoint failed", exc_info=task.exception())

    def _records_for_snapshot(self) -> Sequence[AnyRecord] | None:
        if self._snapshot_records is not None:
            return self._snapshot_records()
        if self._controller is None or self._controller.image.in_transaction:
            return None  # half a transaction has no place in a checkpoint
        return self._controller.image.to_records()

    async def snapshot(self) -> OffsetEpoch | None:
        """Write a checkpoint of all that is applied, drop what it replaces; None: not now."""
        records = self._records_for_snapshot()
        at = OffsetEpoch(self.applied_offset, self._last_epoch)
        if records is None or at.offset == 0:
            return None
        version, voters = self.node.state.history.at(at.offset)
        values = [self._encode(r) for r in records]
        content = Snapshot(at, values, self._last_time_ms, version, voters)
        storage, now_ms = self.world.storage, self.world.clock.now_ms()
        self._bytes_since, self._snapshot_ms = 0, self.world.clock.mono_ms()
        await storage.run(lambda: snapshots.save(storage, self.directory, content, now_ms))
        if self._closed:
            return at
        self._log.delete_before(at.offset)
        kept = snapshots.delete_before(storage, self.directory, at)
        self.node.compacted(self._log.start_offset, kept)
        log.info("metadata checkpoint at offset %d, epoch %d", at.offset, at.epoch)
        return at

    # -- timers and status --------------------------------------------------------------------

    def _set_timer(self) -> None:
        self._stop_timer()
        due = self.node.next_ms()
        if due is not None and not self._closed and self.failure is None:
            delay = max(0, due - self.world.clock.mono_ms())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay / 1000, self._on_timer, due)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self, due: int) -> None:
        clock = self.world.clock
        if clock.mono_ms() - due > _STALL_MS:
            self.node.stalled(clock.mono_ms())
        try:
            self.node.tick(clock.mono_ms(), clock.now_ms())
            self._carry_out()
        except Exception as e:  # see _sync
            self._fail(e)

    def observe(self, node_id: int, directory_id: bytes) -> None:
        """A broker of this process follows the log through our own copy: show it as observer."""
        self._observers.add(ReplicaKey(node_id, directory_id))

    def unobserve(self, node_id: int) -> None:
        self._observers = {key for key in self._observers if key.id != node_id}

    def status(self) -> QuorumStatus:
        """Leader, epoch, high watermark and replicas, as DescribeQuorum wants them."""
        node, clock = self.node, self.world.clock
        now_ms, mono_ms = clock.now_ms(), clock.mono_ms()
        high_watermark = -1 if node.high_watermark is None else node.high_watermark
        progress = node.state.progress
        known = progress.replicas if progress is not None else {}

        def wall(at: int) -> int:
            return -1 if at < 0 else now_ms - (mono_ms - at)

        def one(key: ReplicaKey) -> ReplicaStatus:
            if key == self.key or key in self._observers:
                end = self.end_offset if key == self.key else self.applied_offset
                return ReplicaStatus(key.id, key.directory_id, end, now_ms, now_ms)
            p = known.get(key, ReplicaProgress(key))
            times = wall(p.last_fetch_ms), wall(p.last_caught_up_ms)
            return ReplicaStatus(key.id, key.directory_id, p.end_offset, *times)

        voters = [v.key for v in node.voters.voters.values()]
        others = [k for k in known if not node.voters.is_voter(k)]
        others += [k for k in sorted(self._observers, key=lambda k: k.id) if k not in others]
        return QuorumStatus(
            node.leader_id, node.epoch, high_watermark, [one(k) for k in voters],
            [one(k) for k in others],
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Quorum {self.node.state!r} applied {self.applied_offset}>"


def _batch_sizes(values: Sequence[bytes], atomic: bool) -> list[int]:
    """How many records go into each batch."""
    if atomic or not values:
        return [len(values)] if values else []
    sizes, count, size = [], 0, 0
    for value in values:
        if count and size + len(value) > _READ_BYTES:
            sizes.append(count)
            count = size = 0
        count += 1
        size += len(value)
    return [*sizes, count]


def open_log(world: World, directory: str) -> RaftLog:
    """The metadata log in `directory`, made when there is none."""
    return FileLog(world.storage, directory)
