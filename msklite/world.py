"""The four things that shells get instead of the operating system: Clock, Network, Storage, Random.

Rules kept here and everywhere: no module of msklite calls `time`, `socket`, `open`, `random`,
`uuid4` or an executor directly; it is handed one of these, so that the simulator can run the same
code on virtual time, memory disks and a network that misbehaves. The real ones live in
`msklite/zone/world.py` (clock, network, random) and `msklite/log/storage.py` (disk and memory).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from msklite.clock import Clock as Clock
from msklite.clock import Times

T = TypeVar("T")
Buffer = bytes | bytearray | memoryview


class Random(Protocol):
    """The only source of randomness."""

    def bytes(self, n: int) -> bytes: ...

    def below(self, n: int) -> int:
        """A whole number in 0..n-1."""
        ...


class File(Protocol):
    """One open file that grows at its end. Handles may be held for long: descriptors are cached."""

    path: str
    """Where it is; whoever renames the file sets it."""

    def append(self, data: Buffer) -> None:
        """Add `data` at the end: all of it, or none and OSError."""
        ...

    def append_parts(self, parts: list[Buffer]) -> None:
        """`append` of several buffers in one go, without joining them first."""
        ...

    def read(self, pos: int, n: int) -> bytes:
        """Up to `n` bytes from `pos`; fewer only at the end of the file."""
        ...

    def size(self) -> int: ...

    def truncate(self, size: int) -> None: ...

    def sync(self) -> None:
        """Make everything written so far survive a power loss (blocking)."""
        ...

    def sendfile(self, out_fd: int, pos: int, n: int) -> int:
        """Copy to a socket inside the kernel; bytes sent, or NotImplementedError."""
        ...

    def close(self) -> None: ...


class Space(NamedTuple):
    """Bytes of a volume: all of it, and what this process may still use."""

    total: int
    usable: int


class Lock(Protocol):
    """A held lock file."""

    def release(self) -> None: ...


class Storage(Protocol):
    """A tree of files. Paths are absolute strings with `/`. Errors are the system's OSErrors."""

    @property
    def boot_id(self) -> str:
        """As long as it is the same, what was written is there, synced or not. Empty: unknown."""
        ...

    def open(self, path: str) -> File:
        """Open, creating an empty file when there is none."""
        ...

    def exists(self, path: str) -> bool: ...

    def list(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        ...

    def is_dir(self, path: str) -> bool: ...

    def make_dirs(self, path: str) -> None: ...

    def size(self, path: str) -> int: ...

    def read(self, path: str) -> bytes: ...

    def write(self, path: str, data: bytes, *, sync: bool = True) -> None:
        """Replace a whole file atomically: old or new content, never a mixture."""
        ...

    def rename(self, old: str, new: str) -> None: ...

    def remove(self, path: str) -> None: ...

    def remove_tree(self, path: str) -> None: ...

    def sync(self, path: str) -> None:
        """Make a file's content survive a power loss (blocking), whoever has it open."""
        ...

    def sync_dir(self, path: str) -> None: ...

    def space(self, path: str) -> Space:
        """The volume that `path` is on."""
        ...

    def lock(self, path: str) -> Lock:
        """Take an exclusive lock; BlockingIOError when another process (or node) holds it."""
        ...

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """Run a blocking job (fsync, unlink) off the loop; inline in memory storage."""
        ...

    def worker(self) -> Worker:
        """What runs long jobs on these files: a process, or slices where there is none."""
        ...


class Pace(Protocol):
    """What a job has to keep to: it tells how many bytes it has moved since it last did."""

    def wait_s(self, moved: int) -> float:
        """How many seconds it has to wait. May be asked on another thread."""
        ...

    async def wait(self, moved: int) -> None:
        """The same for a job on the loop: comes back when it may go on."""
        ...


class Worker(Protocol):
    """Long jobs on closed files, beside everything else (`log/jobs`)."""

    async def work(
        self, job: str, task: dict[str, Any], pace: Pace | None = None
    ) -> dict[str, Any]:
        """The job's result; OSError where it failed."""
        ...

    def rest(self) -> None:
        """There is no job for now."""
        ...

    def close(self) -> None:
        """End it, whatever it does."""
        ...


TlsContext = Any
"""An `ssl.SSLContext`: made by the zone's certificates, used by the network, opaque between."""


class Network(Protocol):
    """Listening and dialling, with asyncio's protocol classes."""

    socket_limit: int
    """A socket with this descriptor, or above, leaves too few for files; 0: there is no limit."""

    async def listen(
        self,
        host: str,
        port: int,
        factory: Callable[[], object],
        tls: TlsContext | None = None,
    ) -> Listener: ...

    async def connect(self, host: str, port: int, factory: Callable[[], T]) -> T: ...


class Listener(Protocol):
    """An open listening socket."""

    port: int

    def close(self) -> None: ...


class Closes(Protocol):
    """A connection, to be closed."""

    def close(self) -> None: ...


class Links:
    """Faults made on purpose: the zones that this one can't speak to, or hear.

    Names are those of zones (`az1`); nothing is cut unless somebody asks for it.
    """

    __slots__ = ("into", "lost", "out", "own")

    def __init__(self) -> None:
        self.own = ""
        self.out: set[str] = set()
        self.into: set[str] = set()
        self.lost: dict[Closes, None] = {}
        """Connections on which something got lost: nobody will send it again."""

    def heal(self) -> None:
        """Nothing is cut any more, and connections on which something got lost begin anew."""
        self.out.clear()
        self.into.clear()
        lost, self.lost = self.lost, {}
        for connection in lost:
            connection.close()


class Lookout(Protocol):
    """Who keeps the loop from sleeping where the next request is about to come."""

    def served(self) -> None:
        """A request was answered at once."""
        ...


class World:
    """The four together, as a shell receives them."""

    __slots__ = ("_worker", "book", "clock", "links", "lookout", "network", "random", "storage")

    def __init__(self, clock: Times, network: Network, storage: Storage, random: Random) -> None:
        self.clock = Clock(clock)
        self.network = network
        self.storage = storage
        self.random = random
        self.links = Links()
        self.book: dict[int, tuple[str, int]] = {}
        """How nodes of this cluster reach each other; who isn't in it is where it says it is."""
        self.lookout: Lookout | None = None
        """Where the process has nothing else to do than to serve."""
        self._worker: Worker | None = None

    @property
    def worker(self) -> Worker:
        """What runs long jobs; made on first need."""
        if self._worker is None:
            self._worker = self.storage.worker()
        return self._worker

    def end_worker(self) -> None:
        """The zone ends, and with it whatever job runs."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
