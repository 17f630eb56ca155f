"""Hosts replicated state machines (`machine.py`) on the partitions of an internal topic.

Each partition that this broker leads has a `Host`; here is when they come and go, and their timers.

Rules:
- Becoming leader: the log is replayed from its start, in slices that leave the loop free; until
  then COORDINATOR_LOAD_IN_PROGRESS. An empty log, as of a new topic, is loaded at once.
- Losing leadership, or failing to append: all who wait get NOT_COORDINATOR (or what the failure
  means) and the machine is dropped; there is no rollback. After a failure it is loaded anew.
- A reply waits for its commit no longer than `commit_timeout_ms`; then it is an error, though the
  records stay and may be committed yet.
- One loop timer serves all machines. Their `mono_ms` is the clock's `session_ms`, which a user can
  advance; how long a follower takes, and how long we replay, is real.

Sources: Kafka's CoordinatorRuntime and CoordinatorLoaderImpl.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from msklite.broker.host import Host, HostedMachine, Waiter, Within
from msklite.broker.meters import Recent
from msklite.errors import Code, KafkaError
from msklite.machine import Effect, Result, Token
from msklite.wire.batch import BatchError
from msklite.wire.messages.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

SLICE_MS = 8
"""How long a callback may replay before it lets others run."""
CHECK_EVERY = 64

M = TypeVar("M", bound=HostedMachine)


class MachineRuntime(Generic[M]):
    """All machines of one internal topic on this broker. Subclasses add the operations."""

    topic: str
    acks_all = False
    """Whether nothing is written while fewer are in sync than min.insync.replicas."""
    soft_ticks = True
    """Whether a tick changes soft state, so that the machine can't be kept if its append fails."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.hosts: dict[int, Host[M]] = {}
        self._clock = broker.world.clock
        self._loader: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ms = 0
        self.loads = Recent()
        """How long partitions took to load, in milliseconds."""
        self._creating: asyncio.Task[None] | None = None
        self._stopped = False

    def new_machine(self) -> M:
        """A fresh machine."""
        raise NotImplementedError

    def failed(self, response: Message, code: Code) -> Message:
        """The error twin of an answer of these machines."""
        raise NotImplementedError

    def perform(self, host: Host[M], effect: Effect) -> None:
        """Carry out what a machine of `host` wants done."""
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
        host = Host(
            index, partition, self.new_machine(), self.failed, self.perform, self.broker.log
        )
        host.begun_ms = self._clock.mono_ms()
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
        mono_ms = self._clock.mono_ms()
        self.loads.add(mono_ms, mono_ms - host.begun_ms)
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
        self, index: int, operation: Callable[[M, Token, int, int], Result], *, soft: bool = False,
        within: Within | None = None,
    ) -> Message | asyncio.Future[Message]:  # fmt: skip
        """Run an operation; its answer, or a future where that has to wait.

        `soft`: it changes soft state, so that the machine can't be kept if the append fails.
        `within`: its records belong to a transaction.
        """
        host = self.host(index)
        waiter = Waiter()
        now_ms = self._clock.now_ms()
        result = operation(host.machine, waiter, self._clock.session_ms(), now_ms)
        self._carry_out(host, result, now_ms, soft, within)
        return waiter.result()

    def _carry_out(
        self, host: Host[M], result: Result, now_ms: int, soft: bool = True,
        within: Within | None = None,
    ) -> bool:  # fmt: skip
        """Write, replay, answer; False: it couldn't be written."""
        written = True
        if result.records:
            limit = self.broker.topic_config(self.topic).max_message_bytes
            try:
                mono_ms = self._clock.mono_ms()
                if self.acks_all and not host.partition.enough_in_sync():
                    raise KafkaError(Code.NOT_ENOUGH_REPLICAS)
                host.append(result, limit, self.compression(), now_ms, mono_ms, within)
            except (KafkaError, BatchError, OSError) as e:
                self._append_failed(host, result, e, soft)
                written = False
        if written and result.effects:
            host.answer(result.effects, self._clock.session_ms() + self.commit_timeout_ms())
            self._arm(host.next_due_ms())
        if not host.gone:
            self._arm(host.machine.next_tick_ms())
        return written

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
                result = host.machine.tick(mono_ms, now_ms)
                self._carry_out(host, result, now_ms, self.soft_ticks)
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
