"""One client connection: bytes in, frames to dispatch one at a time, replies out in order.

Rules:
- One request is worked on at a time; later frames wait in the buffer (Kafka mutes the channel). So
  replies leave in the order of the requests, and a waiting fetch holds back what follows it.
- But while Produce requests that are in the log wait for replicas, up to `_AHEAD` more of them are
  taken, so that followers fetch many batches at once. Their replies keep their places in `_places`;
  what is answered meanwhile stands behind them. (In Kafka each waits for the one before it.)
- A request's record bytes are views of the receive buffer: they are valid until the handler's first
  await, and the buffer isn't touched before the handler has returned or awaited.
- A frame that is too long, negative or malformed closes this connection and touches nothing else.
- A client that doesn't read its replies isn't worked for: while the transport is full, its requests
  wait, and when the buffer is full too, reading from it stops. So what a client costs is bounded.
- A length that a frame only claims costs nothing: the buffer grows with what has come.
- After `_TURN` requests in a row the others get their turn.
- Replies to requests that came in one read leave in one write, as long as they are small and few: a
  send costs as much as all else that a small request needs.
- File pieces of a reply go out by sendfile where that pays, in order with everything else.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from struct import Struct
from typing import TYPE_CHECKING, cast

from msklite.wire.frames import FilePiece, Frame

if TYPE_CHECKING:
    from msklite.broker.commit_wait import Committed
    from msklite.broker.dispatch import Receiver

_LENGTH = Struct(">i")
_FIRST = 4 * 1024
"""The buffer of a new connection: a thousand idle ones should cost little."""
_START = 64 * 1024
_LARGE = 128 * 1024
"""A buffer that a read has filled grows up to this size; one of more is for a single request."""
_GROWTH = 4
_TURN = 64
_AHEAD = 32
_TOGETHER = 16
_SMALL = 4 * 1024
SENDFILE_FROM = 24 * 1024
"""Pieces below this many bytes are read and copied: two system calls less."""


class _Place:
    """The place of a reply that comes later, among others that wait for it."""

    __slots__ = ("frame", "promised", "ready")

    def __init__(self, promised: Committed | None, frame: Frame | None = None) -> None:
        self.promised = promised
        self.frame = frame
        self.ready = promised is None


class Connection(asyncio.BufferedProtocol):
    """The protocol object of one socket; made by the broker's listener."""

    __slots__ = (
        "_buf",
        "_busy",
        "_clogged",
        "_end",
        "_max_frame",
        "_out",
        "_paused",
        "_places",
        "_pos",
        "_releasing",
        "_sender",
        "_view",
        "closed",
        "descriptor",
        "dispatcher",
        "last_mono_ms",
        "listener",
        "peer",
        "software",
        "task",
        "transport",
    )

    def __init__(self, dispatcher: Receiver, listener: str, max_frame: int) -> None:
        self.dispatcher = dispatcher
        self.listener = listener
        self.peer = "unknown"
        self.descriptor = -1
        self.software = ("unknown", "unknown")
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.closed = False
        self.last_mono_ms = 0
        self._max_frame = max_frame
        self._buf = bytearray(_FIRST)
        self._view = memoryview(self._buf)
        self._pos = 0
        self._end = 0
        self._busy = False
        self._clogged = False
        self._paused = False
        self._out: list[Frame] | None = None
        self._places: deque[_Place] = deque()
        self._releasing = False
        self._sender: _Sender | None = None

    # -- asyncio's callbacks ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:  # TCP_NODELAY is set already: asyncio and uvloop do so by themselves
            self.descriptor = sock.fileno()
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if name else "unknown"
        self.dispatcher.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._sender is not None:
            self._sender.close()
            self._sender = None
        if self.task is not None:
            self.task.cancel()
        for place in self._places:
            if place.promised is not None:
                place.promised.cancel()
        self._places.clear()
        self.dispatcher.disconnected(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._end == len(self._buf):
            self._make_room()
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._end += nbytes
        if not (self._busy or self.closed):
            self._process()
        if self._end == len(self._buf) and (self._busy or self._clogged or self._places):
            self._hold_back()

    def eof_received(self) -> bool:
        return False

    # -- frames -------------------------------------------------------------------------------

    def _make_room(self) -> None:
        """Move what is left to the front; of a larger buffer when this one was filled, or when one
        frame needs it."""
        left = self._end - self._pos
        size = len(self._buf)
        if self._end == size < _LARGE:
            size = min(_GROWTH * size, _LARGE)
        need = 0
        if left >= 4:
            (length,) = _LENGTH.unpack_from(self._buf, self._pos)
            need = min(length, self._max_frame) + 4
        if left >= need > 0:
            need = left + 4096  # whole requests wait behind one that is being answered
        size = max(size, min(need, _GROWTH * max(left, _START)))
        if size <= len(self._buf):
            self._view[:left] = self._view[self._pos : self._end]
        else:
            fresh = bytearray(size)
            fresh[:left] = self._view[self._pos : self._end]
            self._buf = fresh
            self._view = memoryview(fresh)
        self._pos, self._end = 0, left

    def _hold_back(self) -> None:
        """Stop reading while whole requests that fill the buffer wait behind another.

        Never in `get_buffer`: uvloop's read isn't over then, and would end the process.
        """
        left = self._end - self._pos
        if left < 4 or self._paused or self.closed or self.transport is None:
            return
        (length,) = _LENGTH.unpack_from(self._buf, self._pos)
        if left >= min(length, self._max_frame) + 4:
            self._paused = True
            self.transport.pause_reading()

    def _process(self) -> None:
        """Hand over every complete frame until one has to wait, then send the replies."""
        self._out = []
        self._hand_over()
        self._flush()
        self._out = None
        if self._pos == self._end:
            self._pos = self._end = 0
            if len(self._buf) > _LARGE and not self._busy:
                self._buf = bytearray(_START)
                self._view = memoryview(self._buf)

    def _hand_over(self) -> None:
        turn = _TURN
        request = self.dispatcher.request
        while not (self._busy or self._clogged or self.closed):
            pos = self._pos
            left = self._end - pos
            if left < 4:
                break
            (length,) = _LENGTH.unpack_from(self._buf, pos)
            if length < 8 or length > self._max_frame:
                self.dispatcher.bad_frame(self, length)
                self.close()
                return
            if left < length + 4:
                if len(self._buf) - pos < min(length + 4, _GROWTH * _START):
                    self._make_room()
                break
            if self._places and not self._may_go_ahead(pos):
                break
            if turn == 0:
                self._busy = True
                asyncio.get_running_loop().call_soon(self.resume)
                return
            turn -= 1
            self._pos = pos + 4 + length
            request(self, self._view[pos + 4 : pos + 4 + length])

    def _may_go_ahead(self, pos: int) -> bool:
        """Whether the request there may be worked on while others wait for replicas."""
        return len(self._places) < _AHEAD and self._buf[pos + 4] == 0 == self._buf[pos + 5]

    def wait(self) -> None:
        """The current request goes on asynchronously: hold back later frames."""
        self._busy = True

    def resume(self) -> None:
        """The current request is answered: go on with the next frame."""
        self._busy = False
        self._go_on()

    def pause_writing(self) -> None:
        """The client doesn't read as fast as it asks."""
        self._clogged = True

    def resume_writing(self) -> None:
        self._clogged = False
        if not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        if self.closed or self._clogged:
            return
        if self._paused and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        self._process()

    # -- replies ------------------------------------------------------------------------------

    def send(self, frame: Frame) -> bool:
        """Send a reply. False: it is still going out, and `resume` comes by itself when it is."""
        transport = self.transport
        if self.closed or transport is None:
            return True
        if self._places:
            self._places.append(_Place(None, frame))
            return True
        out = self._out
        if not frame.splices:
            if out is None:
                transport.write(frame)
            else:
                out.append(frame)
                if len(frame) > _SMALL or len(out) == _TOGETHER:
                    self._flush()
            return True
        if out:
            self._flush()
        if frame.spliced >= SENDFILE_FROM and transport.get_write_buffer_size() == 0:
            fd = self._raw_socket()
            if fd >= 0:
                self._busy = True
                self._sender = sender = _Sender(self, fd, frame)
                return sender.go()
        transport.writelines(frame.parts())
        return True

    def _raw_socket(self) -> int:
        """A descriptor for sendfile, or -1 where bytes can't go to the socket as they are."""
        assert self.transport is not None
        sock = self.transport.get_extra_info("socket")
        return _dup(sock.fileno()) if sock is not None and hasattr(os, "sendfile") else -1

    def keep_place(self, promised: Committed) -> object:
        """A reply comes later; those to later requests stand behind it."""
        place = _Place(promised)
        self._places.append(place)
        return place

    def redeem(self, place: object, frame: Frame | None) -> None:
        """Here it is, or there is none. It leaves soon: others may come with it, and this may be
        called in the middle of anything."""
        assert isinstance(place, _Place)
        place.frame, place.promised, place.ready = frame, None, True
        if not (self._releasing or self.closed) and self._places and self._places[0].ready:
            self._releasing = True
            asyncio.get_running_loop().call_soon(self._release)

    def _release(self) -> None:
        """Send what is ready at the front, and go on with what may come next."""
        self._releasing = False
        places = self._places
        frames = []
        while places and places[0].ready:
            frame = places.popleft().frame
            if frame is not None:
                frames.append(frame)
        if self.closed or self.transport is None:
            return
        if frames:
            self.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
        if not self._busy:
            self._go_on()

    def _flush(self) -> None:
        """Write the replies that were held back to go together."""
        out = self._out
        if out and self.transport is not None:
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))
            out.clear()

    def sent(self, sender: _Sender) -> None:
        """The sender has finished, after the call that started it had returned."""
        self._sender = None
        self.resume()

    def close(self) -> None:
        """Nothing more is read or answered; replies on their way still go out."""
        self._flush()
        self._out = None
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once, replies on their way too: this client may never read them."""
        self._out = None
        self.closed = True
        if self.transport is not None:
            self.transport.abort()


class TlsConnection(Connection):
    """One whose bytes are encrypted on their way: file pieces are read, not spliced."""

    __slots__ = ()

    def _raw_socket(self) -> int:
        return -1


def _dup(fd: int) -> int:
    """A second descriptor of a socket, or -1 when the process has no more to give."""
    try:
        return os.dup(fd)
    except OSError:
        return -1


class _Sender:
    """Sends one reply with file pieces straight to the socket.

    It owns `fd`, a duplicate of the descriptor, as the event loop owns the original one, and works
    only when the transport has nothing buffered; the connection is busy meanwhile, so nothing else
    can come between.
    """

    __slots__ = ("_at", "_conn", "_fd", "_parts", "_waiting")

    def __init__(self, conn: Connection, fd: int, frame: Frame) -> None:
        self._conn = conn
        self._fd = fd
        self._parts: list[memoryview | FilePiece] = []
        self._at = 0
        self._waiting = False
        view = memoryview(frame)
        at = 0
        for pos, piece in frame.splices:
            if pos > at:
                self._parts.append(view[at:pos])
            self._parts.append(piece)
            at = pos
        if at < len(view):
            self._parts.append(view[at:])
        self._parts.reverse()

    def go(self) -> bool:
        """Send all that the socket takes; True when that was everything."""
        try:
            while self._parts:
                part = self._parts[-1]
                if isinstance(part, memoryview):
                    sent = os.write(self._fd, part[self._at :])
                    size = len(part)
                else:
                    sent = part.sendfile(self._fd, self._at)
                    size = part.length
                    if sent == 0:
                        raise OSError("the file is shorter than its index says")
                self._at += sent
                if self._at == size:
                    self._parts.pop()
                    self._at = 0
        except (BlockingIOError, InterruptedError):
            if not self._waiting:
                self._waiting = True
                asyncio.get_running_loop().add_writer(self._fd, self._writable)
            return False
        except OSError:
            self._parts.clear()
            self._conn.close()
        late = self._waiting
        self.close()
        self._conn._sender = None
        self._conn._busy = False
        if late:
            self._conn.sent(self)
        return True

    def _writable(self) -> None:
        self.go()

    def close(self) -> None:
        if self._fd >= 0:
            if self._waiting:
                asyncio.get_running_loop().remove_writer(self._fd)
                self._waiting = False
            os.close(self._fd)
            self._fd = -1
