"""The transaction coordinator on this broker: where a transactional id lives, and its operations.

`__transaction_state` is made on first need with Kafka's settings. An id's partition is the absolute
Java hash of it modulo their number. The methods answer with the message, or with a future where
that has to wait; KafkaError when this broker doesn't coordinate the id (now).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

from msklite.broker.host import Host
from msklite.broker.machines import MachineRuntime
from msklite.broker.runtime import java_hash, kafka_abs
from msklite.errors import Code, KafkaError
from msklite.machine import Effect, Result, Token
from msklite.txns import answers
from msklite.txns.config import TxnConfig
from msklite.txns.machine import Producer, TxnMachine, WriteMarkers
from msklite.txns.transaction import STATES, Partition, exhausted
from msklite.wire.messages.describe_transactions_response import TransactionState
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse
from msklite.wire.messages.list_transactions_response import ListTransactionsResponse
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

TXN_TOPIC = "__transaction_state"
FEATURE = "transaction.version"
Answer: TypeAlias = Message | Awaitable[Message]
Operation = Callable[[TxnMachine, Token, int, int], Result]


class TxnRuntime(MachineRuntime[TxnMachine]):
    """`broker.txns`."""

    topic = TXN_TOPIC
    acks_all = True
    soft_ticks = False

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        c = broker.config
        self._config = TxnConfig(
            max_timeout_ms=c.int("transaction.max.timeout.ms"),
            id_expiration_ms=c.int("transactional.id.expiration.ms"),
            expire_interval_ms=c.int("transaction.remove.expired.transaction.cleanup.interval.ms"),
        )

    def version(self) -> int:
        """The finalised transaction.version."""
        return self.broker.image.features.get(FEATURE, 0)

    def new_machine(self) -> TxnMachine:
        return TxnMachine(self._config, self.version)

    def failed(self, response: Message, code: Code) -> Message:
        return answers.failed(response, code)

    def client_code(self, code: Code) -> Code:
        return answers.client_code(code)

    def topic_settings(self) -> tuple[int, dict[str, str]]:
        c = self.broker.config
        return c.int("transaction.state.log.num.partitions"), {
            "cleanup.policy": "compact",
            "compression.type": "uncompressed",
            "min.insync.replicas": str(c.int("transaction.state.log.min.isr")),
            "segment.bytes": str(c.int("transaction.state.log.segment.bytes")),
            "unclean.leader.election.enable": "false",
        }

    def replication_factor(self) -> int:
        wanted = self.broker.config.int("transaction.state.log.replication.factor")
        return min(wanted, len(self.broker.image.brokers))

    def partition_for(self, transactional_id: str) -> int:
        """The partition of `__transaction_state` that an id lives on."""
        return kafka_abs(java_hash(transactional_id)) % self.partition_count()

    def perform(self, host: Host[TxnMachine], effect: Effect) -> None:
        """Have the markers of a transaction written, and complete it."""
        assert isinstance(effect, WriteMarkers)
        self.broker.markers.write(
            effect,
            host.partition.leader_epoch,
            lambda: not host.gone,
            lambda: self._completed(host, effect),
        )

    def _completed(self, host: Host[TxnMachine], effect: WriteMarkers) -> bool:
        now_ms = self._clock.now_ms()
        result = host.machine.completed(
            effect.transactional_id, effect.producer_id, effect.epoch, now_ms
        )
        return self._carry_out(host, result, now_ms, soft=False)

    def commit_timeout_ms(self) -> int:
        return self.broker.config.int("request.timeout.ms")

    def clock_moved(self) -> None:
        """The cluster's clock was turned: abort what is overdue now, forget what has expired."""
        mono_ms, now_ms = self._clock.session_ms(), self._clock.now_ms()
        for host in list(self.hosts.values()):
            if not host.loading:
                result = host.machine.clock_advanced(mono_ms, now_ms)
                self._carry_out(host, result, now_ms, soft=False)
        super().clock_moved()

    def _ask(self, transactional_id: str, operation: Operation) -> Answer:
        return self.submit(self.partition_for(transactional_id), operation)

    # -- producers ----------------------------------------------------------------------------

    async def init_producer_id(
        self, transactional_id: str, timeout_ms: int, expected: tuple[int, int] | None
    ) -> InitProducerIdResponse:
        """InitProducerId with a transactional id."""
        if not 0 < timeout_ms <= self._config.max_timeout_ms:
            return answers.no_producer(Code.INVALID_TRANSACTION_TIMEOUT)
        self.host(self.partition_for(transactional_id))
        await self.broker.producer_ids.ready()
        answer = self._ask(
            transactional_id,
            lambda m, t, _mono, now: m.init(
                transactional_id, timeout_ms, expected, self.broker.producer_ids.take, t, now
            ),
        )
        found = await answer if isinstance(answer, Awaitable) else answer
        assert isinstance(found, InitProducerIdResponse)
        return found

    def add(
        self, producer: Producer, partitions: Collection[Partition], client_version: int
    ) -> Answer:
        """Partitions join the transaction: AddPartitionsToTxnResult."""
        return self._ask(
            producer.transactional_id,
            lambda m, t, _mono, now: m.add(producer, partitions, client_version, t, now),
        )

    def verify(self, producer: Producer, partitions: Collection[Partition]) -> Answer:
        """Whether they are in it: AddPartitionsToTxnResult."""
        return self._ask(
            producer.transactional_id,
            lambda m, t, _mono, _now: m.verify(producer, partitions, t),
        )

    async def end(self, producer: Producer, commit: bool, client_version: int) -> Message:
        """EndTxn."""
        ids = self.broker.producer_ids
        self.host(self.partition_for(producer.transactional_id))
        if exhausted(producer.epoch):
            await ids.ready()
        answer = self._ask(
            producer.transactional_id,
            lambda m, t, _mono, now: m.end(producer, commit, client_version, ids.take, t, now),
        )
        return await answer if isinstance(answer, Awaitable) else answer

    # -- administration -----------------------------------------------------------------------

    async def describe(self, transactional_id: str) -> TransactionState:
        """One id of DescribeTransactions."""
        failed = TransactionState(transactional_id=transactional_id)
        if not transactional_id:
            failed.error_code = Code.INVALID_REQUEST
            return failed
        try:
            answer = self._ask(
                transactional_id, lambda m, t, _mono, _now: m.describe(transactional_id, t)
            )
        except KafkaError as e:
            failed.error_code = e.code
            return failed
        found = await answer if isinstance(answer, Awaitable) else answer
        assert isinstance(found, TransactionState)
        return found

    async def list_transactions(
        self,
        states: Collection[str],
        producer_ids: Collection[int],
        longer_ms: int,
        matches: Callable[[str], bool],
    ) -> ListTransactionsResponse:
        """ListTransactions: all that this broker coordinates."""
        whole = ListTransactionsResponse()
        if any(host.loading for host in self.hosts.values()):
            whole.error_code = Code.COORDINATOR_LOAD_IN_PROGRESS
            return whole
        whole.unknown_state_filters = [s for s in states if s not in STATES]
        for index in sorted(self.hosts):
            try:
                answer = self.submit(
                    index,
                    lambda m, t, _mono, now: m.list_transactions(
                        states, producer_ids, longer_ms, matches, t, now
                    ),
                )
            except KafkaError:
                continue  # it has moved on meanwhile
            part = await answer if isinstance(answer, asyncio.Future) else answer
            assert isinstance(part, ListTransactionsResponse)
            whole.transaction_states += part.transaction_states
        return whole
