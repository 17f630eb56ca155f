"""A client's side of the wire: connections, requests with a timeout, metadata.

Everything is spoken in real frames, through msklite.wire, at a version that each client draws for
each API, so that versions are covered by seeds. Errors of the network and of a coordinator that
moves come out as `Unavailable`; the workloads above decide what that means.
"""

from __future__ import annotations

import asyncio
import random
from struct import Struct
from typing import TYPE_CHECKING, Any

from msklite.errors import Code
from msklite.wire.apis import APIS
from msklite.wire.frames import HEADER
from msklite.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from msklite.wire.primitives import Message
from tests.sim.process import Process

if TYPE_CHECKING:
    from tests.sim.world import Sim

_LENGTH = Struct(">i")
_BY_ID = {0: 12, 1: 12, 8: 9}
"""The last versions of Produce, Fetch and OffsetCommit that name topics."""
_BY_KEY = {key: api.response_class() for key, api in APIS.items()}


class Unavailable(Exception):
    """No answer, or one that says: later, or elsewhere."""


class Wire(asyncio.Protocol):
    """One connection; answers come in the order of the requests."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.closed = False
        self._data = bytearray()
        self._correlation = 0
        self._waiting: dict[int, tuple[asyncio.Future[Any], int, int]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        waiting, self._waiting = self._waiting, {}
        for future, _, _ in waiting.values():
            if not future.done():
                future.set_exception(Unavailable(f"connection lost: {exc!r}"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        while len(self._data) >= 4:
            (length,) = _LENGTH.unpack_from(self._data)
            if len(self._data) < length + 4:
                return
            frame = bytes(self._data[4 : length + 4])
            del self._data[: length + 4]
            self._answer(frame)

    def _answer(self, frame: bytes) -> None:
        (correlation,) = _LENGTH.unpack_from(frame)
        expected = next(iter(self._waiting), None)
        assert correlation == expected, f"the answer to request {correlation}, not to {expected}"
        future, key, version = self._waiting.pop(correlation)
        api = APIS[key]
        pos = 4 + (version >= api.flexible and key != 18)
        reply, end = _BY_KEY[key].read(frame, pos, version)
        assert end == len(frame), f"{len(frame) - end} bytes too many in a reply of {api.name}"
        if not future.done():
            future.set_result(reply)

    def ask(self, request: Message, version: int, client_id: str) -> asyncio.Future[Any]:
        """Send a request; its reply's future."""
        future = asyncio.get_running_loop().create_future()
        if self.closed:
            future.set_exception(Unavailable("connection closed"))
            return future
        self._correlation += 1
        key = request.API_KEY
        self._waiting[self._correlation] = (future, key, version)
        name = client_id.encode()
        head = HEADER.pack(key, version, self._correlation) + len(name).to_bytes(2, "big") + name
        if version >= APIS[key].flexible:
            head += b"\0"
        body = request.encode(version)
        self.transport.write(_LENGTH.pack(len(head) + len(body)) + head + body)
        return future


class Client:
    """A client process: what all workloads share."""

    def __init__(self, sim: Sim, name: str, rng: random.Random) -> None:
        self.sim = sim
        self.name = name
        self.random = rng
        self.process = Process(sim.loop, name, name, sim.new_clock(), rng)
        sim.loop.live(self.process)
        self.network = sim.network.of(self.process)
        self.timeout = rng.choice((1.0, 3.0, 8.0))
        self.brokers: dict[int, tuple[str, int]] = {}
        self.leaders: dict[tuple[str, int], tuple[int, int]] = {}
        """(node, leader epoch) by partition."""
        self.topic_ids: dict[str, bytes] = {}
        self.controller = -1
        self._wires: dict[tuple[str, int], Wire] = {}
        self._versions: dict[int, int] = {}

    # -- asking -------------------------------------------------------------------------------

    def version(self, request: type[Message], lowest: int = 0, highest: int = 99) -> int:
        """The version that this client speaks of an API."""
        key = request.API_KEY
        if key not in self._versions:
            api = APIS[key]
            low, high = max(lowest, api.lowest), min(highest, api.highest)
            if key in _BY_ID and self.version(MetadataRequest, 7) < 10:
                high = min(high, _BY_ID[key])  # this client knows no topic ids
            self._versions[key] = self.random.choice((high, self.random.randint(low, high)))
        return self._versions[key]

    async def wire(self, address: tuple[str, int]) -> Wire:
        """A connection to that address."""
        wire = self._wires.get(address)
        if wire is None or wire.closed:
            try:
                async with asyncio.timeout(self.timeout):
                    wire = await self.network.connect(*address, Wire)
            except OSError as e:  # TimeoutError is one
                raise Unavailable(f"connecting: {e!r}") from None
            self._wires[address] = wire
        return wire

    async def ask(self, address: tuple[str, int], request: Message, version: int) -> Any:
        """Send and wait. A request that isn't answered in time costs its connection."""
        wire = await self.wire(address)
        return await self.answer(wire, wire.ask(request, version, self.name))

    async def answer(self, wire: Wire, future: asyncio.Future[Any]) -> Any:
        """Wait for the answer to what was sent on `wire`."""
        try:
            async with asyncio.timeout(self.timeout):
                return await future
        except TimeoutError:
            wire.closed = True
            wire.transport.abort()
            raise Unavailable("no answer in time") from None

    def drop(self, address: tuple[str, int]) -> None:
        """Hang up."""
        wire = self._wires.pop(address, None)
        if wire is not None and not wire.closed:
            wire.closed = True
            wire.transport.abort()

    async def nap(self, low: float = 0.02, high: float = 0.3) -> None:
        """Back off."""
        await asyncio.sleep(low + self.random.random() * (high - low))

    def any_address(self) -> tuple[str, int]:
        """A broker to ask for metadata."""
        known = list(self.brokers.values()) or self.sim.bootstrap
        return self.random.choice(known)

    # -- metadata -----------------------------------------------------------------------------

    async def refresh(self, topics: list[str] | None) -> Any:
        """Ask for metadata and adopt it; the reply."""
        wanted = None if topics is None else [MetadataRequestTopic(name=t) for t in topics]
        request = MetadataRequest(allow_auto_topic_creation=False)
        request.topics = wanted
        try:
            reply = await self.ask(self.any_address(), request, self.version(MetadataRequest, 7))
        except Unavailable:
            self.brokers.clear()
            raise
        self.brokers = {b.node_id: (b.host, b.port) for b in reply.brokers}
        self.controller = reply.controller_id
        for topic in reply.topics:
            if topic.error_code == Code.NONE:
                self.topic_ids[topic.name] = topic.topic_id
                for p in topic.partitions:
                    key = (topic.name, p.partition_index)
                    if p.error_code == Code.NONE:
                        self.leaders[key] = (p.leader_id, p.leader_epoch)
                    else:
                        self.leaders.pop(key, None)
        return reply

    async def leader(self, topic: str, partition: int) -> tuple[tuple[str, int], int]:
        """(address, leader epoch) of a partition's leader."""
        found = self.leaders.get((topic, partition))
        if found is None or found[0] not in self.brokers:
            await self.refresh([topic])
            found = self.leaders.get((topic, partition))
            if found is None or found[0] not in self.brokers:
                raise Unavailable(f"{topic}-{partition} has no leader")
        return self.brokers[found[0]], found[1]

    def forget_leader(self, topic: str, partition: int) -> None:
        """It wasn't the leader: ask again."""
        self.leaders.pop((topic, partition), None)
