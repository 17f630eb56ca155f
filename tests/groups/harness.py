"""A coordinator on virtual time: operations in, answers out, and the log that came of it.

After every operation its records are replayed into the machine, as the runtime does, and a second
machine that is fed the whole log must have the same durable state.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from msklite.errors import Code
from msklite.groups.config import GroupConfig
from msklite.groups.machine import GroupMachine
from msklite.machine import Result
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from msklite.wire.messages.join_group_response import JoinGroupResponse
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment

SESSION, REBALANCE = 10_000, 60_000


class Seeded:
    """The world's Random from a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def bytes(self, n: int) -> bytes:
        return self._random.randbytes(n)

    def below(self, n: int) -> int:
        return self._random.randrange(n)


@dataclass(eq=False)
class Call:
    """A request that was made; `answer` when it has one."""

    answer: Any = None

    @property
    def code(self) -> Code:
        assert self.answer is not None, "still waits"
        return Code(self.answer.error_code)


@dataclass
class Coordinator:
    """A machine that leads, its clock and its log."""

    config: GroupConfig = field(default_factory=lambda: GroupConfig(initial_delay_ms=0))
    mono: int = 1_000
    now: int = 1_700_000_000_000
    log: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    seed: int = 0

    def __post_init__(self) -> None:
        self.machine = self.fresh()
        self.apply(self.machine.elected(self.mono, self.now))

    def fresh(self) -> GroupMachine:
        """A machine that knows just the log."""
        machine = GroupMachine(self.config, Seeded(self.seed))
        for offset, (key, value) in enumerate(self.log):
            machine.replay(key, value, self.now, -1, offset)
        return machine

    def apply(self, result: Result) -> None:
        """What the runtime does with a result."""
        for key, value in result.records:
            self.machine.replay(key, value, self.now, -1, len(self.log))
            self.log.append((key, value))
        for reply in result.effects:
            assert isinstance(reply.token, Call)
            assert reply.token.answer is None, "answered twice"
            reply.token.answer = reply.response
        assert self.fresh().snapshot() == self.machine.snapshot()

    def fail_over(self) -> None:
        """Lose leadership, and win it again with a new machine."""
        for reply in self.machine.resign():
            assert isinstance(reply.token, Call)
            assert reply.token.answer is None, "answered twice"
            reply.token.answer = reply.response
        self.machine = self.fresh()
        self.apply(self.machine.elected(self.mono, self.now))

    def advance(self, ms: int) -> None:
        """Let time pass, ticking whenever the machine asks for it."""
        until = self.mono + ms
        while (at := self.machine.next_tick_ms()) is not None and at <= until:
            step = max(at - self.mono, 0)
            self.mono += step
            self.now += step
            self.apply(self.machine.tick(self.mono, self.now))
        self.now += until - self.mono
        self.mono = until

    # -- requests -----------------------------------------------------------------------------

    def join(
        self,
        member: str = "",
        group: str = "g",
        *,
        instance: str | None = None,
        protocols: dict[str, bytes] | None = None,
        kind: str = "consumer",
        session: int = SESSION,
        rebalance: int = REBALANCE,
        version: int = 9,
    ) -> Call:
        """JoinGroup; with the default version a new dynamic member is sent back once."""
        call = Call()
        request = JoinGroupRequest(
            group_id=group,
            session_timeout_ms=session,
            rebalance_timeout_ms=rebalance,
            member_id=member,
            group_instance_id=instance,
            protocol_type=kind,
            protocols=[
                JoinGroupRequestProtocol(name=n, metadata=m)
                for n, m in ({"range": b""} if protocols is None else protocols).items()
            ],
        )
        self.apply(
            self.machine.join(request, version, "app", "/1.2.3.4", call, self.mono, self.now)
        )
        return call

    def enter(self, group: str = "g", **more: Any) -> Call:
        """Both JoinGroups of a new dynamic member; the second call."""
        first = self.join(group=group, **more)
        assert first.code is Code.MEMBER_ID_REQUIRED
        return self.join(first.answer.member_id, group, **more)

    def sync(
        self,
        joined: JoinGroupResponse,
        assignments: dict[str, bytes] | None = None,
        group: str = "g",
        **more: Any,
    ) -> Call:
        """SyncGroup as the member that got `joined`."""
        call = Call()
        fields = {
            "group_id": group,
            "generation_id": joined.generation_id,
            "member_id": joined.member_id,
            "protocol_type": joined.protocol_type,
            "protocol_name": joined.protocol_name,
        }
        request = SyncGroupRequest(
            **{**fields, **more},
            assignments=[
                SyncGroupRequestAssignment(member_id=m, assignment=a)
                for m, a in (assignments or {}).items()
            ],
        )
        self.apply(self.machine.sync(request, call, self.mono, self.now))
        return call

    def beat(
        self, member: str, generation: int, group: str = "g", instance: str | None = None
    ) -> Code:
        """Heartbeat's code."""
        call = Call()
        request = HeartbeatRequest(
            group_id=group,
            generation_id=generation,
            member_id=member,
            group_instance_id=instance,
        )
        self.apply(self.machine.heartbeat(request, call, self.mono, self.now))
        return call.code

    def leave(self, *who: tuple[str, str | None], group: str = "g") -> list[Code]:
        """LeaveGroup of (member id, instance id); each one's code."""
        call = Call()
        request = LeaveGroupRequest(
            group_id=group,
            members=[MemberIdentity(member_id=m, group_instance_id=i) for m, i in who],
        )
        self.apply(self.machine.leave(request, call, self.mono, self.now))
        assert call.code is Code.NONE
        return [Code(m.error_code) for m in call.answer.members]

    def commit(
        self,
        offset: int,
        member: str = "",
        generation: int = -1,
        *,
        group: str = "g",
        topic: str = "t",
        partition: int = 0,
        metadata: str | None = "",
        version: int = 9,
        retention: int = -1,
        topic_id: bytes = bytes(16),
        instance: str | None = None,
    ) -> Code:
        """OffsetCommit of one partition; its code."""
        call = Call()
        request = OffsetCommitRequest(
            group_id=group,
            generation_id_or_member_epoch=generation,
            member_id=member,
            group_instance_id=instance,
            retention_time_ms=retention,
            topics=[
                OffsetCommitRequestTopic(
                    name=topic,
                    topic_id=topic_id,
                    partitions=[
                        OffsetCommitRequestPartition(
                            partition_index=partition,
                            committed_offset=offset,
                            committed_metadata=metadata,
                        )
                    ],
                )
            ],
        )
        self.apply(self.machine.commit(request, version, call, self.mono, self.now))
        return Code(call.answer.topics[0].partitions[0].error_code)

    def fetch(
        self,
        group: str = "g",
        topics: dict[str, list[int]] | None = None,
        *,
        topic_id: bytes = bytes(16),
        stable: bool = False,
    ) -> dict[tuple[str, int], tuple[int, Code]]:
        """OffsetFetch; (offset, code) by (topic, partition). None: all topics."""
        request = OffsetFetchRequestGroup(group_id=group)
        request.topics = (
            None
            if topics is None
            else [
                OffsetFetchRequestTopics(name=n, topic_id=topic_id, partition_indexes=p)
                for n, p in topics.items()
            ]
        )
        call = Call()
        self.apply(self.machine.fetch(request, stable, call))
        assert call.code is Code.NONE
        return {
            (t.name, p.partition_index): (p.committed_offset, Code(p.error_code))
            for t in call.answer.topics
            for p in t.partitions
        }

    def delete_offset(
        self, topic: str = "t", partition: int = 0, group: str = "g"
    ) -> tuple[Code, Code | None]:
        """OffsetDelete of one partition; (code for all, its code)."""
        call = Call()
        request = OffsetDeleteRequest(
            group_id=group,
            topics=[
                OffsetDeleteRequestTopic(
                    name=topic,
                    partitions=[OffsetDeleteRequestPartition(partition_index=partition)],
                )
            ],
        )
        self.apply(self.machine.delete_offsets(request, call, self.mono, self.now))
        rows = [p for t in call.answer.topics for p in t.partitions]
        return call.code, Code(rows[0].error_code) if rows else None

    def delete(self, *groups: str) -> list[Code]:
        """DeleteGroups; each one's code."""
        call = Call()
        self.apply(self.machine.delete_groups(list(groups), call, self.mono, self.now))
        return [Code(r.error_code) for r in call.answer.results]

    def describe(self, group: str = "g", version: int = 6) -> Any:
        """DescribeGroups of one group."""
        call = Call()
        self.apply(self.machine.describe([group], version, call))
        return call.answer.groups[0]

    def state(self, group: str = "g") -> str:
        """The group's state by DescribeGroups."""
        return str(self.describe(group).group_state)

    def list(self, states: list[str] | None = None, types: list[str] | None = None) -> list[str]:
        """Ids by ListGroups."""
        call = Call()
        request = ListGroupsRequest(states_filter=states or [], types_filter=types or [])
        self.apply(self.machine.list_groups(request, call))
        return [g.group_id for g in call.answer.groups]

    # -- stories ------------------------------------------------------------------------------

    def stable(self, size: int = 2, group: str = "g", **more: Any) -> list[JoinGroupResponse]:
        """A stable group of dynamic members, the leader first; each one's JoinGroup answer."""
        calls = [self.enter(group, **more) for _ in range(size)]
        self.advance(self.config.initial_delay_ms)
        return self.settle([c.answer for c in calls], group)

    def settle(self, joined: list[JoinGroupResponse], group: str = "g") -> list[JoinGroupResponse]:
        """Sync all members: each is assigned its own id as bytes."""
        joined = sorted(joined, key=lambda j: j.member_id != j.leader)
        leader = joined[0]
        assert leader.member_id == leader.leader
        followers = [self.sync(j, group=group) for j in joined[1:]]
        given = {j.member_id: j.member_id.encode() for j in joined}
        first = self.sync(leader, given, group)
        for call, j in zip([first, *followers], joined, strict=True):
            assert call.code is Code.NONE
            assert call.answer.assignment == j.member_id.encode()
        assert self.state(group) == "Stable"
        return joined
