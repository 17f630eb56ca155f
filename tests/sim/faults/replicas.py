"""Faults that show where there are several zones: the quorum's votes, replicas, leaderships."""

from __future__ import annotations

from typing import Any

from msklite.errors import Code
from msklite.log import loading
from msklite.log import log as log_module
from msklite.partition import follower
from msklite.partition.follower import Outcome
from msklite.partition.followers import Followers
from msklite.partition.partition import Partition
from msklite.raft import quorum_state
from msklite.raft.progress import Progress
from msklite.raft.quorum_state import Election
from msklite.raft.state import State
from tests.sim.faults.planting import Patch, fault

# -- the quorum -----------------------------------------------------------------------------------


@fault("the vote and the epoch are forgotten over a restart", zones=3, faults=15)
def epoch_forgotten() -> list[Patch]:
    return [(quorum_state, "load", lambda storage, directory: Election())]


@fault("a controller votes for everybody who asks", zones=3)
def votes_twice() -> list[Patch]:
    original = State.may_grant

    def may_grant(self: State, candidate: Any, up_to_date: bool, pre_vote: bool) -> bool:
        voted, self.voted = self.voted, None
        try:
            return original(self, candidate, up_to_date, pre_vote)
        finally:
            self.voted = voted

    return [(State, "may_grant", may_grant)]


@fault("a vote is granted to a candidate whose log is behind", zones=3)
def votes_for_a_short_log() -> list[Patch]:
    original = State.may_grant

    def may_grant(self: State, candidate: Any, up_to_date: bool, pre_vote: bool) -> bool:
        return original(self, candidate, True, pre_vote)

    return [(State, "may_grant", may_grant)]


@fault("metadata is committed without a majority", zones=3)
def metadata_committed_alone() -> list[Patch]:
    def advance(self: Progress, voters: Any) -> bool:
        offset = self.replicas[self._me].end_offset
        if offset <= self.epoch_start or offset <= (self.high_watermark or 0):
            return False
        self.high_watermark = offset
        return True

    return [(Progress, "advance", advance)]


# -- replicas -------------------------------------------------------------------------------------


@fault("acks=all is answered before the in-sync set has the records", zones=3)
def acknowledged_alone() -> list[Patch]:
    return [(Partition, "committed", lambda self, offset, leader_epoch: Code.NONE)]


@fault("the high watermark doesn't wait for followers", zones=3)
def high_watermark_alone() -> list[Patch]:
    return [(Followers, "high_watermark", lambda self, end, min_isr, mono_ms: end)]


@fault("acks=all is answered by what stands at the offset, whoever leads by then", zones=3)
def acknowledged_after_lost_leadership() -> list[Patch]:
    def committed(self: Partition, offset: int, leader_epoch: int) -> Code | None:
        return None if self.high_watermark < offset and self.is_leader else Code.NONE

    return [(Partition, "committed", committed)]


@fault("a follower keeps what its leader doesn't have", zones=3)
def divergence_kept() -> list[Patch]:
    def truncate(partition: Partition, leader_epoch: int, leader_end: int) -> None:
        partition.log.start_epoch(max(partition.leader_epoch, 0))

    return [(follower, "truncate", truncate)]


@fault("a fetcher appends an answer of an earlier leader epoch", zones=3, faults=15)
def old_answer_appended() -> list[Patch]:
    original = follower.take

    def take(partition: Partition, asked: Any, answer: Any, now_ms: int) -> Outcome:
        asked.current_leader_epoch = partition.leader_epoch
        asked.fetch_offset = partition.log.end_offset
        asked.last_fetched_epoch = partition.log.latest_epoch
        return original(partition, asked, answer, now_ms)

    return [(follower, "take", take)]


@fault("a replica that is far behind may join the in-sync set", zones=3, faults=15)
def joins_too_early() -> list[Patch]:
    return [(Followers, "may_join", lambda self, f, mark: f.id not in self.maximal)]


@fault("a log with a hole is taken for whole", zones=3, faults=15)
def holes_kept() -> list[Patch]:
    original = loading.load

    def load(*args: Any) -> Any:
        return original(*args[:8])

    return [(log_module, "load", load)]
