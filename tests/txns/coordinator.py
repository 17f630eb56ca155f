"""A transaction coordinator on a clock of its own: operations in, answers out, and its log.

After every operation its records are replayed into the machine, as the runtime does, and a second
machine that is fed the whole log must have the same durable state. `fail_over` makes that one the
coordinator.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from msklite.errors import Code
from msklite.machine import Reply, Result
from msklite.txns import records
from msklite.txns.config import TxnConfig
from msklite.txns.machine import Producer, TxnMachine, WriteMarkers
from msklite.txns.transaction import Partition, Transaction

TIMEOUT = 60_000
A0: Partition = ("a", 0)
A1: Partition = ("a", 1)
B0: Partition = ("b", 0)


@dataclass
class Coordinator:
    """A machine that leads, its clock and its log."""

    level: int = 2
    config: TxnConfig = field(default_factory=TxnConfig)
    mono: int = 1_000
    now: int = 1_700_000_000_000
    log: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    markers: list[WriteMarkers] = field(default_factory=list)
    """Those that the host was asked to write, and hasn't yet."""
    next_id: int = 100

    def __post_init__(self) -> None:
        self.machine = self.fresh()
        self.take(self.machine.elected(self.mono, self.now))

    def fresh(self) -> TxnMachine:
        """A machine that knows what the log says."""
        machine = TxnMachine(self.config, lambda: self.level)
        for key, value in self.log:
            machine.replay(key, value, self.now)
        return machine

    def fail_over(self) -> None:
        """This coordinator is gone with all that it had in mind; the next one reads the log."""
        self.machine.resign()
        self.markers.clear()
        self.machine = self.fresh()
        self.take(self.machine.elected(self.mono, self.now))

    def take(self, result: Result, *, written: bool = True) -> Any:
        """Write and replay what an operation wants; its answer. Not `written`: the disk refuses."""
        if result.records and not written:
            return None
        for key, value in result.records:
            self.log.append((key, value))
            self.machine.replay(key, value, self.now)
        assert self.fresh().snapshot() == self.machine.snapshot()
        answer = None
        for effect in result.effects:
            if isinstance(effect, Reply):
                assert answer is None and effect.token == "token"
                answer = effect.response
            else:
                assert isinstance(effect, WriteMarkers)
                self.markers.append(effect)
        return answer

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def of(self, tid: str = "t") -> Transaction:
        return self.machine.transactions[tid]

    # -- operations -----------------------------------------------------------------------------

    def init(
        self, tid: str = "t", expected: tuple[int, int] | None = None, timeout: int = TIMEOUT
    ) -> Producer | Code:
        """InitProducerId: the producer, or why there is none."""
        found = self.take(self.machine.init(tid, timeout, expected, self.new_id, "token", self.now))
        code = Code(found.error_code)
        if code is not Code.NONE:
            assert (found.producer_id, found.producer_epoch) == (-1, -1)
            return code
        return Producer(tid, found.producer_id, found.producer_epoch)

    def begin(self, tid: str = "t") -> Producer:
        """InitProducerId that must succeed."""
        found = self.init(tid)
        assert isinstance(found, Producer), found
        return found

    def aged(self, epoch: int, tid: str = "t") -> Producer:
        """A producer that has come to `epoch`, as the log of another coordinator tells."""
        self.begin(tid)
        t = replace(self.of(tid), epoch=epoch)
        self.log.append((records.key(tid), records.value(t, self.level)))
        self.fail_over()
        return Producer(tid, t.producer_id, epoch)

    def add(self, p: Producer, *places: Partition, version: int = 2) -> Code:
        """AddPartitionsToTxn; all partitions have one code."""
        return one_code(self.take(self.machine.add(p, places or (A0,), version, "token", self.now)))

    def verify(self, p: Producer, *places: Partition) -> dict[Partition, Code]:
        """AddPartitionsToTxn that only asks."""
        found = self.take(self.machine.verify(p, places, "token"))
        return {
            (t.name, row.partition_index): Code(row.partition_error_code)
            for t in found.topic_results
            for row in t.results_by_partition
        }

    def end(self, p: Producer, commit: bool = True, version: int = 2) -> Producer | Code:
        """EndTxn: the producer as it goes on (the same for older clients), or the error."""
        found = self.take(self.machine.end(p, commit, version, self.new_id, "token", self.now))
        code = Code(found.error_code)
        if code is not Code.NONE or version < 2:
            assert (found.producer_id, found.producer_epoch) == (-1, -1)
        if code is not Code.NONE:
            return code
        if version < 2:
            return p
        return Producer(p.transactional_id, found.producer_id, found.producer_epoch)

    def mark(self) -> WriteMarkers:
        """The host has written the markers of the one transaction that waits for them."""
        (effect,) = self.markers
        self.mark_all()
        return effect

    def mark_all(self) -> None:
        done, self.markers = self.markers, []
        for m in done:
            self.take(self.machine.completed(m.transactional_id, m.producer_id, m.epoch, self.now))

    def wait(self, ms: int) -> None:
        """Let time pass, with the ticks that are due in it."""
        end = self.mono + ms
        while True:
            due = self.machine.next_tick_ms()
            if due is None or due > end:
                break
            step = max(due - self.mono, 1)
            self.mono += step
            self.now += step
            self.take(self.machine.tick(self.mono, self.now))
        self.now += end - self.mono
        self.mono = end


def one_code(result: Any) -> Code:
    """The code that all partitions of an answer have."""
    (code,) = {
        row.partition_error_code for t in result.topic_results for row in t.results_by_partition
    }
    return Code(code)
