"""A follower's session looks only at what is new: when partitions rest, and what stirs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.partition.sessions import Fetching, Sessions
from msklite.wire.batch import check_batch
from msklite.wire.messages.fetch_request import (
    FetchPartition,
    FetchRequest,
    FetchTopic,
    ForgottenTopic,
    ReplicaState,
)
from msklite.wire.messages.fetch_response import PartitionData
from tests.log.logs import NOW, batch, open_log, storage
from tests.log.test_transactions import marker
from tests.partition.test_sessions import Counting

ID = b"t" * 16
ME, FOLLOWER, THIRD = 1, 2, 3
LAG_MS = 1000


class Leader:
    """A broker's partitions and sessions, and what its Fetch handler does with them."""

    def __init__(self, count: int = 3) -> None:
        self.now = 0
        self.sessions = Sessions(Counting(), slots=2, eviction_ms=1000)
        self.partitions = [
            Partition("t", ID, i, open_log(storage()), 0, broker_id=ME, may_join=lambda b, e: True)
            for i in range(count)
        ]
        for p in self.partitions:
            p.min_isr, p.lag_ms = 2, LAG_MS
            p.lead(0, 0, [ME, FOLLOWER, THIRD], [ME, FOLLOWER], 0)

    def fetch(
        self,
        id_: int,
        epoch: int,
        ask: dict[int, int] | None = None,
        *,
        replica: int = FOLLOWER,
        forget: tuple[int, ...] = (),
    ) -> tuple[Fetching, list[int]]:
        """`ask`: offset by partition. What was looked at is in the Fetching; who was answered."""
        rows = [
            FetchPartition(partition=p, fetch_offset=o, current_leader_epoch=0, log_start_offset=0)
            for p, o in (ask or {}).items()
        ]
        request = FetchRequest(
            session_id=id_,
            session_epoch=epoch,
            replica_state=ReplicaState(replica_id=replica, replica_epoch=7),
            topics=[FetchTopic(topic_id=ID, partitions=rows)] if rows else [],
            forgotten_topics_data=[ForgottenTopic(topic_id=ID, partitions=list(forget))]
            if forget
            else [],
        )
        fetching = self.sessions.open(request, 18, {ID: "t"}.get, self.now)
        assert fetching.error == Code.NONE
        replies = []
        for wanted in fetching.wanted:
            wanted.settled = None
            partition = self.partitions[wanted.index]
            reply = PartitionData(partition_index=wanted.index)
            reply.error_code = partition.check_leader(wanted.data.current_leader_epoch)
            if reply.error_code == Code.NONE:
                offset = wanted.data.fetch_offset
                if replica >= 0:
                    partition.follower_fetched(replica, 7, offset, 0, self.now)
                    wanted.settled = partition
                if offset < partition.log.end_offset:
                    reply.records, wanted.settled = b"some", None
            reply.high_watermark = partition.high_watermark
            reply.log_start_offset = partition.log.start_offset
            replies.append((wanted, reply))
        told = self.sessions.answered(fetching, replies)
        return fetching, [w.index for w, _ in told]

    def write(self, index: int) -> None:
        data = batch(b"one")
        p = self.partitions[index]
        p.append(data, [check_batch(data, 0, len(data))], NOW, self.now)

    def resting(self) -> list[int]:
        return [p.index for p in self.partitions if p.resting]


def looked_at(done: tuple[Fetching, list[int]]) -> list[int]:
    return [w.index for w in done[0].wanted]


@pytest.fixture
def leader() -> Leader:
    """All of its partitions rest in the session, whose id is 1 and whose next epoch is 2."""
    made = Leader()
    assert looked_at(made.fetch(0, 0, {0: 0, 1: 0, 2: 0})) == [0, 1, 2]
    assert made.resting() == [0, 1, 2]
    assert looked_at(made.fetch(2, 1)) == []
    return made


def test_only_what_has_records_is_looked_at(leader: Leader) -> None:
    leader.write(1)
    done = leader.fetch(2, 2)
    assert (looked_at(done), done[1]) == ([1], [1])
    assert looked_at(leader.fetch(2, 3)) == [1], "the answer may not have come"
    done = leader.fetch(2, 4, {1: 1})
    assert (looked_at(done), done[1]) == ([1], [1]), "it hears that its record is committed"
    assert leader.resting() == [0, 1, 2]
    assert looked_at(leader.fetch(2, 5)) == []


def commit(p: Partition) -> None:
    """The set grows by one that lacks a record, and shrinks again: the high watermark waits."""
    p.lead(0, 1, [ME, FOLLOWER, THIRD], [ME, FOLLOWER, THIRD], 0)


def delete(p: Partition) -> None:
    p.log.advance_start(1)
    p.stir()


def end(p: Partition) -> None:
    p.append_marker(marker(7, 0, commit=True), 2, NOW)


CHANGES: dict[str, Callable[[Partition], object]] = {
    "a new term": lambda p: p.lead(1, 1, [ME, FOLLOWER, THIRD], [ME, FOLLOWER], 0),
    "another in-sync set": commit,
    "another leads": lambda p: p.follow(THIRD, 1, 1),
    "nobody leads": lambda p: p.follow(-1, 1, 1),
    "records are deleted": delete,
    "a transaction ends": end,
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_stirs(leader: Leader, what: str) -> None:
    leader.write(1)
    leader.fetch(2, 2, {1: 1})
    assert looked_at(leader.fetch(2, 3)) == []
    CHANGES[what](leader.partitions[1])
    assert looked_at(leader.fetch(2, 4)) == [1]


def test_what_others_commit_stirs() -> None:
    """The high watermark rises by another follower's fetch, and this one hears of it."""
    leader = Leader(1)
    p = leader.partitions[0]
    p.lead(0, 1, [ME, FOLLOWER, THIRD], [ME, FOLLOWER, THIRD], 0)
    leader.fetch(0, 0, {0: 0})
    leader.fetch(0, 0, {0: 0}, replica=THIRD)
    leader.write(0)
    leader.fetch(2, 1, {0: 1})
    assert p.high_watermark == 0
    assert looked_at(leader.fetch(2, 2)) == []
    leader.fetch(3, 1, {0: 1}, replica=THIRD)
    assert p.high_watermark == 1
    done = leader.fetch(2, 3)
    assert (looked_at(done), done[1]) == ([0], [0])


def test_one_that_is_not_in_sync_does_not_rest() -> None:
    """Each of its questions may be the one by which it joins."""
    leader = Leader(1)
    proposed: list[Partition] = []
    leader.partitions[0].on_proposal = proposed.append
    for epoch in range(4):
        done = leader.fetch(2 if epoch else 0, epoch, {0: 0} if epoch == 0 else None, replica=THIRD)
        assert looked_at(done) == [0]
        assert proposed
    assert leader.resting() == []


def test_errors_do_not_rest(leader: Leader) -> None:
    leader.partitions[2].follow(THIRD, 1, 1)
    for epoch in range(2, 5):
        done = leader.fetch(2, epoch)
        assert (looked_at(done), done[1]) == ([2], [2])


def test_resting_costs_nobody_its_place_in_the_in_sync_set(leader: Leader) -> None:
    """Kafka notes each fetch of each partition; here the session's last use says the same."""
    p = leader.partitions[0]
    proposed: list[Partition] = []
    p.on_proposal = proposed.append
    for epoch in range(2, 12):
        leader.now += LAG_MS
        leader.fetch(2, epoch)
    leader.now += LAG_MS // 2
    leader.write(0)
    p.check_lag(leader.now)
    assert not proposed, "it had everything half a lag ago"
    leader.now += LAG_MS // 2 + 1
    p.check_lag(leader.now)
    assert [q.pending_isr for q in proposed] == [[ME]], "now it is late"


def test_a_follower_that_asks_on_without_getting_anywhere_is_late(leader: Leader) -> None:
    p = leader.partitions[0]
    leader.write(0)
    for epoch in range(2, 6):
        leader.now += LAG_MS // 2
        leader.fetch(2, epoch)
        p.check_lag(leader.now)
    assert p.pending_isr == [ME]


def test_what_is_forgotten_or_closed_holds_nothing(leader: Leader) -> None:
    leader.fetch(2, 2, forget=(1,))
    assert leader.resting() == [0, 2]
    leader.write(1)
    assert looked_at(leader.fetch(2, 3)) == []
    leader.fetch(2, -1, {0: 0})
    assert leader.resting() == []


def test_a_session_that_lost_its_place_holds_nothing(leader: Leader) -> None:
    for _ in range(2):
        leader.now += 2000
        leader.fetch(0, 0, {0: 0}, replica=-1)
    assert leader.resting() == []


def test_named_again_is_looked_at_again(leader: Leader) -> None:
    assert looked_at(leader.fetch(2, 2, {2: 0})) == [2]
    assert leader.resting() == [0, 1, 2]


def test_who_waits_is_woken(leader: Leader) -> None:
    fetching, _ = leader.fetch(2, 2)
    assert fetching.session is not None and not fetching.empty
    woken: list[int] = []
    fetching.session.waiter = lambda: woken.append(1)
    leader.write(0)
    leader.write(2)
    assert len(woken) == 2
    assert [w.index for w in fetching.session.look()] == [0, 2]


def test_consumers_sessions_do_not_rest() -> None:
    leader = Leader()
    leader.fetch(0, 0, {0: 0, 1: 0}, replica=-1)
    assert looked_at(leader.fetch(2, 1, replica=-1)) == [0, 1]
    assert leader.resting() == []
