"""Static members (KIP-345): they come back without a rebalance, and only one can be who it is."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.wire.messages.join_group_response import JoinGroupResponse
from tests.groups.harness import REBALANCE, SESSION, Coordinator


def two(c: Coordinator, **more: int) -> tuple[JoinGroupResponse, JoinGroupResponse]:
    """A stable group of static members "a", the leader, and "b"."""
    a = c.join(instance="a", **more)
    b = c.join(instance="b", **more)
    c.advance(0)
    first, second = c.settle([a.answer, b.answer])
    return first, second


def test_a_static_member_joins_at_once_with_its_instance_in_the_member_id() -> None:
    c = Coordinator()
    a, b = two(c)
    assert a.member_id.startswith("a-")
    assert b.member_id.startswith("b-")
    assert [m.group_instance_id for m in a.members] == ["a", "b"]


@pytest.mark.parametrize("instance", ["a", "b"])
def test_coming_back_to_a_stable_group_changes_nothing_for_others(instance: str) -> None:
    c = Coordinator()
    a, b = two(c)
    old = {"a": a, "b": b}[instance]
    back = c.join(instance=instance)
    assert back.code is Code.NONE
    assert (back.answer.generation_id, c.state()) == (1, "Stable")
    assert back.answer.member_id != old.member_id
    assert back.answer.skip_assignment == (instance == "a"), "KIP-814: the leader must not assign"
    assert bool(back.answer.members) == (instance == "a")
    assert c.sync(back.answer).answer.assignment == old.member_id.encode()
    c.fail_over()
    assert c.beat(back.answer.member_id, 1, instance=instance) is Code.NONE, "it is written down"
    assert c.beat(old.member_id, 1) is Code.UNKNOWN_MEMBER_ID


def test_an_old_client_that_led_is_told_that_somebody_else_leads() -> None:
    c = Coordinator()
    a, _ = two(c)
    back = c.join(instance="a", version=8)
    assert (back.answer.leader, back.answer.members) == (a.member_id, [])
    assert back.answer.skip_assignment is False
    assert c.describe().members[0].member_id != back.answer.leader


def test_the_old_one_is_fenced() -> None:
    c = Coordinator()
    a, _ = two(c)
    c.join(instance="a")
    assert c.beat(a.member_id, 1, instance="a") is Code.FENCED_INSTANCE_ID
    assert c.commit(5, a.member_id, 1, instance="a") is Code.FENCED_INSTANCE_ID
    assert c.join(a.member_id, instance="a").code is Code.FENCED_INSTANCE_ID
    assert c.sync(a, group_instance_id="a").code is Code.FENCED_INSTANCE_ID
    assert c.leave((a.member_id, "a")) == [Code.FENCED_INSTANCE_ID]
    assert c.beat("x", 1, instance="unknown") is Code.UNKNOWN_MEMBER_ID


def test_one_that_waits_is_fenced_when_its_double_comes() -> None:
    c = Coordinator()
    a, b = two(c)
    joins = c.join(a.member_id, instance="a")
    double = c.join(instance="a")
    assert joins.code is Code.FENCED_INSTANCE_ID
    assert joins.answer.member_id == a.member_id
    assert double.answer is None
    other = c.join(b.member_id, instance="b")
    assert double.code is other.code is Code.NONE
    syncs = c.sync(other.answer if double.answer.members else double.answer)
    instance = "b" if double.answer.members else "a"
    assert c.join(instance=instance).answer is None
    assert syncs.code is Code.FENCED_INSTANCE_ID
    assert c.state() == "PreparingRebalance", "the leader may be assigning to the old member id"


def test_coming_back_with_another_protocol_starts_a_rebalance() -> None:
    c = Coordinator()
    a = c.join(instance="a", protocols={"range": b"", "sticky": b""})
    b = c.join(instance="b", protocols={"range": b"", "sticky": b""})
    c.advance(0)
    c.settle([a.answer, b.answer])
    back = c.join(instance="b", protocols={"sticky": b""})
    assert (back.answer, c.state()) == (None, "PreparingRebalance")


def test_a_late_static_member_stays_until_its_session_ends() -> None:
    c = Coordinator()
    a, b = two(c, session=3 * REBALANCE)
    again = c.join(a.member_id, instance="a", session=3 * REBALANCE)
    c.advance(REBALANCE)
    assert again.code is Code.NONE
    assert len(again.answer.members) == 2, "b keeps its place"
    assert c.beat(b.member_id, 2, instance="b") is Code.NONE


def test_when_no_static_member_joins_the_group_waits_for_the_end_of_their_sessions() -> None:
    c = Coordinator()
    a, b = two(c, session=5 * REBALANCE)
    dynamic = c.enter(session=5 * REBALANCE)
    assert c.leave((dynamic.answer.member_id if dynamic.answer else "", None)) == [
        Code.UNKNOWN_MEMBER_ID
    ]
    member = next(iter(m.member_id for m in c.describe().members if not m.group_instance_id))
    assert c.leave((member, None)) == [Code.NONE]
    c.advance(REBALANCE)
    assert c.state() == "PreparingRebalance"
    assert len(c.describe().members) == 2
    again = [c.join(m.member_id, instance=i) for m, i in ((a, "a"), (b, "b"))]
    assert [call.code for call in again] == [Code.NONE, Code.NONE]


def test_an_administrator_removes_members_by_instance_id() -> None:
    c = Coordinator()
    two(c)
    assert c.leave(("", "a"), ("", "unknown"), ("", None)) == [
        Code.NONE,
        Code.UNKNOWN_MEMBER_ID,
        Code.UNKNOWN_MEMBER_ID,
    ]
    assert [m.group_instance_id for m in c.describe().members] == ["b"]


def test_a_static_member_fails_when_its_session_ends() -> None:
    c = Coordinator()
    a, b = two(c)
    c.advance(SESSION - 1)
    c.beat(a.member_id, 1, instance="a")
    c.advance(1)
    assert c.beat(b.member_id, 1, instance="b") is Code.UNKNOWN_MEMBER_ID
    assert c.state() == "PreparingRebalance"
