"""Somebody who turns the cluster's clock, in some of the runs: forward, faster, to a standstill.

The supervisor isn't simulated: as it would, this keeps the newest state where every zone looks when
it starts, and tells the zones that run. Which runs, and when, comes from the seed alone, so that it
disturbs no other choice of a run.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING

from msklite.clock import ClockState
from msklite.zone import steering

if TYPE_CHECKING:
    from msklite.zone.zone import Zone
    from tests.sim.cluster import Machine
    from tests.sim.world import Sim

HOUR = 3_600_000
PATH = f"/sim/{steering.FILE_NAME}"


class Steering:
    """See the module."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._random = random.Random(f"clock {sim.seed}")
        self.active = self._random.random() < 0.3
        self.state = ClockState()

    async def run(self) -> None:
        """Turn it now and then, while things go wrong."""
        rng = self._random
        while not self._sim.nemesis.stopping:
            await asyncio.sleep(0.1 + rng.random() * 3)
            self.turn(
                rng.choice(
                    (
                        {"action": "advance", "by_ms": rng.randrange(1000 * HOUR)},
                        {"action": "advance", "by_ms": rng.randrange(HOUR), "sessions": True},
                        {"action": "freeze"},
                        {"action": "rate", "rate": rng.choice((0.5, 1, 50, 10_000))},
                    )
                )
            )

    def turn(self, wish: dict[str, object]) -> None:
        """Change the state and tell it to whoever runs."""
        sim = self._sim
        self.state = state = self.state.changed(sim.god.clock.now_ms(), wish)
        sim.trace.add("CLOCK", "%s: version %d", wish, state.version)
        for machine in sim.machines:
            if machine.up and machine.process is not None and machine.zone is not None:
                sim.loop.post(machine.process, 0, self._tell, machine.zone, state)

    def _tell(self, zone: Zone, state: ClockState) -> None:
        self._sim.loop.create_task(zone.steer(state), "steer")

    def hand(self, machine: Machine) -> None:
        """A zone starts: this is what it finds."""
        if self.state.steered:
            assert machine.storage is not None
            machine.storage.write(PATH, json.dumps(self.state.to_json()).encode(), sync=False)
