"""A client's side of one connection to another node: Kafka requests out, replies back, in order.

Rules:
- A call ends with its reply, or with ChannelClosed when the connection breaks or a limit of time
  passes; the caller doesn't know then whether the request was carried out.
- The other side answers in order, so replies are matched by their correlation ids in turn; a reply
  that doesn't fit closes the connection.
- Nodes of one process are called through the same dispatch, with the same bytes, without a socket
  (`LocalChannel`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from struct import Struct
from typing import TYPE_CHECKING, Any, cast

from msklite.wire.apis import API_VERSIONS, Api
from msklite.wire.frames import HEADER, Frame
from msklite.wire.primitives import MALFORMED, Buffer, Message, read_tags, write_string
from msklite.world import Links

if TYPE_CHECKING:
    from msklite.broker.commit_wait import Committed
    from msklite.broker.dispatch import Dispatcher
    from msklite.world import World

_LENGTH = Struct(">i")
_START = 64 * 1024
_GROWTH = 4
CLIENT = "msklite."
"""Other nodes call themselves this and the name of their zone."""


class ChannelClosed(ConnectionError):
    """The other node can't be reached, or went away before it answered."""

    refused = False
    """Nobody listens at its address: the process is gone."""


class Channel:
    """A way to one node; `_write` is what the kinds differ in."""

    def __init__(self, peer: str, links: Links, zone: str) -> None:
        self.peer = peer
        self.closed = False
        self._links = links
        self._zone = zone
        self.tags: dict[int, bytes] = {}
        """Tagged fields of the last reply's header."""
        self._waiting: deque[tuple[int, Api, int, asyncio.Future[Message]]] = deque()
        self._correlation = 0

    async def call(self, api: Api, version: int, request: Message, timeout_ms: int) -> Any:
        """The reply to `request`; ChannelClosed."""
        if self.closed:
            raise ChannelClosed(f"the connection to {self.peer} is closed")
        self._correlation = (self._correlation + 1) & 0x7FFFFFFF
        out = bytearray(4)
        out += HEADER.pack(api.key, version, self._correlation)
        write_string(out, CLIENT + self._links.own)
        if version >= api.flexible:
            out += b"\0"
        request.write(out, version)
        _LENGTH.pack_into(out, 0, len(out) - 4)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Message] = loop.create_future()
        self._waiting.append((self._correlation, api, version, future))
        if self._zone in self._links.out:
            self._links.lost[self] = None
        else:
            self._write(out)
        timer = loop.call_later(timeout_ms / 1000, self._too_late, future, timeout_ms)
        try:
            return await future
        finally:
            timer.cancel()

    def close(self) -> None:
        """Hang up: later replies would have nobody to go to."""
        self._ended("the connection was closed")

    def _write(self, frame: bytearray) -> None:
        raise NotImplementedError

    def _too_late(self, future: asyncio.Future[Message], timeout_ms: int) -> None:
        if not future.done():
            future.set_exception(ChannelClosed(f"{self.peer} gave no answer in {timeout_ms} ms"))
            self.close()

    def _ended(self, why: str) -> None:
        self.closed = True
        self._links.lost.pop(self, None)
        while self._waiting:
            future = self._waiting.popleft()[3]
            if not future.done():
                future.set_exception(ChannelClosed(f"{self.peer}: {why}"))

    def _answer(self, frame: Buffer) -> None:
        """One reply, without its length."""
        if self._zone in self._links.into:
            self._links.lost[self] = None
            return
        if not self._waiting:
            self.close()
            return
        correlation, api, version, future = self._waiting.popleft()
        try:
            (got,) = _LENGTH.unpack_from(frame, 0)
            if got != correlation:
                raise ValueError(f"a reply to request {got} instead of {correlation}")
            pos = 4
            if version >= api.flexible and api.key != API_VERSIONS:
                self.tags, pos = read_tags(frame, 4)
            body, _ = cast("Any", api.response_class()).read(frame, pos, version)
        except (*MALFORMED, ValueError) as e:
            if not future.done():
                future.set_exception(ChannelClosed(f"{self.peer} sent nonsense: {e}"))
            self.close()
            return
        if not future.done():
            future.set_result(body)


class SocketChannel(Channel, asyncio.BufferedProtocol):
    """A connection by the World's network; `dial` makes one.

    A follower's answers hold most of what a broker is sent, so they are copied once between socket
    and file: out of the one buffer that is read into.
    """

    def __init__(self, peer: str, links: Links, zone: str) -> None:
        super().__init__(peer, links, zone)
        self._transport: asyncio.Transport | None = None
        self._buf = bytearray(_START)
        self._view = memoryview(self._buf)
        self._pos = 0
        self._end = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended("the other side closed the connection")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._end += nbytes
        view = self._view
        while self._end - self._pos >= 4 and not self.closed:
            (length,) = _LENGTH.unpack_from(view, self._pos)
            end = self._pos + 4 + length
            if self._end < end:
                break
            # A copy: what the reply holds may be kept for longer than this buffer.
            frame = memoryview(bytes(view[self._pos + 4 : end]))
            self._pos = end
            self._answer(frame)
        if not self.closed:
            self._make_room()

    def _make_room(self) -> None:
        """For the rest of the reply that has begun; a buffer grows with what has come."""
        left = self._end - self._pos
        if self._pos:
            if left:
                self._view[:left] = self._view[self._pos : self._end]
            self._pos, self._end = 0, left
        size = len(self._buf)
        if left == size:
            (length,) = _LENGTH.unpack_from(self._buf, 0)
            size = min(length + 4, _GROWTH * size)
        elif not left:
            size = _START
        if size != len(self._buf):
            fresh = bytearray(size)
            fresh[:left] = self._view[:left]
            self._buf = fresh
            self._view = memoryview(fresh)

    def _write(self, frame: bytearray) -> None:
        assert self._transport is not None
        self._transport.write(frame)

    def close(self) -> None:
        super().close()
        if self._transport is not None:
            self._transport.abort()


class LocalChannel(Channel):
    """A node of this process."""

    def __init__(self, dispatcher: Dispatcher, listener: str, peer: str) -> None:
        super().__init__(peer, Links(), "")
        self._end = _LocalEnd(self, dispatcher, listener)

    def _write(self, frame: bytearray) -> None:
        self._end.receive(memoryview(frame)[4:])

    def receive(self, frame: bytes) -> None:
        """The other end's reply."""
        if not self.closed:
            self._answer(frame)

    def close(self) -> None:
        super().close()
        self._end.close()


class _LocalEnd:
    """The server's side: what dispatch needs of a connection."""

    def __init__(self, channel: LocalChannel, dispatcher: Dispatcher, listener: str) -> None:
        self.listener = listener
        self.peer = "127.0.0.1"
        self.last_mono_ms = 0
        self.task: asyncio.Task[None] | None = None
        self.closed = False
        self._channel = channel
        self._dispatcher = dispatcher
        self._frames: deque[memoryview] = deque()
        self._promised: Committed | None = None
        self._busy = False

    def receive(self, frame: memoryview) -> None:
        """A request; its turn comes on the loop, as if it had crossed a socket."""
        self._frames.append(frame)
        asyncio.get_running_loop().call_soon(self._process)

    def _process(self) -> None:
        while self._frames and not self._busy and not self.closed:
            if self._dispatcher.stopped:
                self._channel.close()
                return
            self._dispatcher.request(self, self._frames.popleft())

    def wait(self) -> None:
        """The current request goes on asynchronously."""
        self._busy = True

    def resume(self) -> None:
        """The current request is answered."""
        self._busy = False
        self._process()

    def send(self, frame: Frame) -> bool:
        """The reply, with what stands in files read into it."""
        self._channel.receive(b"".join(frame.parts())[4:])
        return True

    def keep_place(self, promised: Committed) -> object:
        """A reply that comes later holds back what follows it."""
        self._busy = True
        self._promised = promised
        return None

    def redeem(self, place: object, frame: Frame | None) -> None:
        """Here it is."""
        self._promised = None
        if frame is not None:
            self.send(frame)
        self._busy = False
        asyncio.get_running_loop().call_soon(self._process)

    def close(self) -> None:
        """Either side hangs up."""
        if self.closed:
            return
        self.closed = True
        if self._promised is not None:
            self._promised.cancel()
        if self.task is not None:
            self.task.cancel()
        self._channel.close()


async def dial(world: World, host: str, port: int, zone: str = "", node: int = -1) -> SocketChannel:
    """Connect to a node of `zone`; ChannelClosed when nobody is there.

    `host` and `port` are what clients are told; the World may know a way of its own to `node`.
    """
    host, port = world.book.get(node, (host, port))
    peer = f"{host}:{port}"
    try:
        return await world.network.connect(
            host, port, lambda: SocketChannel(peer, world.links, zone)
        )
    except OSError as e:
        closed = ChannelClosed(f"{peer} can't be reached: {e.strerror or e}")
        closed.refused = isinstance(e, ConnectionRefusedError)
        raise closed from e
