"""Clients that have transactions: writers, a copier, readers of committed records.

A power loss of a single zone takes whatever wasn't flushed, of one log more than of another: then
nothing is promised any more (`spoiled`).
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.sim.client import Client, Unavailable
from tests.sim.model import Key
from tests.sim.txns.committed import CommittedFetcher, CommittedReader
from tests.sim.txns.model import Txn, TxnModel
from tests.sim.txns.session import Fenced, Life, Session

if TYPE_CHECKING:
    from tests.sim.world import Sim

SOURCE: list[Key] = [("txn", 0), ("txn", 1)]
TARGET: list[Key] = [("copy", 0)]
TOPICS = {"txn": 2, "copy": 1}
GROUP = "copiers"


class Worker:
    """A client with a transactional id: one transaction after another, life after life."""

    def __init__(self, client: Client, txns: Txns, transactional_id: str, pause: float) -> None:
        self.client = client
        self.stopping = self.finished = False
        self.session = Session(client, txns, transactional_id)
        self.txns = txns
        self._pause = pause
        self._former: list[Life] = []
        """Lives that are over, as newer ones have begun."""

    async def run(self) -> None:
        """The client's life."""
        client, txns = self.client, self.txns
        life: Life | None = None
        last: Life | None = None
        fenced = False
        while not txns.spoiled and not (self.stopping and life is not None):
            try:
                if life is None:
                    going_on = last if client.random.random() < 0.3 and not fenced else None
                    fenced = False
                    life = await self.session.begin(going_on)
                    if last is not None:
                        last.over = True
                        self._former = [*self._former, last][-3:]
                    last = life
                    await self.begun()
                    continue
                await self.step(life)
                await client.nap(0, self._pause)
                if client.random.random() < (0.1 if self.session.rising else 0.25):
                    await self._leave(life)
                    life = None
                if self._former and client.random.random() < 0.1:
                    client.process.spawn(self._haunt(client.random.choice(self._former)), "zombie")
            except (Fenced, Unavailable) as e:
                client.sim.trace.add(client.process, "%s begins anew: %s", self.session.id, e)
                fenced = isinstance(e, Fenced)
                if life is not None:
                    life.left = True
                life = None
                await client.nap()
        await self._settle()
        self.finished = True

    async def _settle(self) -> None:
        """Nothing stays open."""
        while not self.txns.spoiled:
            try:
                await self.session.begin()
                return
            except (Fenced, Unavailable):
                await self.client.nap()

    async def begun(self) -> None:
        """A life has begun."""

    async def step(self, life: Life) -> None:
        """One transaction."""
        raise NotImplementedError

    async def work(self, life: Life, txn: Txn) -> dict[Key, int]:
        """What belongs into one; how far a copy has come with it."""
        raise NotImplementedError

    async def extra(self, life: Life, txn: Txn) -> None:
        """What a zombie does with a transaction that isn't its any more."""
        raise NotImplementedError

    def begin(self) -> Txn:
        """A new transaction."""
        return self.txns.model.begin(self.session.id, self.client.sim.loop.now_us)

    async def _leave(self, life: Life) -> None:
        """This life is given up with its transaction open, perhaps in the midst of its commit."""
        txn, rng, spawn = self.begin(), self.client.random, self.client.process.spawn
        chosen = rng.choice(("late end", "late write", "late write, aborted", ""))
        if not self.session.rising and rng.random() < 0.5:
            chosen = "late write, aborted"  # its epoch stays: only the guard keeps it out
        if chosen != "late write, aborted" or rng.random() < 0.5:
            await self.work(life, txn)
        life.left = True
        if chosen == "late end" and txn.values:
            spawn(self._try(self.session.end(life, txn, commit=True)), chosen)
        if chosen.startswith("late write"):
            late = replace(life, sequences=dict(life.sequences), added=dict(life.added))
            spawn(self._try(self.extra(late, self.begin())), chosen)
        if chosen == "late write, aborted":
            await self.client.nap(0, 0.3)
            await self._try(self.session.end(life, txn, commit=False))

    async def _haunt(self, life: Life) -> None:
        """A life that is over comes back."""
        txn = self.begin()
        if self.client.random.random() < 0.7:
            await self._try(self.extra(life, txn))
        if self.client.random.random() < 0.5:
            await self._try(self.session.end(life, txn, commit=self.client.random.random() < 0.7))

    async def _try(self, job: object) -> None:
        try:
            await job  # type: ignore[misc]
        except (Fenced, Unavailable):
            pass


class Writer(Worker):
    """Writes to several partitions in one transaction."""

    async def step(self, life: Life) -> None:
        rng, txn = self.client.random, self.begin()
        commit = rng.random() < 0.7
        try:
            await self.work(life, txn)
        except Unavailable:
            if rng.random() < 0.5:
                raise
            life.left = not self.session.rising
            await self.session.end(life, txn, commit=False)
            if life.left:
                raise  # only another epoch keeps what is underway from what comes next
            return
        await self.session.end(life, txn, commit=commit)

    async def work(self, life: Life, txn: Txn) -> dict[Key, int]:
        rng = self.client.random
        for _ in range(rng.randint(1, 3)):
            keys = rng.sample(SOURCE, rng.choice((1, len(SOURCE))))
            writes = [self._write(life, txn, key) for key in keys]
            for failed in await asyncio.gather(*writes, return_exceptions=True):
                if failed is not None:
                    raise failed
        return {}

    async def extra(self, life: Life, txn: Txn) -> None:
        closed = [key for key in SOURCE if key not in life.added]
        await self._write(life, txn, self.client.random.choice(closed or SOURCE))

    async def _write(self, life: Life, txn: Txn, key: Key) -> None:
        await self.client.nap(0, 0.01)
        values = [txn.next_value("w") for _ in range(self.client.random.randint(1, 3))]
        await self.session.write(life, txn, key, values)


class Copier(Worker):
    """Copies, and commits how far, in one transaction."""

    def __init__(self, client: Client, txns: Txns, transactional_id: str, pause: float) -> None:
        super().__init__(client, txns, transactional_id, pause)
        self._fetcher = CommittedFetcher(client, txns)
        self._positions: dict[Key, int] = {}

    async def begun(self) -> None:
        self._positions.clear()

    async def step(self, life: Life) -> None:
        txn, commit = self.begin(), self.client.random.random() < 0.85
        after = await self.work(life, txn)
        if after:
            await self.session.end(life, txn, commit=commit)
            if commit:
                self._positions |= after

    async def work(self, life: Life, txn: Txn) -> dict[Key, int]:
        session, rng = self.session, self.client.random
        for key in SOURCE:
            if key not in self._positions:
                asked = partial(session.offset, GROUP, key)
                self._positions[key] = await session.patiently(asked)
        after: dict[Key, int] = {}
        values: list[bytes] = []
        for key in rng.sample(SOURCE, rng.randint(1, len(SOURCE))):
            records, position = await self._fetcher.fetch(key, self._positions[key])
            if position > self._positions[key]:
                after[key] = position
            values += [txn.next_value(f"{key[1]}/{r.offset}") for r in records]
        if values:
            await session.write(life, txn, TARGET[0], values)
        if after:
            await session.commit_offsets(life, txn, GROUP, after)
        return after

    async def extra(self, life: Life, txn: Txn) -> None:
        if self.client.random.random() < 0.5:
            await self.session.write(life, txn, TARGET[0], [txn.next_value("0/999999")])
        await self.session.commit_offsets(life, txn, GROUP, {SOURCE[0]: 999_999})


class Txns:
    """What the simulation does with transactions."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self.model = TxnModel(self.blame)
        self._reader: CommittedReader | None = None

    @property
    def spoiled(self) -> bool:
        """A power loss of the only zone has taken what it liked."""
        machines = self._sim.machines
        return len(machines) == 1 and machines[0].lost_power

    def blame(self, text: str) -> None:
        """A promise was broken, if there are any left."""
        if not self.spoiled:
            self._sim.checks.blame(text)

    def begin(self) -> list[Worker | CommittedReader]:
        """The topics are there: the clients."""
        sim = self._sim
        rng = random.Random(f"txns clients {sim.seed}")
        for key in (*SOURCE, *TARGET):
            sim.model.partition(key)
        jobs: list[Worker | CommittedReader] = [
            Writer(sim.client(f"t{n}"), self, f"writer{n}", rng.choice((0.02, 0.3)))
            for n in range(rng.randint(1, 2))
        ]
        jobs.append(Copier(sim.client("c0"), self, "copier", rng.choice((0.02, 0.3))))
        self._reader = CommittedReader(sim.client("rc"), self, [*SOURCE, *TARGET], 0.2)
        return [*jobs, self._reader]

    async def check(self, client: Client) -> None:
        """All is at rest: read everything, and compare."""
        if self._reader is None or self.spoiled:
            return
        fetcher = CommittedFetcher(client, self)
        whole = {key: await fetcher.whole(key) for key in (*SOURCE, *TARGET)}
        self.model.whole(whole)
        self._reader.check(whole)
        session = Session(client, self, "nobody")
        copied: dict[int, list[int]] = {key[1]: [] for key in SOURCE}
        for _, value in whole[TARGET[0]]:
            _, index, offset = value.split(b"/")
            copied[int(index)].append(int(offset))
        for key in SOURCE:
            end = await session.patiently(partial(session.offset, GROUP, key), 1000)
            source = [offset for offset, _ in whole[key] if offset < end]
            if copied[key[1]] != source:
                odd = sorted(set(copied[key[1]]) ^ set(source))[:3]
                self.blame(
                    f"{key} up to {end} wasn't copied exactly once: {len(source)} records, "
                    f"{len(copied[key[1]])} copies, {odd} differ"
                )
