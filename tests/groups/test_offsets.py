"""Committed offsets: who may commit, what is read back, deleting and expiry."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.groups import records
from msklite.groups.config import GroupConfig
from msklite.wire.messages.consumer_protocol_subscription import ConsumerProtocolSubscription
from tests.groups.harness import SESSION, Coordinator

DAY = 24 * 3_600_000
ID, OTHER_ID = b"\x01" * 16, b"\x02" * 16


def subscription(*topics: str, version: int = 1) -> dict[str, bytes]:
    """A consumer's protocols that subscribe to topics."""
    body = ConsumerProtocolSubscription(topics=list(topics)).encode(version)
    return {"range": version.to_bytes(2, "big") + body}


def test_a_simple_consumer_commits_and_reads_without_a_group() -> None:
    c = Coordinator()
    assert c.fetch(topics={"t": [0]}) == {("t", 0): (-1, Code.NONE)}
    assert c.commit(5) is Code.NONE
    assert c.commit(7, partition=3, topic="u") is Code.NONE
    assert c.fetch(topics={"t": [0, 1]}) == {("t", 0): (5, Code.NONE), ("t", 1): (-1, Code.NONE)}
    assert c.fetch() == {("t", 0): (5, Code.NONE), ("u", 3): (7, Code.NONE)}
    assert c.list() == ["g"]
    assert (c.describe().group_state, c.describe().protocol_type) == ("Empty", "")
    c.fail_over()
    assert c.fetch() == {("t", 0): (5, Code.NONE), ("u", 3): (7, Code.NONE)}
    assert c.list() == ["g"]


def test_members_commit_in_their_generation() -> None:
    c = Coordinator()
    a, _ = c.stable(2)
    assert c.commit(1, a.member_id, 1) is Code.NONE
    assert c.commit(2, a.member_id, 2) is Code.ILLEGAL_GENERATION
    assert c.commit(2, "nobody", 1) is Code.UNKNOWN_MEMBER_ID
    assert c.commit(2) is Code.UNKNOWN_MEMBER_ID, "from outside only while the group is empty"
    assert c.commit(2, a.member_id, -1) is Code.ILLEGAL_GENERATION
    assert c.fetch()["t", 0] == (1, Code.NONE)
    new = c.enter()
    assert c.commit(3, a.member_id, 1) is Code.NONE, "revoking before it joins again"
    assert new.answer is None


def test_a_commit_between_join_and_sync_must_wait() -> None:
    c = Coordinator()
    a = c.enter()
    c.advance(0)
    assert c.commit(1, a.answer.member_id, 1) is Code.REBALANCE_IN_PROGRESS


def test_a_commit_is_a_sign_of_life() -> None:
    c = Coordinator()
    (a,) = c.stable(1)
    for offset in range(3):
        c.advance(SESSION - 1)
        assert c.commit(offset, a.member_id, 1) is Code.NONE
    assert c.beat(a.member_id, 1) is Code.NONE


@pytest.mark.parametrize(
    ("version", "code"), [(8, Code.ILLEGAL_GENERATION), (9, Code.GROUP_ID_NOT_FOUND)]
)
def test_a_member_of_an_unknown_group(version: int, code: Code) -> None:
    assert Coordinator().commit(1, "m", 3, version=version) is code


def test_an_empty_group_takes_offsets_from_outside() -> None:
    c = Coordinator()
    (a,) = c.stable(1)
    c.leave((a.member_id, None))
    assert c.commit(9) is Code.NONE
    assert c.commit(9, a.member_id, 1) is Code.UNKNOWN_MEMBER_ID


def test_metadata_has_a_limit_in_java_characters() -> None:
    c = Coordinator(GroupConfig(initial_delay_ms=0, max_metadata=4))
    assert c.commit(1, metadata="abcd") is Code.NONE
    assert c.commit(2, metadata="\U0001f600\U0001f600") is Code.NONE
    assert c.commit(3, metadata="\U0001f600\U0001f600!") is Code.OFFSET_METADATA_TOO_LARGE
    assert c.commit(4, metadata=None, partition=1) is Code.NONE
    assert c.fetch() == {("t", 0): (2, Code.NONE), ("t", 1): (4, Code.NONE)}


def test_an_offset_of_another_topic_of_that_name_does_not_count() -> None:
    c = Coordinator()
    c.commit(5, topic_id=ID, version=10)
    assert c.fetch(topics={"t": [0]}, topic_id=ID) == {("t", 0): (5, Code.NONE)}
    assert c.fetch(topics={"t": [0]}, topic_id=OTHER_ID) == {("t", 0): (-1, Code.NONE)}
    assert c.fetch(topics={"t": [0]}) == {("t", 0): (5, Code.NONE)}


def test_what_is_written_has_the_versions_of_kafka_4_2() -> None:
    c = Coordinator()
    c.commit(5, topic_id=ID, version=10)
    key, value = c.log[0]
    assert key == b"\0\1\0\1g\0\1t\0\0\0\0"
    assert value is not None
    assert value[:2] == b"\0\4"
    assert value.endswith(b"\1\0\x10" + ID), "the topic id is a tagged field"
    c.commit(6, retention=1_000, version=4)
    key, value = c.log[1]
    assert value is not None
    assert value[:2] == b"\0\1"
    assert records.read_offset_value(1, value, 0).expires_ms == c.now + 1_000
    c.stable(1, "h")
    assert {v[:2] for k, v in c.log[2:] if v is not None} == {b"\0\3"}


def test_offset_delete_KIP_496() -> None:
    c = Coordinator()
    assert c.delete_offset() == (Code.GROUP_ID_NOT_FOUND, None)
    c.commit(1, topic="t")
    c.commit(2, topic="u")
    assert c.delete_offset("t") == (Code.NONE, Code.NONE)
    assert c.delete_offset("t", 7) == (Code.NONE, Code.NONE), "nothing there, no error"
    assert c.fetch() == {("u", 0): (2, Code.NONE)}
    call = c.enter(protocols=subscription("u"))
    c.advance(0)
    c.settle([call.answer])
    assert c.delete_offset("u") == (Code.NONE, Code.GROUP_SUBSCRIBED_TO_TOPIC)
    c.commit(3, call.answer.member_id, 1, topic="v")
    assert c.delete_offset("v") == (Code.NONE, Code.NONE)
    c.stable(1, "w", kind="connect")
    assert c.delete_offset("t", group="w") == (Code.NON_EMPTY_GROUP, None)


def test_with_subscriptions_that_make_no_sense_every_topic_counts_as_subscribed() -> None:
    c = Coordinator()
    (a,) = c.stable(1, protocols={"range": b"\xff\xff"})
    c.commit(1, a.member_id, 1)
    assert c.delete_offset("t") == (Code.NONE, Code.GROUP_SUBSCRIBED_TO_TOPIC)


def test_delete_groups() -> None:
    c = Coordinator()
    c.commit(1)
    c.commit(2, partition=1)
    (a,) = c.stable(1, "busy")
    assert c.delete("g", "busy", "none") == [
        Code.NONE,
        Code.NON_EMPTY_GROUP,
        Code.GROUP_ID_NOT_FOUND,
    ]
    assert (c.list(), c.fetch()) == (["busy"], {})
    c.leave((a.member_id, None), group="busy")
    pending = c.join(group="busy").answer.member_id
    assert c.delete("busy") == [Code.NONE]
    assert c.join(pending, "busy").code is Code.UNKNOWN_MEMBER_ID
    c.fail_over()
    assert c.list() == []


def test_deleted_topics_take_their_offsets_along() -> None:
    c = Coordinator()
    for group in ("g", "h"):
        c.commit(1, group=group, topic="t")
        c.commit(2, group=group, topic="u")
    c.apply(c.machine.topics_deleted(["t", "none"], c.now))
    assert c.fetch("g") == c.fetch("h") == {("u", 0): (2, Code.NONE)}


def test_listing_with_filters_KIP_518() -> None:
    c = Coordinator()
    c.commit(1, group="simple")
    c.stable(1, "busy")
    assert c.list() == ["simple", "busy"]
    assert c.list(["STABLE"]) == ["busy"]
    assert c.list([" empty ", "dead"]) == ["simple"]
    assert c.list(types=["Classic"]) == ["simple", "busy"]
    assert c.list(types=["consumer"]) == c.list(types=["nonsense"]) == []


def test_describing_what_is_not_there_KIP_1043() -> None:
    c = Coordinator()
    old = c.describe("x", version=5)
    assert (old.group_state, old.error_code) == ("Dead", Code.NONE)
    new = c.describe("x", version=6)
    assert (new.group_state, new.error_code) == ("Dead", Code.GROUP_ID_NOT_FOUND)
    assert new.error_message == "Group x not found."


def test_expiry_KIP_211() -> None:
    c = Coordinator()
    c.commit(1, group="simple")
    c.commit(2, group="own", retention=DAY, version=4)
    call = c.enter("busy", protocols=subscription("t"), session=1_800_000)
    c.advance(0)
    c.settle([call.answer], "busy")
    for topic in ("t", "u"):
        assert c.commit(3, call.answer.member_id, 1, group="busy", topic=topic) is Code.NONE
    c.now += DAY
    c.apply(c.machine.expire(c.machine.group_ids(), c.now))
    assert c.list() == ["simple", "busy"]
    c.now += 6 * DAY
    c.apply(c.machine.expire(c.machine.group_ids(), c.now))
    assert c.list() == ["busy"]
    assert c.fetch("busy") == {("t", 0): (3, Code.NONE)}, "its members read t"
    c.leave((call.answer.member_id, None), group="busy")
    c.now += 7 * DAY - 1
    c.apply(c.machine.expire(c.machine.group_ids(), c.now))
    assert c.fetch("busy") == {("t", 0): (3, Code.NONE)}
    c.now += 1
    c.apply(c.machine.expire(c.machine.group_ids(), c.now))
    assert c.list() == []
