"""Coordinators, committed offsets and the lists of groups."""

from __future__ import annotations

from typing import Any

from msklite.wire.messages import delete_groups_request as dg
from msklite.wire.messages import describe_groups_request as de
from msklite.wire.messages import find_coordinator_request as fc
from msklite.wire.messages import list_groups_request as ls
from msklite.wire.messages import offset_commit_request as oc
from msklite.wire.messages import offset_delete_request as od
from msklite.wire.messages import offset_fetch_request as of
from tests.parity.group_shapes import admit, commit, committed, join, leave, ready, sync
from tests.parity.shapes import STRANGE, make_topic
from tests.parity.talk import Talk


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
        "empty topic name": commit(group, "", 1),
        "no partitions": oc.OffsetCommitRequest(
            group, topics=[oc.OffsetCommitRequestTopic("s-t"), oc.OffsetCommitRequestTopic("s-no")]
        ),
        "no partitions, wrong generation": oc.OffsetCommitRequest(
            group, 3, "m", topics=[oc.OffsetCommitRequestTopic("s-t")]
        ),
        "no topics": oc.OffsetCommitRequest(group),
    }.items():
        talk.ask(step, request, 8)
    twice = commit(group, "s-t", 6)
    twice.topics += commit(group, "s-none", 7).topics + commit(group, "s-t", 8, partition=1).topics
    talk.ask("a topic twice, another between", twice, 8)
    again = commit(group, "s-t", 6)
    again.topics[0].partitions += commit(group, "s-t", 9).topics[0].partitions
    talk.ask("a partition twice", again, 8)
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
    talk.ask("before there is __consumer_offsets", fc.FindCoordinatorRequest("g-find", 0), 3)
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
    "group-offsets": offsets,
    "group-list": listing,
}
