"""Batches of transactions that wait for a coordinator elsewhere, and one that waits too long."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from msklite.broker.broker import Broker
from msklite.broker.verification import Manner, Verifications, Verified
from msklite.errors import Code
from msklite.testing import LocalCluster
from msklite.txns import answers
from msklite.txns.machine import Producer
from msklite.wire.batch import check_batch
from msklite.wire.frames import HEADER
from msklite.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.produce_response import ProduceResponse
from msklite.wire.records import Record, build_batch, iter_records
from tests.log.logs import NOW, open_log, storage
from tests.log.test_transactions import end, refused, transactional

PLACE = ("t", 0)
PRODUCER = Producer("id", 7, 1)
SETTINGS = {
    "add.partitions.to.txn.retry.backoff.ms": 1,
    "add.partitions.to.txn.retry.backoff.max.ms": 100,
    "request.timeout.ms": 30_000,
}


class Leader:
    """A broker that leads one partition and coordinates the transaction itself."""

    def __init__(self) -> None:
        self.node_id = 1
        self.now_ms = 0
        self.log = open_log(storage())
        self.asked: list[asyncio.Future[Any]] = []
        self.asked_again = asyncio.Event()
        clock = SimpleNamespace(now_ms=lambda: NOW, mono_ms=lambda: self.now_ms)
        self.world = SimpleNamespace(clock=clock)
        self.config = SimpleNamespace(int=SETTINGS.__getitem__)
        partition = SimpleNamespace(log=self.log, is_leader=True)
        self.replicas = SimpleNamespace(get=lambda topic, index: partition)
        self.txns = SimpleNamespace(topic="__t", partition_for=lambda i: 0, add=self._add)
        self.peers: Any = None
        self.verifications = Verifications(self)  # type: ignore[arg-type]

    def leader_of(self, topic: str, index: int) -> tuple[int, int]:
        return self.node_id, 0

    def alive(self, node_id: int) -> bool:
        return True

    def _add(self, producer: Producer, places: list[Any], version: int) -> asyncio.Future[Any]:
        self.asked.append(asyncio.get_running_loop().create_future())
        if len(self.asked) == 2:
            self.asked_again.set()
        return self.asked[-1]

    def yes(self) -> None:
        """The coordinator has taken the partition into the transaction."""
        self.asked[-1].set_result(answers.all_with("id", [PLACE], Code.NONE))

    async def begin(self) -> asyncio.Task[Verified]:
        begun: Any = self.verifications.begin(PRODUCER, {PLACE: 0}, Manner.ADDING)
        task = asyncio.ensure_future(begun)
        await asyncio.sleep(0)
        return task


def test_a_guard_that_the_marker_before_has_taken_is_taken_anew() -> None:
    async def run() -> None:
        leader = Leader()
        task = await leader.begin()
        end(leader.log, commit=True)  # of the transaction before
        leader.yes()
        await leader.asked_again.wait()
        leader.yes()
        verified = await task
        assert not verified.errors
        data = transactional(0, epoch=1)
        header = check_batch(data, 0, len(data))
        assert refused(leader.log, data) is Code.INVALID_TXN_STATE
        leader.log.append(data, [header], 0, NOW, verified.guards[PLACE])

    asyncio.run(run())


def test_with_no_time_left_the_producer_is_told_to_come_again() -> None:
    async def run() -> None:
        leader = Leader()
        task = await leader.begin()
        end(leader.log, commit=True)
        leader.now_ms += 100
        leader.yes()
        verified = await task
        assert len(leader.asked) == 1
        assert verified.errors == {PLACE: Code.CONCURRENT_TRANSACTIONS}
        assert refused(leader.log, transactional(0, epoch=1)) is Code.INVALID_TXN_STATE

    asyncio.run(run())


class Sink:
    """A connection that keeps the reply."""

    peer = listener = "PLAINTEXT"
    last_mono_ms = 0
    task: Any = None
    reply: Any = None

    def send(self, frame: Any) -> bool:
        self.reply = frame
        return True

    def close(self) -> None: ...

    def wait(self) -> None: ...

    def resume(self) -> None: ...


def test_the_next_request_may_take_the_place_of_records_that_wait() -> None:
    """A connection reads on into its buffer while a request waits for the coordinator."""

    async def run(broker: Broker) -> None:
        await broker.txns.ensure_topic()
        topic = CreatableTopic(name="t", num_partitions=1, replication_factor=1)
        await broker.controller.call(CreateTopicsRequest(topics=[topic]))
        made = await broker.txns.init_producer_id("id", 60_000, None)
        batch = build_batch(
            [Record(NOW, None, b"kept")], producer_id=made.producer_id,
            producer_epoch=made.producer_epoch, base_sequence=0, transactional=True,
        )  # fmt: skip
        data = [TopicProduceData("t", bytes(16), [PartitionProduceData(0, batch)])]
        buffer = bytearray(HEADER.pack(0, 12, 7) + b"\0\x03me!\0")
        ProduceRequest("id", -1, 1000, data).write(buffer, 12)
        begin, gate = broker.verifications.begin, asyncio.Event()

        async def elsewhere(*question: Any) -> Verified:
            await gate.wait()
            found: Any = begin(*question)
            return found if isinstance(found, Verified) else await found

        broker.verifications.begin = elsewhere  # type: ignore[method-assign]
        sink: Any = Sink()
        broker.dispatcher.request(sink, memoryview(buffer))
        await asyncio.sleep(0)
        buffer[:] = later = bytes(255 for _ in buffer)
        gate.set()
        await sink.task
        assert buffer == later
        reply, _ = ProduceResponse.read(memoryview(sink.reply), 9, 12)
        assert reply.responses[0].partition_responses[0].error_code == Code.NONE
        partition = broker.replicas.get("t", 0)
        assert partition is not None
        stored = partition.log.segments[0].open().read(0, partition.log.size)
        assert [r.value for r in iter_records(stored, 0)] == [b"kept"]

    with LocalCluster(storage="memory") as cluster:
        cluster._run(run(cluster.zone().brokers[1]))
