"""Where logs differ: LogTail.check against going through two logs record by record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from msklite.raft.messages import OffsetEpoch
from msklite.raft.tail import FIRST_CHECKPOINT, LogTail

Epochs = list[int]
"""The epoch of each record, ascending; the index is the offset."""
LOGS = st.lists(st.integers(1, 6), max_size=12).map(sorted)


def tail_of(log: Epochs) -> LogTail:
    tail = LogTail()
    for offset, epoch in enumerate(log):
        tail.append(epoch, offset, offset + 1)
    return tail


def last_of(log: Epochs) -> int:
    return log[-1] if log else 0


@given(LOGS, LOGS)
def test_a_follower_is_led_to_where_the_logs_agree(common: Epochs, more: Epochs) -> None:
    """It truncates as it is told until it may go on; what it keeps is what the leader has."""
    leader = common + [max(e, last_of(common)) for e in more]
    for cut in range(len(common) + 1):
        shared = common[:cut]
        # What the follower has beyond: epochs in which the leader of this log wrote nothing there.
        others = [e for e in range(last_of(shared), 8) if e not in leader[cut:]]
        follower = shared + [e for e in others if e > 0]
        mine, theirs, rounds = tail_of(follower), tail_of(leader), 0
        while True:
            diverging, snapshot = theirs.check(mine.end_offset, mine.last_epoch)
            assert snapshot is None
            if diverging is None:
                break
            point = mine.end_of_epoch(diverging.epoch)
            end = point.offset
            if point.epoch == diverging.epoch:
                end = min(end, diverging.offset)
            assert end < mine.end_offset, "it must get shorter"
            mine.truncate(end)
            rounds += 1
            assert rounds < 20
        kept = follower[: mine.end_offset]
        assert kept == leader[: len(kept)] and len(kept) >= min(cut, len(leader))


@given(LOGS, st.integers(0, 14))
def test_truncation_is_as_never_written(log: Epochs, end: int) -> None:
    tail = tail_of(log)
    tail.truncate(end)
    again = tail_of(log[:end])
    assert (tail.end, tail.last_epoch) == (again.end, again.last_epoch)
    for epoch in range(8):
        assert tail.end_of_epoch(epoch) == again.end_of_epoch(epoch)


def test_an_empty_replica_is_quicker_by_snapshot() -> None:
    at = OffsetEpoch(5, 1)
    tail = LogTail(0, 9, [(1, 0)], [at])
    assert tail.check(0, 0) == (None, at)
    assert tail.check(6, 1) == (None, None)


def test_the_first_checkpoint_is_fetched_by_nobody() -> None:
    tail = LogTail(0, 9, [(1, 0)], [FIRST_CHECKPOINT])
    assert tail.check(0, 0) == (None, None)


def test_whoever_is_behind_the_start_needs_the_newest_snapshot() -> None:
    old, new = OffsetEpoch(5, 2), OffsetEpoch(8, 3)
    tail = LogTail(5, 10, [(2, 5), (3, 7)], [old, new])
    assert tail.check(3, 2) == (None, new)
    assert tail.check(5, 1) == (None, new), "the record before the start was of epoch 2"
    assert tail.check(5, 2) == (None, None)
    assert tail.check(6, 1) == (None, new)
    assert tail.check(9, 2) == (OffsetEpoch(7, 2), None)


def test_an_empty_log_after_a_snapshot_knows_its_epoch() -> None:
    tail = LogTail(8, 8, [], [OffsetEpoch(8, 3)])
    assert tail.end == OffsetEpoch(8, 3) and tail.last_epoch == 3
