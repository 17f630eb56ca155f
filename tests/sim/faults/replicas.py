"""Faults that show where there are several zones: the quorum's votes, replicas, leaderships."""

from __future__ import annotations

import asyncio
from typing import Any

from msklite.broker.fetcher import Fetcher
from msklite.errors import Code
from msklite.log import loading
from msklite.log import log as log_module
from msklite.partition import follower
from msklite.partition.fetch_plan import FetchPlan, Key
from msklite.partition.follower import Outcome
from msklite.partition.followers import Followers
from msklite.partition.partition import Partition
from msklite.raft import quorum_state
from msklite.raft.progress import Progress
from msklite.raft.quorum_state import Election
from msklite.raft.state import State
from msklite.wire.messages.fetch_request import FetchRequest
from msklite.zone.controller_client import ControllerClient
from tests.sim.faults.planting import Patch, fault

# -- the quorum -----------------------------------------------------------------------------------


@fault("the vote and the epoch are forgotten over a restart", zones=3, faults=15)
def epoch_forgotten() -> list[Patch]:
    return [(quorum_state, "load", lambda storage, directory: Election())]


@fault("a controller votes for everybody who asks", zones=3, faults=10, first=5)
def votes_twice() -> list[Patch]:
    original = State.may_grant

    def may_grant(self: State, candidate: Any, up_to_date: bool, pre_vote: bool) -> bool:
        voted, self.voted = self.voted, None
        try:
            return original(self, candidate, up_to_date, pre_vote)
        finally:
            self.voted = voted

    return [(State, "may_grant", may_grant)]


@fault("a vote is granted to a candidate whose log is behind", zones=3, first=150)
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


@fault(
    "what a frozen controller was asked isn't asked of its successor", zones=3, faults=10,
    kinds=("freeze",),
)  # fmt: skip
def frozen_controller_waited_for() -> list[Patch]:
    return [(ControllerClient, "_leader_changed", lambda self: None)]


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
        leads, partition.is_leader = partition.is_leader, False
        try:
            return original(partition, asked, answer, now_ms)
        finally:
            partition.is_leader = leads

    # The shell has a guard of its own: who is followed no longer isn't asked for, nor listened to.
    forget, add, ask = FetchPlan.remove, FetchPlan.add, FetchPlan.request
    late: dict[int, dict[Key, None]] = {}

    def remove(self: FetchPlan, key: Key) -> None:
        if key in self.partitions:
            late.setdefault(id(self), {})[key] = None

    def add_again(self: FetchPlan, partition: Partition) -> None:
        late.get(id(self), {}).pop((partition.topic_id, partition.index), None)
        add(self, partition)

    def request(self: FetchPlan, max_bytes: int) -> FetchRequest:
        for key in late.pop(id(self), {}):
            forget(self, key)
        return ask(self, max_bytes)

    original_take = Fetcher._take

    async def slowly(self: Fetcher, key: Key, asked: Any, answer: Any) -> None:
        if answer.records:
            await asyncio.sleep(0.1)
        await original_take(self, key, asked, answer)

    return [
        (follower, "take", take),
        (Fetcher, "_take", slowly),
        (FetchPlan, "remove", remove),
        (FetchPlan, "add", add_again),
        (FetchPlan, "request", request),
    ]


@fault("a log with a hole is taken for whole", zones=3, faults=6, kinds=("power", "slow_disk"))
def holes_kept() -> list[Patch]:
    original = loading.load

    def load(*args: Any) -> Any:
        return original(*args[:8])

    return [(log_module, "load", load)]
