"""The classic group protocol: members that come, work, fall silent and go."""

from __future__ import annotations

from msklite.wire.messages import delete_groups_request as dg
from msklite.wire.messages import describe_groups_request as de
from msklite.wire.messages import heartbeat_request as hb
from msklite.wire.messages import join_group_request as jg
from tests.parity.batches import batch
from tests.parity.group_shapes import admit, commit, join, leave, ready, sync
from tests.parity.shapes import create, metadata, new_topic, produce
from tests.parity.talk import Talk


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


SHORTEST = 2500
"""Milliseconds that a silent member gets: enough for the next step on a busy machine."""


def timeouts(talk: Talk) -> None:
    """Members that say nothing any more."""
    group = "g-silent"
    ready(talk, group)
    a = admit(talk, group, "a", session=SHORTEST)
    talk.ask("a joins", join(group, a, session=SHORTEST), 9)
    talk.ask("a syncs", sync(group, 1, a, (a, b"w")), 5)
    talk.until(de.DescribeGroupsRequest([group]), 5, lambda r: r.groups[0].group_state == "Empty")
    talk.ask("a comes too late", hb.HeartbeatRequest(group, 1, a), 4)
    talk.ask("described after a's session", de.DescribeGroupsRequest([group]), 6)
    b = admit(talk, group, "b", rebalance=SHORTEST)
    talk.ask("b joins", join(group, b, rebalance=SHORTEST), 9)
    talk.ask("b syncs", sync(group, 3, b, (b, b"w")), 5)
    c = admit(talk, group, "c", rebalance=SHORTEST)
    # b doesn't come back, so the rebalance ends without it.
    talk.ask("c joins", join(group, c, rebalance=SHORTEST), 9)
    talk.ask("c syncs", sync(group, 4, c, (c, b"w")), 5)
    talk.ask("b is out", hb.HeartbeatRequest(group, 3, b), 4)
    talk.ask("b joins with its old id", join(group, b), 9)
    talk.ask("described, c alone", de.DescribeGroupsRequest([group]), 6)
    talk.ask("c leaves", leave(group, (c, None)), 5)
    # Somebody who was given a member id and doesn't use it is forgotten after its session.
    d = admit(talk, "g-pending", "d", session=SHORTEST)
    talk.ask("described while d is awaited", de.DescribeGroupsRequest(["g-pending"]), 6)
    talk.until(hb.HeartbeatRequest("g-pending", 0, d), 4, lambda r: r.error_code not in (22, 79))
    talk.ask("d comes too late", join("g-pending", d, session=SHORTEST), 9)


def choosing(talk: Talk) -> None:
    """The protocol that all know and most prefer; who knows none of theirs is refused."""
    group = "g-choose"
    ready(talk, group)

    def offer(member: str, *names: str) -> jg.JoinGroupRequest:
        return join(group, member, protocols=tuple((n, n.encode()) for n in names))

    a = admit(talk, group, "a", protocols=(("x", b"x"), ("y", b"y")))
    talk.ask("a joins with x, y", offer(a, "x", "y"), 9)
    talk.ask("a syncs", sync(group, 1, a, (a, b"1"), name="x"), 5)
    talk.ask("z alone is refused", offer("", "z"), 9)
    b = admit(talk, group, "b", protocols=(("y", b"y"), ("z", b"z")))
    b_joins = talk.send("b joins with y, z", offer(b, "y", "z"), 9, on="b")
    talk.until(hb.HeartbeatRequest(group, 1, a), 4, lambda r: r.error_code == 27)
    talk.ask("a joins again", offer(a, "x", "y"), 9, unordered=True)
    talk.finish(b_joins, unordered=True)
    b_syncs = talk.send("b syncs with nothing assigned", sync(group, 2, b, name="y"), 5, on="b")
    talk.ask("a assigns to itself only", sync(group, 2, a, (a, b"all"), name="y"), 5)
    talk.finish(b_syncs)
    talk.ask("described", de.DescribeGroupsRequest([group]), 6, unordered=True)
    a_joins = talk.send("the leader joins with the same", offer(a, "x", "y"), 9, on="a")
    talk.until(hb.HeartbeatRequest(group, 2, b), 4, lambda r: r.error_code == 27)
    talk.ask("b joins with x too", offer(b, "x", "y"), 9, unordered=True)
    talk.finish(a_joins, unordered=True)
    talk.ask("a leaves before the sync", leave(group, (a, None)), 5)
    talk.ask("b's sync is in vain", sync(group, 3, b, name="x"), 5)
    talk.ask("b joins alone", offer(b, "x"), 9)
    talk.ask("b leaves", leave(group, (b, None)), 5)


def internal(talk: Talk) -> None:
    """The topic behind it all, which clients may read and not write."""
    ready(talk, "g-internal")
    name = "__consumer_offsets"
    talk.ask("metadata", metadata(name), 12, unordered=True)
    talk.ask("produce", produce(name, batch((b"k", b"v"))), 9)
    talk.ask("produce, acks 1", produce(name, batch((b"k", b"v"))), 9)
    talk.ask("create", create(new_topic(name)), 7)
    talk.ask("a name like it", create(new_topic("__transaction_state_", 1)), 7)


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
        "instance id is empty": join("g-bad-empty", instance=""),
        "instance id is a dot": join("g-bad-dot", instance="."),
        "instance id has a space": join("g-bad-space", instance="a b"),
        "instance id is long": join("g-bad-long", instance="x" * 250),
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
    several = de.DescribeGroupsRequest(["g-none", "", "g-none"])
    talk.ask("describe several", several, 5, unordered=True)
    talk.ask("describe none", de.DescribeGroupsRequest([]), 5)
    talk.ask("describe with operations", de.DescribeGroupsRequest(["g-none"], True), 5)
    talk.ask("delete several", dg.DeleteGroupsRequest(["g-none", "", "g-none"]), 2, unordered=True)
    for version in (0, 1):
        talk.ask("delete unknown", dg.DeleteGroupsRequest(["g-none"]), version)
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


AREAS = {
    "groups": life,
    "group-versions": versions,
    "static-members": static_members,
    "group-timeouts": timeouts,
    "group-protocols": choosing,
    "internal-topics": internal,
    "group-errors": bad_joins,
}
