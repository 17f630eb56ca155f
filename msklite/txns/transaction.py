"""One transactional id as its coordinator knows it, and the moves that are open to it.

    Empty -> Ongoing -> PrepareCommit -> CompleteCommit -> Ongoing ...
                     -> PrepareAbort  -> CompleteAbort  -> Ongoing ...

InitProducerId leads from the states without an open transaction to Empty. Each move makes a new
object; the machine writes it down, and it counts when it is replayed.

Two generations (KIP-890). Before transaction.version 2 a producer keeps its epoch until
InitProducerId raises it. From then on each end of a transaction raises it, so that nothing late can
slip into the next one; `client_version` says by which rules the current transaction goes. An epoch
that can't rise any further is replaced with a new producer id: `next_producer_id` is kept until the
markers, which need the old one, are written.

Source: Kafka's TransactionMetadata.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

MAX_EPOCH = 0x7FFF
Partition = tuple[str, int]
NOBODY = -1


class State(IntEnum):
    """A transaction's state, numbered as in its records."""

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5
    DEAD = 6
    PREPARE_EPOCH_FENCE = 7

    @property
    def label(self) -> str:
        """As on the wire."""
        return "".join(word.capitalize() for word in self.name.split("_"))


STATES = {state.label: state for state in State}
AT_REST = frozenset({State.EMPTY, State.COMPLETE_COMMIT, State.COMPLETE_ABORT})
"""Nothing is open."""
ENDING = frozenset({State.PREPARE_COMMIT, State.PREPARE_ABORT})
"""Decided; its markers are being written."""


def exhausted(epoch: int) -> bool:
    """The last epoch is left free, so that a producer can always be fenced."""
    return epoch >= MAX_EPOCH - 1


@dataclass(slots=True, frozen=True)
class Transaction:
    """See the module. Times are the cluster's now_ms, `start_ms` is -1 where none has begun."""

    transactional_id: str
    producer_id: int
    epoch: int
    timeout_ms: int
    state: State = State.EMPTY
    partitions: frozenset[Partition] = frozenset()
    start_ms: int = -1
    updated_ms: int = -1
    previous_producer_id: int = NOBODY
    next_producer_id: int = NOBODY
    client_version: int = 0

    def init(self, producer_id: int, epoch: int, timeout_ms: int, now_ms: int) -> Transaction:
        """A producer begins, or begins anew."""
        return replace(
            self,
            producer_id=producer_id,
            previous_producer_id=self.producer_id,
            epoch=epoch,
            timeout_ms=timeout_ms,
            state=State.EMPTY,
            partitions=frozenset(),
            start_ms=-1,
            updated_ms=now_ms,
        )

    def add(
        self, partitions: frozenset[Partition], client_version: int, now_ms: int
    ) -> Transaction:
        """Partitions join; the first ones open the transaction."""
        return replace(
            self,
            state=State.ONGOING,
            partitions=self.partitions | partitions,
            start_ms=now_ms if self.state in AT_REST else self.start_ms,
            updated_ms=now_ms,
            previous_producer_id=self.producer_id,
            client_version=client_version,
        )

    def end(
        self, commit: bool, epoch: int, next_producer_id: int, client_version: int, now_ms: int
    ) -> Transaction:
        """The outcome is decided, its markers will bear `epoch`."""
        return replace(
            self,
            state=State.PREPARE_COMMIT if commit else State.PREPARE_ABORT,
            epoch=epoch,
            start_ms=now_ms if self.state in AT_REST else self.start_ms,
            updated_ms=now_ms,
            previous_producer_id=self.producer_id,
            next_producer_id=next_producer_id,
            client_version=client_version,
        )

    def complete(self, now_ms: int) -> Transaction:
        """All markers are written."""
        commit = self.state is State.PREPARE_COMMIT
        rotated = self.client_version >= 2 and self.next_producer_id != NOBODY
        return replace(
            self,
            state=State.COMPLETE_COMMIT if commit else State.COMPLETE_ABORT,
            producer_id=self.next_producer_id if rotated else self.producer_id,
            previous_producer_id=self.producer_id,
            next_producer_id=NOBODY,
            epoch=0 if rotated else self.epoch,
            partitions=frozenset(),
            updated_ms=now_ms,
        )

    @property
    def deadline_ms(self) -> int:
        """The last moment of an open transaction."""
        return self.start_ms + self.timeout_ms
