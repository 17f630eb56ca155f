"""A zone's way to the active controller: its own, or another zone's over a channel.

Rules:
- Requests that clients sent go in an Envelope, so that "not the active controller" is told apart
  from what the controller answers; the brokers' own go as they are, as in Kafka.
- A request is tried until its time is up: a new leader is looked for after NOT_CONTROLLER and after
  a connection that broke. So it may be carried out twice; Kafka's requests bear that.
- What was asked of a leader is asked anew as soon as this zone knows of another: one that is frozen
  would keep a heartbeat waiting until its broker is fenced.
- After a reply from another zone this zone's own image has caught up with it.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from msklite.broker.channel import Channel, ChannelClosed, dial
from msklite.errors import Code, KafkaError
from msklite.raft.voters import Endpoint
from msklite.wire.apis import APIS, CONTROLLER_APIS, Api
from msklite.wire.frames import HEADER
from msklite.wire.messages.envelope_request import EnvelopeRequest
from msklite.wire.primitives import Message, skip_tags, write_string
from msklite.world import World
from msklite.zone.api.envelope import FORWARDABLE
from msklite.zone.controller_node import OFFSET_TAG, ControllerNode
from msklite.zone.observer import Observer
from msklite.zone.spec import zone_of

ENVELOPE = CONTROLLER_APIS[58]
_CALL_MS = 15_000
_DIAL_S = 1.0
_PAUSE_S = 0.02
_CATCH_UP_S = 2.0
_DEFAULT_MS = 30_000


class ControllerClient:
    """What brokers call `controller`."""

    def __init__(self, world: World, node: ControllerNode | Observer) -> None:
        self._world = world
        self._node = node
        self._channel: Channel | None = None
        self._leader = -1
        node.on_leader = self._leader_changed

    async def call(self, request: Any, version: int | None = None) -> Any:
        """The controller's reply, once it is committed and applied in this zone."""
        api = _api_of(request)
        version = api.highest if version is None else version
        limit_ms = getattr(request, "timeout_ms", 0) or _DEFAULT_MS
        deadline = self._world.clock.mono_ms() + min(max(limit_ms, 1_000), _DEFAULT_MS)
        why = "no controller is active"
        while True:
            try:
                if self._node.active:
                    return await self._node.decide(request, version)
                reply = await self._remote(api, version, request)
                if getattr(reply, "error_code", 0) != Code.NOT_CONTROLLER:
                    return reply
            except ChannelClosed as e:
                why = str(e)
                self._hang_up()
            except KafkaError as e:
                if e.code not in (Code.NOT_CONTROLLER, Code.NOT_LEADER_OR_FOLLOWER):
                    raise
            if self._world.clock.mono_ms() >= deadline:
                raise KafkaError(Code.REQUEST_TIMED_OUT, f"{api.name} timed out: {why}")
            await asyncio.sleep(_PAUSE_S)

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _leader_changed(self) -> None:
        if self._leader != self._node.quorum.node.leader_id:
            self._hang_up()

    async def _remote(self, api: Api, version: int, request: Message) -> Any:
        quorum = self._node.quorum
        leader = quorum.node.leader_id
        if leader < 0 or leader == self._node.node_id:
            raise KafkaError(Code.NOT_CONTROLLER)
        if leader != self._leader or self._channel is None or self._channel.closed:
            self._hang_up()
            at = quorum.address_of(leader)
            if at is None:
                raise KafkaError(Code.NOT_CONTROLLER)
            made = await self._dial(leader, at)
            if leader != quorum.node.leader_id:
                made.close()
                raise KafkaError(Code.NOT_CONTROLLER)
            if self._channel is not None and not self._channel.closed and self._leader == leader:
                made.close()  # another call has dialled meanwhile
            else:
                self._channel, self._leader = made, leader
        channel = self._channel
        if api.key in FORWARDABLE:
            reply = await self._enveloped(channel, api, version, request)
        else:
            reply = await channel.call(api, version, request, _CALL_MS)
        offset = channel.tags.get(OFFSET_TAG)
        if offset is not None:
            await self._catch_up(int.from_bytes(offset, "big"))
        return reply

    async def _dial(self, leader: int, at: Endpoint) -> Channel:
        """A machine that is off doesn't even refuse, and there may be another leader meanwhile."""
        try:
            async with asyncio.timeout(_DIAL_S):
                return await dial(self._world, at.host, at.port, zone_of(leader), leader)
        except TimeoutError:
            raise ChannelClosed(f"controller {leader} doesn't answer") from None

    async def _enveloped(
        self, channel: Channel, api: Api, version: int, request: Message
    ) -> Message:
        data = bytearray(HEADER.pack(api.key, version, 1))
        write_string(data, "msklite")
        if version >= api.flexible:
            data += b"\0"
        request.write(data, version)
        envelope = EnvelopeRequest(request_data=bytes(data), client_host_address=b"\x7f\0\0\1")
        reply = await channel.call(ENVELOPE, 0, envelope, _CALL_MS)
        if reply.error_code:
            raise KafkaError(Code(reply.error_code))
        inner = reply.response_data
        pos = skip_tags(inner, 4) if version >= api.flexible else 4
        body, _ = cast("Any", api.response_class()).read(inner, pos, version)
        return cast("Message", body)

    async def _catch_up(self, offset: int) -> None:
        try:
            async with asyncio.timeout(_CATCH_UP_S):
                await self._node.quorum.applied(offset)
        except TimeoutError:
            pass  # what was asked for is done; this zone will see it when it can


def _api_of(request: Any) -> Api:
    key = type(request).API_KEY
    return CONTROLLER_APIS.get(key) or APIS[key]
