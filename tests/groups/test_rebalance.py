"""Joining, syncing, leaving and failing: what clients see in each state of a classic group."""

from __future__ import annotations

import re

import pytest

from msklite.errors import Code
from msklite.groups.config import GroupConfig
from tests.groups.harness import REBALANCE, SESSION, Coordinator


def slow(**settings: int) -> Coordinator:
    """With Kafka's default initial delay."""
    return Coordinator(GroupConfig(**settings))


def test_a_new_dynamic_member_gets_its_id_first_KIP_394() -> None:
    c = Coordinator()
    call = c.join()
    assert call.code is Code.MEMBER_ID_REQUIRED
    assert re.fullmatch(
        r"app-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        call.answer.member_id,
    )
    assert c.state() == "Empty"
    assert len(c.log) == 1, "the new group is written down"


def test_old_clients_join_at_once() -> None:
    c = Coordinator()
    call = c.join(version=3)
    c.advance(0)
    assert call.code is Code.NONE
    assert call.answer.generation_id == 1
    assert call.answer.leader == call.answer.member_id


def test_only_the_leader_sees_the_members() -> None:
    c = Coordinator()
    a = c.enter(protocols={"range": b"A"})
    b = c.enter(protocols={"range": b"B"})
    c.advance(0)
    assert a.answer.leader == b.answer.leader == a.answer.member_id
    assert [(m.member_id, m.metadata) for m in a.answer.members] == [
        (a.answer.member_id, b"A"),
        (b.answer.member_id, b"B"),
    ]
    assert b.answer.members == []
    assert c.state() == "CompletingRebalance"
    c.settle([a.answer, b.answer])


def test_the_initial_delay_grows_with_new_members_up_to_the_rebalance_timeout_KIP_134() -> None:
    c = slow()
    first = c.enter(rebalance=7_000)
    c.advance(2_000)
    second = c.enter(rebalance=7_000)
    c.advance(1_000)
    assert first.answer is None, "a member came: another 3 seconds"
    c.advance(2_999)
    assert first.answer is None
    c.advance(1)
    assert first.code is second.code is Code.NONE

    c = slow()
    calls = [c.enter(rebalance=7_000)]
    for _ in range(6):
        c.advance(1_000)
        calls.append(c.enter(rebalance=7_000))
    assert calls[0].answer is None
    c.advance(1_000)
    assert all(call.code is Code.NONE for call in calls), "7 seconds are the limit"


def test_a_second_member_makes_the_first_join_again() -> None:
    c = Coordinator()
    (first,) = c.stable(1)
    new = c.enter()
    assert c.state() == "PreparingRebalance"
    assert c.beat(first.member_id, 1) is Code.REBALANCE_IN_PROGRESS
    again = c.join(first.member_id)
    assert again.answer.generation_id == new.answer.generation_id == 2
    c.settle([again.answer, new.answer])


def test_who_does_not_join_again_in_time_is_dropped() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    again = c.join(leader.member_id)
    for _ in range(REBALANCE // 5_000):
        assert c.beat(follower.member_id, 1) is Code.REBALANCE_IN_PROGRESS
        c.advance(5_000)
    assert again.code is Code.NONE
    assert len(again.answer.members) == 1
    assert c.beat(follower.member_id, 2) is Code.UNKNOWN_MEMBER_ID


def test_a_pending_member_holds_up_the_next_generation_until_its_session_ends() -> None:
    c = Coordinator()
    (first,) = c.stable(1)
    assert c.join().code is Code.MEMBER_ID_REQUIRED
    again = c.join(first.member_id)
    assert again.answer is None
    c.advance(SESSION)
    assert again.code is Code.NONE


def test_another_leader_is_elected_when_the_leader_does_not_join() -> None:
    c = Coordinator()
    leader, follower = c.stable(2, session=REBALANCE)
    again = c.join(follower.member_id, protocols={"range": b"changed"}, session=REBALANCE)
    c.advance(REBALANCE)
    assert again.answer.leader == follower.member_id
    assert c.beat(leader.member_id, 1) is Code.UNKNOWN_MEMBER_ID


@pytest.mark.parametrize("name", ["range", "roundrobin"])
def test_the_protocol_that_all_support_is_chosen(name: str) -> None:
    c = Coordinator()
    other = {"range": "roundrobin", "roundrobin": "range"}[name]
    a = c.enter(protocols={other: b"", name: b"A"})
    b = c.enter(protocols={name: b"B", "sticky": b""})
    c.advance(0)
    assert a.answer.protocol_name == b.answer.protocol_name == name
    assert [m.metadata for m in a.answer.members] == [b"A", b"B"]


def test_the_majority_decides_between_protocols() -> None:
    c = Coordinator()
    calls = [c.enter(protocols={"range": b"", "sticky": b""})]
    calls += [c.enter(protocols={"sticky": b"", "range": b""}) for _ in range(2)]
    c.advance(0)
    assert calls[0].answer.protocol_name == "sticky"


def test_protocols_that_do_not_fit_are_refused() -> None:
    c = Coordinator()
    assert c.join(group="x", kind="").code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert c.join(group="x", protocols={}).code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert c.state("x") == "Empty", "as in Kafka, the group is there"
    c.stable(1)
    assert c.join(kind="connect").code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert c.join(protocols={"sticky": b""}).code is Code.INCONSISTENT_GROUP_PROTOCOL


def test_any_protocol_type_is_served() -> None:
    c = Coordinator()
    worker = c.enter(kind="connect", protocols={"sessioned": b"\x00\xff"})
    c.advance(0)
    c.settle([worker.answer])
    described = c.describe()
    assert (described.protocol_type, described.protocol_data) == ("connect", "sessioned")
    assert described.members[0].member_metadata == b"\x00\xff"


def test_unknown_members_and_groups() -> None:
    c = Coordinator()
    call = c.join("nobody-1")
    assert (call.code, call.answer.member_id) == (Code.UNKNOWN_MEMBER_ID, "nobody-1")
    assert c.list() == []
    (a,) = c.stable(1)
    assert c.join("nobody-1").code is Code.UNKNOWN_MEMBER_ID
    assert c.beat("nobody-1", 1) is Code.UNKNOWN_MEMBER_ID
    assert c.beat(a.member_id, 7) is Code.ILLEGAL_GENERATION
    assert c.beat(a.member_id, 1, group="other") is Code.UNKNOWN_MEMBER_ID
    assert c.sync(a, group="other").code is Code.UNKNOWN_MEMBER_ID


def test_sync_checks_generation_and_protocol_KIP_559() -> None:
    c = Coordinator()
    a = c.enter()
    c.advance(0)
    assert c.sync(a.answer, generation_id=9).code is Code.ILLEGAL_GENERATION
    assert c.sync(a.answer, protocol_name="x").code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert c.sync(a.answer, protocol_type="x").code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert c.sync(a.answer, protocol_type=None, protocol_name=None).code is Code.NONE


def test_a_follower_waits_for_the_leader_and_who_is_left_out_gets_nothing() -> None:
    c = Coordinator()
    a, b = c.enter(), c.enter()
    c.advance(0)
    waits = c.sync(b.answer)
    assert waits.answer is None
    assert c.sync(a.answer, {a.answer.member_id: b"all"}).answer.assignment == b"all"
    assert (waits.code, waits.answer.assignment) == (Code.NONE, b"")
    assert c.sync(b.answer).code is Code.NONE, "in a stable group it can be asked again"


def test_who_never_syncs_is_dropped_after_the_rebalance_timeout() -> None:
    c = Coordinator()
    a = c.enter(session=2 * REBALANCE)
    b = c.enter(session=2 * REBALANCE)
    c.advance(0)
    c.sync(a.answer, {})
    c.advance(REBALANCE - 1)
    assert c.state() == "Stable"
    c.advance(1)
    assert c.state() == "PreparingRebalance"
    assert c.beat(b.answer.member_id, 1) is Code.UNKNOWN_MEMBER_ID


def test_a_join_during_sync_sends_the_waiting_ones_back() -> None:
    c = Coordinator()
    a, b = c.enter(), c.enter()
    c.advance(0)
    waits = c.sync(b.answer)
    c.enter()
    assert waits.code is Code.REBALANCE_IN_PROGRESS
    assert c.sync(a.answer).code is Code.REBALANCE_IN_PROGRESS


def test_joining_again_unchanged_needs_no_rebalance_unless_it_is_the_leader() -> None:
    c = Coordinator()
    a, b = c.enter(), c.enter()
    c.advance(0)
    repeat = c.join(a.answer.member_id)
    assert repeat.answer == a.answer, "it may have missed the answer"
    leader, follower = c.settle([a.answer, b.answer])
    same = c.join(follower.member_id)
    assert (same.code, same.answer.generation_id) == (Code.NONE, 1)
    assert c.state() == "Stable"
    assert c.join(leader.member_id).answer is None, "the leader may want to assign anew"
    assert c.state() == "PreparingRebalance"


def test_a_member_with_new_metadata_starts_a_rebalance_as_cooperative_consumers_do() -> None:
    """KIP-429: after revoking, a member joins again at once; each round is a new generation."""
    c = Coordinator()
    one, two = c.stable(2, protocols={"cooperative-sticky": b"owns 0,1"})
    for generation in (2, 3):
        metadata = {"cooperative-sticky": b"owns %d" % generation}
        second = c.join(two.member_id, protocols=metadata)
        assert c.beat(one.member_id, generation - 1) is Code.REBALANCE_IN_PROGRESS
        first = c.join(one.member_id, protocols=metadata)
        assert first.answer.generation_id == second.answer.generation_id == generation
        one, two = c.settle([first.answer, second.answer])
    assert c.describe().members[0].member_metadata == b"owns 3"


def test_a_repeated_request_of_a_member_answers_the_first_one() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    first = c.join(leader.member_id)
    second = c.join(leader.member_id)
    assert (first.code, second.answer) == (Code.REBALANCE_IN_PROGRESS, None)
    third = c.join(follower.member_id)
    assert second.answer.generation_id == third.answer.generation_id == 2


# -- members that fail, in each state -----------------------------------------------------------


def test_failing_while_stable() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    c.advance(SESSION - 1)
    assert c.beat(leader.member_id, 1) is Code.NONE
    c.advance(1)
    assert c.beat(leader.member_id, 1) is Code.REBALANCE_IN_PROGRESS
    assert c.beat(follower.member_id, 1) is Code.UNKNOWN_MEMBER_ID
    again = c.join(leader.member_id)
    assert again.answer.generation_id == 2
    assert len(again.answer.members) == 1


def test_failing_while_the_others_join() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    again = c.join(leader.member_id)
    c.advance(SESSION)
    assert again.answer.generation_id == 2, "no need to wait for the rebalance timeout"
    assert c.beat(follower.member_id, 2) is Code.UNKNOWN_MEMBER_ID


def test_failing_before_sync() -> None:
    c = Coordinator()
    a, b = c.enter(), c.enter()
    c.advance(0)
    waits = c.sync(b.answer)
    c.advance(SESSION)
    assert waits.code is Code.REBALANCE_IN_PROGRESS, "the leader is gone"
    assert c.beat(a.answer.member_id, 1) is Code.UNKNOWN_MEMBER_ID
    again = c.join(b.answer.member_id)
    assert again.answer.leader == b.answer.member_id


def test_a_waiting_member_needs_no_heartbeat() -> None:
    c = Coordinator()
    leader, follower = c.stable(2, session=6_000)
    again = c.join(leader.member_id, session=6_000)
    for _ in range(5):
        c.advance(4_000)
        assert c.beat(follower.member_id, 1) is Code.REBALANCE_IN_PROGRESS
    assert again.answer is None
    other = c.join(follower.member_id, session=6_000)
    assert again.code is other.code is Code.NONE


def test_a_new_member_waits_five_minutes_at_most() -> None:
    c = Coordinator()
    (first,) = c.stable(1, rebalance=900_000)
    new = c.enter(rebalance=900_000)
    for _ in range(60):
        assert new.answer is None
        c.beat(first.member_id, 1)
        c.advance(5_000)
    assert new.code is Code.UNKNOWN_MEMBER_ID


def test_the_last_member_fails_and_the_group_is_empty() -> None:
    c = Coordinator()
    c.stable(1)
    c.advance(SESSION)
    described = c.describe()
    assert (described.group_state, described.protocol_type) == ("Empty", "consumer")
    assert c.machine.next_tick_ms() is None, "an empty group needs no timer"


# -- leaving ------------------------------------------------------------------------------------


def test_leaving() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    assert c.leave((follower.member_id, None), ("nobody", None)) == [
        Code.NONE,
        Code.UNKNOWN_MEMBER_ID,
    ]
    assert c.beat(leader.member_id, 1) is Code.REBALANCE_IN_PROGRESS
    again = c.join(leader.member_id)
    c.settle([again.answer])
    assert c.leave((leader.member_id, None)) == [Code.NONE]
    assert c.state() == "Empty"
    assert c.leave((leader.member_id, None), group="none") == [Code.UNKNOWN_MEMBER_ID]


def test_a_pending_member_leaves() -> None:
    c = Coordinator()
    (first,) = c.stable(1)
    pending = c.join().answer.member_id
    again = c.join(first.member_id)
    assert again.answer is None
    assert c.leave((pending, None)) == [Code.NONE]
    assert again.code is Code.NONE
    assert c.join(pending).code is Code.UNKNOWN_MEMBER_ID


def test_who_leaves_while_waiting_is_told() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    waits = c.join(leader.member_id)
    assert c.leave((leader.member_id, None)) == [Code.NONE]
    assert (waits.code, waits.answer.member_id) == (Code.UNKNOWN_MEMBER_ID, "")
    again = c.join(follower.member_id)
    assert again.code is Code.NONE
    other = c.enter()
    again = c.join(follower.member_id)
    waits = c.sync(other.answer)
    assert c.leave((other.answer.member_id, None)) == [Code.NONE]
    assert waits.code is Code.UNKNOWN_MEMBER_ID


# -- size ---------------------------------------------------------------------------------------


def test_group_max_size() -> None:
    c = slow(initial_delay_ms=0, max_size=2)
    one, two = c.stable(2)
    assert c.join().code is Code.GROUP_MAX_SIZE_REACHED
    assert c.state() == "Stable"
    again = [c.join(m.member_id) for m in (one, two)]
    assert all(call.code is Code.NONE for call in again)


def test_a_group_over_a_reduced_limit_shrinks_after_loading() -> None:
    c = Coordinator()
    members = c.stable(3)
    c.config = GroupConfig(initial_delay_ms=0, max_size=2)
    c.fail_over()
    assert c.state() == "PreparingRebalance"
    calls = [c.join(m.member_id) for m in members]
    assert calls[2].code is Code.GROUP_MAX_SIZE_REACHED
    assert sum(call.answer is not None and call.code is Code.NONE for call in calls) in (0, 2)
    c.advance(REBALANCE)
    assert [call.code for call in calls[:2]] == [Code.NONE, Code.NONE]


# -- losing leadership --------------------------------------------------------------------------


def test_resigning_answers_everybody() -> None:
    c = Coordinator()
    leader, _ = c.stable(2)
    joins = c.join(leader.member_id)
    a, b = c.enter("other"), c.enter("other")
    c.advance(0)
    syncs = c.sync(b.answer, group="other")
    c.fail_over()
    assert (joins.code, joins.answer.member_id) == (Code.NOT_COORDINATOR, leader.member_id)
    assert syncs.code is Code.NOT_COORDINATOR
    assert a.code is Code.NONE


def test_a_stable_group_survives_fail_over() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    before = c.describe()
    c.advance(SESSION - 1)
    c.fail_over()
    c.advance(SESSION - 1)
    assert c.describe() == before
    assert c.beat(leader.member_id, 1) is Code.NONE
    assert c.sync(follower).answer.assignment == follower.member_id.encode()
    c.advance(1)
    assert c.beat(leader.member_id, 1) is Code.REBALANCE_IN_PROGRESS, "one had no sign of life"


def test_a_generation_that_was_not_written_is_forgotten() -> None:
    c = Coordinator()
    leader, follower = c.stable(2)
    again = [c.join(m.member_id) for m in (leader, follower)]
    assert again[0].answer.generation_id == 2
    c.fail_over()
    assert c.sync(again[0].answer).code is Code.ILLEGAL_GENERATION
    assert c.state() == "Stable"
    assert c.beat(leader.member_id, 1) is Code.NONE


def test_heartbeats_leave_the_heap_alone() -> None:
    """A heartbeat only sets a number, whatever the number of members: no entry comes or goes."""
    c = Coordinator()
    members = [(f"g{i}", m.member_id) for i in range(20) for m in c.stable(2, f"g{i}")]
    live = c.machine.live
    assert live is not None
    heap = list(live.timers._heap)
    for _ in range(5):
        c.mono += 100
        for group, member in members:
            assert c.beat(member, 1, group) is Code.NONE
    assert live.timers._heap == heap
    c.advance(SESSION - 1)
    assert c.list(["stable"]) == [f"g{i}" for i in range(20)]
    c.advance(1)
    assert c.list(["stable"]) == []
