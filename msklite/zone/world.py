"""The real Clock, Random and Network. Disk and memory storage are in log/storage.

`mono_ms` and wall time are taken from functions bound at import, so that a test's frozen clock
(freezegun, time-machine) doesn't stop a cluster that runs in the test's process.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from msklite.world import TlsContext

T = TypeVar("T")
_monotonic = time.clock_gettime_ns if hasattr(time, "clock_gettime_ns") else None
_MONO = getattr(time, "CLOCK_MONOTONIC", 0)
_FOR_FILES = 64
"""Descriptors that sockets leave over: the disk's cache gives back what it doesn't need now."""
_HANDSHAKE_S = 10.0
_FAREWELL_S = 2.0
"""How long a TLS client may take to say hello, and good-bye."""
_REAL = getattr(time, "CLOCK_REALTIME", 0)


class SystemClock:
    """The machine's clocks; a cluster's own, which can be steered, is made of them (`clock`)."""

    __slots__ = ()

    def mono_ms(self) -> int:
        ns = time.monotonic_ns() if _monotonic is None else _monotonic(_MONO)
        return ns // 1_000_000

    def now_ms(self) -> int:
        ns = time.time_ns() if _monotonic is None else _monotonic(_REAL)
        return ns // 1_000_000


class SystemRandom:
    """The operating system's randomness."""

    __slots__ = ()

    def bytes(self, n: int) -> bytes:
        return os.urandom(n)

    def below(self, n: int) -> int:
        return secrets.randbelow(n)


def _descriptor_limit() -> int:
    """How many files this process may open; 0 where nobody says."""
    try:
        import resource
    except ImportError:
        return 0
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if soft == resource.RLIM_INFINITY else soft


class SocketListener:
    """A listening TCP socket."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.port: int = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._server.close()


class SocketNetwork:
    """TCP by the running event loop."""

    def __init__(self) -> None:
        limit = _descriptor_limit()
        self.socket_limit = limit - min(limit // 4, _FOR_FILES) if limit else 0

    async def listen(
        self,
        host: str,
        port: int,
        factory: Callable[[], object],
        tls: TlsContext | None = None,
    ) -> SocketListener:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            cast("Callable[[], asyncio.BaseProtocol]", factory),
            host,
            port,
            backlog=1024,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else _HANDSHAKE_S,
            ssl_shutdown_timeout=None if tls is None else _FAREWELL_S,
        )
        return SocketListener(server)

    async def connect(self, host: str, port: int, factory: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(cast("Any", factory), host, port)
        return cast("T", protocol)
