"""Three brokers with several partitions, their fetch sessions, and a controller, from a seed.

The real cores, driven alone: `Partition`, `Followers`, `follower`, `FetchPlan`, `Sessions` and, as
it answers at once what may not wait, the Fetch handler itself. What lies between is a bag: metadata
comes late, answers of the controller too; a connection breaks with what is on its way. Brokers
die; their bytes stay, or, where the fault model has it, some are lost.

After every step: what is committed stays, the same everywhere; what is acknowledged is committed; a
leader has all of it; what is told of a partition that rests in a session is still so. In the end,
with all at rest, every follower has everything and knows how far that is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from msklite.broker.api import fetch
from msklite.broker.context import Context
from msklite.broker.meters import Requests
from msklite.errors import Code
from msklite.partition import follower
from msklite.partition.fetch_plan import FetchPlan, Key
from msklite.partition.partition import Partition
from msklite.partition.sessions import Sessions
from msklite.wire.batch import check_batch
from msklite.wire.messages.fetch_request import FetchRequest, ReplicaState
from msklite.wire.messages.fetch_response import FetchResponse, PartitionData
from tests.log.logs import NOW, batch, contents, open_log, storage
from tests.partition.controller import State

LAG_MS = 1000
IDS = (1, 2, 3)
MAX_RECORDS = 60
TOPIC, TOPIC_ID = "t", b"t" * 16


class Link:
    """One broker's way to a leader: its plan, and the one request that may be on its way."""

    def __init__(self) -> None:
        self.plan = FetchPlan()
        self.request: FetchRequest | None = None
        self.answer: FetchResponse | None = None

    def reset(self) -> None:
        """The connection broke."""
        self.request = self.answer = None
        self.plan.reset()


class Broker:
    """A broker; `epoch` is that of its present life."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.id = number
        self.disks = [storage() for _ in world.states]
        self.start()

    def start(self) -> None:
        """A new life on the same disks."""
        world = self.world
        self.epoch = world.next_epoch()
        self.partitions: list[Partition] = []
        self.links: dict[int, Link] = {}
        self.behind: list[tuple[int, State]] = list(enumerate(world.states))
        """Metadata that has not reached it yet."""
        self.sessions = Sessions(cast(Any, _Counter()), slots=20)
        for index, disk in enumerate(self.disks):
            made = Partition(
                TOPIC, TOPIC_ID, index, open_log(disk), 0, broker_id=self.id,
                may_join=world.may_join,
            )  # fmt: skip
            made.lag_ms, made.min_isr = LAG_MS, world.min_isr
            made.on_proposal = self.propose
            self.partitions.append(made)
        topic = SimpleNamespace(id=TOPIC_ID, partitions=dict(enumerate(self.partitions)))
        self.shell = SimpleNamespace(
            image=SimpleNamespace(topics={TOPIC: topic}, topic_names={TOPIC_ID: TOPIC}),
            replicas=SimpleNamespace(get=lambda _, index: self.partitions[index]),
            config=SimpleNamespace(int=lambda _: 1 << 20, raw=lambda _: None),
            sessions=self.sessions,
            throttles=SimpleNamespace(leader=SimpleNamespace(limited=False)),
            leader_of=lambda _, index: (self.partitions[index].leader, -1),
            endpoints=lambda *_: [],
            log=logging.getLogger("fast"),
            fetch_meters={"FetchFollower": Requests()},
        )

    # -- metadata -----------------------------------------------------------------------------

    def learn(self) -> None:
        """The next metadata arrives."""
        if not self.behind:
            return
        index, state = self.behind.pop(0)
        p = self.partitions[index]
        key = (TOPIC_ID, index)
        if state.leader == self.id:
            self.forget(key)
            p.lead(
                state.leader_epoch, state.partition_epoch, list(IDS), list(state.isr),
                self.world.now,
            )  # fmt: skip
            return
        same = not p.is_leader and p.leader_epoch == state.leader_epoch
        p.follow(state.leader, state.leader_epoch, state.partition_epoch)
        if not same or state.leader < 0:
            self.forget(key)
            if state.leader >= 0:
                self.links.setdefault(state.leader, Link()).plan.add(p)

    def forget(self, key: Key) -> None:
        """Follow nobody there."""
        for link in self.links.values():
            link.plan.remove(key)

    def propose(self, partition: Partition) -> None:
        """AlterPartition goes out."""
        assert partition.pending_isr is not None and partition.followers is not None
        states = partition.followers.with_epochs(partition.pending_isr, self.epoch)
        epochs = (partition.leader_epoch, partition.partition_epoch)
        index, asked = partition.index, (self.epoch, partition.pending_isr)
        self.world.bag.append(lambda: self.world.alter(self, asked, index, epochs, states))

    # -- fetching -----------------------------------------------------------------------------

    def ask(self, leader: int) -> None:
        """The next request to that leader goes out."""
        link = self.links[leader]
        if link.request is not None or not (link.plan.due or link.plan.asked):
            return
        link.request = link.plan.request(1 << 20)
        link.request.replica_state = ReplicaState(replica_id=self.id, replica_epoch=self.epoch)
        link.request.max_wait_ms, link.request.max_bytes = 0, 1 << 20

    def serve(self, asker: Broker) -> None:
        """The leader's side."""
        link = asker.links[self.id]
        if link.request is None or link.answer is not None:
            return
        ctx = Context(18, "follower", "h", "PLAINTEXT", "User:ANONYMOUS", self.world.now, NOW)
        answer = fetch.handle(cast(Any, self.shell), ctx, link.request)
        assert isinstance(answer, FetchResponse)
        for topic in answer.responses:
            for row in topic.partitions:
                if row.records:
                    row.records = cast(Any, row.records).read()
        link.answer = answer

    def hear(self, leader: int) -> None:
        """The follower's side of the answer."""
        link = self.links[leader]
        if link.answer is None:
            return
        answer, link.request, link.answer = link.answer, None, None
        if link.plan.answered(answer):
            return
        for topic in answer.responses:
            for row in topic.partitions:
                self.take(link.plan, (topic.topic_id, row.partition_index), row)

    def take(self, plan: FetchPlan, key: Key, answer: PartitionData) -> None:
        """As the fetcher does."""
        asked, p = plan.asked.get(key), plan.partitions.get(key)
        if asked is None or p is None:
            return
        outcome = follower.take(p, asked, answer, NOW)
        assert outcome not in (follower.Outcome.BROKEN, follower.Outcome.OUT_OF_RANGE)
        if outcome is follower.Outcome.WAIT:
            plan.pause(key)
            plan.add(p)
        elif (
            outcome is not follower.Outcome.GOOD
            or p.log.end_offset != asked.fetch_offset
            or p.log.latest_epoch != asked.last_fetched_epoch
        ):
            plan.due[key] = None


class _Counter:
    """Session ids that count up."""

    def __init__(self) -> None:
        self.n = 0

    def below(self, n: int) -> int:
        self.n += 1
        return self.n % n


class World:
    """All of it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.min_isr = self.random.choice([1, 2, 2, 3])
        self.now = self.epochs = self.values = self.events = 0
        self.bag: list[Callable[[], None]] = []
        count = self.random.randint(1, 6)
        self.states = [State(IDS[i % 3], 0, 0, IDS) for i in range(count)]
        self.alive = set(IDS)
        self.lossy: list[set[int]] = [set() for _ in range(count)]
        """Those that have lost bytes and are not in sync again."""
        self.committed: list[list[tuple[int, bytes | None]]] = [[] for _ in range(count)]
        self.waiting: list[tuple[Broker, Partition, int, int, tuple[int, bytes]]] = []
        self.acknowledged = self.elections = self.cuts = self.rests = 0
        self._seen: dict[tuple[int, int], object] = {}
        """What was looked at when a log was last read."""
        self.brokers = {n: Broker(self, n) for n in IDS}

    def next_epoch(self) -> int:
        self.epochs += 1
        return self.epochs

    def may_join(self, broker: int, epoch: int) -> bool:
        return broker in self.alive and epoch in (-1, self.brokers[broker].epoch)

    # -- the controller -----------------------------------------------------------------------

    def change(self, index: int, leader: int, isr: tuple[int, ...]) -> None:
        """It has decided."""
        old = self.states[index]
        new = old.changed(leader, isr)
        self.elections += new.leader != old.leader
        self.states[index] = new
        self.lossy[index] -= set(isr)
        for n in sorted(self.alive):
            self.brokers[n].behind.append((index, new))

    def alter(
        self,
        asker: Broker,
        asked: tuple[int, list[int]],
        index: int,
        epochs: tuple[int, int],
        isr: list[tuple[int, int]],
    ) -> None:
        """AlterPartition; the answer comes later."""
        state, (life, wish) = self.states[index], asked
        if life != asker.epoch or asker.id not in self.alive:
            return
        code = state.judged(epochs, isr, self.may_join)
        if code is Code.NONE:
            self.change(index, state.leader, tuple(b for b, _ in isr))
        now = self.states[index]

        def answer() -> None:
            p = asker.partitions[index]
            if life == asker.epoch and p.pending_isr is wish:
                p.isr_answered(code, now.leader_epoch, now.partition_epoch, now.isr, self.now)

        self.bag.append(answer)

    # -- steps --------------------------------------------------------------------------------

    def step(self) -> None:
        """Something happens."""
        r = self.random
        self.events += 1
        what = r.random()
        if not self.alive or what > 0.992:
            self.restart(r.choice(sorted(set(IDS) - self.alive) or [0]))
        else:
            broker = self.brokers[r.choice(sorted(self.alive))]
            index = r.randrange(len(self.states))
            if what < 0.5:
                self.traffic(broker)
            elif what < 0.62:
                if self.bag:
                    self.bag.pop(r.randrange(len(self.bag)))()
            elif what < 0.76:
                broker.learn()
            elif what < 0.90:
                self.produce(broker, index)
            elif what < 0.95:
                self.now += r.choice([1, 50, LAG_MS])
                for p in broker.partitions:
                    p.check_lag(self.now)
            elif what < 0.96:
                p = broker.partitions[index]
                if p.pending_isr is not None and p.is_leader:
                    broker.propose(p)
            elif what < 0.975:
                living = sorted(self.alive & set(self.states[index].isr))
                if living:
                    self.change(index, r.choice(living), self.states[index].isr)
            elif what < 0.985:
                for link in broker.links.values():
                    link.reset()
            elif len(self.alive) > 1:
                self.kill(broker.id)
        self.check()

    def traffic(self, broker: Broker) -> None:
        """A request goes, arrives, or its answer does."""
        if broker.links:
            leader = self.random.choice(sorted(broker.links))
            link = broker.links[leader]
            if link.request is None:
                broker.ask(leader)
            elif link.answer is None:
                if leader in self.alive:
                    self.brokers[leader].serve(broker)
                else:
                    link.reset()
            else:
                broker.hear(leader)

    def produce(self, at: Broker, index: int) -> None:
        p = at.partitions[index]
        if not p.is_leader or not p.enough_in_sync() or p.log.end_offset > MAX_RECORDS:
            return
        self.values += 1
        data = batch(b"%d" % self.values)
        info = p.append(data, [check_batch(data, 0, len(data))], NOW, self.now)
        entry = (info.first_offset, b"%d" % self.values)
        self.waiting.append((at, p, info.last_offset + 1, p.leader_epoch, entry))

    def kill(self, n: int) -> None:
        """A process dies; its bytes stay, or, where the fault model has it, some are lost."""
        self.alive.discard(n)
        cut = self.min_isr > 1 and self.random.random() < 0.5
        for index, state in enumerate(self.states):
            others = tuple(i for i in state.isr if i != n)
            mine = n in state.isr
            log = self.brokers[n].partitions[index].log
            if cut and not self.lossy[index] - {n} and (others or not mine):
                self.lossy[index].add(n)
                end = log.end_offset
                log.truncate_to(self.random.randint(0, end))
                self.cuts += log.end_offset < end
            leader = state.leader
            if leader == n or leader not in self.alive:
                leader = next((i for i in others if i in self.alive), -1)
            self.change(index, leader, others if mine and others else state.isr)
        self.waiting = [w for w in self.waiting if w[0].id != n]
        for broker in self.brokers.values():
            if n in broker.links:
                broker.links[n].reset()

    def restart(self, n: int) -> None:
        if not n:
            return
        broker = self.brokers[n]
        for p in broker.partitions:
            p.log.close()
        self.alive.add(n)
        broker.start()
        for index, state in enumerate(self.states):
            if state.leader < 0 and n in state.isr:
                self.change(index, n, state.isr)

    # -- what must hold -----------------------------------------------------------------------

    def check(self) -> None:
        """See the module."""
        for n in sorted(self.alive):
            broker = self.brokers[n]
            for index, p in enumerate(broker.partitions):
                self._check_one(broker, index, p)
        still = []
        for wait in self.waiting:
            _, p, offset, epoch, entry = wait
            code = p.committed(offset, epoch)
            if code is None:
                still.append(wait)
            elif code == Code.NONE:
                self.acknowledged += 1
                assert self.committed[p.index][entry[0]] == entry, f"{entry} was acknowledged"
        self.waiting = still

    def _check_one(self, broker: Broker, index: int, p: Partition) -> None:
        mark, known = p.high_watermark, self.committed[index]
        assert mark <= p.log.end_offset
        leads = p.is_leader and self.states[index].leader == broker.id
        leads = leads and not any(i == index for i, _ in broker.behind)
        now = (p.log, p.log.end_offset, p.log.latest_epoch, mark, leads, len(known))
        if (mark or leads) and now != self._seen.get((broker.id, index)):
            self._seen[broker.id, index] = now
            found = contents(p.log)
            both = min(mark, len(known))
            assert found[:both] == known[:both], f"{index} of {broker.id} isn't what was committed"
            if p.is_leader and mark > len(known):
                known = self.committed[index] = found[:mark]
            if leads:
                assert found[: len(known)] == known, f"leader {broker.id} of {index} lacks some"
        for wanted in cast(Any, p.resting):
            self.rests += 1
            assert p.is_leader and wanted.data.current_leader_epoch == p.leader_epoch
            assert wanted.data.fetch_offset == p.log.end_offset
            assert (wanted.high_watermark, wanted.log_start) == (mark, p.log.start_offset)

    def settle(self) -> None:
        """All that is wrong ends: everybody hears of everything, and nothing new is written."""
        for n in sorted(set(IDS) - self.alive):
            self.restart(n)
        for index, state in enumerate(self.states):
            if state.leader < 0:
                self.change(index, state.isr[0], state.isr)
        for _ in range(60):
            self.bag, late = [], self.bag
            for message in late:
                message()
            for broker in self.brokers.values():
                while broker.behind:
                    broker.learn()
                for p in broker.partitions:
                    if p.is_leader and p.pending_isr is not None:
                        broker.propose(p)
                for leader in sorted(broker.links):
                    broker.ask(leader)
                    self.brokers[leader].serve(broker)
                    broker.hear(leader)
            self.events += 20
            self.check()
        for index, state in enumerate(self.states):
            assert sorted(state.isr) == list(IDS), f"{index} isn't in sync everywhere: {state}"
            ends = {
                (b.partitions[index].log.end_offset, b.partitions[index].high_watermark)
                for b in self.brokers.values()
            }
            assert len(ends) == 1, f"{index}: (end, high watermark) {ends}"
        for index, state in enumerate(self.states):
            resting = cast(Any, self.brokers[state.leader].partitions[index].resting)
            followers = {wanted.session.replica for wanted in resting}  # old sessions may be left
            assert followers == set(IDS) - {state.leader}, "with nothing to do all followers rest"


def run(seed: int, steps: int = 1500) -> World:
    """One seed to its end; AssertionError says what was broken."""
    world = World(seed)
    try:
        for broker in world.brokers.values():
            while broker.behind:
                broker.learn()
        for _ in range(steps):
            world.step()
        world.settle()
    except AssertionError as e:
        raise AssertionError(f"seed {seed}, event {world.events}: {e}") from e
    return world
