"""A disk in memory, with faults to order: for tests, the simulator, and clusters without files.

It keeps the rules of `storage`, raises the same OSErrors, and can be told to
- fail the Nth change from now (`fail_at`), once or for ever: a loop over N finds every hole;
- run full (`capacity`);
- crash: what wasn't synced is lost, or a part of it stays (a torn tail), locks are let go, and
  handles from before are dead. Names (create, rename, remove) are taken as durable at once.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from msklite.world import Buffer, Space, Worker

T = TypeVar("T")


class _Node:
    """A file's content; `synced` bytes of it survive a crash."""

    __slots__ = ("data", "synced")

    def __init__(self, data: bytes = b"", synced: int = 0) -> None:
        self.data = bytearray(data)
        self.synced = synced


class MemoryFile:
    """An open file of a MemoryStorage."""

    __slots__ = ("_life", "_node", "_storage", "path")

    def __init__(self, storage: MemoryStorage, path: str, node: _Node) -> None:
        self.path = path
        self._storage = storage
        self._node = node
        self._life = storage.life

    def _alive(self) -> _Node:
        if self._life != self._storage.life:
            raise OSError(errno.EBADF, "the handle is from before the crash", self.path)
        return self._node

    def append(self, data: Buffer) -> None:
        node = self._alive()
        self._storage.change(self.path, len(data))
        node.data += data

    def append_parts(self, parts: list[Buffer]) -> None:
        self.append(b"".join(parts))

    def read(self, pos: int, n: int) -> bytes:
        return bytes(memoryview(self._alive().data)[pos : pos + n])

    def size(self) -> int:
        return len(self._alive().data)

    def truncate(self, size: int) -> None:
        node = self._alive()
        grown = size - len(node.data)
        self._storage.change(self.path, grown)
        if grown > 0:
            node.data += bytes(grown)
        else:
            del node.data[size:]
        node.synced = min(node.synced, size)

    def sync(self) -> None:
        node = self._alive()
        self._storage.change(self.path, 0)
        node.synced = len(node.data)

    def sendfile(self, out_fd: int, pos: int, n: int) -> int:
        return os.write(out_fd, memoryview(self._alive().data)[pos : pos + min(n, 65536)])

    def close(self) -> None:
        pass


class _MemoryLock:
    def __init__(self, locks: set[str], path: str) -> None:
        self._locks = locks
        self._path = path

    def release(self) -> None:
        self._locks.discard(self._path)


class _Done(Awaitable[T]):
    """The result of a job that has already run."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[None, None, T]:
        yield from ()
        return self._value


class MemoryStorage:
    """`world.Storage` in memory; see above for its faults."""

    def __init__(self, capacity: int | None = None) -> None:
        self.capacity = capacity
        self.used = 0
        self.changes = 0
        """How many changes (appends, truncations, writes, renames, syncs, ...) were asked for."""
        self.fail_at: int | None = None
        """The number of the change that fails, counted as `changes` is."""
        self.fail_forever = False
        self.fail_errno = errno.EIO
        self.life = 0
        self._files: dict[str, _Node] = {}
        self._folders: dict[str, set[str]] = {"/": set()}
        self._locks: set[str] = set()

    @property
    def boot_id(self) -> str:
        """Another one after each crash."""
        return f"memory-{self.life}"

    def change(self, path: str, grown: int) -> None:
        """Count a change; fail it where that is wanted, or where space is lacking."""
        self.changes += 1
        at = self.fail_at
        if at is not None and (self.changes == at or (self.fail_forever and self.changes > at)):
            raise OSError(self.fail_errno, os.strerror(self.fail_errno), path)
        if grown > 0 and self.capacity is not None and self.used + grown > self.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        self.used += grown

    def crash(self, keep: Callable[[int], int] = lambda unsynced: 0) -> None:
        """Lose what wasn't synced, but for the first `keep(n)` of a file's n unsynced bytes."""
        self.life += 1
        self._locks.clear()
        self.fail_at = None
        for node in self._files.values():
            unsynced = len(node.data) - node.synced
            if unsynced > 0:
                left = node.synced + keep(unsynced)
                self.used -= len(node.data) - left
                # a new object: whoever still holds the old one must not see it change
                node.data = node.data[:left]
            node.synced = len(node.data)

    def _node(self, path: str) -> _Node:
        node = self._files.get(path)
        if node is None:
            kind = errno.EISDIR if path in self._folders else errno.ENOENT
            raise OSError(kind, os.strerror(kind), path)
        return node

    def _enter(self, path: str) -> None:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._folders[folder].add(name)

    def _leave(self, path: str) -> None:
        folder, name = os.path.split(path)
        self._folders[folder].discard(name)

    def open(self, path: str) -> MemoryFile:
        node = self._files.get(path)
        if node is None:
            if path in self._folders:
                self._node(path)
            self.change(path, 0)
            self._enter(path)
            node = self._files[path] = _Node()
        return MemoryFile(self, path, node)

    def exists(self, path: str) -> bool:
        return path in self._files or path in self._folders

    def list(self, path: str) -> list[str]:
        if path not in self._folders:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return sorted(self._folders[path])

    def is_dir(self, path: str) -> bool:
        return path in self._folders

    def make_dirs(self, path: str) -> None:
        if path in self._folders:
            return
        parent = os.path.dirname(path)
        self.make_dirs(parent)
        self.change(path, 0)
        self._enter(path)
        self._folders[path] = set()

    def size(self, path: str) -> int:
        return len(self._node(path).data)

    def read(self, path: str) -> bytes:
        return bytes(self._node(path).data)

    def write(self, path: str, data: bytes, *, sync: bool = True) -> None:
        old = self._files.get(path)
        self.change(path, len(data) - (len(old.data) if old else 0))
        self._enter(path)
        self._files[path] = _Node(data, len(data) if sync else 0)

    def rename(self, old: str, new: str) -> None:
        if old in self._files:
            self.change(old, -len(self._files[new].data) if new in self._files else 0)
            self._enter(new)
            self._files[new] = self._files.pop(old)
        elif old in self._folders:
            self.change(old, 0)
            self._enter(new)
            below = old + "/"
            for tree in (self._files, self._folders):
                for path in [p for p in tree if p == old or p.startswith(below)]:
                    tree[new + path[len(old) :]] = tree.pop(path)  # type: ignore[assignment]
        else:
            self._node(old)
        if old != new:
            self._leave(old)

    def remove(self, path: str) -> None:
        node = self._node(path)
        self.change(path, -len(node.data))
        del self._files[path]
        self._leave(path)

    def remove_tree(self, path: str) -> None:
        for name in self.list(path):
            below = f"{path}/{name}"
            if below in self._folders:
                self.remove_tree(below)
            else:
                self.remove(below)
        self.change(path, 0)
        del self._folders[path]
        self._leave(path)

    def sync(self, path: str) -> None:
        node = self._node(path)
        self.change(path, 0)
        node.synced = len(node.data)

    def sync_dir(self, path: str) -> None:
        self.change(path, 0)

    def space(self, path: str) -> Space:
        total = 1 << 40 if self.capacity is None else self.capacity
        return Space(total, total - self.used)

    def lock(self, path: str) -> _MemoryLock:
        self._enter(path)
        self._files.setdefault(path, _Node())
        if path in self._locks:
            raise BlockingIOError(errno.EWOULDBLOCK, "locked by another node", path)
        self._locks.add(path)
        return _MemoryLock(self._locks, path)

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        return _Done(job())

    def worker(self) -> Worker:
        from msklite.log.jobs import InlineWorker  # the cleaner, which few clusters need

        return InlineWorker(self)
