"""Waiting for replicas: for the high watermark (acks=all) and the low one (DeleteRecords).

A request's answer goes out when each of its partitions is there or can't come there any more, or
when its time is up. Nobody polls: the partitions' watchers wake the wait.
Sources: Kafka's DelayedProduce and DelayedDeleteRecords.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.messages.delete_records_response import DeleteRecordsPartitionResult
from msklite.wire.messages.produce_response import PartitionProduceResponse
from msklite.wire.messages.write_txn_markers_response import WritableTxnMarkerPartitionResult
from msklite.wire.primitives import Message

Row = PartitionProduceResponse | DeleteRecordsPartitionResult | WritableTxnMarkerPartitionResult


class Waiting(Protocol):
    """One partition's part of an answer. Its error is told in `row` when the time is up."""

    @property
    def row(self) -> Row: ...
    @property
    def partition(self) -> Partition: ...

    def look(self) -> bool:
        """Whether `row` is final now."""
        ...


@dataclass(slots=True, frozen=True)
class Wait:
    """`row` is answered when `partition` is committed up to `offset`, in the term of `epoch`."""

    row: PartitionProduceResponse | WritableTxnMarkerPartitionResult
    partition: Partition
    offset: int
    epoch: int

    def look(self) -> bool:
        """Committed, or it can't be any more. The row keeps its offset, as in Kafka."""
        code = self.partition.committed(self.offset, self.epoch)
        if code is not None and self.row.error_code == Code.NONE:
            self.row.error_code = code
        return code is not None


@dataclass(slots=True, frozen=True)
class LowWait:
    """`row` is answered when no living replica of `partition` keeps anything below `offset`."""

    row: DeleteRecordsPartitionResult
    partition: Partition
    offset: int
    alive: Callable[[int], bool]

    def look(self) -> bool:
        """Deleted everywhere, or this is the leader no longer."""
        if not self.partition.is_leader:
            self.row.error_code = Code.NOT_LEADER_OR_FOLLOWER
            self.row.low_watermark = -1
            return True
        self.row.low_watermark = self.partition.low_watermark(self.alive)
        return self.row.low_watermark >= self.offset


class Committed:
    """A reply that waits for `waits` and is then made by `reply`; nobody's task waits with it.

    `then` says who takes it. It may be called within an append or a fetch that moves the high
    watermark, so whoever takes it may only note it.
    """

    __slots__ = ("_open", "_reply", "_then", "_timer", "_watched")

    def __init__(
        self, timeout_ms: int, waits: Sequence[Waiting], reply: Callable[[], Message]
    ) -> None:
        self._open = list(waits)
        self._reply = reply
        self._then: Callable[[Message], None] | None = None
        self._watched: list[Partition] = []
        self._timer: asyncio.TimerHandle | None = None
        partitions = [wait.partition for wait in waits]
        self._watched = partitions if len(partitions) == 1 else list(dict.fromkeys(partitions))
        for partition in self._watched:
            partition.watchers[self._look] = None
        delay = max(timeout_ms, 0) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay, self._time_is_up)

    def then(self, take: Callable[[Message], None]) -> None:
        """Who takes the reply; it may be there already."""
        self._then = take
        self._look()

    async def wait(self) -> Any:
        """The reply, for who has a task anyway."""
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def take(reply: Message) -> None:
            if not done.done():
                done.set_result(reply)

        self.then(take)
        try:
            return await done
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Nobody wants the reply any more."""
        self._then = None
        self._end()

    def _look(self) -> None:
        self._open = [wait for wait in self._open if not wait.look()]
        if not self._open and self._then is not None:
            take, self._then = self._then, None
            self._end()
            take(self._reply())

    def _time_is_up(self) -> None:
        for wait in self._open:
            if wait.row.error_code == Code.NONE:
                wait.row.error_code = Code.REQUEST_TIMED_OUT
        self._open = []
        self._look()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for partition in self._watched:
            partition.watchers.pop(self._look, None)
        self._watched = []


async def until(timeout_ms: int, waits: Sequence[Waiting]) -> None:
    """Until all of `waits` have their answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    open_waits = list(waits)

    def look() -> None:
        open_waits[:] = [wait for wait in open_waits if not wait.look()]
        if not open_waits and not done.done():
            done.set_result(None)

    def time_is_up() -> None:
        for wait in open_waits:
            if wait.row.error_code == Code.NONE:
                wait.row.error_code = Code.REQUEST_TIMED_OUT
        open_waits.clear()
        if not done.done():
            done.set_result(None)

    partitions = dict.fromkeys(wait.partition for wait in waits)
    for partition in partitions:
        partition.watchers[look] = None
    timer = loop.call_later(max(timeout_ms, 0) / 1000, time_is_up)
    try:
        look()
        await done
    finally:
        timer.cancel()
        for partition in partitions:
            partition.watchers.pop(look, None)
