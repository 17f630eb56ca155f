"""The network between processes: late, in pieces, cut one way or both, reset, half open.

Rules:
- Bytes of one direction of a connection arrive in order, in pieces of any size, each after a random
  delay; connections overtake each other.
- Sites (zones, client machines) can be cut from each other one way. What is sent meanwhile is sent
  again after `heal`, as TCP does. An end whose bytes, or whose acknowledgements, don't come through
  for its patience gives up with ETIMEDOUT; the other end knows nothing of it (half open) until it
  sends something, and then is reset.
- A killed process's connections are reset or ended by its machine, with what was in flight
  delivered or lost; those of a machine without power just fall silent.
- Connecting to a closed port is refused; over a cut, or to a dead machine, it times out.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tests.sim.process import DEAD, FROZEN
from tests.sim.transport import SimTransport

if TYPE_CHECKING:
    from tests.sim.loop import SimLoop
    from tests.sim.process import Process

T = TypeVar("T")
MS = 1000
FIRST_FREE_PORT = 40_000


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))  # becomes the right subclass


@dataclass
class Weather:
    """How the network behaves; drawn from the seed."""

    near_us: tuple[int, int] = (30, 200)
    far_us: tuple[int, int] = (200, 2000)
    late: float = 0.01
    """How many pieces take up to `late_us`."""
    late_us: int = 200 * MS
    pieces: float = 0.2
    """How often a delivery brings only a part of what is there."""
    patience_us: tuple[int, int] = (2_000 * MS, 20_000 * MS)
    connect_patience_us: int = 10_000 * MS


class SimListener:
    """A listening port."""

    def __init__(self, network: Network, process: Process, host: str, port: int) -> None:
        self._network = network
        self.process = process
        self.host = host
        self.port = port
        self.factory: Callable[[], Any] | None = None

    def close(self) -> None:
        if self._network.ports.get((self.host, self.port)) is self:
            del self._network.ports[self.host, self.port]


class Network:
    """All sites, ports and connections of the simulation."""

    def __init__(self, loop: SimLoop, rng: random.Random, weather: Weather) -> None:
        self.loop = loop
        self.weather = weather
        self.ports: dict[tuple[str, int], SimListener] = {}
        self.homes: dict[tuple[str, int], str] = {}
        """The site of a port that isn't the site of its own name."""
        self.down: dict[str, None] = {}
        """Sites without power: nothing answers there."""
        self.bytes = 0
        self._random = rng
        self._cuts: dict[tuple[str, str], None] = {}
        self._open: dict[SimTransport, None] = {}
        self._next_port = FIRST_FREE_PORT

    def of(self, process: Process) -> ProcessNetwork:
        """The network as a process has it."""
        return ProcessNetwork(self, process)

    # -- faults -------------------------------------------------------------------------------

    def cut(self, source: str, target: str) -> None:
        """Nothing from `source` reaches `target` any more."""
        self._cuts[source, target] = None

    def heal(self, source: str | None = None, target: str | None = None) -> None:
        """Join again what matches; what is underway is sent again."""
        for pair in list(self._cuts):
            if source in (None, pair[0]) and target in (None, pair[1]):
                del self._cuts[pair]
        for transport in list(self._open):
            if not self.is_cut(transport):
                transport.stuck_since = None
                self.kick(transport, self._random.randrange(1, 400) * MS)

    def is_cut(self, transport: SimTransport) -> bool:
        """Whether bytes or acknowledgements of this direction are lost."""
        if not self._cuts:
            return False
        here, there = transport.site, transport.peer.site
        return (here, there) in self._cuts or (there, here) in self._cuts

    def joined(self, one: str, other: str) -> bool:
        """Whether nothing is lost between two sites, in either direction."""
        return (one, other) not in self._cuts and (other, one) not in self._cuts

    def reset_some(self, site: str, share: float) -> int:
        """Break a part of a site's connections, at both ends; how many."""
        count = 0
        for transport in list(self._open):
            if transport.site == site and self._random.random() < share:
                transport.peer.out.clear()
                self.reset(transport)
                self.reset(transport.peer)
                count += 1
        return count

    def died(self, process: Process, *, silent: bool) -> None:
        """A process is gone; unless its machine is too (`silent`), the other ends are told."""
        for listener in [s for s in self.ports.values() if s.process is process]:
            listener.close()
        for transport in [t for t in self._open if t.process is process]:
            del self._open[transport]
            transport.lost = transport.closing = True
            if silent:
                transport.out.clear()
                patience = self._random.randrange(*self.weather.patience_us)
                self.post(transport.peer, patience, transport.peer.fail, _error(errno.ETIMEDOUT))
            elif self._random.random() < 0.5:
                transport.out.clear()
                self.reset(transport.peer)
            else:
                transport.eof = True
                self.kick(transport)

    # -- connections --------------------------------------------------------------------------

    def delay(self, source: str, target: str) -> int:
        """How long a piece takes from site to site."""
        weather, rng = self.weather, self._random
        if weather.late and rng.random() < weather.late:
            return rng.randrange(1, weather.late_us)
        low, high = weather.near_us if source == target else weather.far_us
        return low + int(rng.random() * (high - low))

    def post(
        self, transport: SimTransport, delay_us: int, callback: Callable[..., Any], *args: Any
    ) -> None:
        """An event of the process that has this end."""
        if transport.process.state != DEAD:
            self.loop.post(transport.process, delay_us, callback, *args)

    def pair(self, client: Process, server: Process) -> tuple[SimTransport, SimTransport]:
        """The two ends of a new connection."""
        kernel = self._random.choice((0, 4096, 65536, 1 << 20))
        near = SimTransport(self, client, kernel, server.site)
        far = SimTransport(self, server, kernel, client.site)
        near.peer, far.peer = far, near
        self._open[near] = self._open[far] = None
        return near, far

    def forget(self, transport: SimTransport) -> None:
        """An end has been closed; what it wrote may still be on its way."""
        self._open.pop(transport, None)

    def kick(self, source: SimTransport, more_us: int = 0) -> None:
        """See that what `source` has to send gets going."""
        if source.moving or source.eof_told or not (source.out or source.eof):
            return
        target = source.peer
        if target.process.state == DEAD or target.lost:
            if source.out and source.site not in self.down and target.site not in self.down:
                source.out.clear()
                self.reset(source)
            return
        if self._cuts and self.is_cut(source):
            self._stuck(source)
            if (source.site, target.site) in self._cuts:
                return
        source.moving = True
        delay = self.delay(source.site, target.site) + more_us
        self.loop.post(target.process, delay, self._arrive, source)

    def _arrive(self, source: SimTransport) -> None:
        """An event of the receiving process: bytes, or the end of them, are there."""
        source.moving = False
        target = source.peer
        if self._cuts and (source.site, target.site) in self._cuts:
            self._stuck(source)
            return
        if target.lost or target.closing:
            if source.out:
                source.out.clear()
                self.reset(source)
            return
        if not target.made or target.read_paused:
            return  # attach and resume_reading kick again
        out = source.out
        if out:
            n = len(out)
            if n > 1 and self._random.random() < self.weather.pieces:
                n = self._random.randrange(1, n)
            piece = out[:n]
            # The bytes leave `out` first: the protocol may write, close or pause meanwhile.
            del out[:n]
            taken = target.take(piece)
            self.bytes += taken
            if taken < n:
                source.out[:0] = piece[taken:]
            if source.write_paused or source.closing:
                self.post(source, self.delay(target.site, source.site), source.drained)
        if source.out:
            self.kick(source)
        elif source.eof and not source.eof_told:
            source.eof_told = True
            target.end_of_stream()

    def reset(self, target: SimTransport) -> None:
        """The other end is gone: this end learns of it, if the news gets through."""
        if target.lost or (target.peer.site, target.site) in self._cuts:
            return
        delay = self.delay(target.peer.site, target.site)
        self.post(target, delay, target.fail, _error(errno.ECONNRESET))

    def _stuck(self, source: SimTransport) -> None:
        if source.stuck_since is None and not source.lost:
            source.stuck_since = self.loop.now_us
            patience = self._random.randrange(*self.weather.patience_us)
            self.post(source, patience, self._give_up, source, source.stuck_since)

    def _give_up(self, source: SimTransport, since: int) -> None:
        if source.stuck_since == since and self.is_cut(source):
            source.fail(_error(errno.ETIMEDOUT))

    # -- dialling -----------------------------------------------------------------------------

    def listen(
        self, process: Process, host: str, port: int, factory: Callable[[], Any]
    ) -> SimListener:
        """Open a port. OSError when somebody has it."""
        if port == 0:
            self._next_port += 1
            port = self._next_port
        if (host, port) in self.ports:
            raise _error(errno.EADDRINUSE)
        listener = SimListener(self, process, host, port)
        listener.factory = factory
        self.ports[host, port] = listener
        return listener

    def dial(self, process: Process, host: str, port: int, done: Any) -> None:
        """Try to connect: the future `done` gets our end, or why not."""
        site = self.homes.get((host, port), host)
        out = self.delay(process.site, site)
        back = self.delay(site, process.site)
        cut = (process.site, site) in self._cuts or (site, process.site) in self._cuts
        if cut or site in self.down:
            wait = self.weather.connect_patience_us
            self.loop.post(process, wait, _refuse, done, errno.ETIMEDOUT)
            return
        listener = self.ports.get((host, port))
        if listener is None or listener.process.state not in (0, FROZEN):
            self.loop.post(process, out + back, _refuse, done, errno.ECONNREFUSED)
            return
        near, far = self.pair(process, listener.process)
        # The machine accepts, also for a frozen process; the process hears of it when it can.
        self.loop.post(listener.process, out, self._accept, listener, far)
        self.loop.post(process, out + back, _connected, done, near)

    def _accept(self, listener: SimListener, far: SimTransport) -> None:
        if self.ports.get((listener.host, listener.port)) is not listener:
            far.lost = far.closing = True
            self.forget(far)
            self.reset(far.peer)
            return
        assert listener.factory is not None
        far.attach(listener.factory())


def _refuse(done: Any, code: int) -> None:
    if not done.done():
        done.set_exception(_error(code))


def _connected(done: Any, near: SimTransport) -> None:
    if done.done():
        near.made = True
        near.lost = near.closing = True
        near.network.forget(near)
        near.network.reset(near.peer)
    else:
        done.set_result(near)


class ProcessNetwork:
    """`world.Network` for one process."""

    __slots__ = ("_network", "_process", "socket_limit")

    def __init__(self, network: Network, process: Process) -> None:
        self.socket_limit = 0
        self._network = network
        self._process = process

    async def listen(
        self, host: str, port: int, factory: Callable[[], object], tls: object = None
    ) -> SimListener:
        assert tls is None, "the simulated network is in plain text"
        return self._network.listen(self._process, host, port, factory)

    async def connect(self, host: str, port: int, factory: Callable[[], T]) -> T:
        loop = self._network.loop
        done = loop.create_future()
        self._network.dial(self._process, host, port, done)
        near: SimTransport = await done
        if near.lost:
            raise _error(errno.ECONNRESET)
        protocol = factory()
        near.attach(protocol)
        return protocol
