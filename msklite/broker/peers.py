"""Ways to the other brokers: by the dispatch of this process, or by a socket to their listener."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msklite.broker.channel import Channel, ChannelClosed, LocalChannel, dial

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


class Peers:
    """`broker.peers`. `neighbours` are the brokers of this process, by id."""

    def __init__(self, broker: Broker, neighbours: Mapping[int, Broker]) -> None:
        self._broker = broker
        self._neighbours = neighbours

    async def channel(self, node_id: int) -> Channel:
        """A new channel of the caller's own; ChannelClosed when the broker can't be reached."""
        listener = self._broker.endpoint.listener
        neighbour = self._neighbours.get(node_id)
        if neighbour is not None:
            if neighbour.stopping:
                raise ChannelClosed(f"broker {node_id} is stopping")
            return LocalChannel(neighbour.dispatcher, listener, f"broker {node_id}")
        known = self._broker.image.brokers.get(node_id)
        if known is None or listener not in known.endpoints:
            raise ChannelClosed(f"broker {node_id} isn't registered")
        host, port, _ = known.endpoints[listener]
        return await dial(self._broker.world, host, port, known.rack or "", node_id)
