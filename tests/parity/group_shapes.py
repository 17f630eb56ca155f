"""Short ways to make the requests of groups."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import find_coordinator_request as fc
from msklite.wire.messages import heartbeat_request as hb
from msklite.wire.messages import join_group_request as jg
from msklite.wire.messages import leave_group_request as lg
from msklite.wire.messages import offset_commit_request as oc
from msklite.wire.messages import offset_fetch_request as of
from msklite.wire.messages import sync_group_request as sg
from tests.parity.talk import Talk

SUBSCRIBED = b"\0\1\0\0\0\1\0\1t\xff\xff\xff\xff\0\0\0\0"
"""A ConsumerProtocolSubscription v1 to topic "t"."""


def ready(talk: Talk, group: str) -> None:
    """Wait until the group's coordinator answers."""
    talk.until(fc.FindCoordinatorRequest(key=group, key_type=0), 3, lambda r: r.error_code == 0)
    talk.until(
        hb.HeartbeatRequest(group, 1, "nobody"), 3, lambda r: r.error_code not in (14, 15, 16)
    )


def join(
    group: str,
    member: str = "",
    *,
    instance: str | None = None,
    protocols: tuple[tuple[str, bytes], ...] = (("range", SUBSCRIBED),),
    session: int = 30_000,
    rebalance: int = 10_000,
    kind: str = "consumer",
) -> jg.JoinGroupRequest:
    return jg.JoinGroupRequest(
        group,
        session,
        rebalance,
        member,
        instance,
        kind,
        [jg.JoinGroupRequestProtocol(*p) for p in protocols],
        "because",
    )


def sync(
    group: str,
    generation: int,
    member: str,
    *assigned: tuple[str, bytes],
    instance: str | None = None,
    kind: str | None = "consumer",
    name: str | None = "range",
) -> sg.SyncGroupRequest:
    return sg.SyncGroupRequest(
        group,
        generation,
        member,
        instance,
        kind,
        name,
        [sg.SyncGroupRequestAssignment(*a) for a in assigned],
    )


def leave(group: str, *members: tuple[str, str | None]) -> lg.LeaveGroupRequest:
    return lg.LeaveGroupRequest(
        group, members[0][0] if members else "", [lg.MemberIdentity(m, i) for m, i in members]
    )


def admit(talk: Talk, group: str, name: str, **more: Any) -> str:
    """Get a member id as since version 4: the first join is sent away with one."""
    reply = talk.ask(f"{name} asks for an id", join(group, **more), 9)
    talk.call_it(reply.member_id, f"{name} of {group}")
    member: str = reply.member_id
    return member


def commit(
    group: str,
    topic: str | bytes,
    offset: int,
    *,
    partition: int = 0,
    generation: int = -1,
    member: str = "",
    instance: str | None = None,
    text: str | None = "",
    epoch: int = -1,
    retention: int = -1,
) -> oc.OffsetCommitRequest:
    name, topic_id = (topic, bytes(16)) if isinstance(topic, str) else ("", topic)
    part = oc.OffsetCommitRequestPartition(partition, offset, epoch, text)
    return oc.OffsetCommitRequest(
        group,
        generation,
        member,
        instance,
        retention,
        [oc.OffsetCommitRequestTopic(name, topic_id, [part])],
    )


def committed(
    group: str, topic: str | bytes | None, *partitions: int, stable: bool = False
) -> of.OffsetFetchRequest:
    """Offsets of one topic, or of all (None); the fields of old and new versions are both set."""
    name, topic_id = (topic, bytes(16)) if isinstance(topic, str) else ("", topic or bytes(16))
    old = [of.OffsetFetchRequestTopic(name, list(partitions))]
    new = [of.OffsetFetchRequestTopics(name, topic_id, list(partitions))]
    asked = of.OffsetFetchRequestGroup(group, topics=new)
    out = of.OffsetFetchRequest(group, old, [asked], stable)
    if topic is None:
        out.topics = None
        asked.topics = None
    return out
