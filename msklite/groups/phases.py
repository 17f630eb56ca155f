"""The phases of a classic group's rebalance, and what times out (soft state).

A rebalance in two phases. Join: from the first change (a join, a leave, a lost session, a leader
that joins again) until everybody has joined or the rebalance timeout ends; late dynamic members are
dropped, late static ones (KIP-345) stay until their session ends. Sync: the leader gets all
members' metadata, assigns, and sends the assignment with SyncGroup; from then on the group is
Stable. A group that was empty waits `group.initial.rebalance.delay.ms` for more members, again
after each new one, up to the rebalance timeout (KIP-134).

Rules:
- Whoever is dropped while a request of his is parked gets an answer: UNKNOWN_MEMBER_ID.
- Methods without underscore are for `groups/rebalance`, which has the operations.

Source: the classic half of Kafka's GroupMetadataManager.
"""

from __future__ import annotations

from functools import partial

from msklite.errors import Code
from msklite.groups import records
from msklite.groups.config import GroupConfig
from msklite.groups.group import Group, Member, State
from msklite.groups.soft import Fire, Timer, Timers, Turn
from msklite.machine import Reply, Token
from msklite.wire.messages.join_group_response import JoinGroupResponse
from msklite.wire.messages.sync_group_response import SyncGroupResponse


class Phases:
    """The live groups of one coordinator and their timers."""

    __slots__ = ("config", "groups", "timers")

    def __init__(self, config: GroupConfig) -> None:
        self.config = config
        self.groups: dict[str, Group] = {}
        self.timers = Timers()

    # -- from durable state and back ----------------------------------------------------------

    def load(self, turn: Turn, group: Group) -> None:
        """Take over a group as the log has it: every member gets a full session."""
        self.groups[group.id] = group
        for member in group.members.values():
            member.session = self.session(group, member.id)
            self.beat(turn, member)
        if len(group.members) > self.config.max_size:
            self.prepare(turn, group)

    def forget(self, group_id: str) -> None:
        """A group was deleted: its timers go, and its pending member ids are worth nothing."""
        group = self.groups.pop(group_id, None)
        if group is None:
            return
        group.state = State.DEAD
        for timer in (group.join_timer, group.sync_timer, *group.pending.values()):
            if timer is not None:
                self.timers.cancel(timer)
        for member in group.members.values():
            self.timers.cancel(member.session)

    def resign(self) -> list[Reply]:
        """The answers of all who wait: they must look for the new coordinator."""
        replies = []
        for group in self.groups.values():
            for m in group.members.values():
                if m.join is not None:
                    answer = JoinGroupResponse(error_code=Code.NOT_COORDINATOR, member_id=m.id)
                    replies.append(Reply(m.join, answer))
                if m.sync is not None:
                    lost = SyncGroupResponse(error_code=Code.NOT_COORDINATOR)
                    replies.append(Reply(m.sync, lost))
        return replies

    # -- the phases ---------------------------------------------------------------------------

    def rebalance(self, turn: Turn, group: Group) -> None:
        """Something changed: begin a rebalance, or see whether the one under way is complete."""
        if group.state in (State.STABLE, State.COMPLETING, State.EMPTY):
            self.prepare(turn, group)
        else:
            self.maybe_complete(turn, group)

    def prepare(self, turn: Turn, group: Group) -> None:
        """Begin the join phase."""
        if group.state is State.COMPLETING:
            for m in group.members.values():
                m.assignment = b""
                if end_sync(turn, m, Code.REBALANCE_IN_PROGRESS):
                    self.beat(turn, m)
        group.pending_sync.clear()
        self.cancel(group.sync_timer)
        initial = group.state is State.EMPTY
        group.move(State.PREPARING, turn.now_ms)
        if initial:
            delay = self.config.initial_delay_ms
            left = max(group.rebalance_ms - delay, 0)
            self._join_alarm(turn, group, delay, partial(self._initial_over, group, delay, left))
        elif group.all_joined:
            self._complete(turn, group)
        else:
            self._join_alarm(
                turn, group, group.rebalance_ms, lambda turn: self._complete(turn, group)
            )

    def _initial_over(self, group: Group, delay: int, left: int, turn: Turn) -> None:
        """The initial delay is over: wait on for a group that still grows, or complete."""
        if group.new_member_added and left:
            group.new_member_added = False
            again = min(self.config.initial_delay_ms, left)
            rest = max(left - delay, 0)
            self._join_alarm(turn, group, again, partial(self._initial_over, group, again, rest))
        else:
            self._complete(turn, group)

    def maybe_complete(self, turn: Turn, group: Group) -> None:
        initial = group.previous is State.EMPTY
        if group.state is State.PREPARING and not initial and group.all_joined:
            self._complete(turn, group)

    def _complete(self, turn: Turn, group: Group) -> None:
        """End the join phase: a new generation, and everybody who joined is told."""
        if group.state is not State.PREPARING:
            return
        self.cancel(group.join_timer)
        for m in [m for m in group.members.values() if m.join is None and m.instance_id is None]:
            self.drop(turn, group, m.id)
        if not group.elect_joined_leader() and group.members:
            # Only static members, and none of them is here: wait until their sessions end.
            self._join_alarm(
                turn, group, group.rebalance_ms, lambda turn: self._complete(turn, group)
            )
            return
        group.next_generation(turn.now_ms)
        if not group.members:
            self.write(turn, group, {})
            return
        for m in group.members.values():
            if m.join is not None:
                turn.reply(m.join, group.joined(m))
                m.join = None
            m.is_new = False
            self.beat(turn, m)
            group.pending_sync.add(m.id)
        late = partial(self._sync_over, group, group.generation)
        group.sync_timer = self._alarm(turn, group.sync_timer, group.rebalance_ms, late)

    def _sync_over(self, group: Group, generation: int, turn: Turn) -> None:
        """Who hasn't sent SyncGroup within the rebalance timeout is dropped (KAFKA-13230)."""
        if group.generation != generation or not group.pending_sync:
            return
        if group.state in (State.COMPLETING, State.STABLE):
            for member_id in list(group.pending_sync):
                self.drop(turn, group, member_id)
            self.prepare(turn, group)

    # -- sessions and timers ------------------------------------------------------------------

    def session(self, group: Group, member_id: str) -> Timer:
        return Timer(partial(self._session_over, group, member_id))

    def _session_over(self, group: Group, member_id: str, turn: Turn) -> None:
        """No sign of life for a whole session: the member, or the unused member id, is dropped."""
        member = group.members.get(member_id)
        if member is None:
            if group.pending.pop(member_id, None) is not None and group.state is State.PREPARING:
                self._complete_if_all(turn, group)
        elif not member.waits:
            self.drop(turn, group, member_id)
            if group.state in (State.STABLE, State.COMPLETING):
                self.prepare(turn, group)
            else:
                self._complete_if_all(turn, group)

    def _complete_if_all(self, turn: Turn, group: Group) -> None:
        """As Kafka: a member lost during the initial delay may end it early."""
        if group.state is State.PREPARING and group.all_joined:
            self._complete(turn, group)

    def drop(self, turn: Turn, group: Group, member_id: str) -> None:
        """Remove a member or a pending member id; what it waits for is answered."""
        timer = group.pending.pop(member_id, None)
        member = group.remove(member_id)
        if member is not None:
            timer = member.session
            end_join(turn, member, Code.UNKNOWN_MEMBER_ID, "")
            end_sync(turn, member, Code.UNKNOWN_MEMBER_ID)
        self.cancel(timer)

    def beat(self, turn: Turn, member: Member) -> None:
        self.timers.set(member.session, turn.mono_ms + member.session_ms)

    def _alarm(self, turn: Turn, timer: Timer | None, delay_ms: int, fire: Fire) -> Timer:
        timer = timer or Timer(fire)
        timer.fire = fire
        self.timers.set(timer, turn.mono_ms + delay_ms)
        return timer

    def _join_alarm(self, turn: Turn, group: Group, delay_ms: int, fire: Fire) -> None:
        group.join_timer = self._alarm(turn, group.join_timer, delay_ms, fire)

    def cancel(self, timer: Timer | None) -> None:
        if timer is not None:
            self.timers.cancel(timer)

    def write(self, turn: Turn, group: Group, assignments: dict[str, bytes]) -> None:
        turn.record(records.group_key(group.id), records.group_value(group.record(assignments)))


def refuse_join(turn: Turn, token: Token, code: Code, member_id: str = "") -> None:
    turn.reply(token, JoinGroupResponse(error_code=code, member_id=member_id))


def end_join(turn: Turn, member: Member, code: Code, member_id: str | None = None) -> None:
    if member.join is not None:
        refuse_join(turn, member.join, code, member.id if member_id is None else member_id)
        member.join = None


def end_sync(turn: Turn, member: Member, code: Code) -> bool:
    if member.sync is None:
        return False
    turn.reply(member.sync, SyncGroupResponse(error_code=code))
    member.sync = None
    return True
