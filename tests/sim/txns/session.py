"""One transactional id as a client uses it: lives, transactions within them, and their requests.

A life is what InitProducerId gives: it ends when it is fenced, or given up with whatever is open.
Old clients add partitions and keep their epoch; rising ones (KIP-890) have partitions added by what
they write, and a new epoch with each end. Whoever is fenced without a newer life, and without
having been slow, was wronged; but not by a coordinator who was frozen or cut off and doesn't know
yet that another has followed it: in Apache Kafka too it answers with what it last knew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msklite.broker.txn_runtime import TXN_TOPIC
from msklite.errors import Code
from msklite.wire.messages.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from msklite.wire.messages.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
)
from msklite.wire.messages.end_txn_request import EndTxnRequest
from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from msklite.wire.messages.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from msklite.wire.primitives import Message
from msklite.wire.records import Record, build_batch
from tests.sim.client import Client, Unavailable
from tests.sim.model import Key
from tests.sim.txns.model import Fate, Txn

if TYPE_CHECKING:
    from tests.sim.txns.work import Txns

FENCING = (
    Code.INVALID_PRODUCER_EPOCH,
    Code.PRODUCER_FENCED,
    Code.INVALID_TXN_STATE,
    Code.INVALID_PRODUCER_ID_MAPPING,
    Code.TRANSACTION_ABORTABLE,
)
GROUP, TRANSACTION = 0, 1
_LAST_OLD: dict[type[Message], int] = {
    ProduceRequest: 11,
    EndTxnRequest: 4,
    TxnOffsetCommitRequest: 4,
    AddPartitionsToTxnRequest: 3,
    OffsetFetchRequest: 9,
}
_FIRST_RISING: dict[type[Message], int] = {
    ProduceRequest: 12,
    EndTxnRequest: 5,
    TxnOffsetCommitRequest: 5,
}
_FIRST: dict[type[Message], int] = {ProduceRequest: 3, OffsetFetchRequest: 1}
CLOCKS_MS = 10_000
"""How far the clocks of two coordinators may be apart."""
DEPOSED_US = 10_000_000
"""Longer than an answer is on its way."""
PATIENCE = 12
"""How often a life tries before it gives up."""


class Fenced(Exception):
    """This life is over."""


@dataclass
class Life:
    """A producer id and epoch, and what was done with them."""

    producer_id: int
    epoch: int
    timeout_ms: int
    sequences: dict[Key, int] = field(default_factory=dict)
    added: dict[Key | str, None] = field(default_factory=dict)
    left: bool = False
    """Its client wants a newer one."""
    over: bool = False
    """A newer life has begun."""


class Session:
    """See the module."""

    def __init__(self, client: Client, txns: Txns, transactional_id: str) -> None:
        self.client = client
        self.id = transactional_id
        self._txns = txns
        self.rising = client.random.random() < 0.6
        self._coordinators: dict[int, tuple[str, int]] = {}
        self._group = ""

    # -- asking -------------------------------------------------------------------------------

    def _version(self, request: type[Message]) -> int:
        lowest = _FIRST.get(request, 0)
        if self.rising and request in _FIRST_RISING:
            return self.client.version(request, _FIRST_RISING[request])
        if request is OffsetFetchRequest or not self.rising:
            return self.client.version(request, lowest, _LAST_OLD.get(request, 99))
        return self.client.version(request, lowest)

    async def _find(self, kind: int) -> tuple[str, int]:
        client = self.client
        key = self.id if kind == TRANSACTION else self._group
        version = client.version(FindCoordinatorRequest, 1)
        request = FindCoordinatorRequest(key=key, key_type=kind, coordinator_keys=[key])
        reply = await client.ask(client.any_address(), request, version)
        found = reply.coordinators[0] if version >= 4 else reply
        if found.error_code:
            raise Unavailable(f"find coordinator: {Code(found.error_code).name}")
        return found.host, found.port

    async def _ask(self, request: Message, kind: int = TRANSACTION) -> Any:
        if kind not in self._coordinators:
            self._coordinators[kind] = await self._find(kind)
        try:
            version = self._version(type(request))
            return await self.client.ask(self._coordinators[kind], request, version)
        except Unavailable:
            self._coordinators.pop(kind, None)
            raise

    def _judge(self, what: str, code: Code, life: Life, txn: Txn | None, kind: int) -> None:
        """Nothing for NONE, else Fenced or Unavailable."""
        if code is Code.NONE:
            return
        client = self.client
        client.sim.trace.add(client.process, "%s: %s refused with %s", self.id, what, code.name)
        if code in FENCING:
            if not life.left:
                self._was_it_right(what, code, life, txn)
            raise Fenced(f"{what}: {code.name}")
        self._coordinators.pop(kind, None)
        odd = not code.retriable and code is not Code.CONCURRENT_TRANSACTIONS
        if odd or code is Code.CORRUPT_MESSAGE:  # it was sound when it was sent
            self._txns.blame(f"{self.id}: {what} was refused with {code.name}")
        raise Unavailable(f"{what}: {code.name}")

    def _was_it_right(self, what: str, code: Code, life: Life, txn: Txn | None) -> None:
        sim = self.client.sim
        took_ms = 0 if txn is None else (sim.loop.now_us - txn.began_us) / 1000
        if sim.checks.deposed(TXN_TOPIC, DEPOSED_US):
            return
        if took_ms < life.timeout_ms / 2 - CLOCKS_MS and not sim.steering.active:
            self._txns.blame(f"{self.id}: {what} was refused with {code.name} after {took_ms} ms")

    def _zombie(self, life: Life, did: str) -> None:
        self._txns.blame(f"{self.id}: a zombie of epoch {life.epoch} {did}")

    async def patiently(self, step: Callable[[], Awaitable[Any]], tries: int = PATIENCE) -> Any:
        """Try a step until it is answered; the last Unavailable comes out."""
        while True:
            try:
                return await step()
            except Unavailable as e:
                tries -= 1
                if tries <= 0 or self._txns.spoiled:
                    raise
                self.client.sim.trace.add(self.client.process, "%s waits: %s", self.id, e)
                await self.client.nap()

    # -- a life -------------------------------------------------------------------------------

    async def begin(self, before: Life | None = None) -> Life:
        """InitProducerId; going on from `before`, where that is possible."""
        client = self.client
        timeout_ms = client.random.choice((2000, 60_000, 60_000, 600_000))
        request = InitProducerIdRequest(
            transactional_id=self.id, transaction_timeout_ms=timeout_ms,
        )  # fmt: skip
        if before is not None and self._version(InitProducerIdRequest) >= 3:
            request.producer_id, request.producer_epoch = before.producer_id, before.epoch
        reply = await self._ask(request)
        code = Code(reply.error_code)
        life = Life(reply.producer_id, reply.producer_epoch, timeout_ms)
        if code in FENCING and before is not None:
            raise Fenced(f"init: {code.name}")  # what was open is aborted with a higher epoch
        self._judge("init", code, life, None, TRANSACTION)
        client.sim.trace.add(client.process, "%s begins: %s", self.id, life)
        client.sim.checks.producer_id(life.producer_id, -1, self.id)
        return life

    # -- a transaction ------------------------------------------------------------------------

    async def write(self, life: Life, txn: Txn, key: Key, values: list[bytes]) -> None:
        """Write some batches, all at once, until all are acknowledged."""
        if not self.rising and key not in life.added:
            await self.patiently(lambda: self._add(life, txn, key))
            life.added[key] = None
        batches, rng = [], self.client.random
        model = self.client.sim.model.partition(key)
        while values:
            n = rng.randint(1, len(values))
            batches.append((values[:n], life.sequences.get(key, 0)))
            life.sequences[key] = life.sequences.get(key, 0) + n
            values = values[n:]
        for batch, _ in batches:
            self._txns.model.sent(txn, key, batch)
            model.sent.update(dict.fromkeys(batch))
        await self.patiently(lambda: self._send(life, txn, key, batches))

    async def _add(self, life: Life, txn: Txn, key: Key) -> None:
        request = AddPartitionsToTxnRequest(
            v3_and_below_transactional_id=self.id,
            v3_and_below_producer_id=life.producer_id,
            v3_and_below_producer_epoch=life.epoch,
            v3_and_below_topics=[AddPartitionsToTxnTopic(name=key[0], partitions=[key[1]])],
        )
        reply = await self._ask(request)
        told = [
            (t.name, p.partition_index)
            for t in reply.results_by_topic_v3_and_below
            for p in t.results_by_partition
        ]
        if told != [key]:
            self._txns.blame(f"{self.id}: {key} was added, the answer tells of {told}")
            raise Unavailable("an odd answer")
        row = reply.results_by_topic_v3_and_below[0].results_by_partition[0]
        self._judge("add", Code(row.partition_error_code), life, txn, TRANSACTION)

    def _produce(self, life: Life, key: Key, values: list[bytes], sequence: int) -> ProduceRequest:
        now = self.client.process.clock.now_ms()
        records = build_batch(
            [Record(now, None, value) for value in values], producer_id=life.producer_id,
            producer_epoch=life.epoch, base_sequence=sequence, transactional=True,
        )  # fmt: skip
        topic = TopicProduceData(
            name=key[0], topic_id=self.client.topic_ids.get(key[0], bytes(16)),
            partition_data=[PartitionProduceData(index=key[1], records=records)],
        )  # fmt: skip
        return ProduceRequest(
            transactional_id=self.id, acks=-1, timeout_ms=5000, topic_data=[topic]
        )

    async def _send(
        self, life: Life, txn: Txn, key: Key, batches: list[tuple[list[bytes], int]]
    ) -> None:
        """Send what is left of the batches; those that are acknowledged are taken out."""
        client = self.client
        address, _ = await client.leader(*key)
        wire = await client.wire(address)
        version = self._version(ProduceRequest)
        sent, over = list(batches), life.over
        answers = [wire.ask(self._produce(life, key, *b), version, client.name) for b in sent]
        failed: Unavailable | None = None
        fenced: Fenced | None = None
        for batch, future in zip(sent, answers, strict=True):
            try:
                reply = await client.answer(wire, future)
                self._sent(life, txn, key, batch, reply, first=failed is None and fenced is None)
                if over:
                    self._zombie(life, f"wrote {batch[0]} to {key}")
                batches.remove(batch)
            except Unavailable as e:
                failed = failed or e
            except Fenced as e:
                fenced = fenced or e
        if fenced is not None:
            raise fenced
        if failed is not None:
            client.forget_leader(*key)
            raise failed

    def _sent(
        self, life: Life, txn: Txn, key: Key, batch: tuple[list[bytes], int], reply: Any,
        *, first: bool,
    ) -> None:  # fmt: skip
        client = self.client
        row = reply.responses[0].partition_responses[0]
        code = Code(row.error_code)
        if code is Code.OUT_OF_ORDER_SEQUENCE_NUMBER and not first:
            raise Unavailable(code.name)
        if code is Code.DUPLICATE_SEQUENCE_NUMBER:
            code = Code.NONE
            row.base_offset = -1
        self._judge(f"a produce to {key}", code, life, txn, -1)
        client.sim.trace.add(client.process, "%s: %s acked at %d", key, batch[0], row.base_offset)
        self._txns.model.acknowledged(txn, key, batch[0])
        if not self._txns.spoiled:
            client.sim.model.acknowledged(key, batch[0], row.base_offset)

    async def end(self, life: Life, txn: Txn, *, commit: bool) -> None:
        """EndTxn, until it is known what became of it."""

        async def step() -> Any:
            over = life.over
            request = EndTxnRequest(
                transactional_id=self.id, producer_id=life.producer_id, producer_epoch=life.epoch,
                committed=commit,
            )  # fmt: skip
            reply = await self._ask(request)
            self._judge(f"end of {txn.name}", Code(reply.error_code), life, txn, TRANSACTION)
            if over:
                self._zombie(life, f"ended {txn.name}")
            return reply

        if commit and not life.over:
            txn.fate = Fate.ASKED
        reply = await self.patiently(step, 60)
        trace = self.client.sim.trace
        trace.add(self.client.process, "%s %s", txn.name, "committed" if commit else "aborted")
        if commit:
            self._txns.model.committed(txn)
        life.added.clear()
        if self.rising:
            life.producer_id, life.epoch = reply.producer_id, reply.producer_epoch
            life.sequences.clear()

    # -- a group's offsets --------------------------------------------------------------------

    async def commit_offsets(
        self, life: Life, txn: Txn, group: str, positions: dict[Key, int]
    ) -> None:
        """The group's positions, within the transaction."""
        self._group = group
        if not self.rising and group not in life.added:
            await self.patiently(lambda: self._add_offsets(life, txn))
            life.added[group] = None
        topics: dict[str, list[TxnOffsetCommitRequestPartition]] = {}
        for (topic, index), offset in positions.items():
            topics.setdefault(topic, []).append(
                TxnOffsetCommitRequestPartition(partition_index=index, committed_offset=offset)
            )

        async def step() -> None:
            over = life.over
            request = TxnOffsetCommitRequest(
                transactional_id=self.id, group_id=group, producer_id=life.producer_id,
                producer_epoch=life.epoch,
                topics=[
                    TxnOffsetCommitRequestTopic(name=n, partitions=p) for n, p in topics.items()
                ],
            )  # fmt: skip
            reply = await self._ask(request, GROUP)
            for t in reply.topics:
                for p in t.partitions:
                    self._judge("offsets", Code(p.error_code), life, txn, GROUP)
            if over:
                self._zombie(life, "committed offsets")

        self._txns.model.offsets_sent(txn, positions)
        await self.patiently(step)
        txn.offsets |= positions

    async def _add_offsets(self, life: Life, txn: Txn) -> None:
        request = AddOffsetsToTxnRequest(
            transactional_id=self.id, producer_id=life.producer_id, producer_epoch=life.epoch,
            group_id=self._group,
        )  # fmt: skip
        reply = await self._ask(request)
        self._judge("add offsets", Code(reply.error_code), life, txn, TRANSACTION)

    async def offset(self, group: str, key: Key) -> int:
        """The group's committed position."""
        self._group = group
        topic, index = key
        model = self._txns.model
        floor = model.floors.get(key, 0)
        request = OffsetFetchRequest(
            group_id=group, require_stable=True,
            topics=[OffsetFetchRequestTopic(name=topic, partition_indexes=[index])],
            groups=[
                OffsetFetchRequestGroup(
                    group_id=group,
                    topics=[OffsetFetchRequestTopics(name=topic, partition_indexes=[index])],
                )
            ],
        )  # fmt: skip
        reply = await self._ask(request, GROUP)
        whole = reply.groups[0] if self._version(OffsetFetchRequest) >= 8 else reply
        row = whole.topics[0].partitions[0] if not whole.error_code else whole
        if row.error_code:
            self._coordinators.pop(GROUP, None)
            raise Unavailable(f"offset fetch: {Code(row.error_code).name}")
        offset = max(int(row.committed_offset), 0)
        model.offset_read(key, offset, floor)
        return offset
