"""The consensus core of one KRaft node: `step` a message in, `tick`, `propose`; then take `ready`.

The core does no I/O and holds no records. Everything it wants done is in `Ready`, which the shell
carries out in the order of its fields, before it calls the core again:

1. `election`: write quorum-state and sync it. No message may leave before.
2. `truncate_to`, then `appends`: change the log.
   `snapshot`: check and write a checkpoint that was fetched, in its own time; then restart the
   log behind it and tell: `installed`, or `not_installed`.
3. `messages`: send them. A FetchReply with `read_from` gets its records from the log first, a
   FetchSnapshotReply its piece from the checkpoint's file.
4. Sync the log in its own time, and tell: `synced(end_offset)`. Neither our share in a majority
   nor a follower's next Fetch, which acknowledges what it has, moves on before that.
5. `commit`: everything below is committed. `role`: leadership changed hands.

Time is `mono_ms` for timers and `now_ms` for the records' timestamps. Source: KafkaRaftClient.
Changes of the voter set are in raft/changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msklite.errors import Code, KafkaError
from msklite.raft import changes, control
from msklite.raft.download import Download
from msklite.raft.drive import drive
from msklite.raft.messages import (
    FetchReply,
    Message,
    OffsetEpoch,
    Reply,
)
from msklite.raft.peers import Peers
from msklite.raft.quorum_state import Election
from msklite.raft.replies import on_reply, take_records
from msklite.raft.requests import Parked, on_request
from msklite.raft.state import Role, State, Timeouts
from msklite.raft.tail import LogTail
from msklite.raft.voters import BEFORE_LOG, Endpoint, ReplicaKey, Voter, VoterHistory, VoterSet
from msklite.wire.records import Record, build_batch
from msklite.world import Random

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""Kafka's limit for one batch of the metadata log; an atomic append must fit."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """`leader_id` (-1: none known) leads `epoch`; `role` is ours."""

    role: Role
    epoch: int
    leader_id: int
    epoch_start: int = -1


@dataclass(slots=True)
class Ready:
    """What the shell has to do, in this order; see the module's text."""

    election: Election | None = None
    truncate_to: int | None = None
    appends: list[bytes] = field(default_factory=list)
    snapshot: tuple[OffsetEpoch, bytes] | None = None
    messages: list[Message] = field(default_factory=list)
    commit: int | None = None
    role: RoleChange | None = None

    def __bool__(self) -> bool:
        return bool(
            self.appends
            or self.messages
            or self.election is not None
            or self.truncate_to is not None
            or self.snapshot is not None
            or self.commit is not None
            or self.role is not None
        )


class Node:
    """One voter or observer. All methods are synchronous; call `ready` after each."""

    def __init__(
        self,
        me: Voter,
        tail: LogTail,
        history: VoterHistory,
        random: Random,
        *,
        times: Timeouts | None = None,
    ) -> None:
        self.me = me
        self.key: ReplicaKey = me.key
        self.tail = tail
        self.times = times or Timeouts()
        self.random = random
        self.state = State(me.key, history, self.times, random)
        self.peers = Peers(self.times.request_ms, self.times.retry_backoff_ms)
        self.durable = tail.end_offset
        self.parked: list[Parked] = []
        self.closing = False
        self.download: Download | None = None
        self.change: changes.Pending | None = None
        """The change of the voters that this leader works on."""
        self.leaves = False
        """As leader: the voters that were committed are others, so another must lead."""
        self.update_at = 0
        """When to tell the leader again that we listen elsewhere."""
        self._out = Ready()
        self._told: tuple[Role, int, int] | None = None

    # What others see ---------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        return self.state.epoch

    @property
    def leader_id(self) -> int:
        return self.state.leader_id

    @property
    def is_leader(self) -> bool:
        return self.state.is_leader

    @property
    def high_watermark(self) -> int | None:
        progress = self.state.progress
        return self.state.high_watermark if progress is None else progress.high_watermark

    @property
    def voters(self) -> VoterSet:
        return self.state.voters

    # What drives it ----------------------------------------------------------------------------

    def start(self, saved: Election, mono_ms: int, now_ms: int) -> None:
        """Begin, with what quorum-state says. The only voter of a quorum leads at once."""
        self.state.restore(saved, self.tail.last_epoch, mono_ms)
        state = self.state
        if state.role is Role.CANDIDATE:
            self.maybe_lead(mono_ms, now_ms)
        elif state.voters.is_only_voter(self.key):
            self.stand(mono_ms, now_ms)
        self.note_role()
        drive(self, mono_ms)

    def ready(self) -> Ready | None:
        """What is to be done since the last call; None when there is nothing."""
        if self.state.dirty:
            self.state.dirty = False
            self._out.election = self.state.election
        if not self._out:
            return None
        out, self._out = self._out, Ready()
        return out

    def step(self, message: Message, mono_ms: int, now_ms: int) -> None:
        """Take a message from another node."""
        if isinstance(message, Reply):
            on_reply(self, message, mono_ms, now_ms)
        else:
            on_request(self, message, mono_ms, now_ms)
        drive(self, mono_ms)

    def tick(self, mono_ms: int, now_ms: int) -> None:
        """Do what time demands; call when `next_ms` has come."""
        state = self.state
        state.note_voters(mono_ms)
        if state.is_leader:
            self._tick_leader(mono_ms)
        elif state.expired(mono_ms) and not self.closing:
            if state.role is Role.RESIGNED:
                self.become_unattached(self.epoch + 1, -1, mono_ms)
            elif state.role is Role.PROSPECTIVE:
                self.give_up(mono_ms)
            else:
                self.stand(mono_ms, now_ms)
        self.release(mono_ms)
        drive(self, mono_ms)
        self.peers.settle(mono_ms)

    def next_ms(self) -> int | None:
        """When (mono_ms) `tick` is next wanted; None: only after an event."""
        state, times = self.state, [p.deadline for p in self.parked]
        if state.deadline is not None:
            times.append(state.deadline)
        if state.progress is not None and not state.voters.is_only_voter(self.key):
            times += [state.progress.check_quorum_at, state.progress.begin_at]
        waits = self.peers.next_ms()
        if waits is not None:
            times.append(waits)
        if self.change is not None:
            times.append(self.change.deadline)
        return min(times, default=None)

    def propose(self, values: Sequence[bytes], now_ms: int) -> int:
        """As leader, append records as one batch; the offset of the last. NOT_CONTROLLER else."""
        if not self.is_leader or self.closing:
            raise KafkaError(Code.NOT_CONTROLLER, "This node doesn't lead the metadata quorum.")
        batch = self._batch([Record(now_ms, None, value) for value in values], control=False)
        if len(batch) > MAX_BATCH_BYTES:
            raise KafkaError(
                Code.RECORD_LIST_TOO_LARGE,
                f"{len(values)} metadata records take {len(batch)} bytes, more than the "
                f"{MAX_BATCH_BYTES} that one batch may have.",
            )
        self._append_own(batch, len(values))
        return self.tail.end_offset - 1

    def withdraw(self, end_offset: int) -> None:
        """What was proposed from `end_offset` on couldn't be written to the log: it never was.

        Only before it was synced, and before the messages of the same Ready were sent; those are
        dropped too, and asked for again by their receivers.
        """
        assert self.is_leader and self.durable <= end_offset, (end_offset, self.durable)
        self.tail.truncate(end_offset)
        self.state.history.truncate(end_offset)
        self._out = Ready()

    def synced(self, end_offset: int, mono_ms: int) -> None:
        """The log is on the disk up to `end_offset`."""
        self.durable = min(end_offset, self.tail.end_offset)
        progress = self.state.progress
        if progress is not None and progress.synced(self.durable, self.voters):
            self.commit_rose(mono_ms)
        drive(self, mono_ms)

    def resign(self, mono_ms: int) -> None:
        """Give up leadership, for good: the node closes. A node that doesn't lead only stops."""
        self.closing = True
        if self.is_leader:
            self.step_down(mono_ms)
        drive(self, mono_ms)

    def failed(self, peer_id: int, correlation: int, mono_ms: int, *, gone: bool = False) -> None:
        """A request to `peer_id` couldn't be sent, or its connection broke; `gone`: no process.

        That one of long ago failed, which may have dialled through a cut that has healed since,
        says nothing of the present one, whose answer is waited for.
        """
        if not self.peers.awaits(peer_id, correlation):
            return
        self.peers.back_off(peer_id, mono_ms)
        changes.unreachable(self, peer_id)
        if gone and peer_id == self.leader_id:
            self.state.leader_gone(mono_ms)
        drive(self, mono_ms)  # another voter may know of another leader

    def stalled(self, mono_ms: int) -> None:
        """Our own loop stood still (a long pause, a sleeping laptop): timers start anew."""
        self.state.restart_timers(mono_ms)

    # Changes of role ---------------------------------------------------------------------------

    def stand(self, mono_ms: int, now_ms: int) -> None:
        """Ask for pre-votes."""
        self.drop_download()
        self.state.become_prospective(mono_ms)
        self.peers.reset()
        self.maybe_lead(mono_ms, now_ms)
        self.note_role()

    def maybe_lead(self, mono_ms: int, now_ms: int) -> None:
        """Go on from Prospective to Candidate to Leader as far as the votes carry."""
        state = self.state
        if state.role is Role.PROSPECTIVE and state.tally is not None and state.tally.won:
            state.become_candidate(mono_ms)
            self.peers.reset()
        if state.role is Role.CANDIDATE and state.tally is not None and state.tally.won:
            granting = sorted(state.tally.granted)
            state.become_leader(self.tail.end_offset, mono_ms)
            self.peers.reset()
            self._open_epoch(granting, now_ms)
        self.note_role()

    def give_up(self, mono_ms: int) -> None:
        """A pre-vote was lost: back to the leader that is known, or wait for one."""
        state = self.state
        if state.leader_id in state.voters.voters and state.leader_id != self.key.id:
            self.become_follower(state.epoch, state.leader_id, mono_ms)
        else:
            self.become_unattached(state.epoch, state.leader_id, mono_ms)

    def become_unattached(self, epoch: int, leader_id: int, mono_ms: int) -> None:
        self.refuse_parked(Code.NOT_LEADER_OR_FOLLOWER)
        self.drop_download()
        self.state.become_unattached(epoch, leader_id, mono_ms)
        self.peers.reset()
        self.note_role()

    def become_follower(
        self, epoch: int, leader_id: int, mono_ms: int, at: tuple[Endpoint, ...] = ()
    ) -> None:
        """Follow `leader_id`, which listens `at`, or where its voters record says."""
        self.refuse_parked(Code.NOT_LEADER_OR_FOLLOWER)
        self.drop_download()
        self.state.become_follower(epoch, leader_id, mono_ms, at)
        self.peers.reset()
        self.note_role()

    def note_role(self) -> None:
        """Tell the shell when role, epoch or leader changed."""
        state = self.state
        now = (state.role, state.epoch, state.leader_id)
        if now != self._told:
            self._told = now
            start = state.progress.epoch_start if state.progress is not None else -1
            self._out.role = RoleChange(*now, epoch_start=start)

    # The log -----------------------------------------------------------------------------------

    def _open_epoch(self, granting: Sequence[int], now_ms: int) -> None:
        """LeaderChange, and the voters where they were never logged or our address changed."""
        history, voters = self.state.history, self.voters
        records = [control.leader_change(self.key.id, voters.ids, granting, now_ms)]
        start = self.tail.end_offset
        changed = voters.voters.get(self.key.id) != self.me
        writes = history.kraft_version >= 1 and voters.is_voter(self.key)
        if writes and (history.last_offset == BEFORE_LOG or changed):
            updated = voters.with_voter(self.me)
            records.append(control.kraft_version(history.kraft_version, now_ms))
            records.append(control.voters(updated, now_ms))
            history.set_voters(start + 2, updated)
        self._append_own(self._batch(records, control=True), len(records))

    def append_voters(self, voters: VoterSet, now_ms: int) -> int:
        """As leader, put another voter set in force; its record's offset."""
        offset = self.tail.end_offset
        self._append_own(self._batch([control.voters(voters, now_ms)], control=True), 1)
        self.state.history.set_voters(offset, voters)
        return offset

    def _batch(self, records: Sequence[Record], *, control: bool) -> bytes:
        return build_batch(
            records, base_offset=self.tail.end_offset, leader_epoch=self.epoch, control=control
        )

    def _append_own(self, batch: bytes, count: int) -> None:
        base = self.tail.end_offset
        self.tail.append(self.epoch, base, base + count)
        self._out.appends.append(batch)

    def append_fetched(self, data: bytes) -> None:
        """As follower, take whole batches that continue the log."""
        if take_records(self, data):
            self._out.appends.append(data)

    def truncate(self, end_offset: int) -> None:
        self.tail.truncate(end_offset)
        self.state.history.truncate(end_offset)
        self.durable = min(self.durable, end_offset)
        self._out.truncate_to = end_offset

    def compacted(self, start_offset: int, snapshots: Sequence[OffsetEpoch]) -> None:
        """The shell wrote or deleted checkpoints, or moved the log's start."""
        self.tail.compacted(start_offset, snapshots)

    def drop_download(self) -> None:
        """Forget a snapshot that isn't whole yet."""
        if self.download is not None and not self.download.whole:
            self.download = None

    def hand_over(self, download: Download) -> None:
        """All pieces are here: the shell's turn."""
        self._out.snapshot = (download.at, bytes(download.data))

    def installed(self, at: OffsetEpoch, history: VoterHistory, mono_ms: int) -> None:
        """The fetched snapshot is on the disk and the log begins, empty, behind it."""
        assert not self.is_leader and at.offset >= (self.high_watermark or 0), (at, self.state)
        self.download = None
        self.tail.restart(at)
        self.state.history.restart(history)
        self.durable = at.offset
        self.state.high_watermark = max(at.offset, self.state.high_watermark or 0)
        self.state.note_voters(mono_ms)
        drive(self, mono_ms)

    def not_installed(self, mono_ms: int) -> None:
        """The fetched snapshot was damaged, or couldn't be written: ask anew, later."""
        self.download = None
        self.peers.back_off(self.leader_id, mono_ms)

    def commit_rose(self, mono_ms: int) -> None:
        self._out.commit = self.high_watermark
        self.release(mono_ms, all_of_them=True)
        changes.committed(self)

    # Sending -----------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        self._out.messages.append(message)

    def release(self, mono_ms: int, *, all_of_them: bool = False) -> None:
        """Answer parked Fetches: those whose time is over or that have news, or all."""
        due = [
            p for p in self.parked
            if all_of_them or mono_ms >= p.deadline or p.request.offset < self.tail.end_offset
        ]  # fmt: skip
        if due:
            self.parked = [p for p in self.parked if p not in due]
            for parked in due:
                self.send(parked.answer(self, mono_ms))

    def refuse_parked(self, code: Code) -> None:
        """Whoever waits here is told that this node leads no longer."""
        changes.refuse(self, code)
        parked, self.parked = self.parked, []
        for p in parked:
            self.send(
                FetchReply(self.key, p.request.sender, p.request.correlation, code, self.epoch,
                           self.leader_id)
            )  # fmt: skip

    def _tick_leader(self, mono_ms: int) -> None:
        state, progress = self.state, self.state.progress
        assert progress is not None
        changes.expire(self, mono_ms)
        if progress.check_quorum_due(mono_ms, state.voters):
            self.step_down(mono_ms)

    def step_down(self, mono_ms: int) -> None:
        """Resign from leadership, but not from the quorum."""
        self.leaves = False
        self.refuse_parked(Code.NOT_LEADER_OR_FOLLOWER)
        self.state.become_resigned(mono_ms)
        self.peers.reset()
        self.note_role()
