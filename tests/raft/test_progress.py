"""What a leader makes of its replicas: the high watermark, and whether anybody still listens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from msklite.raft.progress import Progress
from msklite.raft.voters import VoterSet
from tests.raft.lab import key_of, voter_of


def progress_of(voters: int, epoch_start: int = 0) -> tuple[Progress, VoterSet]:
    found = VoterSet.of(*(voter_of(i + 1) for i in range(voters)))
    return Progress(key_of(1), epoch_start, 2000, 0), found


@given(
    st.sampled_from([1, 3, 5]),
    st.integers(0, 10),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30)), max_size=40),
)
def test_the_high_watermark_is_what_a_majority_has(
    voters: int, start: int, events: list[tuple[int, int]]
) -> None:
    progress, found = progress_of(voters, start)
    ends = {i + 1: -1 for i in range(voters)}
    mine, best = 0, None
    for who, offset in events:
        if who == 1:
            mine = max(mine, offset)
            progress.synced(mine, found)
            ends[1] = mine
        else:
            progress.fetched(key_of(who), offset, 30, 5, found)
            if who in ends:
                ends[who] = offset
        # By definition: an offset that more than half of the voters have reached.
        reached = [o for o in range(31) if 2 * sum(e >= o for e in ends.values()) > voters]
        if reached and max(reached) > start and (best is None or max(reached) > best):
            best = max(reached)
        assert progress.high_watermark == best


def test_records_of_earlier_epochs_commit_only_through_this_one() -> None:
    progress, found = progress_of(3, epoch_start=10)
    assert not progress.synced(10, found)
    assert not progress.fetched(key_of(2), 10, 10, 0, found)
    assert progress.high_watermark is None
    progress.synced(11, found)
    assert progress.fetched(key_of(2), 11, 11, 0, found) and progress.high_watermark == 11


def test_observers_count_for_nothing() -> None:
    progress, found = progress_of(3)
    progress.synced(5, found)
    assert not progress.fetched(key_of(9), 5, 5, 100, found)
    assert not progress.fetched(key_of(8), 5, 5, 2900, found)
    assert progress.check_quorum_due(3000, found)


def test_a_majority_that_fetches_keeps_the_leader() -> None:
    progress, found = progress_of(5)
    progress.fetched(key_of(2), 0, 0, 1000, found)
    assert progress.check_quorum_at == 3000, "two of five is no majority"
    progress.fetched(key_of(2), 0, 0, 1100, found)
    assert progress.check_quorum_at == 3000, "nor is one that asks twice"
    progress.fetched(key_of(3), 0, 0, 1200, found)
    assert progress.check_quorum_at == 4200
    alone, single = progress_of(1)
    assert not alone.check_quorum_due(10**9, single)


def test_when_a_replica_was_caught_up() -> None:
    progress, found = progress_of(3)
    two = key_of(2)
    progress.fetched(two, 0, 10, 100, found)
    assert progress.replicas[two].last_caught_up_ms == -1
    progress.fetched(two, 10, 20, 200, found)
    assert progress.replicas[two].last_caught_up_ms == 100, "it has what there was at 100"
    progress.fetched(two, 20, 20, 300, found)
    assert progress.replicas[two].last_caught_up_ms == 300


def test_the_one_that_is_furthest_should_follow() -> None:
    progress, found = progress_of(3)
    progress.fetched(key_of(2), 4, 9, 0, found)
    progress.fetched(key_of(3), 7, 9, 0, found)
    assert [k.id for k in progress.others_by_offset(found)] == [3, 2]
