"""Carries raft messages between the controllers: requests out, answers back, and the other way.

Rules:
- The core decides; here a request becomes a call on a channel to that voter, and its answer, or the
  news that none will come, goes back into the core.
- Fetches have channels of their own: a Fetch that waits at the leader must not hold up a vote.
- A request that comes in waits for the answer that the core gives to exactly that request.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from msklite.broker.channel import Channel, ChannelClosed, dial
from msklite.errors import Code
from msklite.raft import wire
from msklite.raft.messages import Fetch, FetchSnapshot, Message, Reply, Request
from msklite.wire.apis import CONTROLLER_APIS
from msklite.wire.primitives import Message as Body
from msklite.world import World
from msklite.zone.spec import zone_of

if TYPE_CHECKING:
    from msklite.zone.quorum import Quorum

log = logging.getLogger("msklite.quorum")
_TIMEOUT_MS = 5_000
_FAREWELL_S = 0.25


class RaftNet:
    """One controller's way to the other voters. `quorum` is set once it exists."""

    def __init__(self, world: World, cluster_id: str) -> None:
        self.quorum: Quorum | None = None
        self._world = world
        self._cluster_id = cluster_id
        self._channels: dict[tuple[int, bool], Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._last = 0

    # -- out ----------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """What the core wants sent."""
        if isinstance(message, Reply):
            waiting = self._asked.pop(message.correlation, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            return
        task = asyncio.ensure_future(self._ask(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, request: Request) -> None:
        quorum = self.quorum
        assert quorum is not None
        key, version, body = wire.outgoing(request, self._cluster_id)
        try:
            waits = isinstance(request, Fetch | FetchSnapshot)
            channel = await self._channel(request.to.id, waits)
            answer = await channel.call(CONTROLLER_APIS[key], version, body, _TIMEOUT_MS)
        except ChannelClosed as e:
            log.debug("node %d: %s", request.to.id, e)
            quorum.unreachable(request.to.id, gone=e.refused)
            return
        quorum.receive(wire.incoming_reply(request, answer))

    async def _channel(self, node_id: int, for_fetch: bool) -> Channel:
        found = self._channels.get((node_id, for_fetch))
        if found is not None and not found.closed:
            return found
        assert self.quorum is not None
        voter = self.quorum.node.voters.voters.get(node_id)
        if voter is None or not voter.endpoints:
            raise ChannelClosed(f"node {node_id} has no address")
        at = voter.endpoints[0]
        made = await dial(self._world, at.host, at.port, zone_of(node_id))
        self._channels[node_id, for_fetch] = made
        return made

    # -- in -----------------------------------------------------------------------------------

    async def answer(self, api_key: int, body: Any) -> Body:
        """The answer to a request that came in."""
        quorum = self.quorum
        if quorum is None or quorum.closed:
            return wire.refused(api_key, Code.BROKER_NOT_AVAILABLE)
        code = wire.check(body, api_key, self._cluster_id)
        if code:
            return wire.refused(api_key, code)
        self._last += 1
        correlation = self._last
        waiting = self._asked[correlation] = asyncio.get_running_loop().create_future()
        try:
            quorum.receive(wire.incoming(body, api_key, quorum.key, correlation))
            return wire.outgoing_reply(await waiting, api_key)
        finally:
            self._asked.pop(correlation, None)

    async def drain(self) -> None:
        """Let what was sent last, a farewell, reach the others, if they can be reached."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_FAREWELL_S)

    def close(self) -> None:
        """Hang up; nobody gets an answer any more."""
        for task in self._tasks:
            task.cancel()
        for channel in self._channels.values():
            channel.close()
        for waiting in self._asked.values():
            waiting.cancel()
        self._asked.clear()
