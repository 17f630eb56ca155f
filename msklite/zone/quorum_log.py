"""The metadata log in one file, until log.Log takes its place."""

from __future__ import annotations

from msklite.wire.batch import BatchError, check_batch, iter_headers
from msklite.wire.primitives import Buffer
from msklite.world import Storage


class FileLog:
    """raft.log.RaftLog on a single segment."""

    def __init__(self, storage: Storage, directory: str) -> None:
        storage.make_dirs(directory)
        self._file = storage.open(f"{directory}/{0:020d}.log")
        self._batches: list[tuple[int, int, int, int, int]] = []  # base, next, epoch, pos, size
        data, pos = self._file.read(0, self._file.size()), 0
        while pos < len(data):
            try:
                h = check_batch(data, pos, len(data), client=False)
            except BatchError:
                self._file.truncate(pos)
                break
            self._batches.append((h.base_offset, h.next_offset, h.leader_epoch, pos, h.length))
            pos += h.length
        self._empty_at = 0

    @property
    def start_offset(self) -> int:
        return self._batches[0][0] if self._batches else self._empty_at

    @property
    def end_offset(self) -> int:
        return self._batches[-1][1] if self._batches else self._empty_at

    def epochs(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for base, _, epoch, _, _ in self._batches:
            if not found or found[-1][0] < epoch:
                found.append((epoch, base))
        return found

    def append(self, batch: Buffer) -> None:
        at = self._file.size()
        self._file.append(batch)
        for h in iter_headers(batch):
            self._batches.append((h.base_offset, h.next_offset, h.leader_epoch, at, h.length))
            at += h.length

    def read(self, offset: int, max_bytes: int) -> bytes:
        found = [(pos, size) for _, end, _, pos, size in self._batches if end > offset]
        if not found:
            return b""
        total = 0
        for _, size in found:
            if total and total + size > max_bytes:
                break
            total += size
        return self._file.read(found[0][0], total)

    def truncate(self, end_offset: int) -> None:
        while self._batches and self._batches[-1][1] > end_offset:
            self._file.truncate(self._batches.pop()[3])

    def restart_at(self, offset: int) -> None:
        self._file.truncate(0)
        self._batches.clear()
        self._empty_at = offset

    def delete_before(self, offset: int) -> None:
        pass

    def sync(self) -> None:
        self._file.sync()

    def close(self) -> None:
        self._file.close()
