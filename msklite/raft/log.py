"""The small log protocol that the shell of a raft node needs; `log.Log` serves it, by an adapter.

Batches come with their offsets and epochs set. `append` only hands bytes to the system; `sync`
makes them survive a power loss, and may run in another thread.
"""

from __future__ import annotations

from typing import Protocol

from msklite.wire.primitives import Buffer


class RaftLog(Protocol):
    """A log of whole batches."""

    @property
    def start_offset(self) -> int: ...

    @property
    def end_offset(self) -> int: ...

    def epochs(self) -> list[tuple[int, int]]:
        """(epoch, start offset) of each epoch in the log, ascending."""
        ...

    def append(self, batch: Buffer) -> None:
        """Add whole batches that continue the log: all or none, OSError."""
        ...

    def read(self, offset: int, max_bytes: int) -> bytes:
        """Whole batches from the one that holds `offset` on; at least one if there is any."""
        ...

    def truncate(self, end_offset: int) -> None:
        """Cut everything from `end_offset` on."""
        ...

    def restart_at(self, offset: int) -> None:
        """Drop everything; the log goes on at `offset` (a snapshot has what was before)."""
        ...

    def delete_before(self, offset: int) -> None:
        """A snapshot holds everything below: let go of what can go."""
        ...

    def sync(self) -> None: ...

    def close(self) -> None: ...


class MemoryLog:
    """The protocol on a list, for tests of the core."""

    def __init__(self, start_offset: int = 0) -> None:
        self._batches: list[tuple[int, int, int, bytes]] = []  # base, next, epoch, bytes
        self.start_offset = start_offset
        self.synced_offset = start_offset

    @property
    def end_offset(self) -> int:
        return self._batches[-1][1] if self._batches else self.start_offset

    def epochs(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for base, _, epoch, _ in self._batches:
            if not found or found[-1][0] < epoch:
                found.append((epoch, base))
        return found

    def append(self, batch: Buffer) -> None:
        from msklite.wire.batch import iter_headers

        pos, data = 0, bytes(batch)
        for h in iter_headers(data):
            assert h.base_offset >= self.end_offset, (h.base_offset, self.end_offset)
            piece = data[pos : pos + h.length]
            self._batches.append((h.base_offset, h.next_offset, h.leader_epoch, piece))
            pos += h.length

    def read(self, offset: int, max_bytes: int) -> bytes:
        out = b""
        for _, end, _, data in self._batches:
            if end > offset:
                if out and len(out) + len(data) > max_bytes:
                    break
                out += data
        return out

    def truncate(self, end_offset: int) -> None:
        while self._batches and self._batches[-1][1] > end_offset:
            self._batches.pop()
        self.synced_offset = min(self.synced_offset, end_offset)

    def restart_at(self, offset: int) -> None:
        self._batches.clear()
        self.start_offset = self.synced_offset = offset

    def delete_before(self, offset: int) -> None:
        while self._batches and self._batches[0][1] <= offset:
            self.start_offset = self._batches.pop(0)[1]

    def sync(self) -> None:
        self.synced_offset = self.end_offset

    def close(self) -> None:
        pass
