"""The classic group protocol and committed offsets."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import (
    delete_groups_request as dg,
)
from msklite.wire.messages import (
    describe_groups_request as de,
)
from msklite.wire.messages import (
    find_coordinator_request as fc,
)
from msklite.wire.messages import (
    heartbeat_request as hb,
)
from msklite.wire.messages import (
    join_group_request as jg,
)
from msklite.wire.messages import (
    leave_group_request as lg,
)
from msklite.wire.messages import (
    list_groups_request as ls,
)
from msklite.wire.messages import (
    offset_commit_request as oc,
)
from msklite.wire.messages import (
    offset_delete_request as od,
)
from msklite.wire.messages import (
    offset_fetch_request as of,
)
from msklite.wire.messages import (
    sync_group_request as sg,
)
from tests.parity.shapes import STRANGE, make_topic
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


def life(talk: Talk) -> None:
    """Two members come, work and go."""
    group = "g-life"
    ready(talk, group)
    a = admit(talk, group, "a")
    talk.ask("a joins", join(group, a), 9)
    talk.ask("heartbeat before the sync", hb.HeartbeatRequest(group, 1, a), 4)
    talk.ask("a syncs", sync(group, 1, a, (a, b"work of a")), 5)
    talk.ask("a syncs again", sync(group, 1, a), 5)
    talk.ask("a's heartbeat", hb.HeartbeatRequest(group, 1, a), 4)
    talk.ask("described", de.DescribeGroupsRequest([group]), 6)
    b = admit(talk, group, "b", protocols=(("range", b"b"), ("roundrobin", b"b")))
    b_joins = talk.send(
        "b joins", join(group, b, protocols=(("range", b"b"), ("roundrobin", b"b"))), 9, on="b"
    )
    talk.until(hb.HeartbeatRequest(group, 1, a), 4, lambda r: r.error_code == 27)
    talk.ask("heartbeat while rebalancing", hb.HeartbeatRequest(group, 1, a), 4)
    talk.ask("sync while rebalancing", sync(group, 1, a), 5)
    talk.ask("described while rebalancing", de.DescribeGroupsRequest([group]), 6, unordered=True)
    talk.ask("a joins again", join(group, a), 9, unordered=True)
    talk.finish(b_joins, unordered=True)
    b_syncs = talk.send("b syncs", sync(group, 2, b), 5, on="b")
    talk.ask("heartbeat while completing", hb.HeartbeatRequest(group, 2, a), 4)
    talk.ask("a syncs for both", sync(group, 2, a, (a, b"a2"), (b, b"b2")), 5)
    talk.finish(b_syncs)
    for version in range(7):
        talk.ask("described, stable", de.DescribeGroupsRequest([group]), version, unordered=True)
    talk.ask("delete a living group", dg.DeleteGroupsRequest([group]), 2)
    talk.ask("old generation", hb.HeartbeatRequest(group, 1, a), 4)
    talk.ask("future generation", hb.HeartbeatRequest(group, 9, a), 4)
    talk.ask("sync of an old generation", sync(group, 1, a), 5)
    talk.ask("sync with another protocol", sync(group, 2, a, name="other"), 5)
    talk.ask("sync with another type", sync(group, 2, a, kind="other"), 5)
    talk.ask("unknown member's heartbeat", hb.HeartbeatRequest(group, 2, "nobody"), 4)
    talk.ask("unknown member's sync", sync(group, 2, "nobody"), 5)
    talk.ask("unknown member's join", join(group, "nobody"), 9)
    talk.ask("join with another protocol", join(group, protocols=(("sticky", b""),)), 9)
    talk.ask("join with another type", join(group, kind="connect"), 9)
    talk.ask(
        "follower b joins again with the same protocols",
        join(group, b, protocols=(("range", b"b"), ("roundrobin", b"b"))),
        9,
    )
    talk.ask("b leaves", leave(group, (b, None)), 5)
    talk.ask("b leaves again", leave(group, (b, None)), 5)
    talk.ask("heartbeat after a leave", hb.HeartbeatRequest(group, 2, a), 4)
    talk.ask("a joins alone", join(group, a), 9)
    talk.ask("a leaves and a stranger", leave(group, (a, None), ("nobody", None)), 5)
    talk.ask("described, empty", de.DescribeGroupsRequest([group]), 6)
    talk.ask("deleted", dg.DeleteGroupsRequest([group]), 2)
    talk.ask("deleted again", dg.DeleteGroupsRequest([group]), 2)
    talk.ask("described, gone", de.DescribeGroupsRequest([group]), 6)
    talk.ask("described, gone, v5", de.DescribeGroupsRequest([group]), 5)


def versions(talk: Talk) -> None:
    """Every version of Join, Sync, Heartbeat and Leave, in a group of its own."""
    for version in range(10):
        group = f"g-v{version}"
        ready(talk, group)
        joined = talk.ask(f"join v{version}", join(group), version, quiet=True)
        talk.call_it(joined.member_id, f"m{version}")
        if joined.error_code == 79:
            joined = talk.ask(
                f"join again v{version}", join(group, joined.member_id), version, quiet=True
            )
        talk.note(f"join v{version}", joined.plain())
        member = joined.member_id
        talk.ask("sync", sync(group, 1, member, (member, b"x")), min(version, 5))
        talk.ask("heartbeat", hb.HeartbeatRequest(group, 1, member), min(version, 4))
        talk.ask("leave", leave(group, (member, None)), min(version, 5))


def static_members(talk: Talk) -> None:
    group = "g-static"
    ready(talk, group)
    first = talk.ask("joins", join(group, instance="one"), 9)
    a = first.member_id
    talk.call_it(a, "a")
    talk.ask("syncs", sync(group, 1, a, (a, b"w"), instance="one"), 5)
    second = talk.ask("comes back", join(group, instance="one"), 9)
    b = second.member_id
    talk.call_it(b, "a again")
    talk.ask("described", de.DescribeGroupsRequest([group]), 6)
    talk.ask("syncs again", sync(group, second.generation_id, b, instance="one"), 5)
    talk.ask("the old member id is fenced", hb.HeartbeatRequest(group, 1, a, "one"), 4)
    talk.ask("the old member id syncs", sync(group, 1, a, instance="one"), 5)
    talk.ask(
        "the old member id commits",
        commit(group, "s-t", 1, generation=1, member=a, instance="one"),
        8,
    )
    talk.ask("unknown instance", hb.HeartbeatRequest(group, 1, b, "two"), 4)
    talk.ask("instance joins with the old id", join(group, a, instance="one"), 9)
    talk.ask("leave by instance, wrong member", leave(group, (a, "one")), 5)
    talk.ask("leave by unknown instance", leave(group, ("", "two")), 5)
    talk.ask("leave by instance", leave(group, ("", "one")), 5)
    talk.ask("described, empty", de.DescribeGroupsRequest([group]), 6)


def bad_joins(talk: Talk) -> None:
    group = "g-bad"
    ready(talk, group)
    for step, request in {
        "empty group": join(""),
        "session too short": join(group, session=10),
        "session too long": join(group, session=10_000_000),
        "session 0": join(group, session=0),
        "session negative": join(group, session=-1),
        "rebalance timeout -1": join("g-bad-2", rebalance=-1),
        "no protocols": join(group, protocols=()),
        "no protocol type": join(group, kind=""),
        "unknown member, empty group": join(group, "nobody"),
        "instance id is empty": join(group, instance=""),
        "instance id is a dot": join(group, instance="."),
        "instance id has a space": join(group, instance="a b"),
        "instance id is long": join(group, instance="x" * 250),
    }.items():
        reply = talk.ask(step, request, 9, quiet=True)
        if reply is not None and reply.member_id:
            talk.call_it(reply.member_id, f"id of {step}")
        talk.note(step, "closed" if reply is None else reply.plain())
    for version in (3, 4):
        talk.ask(f"group is empty v{version}", join(""), version)
        talk.ask(f"unknown member v{version}", join(group, "nobody"), version)
    talk.ask("heartbeat, no group", hb.HeartbeatRequest("g-none", 1, "m"), 4)
    talk.ask("heartbeat, empty group", hb.HeartbeatRequest("", 1, "m"), 4)
    talk.ask("sync, no group", sync("g-none", 1, "m"), 5)
    talk.ask("sync, empty group", sync("", 1, "m"), 5)
    talk.ask("sync, no type", sync("g-none", 1, "m", kind=None), 5)
    talk.ask("leave, no group", leave("g-none", ("m", None)), 5)
    talk.ask("leave, empty group", leave("", ("m", None)), 5)
    talk.ask("leave, nobody", leave("g-none"), 5)
    talk.ask("leave, no group, v0", leave("g-none", ("m", None)), 0)
    talk.ask("describe several", de.DescribeGroupsRequest(["g-none", "", "g-none"]), 5)
    talk.ask("describe none", de.DescribeGroupsRequest([]), 5)
    talk.ask("describe with operations", de.DescribeGroupsRequest(["g-none"], True), 5)
    talk.ask("delete several", dg.DeleteGroupsRequest(["g-none", "", "g-none"]), 2, unordered=True)
    talk.ask("delete none", dg.DeleteGroupsRequest([]), 2)
    other = "g-connect"
    ready(talk, other)
    m = talk.ask("connect", join(other, kind="connect", protocols=(("v1", b"\1\2"),)), 3)
    talk.call_it(m.member_id, "worker")
    talk.ask(
        "connect syncs",
        sync(other, 1, m.member_id, (m.member_id, b"\0"), kind="connect", name="v1"),
        5,
    )
    talk.ask("connect described", de.DescribeGroupsRequest([other]), 5)


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


def offsets(talk: Talk) -> None:
    topic_id = make_topic(talk, "s-t", 3)
    group = "g-offsets"
    ready(talk, group)
    for version in range(2, 11):
        topic = topic_id if version >= 10 else "s-t"
        nobody = STRANGE if version >= 10 else "s-none"
        talk.ask("commit", commit(group, topic, 10 + version, text=f"v{version}", epoch=0), version)
        talk.ask("commit, unknown topic", commit(group, nobody, 5), version)
        talk.ask("commit, unknown partition", commit(group, topic, 5, partition=9), version)
    for version in range(1, 11):
        topic = topic_id if version >= 10 else "s-t"
        nobody = STRANGE if version >= 10 else "s-none"
        talk.ask("fetch", committed(group, topic, 0, 1, 9), version)
        talk.ask("fetch, unknown topic", committed(group, nobody, 0), version)
        talk.ask("fetch, unknown group", committed("g-nothing", topic, 0), version)
        if version >= 2:
            talk.ask("fetch all", committed(group, None), version)
    for step, request in {
        "text of 4096": commit(group, "s-t", 1, text="x" * 4096),
        "text of 4097": commit(group, "s-t", 1, text="x" * 4097),
        "null text": commit(group, "s-t", 2, text=None),
        "negative offset": commit(group, "s-t", -1),
        "offset -5": commit(group, "s-t", -5),
        "huge offset": commit(group, "s-t", 2**62),
        "empty group": commit("", "s-t", 1),
        "generation without a member": commit(group, "s-t", 1, generation=3),
        "member without a generation": commit(group, "s-t", 1, member="m"),
        "unknown group with a generation": commit("g-nothing", "s-t", 1, generation=3, member="m"),
        "bad topic name": commit(group, "bad name", 1),
        "no topics": oc.OffsetCommitRequest(group),
    }.items():
        talk.ask(step, request, 8)
    talk.ask("retention time", commit(group, "s-t", 3, retention=100_000), 3)
    talk.ask("zero topic id", commit(group, bytes(16), 3), 10)
    talk.ask("fetch after these", committed(group, "s-t", 0), 8)
    talk.ask("fetch, stable only", committed(group, "s-t", 0, stable=True), 8)
    talk.ask("fetch, empty group", committed("", "s-t", 0), 8)
    talk.ask("fetch, empty group, v5", committed("", "s-t", 0), 5)
    several = committed(group, "s-t", 0)
    several.groups.append(of.OffsetFetchRequestGroup("g-nothing", topics=[]))
    talk.ask("fetch, two groups", several, 8, unordered=True)
    named = committed(group, "s-t", 0)
    named.groups[0].member_id, named.groups[0].member_epoch = "m", 3
    talk.ask("fetch with a member", named, 9)
    members_only(talk)

    def gone(g: str, topic: str, *partitions: int) -> od.OffsetDeleteRequest:
        return od.OffsetDeleteRequest(
            g,
            [
                od.OffsetDeleteRequestTopic(
                    topic, [od.OffsetDeleteRequestPartition(p) for p in partitions]
                )
            ],
        )

    talk.ask("described with offsets only", de.DescribeGroupsRequest([group]), 6)
    for step, request in {
        "delete": gone(group, "s-t", 0),
        "delete again": gone(group, "s-t", 0),
        "delete, nothing there": gone(group, "s-t", 2),
        "delete, unknown partition": gone(group, "s-t", 9),
        "delete, unknown topic": gone(group, "s-none", 0),
        "delete, unknown group": gone("g-nothing", "s-t", 0),
        "delete, empty group": gone("", "s-t", 0),
    }.items():
        talk.ask(step, request, 0)
    talk.ask("fetch after delete", committed(group, "s-t", 0), 8)
    talk.ask("group after its last offset", dg.DeleteGroupsRequest([group]), 2)


def members_only(talk: Talk) -> None:
    """Commits and deletions when the group has members."""
    group = "g-members"
    ready(talk, group)
    a = admit(talk, group, "a")
    talk.ask("joins", join(group, a), 9)
    talk.ask("commits before the sync", commit(group, "s-t", 1, generation=1, member=a), 8)
    talk.ask("syncs", sync(group, 1, a, (a, b"")), 5)
    talk.ask("commits", commit(group, "s-t", 4, generation=1, member=a), 8)
    talk.ask("commits in an old generation", commit(group, "s-t", 5, generation=0, member=a), 8)
    talk.ask("commits in a new generation", commit(group, "s-t", 5, generation=2, member=a), 8)
    talk.ask("a stranger commits", commit(group, "s-t", 5, generation=1, member="nobody"), 8)
    talk.ask("nobody commits", commit(group, "s-t", 6), 8)
    talk.ask("committed", committed(group, "s-t", 0), 8)
    one = od.OffsetDeleteRequest(
        group, [od.OffsetDeleteRequestTopic("t", [od.OffsetDeleteRequestPartition(0)])]
    )
    talk.ask("delete of a subscribed topic", one, 0)
    one.topics[0].name = "s-t"
    talk.ask("delete of another topic", one, 0)
    talk.ask("leaves", leave(group, (a, None)), 5)
    talk.ask("nobody commits now", commit(group, "s-t", 7), 8)


def listing(talk: Talk) -> None:
    topic = make_topic(talk, "l-t")
    assert topic
    for group in ("g-list-empty", "g-list-stable"):
        ready(talk, group)
    talk.ask("an offset", commit("g-list-empty", "l-t", 1), 8)
    m = admit(talk, "g-list-stable", "m")
    talk.ask("joins", join("g-list-stable", m), 9)
    talk.ask("syncs", sync("g-list-stable", 1, m, (m, b"")), 5)

    def seen(reply: Any) -> Any:
        if reply is None:
            return "closed"
        return [
            reply.error_code,
            sorted([g.plain() for g in reply.groups if g.group_id.startswith("g-list")], key=str),
        ]

    for version in range(6):
        talk.note(
            f"all v{version}", seen(talk.ask("all", ls.ListGroupsRequest(), version, quiet=True))
        )
    for states, types in (
        (["Stable"], []),
        (["stable"], []),
        (["Empty", "Stable"], []),
        (["Nope"], []),
        ([], ["classic"]),
        ([], ["Classic"]),
        ([], ["consumer"]),
        ([], ["nope"]),
        (["Empty"], ["classic"]),
    ):
        reply = talk.ask("some", ls.ListGroupsRequest(states, types), 5, quiet=True)
        talk.note(f"{states} {types}", seen(reply))
    talk.ask("leaves", leave("g-list-stable", (m, None)), 5)


def coordinators(talk: Talk) -> None:
    ready(talk, "g-find")
    for version in range(7):
        keys = {"coordinator_keys": ["g-find"]} if version >= 4 else {"key": "g-find"}
        talk.ask("of a group", fc.FindCoordinatorRequest(**keys), version)
    for step, request, version in (
        ("several", fc.FindCoordinatorRequest(coordinator_keys=["a", "b", "a"]), 4),
        ("none", fc.FindCoordinatorRequest(coordinator_keys=[]), 4),
        ("empty key", fc.FindCoordinatorRequest(key=""), 3),
        ("empty key v4", fc.FindCoordinatorRequest(coordinator_keys=[""]), 4),
        ("type 9", fc.FindCoordinatorRequest(key="a", key_type=9), 3),
        ("type -1", fc.FindCoordinatorRequest(key="a", key_type=-1), 3),
        ("type 9 v4", fc.FindCoordinatorRequest(key_type=9, coordinator_keys=["a"]), 4),
        ("share, bad key", fc.FindCoordinatorRequest(key_type=2, coordinator_keys=["a"]), 6),
        ("share, too early", fc.FindCoordinatorRequest(key_type=2, coordinator_keys=["a"]), 5),
    ):
        talk.ask(step, request, version)


AREAS = {
    "coordinators": coordinators,
    "groups": life,
    "group-versions": versions,
    "static-members": static_members,
    "group-errors": bad_joins,
    "group-offsets": offsets,
    "group-list": listing,
}
