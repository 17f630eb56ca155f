"""One replicated state machine on one partition of an internal topic that this broker leads.

An operation goes: the machine checks and returns a Result; its records are appended as one batch
and replayed; its effects are carried out once the log is committed that far, in order, and so are
those of operations that wrote nothing, as what they saw may not be committed yet.

Rules:
- Effects other than replies each get a turn of the loop of their own, as they may append to other
  partitions, or to this one.
- When the host has gone (leadership was lost, or the machine dropped) no effect is carried out any
  more, and all who wait get NOT_COORDINATOR.
- A record that can't be understood is passed over with a warning: it stays in the log.

`machines` holds all hosts of a topic. Source: Kafka's CoordinatorRuntime.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from msklite.errors import Code, KafkaError
from msklite.log.verification import Guard
from msklite.machine import Effect, Machine, Reply, Result
from msklite.partition.partition import Partition
from msklite.wire.batch import BatchHeader, iter_headers
from msklite.wire.primitives import MALFORMED, Message
from msklite.wire.records import Control, Record, build_batch, control_kind, iter_records

READ_BYTES = 1024 * 1024


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


class Within(NamedTuple):
    """The transaction that records belong to, and the guard of its verification."""

    producer_id: int
    epoch: int
    guard: Guard | None


M = TypeVar("M", bound=HostedMachine)
Perform = Callable[["Host[Any]", Effect], None]
"""Carries out an effect of a host's machine."""
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

    __slots__ = (
        "_due",
        "_failed",
        "_log",
        "_perform",
        "begun_ms",
        "gone",
        "index",
        "loading",
        "machine",
        "partition",
        "records",
    )

    def __init__(
        self,
        index: int,
        partition: Partition,
        machine: M,
        failed: Failed,
        perform: Perform,
        log: logging.Logger,
    ) -> None:
        self.index = index
        self.partition = partition
        self.machine = machine
        self.loading = True
        self.begun_ms = 0
        """When loading began, by the monotonic clock."""
        self.records: Iterator[None] | None = None
        self.gone = False
        """Leadership was lost, or the machine dropped."""
        self._failed = failed
        self._perform = perform
        self._log = log
        self._due: deque[tuple[int, int, Reply | Effect]] = deque()
        """Effects that wait for the log to be committed up to an offset, and how long they may."""

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
        self, result: Result, limit: int, compression: int, now_ms: int, mono_ms: int,
        within: Within | None = None,
    ) -> None:  # fmt: skip
        """Write and replay a result's records. KafkaError, OSError: nothing was written."""
        if not self.partition.is_leader:
            raise KafkaError(Code.NOT_LEADER_OR_FOLLOWER)
        producer_id, epoch, guard = within or (-1, -1, None)
        batch = build_batch(
            [Record(now_ms, key, value) for key, value in result.records], compression=compression,
            producer_id=producer_id, producer_epoch=epoch, transactional=within is not None,
        )  # fmt: skip
        if len(batch) > limit:
            raise KafkaError(Code.MESSAGE_TOO_LARGE)
        info = self.partition.append_local(bytearray(batch), now_ms, mono_ms, guard)
        for offset, (key, value) in enumerate(result.records, info.first_offset):
            self.machine.replay(key, value, now_ms, producer_id, offset)

    def answer(self, effects: list[Reply | Effect], deadline_ms: int) -> None:
        """Carry out effects, each when the log is committed up to where it ends now."""
        end = self.partition.log.end_offset
        if not self._due and self.partition.high_watermark >= end:
            for effect in effects:
                self._carry_out(effect)
        elif effects:
            self._due.extend((end, deadline_ms, effect) for effect in effects)
            self.partition.watchers[self.advanced] = None

    def _carry_out(self, effect: Reply | Effect) -> None:
        if isinstance(effect, Reply):
            deliver(effect)
        else:
            asyncio.get_running_loop().call_soon(self._perform_later, effect)

    def _perform_later(self, effect: Effect) -> None:
        if not self.gone:
            self._perform(self, effect)

    def advanced(self) -> None:
        """The partition's high watermark has moved."""
        if not self.partition.is_leader:
            return  # the runtime is told of it, and resigns
        while self._due and self._due[0][0] <= self.partition.high_watermark:
            self._carry_out(self._due.popleft()[2])
        if not self._due:
            self.partition.watchers.pop(self.advanced, None)

    def next_due_ms(self) -> int | None:
        """When the first reply of those that wait has waited for too long."""
        return next((at for _, at, effect in self._due if isinstance(effect, Reply)), None)

    def expire(self, mono_ms: int, code: Code) -> None:
        """Answer those with an error that have waited for too long.

        Other effects wait on: what they belong to is written, and may be committed yet.
        """
        at = self.next_due_ms()
        if at is None or at > mono_ms:
            return
        late = []
        rest: deque[tuple[int, int, Reply | Effect]] = deque()
        for row in self._due:
            if row[1] <= mono_ms and isinstance(row[2], Reply):
                late.append(row[2])
            else:
                rest.append(row)
        self._due = rest
        self.fail(late, code)
        if not self._due:
            self.partition.watchers.pop(self.advanced, None)

    def fail(self, effects: Iterable[Reply | Effect], code: Code) -> None:
        """Answer with an error what was to be answered."""
        for effect in effects:
            if isinstance(effect, Reply):
                assert isinstance(effect.response, Message)
                deliver(Reply(effect.token, self._failed(effect.response, code)))

    def resign(self) -> None:
        """Leadership is lost: nobody is left waiting."""
        self.gone = True
        self.partition.watchers.pop(self.advanced, None)
        self.fail([effect for _, _, effect in self._due], Code.NOT_COORDINATOR)
        self._due.clear()
        if not self.loading:
            for reply in self.machine.resign():
                deliver(reply)
