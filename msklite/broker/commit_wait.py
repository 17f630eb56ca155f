"""Waiting for the high watermark: what acks=all is.

A request's answer goes out when each of its batches is committed or can't be any more, or when its
time is up. Nobody polls: the partitions' watchers wake the wait.
Source: Kafka's DelayedProduce.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.messages.produce_response import PartitionProduceResponse


class Wait(NamedTuple):
    """`row` is answered when `partition` is committed up to `offset`, in the term of `epoch`."""

    row: PartitionProduceResponse
    partition: Partition
    offset: int
    epoch: int


async def until_committed(timeout_ms: int, waits: list[Wait]) -> None:
    """Until all of `waits` have their answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    open_waits = list(waits)

    def look() -> None:
        for wait in tuple(open_waits):
            code = wait.partition.committed(wait.offset, wait.epoch)
            if code is not None:
                _answer(wait.row, code)
                open_waits.remove(wait)
        if not open_waits and not done.done():
            done.set_result(None)

    def time_is_up() -> None:
        for wait in open_waits:
            _answer(wait.row, Code.REQUEST_TIMED_OUT)
        open_waits.clear()
        if not done.done():
            done.set_result(None)

    partitions = {wait.partition for wait in waits}
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


def _answer(row: PartitionProduceResponse, code: Code) -> None:
    if code != Code.NONE and row.error_code == Code.NONE:
        row.error_code = code
        if code != Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
            row.base_offset = -1
