"""What a log knows of transactions: which are open, and how far its records are decided.

A record is decided when the marker of its transaction is committed. The first one that isn't bounds
what a reader of committed records may see: the last stable offset is the smaller of it and the high
watermark.

- `ongoing`: transactions without a marker, by their first offset; ascending, as offsets only grow.
- `unreplicated`: those whose marker lies at or above the high watermark. They too are undecided:
  the marker may still be cut off.

Source: Kafka's ProducerStateManager.
"""

from __future__ import annotations

from typing import NamedTuple


class CompletedTxn(NamedTuple):
    """A transaction that ended: its first record's offset, and its marker's."""

    producer_id: int
    first_offset: int
    last_offset: int
    aborted: bool


class OpenTransactions:
    """See the module."""

    __slots__ = ("ongoing", "unreplicated")

    def __init__(self) -> None:
        self.ongoing: dict[int, int] = {}
        """Producer id by first offset."""
        self.unreplicated: dict[int, int] = {}
        """The marker's offset by first offset."""

    def begin(self, producer_id: int, first_offset: int) -> None:
        """A producer's first record of a transaction."""
        self.ongoing[first_offset] = producer_id

    def complete(self, done: CompletedTxn) -> None:
        """Its marker is in the log."""
        self.ongoing.pop(done.first_offset, None)
        self.unreplicated[done.first_offset] = done.last_offset

    def stable_after(self, done: CompletedTxn) -> int:
        """What the last stable offset will be once `done` is committed (before `complete`)."""
        for first, producer_id in self.ongoing.items():
            if producer_id != done.producer_id:
                return first
        return done.last_offset + 1

    def committed(self, high_watermark: int) -> None:
        """Markers below the high watermark have decided their transactions."""
        self.unreplicated = {
            first: last for first, last in self.unreplicated.items() if last >= high_watermark
        }

    def first_undecided(self) -> int:
        """The smallest first offset of all, -1 without any."""
        first = next(iter(self.ongoing), -1)
        if self.unreplicated:
            least = min(self.unreplicated)
            return least if first < 0 else min(first, least)
        return first
