"""Which leader epoch began at which offset: leader-epoch-checkpoint (Kafka's LeaderEpochFileCache).

Epochs and start offsets both ascend strictly. An assignment that contradicts later entries drops
them. The file is replaced at every change but synced only when the log is flushed: what isn't
flushed is read again after a crash, and epochs are in the batches. So a file that can't be written
just now (a full disk) is no error before the flush, which writes it again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import ge

from msklite.log.checkpoints import DamagedCheckpoint, read_lines, write_lines
from msklite.world import Storage

UNDEFINED = (-1, -1)


class EpochCache:
    """The epochs of one log, oldest first."""

    __slots__ = ("_epochs", "_stale", "_starts", "_storage", "dirty", "path")

    def __init__(self, storage: Storage, path: str) -> None:
        self._storage = storage
        self.path = path
        self.dirty = False
        """Whether the file changed since it was last synced."""
        self._stale = False
        self._epochs: list[int] = []
        self._starts: list[int] = []

    @classmethod
    def read(cls, storage: Storage, path: str) -> EpochCache:
        """What the file says; empty without one. DamagedCheckpoint where it can't be understood."""
        cache = cls(storage, path)
        rows = read_lines(storage, path)
        try:
            cache._epochs = [int(epoch) for epoch, _ in rows]
            cache._starts = [int(start) for _, start in rows]
        except ValueError:
            raise DamagedCheckpoint(f"{path} is damaged: an entry has the wrong form.") from None
        for column in (cache._epochs, cache._starts):
            if any(map(ge, column, column[1:])):
                raise DamagedCheckpoint(f"{path} is damaged: its entries don't ascend.")
        return cache

    def __len__(self) -> int:
        return len(self._epochs)

    @property
    def entries(self) -> list[tuple[int, int]]:
        """(epoch, start offset), oldest first."""
        return list(zip(self._epochs, self._starts, strict=True))

    @property
    def latest(self) -> int:
        """The latest epoch, or -1."""
        return self._epochs[-1] if self._epochs else -1

    def _write(self) -> None:
        self.dirty = self._stale = True
        try:
            self.save()
        except OSError:
            pass

    def save(self) -> None:
        """Write the file if the last attempt failed."""
        if self._stale:
            rows = (f"{epoch} {start}" for epoch, start in self.entries)
            write_lines(self._storage, self.path, rows, sync=False)
            self._stale = False

    def assign(self, epoch: int, start: int) -> None:
        """From `start` on, batches belong to `epoch`."""
        if epoch < 0:
            return
        epochs, starts = self._epochs, self._starts
        if epochs and epochs[-1] == epoch and start >= starts[-1]:
            return
        while epochs and (epochs[-1] >= epoch or starts[-1] >= start):
            epochs.pop()
            starts.pop()
        epochs.append(epoch)
        starts.append(start)
        self._write()

    def end_offset(self, epoch: int, log_end: int) -> tuple[int, int]:
        """The largest epoch at or below `epoch`, and the offset where it ended; (-1, -1) unknown.

        An epoch older than all known ones ended where the oldest known one begins (KIP-101).
        """
        epochs = self._epochs
        if epoch < 0 or not epochs or epoch > epochs[-1]:
            return UNDEFINED
        if epoch == epochs[-1]:
            return epoch, log_end
        higher = bisect_right(epochs, epoch)
        if higher == 0:
            return epoch, self._starts[0]
        return epochs[higher - 1], self._starts[higher]

    def epoch_at(self, offset: int) -> int:
        """The epoch that `offset` belongs to, or -1."""
        slot = bisect_right(self._starts, offset)
        return self._epochs[slot - 1] if slot else -1

    def truncate_end(self, end: int) -> None:
        """Forget epochs that begin at `end` or later."""
        keep = bisect_left(self._starts, end)
        if keep < len(self._starts):
            del self._epochs[keep:], self._starts[keep:]
            self._write()

    def truncate_start(self, start: int) -> None:
        """Forget epochs that ended at `start` or earlier; the one there now begins there."""
        gone = bisect_right(self._starts, start)
        if gone and (gone > 1 or self._starts[0] != start):
            del self._epochs[: gone - 1], self._starts[: gone - 1]
            self._starts[0] = start
            self._write()

    def clear(self) -> None:
        """Forget all."""
        if self._epochs:
            self._epochs, self._starts = [], []
            self._write()
