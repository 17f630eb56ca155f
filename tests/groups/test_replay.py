"""What is in the log, ours or real Kafka's, and what a machine makes of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.errors import Code
from msklite.groups import records
from msklite.groups.config import GroupConfig
from msklite.groups.records import Committed
from msklite.groups.soft import Timer, Timers
from msklite.wire.messages.consumer_group_metadata_key import ConsumerGroupMetadataKey
from msklite.wire.messages.consumer_group_metadata_value import ConsumerGroupMetadataValue
from msklite.wire.messages.group_metadata_value import GroupMetadataValue, MemberMetadata
from msklite.wire.messages.legacy_offset_commit_key import LegacyOffsetCommitKey
from msklite.wire.messages.legacy_offset_commit_value import LegacyOffsetCommitValue
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.offset_fetch_response import OffsetFetchResponseGroup
from tests.groups.harness import Call, Coordinator


def offset(c: Coordinator, value: int, at: int, producer: int = -1, group: str = "g") -> None:
    """Replay a commit as if another leader had written it."""
    committed = Committed(value, -1, "", c.now)
    key = records.offset_key(group, "t", 0)
    c.machine.replay(key, records.offset_value(committed), c.now, producer, at)


def read(c: Coordinator, stable: bool = False) -> dict[tuple[str, int], tuple[int, Code]]:
    """Fetch without the harness's check of its log: these records aren't in it."""
    request = OffsetFetchRequestGroup(group_id="g")
    request.topics = [OffsetFetchRequestTopics(name="t", partition_indexes=[0])]
    (reply,) = c.machine.fetch(request, stable, None).effects
    answer = reply.response
    assert isinstance(answer, OffsetFetchResponseGroup)
    return {
        (t.name, p.partition_index): (p.committed_offset, Code(p.error_code))
        for t in answer.topics
        for p in t.partitions
    }


def test_transactional_offsets_count_when_the_transaction_commits() -> None:
    c = Coordinator()
    offset(c, 5, 0)
    offset(c, 6, 1, producer=42)
    assert read(c) == {("t", 0): (5, Code.NONE)}
    assert read(c, stable=True) == {("t", 0): (-1, Code.UNSTABLE_OFFSET_COMMIT)}
    c.machine.replay_marker(42, 0, True)
    assert read(c, stable=True) == {("t", 0): (6, Code.NONE)}
    offset(c, 7, 2, producer=42)
    c.machine.replay_marker(42, 0, False)
    assert read(c, stable=True) == {("t", 0): (6, Code.NONE)}


def test_of_two_commits_the_later_record_counts_whenever_the_transaction_ends() -> None:
    c = Coordinator()
    offset(c, 6, 1, producer=42)
    offset(c, 9, 2)
    c.machine.replay_marker(42, 0, True)
    assert read(c) == {("t", 0): (9, Code.NONE)}


def test_a_tombstone_ends_open_offsets_too() -> None:
    c = Coordinator()
    offset(c, 6, 1, producer=42)
    c.machine.replay(records.offset_key("g", "t", 0), None, c.now)
    c.machine.replay_marker(42, 0, True)
    assert read(c) == {("t", 0): (-1, Code.NONE)}


def test_records_of_old_kafka_versions() -> None:
    c = Coordinator()
    key = b"\0\0" + LegacyOffsetCommitKey(group="g", topic="t", partition=0).encode(0)
    value = b"\0\0" + LegacyOffsetCommitValue(offset=3, metadata="m").encode(0)
    c.log.append((key, value))
    member = MemberMetadata(member_id="m", session_timeout=6_000, assignment=b"x")
    group = GroupMetadataValue("consumer", 4, "range", "m", -1, [member])
    c.log.append((records.group_key("h"), b"\0\0" + group.encode(0)))
    c.fail_over()
    assert c.fetch() == {("t", 0): (3, Code.NONE)}
    assert c.beat("m", 4, "h") is Code.NONE


def test_kip_848_groups_are_kept_aside_and_give_way_to_a_classic_one() -> None:
    c = Coordinator()
    kept = b"\0\3" + ConsumerGroupMetadataKey(group_id="new").encode(0)
    c.log.append((kept, b"\0\0" + ConsumerGroupMetadataValue(epoch=3).encode(0)))
    c.log.append((b"\0\x17" + b"streams", b"whatever"))
    c.log.append((b"\x7f\x00" + b"unheard of", b"whatever"))
    c.fail_over()
    assert c.list() == []
    assert c.describe("new").error_message == "Group new is not a classic group."
    assert c.commit(1, group="other") is Code.NONE
    assert c.join(group="new").code is Code.MEMBER_ID_REQUIRED
    assert c.log[-2] == (kept, None)
    assert c.list() == ["other", "new"]


def test_groups_come_back_as_they_were_written() -> None:
    value = GroupMetadataValue("connect", 7, "p", "m", 123, [MemberMetadata("m", "i", "c", "/h")])
    assert records.read_group_value(records.group_value(value)) == value
    for committed in (Committed(1, -1, "m", 3, 4), Committed(1, 2, "", 3, topic_id=b"i" * 16)):
        data = records.offset_value(committed)
        assert records.read_offset_value(records.OFFSET, data, -1) == committed


STEP = st.tuples(
    st.sampled_from(["enter", "rejoin", "sync", "beat", "leave", "commit", "delete", "static"]),
    st.integers(0, 3),
    st.integers(0, 1),
)


@given(st.lists(st.one_of(STEP, st.integers(0, 70_000)), max_size=40), st.integers(0, 3_000))
@settings(max_examples=150, deadline=None)
def test_any_story_leaves_a_log_that_says_it_all(steps: list[object], delay: int) -> None:
    """After every step the harness compares durable state with a fresh machine fed the log."""
    c = Coordinator(GroupConfig(initial_delay_ms=delay, max_size=3))
    calls: list[Call] = []
    for step in steps:
        if isinstance(step, int):
            c.advance(step)
            continue
        assert isinstance(step, tuple)
        act(c, calls, *step)
    c.fail_over()
    waiting = [call for call in calls if call.answer is None]
    assert not waiting, "every request has an answer in the end"
    states = {c.state(group) for group in c.list()}
    assert states <= {"Empty", "Stable"} or any(
        len(c.describe(group).members) > 3 for group in c.list()
    )
    c.advance(100_000)
    assert {c.state(group) for group in c.list()} <= {"Empty"}, "nobody sends heartbeats"


def act(c: Coordinator, calls: list[Call], what: str, which: int, number: int) -> None:
    """One random step on group 0 or 1."""
    group = f"g{number}"
    members = c.describe(group).members
    someone = members[which % len(members)] if members else None
    generation = 0
    if c.machine.live is not None and group in c.machine.live.groups:
        generation = c.machine.live.groups[group].generation
    if what == "enter":
        first = c.join(group=group)
        if first.code is Code.MEMBER_ID_REQUIRED and which:
            calls.append(c.join(first.answer.member_id, group))
    elif what == "static":
        calls.append(c.join(group=group, instance=f"i{which}"))
    elif what == "commit":
        c.commit(which, group=group, partition=which)
        if someone is not None:
            c.commit(which, someone.member_id, generation, group=group)
    elif what == "delete":
        c.delete_offset("t", which, group)
        c.delete(group)
    elif someone is None:
        return
    elif what == "rejoin":
        metadata = {"range": bytes([which])}
        instance = someone.group_instance_id
        calls.append(c.join(someone.member_id, group, protocols=metadata, instance=instance))
    elif what == "sync":
        joined = _Joined(generation, someone.member_id)
        given_out = {m.member_id: b"x" for m in members[:which]}
        calls.append(c.sync(joined, given_out, group))  # type: ignore[arg-type]
    elif what == "beat":
        c.beat(someone.member_id, generation, group)
    elif what == "leave":
        c.leave((someone.member_id, None), group=group)


class _Joined:
    protocol_type = protocol_name = None

    def __init__(self, generation: int, member_id: str) -> None:
        self.generation_id = generation
        self.member_id = member_id


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 50)), st.integers(0, 5))
    )
)
def test_timers_ring_exactly_when_they_should(steps: list[tuple[int, int | None, int]]) -> None:
    """Against the plain model: a deadline for each timer."""
    timers = Timers()
    rung: list[int] = []
    alarms = [Timer(lambda turn: None) for _ in range(6)]
    model: dict[int, int] = {}
    now = 0
    for which, delay, passed in steps:
        if delay is None:
            timers.cancel(alarms[which])
            model.pop(which, None)
        else:
            timers.set(alarms[which], now + delay)
            model[which] = now + delay
        now += passed
        rung.clear()
        while (timer := timers.due(now)) is not None:
            rung.append(alarms.index(timer))
        due = {i for i, at in model.items() if at <= now}
        assert sorted(rung) == sorted(due)
        model = {i: at for i, at in model.items() if i not in due}
        first = timers.next_ms()
        assert (first is None) == (not model)
        assert first is None or first <= min(model.values())
