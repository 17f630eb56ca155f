"""Zones that are well keep their brokers in the cluster, whatever becomes of the others.

A majority of zones that run, can reach each other and have sound disks, for WELL_S without a break,
has its brokers unfenced in the image of each: long before, they have found a controller and been
heard by it. The same is asked of a single zone. Any other zone must be seen by all of them or by
none: where only some see the active controller, they don't depose it for the others (KIP-996).
And all controllers must be voters: of two that are left, both are needed. A broker that is a
process of its own is asked for beside each majority of controllers, as if it were one of them.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from tests.sim import peek

if TYPE_CHECKING:
    from tests.sim.cluster import Machine
    from tests.sim.world import Sim

WELL_S = 8.0


class Liveness:
    """`look` every now and then."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        voters = [m for m in sim.machines if m.spec.has_controller]
        self._voters = len(voters)
        alone: list[tuple[Machine, ...]] = [(m,) for m in sim.machines if not m.spec.has_controller]
        self._since: dict[tuple[Machine, ...], int] = {
            (*majority, *broker): 0
            for majority in combinations(voters, len(voters) // 2 + 1)
            for broker in alone or [()]
        }

    def look(self) -> None:
        """See which majorities are well, and whether all is well in them."""
        now = self._sim.loop.now_us
        for group, since in self._since.items():
            if not self._well(group):
                self._since[group] = now
            elif now - since > WELL_S * 1e6:
                self._check(group)
                self._since[group] = now

    def _well(self, group: tuple[Machine, ...]) -> bool:
        joined = self._sim.network.joined
        others = [m for m in self._sim.machines if m not in group]
        return (
            all(_well(m) for m in group)
            and all(self._all_vote(m) for m in group)
            and all(joined(a.site, b.site) for a, b in combinations(group, 2))
            and all(len({joined(m.site, other.site) for m in group}) == 1 for other in others)
        )

    def _all_vote(self, machine: Machine) -> bool:
        """Whether the machine knows of no voter that was taken out, and is one itself."""
        node = None if machine.zone is None else peek.raft(machine.zone)
        if node is None or not machine.spec.has_controller:
            return True
        return node.state.is_voter and len(node.state.voters.ids) == self._voters

    def _check(self, group: tuple[Machine, ...]) -> None:
        for seen_by in group:
            image = peek.image(seen_by.zone) if seen_by.zone is not None else None
            for machine in group:
                for broker in machine.spec.brokers:
                    known = image.brokers.get(broker) if image is not None else None
                    if known is None or known.fenced:
                        sites = " and ".join(m.site for m in group)
                        self._sim.checks.blame(
                            f"{sites} were well for {WELL_S:.0f} s, and in {seen_by.site} "
                            f"broker {broker} is fenced"
                        )


def _well(machine: Machine) -> bool:
    return (
        machine.up
        and machine.process is not None
        and machine.process.state == 0
        and not machine.faulty
        and not machine.broken
        and machine.disk.slow_us == 0
    )
