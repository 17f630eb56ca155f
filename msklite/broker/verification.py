"""Asking a transaction's coordinator whether a partition may be written to (KIP-890).

Before the first batch of a transaction is appended to a partition, its leader asks the coordinator.
Older clients have added the partition before, and that is verified; newer ones haven't, and it is
added by the asking. Either way no batch gets into a log whose transaction the coordinator doesn't
know of: it would hang for ever.

Sources: Kafka's AddPartitionsToTxnManager and ReplicaManager.handleProduceAppend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from msklite.broker.channel import Channel
from msklite.broker.couriers import Couriers
from msklite.broker.meters import Meter, Requests
from msklite.errors import Code, KafkaError
from msklite.log.verification import Guard
from msklite.txns.machine import Producer
from msklite.txns.transaction import Partition
from msklite.wire.apis import APIS
from msklite.wire.messages.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from msklite.wire.messages.add_partitions_to_txn_response import (
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

ADD_PARTITIONS_TO_TXN = 24


class Manner(Enum):
    """What a client of a certain age can do with the coordinator's answers."""

    OLD = "verify, and no code that is newer than INVALID_TXN_STATE"
    ABORTABLE = "verify, TRANSACTION_ABORTABLE is understood"
    ADDING = "add the partition"


@dataclass(slots=True)
class Verified:
    """What came out: partitions that can't be written to, and guards for those that can."""

    errors: dict[Partition, Code] = field(default_factory=dict)
    guards: dict[Partition, Guard] = field(default_factory=dict)


_Errors = dict[Partition, Code]


class _Question:
    __slots__ = ("adding", "answer", "asked_ms", "partitions", "producer")

    def __init__(
        self, producer: Producer, partitions: list[Partition], adding: bool, asked_ms: int
    ) -> None:
        self.producer = producer
        self.asked_ms = asked_ms
        self.partitions = partitions
        self.adding = adding
        self.answer: asyncio.Future[_Errors] = asyncio.get_running_loop().create_future()


class Verifications:
    """`broker.verifications`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._clock = broker.world.clock
        self._couriers: Couriers[_Question] = Couriers(broker.peers, self._carry, self._lost)
        self.asked = Requests()
        """The coordinators' answers, and what had to wait for one."""
        self.failures = Meter(self._clock.mono_ms())
        """Partitions that a coordinator said no to, or didn't tell of."""

    def begin(
        self, producer: Producer, batches: Mapping[Partition, int], manner: Manner
    ) -> Verified | Awaitable[Verified]:
        """Verify partitions, each with the first sequence number of its batch.

        Those where the transaction is open already need none.
        """
        verified = self._guarded(producer, batches, manner)
        if not verified.guards:
            return verified
        found = self._ask(producer, list(verified.guards), manner is Manner.ADDING)
        if isinstance(found, dict) and not self._early(producer, verified, found, manner):
            return _judged(verified, found, manner)
        return self._later(producer, batches, found, verified, manner)

    def _guarded(
        self, producer: Producer, batches: Mapping[Partition, int], manner: Manner
    ) -> Verified:
        """Guards for the partitions that the coordinator has to be asked about."""
        verified = Verified()
        now_ms = self._broker.world.clock.now_ms()
        for place, sequence in batches.items():
            partition = self._broker.replicas.get(*place)
            if partition is None or not partition.is_leader:
                continue  # whoever appends says so
            if not partition.log.config.verify_transactions:
                continue
            try:
                guard = partition.log.verify(
                    producer.id, producer.epoch, sequence, manner is Manner.ADDING, now_ms
                )
            except OSError as e:
                self._broker.log.error("%s-%d can't be read: %s", *place, e)
                verified.errors[place] = Code.KAFKA_STORAGE_ERROR
                continue
            if guard is not None:
                verified.guards[place] = guard
        return verified

    async def _later(
        self,
        producer: Producer,
        batches: Mapping[Partition, int],
        found: _Errors | asyncio.Future[_Errors],
        verified: Verified,
        manner: Manner,
    ) -> Verified:
        """With the coordinator's answer.

        Where the guards are of before this transaction it is asked again, for a moment, and each
        time with new ones; after that the client has to.
        """
        clock, config = self._broker.world.clock, self._broker.config
        pause_s = config.int("add.partitions.to.txn.retry.backoff.ms") / 1000
        until_ms = clock.mono_ms() + min(
            config.int("add.partitions.to.txn.retry.backoff.max.ms"),
            config.int("request.timeout.ms"),
        )
        while True:
            errors = found if isinstance(found, dict) else await found
            early = self._early(producer, verified, errors, manner)
            if not early or clock.mono_ms() >= until_ms:
                late = dict.fromkeys(early, Code.CONCURRENT_TRANSACTIONS)
                return _judged(verified, errors | late, manner)
            await asyncio.sleep(pause_s)
            verified = self._guarded(producer, batches, manner)
            found = self._ask(producer, list(verified.guards), True) if verified.guards else {}

    def _early(
        self, producer: Producer, verified: Verified, errors: _Errors, manner: Manner
    ) -> list[Partition]:
        """Where the transaction before this one was still being ended when the guards were taken.

        Its marker takes them. Then the coordinator says so, or, where the marker has come since,
        has let this one begin already. In Apache Kafka the second is rarer, and refuses the batch.
        """
        if manner is not Manner.ADDING:
            return []  # such clients are told that the transaction before has ended
        early = [place for place, code in errors.items() if code is Code.CONCURRENT_TRANSACTIONS]
        for place, guard in verified.guards.items():
            partition = self._broker.replicas.get(*place)
            if partition is None or errors.get(place, Code.NONE) is not Code.NONE:
                continue
            if partition.is_leader and not partition.log.verifies_with(producer.id, guard):
                early.append(place)
        return early

    def _ask(
        self, producer: Producer, partitions: list[Partition], adding: bool
    ) -> _Errors | asyncio.Future[_Errors]:
        """Each partition's error, as the coordinator tells it."""
        broker = self._broker
        txns = broker.txns
        leader, _ = broker.leader_of(txns.topic, txns.partition_for(producer.transactional_id))
        if leader < 0 or not broker.alive(leader):
            return dict.fromkeys(partitions, Code.COORDINATOR_NOT_AVAILABLE)
        question = _Question(producer, partitions, adding, self._clock.mono_ms())
        if leader != broker.node_id:
            self._couriers.send(leader, question)
            return question.answer
        try:
            answer = (
                txns.add(producer, partitions, 2) if adding else txns.verify(producer, partitions)
            )
        except KafkaError as e:
            return self._count(dict.fromkeys(partitions, e.code))
        if isinstance(answer, AddPartitionsToTxnResult):
            return self._count(_errors(answer))
        assert isinstance(answer, asyncio.Future)

        def tell(done: asyncio.Future[AddPartitionsToTxnResult]) -> None:
            if not done.cancelled():
                self._settle(question, _errors(done.result()))

        answer.add_done_callback(tell)
        return question.answer

    def _count(self, errors: _Errors) -> _Errors:
        self.asked.count += 1
        self.failures.count += sum(code is not Code.NONE for code in errors.values())
        return errors

    def _settle(self, question: _Question, errors: _Errors) -> None:
        self.asked.waits.add(self._clock.mono_ms() - question.asked_ms)
        self._count(errors)
        if not question.answer.done():
            question.answer.set_result(errors)

    async def _carry(self, channel: Channel, items: list[_Question]) -> None:
        request = AddPartitionsToTxnRequest(transactions=[_transaction(q) for q in items])
        timeout_ms = self._broker.config.int("request.timeout.ms")
        api = APIS[ADD_PARTITIONS_TO_TXN]
        reply: AddPartitionsToTxnResponse = await channel.call(
            api, api.highest, request, timeout_ms
        )
        # Results come in the order of the questions.
        results = list(reply.results_by_transaction)
        for i, q in enumerate(items):
            if reply.error_code or i >= len(results):
                code = Code(reply.error_code) if reply.error_code else Code.NETWORK_EXCEPTION
                self._settle(q, dict.fromkeys(q.partitions, code))
            else:
                self._settle(q, _errors(results[i]))

    def _lost(self, items: list[_Question]) -> None:
        for q in items:
            self._settle(q, dict.fromkeys(q.partitions, Code.NETWORK_EXCEPTION))

    def stop(self) -> None:
        """The broker stops."""
        self._couriers.stop()


def _transaction(q: _Question) -> AddPartitionsToTxnTransaction:
    topics: dict[str, list[int]] = {}
    for topic, index in q.partitions:
        topics.setdefault(topic, []).append(index)
    return AddPartitionsToTxnTransaction(
        transactional_id=q.producer.transactional_id,
        producer_id=q.producer.id,
        producer_epoch=q.producer.epoch,
        verify_only=not q.adding,
        topics=[AddPartitionsToTxnTopic(name=n, partitions=ids) for n, ids in topics.items()],
    )


def _errors(result: AddPartitionsToTxnResult) -> _Errors:
    return {
        (topic.name, row.partition_index): Code(row.partition_error_code)
        for topic in result.topic_results
        for row in topic.results_by_partition
    }


def _judged(verified: Verified, errors: _Errors, manner: Manner) -> Verified:
    for place, code in errors.items():
        if code is Code.NONE:
            continue
        if code is Code.PRODUCER_FENCED:
            code = Code.INVALID_PRODUCER_EPOCH  # this is what producers expect here
        elif code is Code.TRANSACTION_ABORTABLE and manner is Manner.OLD:
            code = Code.INVALID_TXN_STATE
        verified.errors[place] = code
    return verified
