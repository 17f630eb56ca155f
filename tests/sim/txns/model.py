"""What became of each transaction, and the checks of what readers of committed records see.

A transaction whose commit nobody asked for may never be read; one whose commit was acknowledged
must be, whole and in order; where the answer to the request never came, all of it or nothing. The
same goes for the offsets that it commits, and those don't go back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from tests.sim.model import Key

Found = list[tuple[int, bytes]]


class Fate(Enum):
    """How a transaction stands."""

    OPEN = "was never committed"
    ASKED = "may have been committed"
    COMMITTED = "was committed"


@dataclass
class Txn:
    """One transaction: what was acknowledged within it."""

    name: str
    began_us: int
    fate: Fate = Fate.OPEN
    sent: dict[Key, list[bytes]] = field(default_factory=dict)
    """In the order of their sequence numbers, which that of acknowledgements need not be: a batch
    whose answer was lost may be refused for want of replicas, and the next one taken."""
    values: dict[Key, list[bytes]] = field(default_factory=dict)
    offsets: dict[Key, int] = field(default_factory=dict)
    """What a group has come to with it."""
    count: int = 0

    def next_value(self, what: str) -> bytes:
        """A value that nobody else writes."""
        self.count += 1
        return f"{self.name}.{self.count}/{what}".encode()


class TxnModel:
    """All transactions of a run. `blame` is called with each promise that was broken."""

    def __init__(self, blame: Callable[[str], None]) -> None:
        self.txns: list[Txn] = []
        self.commits = 0
        self.floors: dict[Key, int] = {}
        """How far the group has come for certain."""
        self._owners: dict[bytes, Txn] = {}
        self._offsets: dict[tuple[Key, int], list[Txn]] = {}
        self._blame = blame

    def begin(self, name: str, now_us: int) -> Txn:
        """Somebody begins one."""
        txn = Txn(f"{name}.{len(self.txns)}", now_us)
        self.txns.append(txn)
        return txn

    def sent(self, txn: Txn, key: Key, values: list[bytes]) -> None:
        """Values are on their way within it."""
        txn.sent.setdefault(key, []).extend(values)
        self._owners.update(dict.fromkeys(values, txn))

    def acknowledged(self, txn: Txn, key: Key, values: list[bytes]) -> None:
        """They were acknowledged."""
        txn.values.setdefault(key, []).extend(values)

    def committed(self, txn: Txn) -> None:
        """Its commit was answered with NONE."""
        txn.fate = Fate.COMMITTED
        self.commits += 1
        for key, offset in txn.offsets.items():
            self.floors[key] = max(self.floors.get(key, 0), offset)

    def read(self, key: Key, offset: int, value: bytes) -> None:
        """A reader of committed records got this."""
        txn = self._owners.get(value)
        if txn is None:
            self._blame(f"{key}: nobody wrote {value!r}, read at offset {offset}")
        elif txn.fate is Fate.OPEN:
            self._blame(
                f"{key}: {value!r} was read at {offset}; transaction {txn.name} was never committed"
            )

    def offsets_sent(self, txn: Txn, offsets: dict[Key, int]) -> None:
        """A group's offsets are on their way within it."""
        for place in offsets.items():
            self._offsets.setdefault(place, []).append(txn)

    def offset_read(self, key: Key, offset: int, floor: int) -> None:
        """The group is told to go on at `offset`; `floor` is that of when it asked."""
        if offset < floor:
            self._blame(f"{key} was committed to {floor} within a transaction, and is {offset} now")
        owners = self._offsets.get((key, offset), [])
        if offset and all(txn.fate is Fate.OPEN for txn in owners):
            names = [txn.name for txn in owners]
            self._blame(f"{key} is committed to {offset}; {names} were never committed")

    def whole(self, found: dict[Key, Found]) -> None:
        """All partitions were read by readers of committed records, at rest."""
        for key, rows in found.items():
            for offset, value in rows:
                self.read(key, offset, value)
        where = {key: {value: o for o, value in rows} for key, rows in found.items()}
        for key, rows in found.items():
            if len(where[key]) != len(rows):
                self._blame(f"{key}: a record stands twice")
        for txn in self.txns:
            mine = [(key, where[key].get(v)) for key, vs in txn.values.items() for v in vs]
            there = [offset for _, offset in mine if offset is not None]
            if txn.fate is Fate.COMMITTED and len(there) < len(mine):
                lost = next(key for key, offset in mine if offset is None)
                self._blame(f"{lost}: transaction {txn.name} was committed, a record is lost")
            elif txn.fate is Fate.ASKED and there and len(there) < len(mine):
                self._blame(f"transaction {txn.name} is there in part: {mine}")
            for key in txn.values:
                found_at = (where[key].get(value) for value in txn.sent[key])
                offsets = [o for o in found_at if o is not None]
                if offsets != sorted(offsets):
                    self._blame(f"{key}: the records of {txn.name} are out of order")
