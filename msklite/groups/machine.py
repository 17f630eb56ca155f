"""The group coordinator of one partition of `__consumer_offsets`, as a replicated state machine.

Durable state: the last record of each classic group, committed offsets, and which keys belong to
kinds of groups that are not served yet. It changes only in `replay` and `replay_marker`.
Soft state: `rebalance.Rebalances`, made in `elected`, dropped in `resign`. A group that is live is
ahead of its record between records; a record that we wrote ourselves doesn't change it, as it came
from there. Deleting is the exception: a replayed tombstone ends the live group.

Every operation gets a token and answers it through the Result, at once or, for JoinGroup and
SyncGroup, in the Result of a later operation or tick. Operations are for the elected machine only.
Source: Kafka's GroupCoordinatorShard.
"""

from __future__ import annotations

from collections.abc import Iterable

from msklite.errors import Code
from msklite.groups import offsets as offset_ops
from msklite.groups import records
from msklite.groups.config import GroupConfig
from msklite.groups.failures import failed_commit, failed_txn_commit
from msklite.groups.group import Group, Member, State
from msklite.groups.offsets import Offsets
from msklite.groups.rebalance import Rebalances
from msklite.groups.soft import Turn
from msklite.machine import Reply, Result, Token
from msklite.wire.messages.delete_groups_response import (
    DeletableGroupResult,
    DeleteGroupsResponse,
)
from msklite.wire.messages.describe_groups_response import (
    DescribedGroup,
    DescribedGroupMember,
    DescribeGroupsResponse,
)
from msklite.wire.messages.group_metadata_value import GroupMetadataValue
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest
from msklite.wire.messages.leave_group_request import LeaveGroupRequest
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.list_groups_response import ListedGroup, ListGroupsResponse
from msklite.wire.messages.offset_commit_request import OffsetCommitRequest
from msklite.wire.messages.offset_delete_request import OffsetDeleteRequest
from msklite.wire.messages.offset_fetch_request import OffsetFetchRequestGroup
from msklite.wire.messages.sync_group_request import SyncGroupRequest
from msklite.wire.messages.txn_offset_commit_request import TxnOffsetCommitRequest
from msklite.world import Random

CLASSIC = "classic"


class GroupMachine:
    """See the module. `live` is None until `elected`."""

    __slots__ = ("_aside", "_config", "_groups", "_offsets", "_random", "live")

    def __init__(self, config: GroupConfig, random: Random) -> None:
        self._config = config
        self._random = random
        self._groups: dict[str, GroupMetadataValue] = {}
        self._offsets = Offsets()
        self._aside: dict[str, dict[bytes, None]] = {}
        """Keys of KIP-848 records by group id: kept in the log, told apart from classic groups."""
        self.live: Rebalances | None = None

    @property
    def offsets(self) -> Offsets:
        """What the groups have committed; not to be changed."""
        return self._offsets

    # -- the log ------------------------------------------------------------------------------

    def replay(
        self,
        key: bytes,
        value: bytes | None,
        now_ms: int,
        producer_id: int = -1,
        record_offset: int = -1,
    ) -> None:
        """Apply one record. Records of kinds that aren't served are noted or passed over."""
        kind = records.kind_of(key)
        if kind in (records.OFFSET, records.LEGACY_OFFSET):
            self._replay_offset(kind, key, value, now_ms, producer_id, record_offset)
        elif kind == records.GROUP:
            self._replay_group(records.read_group_key(key), value)
        elif kind in records.CONSUMER_KINDS or kind == records.CONSUMER_REGEX:
            group = records.read_group_key(key)
            if value is not None:
                self._aside.setdefault(group, {})[key] = None
            elif key in (keys := self._aside.get(group, {})):
                del keys[key]
                if not keys:
                    del self._aside[group]

    def _replay_offset(
        self,
        kind: int,
        key: bytes,
        value: bytes | None,
        now_ms: int,
        producer_id: int,
        record_offset: int,
    ) -> None:
        where = records.read_offset_key(key)
        if value is None:
            self._offsets.remove(where)
            return
        committed = records.read_offset_value(kind, value, record_offset)
        self._offsets.put(where, committed, producer_id)
        group = where[0]
        if group not in self._groups and group not in self._aside:
            # A simple consumer: its group is there as soon as it has an offset.
            self._groups[group] = records.empty_group(committed.commit_ms)
        if self.live is not None and group in self._groups and group not in self.live.groups:
            self.live.groups[group] = Group(group, now_ms)

    def _replay_group(self, group: str, value: bytes | None) -> None:
        if value is None:
            self._groups.pop(group, None)
            if self.live is not None:
                self.live.forget(group)
            return
        self._groups[group] = records.read_group_value(value)

    def replay_marker(self, producer_id: int, epoch: int, commit: bool) -> None:
        """A transaction ended: its offsets count from now on, or are forgotten."""
        self._offsets.end_transaction(producer_id, commit)

    def snapshot(self) -> object:
        """All durable state, for comparisons in tests."""
        return self._groups, self._offsets.snapshot(), self._aside

    # -- leadership and time ------------------------------------------------------------------

    def elected(self, mono_ms: int, now_ms: int) -> Result:
        """The log is replayed and this node leads: every member gets a full session."""
        turn = Turn(mono_ms, now_ms)
        self.live = Rebalances(self._config, self._random)
        for group_id, value in self._groups.items():
            self.live.load(turn, Group.of(group_id, value))
        return turn.result

    def resign(self) -> list[Reply]:
        """Leadership is lost: the answers of all who wait."""
        live, self.live = self.live, None
        return [] if live is None else live.resign()

    def next_tick_ms(self) -> int | None:
        """When `tick` is next wanted; maybe a little early."""
        return None if self.live is None else self.live.timers.next_ms()

    def tick(self, mono_ms: int, now_ms: int) -> Result:
        """Let what is due happen: lost sessions, ends of phases."""
        turn = Turn(mono_ms, now_ms)
        timers = self._live.timers
        while (timer := timers.due(mono_ms)) is not None:
            timer.fire(turn)
        return turn.result

    @property
    def _live(self) -> Rebalances:
        assert self.live is not None, "an operation on a machine that isn't elected"
        return self.live

    # -- membership ---------------------------------------------------------------------------

    def join(
        self,
        request: JoinGroupRequest,
        version: int,
        client_id: str,
        client_host: str,
        token: Token,
        mono_ms: int,
        now_ms: int,
    ) -> Result:
        """JoinGroup; answered when the join phase is over, or at once with an error."""
        turn = Turn(mono_ms, now_ms)
        for key in self._aside.get(request.group_id, ()):
            # A KIP-848 group of that name has nobody here who could be its member: it gives way.
            turn.record(key, None)
        self._live.join(turn, request, version, client_id, client_host, token)
        return turn.result

    def sync(self, request: SyncGroupRequest, token: Token, mono_ms: int, now_ms: int) -> Result:
        """SyncGroup; answered when the leader has brought the assignment."""
        turn = Turn(mono_ms, now_ms)
        self._live.sync(turn, request, token)
        return turn.result

    def heartbeat(
        self, request: HeartbeatRequest, token: Token, mono_ms: int, now_ms: int
    ) -> Result:
        """Heartbeat."""
        turn = Turn(mono_ms, now_ms)
        self._live.heartbeat(turn, request, token)
        return turn.result

    def leave(self, request: LeaveGroupRequest, token: Token, mono_ms: int, now_ms: int) -> Result:
        """LeaveGroup with `members` filled in, whatever version the client sent."""
        turn = Turn(mono_ms, now_ms)
        self._live.leave(turn, request, token)
        return turn.result

    # -- offsets ------------------------------------------------------------------------------

    def commit(
        self, request: OffsetCommitRequest, version: int, token: Token, mono_ms: int, now_ms: int
    ) -> Result:
        """OffsetCommit of partitions that exist; topics have names, and ids from version 10 on."""
        turn = Turn(mono_ms, now_ms)
        group = self._live.groups.get(request.group_id)
        code = offset_ops.check_commit(group, request, version)
        if code is not Code.NONE:
            turn.reply(token, failed_commit(request, code))
            return turn.result
        if group is not None:
            self._live.committed(turn, group, request.member_id)
        turn.reply(token, offset_ops.commit(turn, request, self._config.max_metadata))
        return turn.result

    def commit_within(
        self, request: TxnOffsetCommitRequest, token: Token, mono_ms: int, now_ms: int
    ) -> Result:
        """TxnOffsetCommit of partitions that exist; the host writes it within the transaction."""
        turn = Turn(mono_ms, now_ms)
        group = self._live.groups.get(request.group_id)
        code = offset_ops.check_txn_commit(group, request)
        if code is not Code.NONE:
            turn.reply(token, failed_txn_commit(request, code))
        else:
            max_metadata = self._config.max_metadata
            turn.reply(token, offset_ops.commit_within(turn, request, max_metadata))
        return turn.result

    def fetch(self, request: OffsetFetchRequestGroup, require_stable: bool, token: Token) -> Result:
        """OffsetFetch of one group, answered with its part of the response."""
        known = request.group_id in self._live.groups or request.group_id in self._aside
        answer = offset_ops.fetch(self._offsets, known, request, require_stable)
        return Result(effects=[Reply(token, answer)])

    def delete_offsets(
        self, request: OffsetDeleteRequest, token: Token, mono_ms: int, now_ms: int
    ) -> Result:
        """OffsetDelete."""
        turn = Turn(mono_ms, now_ms)
        group = self._live.groups.get(request.group_id)
        turn.reply(token, offset_ops.delete(turn, self._offsets, group, request))
        return turn.result

    def topics_deleted(self, names: Iterable[str], now_ms: int) -> Result:
        """Topics are gone: so are the offsets committed for them."""
        turn = Turn(0, now_ms)
        for where in self._offsets.in_topics(set(names)):
            turn.record(records.offset_key(*where), None)
        return turn.result

    def group_ids(self) -> list[str]:
        """The groups of now; none on a machine that isn't elected."""
        return [] if self.live is None else list(self.live.groups)

    def expire(self, group_ids: Iterable[str], now_ms: int) -> Result:
        """Delete offsets older than offsets.retention.minutes, and groups that are left empty."""
        turn = Turn(0, now_ms)
        for group_id in group_ids:
            group = self._live.groups.get(group_id)
            if group is None:
                continue
            none_left = offset_ops.expire(turn, self._offsets, group, self._config.retention_ms)
            if none_left and group.state is State.EMPTY:
                turn.record(records.group_key(group.id), None)
        return turn.result

    # -- administration -----------------------------------------------------------------------

    def describe(self, group_ids: list[str], version: int, token: Token) -> Result:
        """DescribeGroups for this partition's groups."""
        answer = DescribeGroupsResponse(groups=[self._describe(g, version) for g in group_ids])
        return Result(effects=[Reply(token, answer)])

    def _describe(self, group_id: str, version: int) -> DescribedGroup:
        group = self._live.groups.get(group_id)
        if group is None:
            answer = DescribedGroup(group_id=group_id, group_state=State.DEAD)
            if version >= 6:
                what = "is not a classic group" if group_id in self._aside else "not found"
                answer.error_code = Code.GROUP_ID_NOT_FOUND
                answer.error_message = f"Group {group_id} {what}."
            return answer
        stable = group.state is State.STABLE
        return DescribedGroup(
            group_id=group_id,
            group_state=group.state,
            protocol_type=group.protocol_type or "",
            protocol_data=(group.protocol or "") if stable else "",
            members=[
                _described(m, group.protocol if stable else None) for m in group.members.values()
            ],
        )

    def list_groups(self, request: ListGroupsRequest, token: Token) -> Result:
        """ListGroups of this partition, filtered by state (KIP-518) and type (KIP-848)."""
        states = {s.lower().strip() for s in request.states_filter}
        types = {t.lower() for t in request.types_filter}
        answer = ListGroupsResponse()
        if not types or CLASSIC in types:
            answer.groups = [
                ListedGroup(
                    group_id=g.id,
                    protocol_type=g.protocol_type or "",
                    group_state=g.state,
                    group_type=CLASSIC,
                )
                for g in self._live.groups.values()
                if not states or g.state.lower() in states
            ]
        return Result(effects=[Reply(token, answer)])

    def delete_groups(
        self, group_ids: list[str], token: Token, mono_ms: int, now_ms: int
    ) -> Result:
        """DeleteGroups: empty groups with all their offsets."""
        turn = Turn(mono_ms, now_ms)
        answer = DeleteGroupsResponse()
        for group_id in group_ids:
            group = self._live.groups.get(group_id)
            code = Code.NONE
            if group is None:
                code = Code.GROUP_ID_NOT_FOUND
            elif group.state is not State.EMPTY:
                code = Code.NON_EMPTY_GROUP
            else:
                offset_ops.delete_all(turn, self._offsets, group_id)
                turn.record(records.group_key(group_id), None)
            answer.results.append(DeletableGroupResult(group_id=group_id, error_code=code))
        turn.reply(token, answer)
        return turn.result


def _described(m: Member, protocol: str | None) -> DescribedGroupMember:
    return DescribedGroupMember(
        member_id=m.id,
        group_instance_id=m.instance_id,
        client_id=m.client_id,
        client_host=m.client_host,
        member_metadata=b"" if protocol is None else m.metadata(protocol),
        member_assignment=m.assignment,
    )
