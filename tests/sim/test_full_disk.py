"""A full disk in one zone takes that zone out of sync and nobody else; space heals it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.sim import peek
from tests.sim.client import Client, Unavailable, Wire
from tests.sim.cluster import Machine
from tests.sim.nemesis import SECOND, Nemesis
from tests.sim.world import Options, Sim

PATIENCE_S = 120


class FullDisk(Nemesis):
    """Nothing else goes wrong."""

    async def run(self) -> None:
        """Fill a disk, look at the others, make room."""
        sim = self.sim
        machine = self._random.choice(sim.machines)
        await asyncio.sleep(self._between(0, 3))
        machine.faulty = True
        if self._random.random() < 0.5:
            machine.disk.capacity = machine.disk.used() + self._random.randrange(3000)
        else:
            machine.disk.full = "/broker-"  # the controller's is another
        sim.trace.add("NEMESIS", "the disk of %s is full", machine.site)
        await self._wait(lambda: self._alone_out(machine), f"{machine.site} to be out of sync")
        acks = sim.model.acks
        await self._wait(lambda: sim.model.acks > acks + 20, "producers to go on")
        if not self._alone_out(machine):
            sim.checks.blame(f"{machine.site} is in sync again, with its disk full")
        machine.disk.capacity, machine.disk.full = None, ""
        sim.trace.add("NEMESIS", "the disk of %s has room", machine.site)
        await self._wait(self._all_in_sync, "all to be in sync again")
        self.count = sim.options.faults
        self.finished = True

    async def _wait(self, done: Callable[[], bool], what: str) -> None:
        deadline = self.sim.loop.now_us + PATIENCE_S * SECOND
        while not done():
            await asyncio.sleep(0.1)
            if self.sim.loop.now_us > deadline:
                self.sim.checks.blame(f"waited {PATIENCE_S} s for {what}")
                return

    def _alone_out(self, machine: Machine) -> bool:
        """Whether the other zones know every replica in sync, but those of this one."""
        out = set(machine.spec.brokers)
        images = [peek.image(m.zone) for m in self.sim.machines if m is not machine and m.zone]
        return all(
            set(p.isr) == set(p.replicas) - out
            for image in images
            if image is not None
            for topic in image.topics.values()
            for p in topic.partitions.values()
        )


class MovingClient(Client):
    """Asks for the leaders anew when one is gone: the zone may be away for long."""

    async def wire(self, address: tuple[str, int]) -> Wire:
        try:
            return await super().wire(address)
        except Unavailable:
            self.leaders.clear()
            raise


class FullDiskSim(Sim):
    """A run with that."""

    trouble = FullDisk

    def __init__(self, seed: int, options: Options) -> None:
        super().__init__(seed, options)
        self._changes_voters = False  # of two voters, one of them full, there is no majority

    def client(self, name: str) -> Client:
        client = MovingClient(self, name, self._source())
        self.sites.append(name)
        return client


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_full_disk_takes_only_its_own_replicas_out_of_sync(seed: int) -> None:
    report = FullDiskSim(seed, Options(zones=3)).run()
    assert not report.violations, "\n".join([*report.trace[-60:], *report.violations])
