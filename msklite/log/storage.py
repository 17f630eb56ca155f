"""The disk: files through a bounded cache of descriptors, atomic replacement, locks.

Rules:
- An append is all or nothing. When the disk is full or fails half-way, the file is cut back to its
  old length and the OSError goes on.
- At most `max_open` descriptors are held; a `DiskFile` opens itself again when it is used after
  being closed for others' sake. 2,000 partitions thus work under `ulimit -n 512`.
- One handle writes to a file, and knows its length from its own writes. Handles, and `open`, belong
  to one thread: opening may take the descriptor of any other handle. Jobs in another thread may use
  `sync` of handles (it works on a descriptor of its own) and what names files by path.
- `write` replaces a whole file by way of `NAME.tmp`.

The twin in memory, with faults to order, is `memory.MemoryStorage`.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msklite.log.memory import MemoryStorage
from msklite.world import Buffer, Space, Worker

__all__ = ["DiskFile", "DiskStorage", "MemoryStorage"]
T = TypeVar("T")
_THREADS = 8
"""They wait in fsync and unlink; only a stop with many partitions uses all of them."""
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class DiskFile:
    """A file that grows at its end; see the module's rules."""

    __slots__ = ("_cache", "_cuts", "_fd", "_size", "_synced", "path", "used")

    def __init__(self, cache: _Descriptors, path: str) -> None:
        self.path = path
        self.used = True
        self._cache = cache
        self._fd = -1
        self._fd = cache.open(self, _FLAGS)
        self._size = os.fstat(self._fd).st_size
        self._cuts = 0
        self._synced = -1

    def _reopen(self) -> int:
        # Without O_CREAT: a file that was removed meanwhile must not come back empty.
        self._fd = self._cache.open(self, _FLAGS & ~os.O_CREAT)
        return self._fd

    def append(self, data: Buffer) -> None:
        fd = self._fd if self._fd >= 0 else self._reopen()
        self.used = True
        size = self._size
        try:
            written = os.pwrite(fd, data, size)
            if written != len(data):
                self._append_rest(fd, data, size + written, written)
        except OSError:
            self._cut_back(fd, size)
            raise
        self._size = size + len(data)

    def append_parts(self, parts: list[Buffer]) -> None:
        fd = self._fd if self._fd >= 0 else self._reopen()
        self.used = True
        size = self._size
        total = sum(map(len, parts))
        try:
            written = os.pwritev(fd, parts, size)
            if written != total:
                self._append_rest(fd, b"".join(parts), size + written, written)
        except OSError:
            self._cut_back(fd, size)
            raise
        self._size = size + total

    @staticmethod
    def _append_rest(fd: int, data: Buffer, pos: int, done: int) -> None:
        view = memoryview(data)
        while done < len(view):
            written = os.pwrite(fd, view[done:], pos)
            if written == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            pos += written
            done += written

    @staticmethod
    def _cut_back(fd: int, size: int) -> None:
        try:
            os.ftruncate(fd, size)
        except OSError:
            pass  # the first error is the one to tell; the next append overwrites what is left

    def read(self, pos: int, n: int) -> bytes:
        fd = self._fd if self._fd >= 0 else self._reopen()
        self.used = True
        data = os.pread(fd, n, pos)
        if 0 < len(data) < n and pos + len(data) < self._size:
            parts = [data]  # the system gives at most 2 GiB at once, or was interrupted
            got = len(data)
            while got < n:
                data = os.pread(fd, n - got, pos + got)
                if not data:
                    break
                parts.append(data)
                got += len(data)
            return b"".join(parts)
        return data

    def size(self) -> int:
        return self._size

    def truncate(self, size: int) -> None:
        fd = self._fd if self._fd >= 0 else self._reopen()
        os.ftruncate(fd, size)
        self._cuts += 1
        self._synced = -1
        self._size = size

    def sync(self) -> None:
        # A file that is as long as at the last sync, and wasn't cut since, has nothing new.
        size, cuts = self._size, self._cuts
        if self._synced == size or not self._cache.durable:
            return
        with self._cache.lock:
            fd = os.dup(self._fd) if self._fd >= 0 else os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        if cuts == self._cuts:
            self._synced = size

    def sendfile(self, out_fd: int, pos: int, n: int) -> int:
        fd = self._fd if self._fd >= 0 else self._reopen()
        self.used = True
        return os.sendfile(out_fd, fd, pos, n)

    def close(self) -> None:
        self._cache.close(self)

    def drop_descriptor(self) -> None:
        """Called by the cache, under its lock: give the descriptor back to the system."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    @property
    def is_open(self) -> bool:
        """Whether a descriptor is held just now."""
        return self._fd >= 0


class _Descriptors:
    """The open files, oldest first; one that was used since it was last looked at goes back."""

    def __init__(self, limit: int, durable: bool) -> None:
        self.lock = threading.Lock()
        self.durable = durable
        self._limit = limit
        self._files: dict[int, DiskFile] = {}

    def open(self, file: DiskFile, flags: int) -> int:
        with self.lock:
            while len(self._files) >= self._limit:
                self._evict()
            try:
                fd = os.open(file.path, flags, 0o644)
            except OSError as e:
                if e.errno not in (errno.EMFILE, errno.ENFILE) or not self._files:
                    raise
                for _ in range(max(1, len(self._files) // 4)):
                    self._evict()
                fd = os.open(file.path, flags, 0o644)
            self._files[id(file)] = file
            return fd

    def _evict(self) -> None:
        while True:
            key = next(iter(self._files))
            file = self._files.pop(key)
            if not file.used:
                file.drop_descriptor()
                return
            file.used = False
            self._files[key] = file

    def close(self, file: DiskFile) -> None:
        with self.lock:
            self._files.pop(id(file), None)
            file.drop_descriptor()

    def close_all(self) -> None:
        with self.lock:
            for file in self._files.values():
                file.drop_descriptor()
            self._files.clear()

    def __len__(self) -> int:
        return len(self._files)


class _DiskLock:
    """A lock file, held twice; the system lets go of it when the process ends.

    flock keeps nodes of one process apart as well. Java's FileLock, by which Apache Kafka holds the
    same file, doesn't see it on Linux: it is a POSIX record lock, so that one is taken too.
    """

    def __init__(self, path: str) -> None:
        import fcntl

        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(self._fd)
            raise BlockingIOError(errno.EWOULDBLOCK, "locked by another node", path) from e

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class DiskStorage:
    """`world.Storage` on the real file system.

    Not `durable`: nothing is ever synced, for folders that go with the process. A crash of the
    process still loses nothing, only one of the machine would.
    """

    def __init__(self, max_open: int = 256, *, durable: bool = True) -> None:
        self._cache = _Descriptors(max_open, durable)
        self._pool: ThreadPoolExecutor | None = None

    @property
    def boot_id(self) -> str:
        """The running kernel's, where it has one (Linux): its page cache holds what we wrote."""
        try:
            return self.read("/proc/sys/kernel/random/boot_id").decode("ascii").strip()
        except (OSError, ValueError):
            return ""

    @property
    def open_files(self) -> int:
        """How many descriptors are held."""
        return len(self._cache)

    def open(self, path: str) -> DiskFile:
        return DiskFile(self._cache, path)

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def list(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(path)

    def make_dirs(self, path: str) -> None:
        os.makedirs(path, exist_ok=True)

    def size(self, path: str) -> int:
        return os.stat(path).st_size

    def read(self, path: str) -> bytes:
        with open(path, "rb", buffering=0) as file:
            return file.read()

    def write(self, path: str, data: bytes, *, sync: bool = True) -> None:
        temporary = path + ".tmp"
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                if sync and self._cache.durable:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError:
            try:
                os.unlink(temporary)
            except OSError:
                pass
            raise
        os.replace(temporary, path)
        if sync:
            self.sync_dir(os.path.dirname(path))

    def rename(self, old: str, new: str) -> None:
        os.rename(old, new)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def remove_tree(self, path: str) -> None:
        shutil.rmtree(path)

    def sync(self, path: str) -> None:
        if not self._cache.durable:
            return
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    sync_dir = sync

    def space(self, path: str) -> Space:
        found = os.statvfs(path)
        return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def lock(self, path: str) -> _DiskLock:
        return _DiskLock(path)

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        import asyncio

        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="msklite-disk")
        loop = asyncio.get_running_loop()
        try:
            return loop.run_in_executor(self._pool, job)
        except RuntimeError:
            # Python is ending and lends no threads any more: a last clean stop does without.
            done: asyncio.Future[T] = loop.create_future()
            try:
                done.set_result(job())
            except Exception as error:
                done.set_exception(error)
            return done

    def worker(self) -> Worker:
        from msklite.log.worker import WorkerProcess  # it brings subprocess: not for every start

        return WorkerProcess(self._cache.durable)

    def close(self) -> None:
        """Close all descriptors and end the threads, after the jobs they have."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self._cache.close_all()
