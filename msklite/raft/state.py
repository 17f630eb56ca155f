"""The role a node plays in an epoch, and the rules for changing it.

    Unattached -> Prospective     its election timer ran out (it asks for pre-votes, KIP-996)
    Prospective -> Candidate      a majority would vote for it (epoch + 1, it votes for itself)
    Prospective -> Follower or Unattached    not so; it goes back to the leader it knew, if any
    Candidate -> Leader           a majority granted its vote
    Candidate -> Prospective      its election timer ran out
    Leader -> Resigned            it closes, or no majority fetches from it
    Resigned -> Unattached        after an election time-out, at epoch + 1
    Follower -> Prospective       its fetch timer ran out
    any -> Follower               it hears of the leader of this or a later epoch
    any -> Unattached             it hears of a later epoch

Rules:
- Epochs never go back. Within one epoch a node votes at most once and knows at most one leader.
- What must survive a restart is `Election`; `dirty` says that it differs from what is on the disk,
  and the shell writes it before any message leaves.
- Observers only follow: they are Unattached or Follower and have no timers. A voter becomes one
  when its removal is committed.
Source: QuorumState and the state classes of Kafka's raft package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from msklite.raft.progress import Progress
from msklite.raft.quorum_state import Election
from msklite.raft.voters import Endpoint, ReplicaKey, Voter, VoterHistory, VoterSet
from msklite.world import Random


class Role(Enum):
    """What a node is in its epoch; see the module's picture."""

    UNATTACHED = "unattached"
    FOLLOWER = "follower"
    PROSPECTIVE = "prospective"
    CANDIDATE = "candidate"
    LEADER = "leader"
    RESIGNED = "resigned"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Kafka's `controller.quorum.*` settings and defaults, in ms."""

    election_ms: int = 1000
    fetch_ms: int = 2000
    backoff_max_ms: int = 1000
    request_ms: int = 2000
    retry_backoff_ms: int = 20
    fetch_max_wait_ms: int = 500


class Tally:
    """Votes of one election or pre-vote."""

    __slots__ = ("_me", "_voters", "granted", "rejected")

    def __init__(self, me: ReplicaKey, voters: VoterSet) -> None:
        self._me = me
        self._voters = voters
        self.granted: set[int] = {me.id} if voters.is_voter(me) else set()
        self.rejected: set[int] = set()

    @property
    def won(self) -> bool:
        return len(self.granted) >= self._voters.majority

    @property
    def lost(self) -> bool:
        return len(self._voters.ids) - len(self.rejected) < self._voters.majority

    def missing(self) -> list[ReplicaKey]:
        """Voters that haven't answered."""
        heard = self.granted | self.rejected
        return [v.key for v in self._voters.others(self._me) if v.id not in heard]

    def record(self, voter_id: int, granted: bool) -> None:
        if voter_id in self._voters.voters:
            (self.granted if granted else self.rejected).add(voter_id)


class State:
    """Role, epoch, leader, vote and timers of one node. See the module's rules."""

    __slots__ = (
        "_random",
        "_times",
        "deadline",
        "dirty",
        "epoch",
        "has_fetched",
        "high_watermark",
        "history",
        "leader_at",
        "leader_id",
        "me",
        "progress",
        "role",
        "successors",
        "tally",
        "unacknowledged",
        "voted",
    )  # fmt: skip

    def __init__(
        self, me: ReplicaKey, history: VoterHistory, times: Timeouts, random: Random
    ) -> None:
        self.me = me
        self.history = history
        self._times = times
        self._random = random
        self.role = Role.UNATTACHED
        self.epoch = 0
        self.leader_id = -1
        self.leader_at: tuple[Endpoint, ...] = ()
        """Where the leader said that it listens: it may be no voter, or none that we know."""
        self.voted: ReplicaKey | None = None
        self.deadline: int | None = None
        self.high_watermark: int | None = None
        self.dirty = False
        self.has_fetched = False
        self.tally: Tally | None = None
        self.progress: Progress | None = None
        self.successors: tuple[ReplicaKey, ...] = ()
        self.unacknowledged: set[int] = set()

    @property
    def voters(self) -> VoterSet:
        return self.history.last

    @property
    def is_voter(self) -> bool:
        return self.voters.is_voter(self.me)

    @property
    def may_stand(self) -> bool:
        """Whether it may lead: a voter, or one whose removal may not be committed yet.

        The latter isn't counted, but may be the only one whose log is long enough to win. Kafka's
        wouldn't stand; see Ongaro's dissertation, 4.2.2.
        """
        if self.is_voter:
            return True
        known = self.high_watermark if self.progress is None else self.progress.high_watermark
        return any(s.is_voter(self.me) for s in self.history.maybe_in_force(known))

    @property
    def is_leader(self) -> bool:
        return self.role is Role.LEADER

    @property
    def election(self) -> Election:
        return Election(self.epoch, self.leader_id, self.voted)

    def election_timeout(self) -> int:
        return self._times.election_ms + self._random.below(self._times.election_ms)

    def expired(self, mono_ms: int) -> bool:
        return self.deadline is not None and mono_ms >= self.deadline

    def restore(self, saved: Election, log_epoch: int, mono_ms: int) -> None:
        """The role to start in after a restart; never Leader."""
        if saved.epoch < log_epoch:
            # The log knows a later epoch than quorum-state: that file was lost or put back.
            self.epoch, self.dirty = log_epoch, True
            self._enter(Role.UNATTACHED, mono_ms + self.election_timeout())
            return
        self.epoch, self.leader_id, self.voted = saved.epoch, saved.leader_id, saved.voted
        if self.leader_id == self.me.id:
            # Its unsynced records of this epoch may be gone, so it may not go on in it.
            self._resign((), mono_ms)
        elif self.voted == self.me and self.leader_id < 0 and self.may_stand:
            self._enter(Role.CANDIDATE, mono_ms + self.election_timeout())
            self.tally = Tally(self.me, self.voters)
        elif self.leader_id in self.voters.voters:
            self._enter(Role.FOLLOWER, mono_ms + self._times.fetch_ms)
        elif saved.epoch == 0 and self.me.id == min(self.voters.ids, default=-1):
            # A new quorum: one of them begins, so that they needn't wait for a time-out.
            self._enter(Role.UNATTACHED, mono_ms)
        else:
            self._enter(Role.UNATTACHED, mono_ms + self.election_timeout())

    def _enter(self, role: Role, deadline: int | None) -> None:
        if self.progress is not None and self.progress.high_watermark is not None:
            self.high_watermark = self.progress.high_watermark
        self.role = role
        self.deadline = deadline if self.may_stand else None
        self.tally = None
        self.progress = None
        self.has_fetched = False

    def _persist(self, epoch: int, leader_id: int, voted: ReplicaKey | None) -> None:
        before = self.election
        self.epoch, self.leader_id, self.voted = epoch, leader_id, voted
        self.dirty = self.dirty or self.election != before

    def become_unattached(self, epoch: int, leader_id: int, mono_ms: int) -> None:
        assert epoch > self.epoch or (epoch == self.epoch and self.role is Role.PROSPECTIVE), (
            epoch, self)  # fmt: skip
        lost = self.tally is not None and self.tally.lost and self.role is Role.PROSPECTIVE
        keeps = self.role not in (Role.FOLLOWER, Role.LEADER) and not lost
        deadline = self.deadline if keeps else None
        voted = self.voted if epoch == self.epoch else None
        self._enter(
            Role.UNATTACHED,
            mono_ms + self.election_timeout() if deadline is None else deadline,
        )
        self._persist(epoch, leader_id, voted)

    @property
    def leader(self) -> Voter:
        """Whom we follow, as the voters know it, or as it was when it told of itself."""
        known = self.voters.voters.get(self.leader_id)
        return Voter(ReplicaKey(self.leader_id), self.leader_at) if known is None else known

    def address_of(self, node_id: int) -> Endpoint | None:
        """Where a voter listens, or the leader, which may be none of the voters we know."""
        if node_id == self.leader_id:
            endpoints = self.leader.endpoints
        else:
            known = self.voters.voters.get(node_id)
            endpoints = known.endpoints if known is not None else ()
        return endpoints[0] if endpoints else None

    def become_follower(
        self, epoch: int, leader_id: int, mono_ms: int, at: tuple[Endpoint, ...] = ()
    ) -> None:
        assert leader_id != self.me.id and epoch >= self.epoch, (leader_id, epoch, self)
        assert epoch > self.epoch or not self.is_leader, (leader_id, epoch, self)
        voted = self.voted if epoch == self.epoch else None
        known = self.voters.voters.get(leader_id)
        if at or known is not None or leader_id != self.leader_id:
            self.leader_at = at or (known.endpoints if known is not None else ())
        self._enter(Role.FOLLOWER, mono_ms + self._times.fetch_ms)
        self._persist(epoch, leader_id, voted)

    def become_prospective(self, mono_ms: int) -> None:
        assert self.may_stand and self.role not in (Role.LEADER, Role.PROSPECTIVE), self
        self._enter(Role.PROSPECTIVE, mono_ms + self.election_timeout())
        self.tally = Tally(self.me, self.voters)

    def become_candidate(self, mono_ms: int) -> None:
        assert self.may_stand and self.role is Role.PROSPECTIVE, self
        self._enter(Role.CANDIDATE, mono_ms + self.election_timeout())
        self._persist(self.epoch + 1, -1, self.me)
        self.tally = Tally(self.me, self.voters)

    def become_leader(self, epoch_start: int, mono_ms: int) -> None:
        assert self.role is Role.CANDIDATE and self.tally is not None and self.tally.won, self
        # The old high watermark isn't kept: it shows again once this epoch has committed.
        self._enter(Role.LEADER, None)
        self.progress = Progress(self.me, epoch_start, self._times.fetch_ms, mono_ms)
        self._persist(self.epoch, self.me.id, None)

    def become_resigned(self, mono_ms: int) -> None:
        assert self.is_leader and self.progress is not None, self
        self._resign(self.progress.others_by_offset(self.voters), mono_ms)

    def _resign(self, successors: tuple[ReplicaKey, ...], mono_ms: int) -> None:
        self._enter(Role.RESIGNED, None)
        self.deadline = mono_ms + self.election_timeout()  # also of one that votes no longer
        self.successors = successors
        self.unacknowledged = {v.id for v in self.voters.others(self.me)}

    def vote_for(self, candidate: ReplicaKey, mono_ms: int) -> None:
        """Give this epoch's one vote to another node, and let it try for a while."""
        assert self.voted is None and candidate.id != self.me.id, (candidate, self)
        assert self.role in (Role.UNATTACHED, Role.PROSPECTIVE), self
        self._persist(self.epoch, self.leader_id, candidate)
        self.deadline = mono_ms + self.election_timeout() if self.may_stand else None
        if self.role is Role.PROSPECTIVE:
            self.tally = Tally(self.me, self.voters)

    def may_grant(self, candidate: ReplicaKey, up_to_date: bool, pre_vote: bool) -> bool:
        """Whether `candidate` of this very epoch gets our vote, or our word (KIP-996)."""
        if self.role is Role.LEADER:
            return False
        if pre_vote:
            # A follower that hears from its leader sees no need for an election.
            return up_to_date and not (self.role is Role.FOLLOWER and self.has_fetched)
        if self.role not in (Role.UNATTACHED, Role.PROSPECTIVE):
            return False
        if self.voted is not None:
            return self.voted.matches(candidate)
        return self.leader_id < 0 and up_to_date

    def fetch_succeeded(self, mono_ms: int) -> None:
        self.has_fetched = True
        self.deadline = mono_ms + self._times.fetch_ms if self.may_stand else None

    def note_voters(self, mono_ms: int) -> None:
        """The voters may be others now: who has no vote has no timer, and the other way."""
        if self.role not in (Role.FOLLOWER, Role.UNATTACHED):
            return
        if not self.may_stand:
            self.deadline = None
        elif self.deadline is None:
            self.deadline = mono_ms + max(self._times.fetch_ms, self.election_timeout())

    def leader_gone(self, mono_ms: int) -> None:
        """Nobody listens where the leader did: its process has ended, so don't wait for it.

        Not Kafka's: there a leader that died is missed for a whole fetch time-out. Pre-votes keep
        it harmless when only we can't reach it.
        """
        if self.role is Role.FOLLOWER and self.deadline is not None and self.is_voter:
            self.has_fetched = False
            soon = mono_ms + self._random.below(max(self._times.election_ms // 5, 1))
            self.deadline = min(self.deadline, soon)

    def restart_timers(self, mono_ms: int) -> None:
        """Our loop stood still: nobody could have reached us, so count anew from here."""
        if self.deadline is not None:
            follower = self.role is Role.FOLLOWER
            self.deadline = mono_ms + (
                self._times.fetch_ms if follower else self.election_timeout()
            )
        if self.progress is not None:
            self.progress.check_quorum_at = mono_ms + self.progress.check_quorum_ms

    def __repr__(self) -> str:
        return (
            f"<{self.role.value} node {self.me.id} epoch {self.epoch} leader {self.leader_id} "
            f"voted {self.voted.id if self.voted else -1}>"
        )
