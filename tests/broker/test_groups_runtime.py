"""The runtime under the group coordinator: commit before reply, loading, leadership, failures.

A real partition and log on memory storage; the broker around them is a few attributes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from msklite.broker.broker import Broker
from msklite.broker.context import Context
from msklite.broker.machines import Waiter
from msklite.broker.runtime import GroupRuntime, java_hash, kafka_abs
from msklite.clock import Clock
from msklite.errors import Code, KafkaError
from msklite.groups import records
from msklite.log.config import LogConfig
from msklite.log.log import Log
from msklite.log.memory import MemoryStorage
from msklite.metadata.configs import BrokerConfig
from msklite.partition.partition import Partition
from msklite.wire.messages.create_topics_request import CreateTopicsRequest
from msklite.wire.messages.create_topics_response import (
    CreatableTopicResult,
    CreateTopicsResponse,
)
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_commit_response import OffsetCommitResponse
from msklite.wire.messages.offset_fetch_request import OffsetFetchRequestGroup
from msklite.wire.messages.sync_group_request import SyncGroupRequest
from msklite.wire.records import Control, Record, build_batch, control_record, iter_records
from msklite.zone.world import SystemClock
from tests.groups.harness import Seeded

TOPIC = "__consumer_offsets"


class SlowPartition(Partition):
    """Commits nothing while `held`: as if followers were behind."""

    held = False

    def advance(self, mono_ms: int = 0) -> None:
        if not self.held:
            super().advance(mono_ms)


class Bench:
    """A runtime with `partitions` partitions led by its broker."""

    def __init__(self, partitions: int = 1, **settings: str) -> None:
        self.storage = MemoryStorage()
        self.hosted: dict[int, SlowPartition] = {}
        self.image = SimpleNamespace(topics={}, brokers={1: None})
        self.requests: list[CreateTopicsRequest] = []
        self.config = BrokerConfig(
            {
                "group.initial.rebalance.delay.ms": "0",
                "offsets.topic.num.partitions": str(partitions),
                **{k.replace("_", "."): v for k, v in settings.items()},
            }
        )
        for index in range(partitions):
            self.open(index)
        self.runtime = self.start()

    def open(self, index: int) -> None:
        """(Re)open a partition from storage."""
        log = Log.open(
            self.storage,
            f"/data/{TOPIC}-{index}",
            TOPIC,
            index,
            LogConfig(),
            clean=True,
            recovery_point=0,
            log_start_offset=0,
            now_ms=0,
        )
        self.hosted[index] = SlowPartition(TOPIC, b"i" * 16, index, log, 0)
        self.hosted[index].lead(1, 1, [1], [1])

    def start(self) -> GroupRuntime:
        """A new runtime on the partitions as they are."""
        broker = SimpleNamespace(
            world=SimpleNamespace(
                clock=Clock(SystemClock()), random=Seeded(), storage=self.storage
            ),
            config=self.config,
            image=self.image,
            replicas=SimpleNamespace(get=lambda topic, index: self.hosted.get(index)),
            topic_config=lambda topic: self.config.for_topic({}),
            controller=SimpleNamespace(call=self.call),
            disk=SimpleNamespace(refused=lambda: None),
            log=logging.getLogger("test"),
            node_id=1,
        )
        return GroupRuntime(cast("Broker", broker))

    def lead(self) -> None:
        """Tell the runtime that it leads everything."""
        self.runtime.leadership_changed(sorted(self.hosted), [])

    async def call(self, request: CreateTopicsRequest) -> CreateTopicsResponse:
        self.requests.append(request)
        await asyncio.sleep(0)
        self.image.topics = {TOPIC: SimpleNamespace(partitions=dict.fromkeys(self.hosted))}
        return CreateTopicsResponse(topics=[CreatableTopicResult(name=TOPIC)])

    def written(self, index: int = 0) -> list[Record]:
        """All records of a partition's log."""
        log = self.hosted[index].log
        found: list[Record] = []
        while (at := found[-1].offset + 1 if found else 0) < log.end_offset:
            found += iter_records(log.read(at, 1, log.end_offset, True).read())
        return found


def context(version: int = 9) -> Context:
    return Context(version, "app", "127.0.0.1", "CLIENT", "User:ANONYMOUS", 0, 0)


def commit(offset: int, group: str = "g", metadata: str = "") -> OffsetCommitRequest:
    partition = OffsetCommitRequestPartition(committed_offset=offset, committed_metadata=metadata)
    topic = OffsetCommitRequestTopic(name="t", partitions=[partition])
    return OffsetCommitRequest(group_id=group, topics=[topic])


def join(member: str = "", session: int = 10_000) -> JoinGroupRequest:
    return JoinGroupRequest(
        group_id="g",
        session_timeout_ms=session,
        rebalance_timeout_ms=60_000,
        member_id=member,
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range")],
    )


def offset_of(runtime: GroupRuntime, group: str = "g") -> int:
    request = OffsetFetchRequestGroup(group_id=group)
    request.topics = None
    answer = cast("Any", runtime.fetch(request, False))
    return cast("int", answer.topics[0].partitions[0].committed_offset) if answer.topics else -1


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 30))


async def until(done: Callable[[], bool]) -> None:
    """Let the loop run until something has happened."""
    while not done():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


def test_java_hashes() -> None:
    """Values that String.hashCode gives; a character beyond the BMP is two units."""
    assert java_hash("") == 0
    assert java_hash("hello") == 99162322
    assert java_hash("polygenelubricants") == -(2**31)
    assert java_hash("\U0001f600") == 55357 * 31 + 56832
    assert kafka_abs(-(2**31)) == 0
    assert kafka_abs(-5) == 5


def test_an_answer_is_there_at_once_when_the_log_is_committed_at_once() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        answer = bench.runtime.commit(context(), commit(5))
        assert not isinstance(answer, asyncio.Future)
        assert offset_of(bench.runtime) == 5
        (record,) = bench.written()
        assert record.key == records.offset_key("g", "t", 0)
        assert record.timestamp > 1_600_000_000_000

    run(story())


def test_answers_wait_for_the_commit_reads_too_and_keep_their_order() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        bench.hosted[0].held = True
        order: list[str] = []
        for name, answer in (
            ("commit", bench.runtime.commit(context(), commit(5))),
            ("list", asyncio.ensure_future(bench.runtime.list_groups(ListGroupsRequest()))),
            ("other", bench.runtime.commit(context(), commit(6, "h"))),
        ):
            assert isinstance(answer, asyncio.Future)
            answer.add_done_callback(lambda _, name=name: order.append(name))
        await asyncio.sleep(0)
        assert order == []
        bench.hosted[0].held = False
        bench.hosted[0].advance()
        await until(lambda: len(order) == 3)
        assert sorted(order) == ["commit", "list", "other"]
        assert order.index("commit") < order.index("other")
        assert not bench.hosted[0].watchers

    run(story())


def test_a_commit_that_replicas_do_not_take_in_time_is_an_error_and_stays() -> None:
    """offsets.commit.timeout.ms; what a client may see of it is Kafka's."""

    async def story() -> None:
        bench = Bench(offsets_commit_timeout_ms="50")
        bench.lead()
        bench.hosted[0].held = True
        first, second = (bench.runtime.commit(context(), commit(n)) for n in (5, 6))
        for late in (first, second):
            assert isinstance(late, asyncio.Future)
            answer = await asyncio.wait_for(late, 30)
            assert isinstance(answer, OffsetCommitResponse)
            codes = [p.error_code for t in answer.topics for p in t.partitions]
            assert codes == [Code.COORDINATOR_NOT_AVAILABLE]
        assert not bench.hosted[0].watchers
        bench.hosted[0].held = False
        bench.hosted[0].advance()
        assert isinstance(bench.runtime.commit(context(), commit(7, "h")), OffsetCommitResponse)
        assert offset_of(bench.runtime) == 6, "the records were there all the time"

    run(story())


def test_losing_leadership_answers_who_waits_and_the_next_leader_knows_all() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        runtime = bench.runtime
        first = cast("Any", runtime.join(context(), join()))
        assert first.error_code == Code.MEMBER_ID_REQUIRED
        parked = runtime.join(context(), join(first.member_id))
        bench.hosted[0].held = True
        waiting = runtime.commit(context(), commit(5, "h"))
        bench.hosted[0].follow(2, 2, 2)
        runtime.leadership_changed([], [0])
        assert (await cast("Any", parked)).error_code == Code.NOT_COORDINATOR
        answer = await cast("Any", waiting)
        assert answer.topics[0].partitions[0].error_code == Code.NOT_COORDINATOR
        with pytest.raises(KafkaError) as refused:
            runtime.heartbeat(context(), HeartbeatRequest(group_id="g"))
        assert refused.value.code is Code.NOT_COORDINATOR
        bench.hosted[0].held = False
        bench.hosted[0].lead(3, 3, [1], [1])
        runtime.leadership_changed([0], [])
        await until(lambda: not runtime.hosts[0].loading)
        assert offset_of(runtime, "h") == 5

    run(story())


def test_loading_leaves_the_loop_free() -> None:
    async def story() -> None:
        bench = Bench()
        for base in range(0, 20_000, 500):
            batch = build_batch(
                [
                    Record(1, records.offset_key(f"g{i}", "t", 0), records.offset_value(
                        records.Committed(i, -1, "", 1)))
                    for i in range(base, base + 500)
                ]
            )  # fmt: skip
            bench.hosted[0].append_local(bytearray(batch), 1)
        bench.lead()
        with pytest.raises(KafkaError) as refused:
            offset_of(bench.runtime, "g1")
        assert refused.value.code is Code.COORDINATOR_LOAD_IN_PROGRESS
        turns = 0
        while bench.runtime.hosts[0].loading:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 2
        assert offset_of(bench.runtime, "g19999") == 19_999

    run(story())


def test_transactions_of_real_kafka_are_understood_when_loading() -> None:
    async def story() -> None:
        bench = Bench()
        for producer, kind in ((7, Control.COMMIT), (8, Control.ABORT)):
            value = records.offset_value(records.Committed(producer, -1, "", 1))
            record = Record(1, records.offset_key("g", "t", 0), value)
            fields: dict[str, Any] = {
                "producer_id": producer, "producer_epoch": 0, "transactional": True,
            }  # fmt: skip
            for batch in (
                build_batch([record], base_sequence=0, **fields),
                build_batch([control_record(kind, b"\0\0\0\0\0\0", 1)], control=True, **fields),
            ):
                guard = bench.hosted[0].log.verify(producer, 0, 0, False, 1)
                bench.hosted[0].append_local(bytearray(batch), 1, guard=guard)
        bench.lead()
        await until(lambda: not bench.runtime.hosts[0].loading)
        assert offset_of(bench.runtime) == 7

    run(story())


def test_a_record_that_makes_no_sense_is_passed_over() -> None:
    async def story() -> None:
        bench = Bench()
        good = records.offset_value(records.Committed(3, -1, "", 1))
        batch = build_batch(
            [
                Record(1, b"\0\1\0", b"torn"),
                Record(1, None, b"no key"),
                Record(1, records.group_key("x"), b"\0\x63newer version"),
                Record(1, records.offset_key("g", "t", 0), good),
            ]
        )
        bench.hosted[0].append_local(bytearray(batch), 1)
        bench.lead()
        await until(lambda: not bench.runtime.hosts[0].loading)
        assert offset_of(bench.runtime) == 3

    run(story())


def test_a_disk_that_refuses_a_commit_changes_nothing() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        bench.runtime.commit(context(), commit(5))
        bench.storage.fail_at, bench.storage.fail_forever = bench.storage.changes + 1, True
        answer = cast("Any", bench.runtime.commit(context(), commit(6)))
        assert answer.topics[0].partitions[0].error_code == Code.NOT_COORDINATOR
        assert offset_of(bench.runtime) == 5
        bench.storage.fail_at = None
        bench.runtime.commit(context(), commit(7))
        assert offset_of(bench.runtime) == 7

    run(story())


def test_a_disk_that_refuses_an_assignment_sends_the_machine_back_to_its_log() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        runtime = bench.runtime
        member = cast("Any", runtime.join(context(), join())).member_id
        joined = await cast("Any", runtime.join(context(), join(member)))
        bench.storage.fail_at, bench.storage.fail_forever = bench.storage.changes + 1, True
        sync = SyncGroupRequest(group_id="g", generation_id=1, member_id=member)
        assert cast("Any", runtime.sync(context(), sync)).error_code == Code.NOT_COORDINATOR
        assert joined.generation_id == 1
        bench.storage.fail_at = None
        await until(lambda: not runtime.hosts[0].loading)
        assert cast("Any", runtime.sync(context(), sync)).error_code == Code.UNKNOWN_MEMBER_ID

    run(story())


def test_a_batch_over_the_topics_limit_is_an_error_of_ours() -> None:
    async def story() -> None:
        bench = Bench(message_max_bytes="200")
        bench.lead()
        answer = cast("Any", bench.runtime.commit(context(), commit(6, metadata="x" * 300)))
        assert answer.topics[0].partitions[0].error_code == Code.UNKNOWN_SERVER_ERROR
        assert bench.written() == []

    run(story())


def test_sessions_end_by_the_loops_timer() -> None:
    async def story() -> None:
        bench = Bench(group_min_session_timeout_ms="20")
        bench.lead()
        runtime = bench.runtime
        member = cast("Any", runtime.join(context(), join(session=20))).member_id
        joined = await cast("Any", runtime.join(context(), join(member, session=20)))
        sync = SyncGroupRequest(group_id="g", generation_id=1, member_id=joined.member_id)
        runtime.sync(context(), sync)
        live = runtime.hosts[0].machine.live
        assert live is not None
        await until(lambda: live.groups["g"].state == "Empty")
        runtime.stop()

    run(story())


def test_the_topic_is_created_once_with_kafkas_settings() -> None:
    async def story() -> None:
        bench = Bench(3)
        assert bench.runtime.partition_count() == 3
        await asyncio.gather(*(bench.runtime.ensure_topic() for _ in range(3)))
        (request,) = bench.requests
        (topic,) = request.topics
        assert (topic.name, topic.num_partitions, topic.replication_factor) == (TOPIC, 3, 1)
        assert {c.name: c.value for c in topic.configs} == {
            "cleanup.policy": "compact",
            "compression.type": "producer",
            "segment.bytes": "104857600",
        }
        await bench.runtime.ensure_topic()
        assert len(bench.requests) == 1

    run(story())


def test_groups_spread_over_partitions_and_lists_gather_them() -> None:
    async def story() -> None:
        bench = Bench(5)
        bench.lead()
        groups = [f"group-{i}" for i in range(20)]
        for g in groups:
            bench.runtime.commit(context(), commit(1, g))
            assert bench.written(bench.runtime.partition_for(g))[-1].key == records.offset_key(
                g, "t", 0
            )
        listed = await bench.runtime.list_groups(ListGroupsRequest())
        assert sorted(g.group_id for g in listed.groups) == sorted(groups)
        described = await bench.runtime.describe([*groups, "none"], 6)
        assert [g.group_id for g in described] == [*groups, "none"]
        assert described[-1].error_code == Code.GROUP_ID_NOT_FOUND
        bench.runtime.topics_deleted(["t"])
        assert offset_of(bench.runtime, groups[0]) == -1
        bench.runtime.leadership_changed([], [bench.runtime.partition_for("group-0")])
        results = await bench.runtime.delete(groups)
        codes = {r.group_id: Code(r.error_code) for r in results}
        assert codes["group-0"] is Code.NOT_COORDINATOR
        assert Code.NONE in codes.values()
        left = await bench.runtime.list_groups(ListGroupsRequest())
        assert left.groups == []

    run(story())


def test_a_client_that_went_away_does_not_disturb() -> None:
    async def story() -> None:
        bench = Bench()
        bench.lead()
        runtime = bench.runtime
        member = cast("Any", runtime.join(context(), join())).member_id
        parked = runtime.join(context(), join(member))
        assert isinstance(parked, asyncio.Future)
        parked.cancel()
        leave = LeaveGroupRequest(group_id="g", members=[MemberIdentity(member_id=member)])
        answer = cast("Any", runtime.leave(context(), leave))
        assert answer.members[0].error_code == Code.NONE
        waiter = Waiter()
        waiter.answer(answer)
        assert waiter.result() is answer

    run(story())
