"""What the controller of a simulation of replicas says on a partition, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msklite.errors import Code


@dataclass(frozen=True)
class State:
    """The controller's word on one partition."""

    leader: int
    leader_epoch: int
    partition_epoch: int
    isr: tuple[int, ...]

    def changed(self, leader: int, isr: tuple[int, ...]) -> State:
        """Its next word; another leader has a new epoch."""
        moved = leader != self.leader
        return State(leader, self.leader_epoch + moved, self.partition_epoch + 1, isr)

    def judged(
        self,
        epochs: tuple[int, int],
        isr: list[tuple[int, int]],
        may_join: Callable[[int, int], bool],
    ) -> Code:
        """The answer to an AlterPartition, as metadata/isr_changes judges it; NONE: it is done."""
        if epochs[0] < self.leader_epoch:
            return Code.FENCED_LEADER_EPOCH
        if epochs[1] < self.partition_epoch:
            return Code.INVALID_UPDATE_VERSION
        if not all(may_join(b, e) for b, e in isr):
            return Code.INELIGIBLE_REPLICA
        return Code.NONE
