"""When a segment ends and another begins."""

from __future__ import annotations

import pytest

from msklite.log.index import MAX_RELATIVE
from msklite.log.log import Log, LogConfig
from msklite.log.segment import Segment
from tests.log.logs import NOW, append, batch, contents, names, open_log, put, replicate, storage

DAY = 24 * 3600 * 1000


def bases(log: Log) -> list[int]:
    return [s.base_offset for s in log.segments]


def test_by_size() -> None:
    disk = storage()
    one = len(batch(b"0"))
    log = open_log(disk, LogConfig(segment_bytes=3 * one))
    for i in range(7):
        put(log, b"%d" % i)
    assert bases(log) == [0, 3, 6]
    assert [s.size for s in log.segments] == [3 * one, 3 * one, one]
    assert log.size == 7 * one
    assert names(disk, ".log") == [f"{b:020d}.log" for b in (0, 3, 6)]
    # Kafka writes the producers' state at each roll, also when there are none.
    assert names(disk, ".snapshot") == [f"{b:020d}.snapshot" for b in (3, 6)]
    assert contents(log) == [(i, b"%d" % i) for i in range(7)]


def test_by_the_batches_time() -> None:
    """As in Kafka the records' own times decide, measured from the segment's first batch."""
    log = open_log(storage(), LogConfig(segment_ms=1000))
    put(log, b"a", timestamp=NOW)
    put(log, b"b", timestamp=NOW + 1000)
    assert bases(log) == [0]
    put(log, b"c", timestamp=NOW + 1001)
    assert bases(log) == [0, 2]
    put(log, b"d", timestamp=NOW - 50_000)
    assert bases(log) == [0, 2]
    # the clock on the wall doesn't matter where batches have times
    append(log, batch(b"e", timestamp=NOW + 1500), now_ms=NOW + DAY)
    assert bases(log) == [0, 2]


def test_by_the_wall_clock_where_records_have_no_time() -> None:
    log = open_log(storage(), LogConfig(segment_ms=1000))
    append(log, batch(b"a", timestamp=-1), now_ms=NOW)
    append(log, batch(b"b", timestamp=-1), now_ms=NOW + 1000)
    assert bases(log) == [0]
    append(log, batch(b"c", timestamp=-1), now_ms=NOW + 1001)
    assert bases(log) == [0, 2]


def test_the_first_batchs_time_is_found_again_after_opening() -> None:
    disk = storage()
    config = LogConfig(segment_ms=1000)
    log = open_log(disk, config)
    put(log, b"a", timestamp=NOW)
    put(log, b"b", timestamp=NOW + 900)
    log.close()
    log = open_log(disk, config)
    put(log, b"c", timestamp=NOW + 1001)
    assert bases(log) == [0, 2]


def test_a_follower_rolls_by_the_largest_time_of_what_it_appends() -> None:
    from msklite.wire.batch import check_batches

    log = open_log(storage(), LogConfig(segment_ms=1000))
    put(log, b"a", timestamp=NOW)
    data = batch(b"b", timestamp=NOW + 2000, base_offset=1, leader_epoch=0)
    data += batch(b"c", timestamp=NOW, base_offset=2, leader_epoch=0)
    log.append_follower(data, check_batches(data), NOW)
    assert bases(log) == [0, 1]


def test_a_segment_begins_at_the_end_where_a_compacted_leader_goes_on_behind_it() -> None:
    """Found by the simulator: after a kill the gap looked like a hole, and the log was cut."""
    from msklite.wire.batch import check_batches

    disk = storage()
    log = open_log(disk, LogConfig(segment_ms=1000))
    put(log, b"a", timestamp=NOW)
    data = batch(b"b", timestamp=NOW + 2000, base_offset=5, leader_epoch=0)
    log.append_follower(data, check_batches(data), NOW)
    assert bases(log) == [0, 1]
    cuts: list[str] = []
    again = Log.open(
        disk, log.path, "t", 0, LogConfig(), clean=False, recovery_point=0, log_start_offset=0,
        now_ms=NOW, cuts=cuts,
    )  # fmt: skip
    assert (contents(again), cuts) == ([(0, b"a"), (5, b"b")], [])


def test_jitter_makes_it_earlier_but_never_by_more_than_it_says() -> None:
    config = LogConfig(segment_ms=10_000, segment_jitter_ms=4000)
    waits = set()
    for number in range(40):
        segment = Segment.create(storage(), "/data", number, config, NOW)
        segment.append([batch(b"x")], [])
        segment.size, segment.first_timestamp = 1, NOW
        wait = next(
            w for w in range(0, 10_101, 100) if segment.should_roll(config, 1, number, NOW + w, NOW)
        )
        assert 6000 < wait <= 10_100
        waits.add(wait)
    assert len(waits) > 10


def test_when_an_index_is_full() -> None:
    log = open_log(storage(), LogConfig(index_interval_bytes=0, segment_index_bytes=8 * 3))
    for _ in range(12):
        put(log, b"x")
    assert len(log.segments) > 2
    assert all(len(s.offsets) <= 3 for s in log.segments)
    assert [o for o, _ in contents(log)] == list(range(12))


def test_when_offsets_no_longer_fit_the_index() -> None:
    log = open_log(storage())
    replicate(log, 5, b"a")
    replicate(log, MAX_RELATIVE, b"b")
    assert bases(log) == [0]
    replicate(log, MAX_RELATIVE + 1, b"c")
    assert bases(log) == [0, MAX_RELATIVE + 1]
    assert [o for o, _ in contents(log)] == [5, MAX_RELATIVE, MAX_RELATIVE + 1]


def test_an_empty_segment_isnt_rolled() -> None:
    log = open_log(storage())
    assert log.roll(NOW) is log.segments[0]
    put(log, b"a")
    log.roll(NOW)
    log.roll(NOW)
    assert bases(log) == [0, 1]


@pytest.mark.parametrize("clean", [True, False])
def test_rolled_segments_are_there_after_opening(clean: bool) -> None:
    disk = storage()
    config = LogConfig(segment_bytes=150)
    log = open_log(disk, config)
    for i in range(9):
        put(log, b"%d" % i)
    count = len(log.segments)
    log.close()
    log = open_log(disk, config, clean=clean)
    assert len(log.segments) == count > 3
    assert contents(log) == [(i, b"%d" % i) for i in range(9)]
    assert put(log, b"9").first_offset == 9
