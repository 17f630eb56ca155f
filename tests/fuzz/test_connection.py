"""The connection against arbitrary bytes in arbitrary pieces, beside a model of what it should do.

The model cuts the whole stream into frames; the connection must hand over exactly those, whatever
the pieces were, however long its requests took, and whether or not the client read its replies. It
must never keep more than a small multiple of what has come.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from msklite.broker.connection import _FIRST, _GROWTH, _START, Connection

MAX_FRAME = 300_000


class FakeTransport:
    """Notes what the connection asks of its socket."""

    def __init__(self) -> None:
        self.reading = True
        self.closed = False
        self.asking_for_room = False

    def get_extra_info(self, name: str) -> None:
        return None

    def pause_reading(self) -> None:
        assert self.reading
        assert not self.asking_for_room, "uvloop ends the process: its read isn't over"
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def close(self) -> None:
        self.closed = True


class FakeDispatcher:
    """Keeps frames; answers when told to."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.bad: list[int] = []
        self.slow = False

    def connected(self, conn: Connection) -> None: ...

    def bad_frame(self, conn: Connection, length: int) -> None:
        self.bad.append(length)

    def request(self, conn: Connection, view: memoryview) -> None:
        self.frames.append(bytes(view))
        if self.slow:
            conn.wait()


def cut(stream: bytes) -> tuple[list[bytes], int | None]:
    """The model: whole frames, and the length that ends the conversation."""
    frames = []
    pos = 0
    while pos + 4 <= len(stream):
        (length,) = struct.unpack_from(">i", stream, pos)
        if not 8 <= length <= MAX_FRAME:
            return frames, length
        if pos + 4 + length > len(stream):
            break
        frames.append(stream[pos + 4 : pos + 4 + length])
        pos += 4 + length
    return frames, None


def made() -> tuple[Connection, FakeDispatcher, FakeTransport]:
    dispatcher = FakeDispatcher()
    conn = Connection(dispatcher, "PLAINTEXT", MAX_FRAME)  # type: ignore[arg-type]
    transport = FakeTransport()
    conn.connection_made(transport)  # type: ignore[arg-type]
    return conn, dispatcher, transport


def feed(conn: Connection, piece: bytes) -> None:
    """As the event loop does: into whatever room the connection offers."""
    while piece:
        transport: Any = conn.transport
        transport.asking_for_room = True
        room = conn.get_buffer(-1)
        transport.asking_for_room = False
        assert len(room) > 0
        n = min(len(room), len(piece))
        room[:n] = piece[:n]
        conn.buffer_updated(n)
        piece = piece[n:]


def frame(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


FRAMES = st.lists(
    st.one_of(
        st.binary(min_size=8, max_size=40).map(frame),
        st.binary(min_size=8, max_size=40).map(frame),
        st.tuples(st.binary(min_size=1, max_size=3), st.integers(8, MAX_FRAME)).map(
            lambda t: frame((t[0] * t[1])[: t[1]])
        ),
    ),
    max_size=12,
).map(b"".join)
STREAMS = st.one_of(
    FRAMES, st.binary(max_size=400), st.tuples(FRAMES, st.binary(max_size=60)).map(b"".join)
)


@settings(max_examples=300, deadline=None)
@given(
    stream=STREAMS,
    sizes=st.lists(st.integers(1, 100_000), min_size=1, max_size=8),
    moves=st.lists(st.sampled_from(("slow", "fast", "clog", "drain", "answer")), max_size=30),
)
@example(stream=frame(b"x" * 12) * 500, sizes=[5000], moves=["clog", "slow", "drain"])
@example(stream=b"\x7f\xff\xff\xff" + b"GET / HTTP/1.1", sizes=[1], moves=[])
@example(stream=frame(b"y" * MAX_FRAME) * 3, sizes=[1000, 99_999], moves=["slow", "clog"])
def test_frames_come_whole_and_in_order(stream: bytes, sizes: list[int], moves: list[str]) -> None:
    async def talk() -> None:
        conn, dispatcher, transport = made()
        pos = 0
        step = 0
        while pos < len(stream) and not conn.closed:
            move = moves[step % len(moves)] if moves else ""
            if move in ("slow", "fast"):
                dispatcher.slow = move == "slow"
            elif move == "clog":
                conn.pause_writing()
            elif move == "drain":
                conn.resume_writing()
            elif move == "answer":
                conn.resume()
            if transport.reading:
                size = sizes[step % len(sizes)]
                feed(conn, stream[pos : pos + size])
                pos += size
                assert len(conn._buf) <= max(_FIRST, _GROWTH * max(pos, _START)) + 8192
            else:
                dispatcher.slow = False
                conn.resume_writing()
                conn.resume()
            await asyncio.sleep(0)
            step += 1
        dispatcher.slow = False
        conn.resume_writing()
        conn.resume()
        for _ in range(len(stream) // 12 // 64 + 2):
            await asyncio.sleep(0)
        frames, bad = cut(stream)
        assert dispatcher.frames == frames
        assert dispatcher.bad == ([] if bad is None else [bad])
        assert transport.closed == (bad is not None)

    asyncio.run(talk())


def test_every_split_of_a_conversation_gives_the_same_frames() -> None:
    async def talk() -> None:
        stream = b"".join(frame(bytes([i]) * (8 + i)) for i in range(6))
        for at in range(1, len(stream)):
            conn, dispatcher, _ = made()
            feed(conn, stream[:at])
            feed(conn, stream[at:])
            assert dispatcher.frames == cut(stream)[0]
        conn, dispatcher, _ = made()
        for i in range(len(stream)):
            feed(conn, stream[i : i + 1])
        assert dispatcher.frames == cut(stream)[0]

    asyncio.run(talk())


def test_a_claimed_length_costs_nothing() -> None:
    conn = Connection(FakeDispatcher(), "PLAINTEXT", 100 * 1024 * 1024)  # type: ignore[arg-type]
    conn.connection_made(FakeTransport())  # type: ignore[arg-type]
    feed(conn, struct.pack(">i", 100 * 1024 * 1024) + bytes(200))
    assert len(conn._buf) <= _GROWTH * _START


def test_a_long_row_of_requests_lets_others_have_their_turn() -> None:
    async def talk() -> None:
        conn, dispatcher, _ = made()
        feed(conn, frame(bytes(8)) * 300)
        assert 0 < len(dispatcher.frames) < 300
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(dispatcher.frames) == 300

    asyncio.run(talk())


def test_while_replies_are_unread_requests_wait_and_reading_stops() -> None:
    async def talk() -> None:
        conn, dispatcher, transport = made()
        conn.pause_writing()
        sent = 0
        while transport.reading:
            feed(conn, frame(bytes(8)))
            sent += 1
            assert sent < 100_000
        assert not dispatcher.frames
        conn.resume_writing()
        assert transport.reading
        for _ in range(sent):
            await asyncio.sleep(0)
        assert len(dispatcher.frames) == sent

    asyncio.run(talk())
