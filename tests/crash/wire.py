"""A wire that can go deaf: requests still reach the broker, its replies no longer reach the client.

A kill that falls between an append and its reply is rare by chance, and it is the one that puts a
duplicate in the log. So the zone listens on another loopback address, clients are told of this
relay, and before a kill the relay may drop all replies for a moment.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self

OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"


class Wire:
    """Relays OUTSIDE:port to INSIDE:port, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.deaf = False
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Transport] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def _run(self) -> None:
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: _End(self, None), OUTSIDE, self.port)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), f"{OUTSIDE}:{self.port} can't be had"
        return self

    def __exit__(self, *exc: object) -> None:
        async def end() -> None:
            self._server.close()
            for transport in list(self._open):
                transport.abort()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class _End(asyncio.Protocol):
    """One end of a relayed connection; `other` is None for a client that has just come."""

    def __init__(self, wire: Wire, other: _End | None) -> None:
        self.wire = wire
        self.other = other
        self.is_client = other is None
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._dial: asyncio.Task[Any] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.wire._open.add(transport)
        if self.is_client:
            self._dial = asyncio.ensure_future(self._connect())
        elif self.other is not None:
            self.other.other = self
            for data in self.other._early:
                transport.write(data)

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: _End(self.wire, self), INSIDE, self.wire.port
            )
        except OSError:
            if self.transport is not None:
                self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if not self.is_client and self.wire.deaf:
            return
        if self.other is None:
            self._early.append(data)
        elif self.other.transport is not None:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self.wire._open.discard(self.transport)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.abort()
