"""The coordinator of one partition of `__transaction_state`, as a replicated state machine.

Durable state: one `Transaction` for each transactional id, the last record's. It changes only in
`replay`. Soft state (`_Soft`): deadlines of open transactions, and what the last answer to a
producer was, for retries; made in `elected`, dropped in `resign`.

What is decided but not marked (Prepare...) is finished by the effect `WriteMarkers`: the host
writes the markers and then calls `completed`. A new leader finds such transactions in `elected`.

Every operation answers its token. Times are the cluster's now_ms, so an advance of its clock ends
what is overdue. Source: Kafka's TransactionCoordinator and TransactionStateManager.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from msklite.errors import Code
from msklite.machine import Effect, Reply, Result, Token
from msklite.txns import answers, records
from msklite.txns.config import TxnConfig
from msklite.txns.ending import Ending, classic, fencing, rising
from msklite.txns.transaction import (
    AT_REST,
    ENDING,
    NOBODY,
    STATES,
    Partition,
    State,
    Transaction,
    exhausted,
)
from msklite.wire.messages.add_partitions_to_txn_response import AddPartitionsToTxnResult
from msklite.wire.messages.describe_transactions_response import TopicData, TransactionState
from msklite.wire.messages.end_txn_response import EndTxnResponse
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse
from msklite.wire.messages.list_transactions_response import (
    ListTransactionsResponse,
)
from msklite.wire.messages.list_transactions_response import (
    TransactionState as ListedTransaction,
)

NewId = Callable[[], int]
"""Takes a producer id that nobody has."""
_RETRY_MS = 1000
_TOMBSTONES = 500
"""How many ids one batch forgets."""


@dataclass(slots=True, frozen=True)
class WriteMarkers(Effect):
    """Write the markers of a transaction that is decided, then call `completed`."""

    transactional_id: str
    producer_id: int
    epoch: int
    commit: bool
    partitions: frozenset[Partition]
    transaction_version: int


@dataclass(slots=True, frozen=True)
class Producer:
    """Who speaks: a transactional id with its producer's id and epoch."""

    transactional_id: str
    id: int
    epoch: int


@dataclass(slots=True)
class _Soft:
    deadlines: list[tuple[int, str]] = field(default_factory=list)
    """A heap; an entry counts only while its transaction is open."""
    before: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    """(producer id, epoch) of now, and those before, for a client that missed the answer."""
    expire_mono_ms: int = 0
    ahead_ms: int = 0
    """now_ms minus mono_ms at the last look."""


class TxnMachine:
    """See the module. `transaction_version` is asked at each operation: it may be raised."""

    __slots__ = ("_config", "_level", "_soft", "transactions")

    def __init__(self, config: TxnConfig, transaction_version: Callable[[], int]) -> None:
        self._config = config
        self._level = transaction_version
        self.transactions: dict[str, Transaction] = {}
        self._soft: _Soft | None = None

    # -- the log ------------------------------------------------------------------------------

    def replay(
        self,
        key: bytes,
        value: bytes | None,
        now_ms: int,
        producer_id: int = -1,
        record_offset: int = -1,
    ) -> None:
        """Apply one record; a kind of key that isn't known is passed over."""
        transactional_id = records.read_key(key)
        if transactional_id is None:
            return
        if value is None:
            self.transactions.pop(transactional_id, None)
            return
        t = records.read_value(transactional_id, value)
        self.transactions[transactional_id] = t
        if self._soft is not None and t.state is State.ONGOING:
            self._watch(t)

    def replay_marker(self, producer_id: int, epoch: int, commit: bool) -> None:
        """Nobody writes to this topic in a transaction."""

    def snapshot(self) -> object:
        """All durable state, for comparisons in tests."""
        return dict(self.transactions)

    # -- leadership and time ------------------------------------------------------------------

    def elected(self, mono_ms: int, now_ms: int) -> Result:
        """The log is replayed and this node leads: finish what is decided, watch what is open."""
        soft = self._soft = _Soft(
            expire_mono_ms=mono_ms + self._config.expire_interval_ms, ahead_ms=now_ms - mono_ms
        )
        result = Result()
        for t in self.transactions.values():
            if t.state in ENDING:
                result.effects.append(_markers(t))
            elif t.state is State.ONGOING:
                soft.deadlines.append((t.deadline_ms, t.transactional_id))
        heapify(soft.deadlines)
        return result

    def resign(self) -> list[Reply]:
        """Leadership is lost; nobody waits in here."""
        self._soft = None
        return []

    def next_tick_ms(self) -> int | None:
        """When (mono_ms) `tick` is next wanted; an advance of the clock calls it earlier."""
        soft = self._soft
        if soft is None or not self.transactions:
            return None
        if not soft.deadlines:
            return soft.expire_mono_ms
        due = soft.deadlines[0][0] + 1 - soft.ahead_ms
        return min(due, soft.expire_mono_ms)

    def tick(self, mono_ms: int, now_ms: int) -> Result:
        """Abort what is open for too long, forget ids that nobody uses."""
        soft = self._live
        soft.ahead_ms = now_ms - mono_ms
        result = Result()
        while soft.deadlines and soft.deadlines[0][0] < now_ms:
            _, transactional_id = heappop(soft.deadlines)
            t = self.transactions.get(transactional_id)
            if t is None or t.state is not State.ONGOING:
                continue
            if t.deadline_ms >= now_ms:
                continue  # of an earlier one; this one has its own entry
            self._fence(result, t, now_ms)
            # Should the record not be written, this is tried again.
            heappush(soft.deadlines, (now_ms + _RETRY_MS, transactional_id))
        if mono_ms >= soft.expire_mono_ms:
            soft.expire_mono_ms = mono_ms + self._config.expire_interval_ms
            self._expire(result, now_ms)
        return result

    def clock_advanced(self, mono_ms: int, now_ms: int) -> Result:
        """The cluster's clock was turned: look at all that it moves."""
        self._live.expire_mono_ms = mono_ms
        return self.tick(mono_ms, now_ms)

    def _expire(self, result: Result, now_ms: int) -> None:
        old = now_ms - self._config.id_expiration_ms
        for t in self.transactions.values():
            if t.state in AT_REST and t.updated_ms <= old:
                result.records.append((records.key(t.transactional_id), None))
                if len(result.records) >= _TOMBSTONES:
                    self._live.expire_mono_ms = 0  # the rest with the next tick
                    return

    @property
    def _live(self) -> _Soft:
        assert self._soft is not None, "an operation on a machine that isn't elected"
        return self._soft

    def _watch(self, t: Transaction) -> None:
        heappush(self._live.deadlines, (t.deadline_ms, t.transactional_id))

    def _write(self, result: Result, t: Transaction) -> None:
        key = records.key(t.transactional_id)
        result.records.append((key, records.value(t, self._level())))

    # -- producers ----------------------------------------------------------------------------

    def init(
        self,
        transactional_id: str,
        timeout_ms: int,
        expected: tuple[int, int] | None,
        new_id: NewId,
        token: Token,
        now_ms: int,
    ) -> Result:
        """InitProducerId; `expected` is the (producer id, epoch) that the client goes on with."""
        result = Result()
        t = self.transactions.get(transactional_id)
        if t is None:
            t = Transaction(transactional_id, new_id(), -1, timeout_ms)
        before = self._before(t)
        code = _may_init(t, before, expected)
        if code is not Code.NONE:
            result.effects.append(Reply(token, answers.no_producer(code)))
            return result
        if t.state is State.ONGOING:
            self._fence(result, t, now_ms)
            answer = answers.no_producer(Code.CONCURRENT_TRANSACTIONS)
            result.effects.append(Reply(token, answer))
            return result
        if exhausted(t.epoch) and (expected is None or expected[1] == t.epoch):
            after = t.init(new_id(), 0, timeout_ms, now_ms)
            last = t.epoch if expected is not None else -1
        elif expected is None:
            after, last = t.init(t.producer_id, t.epoch + 1, timeout_ms, now_ms), -1
        elif t.epoch == -1 or expected[1] == t.epoch:
            after, last = t.init(t.producer_id, t.epoch + 1, timeout_ms, now_ms), t.epoch
        elif expected[1] == before[1]:
            after, last = t.init(t.producer_id, t.epoch, timeout_ms, now_ms), before[1]
        else:
            answer = answers.no_producer(Code.PRODUCER_FENCED)
            result.effects.append(Reply(token, answer))
            return result
        self._write(result, after)
        self._remember(t, after, last)
        answer = InitProducerIdResponse(producer_id=after.producer_id, producer_epoch=after.epoch)
        result.effects.append(Reply(token, answer))
        return result

    def add(
        self,
        producer: Producer,
        partitions: Collection[Partition],
        client_version: int,
        token: Token,
        now_ms: int,
    ) -> Result:
        """Partitions join the transaction; answered with AddPartitionsToTxnResult."""
        t = self.transactions.get(producer.transactional_id)
        code = _may_use(t, producer)
        result = Result()
        if t is not None and code is Code.NONE:
            wanted = frozenset(partitions)
            if t.state is not State.ONGOING or not wanted <= t.partitions:
                self._write(result, t.add(wanted, client_version, now_ms))
        answer = answers.all_with(producer.transactional_id, partitions, code)
        result.effects.append(Reply(token, answer))
        return result

    def verify(self, producer: Producer, partitions: Collection[Partition], token: Token) -> Result:
        """Whether the partitions are in the transaction; answered like `add`."""
        t = self.transactions.get(producer.transactional_id)
        code = _may_use(t, producer)
        answer: AddPartitionsToTxnResult
        if t is None or code is not Code.NONE:
            answer = answers.all_with(producer.transactional_id, partitions, code)
        else:
            missing = Code.TRANSACTION_ABORTABLE
            answer = answers.added(
                producer.transactional_id,
                {p: Code.NONE if p in t.partitions else missing for p in partitions},
            )
        return Result(effects=[Reply(token, answer)])

    # -- the end ------------------------------------------------------------------------------

    def end(
        self, producer: Producer, commit: bool, client_version: int, new_id: NewId,
        token: Token, now_ms: int,
    ) -> Result:  # fmt: skip
        """EndTxn; `client_version` 2 is a client whose epoch rises with each end."""
        result = Result()
        t = self.transactions.get(producer.transactional_id)
        if t is None:
            answer = answers.not_ended(Code.INVALID_PRODUCER_ID_MAPPING)
            return Result(effects=[Reply(token, answer)])
        if client_version >= 2:
            previous = self._before(t)[0]
            decided = rising(t, previous, producer.id, producer.epoch, commit)
        else:
            decided = classic(t, producer.id, producer.epoch, commit)
        if isinstance(decided, Ending):
            after = self._end(result, t, commit, decided, new_id, now_ms).complete(now_ms)
            told = after if client_version >= 2 else None
            decided = Code.NONE
        else:
            told = t if client_version >= 2 and decided is Code.NONE else None
        answer = answers.not_ended(decided)
        if told is not None:
            answer = EndTxnResponse(producer_id=told.producer_id, producer_epoch=told.epoch)
        # The client is answered before the markers are written.
        result.effects.insert(0, Reply(token, answer))
        return result

    def _end(
        self, result: Result, t: Transaction, commit: bool, ending: Ending, new_id: NewId | None,
        now_ms: int,
    ) -> Transaction:  # fmt: skip
        next_id = new_id() if ending.rotate and new_id is not None else NOBODY
        after = t.end(commit, ending.epoch, next_id, ending.client_version, now_ms)
        self._write(result, after)
        result.effects.append(_markers(after))
        if after.epoch != t.epoch:
            self._remember(t, after, t.epoch)
        return after

    def _fence(self, result: Result, t: Transaction, now_ms: int) -> None:
        """Abort an open transaction over its producer's head."""
        self._end(result, t, False, fencing(t, self._level()), None, now_ms)

    def completed(self, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> Result:
        """All markers of the transaction are written; harmless twice."""
        result = Result()
        t = self.transactions.get(transactional_id)
        if t is not None and t.state in ENDING and (t.producer_id, t.epoch) == (producer_id, epoch):
            after = t.complete(now_ms)
            self._write(result, after)
            previous, last = self._before(t)
            self._remember(t, after, last, previous if after.producer_id == producer_id else -1)
        return result

    def _remember(self, t: Transaction, after: Transaction, last: int, previous: int = -1) -> None:
        """For the retry of a client that misses its answer: who it was before."""
        before = t.producer_id if previous == NOBODY else previous
        self._live.before[t.transactional_id] = (after.producer_id, after.epoch, before, last)

    def _before(self, t: Transaction) -> tuple[int, int]:
        """(producer id, epoch) before the last change; epoch -1 where nobody knows any more."""
        found = self._live.before.get(t.transactional_id)
        if found is not None and found[:2] == (t.producer_id, t.epoch):
            return found[2:]
        return t.previous_producer_id, -1

    # -- administration -----------------------------------------------------------------------

    def describe(self, transactional_id: str, token: Token) -> Result:
        """DescribeTransactions of one id."""
        t = self.transactions.get(transactional_id)
        answer = TransactionState(transactional_id=transactional_id)
        if t is None:
            answer.error_code = Code.TRANSACTIONAL_ID_NOT_FOUND
        else:
            answer.producer_id, answer.producer_epoch = t.producer_id, t.epoch
            answer.transaction_state = t.state.label
            answer.transaction_timeout_ms = t.timeout_ms
            answer.transaction_start_time_ms = t.start_ms
            topics: dict[str, list[int]] = {}
            for topic, index in sorted(t.partitions):
                topics.setdefault(topic, []).append(index)
            answer.topics = [TopicData(topic=n, partitions=ids) for n, ids in topics.items()]
        return Result(effects=[Reply(token, answer)])

    def list_transactions(
        self, states: Collection[str], producer_ids: Collection[int], longer_ms: int,
        matches: Callable[[str], bool], token: Token, now_ms: int,
    ) -> Result:  # fmt: skip
        """ListTransactions of this partition; empty filters let everything pass."""
        wanted = {STATES[s] for s in states if s in STATES}
        answer = ListTransactionsResponse(
            transaction_states=[
                ListedTransaction(
                    transactional_id=t.transactional_id,
                    producer_id=t.producer_id,
                    transaction_state=t.state.label,
                )
                for t in self.transactions.values()
                if (not producer_ids or t.producer_id in producer_ids)
                and (not states or t.state in wanted)
                and (longer_ms < 0 or now_ms - t.start_ms > longer_ms)
                and matches(t.transactional_id)
            ]
        )
        return Result(effects=[Reply(token, answer)])


def _markers(t: Transaction) -> WriteMarkers:
    return WriteMarkers(
        t.transactional_id,
        t.producer_id,
        t.epoch,
        t.state is State.PREPARE_COMMIT,
        t.partitions,
        t.client_version,
    )


def _may_init(t: Transaction, before: tuple[int, int], expected: tuple[int, int] | None) -> Code:
    if expected is not None and t.epoch != -1 and expected[0] != t.producer_id:
        if expected[0] != before[0] or not exhausted(expected[1]):
            return Code.PRODUCER_FENCED
    return Code.CONCURRENT_TRANSACTIONS if t.state in ENDING else Code.NONE


def _may_use(t: Transaction | None, producer: Producer) -> Code:
    """Whether the producer is the one that has the id now, and the transaction takes partitions."""
    if t is None or t.producer_id != producer.id:
        return Code.INVALID_PRODUCER_ID_MAPPING
    if t.epoch != producer.epoch:
        return Code.PRODUCER_FENCED
    return Code.CONCURRENT_TRANSACTIONS if t.state in ENDING else Code.NONE
