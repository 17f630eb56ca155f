"""Producer ids in blocks: the controller hands out 1,000 at a time, this broker the single ids."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msklite.errors import Code, KafkaError
from msklite.wire.messages.allocate_producer_ids_request import AllocateProducerIdsRequest

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


class ProducerIds:
    """The current block. An id is given once, also over restarts (a block is never given twice)."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._next = 0
        self._end = 0
        self._lock = asyncio.Lock()

    async def next(self) -> int:
        """A producer id that nobody has."""
        await self.ready()
        return self.take()

    def take(self) -> int:
        """The same, right after `ready`."""
        assert self._next < self._end, "no producer id is left"
        self._next += 1
        return self._next - 1

    async def ready(self) -> None:
        """Make sure that an id is there: ask for a new block when this one is used up."""
        if self._next == self._end:
            async with self._lock:
                if self._next == self._end:
                    reply = await self._broker.controller.call(
                        AllocateProducerIdsRequest(
                            broker_id=self._broker.node_id, broker_epoch=self._broker.epoch
                        )
                    )
                    if reply.error_code:
                        raise KafkaError(Code.COORDINATOR_LOAD_IN_PROGRESS)
                    self._next = reply.producer_id_start
                    self._end = self._next + reply.producer_id_len
