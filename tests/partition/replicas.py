"""Three replicas of one partition and their controller: the real cores, driven alone.

Messages lie in a bag: they are delivered in any order, twice, late or never. What may never happen
is checked after every step: see `World.check`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

from msklite.errors import Code
from msklite.partition import follower, reading
from msklite.partition.partition import Partition
from msklite.wire.batch import check_batch
from msklite.wire.messages.fetch_request import FetchPartition
from msklite.wire.messages.fetch_response import PartitionData
from tests.log.logs import NOW, batch, contents, open_log, storage
from tests.partition.controller import State

LAG_MS = 1000
Entry = tuple[int, bytes | None]


class Replica:
    """A broker with its disk; `partition` is its present life."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.id = number
        self.disk = storage()
        self.epoch = 0
        self.behind: list[State] = []
        """Metadata that has not reached it yet."""
        self.start(0)

    def start(self, high_watermark: int) -> None:
        """A new life on the same disk."""
        self.epoch = self.world.next_epoch()
        self.partition = Partition(
            "t", b"t" * 16, 0, open_log(self.disk), high_watermark,
            broker_id=self.id, may_join=self.world.may_join,
        )  # fmt: skip
        self.partition.lag_ms = LAG_MS
        self.partition.min_isr = self.world.min_isr
        self.partition.on_proposal = self.propose
        self.behind = [self.world.state]

    def learn(self) -> None:
        """The next metadata arrives."""
        if not self.behind:
            return
        state = self.behind.pop(0)
        p = self.partition
        if state.leader == self.id:
            p.lead(
                state.leader_epoch, state.partition_epoch, [1, 2, 3], list(state.isr),
                self.world.now,
            )  # fmt: skip
        else:
            p.follow(state.leader, state.leader_epoch, state.partition_epoch)

    def propose(self, partition: Partition) -> None:
        """AlterPartition goes out."""
        assert partition.pending_isr is not None and partition.followers is not None
        states = partition.followers.with_epochs(partition.pending_isr, self.epoch)
        epochs = (partition.leader_epoch, partition.partition_epoch)
        life = self.epoch
        self.world.bag.append(lambda: self.world.alter(self, life, epochs, states))

    def ask(self) -> None:
        """A fetch goes out to whom it takes for the leader."""
        p = self.partition
        if p.is_leader or p.leader < 0:
            return
        asked = follower.question(p, 1 << 20)
        leader = self.world.replicas[p.leader]
        life = self.epoch
        self.world.bag.append(lambda: leader.serve(self, life, asked))

    def serve(self, asker: Replica, life: int, asked: FetchPartition) -> None:
        """The leader's side of a fetch; the answer goes into the bag."""
        if self.id not in self.world.alive:
            return
        p = self.partition
        reply = PartitionData(records=b"")
        code = p.check_leader(asked.current_leader_epoch)
        if code == Code.NONE:
            code = reading.read(p, asked, reply, 1 << 20, True, p.log.end_offset)
        if code == Code.NONE and reply.diverging_epoch.epoch == -1:
            known = p.follower_fetched(
                asker.id, life, asked.fetch_offset, asked.log_start_offset, self.world.now
            )
            reply.high_watermark = p.high_watermark
            code = Code.NONE if known else Code.NOT_LEADER_OR_FOLLOWER
        reply.error_code = code
        if reply.records:
            reply.records = cast(Any, reply.records).read()
        self.world.bag.append(lambda: asker.take(life, asked, reply))

    def take(self, life: int, asked: FetchPartition, reply: PartitionData) -> None:
        """The follower's side of an answer; one to an earlier life went down with its socket."""
        if life == self.epoch and self.id in self.world.alive:
            outcome = follower.take(self.partition, asked, reply, NOW)
            assert outcome not in (follower.Outcome.BROKEN, follower.Outcome.OUT_OF_RANGE)


class World:
    """All of it, from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.min_isr = self.random.choice([1, 2, 2, 3])
        self.now = 0
        self.epochs = 0
        self.bag: list[Callable[[], None]] = []
        self.state = State(1, 0, 0, (1, 2, 3))
        self.alive = {1, 2, 3}
        self.lossy: set[int] = set()
        """Those that have lost bytes and are not in sync again."""
        self.committed: list[Entry] = []
        self.waiting: list[tuple[Replica, Partition, int, int, Entry]] = []
        self.acknowledged = self.elections = self.cuts = self.values = 0
        self.replicas = {n: Replica(self, n) for n in (1, 2, 3)}

    def next_epoch(self) -> int:
        self.epochs += 1
        return self.epochs

    def may_join(self, broker: int, epoch: int) -> bool:
        return broker in self.alive and epoch in (-1, self.replicas[broker].epoch)

    # -- the controller -----------------------------------------------------------------------

    def change(self, leader: int, isr: tuple[int, ...]) -> None:
        old = self.state
        self.state = old.changed(leader, isr)
        self.elections += self.state.leader != old.leader
        self.lossy -= set(isr)
        for n in self.alive:
            self.replicas[n].behind.append(self.state)

    def alter(
        self, asker: Replica, life: int, epochs: tuple[int, int], isr: list[tuple[int, int]]
    ) -> None:
        """AlterPartition; the answer comes later."""
        state = self.state
        if life != asker.epoch or asker.id not in self.alive:
            return
        code = state.judged(epochs, isr, self.may_join)
        if code is Code.NONE:
            self.change(state.leader, tuple(b for b, _ in isr))
        now = self.state

        def answer() -> None:
            if life == asker.epoch:
                asker.partition.isr_answered(
                    code, now.leader_epoch, now.partition_epoch, now.isr, self.now
                )

        self.bag.append(answer)

    # -- steps --------------------------------------------------------------------------------

    def step(self) -> None:
        """Something happens."""
        r = self.random
        n = r.choice(sorted(self.alive)) if self.alive else 0
        what = r.random()
        if what < 0.25 and n:
            self.replicas[n].ask()
        elif what < 0.65 and self.bag:
            self.deliver()
        elif what < 0.78 and n:
            self.replicas[n].learn()
        elif what < 0.90 and n:
            self.produce(self.replicas[n])
        elif what < 0.94 and n:
            self.now += r.choice([1, 50, LAG_MS])
            self.replicas[n].partition.check_lag(self.now)
        elif what < 0.96 and n:
            p = self.replicas[n].partition
            if p.pending_isr is not None and p.is_leader:
                self.replicas[n].propose(p)
        elif what < 0.975:
            if self.alive & set(self.state.isr):
                self.change(r.choice(sorted(self.alive & set(self.state.isr))), self.state.isr)
        elif what < 0.985 and n and len(self.alive) > 1:
            self.kill(n)
        elif len(self.alive) < 3:
            self.restart(r.choice(sorted({1, 2, 3} - self.alive)))
        self.check()

    def deliver(self) -> None:
        at = self.random.randrange(len(self.bag))
        fate = self.random.random()
        message = self.bag[at] if fate < 0.1 else self.bag.pop(at)  # 0.1: it comes again
        if fate < 0.9:
            message()

    def produce(self, at: Replica) -> None:
        p = at.partition
        if not p.is_leader or not p.enough_in_sync() or p.log.end_offset > 80:
            return
        self.values += 1
        data = batch(b"%d" % self.values)
        info = p.append(data, [check_batch(data, 0, len(data))], NOW, self.now)
        entry = (info.first_offset, b"%d" % self.values)
        self.waiting.append((at, p, info.last_offset + 1, p.leader_epoch, entry))

    def kill(self, n: int) -> None:
        """A process dies; its bytes stay, or, where the fault model has it, some are lost."""
        self.alive.discard(n)
        isr = self.state.isr
        others = tuple(i for i in isr if i != n)
        mine = n in isr
        log = self.replicas[n].partition.log
        if (
            self.min_isr > 1
            and not self.lossy - {n}
            and (others or not mine)
            and self.random.random() < 0.5
        ):
            self.lossy.add(n)
            end = log.end_offset
            log.truncate_to(self.random.randint(0, end))
            self.cuts += log.end_offset < end
        leader = self.state.leader
        if leader == n or leader not in self.alive:
            leader = next((i for i in others if i in self.alive), -1)
        self.change(leader, others if mine and others else isr)
        self.waiting = [w for w in self.waiting if w[0].id != n]

    def restart(self, n: int) -> None:
        replica = self.replicas[n]
        mark = replica.partition.high_watermark
        replica.partition.log.close()
        self.alive.add(n)
        replica.start(self.random.choice([0, mark]))
        if self.state.leader < 0 and n in self.state.isr:
            self.change(n, self.state.isr)

    # -- what must hold -----------------------------------------------------------------------

    def check(self) -> None:
        """What was committed stays, the same everywhere; what was acknowledged is committed."""
        for n in sorted(self.alive):
            p = self.replicas[n].partition
            assert p.high_watermark <= p.log.end_offset
            found = contents(p.log)
            mark = p.high_watermark
            both = min(mark, len(self.committed))
            assert found[:both] == self.committed[:both], f"{n} differs from what was committed"
            if p.is_leader and mark > len(self.committed):
                self.committed = found[:mark]
            if p.is_leader and self.state.leader == n and not self.replicas[n].behind:
                assert found[: len(self.committed)] == self.committed, f"leader {n} lacks some"
        still = []
        for wait in self.waiting:
            _, p, offset, epoch, entry = wait
            code = p.committed(offset, epoch)
            if code is None:
                still.append(wait)
            elif code == Code.NONE:
                self.acknowledged += 1
                assert self.committed[entry[0]] == entry, f"{entry} was acknowledged"
        self.waiting = still
