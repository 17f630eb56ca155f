"""One end of a connection in memory, with the ways of asyncio's TCP transports.

What is written lies in `out` until the network has carried it into the other end's protocol: the
first `kernel` bytes of it count as the sockets' buffers, the rest as the transport's own, for
`get_write_buffer_size` and flow control. Both ends belong to a process; every call into a protocol
is an event of its process, so a frozen process gets nothing and a dead one never will.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sim.network import Network
    from tests.sim.process import Process

HIGH = 64 * 1024


class SimTransport(asyncio.Transport):
    """See the module. `peer` is the other end."""

    __slots__ = (
        "_extra", "_high", "_low", "buffered", "closing", "eof", "eof_told", "kernel", "lost",
        "made", "moving", "network", "out", "peer", "process", "protocol", "read_paused",
        "stuck_since", "write_paused",
    )  # fmt: skip

    def __init__(self, network: Network, process: Process, kernel: int, name: str) -> None:
        self.network = network
        self.process = process
        self.protocol: Any = None
        self.buffered = False
        self.peer: SimTransport = self
        self.out = bytearray()
        self.kernel = kernel
        self.made = False
        """connection_made has been called."""
        self.moving = False
        """A piece of `out` is on its way."""
        self.stuck_since: int | None = None
        """When bytes of ours, or our acknowledgements, first failed to get through."""
        self.eof = False
        """Nothing more will be written; the other end is told after the last byte."""
        self.eof_told = False
        self.closing = False
        self.lost = False
        """connection_lost has been called, or the process is no more."""
        self.read_paused = False
        self.write_paused = False
        self._high, self._low = HIGH, HIGH // 4
        self._extra = {"peername": (name, 0), "sockname": (process.site, 0)}

    @property
    def site(self) -> str:
        return self.process.site

    def attach(self, protocol: Any) -> None:
        """Give it its protocol, in its process."""
        self.protocol = protocol
        self.buffered = isinstance(protocol, asyncio.BufferedProtocol)
        self.made = True
        protocol.connection_made(self)
        self.network.kick(self.peer)

    # -- what protocols call ------------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._extra.get(name, default)

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol
        self.buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def is_closing(self) -> bool:
        return self.closing

    def is_reading(self) -> bool:
        return not self.read_paused and not self.closing

    def pause_reading(self) -> None:
        self.read_paused = True

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.network.kick(self.peer)

    def write(self, data: Any) -> None:
        if self.eof and not self.closing:
            raise RuntimeError("write after write_eof")
        if self.closing or not len(data):
            return
        self.process.operations += 1
        self.out += data
        if len(self.out) - self.kernel > self._high and not self.write_paused:
            self.write_paused = True
            self.protocol.pause_writing()
        self.network.kick(self)

    def writelines(self, parts: Iterable[Any]) -> None:
        self.write(b"".join(parts))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self.eof:
            self.eof = True
            self.network.kick(self)

    def get_write_buffer_size(self) -> int:
        return max(0, len(self.out) - self.kernel)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = HIGH if low is None else 4 * low
        self._high, self._low = high, high // 4 if low is None else low

    def close(self) -> None:
        if self.closing:
            return
        self.closing = self.eof = True
        if len(self.out) <= self.kernel:
            self.network.post(self, 0, self._lose, None)
        self.network.kick(self)

    def abort(self) -> None:
        if not self.lost:
            self.closing = True
            self.out.clear()
            self.network.post(self, 0, self._lose, None)
            self.network.reset(self.peer)

    # -- what the network calls ---------------------------------------------------------------

    def _lose(self, error: Exception | None) -> None:
        if self.lost or not self.made:
            self.lost = True
            return
        self.lost = self.closing = True
        self.network.forget(self)
        self.protocol.connection_lost(error)

    def fail(self, error: Exception) -> None:
        """An event of the process: the connection has broken."""
        self.out.clear()
        self._lose(error)

    def drained(self) -> None:
        """An event of the process: bytes have gone out."""
        waiting = len(self.out) - self.kernel
        if self.closing and waiting <= 0:
            self._lose(None)
        elif self.write_paused and waiting <= self._low and not self.lost:
            self.write_paused = False
            self.protocol.resume_writing()

    def take(self, data: bytearray) -> int:
        """An event of the process: hand `data` to the protocol; how much of it was taken."""
        self.process.touched = True
        if not self.buffered:
            self.protocol.data_received(bytes(data))
            return len(data)
        taken = 0
        while taken < len(data) and not self.read_paused and not self.closing:
            room = self.protocol.get_buffer(len(data) - taken)
            n = min(len(room), len(data) - taken)
            room[:n] = data[taken : taken + n]
            taken += n
            self.protocol.buffer_updated(n)
        return taken

    def end_of_stream(self) -> None:
        """An event of the process: the other end will send no more."""
        if not self.closing and not self.protocol.eof_received():
            self.close()
