"""The metadata quorum's shell: the raft core joined to its log, its files and its listeners.

Rules:
- A record counts as committed once it is on the disk of a majority: here, after our fsync. Appends
  that come while an fsync runs share the next one (group commit).
- The machine's `apply` sees every committed record once, in order; first those of the newest
  checkpoint, then those of the log. Several batches may come in one call while starting. A call
  may have no records: a control batch moved the offset.
- `append` returns after `apply` and `publish` have seen its records.
- What can't be written (a full disk) fails that append with KAFKA_STORAGE_ERROR and leaves the log
  as it was, where this is the only voter; with others, who can do better, it ends the quorum here.
  So does what can't be synced: nobody knows then what the disk holds.
- Records of unknown kinds are kept and handed on, in the log and in checkpoints.

Kafka writes a NO_OP_RECORD every metadata.max.idle.interval.ms (500 ms), so that observers see the
log alive. We don't: our nodes share one process or will use Fetch's own waiting, and an idle
cluster should cost neither CPU nor disk. That is Kafka's own meaning of the setting being 0.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from msklite.errors import Code, KafkaError, UserError
from msklite.metadata.records import AnyRecord, encode_record
from msklite.raft.messages import FetchReply, FetchSnapshotReply, Message, OffsetEpoch
from msklite.raft.node import Node, Ready
from msklite.raft.state import Timeouts
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterSet
from msklite.world import World
from msklite.zone.format import METADATA_DIR
from msklite.zone.quorum_checkpoints import CheckpointPolicy, Checkpoints
from msklite.zone.quorum_delivery import Delivery, MetadataMachine
from msklite.zone.quorum_log import LogLimits
from msklite.zone.quorum_status import QuorumStatus, describe
from msklite.zone.quorum_store import READ_BYTES, QuorumStore
from msklite.zone.quorum_transfer import Installation, with_piece

log = logging.getLogger("msklite.quorum")

_FETCH_BYTES = 8 * 1024 * 1024
_STALL_MS = 1000
"""A timer that comes this late means that our loop, not the quorum, stood still."""


class Quorum:
    """One node's part in the metadata quorum. `start` it, `append` to it, `close` it."""

    def __init__(
        self,
        world: World,
        directory: str,
        key: ReplicaKey,
        machine: MetadataMachine,
        publish: Callable[[], None] = lambda: None,
        *,
        endpoint: Endpoint | None = None,
        send: Callable[[Message], None] | None = None,
        times: Timeouts | None = None,
        limits: LogLimits | None = None,
        policy: CheckpointPolicy | None = None,
        observed: VoterSet | None = None,
        known: Mapping[int, Endpoint] | None = None,
    ) -> None:
        """`directory` is the node's; `publish` is told after each `apply` of the machine.

        With `observed` this node only follows the quorum, whose first voters those are.
        `known`: where the cluster's file says that controllers are.
        """
        self.world = world
        self.directory = f"{directory}/{METADATA_DIR}"
        self.key = key
        self.endpoint = endpoint
        self.failure: KafkaError | None = None
        self._machine = machine
        self._publish = publish
        self._send = send
        self._times = times
        self._limits = limits or LogLimits()
        self._policy = policy or CheckpointPolicy()
        self._observed = observed
        self._known = known or {}
        self._observers: set[ReplicaKey] = set()
        self._sync_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._truncations = 0
        self._active_epoch = -1
        self._beginning: asyncio.Task[None] | None = None
        self.on_role: Callable[[], object] = lambda: None
        """Called when this node becomes the active controller, or is it no longer."""
        self.on_failure: Callable[[], object] = lambda: None
        """Called when this node can take no more part: only a new start helps."""
        self._closed = False

    def address_of(self, node_id: int) -> Endpoint | None:
        """Where to dial a controller.

        What the cluster's file says comes before what the voters' records say: a directory may have
        been moved to other ports as a whole, and its voters must find each other before they can
        put that on record.
        """
        return self._known.get(node_id) or self.node.state.address_of(node_id)

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the log, replay it, and lead if this is the only voter. UserError: what is wrong."""
        try:
            self._open()
        except OSError as e:
            raise UserError(f"can't open the metadata log {self.directory}: {e}") from None
        clock = self.world.clock
        self.node.start(self._store.saved, clock.mono_ms(), clock.now_ms())
        try:
            self._carry_out()
        except OSError as e:
            raise UserError(f"can't write to the metadata log {self.directory}: {e}") from None
        if self.node.voters.is_only_voter(self.key):
            await self._settle()
            if self.failure is not None:
                raise UserError(f"the metadata log {self.directory} failed: {self.failure}")
            if self._beginning is not None:
                await self._beginning

    def _begin_if_ready(self) -> None:
        """Lead the metadata once all that was committed before this term is applied."""
        progress = self.node.state.progress
        if (
            progress is None
            or self._closed
            or self._active_epoch == self.node.epoch
            or self.applied_offset <= progress.epoch_start
            or self._beginning is not None
        ):
            return
        self._beginning = asyncio.get_running_loop().create_task(self._begin(self.node.epoch))

    async def _begin(self, epoch: int) -> None:
        try:
            records = self._machine.activate(self.world.clock.mono_ms())
            if records:
                await self.append(records)
            self._active_epoch = epoch
            self.on_role()
        except KafkaError as e:
            log.warning("the controller could not begin its term %d: %s", epoch, e)
        finally:
            self._beginning = None

    @property
    def closed(self) -> bool:
        """Whether it takes no messages any more."""
        return self._closed or self.failure is not None

    @property
    def active(self) -> bool:
        """Whether this node leads, and has begun to."""
        return self.node.is_leader and self._active_epoch == self.node.epoch and not self.closed

    @property
    def applied_offset(self) -> int:
        """Everything below has gone through the machine."""
        return self._delivery.applied_offset

    async def applied(self, offset: int) -> None:
        """Until everything below `offset` is applied here."""
        await self._delivery.until(offset)

    def _open(self) -> None:
        world = self.world
        store = QuorumStore.open(
            world, self.directory, self._limits, self.key, self.endpoint, self._observed
        )
        self._store = store
        me = store.me(self.key, self.endpoint) if self._observed is None else Voter(self.key, ())
        self.node = Node(me, store.tail, store.history, world.random, times=self._times)
        self._checkpoints = Checkpoints(store, self.node, self._policy)
        self._delivery = Delivery(
            self._machine, self._publish, store.log, store.first, self._checkpoints.applied
        )
        self._installation = Installation(
            store, self.node, self._delivery, self._checkpoints, self._carry_out, self._fail
        )

    async def close(self) -> None:
        """Let what was appended be committed, resign, close the log."""
        if self._closed or not hasattr(self, "_delivery"):
            return
        await self._settle()
        await self._checkpoints.close()
        self._installation.cancel()
        self._closed = True
        self._stop_timer()
        self.node.resign(self.world.clock.mono_ms())
        try:
            if self.failure is None:
                self._carry_out()
        finally:
            closing = "The metadata quorum is closing."
            self._delivery.refuse(KafkaError(Code.NOT_CONTROLLER, closing))
            self._store.log.close()

    def abandon(self) -> None:
        """Stop as a killed process does: nothing more is written, nobody is answered."""
        self._closed = True
        self._stop_timer()
        if hasattr(self, "_delivery"):
            self._checkpoints.abandon()
            self._installation.cancel()
            self._delivery.cancel()
        if self._sync_task is not None:
            self._sync_task.cancel()

    # -- appending ----------------------------------------------------------------------------

    @property
    def end_offset(self) -> int:
        """Where the next record will stand."""
        return self.node.tail.end_offset

    @property
    def kraft_version(self) -> int:
        """The quorum's own feature level (KIP-853)."""
        return self.node.state.history.kraft_version

    @property
    def is_leader(self) -> bool:
        return self.node.is_leader

    async def append(self, records: Sequence[AnyRecord], atomic: bool = True) -> int:
        """Append metadata records; their last offset, once they are committed and applied.

        `atomic` keeps them in one batch (RECORD_LIST_TOO_LARGE when they don't fit); otherwise
        large lists are split. NOT_CONTROLLER when this node doesn't lead.
        """
        if self.failure is not None:
            raise self.failure
        if self._closed:
            raise KafkaError(Code.NOT_CONTROLLER, "The metadata quorum is closed.")
        kept = list(records)
        values = [encode_record(record) for record in kept]
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
        size = sum(map(len, values))
        done = self._delivery.expect(records, last, self.node.epoch, size)
        try:
            self._carry_out()
        except OSError as e:
            if not self.node.voters.is_only_voter(self.key):
                raise self._fail(e) from e
            self._delivery.take_back()
            self.node.withdraw(before)
            raise KafkaError(
                Code.KAFKA_STORAGE_ERROR, f"The metadata log can't be written: {e.strerror or e}."
            ) from e
        self._delivery.last_time_ms = now_ms
        return done

    # -- the core's wishes --------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """A message from another node of the quorum."""
        if self.closed:
            return
        clock = self.world.clock
        try:
            self.node.step(message, clock.mono_ms(), clock.now_ms())
            self._carry_out()
        except Exception as e:  # see _sync
            self._fail(e)

    def unreachable(self, node_id: int, correlation: int, *, gone: bool) -> None:
        """A request to that node got no answer; `gone`: nobody listens there."""
        if self.closed:
            return
        try:
            self.node.failed(node_id, correlation, self.world.clock.mono_ms(), gone=gone)
            self._carry_out()
        except Exception as e:  # see _sync
            self._fail(e)

    def _carry_out(self) -> None:
        """Do what the core asks for, in its order, then see to syncing and the timer."""
        while (ready := self.node.ready()) is not None:
            self._carry_out_one(ready)
        if self.node.durable < self.node.tail.end_offset and not self._closed:
            if self._sync_task is None:
                self._sync_task = asyncio.get_running_loop().create_task(self._sync())
        self._set_timer()

    def _carry_out_one(self, ready: Ready) -> None:
        if ready.election is not None:
            self._store.save_vote(ready.election)
        if ready.truncate_to is not None:
            assert ready.truncate_to >= self.applied_offset, (ready.truncate_to, self)
            self._store.log.truncate(ready.truncate_to)
            self._truncations += 1
        for batch in ready.appends:
            self._store.log.append(batch)
        if ready.snapshot is not None:
            self._installation.begin(*ready.snapshot)
        if self._send is not None:
            for message in ready.messages:
                self._send(self._with_records(message))
        if ready.role is not None:
            role = ready.role
            log.info(
                "quorum: %s in epoch %d, leader %d", role.role.value, role.epoch, role.leader_id
            )
            if not self.node.is_leader:
                self._delivery.refuse(
                    KafkaError(Code.NOT_CONTROLLER, "This node lost its leadership.")
                )
            self.on_role()
        if ready.commit is not None:
            self._delivery.commit(ready.commit)
            if self._checkpoints.due:
                self._checkpoint()
        self._begin_if_ready()

    def _with_records(self, message: Message) -> Message:
        if isinstance(message, FetchReply) and message.read_from is not None:
            return replace(message, records=self._store.log.read(message.read_from, _FETCH_BYTES))
        if isinstance(message, FetchSnapshotReply):
            return with_piece(self._store, message)
        return message

    async def _sync(self) -> None:
        """Sync until nothing is left to sync; what comes meanwhile shares the next round."""
        try:
            while self.node.durable < self.node.tail.end_offset and not self._closed:
                target, cuts = self.node.tail.end_offset, self._truncations
                await self._store.sync()
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

    def _fail(self, error: Exception) -> KafkaError:
        log.error("the metadata quorum failed", exc_info=error)
        text = f"The metadata log failed: {error}."
        self.failure = KafkaError(Code.KAFKA_STORAGE_ERROR, text)
        self._stop_timer()
        self._delivery.refuse(self.failure)
        self.on_failure()
        return self.failure

    # -- checkpoints --------------------------------------------------------------------------

    def _checkpoint(self) -> asyncio.Task[OffsetEpoch | None] | None:
        image = self._machine.image
        if image.in_transaction or self.applied_offset == 0:
            return None  # half a transaction has no place in a checkpoint
        delivery = self._delivery
        return self._checkpoints.begin(image.to_records(), delivery.at, delivery.last_time_ms)

    async def snapshot(self) -> OffsetEpoch | None:
        """Write a checkpoint of all that is applied, drop what it replaces; None: not now."""
        task = self._checkpoint()
        return None if task is None else await task

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
        clock = self.world.clock
        return describe(
            self.node, self._observers, self.applied_offset, clock.now_ms(), clock.mono_ms()
        )

    def __repr__(self) -> str:
        return f"<Quorum {self.node.state!r} applied {self.applied_offset}>"


def _batch_sizes(values: Sequence[bytes], atomic: bool) -> list[int]:
    """How many records go into each batch."""
    if atomic or not values:
        return [len(values)] if values else []
    sizes, count, size = [], 0, 0
    for value in values:
        if count and size + len(value) > READ_BYTES:
            sizes.append(count)
            count = size = 0
        count += 1
        size += len(value)
    return [*sizes, count]
