"""An idempotent producer: batches in flight, retried in order until their fate is known.

Several batches of a partition are on their way at once. Those that fail are sent again with their
sequence numbers, all that follow too. When the broker has lost the producer's state, which only a
power loss may do, what is unacknowledged is given up as unknown, and a new producer id begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msklite.errors import Code
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.records import Record, build_batch
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key

LOST_STATE = (Code.OUT_OF_ORDER_SEQUENCE_NUMBER, Code.UNKNOWN_PRODUCER_ID)


@dataclass
class Batch:
    """Values that go together."""

    values: list[bytes]
    sequence: int


class Producer:
    """Writes to some partitions until told to stop, then until nothing is unknown."""

    def __init__(self, client: Client, keys: list[Key], pause: float, size: int) -> None:
        self.client = client
        self.keys = keys
        self.stopping = self.finished = False
        self._pause = pause
        self._size = size
        self._acks = -1
        self._id = self._epoch = -1
        self._renewals = 0
        self._count = dict.fromkeys(keys, 0)
        self._sequence = dict.fromkeys(keys, 0)
        self._unacked: dict[Key, list[Batch]] = {key: [] for key in keys}
        self._losses: dict[Key, int] = {}
        self._known: dict[Key, bool] = {}
        """Where this id was acknowledged: whether its first batch was the first to be."""
        zstd = 4 if client.version(ProduceRequest) >= 7 else 0
        self._codec = client.random.choice((0, 0, 1, 3, zstd))
        self._window = client.random.choice((1, 3, 5))

    async def run(self) -> None:
        """The producer's life."""
        client, rng = self.client, self.client.random
        while not self.stopping or any(self._unacked.values()):
            try:
                if self._id < 0:
                    await self._begin()
                waiting = [k for k in self.keys if self._unacked[k]] or self.keys
                key = rng.choice(waiting if rng.random() < 0.7 else self.keys)
                if not self.stopping:
                    self._more(key)
                await self._send(key)
                await client.nap(0, self._pause)
            except Unavailable as e:
                client.sim.trace.add(client.process, "producer waits: %s", e)
                await client.nap()
        self.finished = True

    async def _begin(self) -> None:
        """Get a producer id; sequences begin anew."""
        client = self.client
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
        address = client.any_address()
        reply = await client.ask(address, request, client.version(InitProducerIdRequest))
        if reply.error_code:
            raise Unavailable(f"InitProducerId: {Code(reply.error_code).name}")
        self._id, self._epoch = reply.producer_id, reply.producer_epoch
        client.sim.checks.producer_id(self._id, self._epoch, client.name)
        # What is still underway with the old id may come after what the new one writes.
        self._renewals += 1
        for key in self.keys:
            self._sequence[key] = 0
            self._unacked[key].clear()
            self._losses[key] = client.sim.model.partition(key).losses
        self._known.clear()

    def _more(self, key: Key) -> None:
        unacked = self._unacked[key]
        while len(unacked) < self._window:
            values = []
            for _ in range(self.client.random.randint(1, 3)):
                name = f"{self.client.name}.{self._renewals}"
                values.append(f"{name}/{self._count[key]}".encode())
                self._count[key] += 1
            self.client.sim.model.partition(key).sent.update(dict.fromkeys(values))
            unacked.append(Batch(values, self._sequence[key]))
            self._sequence[key] += len(values)
            if self.client.random.random() < 0.5:
                return

    def _request(self, key: Key, batch: Batch) -> ProduceRequest:
        now = self.client.process.clock.now_ms()
        records = build_batch(
            [self.record(now, value) for value in batch.values],
            compression=self._codec, producer_id=self._id, producer_epoch=self._epoch,
            base_sequence=batch.sequence,
        )  # fmt: skip
        topic = TopicProduceData(
            name=key[0], topic_id=self.client.topic_ids.get(key[0], bytes(16)),
            partition_data=[PartitionProduceData(index=key[1], records=records)],
        )  # fmt: skip
        return ProduceRequest(acks=self._acks, timeout_ms=5000, topic_data=[topic])

    def record(self, now_ms: int, value: bytes) -> Record:
        """What is written for a value."""
        return Record(now_ms, bytes(self._size), value)

    def acknowledged(self, values: list[bytes]) -> None:
        """Values were acknowledged, in their order."""

    async def _send(self, key: Key) -> None:
        client = self.client
        batches = list(self._unacked[key])
        if not batches:
            return
        address, _ = await client.leader(*key)
        wire = await client.wire(address)
        version = client.version(ProduceRequest)
        losses = client.sim.model.partition(key).losses
        answers = [wire.ask(self._request(key, b), version, client.name) for b in batches]
        failed: Exception | None = None
        for i, (batch, future) in enumerate(zip(batches, answers, strict=True)):
            try:
                reply = await client.answer(wire, future)
            except Unavailable as e:
                failed = e
                continue
            if client.sim.model.partition(key).losses != losses:
                # The answer may be from before a power loss: the fate is unknown.
                self._unacked[key].remove(batch)
                continue
            failed = self._answered(key, batch, reply, first=i == 0) or failed
            if self._id < 0:
                for rest in answers[i + 1 :]:
                    rest.cancel()
                return
        if failed is not None:
            client.forget_leader(*key)
            raise failed

    def _answered(self, key: Key, batch: Batch, reply: Any, *, first: bool) -> Unavailable | None:
        sim = self.client.sim
        row = reply.responses[0].partition_responses[0]
        code = Code(row.error_code)
        if code in (Code.NONE, Code.DUPLICATE_SEQUENCE_NUMBER):
            offset = row.base_offset if code is Code.NONE else -1
            sim.trace.add(self.client.process, "%s-%d acked %s at %d", *key, batch.values, offset)
            sim.model.acknowledged(key, batch.values, offset)
            # Of a producer that isn't known a broker takes any batch for the first, as Kafka's:
            # also one whose forerunners were refused, as too few were in sync at that moment.
            self._known.setdefault(key, self._unacked[key][0] is batch)
            self._unacked[key].remove(batch)
            self.acknowledged(batch.values)
            return None
        sim.trace.add(self.client.process, "%s-%d refused %s: %s", *key, batch.values, code.name)
        if code in LOST_STATE and first:
            in_order = self._known.get(key, True)
            if in_order and sim.model.partition(key).losses == self._losses[key]:
                sim.checks.blame(f"{key}: the broker forgot producer {self._id} ({code.name})")
            self._id = -1
            return None
        if not code.retriable and code not in LOST_STATE:
            sim.checks.blame(f"{key}: a produce was refused with {code.name}: {row.error_message}")
        return Unavailable(code.name)
