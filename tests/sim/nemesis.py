"""What goes wrong, and when: one fault after the other, drawn from the seed, each one healed.

`Nemesis.run` breaks things until it is told to stop; `rest` undoes everything. A zone that is down
is started again by `keep`, as a supervisor would, when its time has come.
"""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tests.sim import peek

if TYPE_CHECKING:
    from tests.sim.cluster import Machine
    from tests.sim.world import Sim

SECOND = 1_000_000
Fault = Callable[["Machine"], Awaitable[None]]


class Nemesis:
    """See the module."""

    def __init__(self, sim: Sim, rng: random.Random) -> None:
        self.sim = sim
        self.count = 0
        self.kinds: dict[str, int] = {}
        self.stopping = self.finished = False
        self._random = rng
        faults: list[tuple[int, Fault]] = [
            (4, self.kill),
            (4, self.kill_in_write),
            (3, self.power),
            (3, self.freeze),
            (2, self.stop),
            (3, self.resets),
            (3, self.cut),
            (2, self.fail_write),
            (1, self.disk_full),
            (2, self.slow_disk),
            (1, self.set_clock),
        ]
        if not sim.options.power_loss:
            faults = [f for f in faults if f[1] != self.power]
        if sim.options.kinds:
            faults = [f for f in faults if f[1].__name__ in sim.options.kinds]
        self._faults = [fault for _, fault in faults]
        self._weights = [weight for weight, _ in faults]

    def _between(self, low: float, high: float) -> float:
        return low + self._random.random() * (high - low)

    async def run(self) -> None:
        """Break things, one after the other."""
        sim, rng = self.sim, self._random
        while not self.stopping:
            await asyncio.sleep(self._between(0.05, 1.5))
            machine = rng.choice(sim.machines)
            if machine.process is None or machine.process.state != 0:
                continue
            fault = rng.choices(self._faults, self._weights)[0]
            self.count += 1
            name = fault.__name__
            self.kinds[name] = self.kinds.get(name, 0) + 1
            await fault(machine)
        self.finished = True

    async def keep(self) -> None:
        """Start again what is down when its time has come; replace a zone whose disk failed it."""
        sim = self.sim
        while not sim.over:
            await asyncio.sleep(0.1)
            for machine in sim.machines:
                if machine.process is None:
                    if sim.loop.now_us >= machine.down_until:
                        machine.start()
                elif machine.broken and machine.process.state == 0:
                    machine.kill()
                    machine.down_until = sim.loop.now_us + SECOND
            sim.liveness.look()

    def _down(self, machine: Machine) -> None:
        machine.down_until = self.sim.loop.now_us + int(self._between(0.01, 3) * SECOND)

    # -- processes ----------------------------------------------------------------------------

    async def kill(self, machine: Machine) -> None:
        """kill -9"""
        machine.kill()
        self._down(machine)

    async def kill_in_write(self, machine: Machine) -> None:
        """kill -9 in the middle of something that it writes."""
        storage = machine.storage
        assert storage is not None
        storage.kill_at = storage.changes + self._random.randint(1, 40)
        self.sim.trace.add("NEMESIS", "%s will die in one of its next writes", machine.site)
        machine.down_until = 0

    async def power(self, machine: Machine) -> None:
        """The machine loses power; within the fault model, else the process is killed."""
        if len(self.sim.machines) > 1 and not self._all_in_sync():
            await self.kill(machine)
            return
        machine.lose_power()
        self._down(machine)

    async def freeze(self, machine: Machine) -> None:
        """SIGSTOP, later SIGCONT; perhaps killed before that."""
        machine.freeze()
        await asyncio.sleep(self._between(0.05, 12))
        if self._random.random() < 0.2:
            machine.kill()
            self._down(machine)
        else:
            machine.thaw()

    async def stop(self, machine: Machine) -> None:
        """A clean stop; if it takes too long, or sometimes in its midst, kill -9."""
        if not machine.up:
            return
        stopped: list[int] = []
        self._down(machine)
        machine.stop(lambda: stopped.append(1))
        patience = self._between(0.001, 0.05) if self._random.random() < 0.3 else 20.0
        deadline = self.sim.loop.now_us + int(patience * SECOND)
        while not stopped and self.sim.loop.now_us < deadline:
            await asyncio.sleep(0.005)
            if machine.process is None:
                return
        if machine.process is not None and not stopped:
            if patience == 20.0 and not machine.faulty:
                self.sim.checks.blame(f"{machine.site} didn't stop within 20 s")
            machine.kill()

    def _all_in_sync(self) -> bool:
        """Whether every replica that once lost power has caught up again.

        min.insync.replicas is 2 where there are several zones: a power loss may hit one replica.
        """
        images = [peek.image(m.zone) for m in self.sim.machines if m.up and m.zone is not None]
        return len(images) == len(self.sim.machines) and all(
            len(p.isr) == len(p.replicas)
            for image in images
            if image is not None
            for topic in image.topics.values()
            for p in topic.partitions.values()
        )

    # -- network ------------------------------------------------------------------------------

    async def resets(self, machine: Machine) -> None:
        """A part of the connections breaks."""
        n = self.sim.network.reset_some(machine.site, self._between(0.2, 1))
        self.sim.trace.add("NEMESIS", "%d connections of %s are reset", n, machine.site)

    async def cut(self, machine: Machine) -> None:
        """Other sites lose sight of this one, in one way or both."""
        sim, rng = self.sim, self._random
        others = [s for s in sim.sites if s != machine.site]
        lost = rng.sample(others, rng.randint(1, len(others)))
        ways = rng.choice(("in", "out", "both"))
        sim.trace.add("NEMESIS", "%s is cut from %s (%s)", machine.site, lost, ways)
        for other in lost:
            if ways != "out":
                sim.network.cut(other, machine.site)
            if ways != "in":
                sim.network.cut(machine.site, other)
        await asyncio.sleep(self._between(0.1, 10))
        sim.trace.add("NEMESIS", "%s is joined again", machine.site)
        sim.network.heal(machine.site)
        sim.network.heal(None, machine.site)

    # -- disk and clock -----------------------------------------------------------------------

    async def fail_write(self, machine: Machine) -> None:
        """One of the next writes fails."""
        storage = machine.storage
        assert storage is not None
        storage.fail_at = storage.changes + self._random.randint(1, 20)
        storage.fail_errno = self._random.choice((errno.EIO, errno.ENOSPC))
        machine.faulty = True
        self.sim.trace.add("NEMESIS", "a write of %s will fail", machine.site)

    async def disk_full(self, machine: Machine) -> None:
        """The disk is full for a while."""
        machine.faulty = True
        machine.disk.capacity = machine.disk.used() + self._random.randrange(2000)
        self.sim.trace.add("NEMESIS", "the disk of %s is full", machine.site)
        await asyncio.sleep(self._between(0.1, 3))
        machine.disk.capacity = None
        self.sim.trace.add("NEMESIS", "the disk of %s has room", machine.site)

    async def slow_disk(self, machine: Machine) -> None:
        """Syncing takes long for a while."""
        machine.disk.slow_us = int(self._between(0.01, 1) * SECOND)
        self.sim.trace.add("NEMESIS", "the disk of %s is slow", machine.site)
        await asyncio.sleep(self._between(0.1, 4))
        machine.disk.slow_us = 0

    async def set_clock(self, machine: Machine) -> None:
        """Somebody sets the wall clock."""
        by = self._random.randint(-5000, 5000)
        machine.clock.wall_ms += by
        self.sim.trace.add("NEMESIS", "the wall clock of %s is set by %d ms", machine.site, by)

    # -- the end ------------------------------------------------------------------------------

    def rest(self) -> None:
        """Undo everything that is still wrong."""
        sim = self.sim
        sim.trace.add("NEMESIS", "rests")
        sim.network.heal()
        for machine in sim.machines:
            machine.disk.capacity = None
            machine.disk.slow_us = 0
            machine.down_until = 0
            machine.thaw()
            if machine.storage is not None:
                machine.storage.fail_at = machine.storage.kill_at = None
