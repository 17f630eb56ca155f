"""Zones as simulated processes, each on a machine with its disk and its clocks.

A machine outlives its processes. `kill`, `freeze` and `thaw` are signals, `lose_power` takes the
machine away with what its disk had not synced, `stop` asks nicely. `start` begins a new life on
what the disk has. What one zone is told (`ZoneSpec`) is made in `specs`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from msklite.errors import UserError
from msklite.world import World
from msklite.zone.identity import new_cluster_id
from msklite.zone.spec import ZoneSpec, controller_of
from msklite.zone.zone import Zone
from tests.sim import peek
from tests.sim.clock import SimClock, SimRandom
from tests.sim.process import Process
from tests.sim.storage import Disk, SimStorage

if TYPE_CHECKING:
    from tests.sim.world import Sim

HOST = "sim"
FIRST_PORT = 9092
CONTROLLER_PORT = 9000
DEFAULTS = {
    "offsets.topic.num.partitions": "2",
    "group.initial.rebalance.delay.ms": "50",
    "broker.heartbeat.interval.ms": "1000",
    "log.cleaner.backoff.ms": "300",
    # The clock is turned by months, and the model knows of nothing that expires.
    "log.retention.ms": "-1",
    "offsets.retention.minutes": "2147483647",
    "transaction.state.log.num.partitions": "2",
    "transactional.id.expiration.ms": "2147483647",
}


def specs(
    rng: random.Random, zones: int, brokers: int, config: dict[str, str], *, each: bool = False
) -> list[ZoneSpec]:
    """One spec for each process; brokers go round the zones. All share a host: ports differ.

    A process is a zone, or with `each` a controller or a broker.
    """
    ports = {node: FIRST_PORT + node for node in range(1, brokers + 1)}
    ports |= {controller_of(zone): CONTROLLER_PORT + zone for zone in range(1, zones + 1)}
    whole = ZoneSpec(
        name="sim",
        directory="/sim/az1",
        cluster_id=new_cluster_id(rng.randbytes(16)),
        brokers=tuple(range(1, brokers + 1)),
        ports=ports,
        host=HOST,
        config={**DEFAULTS, **config},
    )
    if zones == 1 and not each:
        return [whole]
    whole.process_per = "broker" if each else "zone"
    whole.spread(zones, rng.randbytes(16))
    return whole.process_specs()


class Machine:
    """Where one zone lives."""

    def __init__(self, sim: Sim, spec: ZoneSpec, rng: random.Random) -> None:
        self.sim = sim
        self.spec = spec
        self.site = f"az{spec.zone}" if spec.node is None else f"az{spec.zone}.{spec.process_name}"
        own = (*spec.brokers, *([spec.controller_id] if spec.has_controller else []))
        for node in own:
            sim.network.homes[spec.host, spec.ports[node]] = self.site
        self.disk = Disk(random.Random(rng.randrange(1 << 62)))
        self.clock = sim.new_clock()
        self.process: Process | None = None
        self.storage: SimStorage | None = None
        self.zone: Zone | None = None
        self.up = False
        """The zone has started."""
        self.lives = 0
        self.down_until = 0
        self.faulty = False
        """A fault of the disk may have hit this life."""
        self.lost_power = False
        """It lost power at some time."""
        self._rng = rng

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a new life on the disk."""
        assert self.process is None
        self.lives += 1
        sim, rng = self.sim, self._rng
        seed = random.Random(rng.randrange(1 << 62))
        name = f"{self.site}.{self.lives}"
        process = self.process = Process(sim.loop, name, self.site, self.clock, seed)
        sim.loop.live(process)
        sim.network.down.pop(self.site, None)
        self.storage = SimStorage(self.disk, process, random.Random(rng.randrange(1 << 62)))
        world = World(self.clock, sim.network.of(process), self.storage, SimRandom(seed))
        self.zone = Zone(self.spec, world)
        self.up = False
        self.faulty = self.disk.capacity is not None
        sim.checks.machines[process.number] = self
        sim.trace.add(name, "starts")
        process.spawn(self._boot(process, self.zone), "boot")

    async def _boot(self, process: Process, zone: Zone) -> None:
        try:
            self.sim.steering.hand(self)
            handed = self.sim.steering.state.version
            await zone.start()
        except (UserError, OSError) as e:
            self.sim.trace.add(process, "couldn't start: %s", e)
            self.sim.checks.start_failed(self, e)
            self.down_until = self.sim.loop.now_us + 300_000
            process.dying = True
            return
        self.up = True
        self.sim.checks.started(self)
        self.sim.checks.follows(self, handed)
        await zone.steer(self.sim.steering.state)
        self.sim.trace.add(process, "is up: %s", zone.bootstrap)

    @property
    def broken(self) -> bool:
        """The disk has failed it: somebody starts such a zone anew."""
        return self.zone is not None and (peek.broken(self.zone) or bool(peek.damaged(self.zone)))

    def stop(self, done: Callable[[], None]) -> None:
        """Stop cleanly, then end the process and call `done`."""
        process, zone = self.process, self.zone
        assert process is not None and zone is not None
        self.up = False
        self.sim.trace.add(process, "is asked to stop")

        async def stopping() -> None:
            await zone.stop()
            self.sim.trace.add(process, "has stopped")
            process.dying = True
            self.sim.loop.post(self.sim.god, 0, done)

        process.spawn(stopping(), "stop")

    def gone(self) -> None:
        """The process has died of itself: see to what is left of it."""
        if self.process is not None and self.process.state == 2:
            self._ended(silent=False)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.sim.trace.add(self.process, "is killed")
            self.process.kill()
            self._ended(silent=False)

    def lose_power(self) -> None:
        """The whole machine is off at once."""
        self.sim.checks.power_fails(self)
        if self.process is not None:
            self.sim.trace.add(self.process, "loses power")
            self.sim.network.down[self.site] = None
            self.process.kill()
            self._ended(silent=True)
        self.lost_power = True
        self.disk.lose_power()

    def _ended(self, *, silent: bool) -> None:
        process = self.process
        assert process is not None
        self.sim.network.died(process, silent=silent)
        self.sim.checks.life_ended(self)
        self.process = self.zone = self.storage = None
        self.up = False

    def freeze(self) -> None:
        """SIGSTOP."""
        if self.process is not None:
            self.sim.trace.add(self.process, "is frozen")
            self.process.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        if self.process is not None:
            self.sim.trace.add(self.process, "is thawed")
            self.process.thaw()


def drifting(sim: Sim, rng: random.Random) -> SimClock:
    """A machine's clocks: up to 300 ppm off, booted some time ago, wall time up to 2 s off."""
    return SimClock(
        sim.loop, rng.randint(-300, 300), rng.randrange(10**12), rng.randint(-2000, 2000)
    )
