"""Quorums of 3 and 5 on a bad network with bad disks, from a seed.

Messages are lost, doubled, delayed and reordered; groups of nodes are cut off; nodes crash and lose
what wasn't synced, or a part of it; checkpoints are written and the log before them goes, so that
who was away fetches them in pieces, some of which arrive damaged. After every event the promises of
the lab hold; in the end, on a sound network, a leader is found, a record is committed, and all logs
are equal. A failure names its seed: add it to SEEDS. MSKLITE_SIM_SEEDS=N runs N more of each kind.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable
from random import Random as Dice

import pytest

from msklite.errors import KafkaError
from msklite.raft.messages import Message, Reply
from msklite.raft.state import Timeouts
from tests.raft.lab import Lab, Server

MORE = int(os.environ.get("MSKLITE_SIM_SEEDS", "0"))
SEEDS = [*range(12), *range(1000, 1000 + MORE)]
FAST = Timeouts(
    election_ms=200, fetch_ms=400, backoff_max_ms=200, request_ms=300, fetch_max_wait_ms=100
)


class Simulation(Lab):
    """The lab, with a heap of things to come."""

    fetch_bytes = 400  # few batches at once, so that replicas differ
    piece_bytes = 700

    def __init__(self, seed: int, voters: int, observers: int = 0) -> None:
        self.dice = Dice(seed)
        super().__init__(voters, observers, dice=self.dice, times=FAST)
        self.heap: list[tuple[int, int, Callable[[], None]]] = []
        self.count = 0
        self.loss = self.dice.choice((0.0, 0.02, 0.2))
        self.doubled = self.dice.choice((0.0, 0.1))
        self.slow = self.dice.choice((0.0, 0.02, 0.1))
        self.crashes = self.dice.choice((0.0, 0.3, 1.0))
        self.cut_off: set[int] = set()
        self.checkpoints = self.dice.choice((0.0, 0.1, 0.5))
        self.installed = 0
        self.troubled = True
        self.syncing: set[tuple[int, int]] = set()
        self.installing: set[tuple[int, int]] = set()
        self.alarms: dict[int, tuple[int, int]] = {}
        """By node: (life, time) of the one timer that counts."""
        self.number = 0
        for server in self.servers.values():
            server.start()
            self.watch(server)
        self.after(50, self.trouble)
        self.after(50, self.client)

    def after(self, ms: int, job: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.heap, (self.now + ms, self.count, job))

    def run(self, until: int) -> None:
        while self.heap and self.heap[0][0] <= until:
            at, _, job = heapq.heappop(self.heap)
            self.now = max(self.now, at)
            job()
        self.now = until

    # -- the network --------------------------------------------------------------------------

    def post(self, sender: Server, message: Message) -> None:
        for _ in range(1 + (self.troubled and self.dice.random() < self.doubled)):
            if self.troubled and self.dice.random() < self.loss:
                continue
            delay = self.dice.randint(1, 30)
            if self.troubled and self.dice.random() < self.slow:
                delay += self.dice.randint(100, 1500)
            receiver = self.servers[message.to.id]
            # An answer belongs to a connection, which ends with its owner's life.
            life = receiver.life if isinstance(message, Reply) else -1
            self.after(delay, lambda m=message, r=receiver, s=life: self.arrive(m, r, s))

    def arrive(self, message: Message, receiver: Server, life: int) -> None:
        parted = (message.sender.id in self.cut_off) != (receiver.id in self.cut_off)
        if receiver.node is None and not parted and not isinstance(message, Reply):
            self.refuse(self.servers[message.sender.id], message)
        if receiver.node is None or parted or life not in (-1, receiver.life):
            return
        receiver.node.step(message, self.now, self.wall)
        self.handled(receiver)

    def refuse(self, sender: Server, message: Message) -> None:
        """Nobody listens there: the sender's machine is told so."""
        if sender.node is not None:
            sender.node.failed(message.to.id, message.correlation, self.now, gone=True)
            self.handled(sender)

    # -- the nodes ----------------------------------------------------------------------------

    def handled(self, server: Server) -> None:
        server.carry_out()
        self.sync(server)
        self.install(server)
        self.watch(server)

    def install(self, server: Server) -> None:
        """The disk takes its time to write what was fetched."""
        fetched, life = server.fetched, server.life
        if fetched is None or (server.id, life) in self.installing:
            return
        self.installing.add((server.id, life))

        def done() -> None:
            self.installing.discard((server.id, life))
            if server.node is not None and server.life == life:
                damaged = self.troubled and self.dice.random() < 0.2
                self.installed += not damaged
                server.install(damaged)
                self.handled(server)

        self.after(self.dice.choice((0, 5, 50, 600)), done)

    def sync(self, server: Server) -> None:
        mark = (server.id, server.life)
        if mark in self.syncing or (end := server.begin_sync()) is None:
            return
        self.syncing.add(mark)

        def done() -> None:
            self.syncing.discard(mark)
            if end():
                self.handled(server)

        self.after(self.dice.choice((0, 1, 5, 50)), done)

    def watch(self, server: Server) -> None:
        due = server.up.next_ms()
        alarm = (server.life, -1 if due is None else max(due, self.now))
        if due is None or self.alarms.get(server.id) == alarm:
            return
        self.alarms[server.id] = alarm
        self.after(alarm[1] - self.now, lambda: self.ring(server, alarm))

    def ring(self, server: Server, alarm: tuple[int, int]) -> None:
        if server.node is None or self.alarms.get(server.id) != alarm:
            return
        del self.alarms[server.id]
        for _ in range(3):  # a lost pre-vote leads to the next one at once
            server.node.tick(self.now, self.wall)
            server.carry_out()
            due = server.node.next_ms()
            if due is None or due > self.now:
                break
        else:
            raise AssertionError(f"{server.id} wants to be woken without end")
        self.handled(server)

    # -- trouble and clients ------------------------------------------------------------------

    def trouble(self) -> None:
        if not self.troubled:
            return
        server = self.dice.choice(list(self.servers.values()))
        if self.dice.random() < self.crashes:
            if server.node is None:
                self.restart(server)
            elif self.dice.random() < 0.6:
                server.crash(lambda n: self.dice.randint(0, n))
                self.after(self.dice.randint(1, 1500), lambda: self.restart(server))
        if self.dice.random() < self.checkpoints and server.node is not None:
            if server.fetched is None:
                server.checkpoint(keep=self.dice.randint(1, 2))
        if self.dice.random() < 0.15:
            some = self.dice.randint(0, len(self.servers) - 1)
            self.cut_off = set(self.dice.sample(list(self.servers), some))
        elif self.dice.random() < 0.5:
            self.cut_off = set()
        self.after(self.dice.randint(50, 800), self.trouble)

    def restart(self, server: Server) -> None:
        if server.node is None:
            server.start()
            self.handled(server)

    def client(self) -> None:
        self.write()
        self.after(self.dice.randint(5, 120), self.client)

    def write(self) -> None:
        for server in self.servers.values():
            if server.node is not None and server.node.is_leader:
                self.number += 1
                try:
                    server.propose(b"%d" % self.number)
                except KafkaError:
                    continue
                self.handled(server)

    def heal(self) -> None:
        self.troubled, self.cut_off = False, set()
        for server in self.servers.values():
            self.restart(server)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("voters", "observers"), [(3, 0), (5, 1)], ids=["3", "5+1"])
def test_what_was_promised_holds(voters: int, observers: int, seed: int) -> None:
    sim = Simulation(seed, voters, observers)
    sim.run(25_000)
    sim.heal()
    sim.run(35_000)
    before = len(sim.committed)
    sim.run(40_000)
    assert len(sim.committed) > before, "nothing is committed on a sound network"
    sim.write = lambda: None  # type: ignore[method-assign]
    sim.run(45_000)
    leaders = {s.up.leader_id for s in sim.servers.values()}
    assert len(leaders) == 1 and leaders <= set(sim.voters), leaders
    ends = {s.log.end_offset for s in sim.servers.values()}
    assert len(ends) == 1, "some replica stays behind"
    end = ends.pop()
    assert sorted(sim.committed) == list(range(end))
    for server in sim.servers.values():
        start = server.log.start_offset
        kept = {i: entry for i, entry in sim.committed.items() if i >= start}
        assert server.entries(start, end) == kept
    (gone,) = leaders
    sim.servers[gone].crash()
    sim.run(50_000)
    found = {s.up.leader_id for s in sim.servers.values() if s.id != gone}
    assert len(found) == 1 and found <= {*sim.voters} - {gone}, "the others don't find a new leader"


def test_some_replica_needs_a_snapshot() -> None:
    """The seeds above would prove nothing about snapshots if none were ever fetched."""
    installed = 0
    for seed in SEEDS[:6]:
        sim = Simulation(seed, 3)
        sim.run(25_000)
        installed += sim.installed
    assert installed > 0
