"""What clients were promised, and the checks of what they see.

A value is written once by one producer: b"producer/n", n growing. The model knows for each
partition which values were sent, which were acknowledged and where, and what anybody read at
which offset. It is told of power losses that the fault model doesn't cover (one replica, not
flushed): then it forgets what lay beyond the flushed part, and only that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Key: TypeAlias = tuple[str, int]


@dataclass
class PartitionModel:
    """One partition."""

    name: str
    sent: dict[bytes, None] = field(default_factory=dict)
    acked: dict[bytes, int] = field(default_factory=dict)
    """Offset by value; -1 where the answer didn't say."""
    at: dict[int, bytes] = field(default_factory=dict)
    """What stands at an offset, as told or read."""
    where: dict[bytes, int] = field(default_factory=dict)
    losses: int = 0
    """How often a power loss took records that weren't flushed."""


@dataclass
class GroupModel:
    """What a group committed for one partition."""

    acked: int = -1
    processed: int = 0
    """One more than the last offset that a member has processed."""
    losses: int = 0


class Model:
    """All promises. `blame` is called with each that was broken."""

    def __init__(self, blame: Callable[[str], None]) -> None:
        self.partitions: dict[Key, PartitionModel] = {}
        self.groups: dict[tuple[str, Key], GroupModel] = {}
        self.created: dict[str, None] = {}
        """Topics whose creation was acknowledged, and whose deletion nobody asked for."""
        self.deleted: dict[str, None] = {}
        self.flushed_topics: dict[str, None] = {}
        """Topics with flush.messages=1: not even a power loss may take what was acknowledged."""
        self.acks = self.reads = self.commits = 0
        self._blame = blame

    def partition(self, key: Key) -> PartitionModel:
        """The model of a partition."""
        found = self.partitions.get(key)
        if found is None:
            found = self.partitions[key] = PartitionModel(f"{key[0]}-{key[1]}")
        return found

    def group(self, group: str, key: Key) -> GroupModel:
        """The model of a group's offsets in a partition."""
        return self.groups.setdefault((group, key), GroupModel())

    # -- records ------------------------------------------------------------------------------

    def acknowledged(self, key: Key, values: list[bytes], base_offset: int) -> None:
        """A produce was answered with NONE; -1 is the answer to a duplicate."""
        p = self.partition(key)
        for i, value in enumerate(values):
            offset = base_offset + i if base_offset >= 0 else -1
            p.acked[value] = offset
            self.acks += 1
            if offset >= 0:
                self._place(p, offset, value, "acknowledged")

    def read(self, key: Key, offset: int, value: bytes) -> None:
        """Somebody read a record."""
        p = self.partition(key)
        self.reads += 1
        if value not in p.sent:
            self._blame(f"{p.name}: nobody wrote {value!r}, read at offset {offset}")
        self._place(p, offset, value, "read")

    def _place(self, p: PartitionModel, offset: int, value: bytes, how: str) -> None:
        known = p.at.get(offset)
        if known is None:
            p.at[offset] = value
        elif known != value:
            self._blame(f"{p.name}: {value!r} was {how} at offset {offset}, where {known!r} stood")
        other = p.where.setdefault(value, offset)
        if other != offset:
            self._blame(f"{p.name}: {value!r} stands twice, at {other} and at {offset}")

    def power_lost(self, key: Key, flushed: int) -> None:
        """Everything from offset `flushed` on may be gone."""
        p = self.partition(key)
        if key[0] in self.flushed_topics:
            unsafe = [v for v, o in p.acked.items() if o >= flushed]
            if unsafe:
                self._blame(
                    f"{p.name}: {unsafe[0]!r} was acknowledged at {p.acked[unsafe[0]]}, "
                    f"flush.messages is 1, but only what is below {flushed} was flushed"
                )
        p.losses += 1
        for offset in [o for o in p.at if o >= flushed]:
            value = p.at.pop(offset)
            p.where.pop(value, None)
            p.acked.pop(value, None)
        for value in [v for v, o in p.acked.items() if o < 0 and v not in p.where]:
            del p.acked[value]

    def groups_power_lost(self) -> None:
        """Committed offsets that weren't flushed may be gone."""
        for group in self.groups.values():
            group.acked = -1
            group.losses += 1

    def whole(self, key: Key, found: list[tuple[int, bytes]]) -> None:
        """A partition was read from start to end, at rest: is everything there, in order?"""
        p = self.partition(key)
        values = dict.fromkeys(value for _, value in found)
        for value, offset in p.acked.items():
            if value not in values:
                self._blame(f"{p.name}: {value!r}, acknowledged at offset {offset}, is lost")
        end = found[-1][0] if found else -1
        for offset, value in p.at.items():
            if offset > end:
                self._blame(f"{p.name}: {value!r} was read at offset {offset}, the end is {end}")
        last: dict[bytes, int] = {}
        for offset, value in found:
            producer, _, n = value.rpartition(b"/")
            if int(n) <= last.get(producer, -1):
                self._blame(f"{p.name}: {value!r} at offset {offset} is out of its order")
            last[producer] = int(n)

    # -- groups -------------------------------------------------------------------------------

    def committed(self, group: str, key: Key, offset: int) -> None:
        """An OffsetCommit was answered with NONE."""
        g = self.group(group, key)
        self.commits += 1
        g.acked = max(g.acked, offset)  # answers may be late; what is fetched later tells

    def processed(self, group: str, key: Key, offset: int, first: bool) -> None:
        """A member has processed the record at `offset`; `first`: it began there."""
        g = self.group(group, key)
        if first and offset > g.processed and not self.partition(key).losses:
            self._blame(f"{group}: {key} was skipped from {g.processed} to {offset}")
        g.processed = max(g.processed, offset + 1)

    def fetched(self, group: str, key: Key, offset: int, acked: int, losses: int) -> None:
        """OffsetFetch answered; `acked` and `losses` as they were when it was sent."""
        g = self.group(group, key)
        if g.losses == losses and offset < acked:
            self._blame(f"{group}: {key} was committed to {acked} and is {offset} now")
        if offset > g.processed:
            self._blame(f"{group}: {key} is committed to {offset}, processed to {g.processed}")

    # -- topics -------------------------------------------------------------------------------

    def listed(self, names: list[str], created: list[str], deleted: list[str]) -> None:
        """Metadata named all topics; what was acknowledged when it was asked for."""
        there = dict.fromkeys(names)
        for name in created:
            if name not in there and name in self.created:
                self._blame(f"topic {name} was created and isn't there")
        for name in deleted:
            if name in there:
                self._blame(f"topic {name} was deleted and is there")
