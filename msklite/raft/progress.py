"""What a leader knows of the replicas: how far each one is, and so the high watermark.

Rules (KRaft, LeaderState):
- The high watermark is the largest offset that a majority of the voters has on its disk. Our own
  share counts only once the shell said that it is synced.
- It starts unknown in each epoch, and first appears when a record of this epoch has it: records
  of earlier epochs are committed through that one only.
- It never goes back, though adding a voter may make the computed one smaller.
- A leader of several voters that no majority fetches from for 1.5 fetch time-outs resigns.
"""

from __future__ import annotations

from dataclasses import dataclass

from msklite.raft.voters import ReplicaKey, VoterSet

CHECK_QUORUM_FACTOR = 1.5


@dataclass(slots=True)
class ReplicaProgress:
    """One replica as its leader sees it; times are mono_ms, -1 for never."""

    key: ReplicaKey
    end_offset: int = -1
    last_fetch_ms: int = -1
    last_caught_up_ms: int = -1
    last_fetch_leader_end: int = -1


class Progress:
    """A leader's state for one epoch."""

    __slots__ = (
        "_fetched",
        "_me",
        "acknowledged",
        "begin_at",
        "check_quorum_at",
        "check_quorum_ms",
        "epoch_start",
        "high_watermark",
        "replicas",
    )  # fmt: skip

    def __init__(
        self, me: ReplicaKey, epoch_start: int, fetch_timeout_ms: int, mono_ms: int
    ) -> None:
        self._me = me
        self.epoch_start = epoch_start
        self.high_watermark: int | None = None
        self.replicas: dict[ReplicaKey, ReplicaProgress] = {me: ReplicaProgress(me)}
        self.acknowledged: set[int] = set()
        self.begin_at = mono_ms
        self.check_quorum_ms = int(fetch_timeout_ms * CHECK_QUORUM_FACTOR)
        self.check_quorum_at = mono_ms + self.check_quorum_ms
        self._fetched: set[int] = set()

    def synced(self, end_offset: int, voters: VoterSet) -> bool:
        """Our own log is on the disk up to `end_offset`; whether the high watermark rose."""
        mine = self.replicas[self._me]
        assert end_offset >= mine.end_offset, (end_offset, mine.end_offset)
        mine.end_offset = end_offset
        return self.advance(voters)

    def fetched(
        self, key: ReplicaKey, offset: int, leader_end: int, mono_ms: int, voters: VoterSet
    ) -> bool:
        """A replica asks from `offset`, so it has all below; whether the high watermark rose."""
        replica = self.replicas.setdefault(key, ReplicaProgress(key))
        if offset >= leader_end:
            replica.last_caught_up_ms = mono_ms
        elif offset >= replica.last_fetch_leader_end >= 0:
            # It has what we had when it last asked: it was caught up then.
            replica.last_caught_up_ms = max(replica.last_caught_up_ms, replica.last_fetch_ms)
        replica.end_offset = offset
        replica.last_fetch_ms = mono_ms
        replica.last_fetch_leader_end = leader_end
        if not voters.is_voter(key):
            return False
        self.acknowledged.add(key.id)
        self._note_majority(key.id, mono_ms, voters)
        return self.advance(voters)

    def caught_up(self, key: ReplicaKey, since_ms: int) -> bool:
        """Whether a replica once was at our end, and has fetched since `since_ms`."""
        replica = self.replicas.get(key)
        return (
            replica is not None
            and replica.last_caught_up_ms >= 0
            and replica.last_fetch_ms > since_ms
        )

    def heard(self, key: ReplicaKey, mono_ms: int, voters: VoterSet) -> None:
        """A replica fetches a snapshot from us: it follows, though it has nothing yet."""
        if voters.is_voter(key):
            self.acknowledged.add(key.id)
            self._note_majority(key.id, mono_ms, voters)

    def _note_majority(self, voter_id: int, mono_ms: int, voters: VoterSet) -> None:
        self._fetched.add(voter_id)
        counts_me = 1 if voters.is_voter(self._me) else 0
        if len(self._fetched & set(voters.ids)) + counts_me >= voters.majority:
            self._fetched.clear()
            self.check_quorum_at = mono_ms + self.check_quorum_ms

    def advance(self, voters: VoterSet) -> bool:
        """Compute the high watermark anew; whether it rose."""
        ends = sorted((self._end_of(v.key) for v in voters.voters.values()), reverse=True)
        if not ends:
            return False
        offset = ends[voters.majority - 1]
        if offset <= self.epoch_start:
            return False
        if self.high_watermark is not None and offset <= self.high_watermark:
            return False
        self.high_watermark = offset
        return True

    def _end_of(self, voter: ReplicaKey) -> int:
        for key, replica in self.replicas.items():
            if voter.matches(key):
                return replica.end_offset
        return -1

    def others_by_offset(self, voters: VoterSet) -> tuple[ReplicaKey, ...]:
        """The other voters, the one that is furthest first: who should follow us."""
        others = voters.others(self._me)
        others.sort(key=lambda v: (-self._end_of(v.key), v.id))
        return tuple(v.key for v in others)

    def check_quorum_due(self, mono_ms: int, voters: VoterSet) -> bool:
        return not voters.is_only_voter(self._me) and mono_ms >= self.check_quorum_at
