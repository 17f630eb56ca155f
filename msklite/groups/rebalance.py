"""What members ask of a classic group: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.

Rules:
- The leader's SyncGroup makes the group Stable at once; the runtime holds back every reply until
  the group's record is committed, so nobody sees it earlier than in Kafka. If the record can't be
  written the runtime drops the machine, and this state with it.
- One answer for each parked request: a second JoinGroup or SyncGroup of the same member answers the
  first with REBALANCE_IN_PROGRESS (Kafka leaves it unanswered).

Source: the classic half of Kafka's GroupMetadataManager.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.groups import records
from msklite.groups.config import GroupConfig
from msklite.groups.group import Group, Member, Protocols, State
from msklite.groups.phases import Phases, end_join, end_sync, refuse_join
from msklite.groups.soft import Turn
from msklite.machine import Token
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.heartbeat_response import HeartbeatResponse
from msklite.wire.messages.join_group_request import JoinGroupRequest
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.leave_group_response import LeaveGroupResponse, MemberResponse
from msklite.wire.messages.sync_group_request import SyncGroupRequest
from msklite.wire.messages.sync_group_response import SyncGroupResponse
from msklite.world import Random


def random_uuid(random: Random) -> str:
    """A random UUID as Java and RFC 4122 write it."""
    h = random.bytes(16).hex()
    variant = "89ab"[int(h[16], 16) & 3]
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{variant}{h[17:20]}-{h[20:]}"


class Rebalances(Phases):
    """The operations on live groups: with `Phases`, all soft state of one coordinator."""

    __slots__ = ("_random",)

    def __init__(self, config: GroupConfig, random: Random) -> None:
        super().__init__(config)
        self._random = random

    # -- JoinGroup ----------------------------------------------------------------------------

    def join(
        self,
        turn: Turn,
        request: JoinGroupRequest,
        version: int,
        client_id: str,
        client_host: str,
        token: Token,
    ) -> None:
        """A member joins, or joins again; the answer comes when the join phase is over."""
        group = self.groups.get(request.group_id)
        created = group is None
        written = len(turn.result.records)
        if group is None:
            if request.member_id:
                refuse_join(turn, token, Code.UNKNOWN_MEMBER_ID, request.member_id)
                return
            group = Group(request.group_id, turn.now_ms)
            self.groups[group.id] = group
        if not self._accepts(group, request.member_id):
            self.drop(turn, group, request.member_id)
            refuse_join(turn, token, Code.GROUP_MAX_SIZE_REACHED)
        elif not group.supports(request.protocol_type, (p.name for p in request.protocols)):
            refuse_join(turn, token, Code.INCONSISTENT_GROUP_PROTOCOL, request.member_id)
        elif not request.member_id:
            self._join_new(turn, group, request, version, (client_id, client_host), token)
        elif request.member_id in group.pending:
            if request.group_instance_id is not None:
                refuse_join(turn, token, Code.UNKNOWN_SERVER_ERROR)
            else:
                client = (client_id, client_host)
                self._add(turn, group, request, request.member_id, client, token)
        else:
            self._join_known(turn, group, request, token)
        if created and len(turn.result.records) == written:
            empty = records.empty_group(turn.now_ms)
            turn.record(records.group_key(group.id), records.group_value(empty))

    def _accepts(self, group: Group, member_id: str) -> bool:
        """group.max.size: members already in stay, the last to join again are turned away."""
        if group.state is State.EMPTY:
            return True
        member = group.members.get(member_id)
        if group.state is State.PREPARING:
            if member is not None and member.join is not None:
                return True
            return group.joining < self.config.max_size
        return member is not None or len(group.members) < self.config.max_size

    def _join_new(
        self,
        turn: Turn,
        group: Group,
        request: JoinGroupRequest,
        version: int,
        client: tuple[str, str],
        token: Token,
    ) -> None:
        instance = request.group_instance_id
        member_id = f"{client[0] if instance is None else instance}-{random_uuid(self._random)}"
        if instance is not None and instance in group.statics:
            old = group.members[group.statics[instance]]
            self._replace(turn, group, request, version, old, member_id, token)
        elif instance is None and version >= 4:
            # KIP-394: clients that never come back must not leave members behind.
            timer = self.session(group, member_id)
            group.pending[member_id] = timer
            self.timers.set(timer, turn.mono_ms + request.session_timeout_ms)
            refuse_join(turn, token, Code.MEMBER_ID_REQUIRED, member_id)
        else:
            self._add(turn, group, request, member_id, client, token)

    def _join_known(
        self, turn: Turn, group: Group, request: JoinGroupRequest, token: Token
    ) -> None:
        code = group.check(request.member_id, request.group_instance_id)
        if code is not Code.NONE or group.state is State.EMPTY:
            code = code or Code.UNKNOWN_MEMBER_ID
            refuse_join(turn, token, code, request.member_id)
            return
        member = group.members[request.member_id]
        same = member.protocols == _protocols(request)
        if same and (
            group.state is State.COMPLETING
            or (group.state is State.STABLE and member.id != group.leader)
        ):
            # It may have missed the answer, or wants to sync again: nothing has changed.
            turn.reply(token, group.joined(member))
            return
        self._update(turn, group, member, request, token)
        self.rebalance(turn, group)

    def _add(
        self,
        turn: Turn,
        group: Group,
        request: JoinGroupRequest,
        member_id: str,
        client: tuple[str, str],
        token: Token,
    ) -> None:
        session = group.pending.pop(member_id, None) or self.session(group, member_id)
        member = Member(
            member_id,
            request.group_instance_id,
            *client,
            request.rebalance_timeout_ms,
            request.session_timeout_ms,
            _protocols(request),
            session,
        )
        member.is_new = True
        member.join = token
        if group.state is State.PREPARING and group.previous is State.EMPTY:
            group.new_member_added = True
        group.add(member, request.protocol_type)
        # A new member can't send heartbeats yet; should its client give up, it must not stay.
        self.timers.set(session, turn.mono_ms + self.config.new_member_ms)
        self.rebalance(turn, group)

    def _update(
        self, turn: Turn, group: Group, member: Member, request: JoinGroupRequest, token: Token
    ) -> None:
        end_join(turn, member, Code.REBALANCE_IN_PROGRESS)
        group.update(
            member, _protocols(request), request.rebalance_timeout_ms, request.session_timeout_ms
        )
        member.join = token

    def _replace(
        self,
        turn: Turn,
        group: Group,
        request: JoinGroupRequest,
        version: int,
        old: Member,
        new_id: str,
        token: Token,
    ) -> None:
        """A static member came back without its member id: it gets a new one, the old is fenced."""
        leader = group.leader
        self.timers.cancel(old.session)
        end_join(turn, old, Code.FENCED_INSTANCE_ID)
        end_sync(turn, old, Code.FENCED_INSTANCE_ID)
        member = group.replace(old, new_id, self.session(group, new_id))
        self.beat(turn, member)
        self._update(turn, group, member, request, token)
        if group.state is State.COMPLETING:
            # The leader may be assigning to the old member id.
            self.prepare(turn, group)
        elif group.state is State.STABLE and group.select_protocol() == group.protocol:
            # Nothing changes for the others: no rebalance, only the new id is written down.
            member.join = None
            self.write(turn, group, {m.id: m.assignment for m in group.members.values()})
            answer = group.joined(member)
            if version >= 9:
                answer.skip_assignment = member.id == group.leader
            else:
                # It must not assign anew; naming the old leader keeps old clients from doing so.
                answer.members, answer.leader = [], leader or ""
            turn.reply(token, answer)
        elif group.state is State.STABLE:
            self.rebalance(turn, group)
        else:
            self.maybe_complete(turn, group)

    # -- SyncGroup, Heartbeat -----------------------------------------------------------------

    def sync(self, turn: Turn, request: SyncGroupRequest, token: Token) -> None:
        """A member asks for its assignment; the leader brings everybody's."""
        group = self.groups.get(request.group_id)
        code = self._check_sync(group, request)
        if group is None or code is not Code.NONE:
            turn.reply(token, SyncGroupResponse(error_code=code))
            return
        member = group.members[request.member_id]
        group.pending_sync.discard(member.id)
        if not group.pending_sync:
            self.cancel(group.sync_timer)
        if group.state is State.STABLE:
            turn.reply(token, _assignment(group, member))
            return
        end_sync(turn, member, Code.REBALANCE_IN_PROGRESS)
        member.sync = token
        if member.id == group.leader:
            given = {a.member_id: a.assignment for a in request.assignments}
            for m in group.members.values():
                m.assignment = given.get(m.id, b"")
            self.write(turn, group, {m.id: m.assignment for m in group.members.values()})
            group.move(State.STABLE, turn.now_ms)
            for m in group.members.values():
                if m.sync is not None:
                    turn.reply(m.sync, _assignment(group, m))
                    m.sync = None
                    self.beat(turn, m)

    def _check_sync(self, group: Group | None, request: SyncGroupRequest) -> Code:
        if group is None or group.state is State.EMPTY:
            return Code.UNKNOWN_MEMBER_ID
        code = group.check(request.member_id, request.group_instance_id)
        if code is not Code.NONE:
            return code
        if request.generation_id != group.generation:
            return Code.ILLEGAL_GENERATION
        if _differ(request.protocol_type, group.protocol_type) or _differ(
            request.protocol_name, group.protocol
        ):
            return Code.INCONSISTENT_GROUP_PROTOCOL
        if group.state is State.PREPARING:
            return Code.REBALANCE_IN_PROGRESS
        return Code.NONE

    def heartbeat(self, turn: Turn, request: HeartbeatRequest, token: Token) -> None:
        """A sign of life, answered with whether a rebalance is under way."""
        group = self.groups.get(request.group_id)
        code = Code.UNKNOWN_MEMBER_ID
        if group is not None:
            code = group.check(request.member_id, request.group_instance_id)
            if code is Code.NONE and request.generation_id != group.generation:
                code = Code.ILLEGAL_GENERATION
            if code is Code.NONE:
                self.beat(turn, group.members[request.member_id])
                if group.state is State.PREPARING:
                    code = Code.REBALANCE_IN_PROGRESS
        turn.reply(token, HeartbeatResponse(error_code=code))

    def committed(self, turn: Turn, group: Group, member_id: str) -> None:
        """A member committed offsets, which is a sign of life as well."""
        member = group.members.get(member_id)
        if member is not None and group.state in (State.STABLE, State.PREPARING):
            self.beat(turn, member)

    # -- LeaveGroup ---------------------------------------------------------------------------

    def leave(self, turn: Turn, request: LeaveGroupRequest, token: Token) -> None:
        """Members leave, or an administrator removes them by instance id (KIP-345)."""
        group = self.groups.get(request.group_id)
        answers = [
            MemberResponse(
                member_id=m.member_id,
                group_instance_id=m.group_instance_id,
                error_code=self._leave_one(turn, group, m),
            )
            for m in request.members
        ]
        if group is not None and any(a.error_code == Code.NONE for a in answers):
            if group.state in (State.STABLE, State.COMPLETING):
                self.prepare(turn, group)
            else:
                self.maybe_complete(turn, group)
        turn.reply(token, LeaveGroupResponse(members=answers))

    def _leave_one(self, turn: Turn, group: Group | None, who: MemberIdentity) -> Code:
        if group is None:
            return Code.UNKNOWN_MEMBER_ID
        member_id = who.member_id
        if not member_id:
            member_id = group.statics.get(who.group_instance_id or "", "")
            if not member_id:
                return Code.UNKNOWN_MEMBER_ID
        elif member_id not in group.pending:
            code = group.check(member_id, who.group_instance_id)
            if code is not Code.NONE:
                return code
        self.drop(turn, group, member_id)
        return Code.NONE


def _protocols(request: JoinGroupRequest) -> Protocols:
    return [(p.name, p.metadata) for p in request.protocols]


def _differ(said: str | None, known: str | None) -> bool:
    return said is not None and known is not None and said != known


def _assignment(group: Group, member: Member) -> SyncGroupResponse:
    return SyncGroupResponse(
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        assignment=member.assignment,
    )
