"""Sending many small things to other nodes: one batch is under way to each, the rest waits for it.

So a busy node gets few requests with much in them, and an idle one gets each thing at once. What a
batch becomes is up to the caller: `carry` sends it, `lost` takes back what didn't arrive for sure.
Source: Kafka's InterBrokerSendThread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from msklite.broker.channel import Channel, ChannelClosed

if TYPE_CHECKING:
    from msklite.broker.peers import Peers

T = TypeVar("T")


class Couriers(Generic[T]):
    """See the module. Nodes are known by their ids."""

    def __init__(
        self,
        peers: Peers,
        carry: Callable[[Channel, list[T]], Awaitable[None]],
        lost: Callable[[list[T]], None],
    ) -> None:
        self._peers = peers
        self._carry = carry
        self._lost = lost
        self._waiting: dict[int, list[T]] = {}
        self._channels: dict[int, Channel] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def send(self, node_id: int, item: T) -> None:
        """Send `item` with the next batch to that node."""
        self._waiting.setdefault(node_id, []).append(item)
        if node_id not in self._tasks:
            self._tasks[node_id] = asyncio.ensure_future(self._run(node_id))

    async def _run(self, node_id: int) -> None:
        try:
            while items := self._waiting.pop(node_id, None):
                try:
                    await self._carry(await self._channel(node_id), items)
                except ChannelClosed:
                    channel = self._channels.pop(node_id, None)
                    if channel is not None:
                        channel.close()
                    self._lost(items)
        finally:
            del self._tasks[node_id]

    async def _channel(self, node_id: int) -> Channel:
        channel = self._channels.get(node_id)
        if channel is None or channel.closed:
            channel = self._channels[node_id] = await self._peers.channel(node_id)
        return channel

    def stop(self) -> None:
        """Send nothing more, hang up."""
        for task in list(self._tasks.values()):
            task.cancel()
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()
