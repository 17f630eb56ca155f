"""A classic group as its coordinator sees it now: members, generation, state (soft state).

States and moves, as in Kafka's ClassicGroupState:

    Empty -> PreparingRebalance -> CompletingRebalance -> Stable -> PreparingRebalance ...
    PreparingRebalance -> Empty when nobody is left; CompletingRebalance -> PreparingRebalance

Kafka writes a record of the group only when a generation's assignment is known, when the group
became empty, and when a static member was replaced; between those moments this object is ahead of
the log. `groups/rebalance` moves it, `record` writes it down, `Group.of` makes it from a record.

Who waits is in the members: `join` and `sync` hold the token of a parked request, or None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msklite.errors import Code
from msklite.groups.soft import Timer
from msklite.machine import Token
from msklite.wire.messages.group_metadata_value import GroupMetadataValue, MemberMetadata
from msklite.wire.messages.join_group_response import JoinGroupResponse, JoinGroupResponseMember
from msklite.wire.primitives import MALFORMED, DecodeError, read_count, read_string, unpack_from

CONSUMER = "consumer"
Protocols = list[tuple[str, bytes]]


class State(StrEnum):
    """A group's state, spelled as on the wire."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


_FROM = {
    State.EMPTY: (State.PREPARING,),
    State.PREPARING: (State.STABLE, State.COMPLETING, State.EMPTY),
    State.COMPLETING: (State.PREPARING,),
    State.STABLE: (State.COMPLETING,),
}


class Member:
    """One member. `protocols` are (name, metadata) in the member's order of preference."""

    __slots__ = (
        "assignment",
        "client_host",
        "client_id",
        "id",
        "instance_id",
        "is_new",
        "join",
        "protocols",
        "rebalance_ms",
        "session",
        "session_ms",
        "sync",
    )

    def __init__(
        self,
        member_id: str,
        instance_id: str | None,
        client_id: str,
        client_host: str,
        rebalance_ms: int,
        session_ms: int,
        protocols: Protocols,
        session: Timer,
    ) -> None:
        self.id = member_id
        self.instance_id = instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_ms = rebalance_ms
        self.session_ms = session_ms
        self.protocols = protocols
        self.assignment = b""
        self.join: Token | None = None
        self.sync: Token | None = None
        self.is_new = False
        self.session = session

    def metadata(self, protocol: str | None) -> bytes:
        """What the member said about itself for that protocol."""
        for name, data in self.protocols:
            if name == protocol:
                return data
        raise AssertionError(f"member {self.id} does not support protocol {protocol}")

    @property
    def waits(self) -> bool:
        """A member whose request is parked needs no heartbeat, unless it is new."""
        return not self.is_new and (self.join is not None or self.sync is not None)


class Group:
    """A live classic group; `rebalance.Rebalances` is the only one that changes it."""

    __slots__ = (
        "_counts",
        "generation",
        "id",
        "join_timer",
        "leader",
        "members",
        "new_member_added",
        "pending",
        "pending_sync",
        "previous",
        "protocol",
        "protocol_type",
        "since_ms",
        "state",
        "statics",
        "subscribed",
        "sync_timer",
    )

    def __init__(self, group_id: str, since_ms: int) -> None:
        self.id = group_id
        self.state = State.EMPTY
        self.previous = State.DEAD
        self.since_ms = since_ms
        """Wall time of the last change of state; -1 in records of old Kafka versions."""
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.generation = 0
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.statics: dict[str, str] = {}
        """Member id by group.instance.id (KIP-345)."""
        self.pending: dict[str, Timer] = {}
        """Member ids given out and not yet used (KIP-394)."""
        self.pending_sync: set[str] = set()
        self.subscribed: set[str] | None = None
        """Topics of all members; None: not known."""
        self.new_member_added = False
        self.join_timer: Timer | None = None
        self.sync_timer: Timer | None = None
        self._counts: Counter[str] = Counter()

    # -- members ------------------------------------------------------------------------------

    def add(self, member: Member, protocol_type: str) -> None:
        """Take in a member; the first one sets the group's protocol type, and leads."""
        if not self.members:
            self.protocol_type = protocol_type
        if member.instance_id is not None:
            assert member.instance_id not in self.statics, (self.id, member.instance_id)
            self.statics[member.instance_id] = member.id
        if self.leader is None:
            self.leader = member.id
        self.members[member.id] = member
        self._count(member, 1)

    def remove(self, member_id: str) -> Member | None:
        """Forget a member, pending or not; if it led, the next one leads."""
        member = self.members.pop(member_id, None)
        if member is not None:
            self._count(member, -1)
            if member.instance_id is not None:
                del self.statics[member.instance_id]
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)
        self.pending_sync.discard(member_id)
        return member

    def update(
        self, member: Member, protocols: Protocols, rebalance_ms: int, session_ms: int
    ) -> None:
        """A member joins again with what it says now."""
        self._count(member, -1)
        member.protocols = protocols
        self._count(member, 1)
        member.rebalance_ms = rebalance_ms
        member.session_ms = session_ms

    def replace(self, old: Member, new_id: str, session: Timer) -> Member:
        """A static member is back under a new member id and takes over what the old one had."""
        assert old.instance_id is not None
        del self.members[old.id]
        new = Member(
            new_id,
            old.instance_id,
            old.client_id,
            old.client_host,
            old.rebalance_ms,
            old.session_ms,
            old.protocols,
            session,
        )
        new.assignment = old.assignment
        self.members[new_id] = new
        self.statics[old.instance_id] = new_id
        if self.leader == old.id:
            self.leader = new_id
        self.pending_sync.discard(old.id)
        return new

    def check(self, member_id: str, instance_id: str | None) -> Code:
        """Whether a request speaks for a member: NONE, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID."""
        if instance_id is not None:
            known = self.statics.get(instance_id)
            if known is None:
                return Code.UNKNOWN_MEMBER_ID
            if known != member_id:
                return Code.FENCED_INSTANCE_ID
        return Code.NONE if member_id in self.members else Code.UNKNOWN_MEMBER_ID

    @property
    def all_joined(self) -> bool:
        """Everybody, pending members too, waits for the next generation."""
        return not self.pending and all(m.join is not None for m in self.members.values())

    @property
    def joining(self) -> int:
        """How many wait in JoinGroup."""
        return sum(m.join is not None for m in self.members.values())

    @property
    def rebalance_ms(self) -> int:
        """The longest rebalance timeout of its members."""
        return max((m.rebalance_ms for m in self.members.values()), default=0)

    def elect_joined_leader(self) -> bool:
        """Make sure that the leader is one who joined; False if nobody did."""
        if self.leader is None:
            return False
        leader = self.members.get(self.leader)
        if leader is None or leader.join is None:
            joined = next((m.id for m in self.members.values() if m.join is not None), None)
            if joined is None:
                return False
            self.leader = joined
        return True

    # -- protocols ----------------------------------------------------------------------------

    def _count(self, member: Member, by: int) -> None:
        for name, _ in member.protocols:
            self._counts[name] += by

    def supports(self, protocol_type: str, names: Iterable[str]) -> bool:
        """Whether a joiner has the group's type and a protocol that every member supports."""
        if self.state is State.EMPTY:
            return protocol_type != "" and any(True for _ in names)
        size = len(self.members)
        return self.protocol_type == protocol_type and any(self._counts[n] == size for n in names)

    def select_protocol(self) -> str:
        """The protocol that most members like best among those that all support."""
        size = len(self.members)
        votes: Counter[str] = Counter()
        for m in self.members.values():
            votes[next(n for n, _ in m.protocols if self._counts[n] == size)] += 1
        return votes.most_common(1)[0][0]

    @property
    def is_consumer(self) -> bool:
        """Made of consumers, so that subscriptions can be understood."""
        return self.protocol_type == CONSUMER

    def is_subscribed(self, topic: str) -> bool:
        """Whether a member reads the topic; with unknown subscriptions a consumer group does."""
        if self.subscribed is None:
            return self.is_consumer
        return topic in self.subscribed

    # -- state --------------------------------------------------------------------------------

    def move(self, state: State, now_ms: int) -> None:
        """Change state."""
        assert self.state in _FROM[state], (self.id, self.state, state)
        self.previous, self.state = self.state, state
        self.since_ms = now_ms

    def next_generation(self, now_ms: int) -> None:
        """The join phase is over: a new generation waits for its assignment, or nobody is left."""
        self.generation += 1
        self.protocol = self.select_protocol() if self.members else None
        self.subscribed = self._subscriptions()
        self.move(State.COMPLETING if self.members else State.EMPTY, now_ms)
        self.pending_sync.clear()

    def _subscriptions(self) -> set[str] | None:
        if not self.is_consumer:
            return None
        if not self.members:
            return set()
        if self.protocol is None:
            return None
        topics: set[str] = set()
        try:
            for m in self.members.values():
                topics.update(subscribed_topics(m.metadata(self.protocol)))
        except MALFORMED:
            return None
        return topics

    def joined(self, member: Member) -> JoinGroupResponse:
        """The answer to a member that is in the current generation; the leader sees all members."""
        members = []
        if member.id == self.leader:
            members = [
                JoinGroupResponseMember(
                    member_id=m.id,
                    group_instance_id=m.instance_id,
                    metadata=m.metadata(self.protocol),
                )
                for m in self.members.values()
            ]
        return JoinGroupResponse(
            generation_id=self.generation,
            protocol_type=self.protocol_type,
            protocol_name=self.protocol,
            leader=self.leader or "",
            member_id=member.id,
            members=members,
        )

    # -- records ------------------------------------------------------------------------------

    def record(self, assignments: dict[str, bytes]) -> GroupMetadataValue:
        """The group's record, with these assignments by member id."""
        return GroupMetadataValue(
            protocol_type=self.protocol_type or "",
            generation=self.generation,
            protocol=self.protocol,
            leader=self.leader,
            current_state_timestamp=self.since_ms,
            members=[
                MemberMetadata(
                    member_id=m.id,
                    group_instance_id=m.instance_id,
                    client_id=m.client_id,
                    client_host=m.client_host,
                    rebalance_timeout=m.rebalance_ms,
                    session_timeout=m.session_ms,
                    subscription=m.metadata(self.protocol),
                    assignment=assignments[m.id],
                )
                for m in self.members.values()
            ],
        )

    @classmethod
    def of(cls, group_id: str, value: GroupMetadataValue) -> Group:
        """The live group that a record describes; sessions still have to be started."""
        group = cls(group_id, value.current_state_timestamp)
        group.state = State.STABLE if value.members else State.EMPTY
        group.protocol_type = value.protocol_type or None
        group.protocol = value.protocol
        group.generation = value.generation
        group.leader = value.leader
        for m in value.members:
            session = m.session_timeout
            member = Member(
                m.member_id,
                m.group_instance_id,
                m.client_id,
                m.client_host,
                session if m.rebalance_timeout == -1 else m.rebalance_timeout,
                session,
                [(value.protocol or "", m.subscription)],
                Timer(lambda turn: None),
            )
            member.assignment = m.assignment
            group.add(member, value.protocol_type)
        group.subscribed = group._subscriptions()
        return group


def subscribed_topics(metadata: bytes) -> list[str]:
    """Topics in a consumer's subscription; every version starts with version 0's fields."""
    version, pos = unpack_from(">h", metadata)[0], 2
    if version < 0:
        raise DecodeError("a subscription has a negative version")
    count, pos = read_count(metadata, pos)
    topics = []
    for _ in range(count):
        topic, pos = read_string(metadata, pos)
        topics.append(topic)
    return topics
