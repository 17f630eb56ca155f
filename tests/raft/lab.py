"""Raft nodes on virtual time, with disks that forget what wasn't synced: for tests.

A `Server` is one node: its core, its disk, and the small shell that carries out each Ready in the
order that raft/node demands. What leaves it goes to `Lab.post`; when a sync ends, and when messages
arrive, the owner of the lab decides. The lab itself watches the promises that hold at any moment:

- an epoch has at most one leader, and a node's epoch never goes back, also over crashes;
- a high watermark never goes back within a leader's term;
- what was committed anywhere stays what it was, everywhere;
- a leader has everything that was ever committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random as Dice

from msklite.errors import Code
from msklite.raft.control import apply_batches, apply_control
from msklite.raft.log import MemoryLog
from msklite.raft.messages import FetchReply, FetchSnapshotReply, Message, OffsetEpoch
from msklite.raft.node import Node, Ready, RoleChange
from msklite.raft.peers import Peers
from msklite.raft.quorum_state import Election
from msklite.raft.state import Role, Timeouts
from msklite.raft.tail import LogTail
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterHistory, VoterSet
from msklite.wire.batch import iter_headers
from msklite.wire.records import Record, iter_records

Entry = tuple[int, bytes | None, bytes | None]
"""A record of the log: its epoch, key (control records have one) and value."""


def key_of(node_id: int) -> ReplicaKey:
    return ReplicaKey(node_id, bytes([node_id]) * 16)


def voter_of(node_id: int) -> Voter:
    return Voter(key_of(node_id), (Endpoint("CONTROLLER", f"host{node_id}", 9093),))


class Seeded:
    """world.Random from a seed."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def bytes(self, n: int) -> bytes:
        return self._dice.randbytes(n)

    def below(self, n: int) -> int:
        return self._dice.randrange(n)


class Fixed:
    """world.Random that always gives the least."""

    def bytes(self, n: int) -> bytes:
        return bytes(n)

    def below(self, n: int) -> int:
        return 0


class Server:
    """One node with its disk. `node` is None while it is down."""

    def __init__(self, lab: Lab, node_id: int) -> None:
        self.lab = lab
        self.id = node_id
        self.node: Node | None = None
        self.life = 0
        self.log = MemoryLog()
        self.vote = Election()
        self.snapshots: list[OffsetEpoch] = []
        self.files: dict[OffsetEpoch, bytes] = {}
        """What is in `snapshots`: all that was committed below it."""
        self.fetched: tuple[OffsetEpoch, bytes] | None = None
        """A snapshot that is being installed."""
        self.applied = 0
        self.cuts = 0
        self.top_epoch = 0
        self.term: tuple[int, int] = (-1, -1)
        """(epoch, high watermark) of the term that it leads."""
        self.proposed: dict[int, tuple[int, bytes]] = {}

    @property
    def up(self) -> Node:
        assert self.node is not None, f"node {self.id} is down"
        return self.node

    def start(self) -> None:
        """Begin a life with what is on the disk."""
        lab = self.lab
        self.life += 1
        self.fetched = None
        self.applied = self.log.start_offset
        history = lab.history_at(self.snapshots[-1].offset if self.snapshots else 0)
        data = self.log.read(0, 1 << 30)
        apply_batches(history, data)
        tail = LogTail(
            self.log.start_offset, self.log.end_offset, self.log.epochs(), self.snapshots
        )
        self.node = Node(voter_of(self.id), tail, history, lab.random, times=lab.times)
        # An answer comes on the connection of its request, so never to a later life.
        self.node.peers = Peers(lab.times.request_ms, lab.times.retry_backoff_ms, self.life << 32)
        self.node.start(self.vote, lab.now, lab.wall)
        self.carry_out()

    def crash(self, keep: Callable[[int], int] = lambda unsynced: 0) -> None:
        """Die; of the unsynced batches the first `keep(how many)` stay."""
        self.node = None
        ends = [h.next_offset for h in iter_headers(self.log.read(0, 1 << 30))]
        unsynced = [e for e in ends if e > self.log.synced_offset]
        kept = keep(len(unsynced))
        if kept < len(unsynced):
            self.log.truncate(([self.log.synced_offset, *unsynced])[kept])
        self.log.sync()

    def carry_out(self) -> None:
        """What the shell does: see raft/node."""
        node = self.up
        while (ready := node.ready()) is not None:
            self._one(node, ready)
        assert node.epoch >= self.top_epoch, f"the epoch of {self.id} went back"
        self.top_epoch = node.epoch

    def _one(self, node: Node, ready: Ready) -> None:
        lab = self.lab
        if ready.election is not None:
            self.vote = ready.election
            lab.trace(f"{self.id} writes its vote: {_election(ready.election)}")
        if ready.truncate_to is not None:
            lab.check_truncation(self, ready.truncate_to)
            self.log.truncate(ready.truncate_to)
            self.cuts += 1
            lab.trace(f"{self.id} truncates to {ready.truncate_to}")
        for batch in ready.appends:
            self.log.append(batch)
            lab.trace(f"{self.id} appends {_batches(batch)}")
        if ready.snapshot is not None:
            assert self.fetched is None
            self.fetched = ready.snapshot
            lab.trace(f"{self.id} has fetched the snapshot {_at(ready.snapshot[0])}")
        for message in ready.messages:
            if isinstance(message, FetchSnapshotReply):
                message = self._with_piece(message)
            if isinstance(message, FetchReply) and message.read_from is not None:
                data = self.log.read(message.read_from, lab.fetch_bytes)
                message = replace(message, records=data)
            lab.post(self, message)
        if ready.role is not None:
            lab.trace(f"{self.id} is {_role(ready.role)}")
            lab.check_role(self, ready.role)
        if ready.commit is not None:
            lab.check_commit(self, ready.commit)
            lab.trace(f"{self.id} commits up to {ready.commit}")

    def _with_piece(self, reply: FetchSnapshotReply) -> FetchSnapshotReply:
        if reply.error != Code.NONE:
            return reply
        data = self.files.get(reply.snapshot)
        if data is None:
            return replace(reply, error=Code.SNAPSHOT_NOT_FOUND)
        end = reply.position + self.lab.piece_bytes
        return replace(reply, size=len(data), data=data[reply.position : end])

    def checkpoint(self, keep: int) -> None:
        """Write a snapshot of all that is committed; only the newest `keep` stay, and the log."""
        end = self.applied
        epochs = [e for e, start in self.log.epochs() if start < end]
        if not epochs or OffsetEpoch(end, epochs[-1]) in self.files:
            return
        at = OffsetEpoch(end, epochs[-1])
        self.files[at] = repr([self.lab.committed[i] for i in range(end)]).encode()
        self.snapshots = sorted(self.files, key=lambda s: s.offset)[-keep:]
        self.files = {s: self.files[s] for s in self.snapshots}
        self.log.delete_before(self.snapshots[0].offset)
        self.up.compacted(self.log.start_offset, self.snapshots)
        self.lab.trace(f"{self.id} writes the snapshot {_at(at)}")

    def install(self, damaged: bool = False) -> None:
        """What was fetched is checked, and the log restarts behind it; or it is no good."""
        assert self.fetched is not None
        (at, data), self.fetched = self.fetched, None
        assert data == repr([self.lab.committed[i] for i in range(at.offset)]).encode()
        if damaged:
            self.up.not_installed(self.lab.now)
        else:
            self.log.restart_at(at.offset)
            self.cuts += 1
            self.files, self.snapshots = {at: data}, [at]
            self.applied = at.offset
            self.up.installed(at, self.lab.history_at(at.offset), self.lab.now)
        self.carry_out()

    def propose(self, value: bytes) -> int:
        """Append one record as leader; its offset."""
        offset = self.up.propose([value], self.lab.wall)
        self.carry_out()
        return offset

    def begin_sync(self) -> Callable[[], bool] | None:
        """Begin to sync; call what is returned when the disk has it. None: nothing to do."""
        node = self.up
        if node.durable >= node.tail.end_offset:
            return None
        target, life, cuts = node.tail.end_offset, self.life, self.cuts

        def end() -> bool:
            if self.node is not node or self.life != life:
                return False
            if self.cuts == cuts:
                self.log.synced_offset = max(self.log.synced_offset, target)
                node.synced(target, self.lab.now)
                self.carry_out()
            return True

        return end

    def entries(self, start: int, end: int) -> dict[int, Entry]:
        """Records by offset."""
        found: dict[int, Entry] = {}
        data, pos = self.log.read(start, 1 << 30), 0
        for header in iter_headers(data):
            if header.base_offset >= end:
                break
            for r in iter_records(data, pos):
                if start <= r.offset < end:
                    found[r.offset] = (header.leader_epoch, r.key, r.value)
            pos += header.length
        return found


class Lab:
    """Some servers, one clock, and the promises. `post` gets every message that is sent."""

    fetch_bytes = 8 << 20
    piece_bytes = 8 << 20

    def __init__(
        self,
        voters: int,
        observers: int = 0,
        *,
        dice: Dice | None = None,
        times: Timeouts | None = None,
    ) -> None:
        self.now = 0
        self.times = times or Timeouts()
        self.random = Fixed() if dice is None else Seeded(dice)
        self.voters = tuple(range(1, voters + 1))
        ids = range(1, voters + observers + 1)
        self.servers = {i: Server(self, i) for i in ids}
        self.leaders: dict[int, int] = {}
        self.committed: dict[int, Entry] = {}
        self.lines: list[str] | None = None

    @property
    def wall(self) -> int:
        return 1_700_000_000_000 + self.now

    def history_at(self, offset: int) -> VoterHistory:
        """The voters that a snapshot at `offset` names; at 0: those it began with."""
        history = VoterHistory(VoterSet.of(*map(voter_of, self.voters)), 1)
        for at in range(offset):
            _, key, value = self.committed[at]
            if key is not None:
                apply_control(history, Record(self.wall, key, value), at)
        return VoterHistory(history.last, 1, offset - 1) if offset else history

    def trace(self, line: str) -> None:
        if self.lines is not None:
            self.lines.append(line)

    def post(self, sender: Server, message: Message) -> None:
        raise NotImplementedError

    # -- promises -----------------------------------------------------------------------------

    def check_role(self, server: Server, role: RoleChange) -> None:
        if role.role is not Role.LEADER:
            return
        leader = self.leaders.setdefault(role.epoch, server.id)
        assert leader == server.id, f"epoch {role.epoch} is led by {leader} and {server.id}"
        server.term = (role.epoch, -1)
        end = max(self.committed, default=-1) + 1
        have = server.entries(server.log.start_offset, end)
        for offset, entry in self.committed.items():
            if offset >= server.log.start_offset:
                assert have.get(offset) == entry, f"leader {server.id} lacks offset {offset}"

    def check_commit(self, server: Server, high_watermark: int) -> None:
        assert server.log.end_offset >= high_watermark
        if server.up.is_leader:
            epoch, before = server.term
            assert epoch == server.up.epoch and high_watermark > before, "it went back"
            server.term = (epoch, high_watermark)
        for offset, entry in server.entries(server.applied, high_watermark).items():
            known = self.committed.setdefault(offset, entry)
            assert known == entry, f"offset {offset} was {known}, at {server.id} it is {entry}"
        server.applied = max(server.applied, high_watermark)

    def check_truncation(self, server: Server, end: int) -> None:
        assert end >= server.applied, f"{server.id} cuts committed records: {end}"


# -- the trace's words ----------------------------------------------------------------------------


def _election(e: Election) -> str:
    voted = "nobody" if e.voted is None else str(e.voted.id)
    return f"epoch {e.epoch}, leader {e.leader_id}, voted for {voted}"


def _role(role: RoleChange) -> str:
    text = f"{role.role.value} in epoch {role.epoch}"
    return text if role.leader_id < 0 else f"{text}, led by {role.leader_id}"


def _at(at: OffsetEpoch) -> str:
    return f"of offset {at.offset}, epoch {at.epoch}"


def _batches(data: bytes) -> str:
    return ", ".join(
        f"{h.base_offset}..{h.last_offset} of epoch {h.leader_epoch}"
        + (" (control)" if h.is_control else "")
        for h in iter_headers(data)
    )


def batches(data: bytes) -> str:
    """Batches in words: offsets, epoch, kind."""
    return _batches(data)
