"""Truncation at the end, and the log's start moving on."""

from __future__ import annotations

import pytest

from msklite.errors import Code, KafkaError
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import (
    NOW,
    append,
    contents,
    idempotent,
    names,
    open_log,
    put,
    replicate,
    storage,
)

CONFIG = LogConfig(segment_bytes=400, index_interval_bytes=100)


def filled(disk: MemoryStorage, count: int = 20) -> Log:
    log = open_log(disk, CONFIG)
    for i in range(count):
        put(log, b"%d" % (2 * i), b"%d" % (2 * i + 1), epoch=i // 8, timestamp=NOW + i)
    return log


def expected(start: int, end: int) -> list[tuple[int, bytes]]:
    return [(i, b"%d" % i) for i in range(start, end)]


@pytest.mark.parametrize("offset", range(42))
def test_truncation_cuts_whole_batches(offset: int) -> None:
    disk = storage()
    log = filled(disk)
    log.truncate_to(offset)
    end = min(offset - offset % 2, 40)
    assert log.end_offset == end
    assert contents(log) == expected(0, end)
    assert log.size == sum(s.size for s in log.segments)
    assert log.offset_for_time(NOW + end // 2) is None
    if end:
        assert log.max_timestamp() == (end - 2, NOW + end // 2 - 1)
    # and the log goes on from there
    for i in range(end // 2, 22):
        put(log, b"%d" % (2 * i), b"%d" % (2 * i + 1), epoch=9, timestamp=NOW + i)
    assert contents(log) == expected(0, 44)
    for i in range(44):
        assert log.read(i, 1, 44, True).first_offset == i - i % 2
        assert log.offset_for_time(NOW + i // 2) == (i - i % 2, NOW + i // 2)
    log.close()
    for clean in (True, False):
        log = open_log(disk, CONFIG, clean=clean)
        assert contents(log) == expected(0, 44)
        assert names(disk, ".deleted") == []


def test_an_end_never_lies_in_a_gap() -> None:
    """Compaction leaves gaps; what is above the last batch couldn't be told after a start."""
    log = open_log(storage())
    for base in (0, 5, 20):
        replicate(log, base, b"x")
    log.truncate_to(12)
    assert log.end_offset == 6
    log.truncate_to(3)
    assert log.end_offset == 1


def test_truncated_segments_are_set_aside_then_removed() -> None:
    disk = storage()
    log = filled(disk)
    count = len(log.segments)
    log.truncate_to(2)
    assert len(names(disk, ".log")) == 1
    assert len(names(disk, ".log.deleted")) == count - 1
    log.collect()
    assert names(disk, ".deleted") == []


def test_the_epoch_of_a_leader_that_wrote_nothing_goes_too() -> None:
    """Even where nothing is cut (Kafka's UnifiedLog.truncateTo)."""
    log = filled(storage())
    log.start_epoch(7)
    assert log.latest_epoch == 7
    log.truncate_to(40)
    assert log.latest_epoch == 2


def test_truncation_lowers_the_recovery_point_and_forgets_snapshots() -> None:
    disk = storage()
    log = filled(disk)
    log.flush()
    assert log.recovery_point == 40
    log.truncate_to(10)
    assert log.recovery_point == 10
    assert all(int(n[:20]) <= 10 for n in names(disk, ".snapshot"))


def test_a_flush_under_way_doesnt_cover_what_comes_after_a_truncation() -> None:
    log = filled(storage())
    flush = log.begin_flush(NOW)
    log.truncate_to(10)
    put(log, *[b"x"] * 30, epoch=5)
    flush.run()
    log.end_flush(flush)
    assert log.recovery_point == 10


def test_truncation_forgets_producers_of_what_is_cut() -> None:
    log = open_log(storage())
    append(log, idempotent(0, 2))
    append(log, idempotent(2, 2))
    append(log, idempotent(0, 1, producer=8))
    log.truncate_to(2)
    assert {p.producer_id: p.last_sequence for p in log.producers.values()} == {7: 1}
    assert append(log, idempotent(2, 1)).first_offset == 2


def test_truncating_all_begins_anew() -> None:
    disk = storage()
    log = filled(disk)
    log.truncate_fully(1000, NOW)
    assert (log.start_offset, log.end_offset, log.size, log.recovery_point) == (1000, 1000, 0, 1000)
    assert log.epochs.entries == []
    put(log, b"x", epoch=3)
    assert contents(log) == [(1000, b"x")]
    log.close()
    assert contents(open_log(disk, CONFIG, clean=False)) == [(1000, b"x")]


@pytest.mark.parametrize("offset", range(41))
def test_the_start_moves_on(offset: int) -> None:
    disk = storage()
    log = filled(disk)
    bases = [s.base_offset for s in log.segments]
    log.advance_start(offset)
    assert log.start_offset == offset
    assert contents(log) == expected(offset, 40)
    assert log.segments[0].base_offset == max(b for b in bases if b <= offset)
    assert log.size == sum(s.size for s in log.segments)
    assert log.epochs.entries[0][1] == offset
    assert min([int(n[:20]) for n in names(disk, ".snapshot")], default=offset) >= (
        log.segments[0].base_offset
    )
    log.close()
    for clean in (True, False):
        log = open_log(disk, CONFIG, clean=clean, start=offset)
        assert (log.start_offset, log.end_offset) == (offset, 40)
        assert contents(log) == expected(offset, 40)


def test_the_start_never_goes_back_and_not_beyond_the_end() -> None:
    log = filled(storage())
    log.advance_start(30)
    assert log.advance_start(10) == 0
    assert log.start_offset == 30
    with pytest.raises(KafkaError) as e:
        log.advance_start(41)
    assert e.value.code == Code.OFFSET_OUT_OF_RANGE


def test_a_log_that_ends_below_its_start_begins_anew_at_it() -> None:
    """After a crash that lost a tail which DeleteRecords had deleted anyway."""
    disk = storage()
    filled(disk, 3).close()
    log = open_log(disk, CONFIG, clean=False, start=100)
    assert (log.start_offset, log.end_offset) == (100, 100)
    assert log.epochs.entries == []
    assert put(log, b"x").first_offset == 100
    assert names(disk, ".log") == [f"{100:020d}.log"]
