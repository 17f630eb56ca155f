"""Hosts replicated state machines (`machine.py`) on the partitions of an internal topic.

A `Host` is one machine on one partition that this broker leads. An operation goes: the machine
checks and returns a Result; its records are appended as one batch and replayed; its replies go out
once the log is committed that far, in order, and so do those of operations that wrote nothing, as
what they saw may not be committed yet.

Rules:
- Becoming leader: the log is replayed from its start, in slices that leave the loop free; until
  then COORDINATOR_LOAD_IN_PROGRESS. An empty log, as of a new topic, is loaded at once.
- Losing leadership, or failing to append: all who wait get NOT_COORDINATOR (or what the failure
  means) and the machine is dropped; there is no rollback. After a failure it is loaded anew.
- A reply waits for its commit no longer than `commit_timeout_ms`; then it is an error, though the
  records stay and may be committed yet.
- One loop timer serves all machines. Their `mono_ms` is the clock's `session_ms`, which a user can
  advance; how long a follower takes, and how long we replay, is real.
- A record that can't be understood is passed over with a warning: it stays in the log.

Sources: Kafka's CoordinatorRuntime and CoordinatorLoaderImpl.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from msklite.errors import Code, KafkaError
from msklite.machine import Machine, Reply, Result, Token
from msklite.partition.partition import Partition
from msklite.wire.batch import BatchError, BatchHeader, iter_headers
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.primitives import MALFORMED, Message
from msklite.wire.records import Control, Record, build_batch, control_kind, iter_records

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

READ_BYTES = 1024 * 1024
SLICE_MS = 8
"""How long a callback may replay before it lets others run."""
CHECK_EVERY = 64


class HostedMachine(Machine, Protocol):
    """A machine, with what transactions need of a log's replay."""

    def replay(
        self,
        key: bytes,
        value: bytes | None,
        now_ms: int,
        producer_id: int = -1,
        record_offset: int = -1,
    ) -> None: ...

    def replay_marker(self, producer_id: int, epoch: int, commit: bool) -> None:
        """A transaction that wrote to this partition has ended."""
        ...


M = TypeVar("M", bound=HostedMachine)
Failed = Callable[[Message, Code], Message]
"""Turns an answer into its error twin."""


class Waiter:
    """The token of one request: holds its answer, or a future for it once somebody waits."""

    __slots__ = ("future", "response")

    def __init__(self) -> None:
        self.response: Message | None = None
        self.future: asyncio.Future[Message] | None = None

    def answer(self, response: Message) -> None:
        """The answer is there. A client that has gone meanwhile doesn't mind."""
        if self.future is None:
            self.response = response
        elif not self.future.done():
            self.future.set_result(response)

    def result(self) -> Message | asyncio.Future[Message]:
        """The answer if it is there already, else a future."""
        if self.response is not None:
            return self.response
        if self.future is None:
            self.future = asyncio.get_running_loop().create_future()
        return self.future


def deliver(reply: Reply) -> None:
    """Give a reply to whom it belongs."""
    token, response = reply.token, reply.response
    assert isinstance(token, Waiter)
    assert isinstance(response, Message)
    token.answer(response)


class Host(Generic[M]):
    """One machine on one partition of the topic."""

    __slots__ = ("_due", "_failed", "_log", "index", "loading", "machine", "partition", "records")

    def __init__(
        self,
        index: int,
        partition: Partition,
        machine: M,
        failed: Failed,
        log: logging.Logger,
    ) -> None:
        self.index = index
        self.partition = partition
        self.machine = machine
        self.loading = True
        self.records: Iterator[None] | None = None
        self._failed = failed
        self._log = log
        self._due: deque[tuple[int, int, Reply]] = deque()
        """Replies that wait for the log to be committed up to an offset, and how long they may."""

    def load(self, now_ms: int) -> Iterator[None]:
        """Replay the whole log; yields after each record so that the caller can pause."""
        log = self.partition.log
        offset = log.start_offset
        while offset < log.end_offset:
            data = log.read(offset, READ_BYTES, log.end_offset, True).read()
            before = offset
            pos = 0
            for header in iter_headers(data):
                if header.next_offset > offset:
                    for record in iter_records(data, pos):
                        if record.offset >= offset:
                            self._replay(record, header, now_ms)
                            yield
                    offset = header.next_offset
                pos += header.length
            if offset == before:
                return  # the last segments are empty: a power loss may leave them so

    def _replay(self, record: Record, header: BatchHeader, now_ms: int) -> None:
        if header.is_control:
            kind = control_kind(record.key)
            if kind in (Control.ABORT, Control.COMMIT):
                self.machine.replay_marker(
                    header.producer_id, header.producer_epoch, kind is Control.COMMIT
                )
            return
        producer_id = header.producer_id if header.is_transactional else -1
        try:
            self.machine.replay(record.key or b"", record.value, now_ms, producer_id, record.offset)
        except MALFORMED as e:
            self._log.warning(
                "%s-%d: the record at offset %d is passed over: %s",
                self.partition.topic,
                self.index,
                record.offset,
                e,
            )

    # -- operations ---------------------------------------------------------------------------

    def append(
        self, result: Result, limit: int, compression: int, now_ms: int, mono_ms: int
    ) -> None:
        """Write and replay a result's records. KafkaError, OSError: nothing was written."""
        if not self.partition.is_leader:
            raise KafkaError(Code.NOT_LEADER_OR_FOLLOWER)
        batch = build_batch(
            [Record(now_ms, key, value) for key, value in result.records], compression=compression
        )
        if len(batch) > limit:
            raise KafkaError(Code.MESSAGE_TOO_LARGE)
        offset = self.partition.append_local(bytearray(batch), now_ms, mono_ms).first_offset
        for key, value in result.records:
            self.machine.replay(key, value, now_ms, -1, offset)
            offset += 1

    def answer(self, effects: list[Reply], deadline_ms: int) -> None:
        """Send replies, each when the log is committed up to where it ends now."""
        end = self.partition.log.end_offset
        if not self._due and self.partition.high_watermark >= end:
            for reply in effects:
                deliver(reply)
        elif effects:
            self._due.extend((end, deadline_ms, reply) for reply in effects)
            self.partition.watchers[self.advanced] = None

    def advanced(self) -> None:
        """The partition's high watermark has moved."""
        if not self.partition.is_leader:
            return  # the runtime is told of it, and resigns
        while self._due and self._due[0][0] <= self.partition.high_watermark:
            deliver(self._due.popleft()[2])
        if not self._due:
            self.partition.watchers.pop(self.advanced, None)

    def next_due_ms(self) -> int | None:
        """When the first of those that wait has waited for too long."""
        return self._due[0][1] if self._due else None

    def expire(self, mono_ms: int, code: Code) -> None:
        """Answer those with an error that have waited for too long."""
        late = []
        while self._due and self._due[0][1] <= mono_ms:
            late.append(self._due.popleft()[2])
        self.fail(late, code)
        if not self._due:
            self.partition.watchers.pop(self.advanced, None)

    def fail(self, effects: list[Reply], code: Code) -> None:
        """Answer with an error what was to be answered."""
        for reply in effects:
            assert isinstance(reply.response, Message)
            deliver(Reply(reply.token, self._failed(reply.response, code)))

    def resign(self) -> None:
        """Leadership is lost: nobody is left waiting."""
        self.partition.watchers.pop(self.advanced, None)
        self.fail([reply for _, _, reply in self._due], Code.NOT_COORDINATOR)
        self._due.clear()
        if not self.loading:
            for reply in self.machine.resign():
                deliver(reply)


class MachineRuntime(Generic[M]):
    """All machines of one internal topic on this broker. Subclasses add the operations."""

    topic: str

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.hosts: dict[int, Host[M]] = {}
        self._clock = broker.world.clock
        self._loader: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ms = 0
        self._creating: asyncio.Task[None] | None = None
        self._stopped = False

    def new_machine(self) -> M:
        """A fresh machine."""
        raise NotImplementedError

    def failed(self, response: Message, code: Code) -> Message:
        """The error twin of an answer of these machines."""
        raise NotImplementedError

    def client_code(self, code: Code) -> Code:
        """What clients may see when an append fails with `code`."""
        raise NotImplementedError

    def commit_timeout_ms(self) -> int:
        """How long a reply may wait for what its operation wrote, or saw, to be committed."""
        raise NotImplementedError

    def topic_settings(self) -> tuple[int, dict[str, str]]:
        """(number of partitions, settings) for creating the topic."""
        raise NotImplementedError

    def replication_factor(self) -> int:
        """What the settings ask for, as far as there are brokers."""
        raise NotImplementedError

    # -- leadership ---------------------------------------------------------------------------

    def leadership_changed(self, gained: list[int], lost: list[int]) -> None:
        """Partitions of the topic that this broker leads from now on, or no longer leads."""
        for index in lost:
            self._resign(index)
        for index in gained:
            self._resign(index)
            self._begin(index)

    def _begin(self, index: int) -> None:
        partition = self.broker.replicas.get(self.topic, index)
        if partition is None or self._stopped:
            return
        host = Host(index, partition, self.new_machine(), self.failed, self.broker.log)
        self.hosts[index] = host
        if partition.log.start_offset == partition.log.end_offset:
            self._loaded(host)
            return
        host.records = host.load(self._clock.now_ms())
        if self._loader is None:
            self._loader = asyncio.ensure_future(self._load())

    def _resign(self, index: int) -> None:
        host = self.hosts.pop(index, None)
        if host is not None:
            host.resign()

    async def _load(self) -> None:
        """Load what has to be loaded, one partition after the other, in short slices."""
        while True:
            host = next((h for h in self.hosts.values() if h.loading and h.records), None)
            if host is None:
                self._loader = None
                return
            try:
                done = self._load_slice(host)
            except Exception as e:
                # As Kafka: this partition coordinates nothing until somebody mends its log.
                self.broker.log.error(
                    "%s-%d can't be loaded: %s", self.topic, host.index, e, exc_info=e
                )
                if self.hosts.get(host.index) is host:
                    del self.hosts[host.index]
                continue
            if done and self.hosts.get(host.index) is host:
                self._loaded(host)
            await asyncio.sleep(0)

    def _load_slice(self, host: Host[M]) -> bool:
        assert host.records is not None
        until = self._clock.mono_ms() + SLICE_MS
        for count, _ in enumerate(host.records, 1):
            if count % CHECK_EVERY == 0 and self._clock.mono_ms() >= until:
                return False
        return True

    def _loaded(self, host: Host[M]) -> None:
        host.loading = False
        host.records = None
        now_ms = self._clock.now_ms()
        self._carry_out(host, host.machine.elected(self._clock.session_ms(), now_ms), now_ms)

    # -- operations ---------------------------------------------------------------------------

    def host(self, index: int) -> Host[M]:
        """The loaded machine of a partition; KafkaError where there is none (yet)."""
        host = self.hosts.get(index)
        if host is None:
            raise KafkaError(Code.NOT_COORDINATOR)
        if host.loading:
            raise KafkaError(Code.COORDINATOR_LOAD_IN_PROGRESS)
        return host

    def submit(
        self, index: int, operation: Callable[[M, Token, int, int], Result], *, soft: bool = False
    ) -> Message | asyncio.Future[Message]:
        """Run an operation; its answer, or a future where that has to wait.

        `soft`: it changes soft state, so that the machine can't be kept if the append fails.
        """
        host = self.host(index)
        waiter = Waiter()
        now_ms = self._clock.now_ms()
        result = operation(host.machine, waiter, self._clock.session_ms(), now_ms)
        self._carry_out(host, result, now_ms, soft)
        return waiter.result()

    def _carry_out(self, host: Host[M], result: Result, now_ms: int, soft: bool = True) -> None:
        if result.records:
            limit = self.broker.topic_config(self.topic).max_message_bytes
            try:
                mono_ms = self._clock.mono_ms()
                host.append(result, limit, self.compression(), now_ms, mono_ms)
            except (KafkaError, BatchError, OSError) as e:
                self._append_failed(host, result, e, soft)
                return
        if result.effects:
            host.answer(result.effects, self._clock.session_ms() + self.commit_timeout_ms())
            self._arm(host.next_due_ms())
        self._arm(host.machine.next_tick_ms())

    def _append_failed(self, host: Host[M], result: Result, error: Exception, soft: bool) -> None:
        code = (
            error.code if isinstance(error, KafkaError | BatchError) else Code.KAFKA_STORAGE_ERROR
        )
        self.broker.log.error("%s-%d can't be written: %s", self.topic, host.index, error)
        if isinstance(error, OSError):
            self.broker.disk.refused()
        host.fail(result.effects, self.client_code(code))
        if soft and self.hosts.get(host.index) is host:
            # The machine is ahead of its log now: drop it, and begin again from the log.
            self.leadership_changed([host.index], [])

    def compression(self) -> int:
        """The codec of the records written here."""
        return 0

    # -- timers -------------------------------------------------------------------------------

    def _arm(self, at_ms: int | None) -> None:
        """See that the machines are ticked at `at_ms`, if not earlier."""
        if at_ms is None or self._stopped or (self._alarm is not None and self._alarm_ms <= at_ms):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        delay = max(at_ms - self._clock.session_ms(), 0) / 1000
        self._alarm_ms = at_ms
        self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        mono_ms, now_ms = self._clock.session_ms(), self._clock.now_ms()
        first: int | None = None
        for host in list(self.hosts.values()):
            late = host.next_due_ms()
            if late is not None and late <= mono_ms:
                host.expire(mono_ms, self.client_code(Code.REQUEST_TIMED_OUT))
                late = host.next_due_ms()
            if late is not None and (first is None or late < first):
                first = late
            at = None if host.loading else host.machine.next_tick_ms()
            if at is not None and at <= mono_ms:
                self._carry_out(host, host.machine.tick(mono_ms, now_ms), now_ms)
                at = None if host.loading else host.machine.next_tick_ms()
            if at is not None and (first is None or at < first):
                first = at
        self._arm(first)

    def clock_moved(self) -> None:
        """The clock was steered: what is due by it comes now, and sessions where they follow."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._ring()

    # -- the topic ----------------------------------------------------------------------------

    def partition_count(self) -> int:
        """How many partitions the topic has, or will have."""
        known = self.broker.image.topics.get(self.topic)
        return self.topic_settings()[0] if known is None else len(known.partitions)

    async def ensure_topic(self) -> None:
        """Create the topic if there is none; several callers share one attempt."""
        if self.topic in self.broker.image.topics:
            return
        if self._creating is None or self._creating.done():
            self._creating = asyncio.ensure_future(self._create_topic())
        await asyncio.shield(self._creating)

    async def _create_topic(self) -> None:
        partitions, settings = self.topic_settings()
        request = CreateTopicsRequest(
            topics=[
                CreatableTopic(
                    name=self.topic,
                    num_partitions=partitions,
                    replication_factor=self.replication_factor(),
                    configs=[CreatableTopicConfig(name=k, value=v) for k, v in settings.items()],
                )
            ],
            timeout_ms=30_000,
        )
        reply = await self.broker.controller.call(request)
        code = Code(reply.topics[0].error_code)
        if code not in (Code.NONE, Code.TOPIC_ALREADY_EXISTS):
            self.broker.log.error("%s can't be created: %s", self.topic, code.text)
            raise KafkaError(Code.COORDINATOR_NOT_AVAILABLE)

    def stop(self) -> None:
        """The broker stops: no more timers, no more loading."""
        self._stopped = True
        for task in (self._loader, self._creating):
            if task is not None:
                task.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
