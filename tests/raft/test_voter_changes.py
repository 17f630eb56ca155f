"""Voters that come and go (KIP-853): on a bad network from a seed, and one by one.

The seeds are those of `test_simulation`, with an administrator who adds and removes voters all the
time, the leader among them; the same promises hold after every event.
"""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.raft.messages import (
    AddVoter,
    AskVersions,
    Message,
    RemoveVoter,
    UpdateVoter,
    VersionsReply,
    VoterReply,
)
from msklite.raft.voters import Endpoint, ReplicaKey, Voter
from tests.raft.lab import Server, key_of, voter_of
from tests.raft.test_simulation import SEEDS, Simulation

ADMIN = ReplicaKey(-1)


class Changing(Simulation):
    """The simulation with an administrator, who is told what became of each wish."""

    def __init__(self, seed: int, voters: int, observers: int, *, quiet: bool = False) -> None:
        self.told: list[VoterReply] = []
        self.asked = 0
        super().__init__(seed, voters, observers)
        if quiet:
            self.troubled, self.loss, self.doubled, self.slow = False, 0.0, 0.0, 0.0
        else:
            self.after(200, self.administer)

    def post(self, sender: Server, message: Message) -> None:
        if message.to == ADMIN:
            assert isinstance(message, VoterReply)
            self.told.append(message)
            return
        super().post(sender, message)

    def arrive(self, message: Message, receiver: Server, life: int) -> None:
        if isinstance(message, AskVersions):  # the shell's part: no core is asked
            parted = (message.sender.id in self.cut_off) != (receiver.id in self.cut_off)
            if receiver.node is not None and not parted:
                head = (message.to, message.sender, message.correlation, Code.NONE, -1, -1)
                self.post(receiver, VersionsReply(*head, min_level=0, max_level=1))
            return
        super().arrive(message, receiver, life)

    def leader(self) -> Server | None:
        """Who leads the newest epoch, as far as anybody leads."""
        leading = [s for s in self.servers.values() if s.node is not None and s.node.is_leader]
        return max(leading, key=lambda s: s.up.epoch, default=None)

    def ask(self, server: Server, wish: AddVoter | RemoveVoter | UpdateVoter) -> None:
        server.up.step(wish, self.now, self.wall)
        self.handled(server)

    def add(self, server: Server, voter: int, *, ack: bool = True) -> None:
        self.asked += 1
        self.ask(server, AddVoter(ADMIN, server.up.key, self.asked, voter_of(voter), ack))

    def remove(self, server: Server, voter: int) -> None:
        self.asked += 1
        self.ask(server, RemoveVoter(ADMIN, server.up.key, self.asked, key_of(voter)))

    def administer(self) -> None:
        if not self.troubled:
            return
        server = self.leader()
        if server is not None:
            node = self.dice.choice(list(self.servers))
            if node in server.up.voters.voters:
                self.remove(server, node)
            else:
                self.add(server, node, ack=self.dice.random() < 0.5)
        self.after(self.dice.randint(20, 400), self.administer)

    def settled(self) -> Server:
        """The leader, once there is one that has committed."""
        for _ in range(200):
            server = self.leader()
            if server is not None and server.up.high_watermark is not None:
                return server
            self.run(self.now + 50)
        raise AssertionError("no leader")

    def codes(self) -> list[Code]:
        told, self.told = self.told, []
        return [reply.error for reply in told]


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_hold_while_voters_come_and_go(seed: int) -> None:
    sim = Changing(seed, 3, 2)
    sim.run(25_000)
    sim.heal()
    sim.run(35_000)
    before = len(sim.committed)
    sim.run(40_000)
    assert len(sim.committed) > before, "nothing is committed on a sound network"
    sim.write = lambda: None  # type: ignore[method-assign]
    sim.run(46_000)
    ends = {s.log.end_offset for s in sim.servers.values()}
    sets = {s.up.voters.ids for s in sim.servers.values()}
    assert len(ends) == 1 and len(sets) == 1, (ends, sets)


def test_many_changes_are_made_in_the_seeds_above() -> None:
    done = 0
    for seed in SEEDS[:6]:
        sim = Changing(seed, 3, 2)
        sim.run(25_000)
        done += sum(reply.error == Code.NONE for reply in sim.told)
    assert done > 30


def test_a_voter_is_removed_and_added_again() -> None:
    sim = Changing(1, 3, 1, quiet=True)
    leads = sim.settled()
    gone = next(i for i in (1, 2, 3) if i != leads.id)
    sim.remove(leads, gone)
    sim.add(leads, 4)
    sim.run(sim.now + 300)
    assert sim.codes() == [Code.REQUEST_TIMED_OUT, Code.NONE]  # one at a time
    assert gone not in leads.up.voters.voters
    sim.add(leads, 4)
    sim.run(sim.now + 300)
    assert sim.codes() == [Code.NONE] and set(leads.up.voters.ids) == {1, 2, 3, 4} - {gone}
    sim.add(leads, gone)
    sim.run(sim.now + 300)
    assert sim.codes() == [Code.NONE] and leads.up.voters.ids == (1, 2, 3, 4)
    assert {s.up.voters.ids for s in sim.servers.values()} == {(1, 2, 3, 4)}


def test_a_leader_that_was_removed_hands_over_and_follows() -> None:
    sim = Changing(2, 3, 0, quiet=True)
    first = sim.settled()
    sim.remove(first, first.id)
    sim.run(sim.now + 3_000)
    assert sim.codes() == [Code.NONE]
    second = sim.settled()
    assert second.id != first.id and len(second.up.voters.voters) == 2
    assert first.up.leader_id == second.id and not first.up.state.is_voter
    assert first.up.state.deadline is None, "who has no vote stands for no election"
    end = second.log.end_offset
    sim.run(sim.now + 1_000)
    assert first.log.end_offset > end


def test_what_is_refused() -> None:
    sim = Changing(3, 3, 1, quiet=True)
    leads = sim.settled()
    other = sim.servers[next(i for i in (1, 2, 3) if i != leads.id)]
    sim.add(other, 4)
    assert sim.codes() == [Code.NOT_LEADER_OR_FOLLOWER]
    sim.add(leads, other.id)
    assert sim.codes() == [Code.DUPLICATE_VOTER]
    sim.remove(leads, 4)
    assert sim.codes() == [Code.VOTER_NOT_FOUND]
    stranger = RemoveVoter(ADMIN, leads.up.key, 90, ReplicaKey(other.id, b"x" * 16))
    sim.ask(leads, stranger)
    assert sim.codes() == [Code.VOTER_NOT_FOUND]
    nowhere = AddVoter(ADMIN, leads.up.key, 91, Voter(key_of(4), (Endpoint("OTHER", "h", 1),)))
    sim.ask(leads, nowhere)
    assert sim.codes() == [Code.INVALID_REQUEST]
    sim.servers[4].crash()
    sim.add(leads, 4)
    sim.run(sim.now + 500)
    assert sim.codes() == [Code.REQUEST_TIMED_OUT]
    assert leads.up.voters.ids == (1, 2, 3)


def test_an_observer_that_never_caught_up_is_not_added() -> None:
    sim = Changing(4, 3, 1, quiet=True)
    sim.servers[4].crash()
    leads = sim.settled()
    progress = leads.up.state.progress
    assert progress is not None
    progress.replicas.pop(key_of(4), None)
    sim.servers[4].start = lambda: None  # type: ignore[method-assign]
    sim.add(leads, 4)
    pending = leads.up.change
    assert pending is not None
    head = (key_of(4), leads.up.key, leads.up.peers._last, Code.NONE, -1, -1)
    leads.up.step(VersionsReply(*head, min_level=0, max_level=1), sim.now, sim.wall)
    sim.handled(leads)
    assert sim.codes() == [Code.REQUEST_TIMED_OUT] and leads.up.voters.ids == (1, 2, 3)


def test_the_only_voter_stays() -> None:
    sim = Changing(5, 1, 0, quiet=True)
    leads = sim.settled()
    sim.remove(leads, leads.id)
    assert sim.codes() == [Code.INVALID_REQUEST]


def test_a_voter_that_moved_tells_the_leader() -> None:
    sim = Changing(6, 3, 0, quiet=True)
    leads = sim.settled()
    moved = sim.servers[next(i for i in (1, 2, 3) if i != leads.id)]
    moved.up.me = Voter(key_of(moved.id), (Endpoint("CONTROLLER", "elsewhere", 1),))
    sim.run(sim.now + 3_000)
    known = leads.up.voters.voters[moved.id]
    assert known.endpoints == (Endpoint("CONTROLLER", "elsewhere", 1),)
