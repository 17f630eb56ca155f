"""Disks that outlive processes, and lose at a power loss what wasn't synced.

A `Disk` belongs to a machine; each life of a process works on it through its own `SimStorage`,
whose locks and open files end with that life.

What a power loss leaves:
- of a file: what was synced, and any part of what wasn't, its last sectors perhaps zeros; a cut
  that wasn't synced may not have happened, and what was written after it is gone then;
- of a folder: its names at the last `sync_dir`, and the first few of the changes since. A new file
  is not found again until its folder was synced, as POSIX has it, though ext4 is kinder.
A killed process loses nothing that it had written. It can be killed within any change too
(`kill_at`): an append is then done in part, a replacement has left its `.tmp`.

Faults to order, besides MemoryStorage's own (`fail_at`, `capacity`): slow jobs (`slow_us`).
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from msklite.log.jobs import InlineWorker
from msklite.log.memory import MemoryFile, MemoryStorage, _Node
from msklite.world import Buffer, Space
from tests.sim.process import DEAD, Killed

if TYPE_CHECKING:
    from tests.sim.process import Process

T = TypeVar("T")
SECTOR = 512


class Inode(_Node):
    """A file. `before_cut` is its synced content before a truncation that isn't synced."""

    __slots__ = ("before_cut",)

    def __init__(self, data: bytes = b"", synced: int = 0) -> None:
        super().__init__(data, synced)
        self.before_cut: bytes | None = None

    def lose_power(self, rng: random.Random) -> None:
        """Keep what the disk has."""
        if self.before_cut is not None and rng.random() < 0.5:
            data = bytearray(self.before_cut)
        else:
            kept = self.synced + rng.choice((0, rng.randint(0, len(self.data) - self.synced)))
            data = self.data[:kept]
            if kept > self.synced and rng.random() < 0.3:
                at = rng.randint(self.synced, kept)
                at = max(at - at % SECTOR, self.synced)
                data[at:] = bytes(kept - at)
        self.data, self.synced, self.before_cut = data, len(data), None


class Folder:
    """A folder: its names now, those the disk knows, and the changes between, each atomic."""

    __slots__ = ("durable", "names", "pending")

    def __init__(self) -> None:
        self.names: dict[str, Entry] = {}
        self.durable: dict[str, Entry] = {}
        self.pending: list[dict[str, Entry | None]] = []

    def change(self, changes: dict[str, Entry | None]) -> None:
        _apply(self.names, changes)
        self.pending.append(changes)

    def sync(self) -> None:
        self.durable = dict(self.names)
        self.pending.clear()

    def lose_power(self, rng: random.Random) -> None:
        """Keep what the disk has, here and below."""
        for changes in self.pending[: rng.randint(0, len(self.pending))]:
            _apply(self.durable, changes)
        self.pending.clear()
        self.names = dict(self.durable)
        for entry in self.names.values():
            entry.lose_power(rng)


Entry: TypeAlias = "Inode | Folder"


def _apply(names: dict[str, Entry], changes: dict[str, Entry | None]) -> None:
    for name, entry in changes.items():
        if entry is None:
            names.pop(name, None)
        else:
            names[name] = entry


class Disk:
    """A machine's disk."""

    def __init__(self, rng: random.Random) -> None:
        self.root = Folder()
        self.boots = 1
        self.capacity: int | None = None
        self.full = ""
        """A volume of its own, for paths with this in them, is full."""
        self.slow_us = 0
        """How much longer jobs take."""
        self._random = rng

    def lose_power(self) -> None:
        """What wasn't synced is gone, or a part of it."""
        self.boots += 1
        self.root.lose_power(self._random)

    def used(self) -> int:
        """Bytes in files."""
        total, todo = 0, [self.root]
        while todo:
            for entry in todo.pop().names.values():
                if isinstance(entry, Folder):
                    todo.append(entry)
                else:
                    total += len(entry.data)
        return total


class SimFile(MemoryFile):
    """An open file of one life."""

    __slots__ = ()
    _node: Inode
    _storage: SimStorage

    def _alive(self) -> Inode:
        self._storage.check()
        return self._node

    def append(self, data: Buffer) -> None:
        node = self._alive()
        try:
            self._storage.change(self.path, len(data))
        except Killed:
            node.data += data[: self._storage.rng.randint(0, len(data))]
            raise
        node.data += data

    def truncate(self, size: int) -> None:
        node = self._alive()
        if size < node.synced and node.before_cut is None:
            node.before_cut = bytes(node.data[: node.synced])
        super().truncate(size)

    def sync(self) -> None:
        super().sync()
        self._node.before_cut = None

    def read(self, pos: int, n: int) -> bytes:
        self._storage.process.operations += 1
        return super().read(pos, n)


class _Lock:
    def __init__(self, storage: SimStorage, path: str) -> None:
        self._storage = storage
        self._path = path

    def release(self) -> None:
        self._storage.locked.pop(self._path, None)


class SimStorage(MemoryStorage):
    """`world.Storage` for one life of a process."""

    def __init__(self, disk: Disk, process: Process, rng: random.Random) -> None:
        super().__init__()
        self.disk = disk
        self.process = process
        self.rng = rng
        self.capacity = disk.capacity
        self.used = disk.used()
        self.locked: dict[str, None] = {}
        self.kill_at: int | None = None
        """The change (by `changes`) within which the process dies."""

    @property
    def boot_id(self) -> str:
        return f"boot-{self.disk.boots}"

    # -- faults -------------------------------------------------------------------------------

    def check(self) -> None:
        """Every operation: count it, and let nothing go on in a process that has just died."""
        self.process.operations += 1
        if self.process.dying or self.process.state == DEAD:
            raise Killed

    def change(self, path: str, grown: int) -> None:
        self.check()
        self.process.touched = True
        self.capacity = self.disk.capacity
        if self.kill_at is not None and self.changes + 1 >= self.kill_at:
            self.process.dying = True
            raise Killed
        if grown > 0 and self.disk.full and self.disk.full in path:
            raise _error(errno.ENOSPC, path)
        super().change(path, grown)

    # -- names --------------------------------------------------------------------------------

    def _find(self, path: str) -> Entry | None:
        entry: Entry | None = self.disk.root
        for name in path.split("/"):
            if name:
                entry = entry.names.get(name) if isinstance(entry, Folder) else None
        return entry

    def _folder_of(self, path: str) -> tuple[Folder, str]:
        folder = self._find(os.path.dirname(path))
        if not isinstance(folder, Folder):
            raise _error(errno.ENOENT, path)
        return folder, os.path.basename(path)

    def _file(self, path: str) -> Inode:
        entry = self._find(path)
        if not isinstance(entry, Inode):
            raise _error(errno.ENOENT if entry is None else errno.EISDIR, path)
        return entry

    def _folder(self, path: str) -> Folder:
        entry = self._find(path)
        if not isinstance(entry, Folder):
            raise _error(errno.ENOENT if entry is None else errno.ENOTDIR, path)
        return entry

    def open(self, path: str) -> SimFile:
        self.check()
        entry = self._find(path)
        if entry is None:
            folder, name = self._folder_of(path)
            self.change(path, 0)
            entry = Inode()
            folder.change({name: entry})
        elif isinstance(entry, Folder):
            raise _error(errno.EISDIR, path)
        return SimFile(self, path, entry)

    def exists(self, path: str) -> bool:
        self.check()
        return self._find(path) is not None

    def list(self, path: str) -> list[str]:
        self.check()
        return sorted(self._folder(path).names)

    def is_dir(self, path: str) -> bool:
        self.check()
        return isinstance(self._find(path), Folder)

    def make_dirs(self, path: str) -> None:
        self.check()
        if self._find(path) is None:
            self.make_dirs(os.path.dirname(path))
            folder, name = self._folder_of(path)
            self.change(path, 0)
            folder.change({name: Folder()})

    def size(self, path: str) -> int:
        self.check()
        return len(self._file(path).data)

    def read(self, path: str) -> bytes:
        self.check()
        return bytes(self._file(path).data)

    def write(self, path: str, data: bytes, *, sync: bool = True) -> None:
        folder, name = self._folder_of(path)
        old = folder.names.get(name)
        grown = len(data) - (len(old.data) if isinstance(old, Inode) else 0)
        new = Inode(data, len(data) if sync else 0)
        temporary = name + ".tmp"
        self.change(path, max(grown, 0))
        folder.change({temporary: new})
        self.change(path, min(grown, 0))
        folder.change({temporary: None, name: new})
        if sync:
            folder.sync()

    def rename(self, old: str, new: str) -> None:
        entry = self._find(old)
        if entry is None:
            raise _error(errno.ENOENT, old)
        source, source_name = self._folder_of(old)
        target, target_name = self._folder_of(new)
        replaced = target.names.get(target_name)
        self.change(old, -len(replaced.data) if isinstance(replaced, Inode) else 0)
        if source is target:
            source.change({source_name: None, target_name: entry})
        else:
            target.change({target_name: entry})
            source.change({source_name: None})

    def remove(self, path: str) -> None:
        node = self._file(path)
        folder, name = self._folder_of(path)
        self.change(path, -len(node.data))
        folder.change({name: None})

    def remove_tree(self, path: str) -> None:
        for name, entry in sorted(self._folder(path).names.items()):
            if isinstance(entry, Folder):
                self.remove_tree(f"{path}/{name}")
            else:
                self.remove(f"{path}/{name}")
        folder, name = self._folder_of(path)
        self.change(path, 0)
        folder.change({name: None})

    def sync(self, path: str) -> None:
        node = self._file(path)
        self.change(path, 0)
        node.synced, node.before_cut = len(node.data), None

    def sync_dir(self, path: str) -> None:
        folder = self._folder(path)
        self.change(path, 0)
        folder.sync()

    def space(self, path: str) -> Space:
        total = 1 << 40 if self.disk.capacity is None else self.disk.capacity
        return Space(total, max(total - self.used, 0))

    def lock(self, path: str) -> _Lock:  # type: ignore[override]
        self.open(path)
        if path in self.locked:
            raise BlockingIOError(errno.EWOULDBLOCK, "locked by another node", path)
        self.locked[path] = None
        return _Lock(self, path)

    # -- jobs ---------------------------------------------------------------------------------

    def run(self, job: Callable[[], T]) -> Any:
        """A job of another thread: it runs a little later, and is heard of later still."""
        loop = self.process.loop
        done = loop.create_future()
        delay = self.rng.randrange(20, 2000) + self.rng.randrange(self.disk.slow_us + 1)
        loop.post(self.process, delay, self._run, job, done)
        return done

    def worker(self) -> InlineWorker:
        """Long jobs, in slices: whatever a slice changes, the process may die in it."""
        return InlineWorker(self)

    def _run(self, job: Callable[[], T], done: Any) -> None:
        try:
            result: Any = job()
            error = None
        except Exception as e:
            error = e
        later = self.rng.randrange(5, 200)
        loop = self.process.loop
        if error is not None:
            loop.post(self.process, later, _settle, done, done.set_exception, error)
        else:
            loop.post(self.process, later, _settle, done, done.set_result, result)


def _settle(done: Any, setter: Callable[[Any], None], value: Any) -> None:
    if not done.done():
        setter(value)


def _error(code: int, path: str) -> OSError:
    return OSError(code, os.strerror(code), path)
