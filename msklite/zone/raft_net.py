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
from msklite.raft import voter_wire, wire
from msklite.raft.messages import (
    AskVersions,
    Fetch,
    FetchSnapshot,
    Message,
    Reply,
    Request,
    VoterReply,
)
from msklite.raft.voters import ReplicaKey
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
            if isinstance(request, AskVersions):
                answer = await self._ask_stranger(request, version, body)
            else:
                waits = isinstance(request, Fetch | FetchSnapshot)
                channel = await self._channel(request.to.id, waits)
                answer = await channel.call(CONTROLLER_APIS[key], version, body, _TIMEOUT_MS)
        except ChannelClosed as e:
            log.debug("node %d: %s", request.to.id, e)
            quorum.unreachable(request.to.id, request.correlation, gone=e.refused)
            return
        quorum.receive(wire.incoming_reply(request, answer))

    async def _ask_stranger(self, request: AskVersions, version: int, body: Body) -> Any:
        """A node that isn't a voter yet, at the address that it shall have as one."""
        at = request.endpoints[0]
        channel = await dial(self._world, at.host, at.port, zone_of(request.to.id))
        try:
            api = CONTROLLER_APIS[voter_wire.API_VERSIONS]
            return await channel.call(api, version, body, _TIMEOUT_MS)
        finally:
            channel.close()

    async def _channel(self, node_id: int, for_fetch: bool) -> Channel:
        found = self._channels.get((node_id, for_fetch))
        if found is not None and not found.closed:
            return found
        assert self.quorum is not None
        at = self.quorum.address_of(node_id)
        if at is None:
            raise ChannelClosed(f"node {node_id} has no address")
        made = await dial(self._world, at.host, at.port, zone_of(node_id), node_id)
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
        request = wire.incoming(body, api_key, quorum.key, self._last)
        return wire.outgoing_reply(await self._core(quorum, request), api_key)

    async def change(self, api_key: int, body: Any) -> Body:
        """The answer to a request that changes the voters."""
        quorum = self.quorum
        if quorum is None or quorum.closed:
            return voter_wire.answer(api_key, Code.BROKER_NOT_AVAILABLE, None, (-1, -1, ()))
        code, text = voter_wire.check(body, api_key, self._cluster_id)
        if not code:
            self._last += 1
            asker = ReplicaKey(-1)
            request = voter_wire.incoming(body, api_key, quorum.key, asker, self._last)
            reply = await self._core(quorum, request)
            assert isinstance(reply, VoterReply), reply
            code, text = reply.error, reply.message
        state = quorum.node.state
        leader = state.leader_id, state.epoch, state.leader.endpoints
        return voter_wire.answer(api_key, code, text, leader)

    async def _core(self, quorum: Quorum, request: Request) -> Reply:
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[request.correlation] = waiting
        try:
            quorum.receive(request)
            return await waiting
        finally:
            self._asked.pop(request.correlation, None)

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
