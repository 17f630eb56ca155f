"""What the core must know of its log: where it starts and ends, and where its epochs begin.

The records themselves stay with the shell. The core keeps this picture in step with what it told
the shell to append and truncate. Divergence is decided on it as in Kafka's
ReplicatedLog.validateOffsetAndEpoch and LeaderEpochFileCache.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from msklite.raft.messages import OffsetEpoch

FIRST_CHECKPOINT = OffsetEpoch(0, 0)
"""What format writes: it holds the voters and no data, so nobody need fetch it."""


class LogTail:
    """Offsets and epochs of a log, and its checkpoints' names."""

    __slots__ = ("_epochs", "_starts", "earliest_snapshot", "end_offset", "latest_snapshot",
                 "start_offset")  # fmt: skip

    def __init__(
        self,
        start_offset: int = 0,
        end_offset: int = 0,
        epochs: Sequence[tuple[int, int]] = (),
        snapshots: Sequence[OffsetEpoch] = (),
    ) -> None:
        """`epochs` are (epoch, start offset), ascending; `snapshots` ascending by offset."""
        self.start_offset = start_offset
        self.end_offset = end_offset
        self._epochs = [e for e, _ in epochs]
        self._starts = [s for _, s in epochs]
        self.earliest_snapshot: OffsetEpoch | None = snapshots[0] if snapshots else None
        self.latest_snapshot: OffsetEpoch | None = snapshots[-1] if snapshots else None

    @property
    def last_epoch(self) -> int:
        """Epoch of the last record; that of the newest snapshot when the log is empty, or 0."""
        if self._epochs:
            return self._epochs[-1]
        return self.latest_snapshot.epoch if self.latest_snapshot else 0

    @property
    def end(self) -> OffsetEpoch:
        return OffsetEpoch(self.end_offset, self.last_epoch)

    def append(self, epoch: int, base_offset: int, next_offset: int) -> None:
        assert base_offset == self.end_offset, (base_offset, self.end_offset)
        if not self._epochs or epoch > self._epochs[-1]:
            self._epochs.append(epoch)
            self._starts.append(base_offset)
        self.end_offset = next_offset

    def truncate(self, end_offset: int) -> None:
        self.end_offset = min(self.end_offset, end_offset)
        while self._starts and self._starts[-1] >= end_offset:
            self._starts.pop()
            self._epochs.pop()

    def compacted(self, start_offset: int, snapshots: Sequence[OffsetEpoch]) -> None:
        """Checkpoints were written or deleted, and the log's start may have moved."""
        self.start_offset = start_offset
        self.earliest_snapshot = snapshots[0] if snapshots else None
        self.latest_snapshot = snapshots[-1] if snapshots else None

    def restart(self, at: OffsetEpoch) -> None:
        """A snapshot came in the place of everything: the log goes on, empty, behind it."""
        self.start_offset = self.end_offset = at.offset
        self._epochs.clear()
        self._starts.clear()
        self.earliest_snapshot = self.latest_snapshot = at

    def end_of_epoch(self, epoch: int) -> OffsetEpoch:
        """The largest epoch <= `epoch` that the log has, and where it ends."""
        i = bisect_right(self._epochs, epoch)
        end = self._starts[i] if i < len(self._starts) else self.end_offset
        if i > 0:
            return OffsetEpoch(end, self._epochs[i - 1])
        return self.earliest_snapshot or OffsetEpoch(max(self.start_offset, 0), 0)

    def check(self, offset: int, epoch: int) -> tuple[OffsetEpoch | None, OffsetEpoch | None]:
        """Whether a replica may go on at `offset` after `epoch`: (diverging, snapshot to fetch).

        Both None: it may.
        """
        latest, earliest = self.latest_snapshot, self.earliest_snapshot
        if offset == 0 and latest is not None and latest != FIRST_CHECKPOINT:
            return None, latest  # an empty replica is quicker there by snapshot
        if self.start_offset == 0 and offset == 0:
            return None, None
        if earliest is not None and (
            offset < self.start_offset
            or (offset == self.start_offset and epoch != earliest.epoch)
            or epoch < earliest.epoch
        ):
            return None, latest
        end = self.end_of_epoch(epoch)
        if end.epoch != epoch or end.offset < offset:
            return end, None
        return None, None
