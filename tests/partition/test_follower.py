"""A follower's answers: what it appends, where it cuts, and what it leaves alone."""

from __future__ import annotations

from msklite.partition import follower
from msklite.partition.follower import Outcome
from msklite.partition.partition import Partition
from msklite.wire.messages.fetch_response import EpochEndOffset, PartitionData
from tests.log.logs import NOW, batch, contents, open_log, put, storage


def following(*epochs: int) -> Partition:
    """A follower whose log holds one record of each of these epochs."""
    log = open_log(storage())
    for n, epoch in enumerate(epochs):
        put(log, b"%d" % n, epoch=epoch)
    made = Partition("t", b"t" * 16, 0, log, 0, broker_id=2)
    made.follow(1, 9, 1)
    return made


def batches(first: int, count: int, epoch: int = 9) -> bytes:
    return b"".join(
        bytes(batch(b"%d" % n, base_offset=n, leader_epoch=epoch))
        for n in range(first, first + count)
    )


def answer(records: bytes = b"", mark: int = 0, start: int = 0) -> PartitionData:
    return PartitionData(records=records, high_watermark=mark, log_start_offset=start)


def diverging(epoch: int, end: int) -> PartitionData:
    return PartitionData(diverging_epoch=EpochEndOffset(epoch=epoch, end_offset=end))


def take(p: Partition, reply: PartitionData) -> Outcome:
    return follower.take(p, follower.question(p, 1000), reply, NOW)


def test_records_are_appended_and_the_mark_follows() -> None:
    p = following(1)
    assert take(p, answer(batches(1, 3), mark=99)) is Outcome.GOOD
    assert contents(p.log) == [(n, b"%d" % n) for n in range(4)]
    assert p.high_watermark == 4


def test_what_was_asked_before_a_change_is_stale() -> None:
    p = following(1)
    asked = follower.question(p, 1000)
    p.follow(3, 10, 2)
    assert follower.take(p, asked, answer(batches(1, 1)), NOW) is Outcome.STALE
    asked = follower.question(p, 1000)
    take(p, answer(batches(1, 1)))
    assert follower.take(p, asked, answer(batches(1, 1)), NOW) is Outcome.STALE
    asked = follower.question(p, 1000)
    p.lead(11, 3, [1, 2], [2])
    assert follower.take(p, asked, answer(batches(2, 1)), NOW) is Outcome.STALE
    assert p.log.end_offset == 2


def test_the_same_end_in_another_epoch_is_stale() -> None:
    p = following(1, 2)
    asked = follower.question(p, 1000)
    p.log.truncate_to(1)
    put(p.log, b"other", epoch=8)
    assert follower.take(p, asked, diverging(1, 0), NOW) is Outcome.STALE
    assert p.log.end_offset == 2


def test_cut_where_the_leader_parts() -> None:
    p = following(1, 1, 2, 2, 4)
    p.high_watermark = 5
    assert take(p, diverging(2, 3)) is Outcome.GOOD
    assert p.log.end_offset == 3 and p.high_watermark == 3


def test_an_epoch_we_lack_cuts_to_the_one_before_it() -> None:
    p = following(1, 1, 2, 4)
    assert take(p, diverging(3, 10)) is Outcome.GOOD
    assert p.log.end_offset == 3, "all of 4 goes; the next question is about 2"


def test_an_epoch_without_records_goes_too() -> None:
    p = following(1)
    p.log.start_epoch(7)  # it led, and nobody wrote
    asked = follower.question(p, 1000)
    assert asked.last_fetched_epoch == 7
    take(p, diverging(1, 1))
    assert p.log.latest_epoch == 1 and p.log.end_offset == 1


def test_damage_is_not_appended() -> None:
    p = following(1)
    data = bytearray(batches(1, 2))
    data[-1] ^= 1
    assert take(p, answer(bytes(data))) is Outcome.BROKEN
    assert take(p, answer(batches(0, 1))) is Outcome.BROKEN
    assert p.log.end_offset == 1


def test_a_start_within_a_batch() -> None:
    """DeleteRecords may leave a leader's log that starts inside a batch; a new replica has that."""
    p = following()
    follower.restart_in(p, 5, 10, NOW)
    whole = bytes(batch(*(b"%d" % n for n in range(3, 8)), base_offset=3, leader_epoch=9))
    assert take(p, answer(whole + batches(8, 2), mark=10, start=5)) is Outcome.GOOD
    assert (p.log.start_offset, p.log.end_offset, p.high_watermark) == (5, 10, 10)
    assert contents(p.log) == [(n, b"%d" % n) for n in range(5, 10)]
    again = following(1)
    assert take(again, answer(whole)) is Outcome.GOOD, "a gap is the leader's compaction"


def test_the_leaders_start_is_ours() -> None:
    p = following(1, 1, 1)
    take(p, answer(mark=3, start=2))
    assert p.log.start_offset == 2


def test_out_of_range_goes_on_where_the_leader_is() -> None:
    p = following(1, 1, 1)
    p.high_watermark = 3
    follower.restart_in(p, 0, 2, NOW)
    assert p.log.end_offset == 2 and p.high_watermark == 2
    follower.restart_in(p, 7, 9, NOW)
    assert (p.log.start_offset, p.log.end_offset, p.high_watermark) == (7, 7, 7)
