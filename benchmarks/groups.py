"""Consumer groups by hand: many, large, and with many offsets."""

from __future__ import annotations

import statistics
import struct
import time
from dataclasses import dataclass

from benchmarks.asking import Asking
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from msklite.wire.messages.leave_group_request import LeaveGroupRequest
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_fetch_request import OffsetFetchRequest
from msklite.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment

PARTITIONS = 100
COMMITS = 10_000
WINDOW = 20


def create(port: int, topic: str, partitions: int, configs: dict[str, str] | None = None) -> None:
    """Create a topic."""
    asking = Asking(port)
    wanted = [CreatableTopicConfig(name=k, value=v) for k, v in (configs or {}).items()]
    row = CreatableTopic(
        name=topic, num_partitions=partitions, replication_factor=1, configs=wanted
    )
    reply = asking.ask(CreateTopicsRequest(topics=[row], timeout_ms=30_000), 5)
    assert reply.topics[0].error_code in (0, 36), reply
    asking.close()


def coordinated(port: int, group: str) -> None:
    """Wait until the group has its coordinator."""
    asking = Asking(port)
    while asking.ask(FindCoordinatorRequest(key=group), 2).error_code:
        time.sleep(0.1)
    asking.close()


def commit_many(port: int) -> list[str]:
    """A million offsets: so many groups, each with all partitions of a topic; all group ids."""
    create(port, "committed", PARTITIONS)
    coordinated(port, "g0")
    asking = Asking(port)
    names = [f"g{i}" for i in range(COMMITS)]
    sent = 0
    for i, name in enumerate(names):
        while sent < min(i + WINDOW, COMMITS):
            rows = [
                OffsetCommitRequestPartition(
                    partition_index=p, committed_offset=sent + p, committed_metadata=""
                )
                for p in range(PARTITIONS)
            ]
            topic = OffsetCommitRequestTopic(name="committed", partitions=rows)
            request = OffsetCommitRequest(
                group_id=names[sent], generation_id_or_member_epoch=-1, topics=[topic]
            )
            asking.send(request, 5)
            sent += 1
        reply = asking.answer()
        code = reply.topics[0].partitions[0].error_code
        assert code == 0, (name, code)
    asking.close()
    return names


def until_loaded(port: int, names: list[str], deadline: float) -> None:
    """Until the offsets of groups on every partition can be read."""
    waiting = names[:400]
    while waiting:
        assert time.monotonic() < deadline, "the offsets aren't loaded"
        try:
            asking = Asking(port)
            while waiting:
                reply = asking.ask(OffsetFetchRequest(group_id=waiting[-1], topics=None), 5)
                if reply.error_code:
                    time.sleep(0.01)
                    continue
                assert len(reply.topics[0].partitions) == PARTITIONS, reply
                waiting.pop()
            asking.close()
        except (OSError, struct.error):  # it doesn't listen yet
            time.sleep(0.01)


@dataclass
class Member:
    """One member of a group, and its connection."""

    asking: Asking
    group: str
    id: str = ""
    generation: int = -1

    def join(self) -> None:
        """Ask to join; the answer comes when all have."""
        protocol = JoinGroupRequestProtocol(name="range", metadata=b"\0\0\0\0\0\0\0\0\0\0")
        request = JoinGroupRequest(
            group_id=self.group, session_timeout_ms=300_000, rebalance_timeout_ms=300_000,
            member_id=self.id, protocol_type="consumer", protocols=[protocol],
        )  # fmt: skip
        self.asking.send(request, 2)

    def joined(self) -> list[str]:
        """The answer: the members, for the leader."""
        reply = self.asking.answer()
        assert reply.error_code == 0, reply
        self.id, self.generation = reply.member_id, reply.generation_id
        return [m.member_id for m in reply.members]

    def sync(self, members: list[str]) -> None:
        """Ask for the assignment, or bring everybody's."""
        rows = [SyncGroupRequestAssignment(member_id=m, assignment=b"x" * 20) for m in members]
        request = SyncGroupRequest(
            group_id=self.group, generation_id=self.generation, member_id=self.id, assignments=rows
        )
        self.asking.send(request, 1)

    def heartbeat(self) -> None:
        """Ask whether all is well."""
        request = HeartbeatRequest(
            group_id=self.group, generation_id=self.generation, member_id=self.id
        )
        self.asking.send(request, 1)


def settle(members: list[Member], joiners: list[Member]) -> None:
    """Answers of a join that all `joiners` sent, and the sync after it."""
    told = [m.joined() for m in joiners]
    for member, rows in zip(members, told, strict=True):
        member.sync(rows)
    for member in members:
        assert member.asking.answer().error_code == 0


def many_groups(port: int, count: int) -> list[Member]:
    """`count` groups of two members; twenty connections for each member of a group."""
    coordinated(port, "h0")
    sockets = [(Asking(port), Asking(port)) for _ in range(20)]
    found: list[Member] = []
    for i in range(count):
        one, two = sockets[i % len(sockets)]
        pair = [Member(one, f"h{i}"), Member(two, f"h{i}")]
        pair[0].join()
        pair[0].joined()
        pair[1].join()
        pair[0].join()
        settle(pair, pair)
        found += pair
    return found


def beat(members: list[Member], rounds: int) -> int:
    """Every member's heartbeat, so many times; how many it were."""
    by_socket: dict[int, list[Member]] = {}
    for member in members:
        by_socket.setdefault(id(member.asking), []).append(member)
    for _ in range(rounds):
        for place in range(max(map(len, by_socket.values()))):
            row = [ms[place] for ms in by_socket.values() if place < len(ms)]
            for member in row:
                member.heartbeat()
            for member in row:
                assert member.asking.answer().error_code == 0
    return rounds * len(members)


def rebalances(port: int, size: int) -> dict[str, float]:
    """One leaves, the others join again and sync; that, several times."""
    coordinated(port, "r")
    members = [Member(Asking(port), "r") for _ in range(size + 7)]
    members[0].join()
    members[0].joined()
    for member in members[1:]:
        member.join()
    time.sleep(0.5)
    members[0].join()
    settle(members, members)
    times = []
    while len(members) > size - 4:
        gone = members.pop()
        assert (
            gone.asking.ask(LeaveGroupRequest(group_id="r", member_id=gone.id), 2).error_code == 0
        )
        begun = time.monotonic()
        for member in members:
            member.heartbeat()
        for member in members:
            assert member.asking.answer().error_code == 27
        for member in members:
            member.join()
        settle(members, members)
        times.append(time.monotonic() - begun)
    return {"ms": statistics.median(times) * 1000, "worst_ms": max(times) * 1000}
