"""One run: zones, clients and trouble, all from one seed; then rest, and a look at what is left.

`run(seed)` gives a `Report`. Phases: start the zones, create topics, work while the nemesis breaks
things until there were enough events and faults, heal everything, let the clients come to an end,
read every partition from its start and compare with what was promised.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.sim import keyed, peek
from tests.sim.admin import Admin
from tests.sim.client import Client, Unavailable
from tests.sim.clock import SimClock
from tests.sim.cluster import Machine, drifting, specs
from tests.sim.invariants import Checks
from tests.sim.keyed import Keyed
from tests.sim.liveness import Liveness
from tests.sim.loop import Deadlock, SimLoop
from tests.sim.member import Member
from tests.sim.model import Key, Model
from tests.sim.nemesis import Nemesis
from tests.sim.network import Network, Weather
from tests.sim.process import Killed, Process
from tests.sim.producer import Producer
from tests.sim.reader import Reader
from tests.sim.steering import Steering
from tests.sim.storage import Folder
from tests.sim.trace import LogLines, Trace
from tests.sim.txns import TOPICS, Txns
from tests.sim.txns.committed import CommittedReader
from tests.sim.txns.work import Worker
from tests.sim.voters import VoterAdmin
from tests.sim.watchdog import Stuck, watched

MAX_EVENTS = 400_000
"""A run that has not come to its end by then never will."""
MAX_OPERATIONS = 5_000
"""Calls to disk and network that one callback may make."""
QUIET_S = 240
"""How long clients may take to come to their ends once all is healed."""


@dataclass
class Options:
    """The size of a run; what isn't given is drawn from the seed."""

    zones: int = 1
    brokers: int | None = None
    events: int = 2000
    faults: int = 3
    power_loss: bool = True
    kinds: tuple[str, ...] = ()
    """What may go wrong, by the nemesis's names; empty: everything."""
    voters: bool = False
    """Controllers leave the quorum and come back all the time; else in a part of the runs."""
    txns: bool = False
    """There are clients with transactions."""
    each: bool = False
    """Each node is a process of its own."""


@dataclass
class Report:
    """What came of a run."""

    seed: int
    violations: list[str]
    trace: list[str]
    events: int
    virtual_s: float
    real_s: float
    faults: dict[str, int]
    digest: int
    acks: int
    reads: int
    commits: int
    txns: int
    """Transactions that were committed."""
    refused: bool
    """A power loss left what only a person may cut away: the run ended there."""

    def __str__(self) -> str:
        rate = self.events / max(self.real_s, 1e-9)
        kinds = ", ".join(f"{n} {k}" for k, n in self.faults.items())
        return (
            f"seed {self.seed}: {self.events} events in {self.real_s:.2f} s ({rate:.0f}/s), "
            f"{self.virtual_s:.0f} s virtual, {self.acks} acks, {self.reads} reads, "
            f"{self.commits} commits, {self.txns} transactions; {kinds}; digest {self.digest:010x}"
        )


Job: TypeAlias = Producer | Reader | Member | Admin | VoterAdmin | Worker | CommittedReader


@dataclass
class Workloads:
    """The clients of a run."""

    producers: list[Producer] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    admins: list[Admin] = field(default_factory=list)
    voters: list[VoterAdmin] = field(default_factory=list)
    txns: list[Worker | CommittedReader] = field(default_factory=list)

    def all(self) -> list[Job]:
        return [
            *self.producers, *self.readers, *self.members, *self.admins, *self.voters, *self.txns
        ]  # fmt: skip


class Sim:
    """Everything there is in one run."""

    trouble: type[Nemesis] = Nemesis
    """What goes wrong in it."""

    def __init__(
        self, seed: int, options: Options, show: Callable[[str], None] | None = None
    ) -> None:
        rng = self._random = random.Random(seed)
        self.seed = seed
        self.options = options
        self.loop = SimLoop(self._source())
        self.trace = Trace(self.loop, show)
        self.network = Network(self.loop, self._source(), self._weather())
        self.checks = Checks(self)
        self.model = Model(self.checks.blame)
        self.loop.max_operations = MAX_OPERATIONS
        self.loop.on_event = self.checks.after
        self.loop.on_error = self.checks.failed
        self.loop.on_death = self._died
        self.sites: list[str] = []
        self.god = Process(self.loop, "god", "nowhere", SimClock(self.loop), self._source())
        self.loop.live(self.god)
        self.loop.current = self.god
        brokers = options.brokers or options.zones * rng.randint(1, 2)
        all_specs = specs(rng, options.zones, brokers, self._config(), each=options.each)
        self.machines = [Machine(self, spec, self._source()) for spec in all_specs]
        self.sites += [m.site for m in self.machines]
        self.bootstrap = [(s.host, s.ports[b]) for s in all_specs for b in s.brokers]
        self.nemesis = self.trouble(self, self._source())
        self._changes_voters = options.voters or random.Random(~seed).random() < 0.3
        self.steering = Steering(self)
        self.keyed = Keyed(self)
        self.txns = Txns(self)
        self.liveness = Liveness(self)
        self.over = self.at_rest = False
        self._work = Workloads()
        self._keys: list[Key] = []

    def _source(self) -> random.Random:
        return random.Random(self._random.randrange(1 << 62))

    def new_clock(self) -> SimClock:
        """The clocks of a new machine."""
        return drifting(self, self._random)

    def _weather(self) -> Weather:
        rng = self._random
        return Weather(
            far_us=(100, rng.choice((500, 3000, 20_000))),
            late=rng.choice((0.0, 0.01, 0.05)),
            pieces=rng.choice((0.0, 0.1, 0.6)),
        )

    def _config(self) -> dict[str, str]:
        rng = self._random
        config = {}
        if self.options.zones > 1:
            config["min.insync.replicas"] = "2"
        if rng.random() < 0.3:
            config["log.roll.ms"] = str(rng.choice((50, 500, 3000)))
        if rng.random() < 0.2:
            config["log.flush.interval.ms"] = "1000"
        return config

    def _died(self, process: Process) -> None:
        for machine in self.machines:
            if machine.process is process:
                machine.gone()

    # -- the phases ---------------------------------------------------------------------------

    def run(self) -> Report:
        """All phases; never raises for what it finds, it reports."""
        began = time.perf_counter()
        lines = LogLines(self.trace, self.loop, self.checks.blame)
        logger = logging.getLogger("msklite")
        level, propagate = logger.level, logger.propagate
        logger.addHandler(lines)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        try:
            self.god.spawn(self._direct(), "director")
            self._drive()
        finally:
            logger.removeHandler(lines)
            logger.setLevel(level)
            logger.propagate = propagate
        report = Report(
            self.seed, self.checks.violations, list(self.trace.tail()), self.loop.events,
            self.loop.now_us / 1e6, time.perf_counter() - began, self.nemesis.kinds,
            self.loop.digest, self.model.acks, self.model.reads, self.model.commits,
            self.txns.model.commits,
            self.checks.refused,
        )  # fmt: skip
        self._tear_down()
        return report

    def _drive(self) -> None:
        checks, violations = self.checks, self.checks.violations

        def done() -> bool:
            return self.over or checks.refused or bool(violations)

        try:
            ended = True
            with watched(self.loop, self.checks.blame):
                ended = self.loop.run(done, MAX_EVENTS)
            if not ended:
                self.checks.blame(f"no end after {MAX_EVENTS} events; {self._unfinished()}")
        except Deadlock as e:
            self.checks.blame(f"deadlock: {e}")
        for process, task in self.loop.unretrieved():
            error = task.exception()
            if not isinstance(error, Killed | Stuck):
                self.checks.blame(f"{process}: task {task.get_name()} died of {error!r}")

    def _tear_down(self) -> None:
        """Free everything; what `finally`s of the dead do now is of no consequence."""
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        try:
            self.loop.close()
            for machine in self.machines:
                machine.disk.root = Folder()
            self._work = Workloads()
            self.machines.clear()
            self.__dict__.clear()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of coroutines that never got their first turn
                gc.collect()
        finally:
            sys.unraisablehook = hook

    async def _direct(self) -> None:
        for machine in self.machines:
            machine.start()
        self.god.spawn(self.nemesis.keep(), "supervisor")
        await self._until(lambda: all(m.up for m in self.machines), "the zones to start")
        await self._create_topics()
        self._begin()
        self.god.spawn(self.nemesis.run(), "nemesis")
        if self.steering.active:
            self.god.spawn(self.steering.run(), "steering")
        options = self.options
        await self._until(
            lambda: self.loop.events >= options.events and self.nemesis.count >= options.faults,
            "enough events", 100_000,
        )  # fmt: skip
        self.nemesis.stopping = True
        await self._until(lambda: self.nemesis.finished, "the nemesis to finish")
        self.nemesis.rest()
        await self._until(lambda: all(m.up for m in self.machines), "the zones to start again")
        for job in self._work.all():
            job.stopping = True
        await self._until(
            lambda: all(job.finished for job in self._work.all()), "the clients to finish"
        )
        await self._until(
            lambda: all(m.zone is not None and peek.registered(m.zone) for m in self.machines),
            "the controllers to be registered",
        )
        end = max(self._metadata_offsets())
        await self._until(
            lambda: min(self._metadata_offsets()) >= end, "the metadata to be everywhere"
        )
        self.at_rest = True
        self.checks.at_rest()
        await self._look()
        self.over = True

    def _metadata_offsets(self) -> list[int]:
        """How far each machine's image of the metadata has come."""
        images = [peek.image(m.zone) if m.zone is not None else None for m in self.machines]
        return [-1 if image is None else image.offset for image in images]

    async def _until(self, done: Callable[[], bool], what: str, limit_s: float = QUIET_S) -> None:
        deadline = self.loop.now_us + int(limit_s * 1e6)
        while not done():
            await asyncio.sleep(0.05)
            if self.loop.now_us > deadline:
                self.checks.blame(f"waited {limit_s:.0f} s for {what}; {self._unfinished()}")
                return

    def _unfinished(self) -> str:
        names = [j.client.name for j in self._work.all() if not j.finished]
        down = [m.site for m in self.machines if not m.up]
        return f"unfinished: {names}, not up: {down}"

    def client(self, name: str) -> Client:
        """A new client machine."""
        client = Client(self, name, self._source())
        self.sites.append(name)
        return client

    async def _create_topics(self) -> None:
        rng = self._random
        admin = Admin(self.client("setup"), 0.1)
        done: list[int] = []
        topics: list[tuple[str, int, dict[str, str]]] = []
        for n in range(rng.randint(1, 2)):
            config = {}
            if rng.random() < 0.3:
                config["flush.messages"] = "1"
                self.model.flushed_topics[f"topic{n}"] = None
            topics.append((f"topic{n}", rng.randint(1, 2), config))
        keys = [(name, p) for name, count, _ in topics for p in range(count)]
        if keyed.wanted(self.seed):
            topics.append((keyed.KEY[0], 1, keyed.CONFIG))
        if self.options.txns:
            topics += [(name, count, {}) for name, count in TOPICS.items()]

        async def create() -> None:
            for name, partitions, config in topics:
                while True:
                    try:
                        await admin.create(name, partitions, self.options.zones, config)
                        break
                    except Unavailable:
                        await admin.client.nap()
            done.append(1)

        admin.client.process.spawn(create(), "create topics")
        self._keys = keys
        await self._until(lambda: bool(done), "the topics")

    def _begin(self) -> None:
        rng, work, keys = self._random, self._work, self._keys
        for n in range(rng.randint(1, 2)):
            mine = rng.sample(keys, rng.randint(1, len(keys)))
            size = rng.choice((0, 10, 10, 3000))
            pause = rng.choice((0.02, 0.3))
            work.producers.append(Producer(self.client(f"p{n}"), mine, pause, size))
        work.readers.append(Reader(self.client("r0"), keys, rng.choice((0.02, 0.5))))
        for n in range(rng.randint(0, 2)):
            work.members.append(Member(self.client(f"m{n}"), "group", keys))
        if rng.random() < 0.5:
            work.admins.append(Admin(self.client("a0"), rng.choice((0.2, 2))))
        if keyed.wanted(self.seed):
            work.producers.append(self.keyed.begin())
        voters = self.machines[0].spec.voter_set()
        if voters is not None and len(voters.voters) > 2 and self._changes_voters:
            work.voters.append(VoterAdmin(self.client("v0"), list(voters.voters.values())))
        if self.options.txns:
            work.txns += self.txns.begin()
        for job in work.all():
            job.client.process.spawn(job.run(), type(job).__name__)

    async def _look(self) -> None:
        """Read everything back."""
        reader = Reader(self.client("final"), self._keys, 0)
        admin = Admin(reader.client, 0)
        done: list[int] = []

        async def read() -> None:
            for key in self._keys:
                self.model.whole(key, await reader.whole(key))
            await self.keyed.check(reader.client)
            await self.txns.check(reader.client)
            while True:
                try:
                    await admin.look()
                    break
                except Unavailable:
                    await reader.client.nap()
            done.append(1)

        reader.client.process.spawn(read(), "final reader")
        await self._until(lambda: bool(done), "the final reading")


def run(
    seed: int, options: Options | None = None, show: Callable[[str], None] | None = None
) -> Report:
    """Run one seed."""
    return Sim(seed, options or Options(), show).run()
