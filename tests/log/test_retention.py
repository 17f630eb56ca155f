"""Deleting by age, by size, and behind the log's start."""

from __future__ import annotations

import pytest

from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import NOW, append, batch, contents, names, open_log, put, storage

SIZE = len(batch(b"00")) * 2


def filled(disk: MemoryStorage, **config: object) -> Log:
    """Five segments of two batches each, of times NOW+0, +10, ..."""
    settings = {"segment_bytes": SIZE, "retention_ms": -1, "retention_bytes": -1} | config
    log = open_log(disk, LogConfig(**settings))  # type: ignore[arg-type]
    for i in range(10):
        put(log, b"%02d" % i, timestamp=NOW + 10 * i)
    assert len(log.segments) == 5
    return log


def test_by_age() -> None:
    log = filled(storage(), retention_ms=1000)
    assert log.retain(NOW + 1010, 10) == 0  # the first segment's last record is 1000 old: not more
    assert log.retain(NOW + 1011, 10) == 1
    assert log.start_offset == 2
    assert log.retain(NOW + 1060, 10) == 2
    assert contents(log)[0] == (6, b"06")
    assert log.size == 2 * SIZE


def test_age_stops_at_the_first_young_segment() -> None:
    log = open_log(storage(), LogConfig(segment_bytes=SIZE, retention_ms=1000))
    for time in (0, 0, 5000, 0, 0, 0):
        put(log, b"00", timestamp=NOW + time)
    assert log.retain(NOW + 2000, 6) == 1
    assert log.start_offset == 2


def test_the_active_segment_goes_by_age_and_the_log_goes_on() -> None:
    disk = storage()
    log = filled(disk, retention_ms=1000)
    assert log.retain(NOW + 100_000, 10) == 5
    assert (log.start_offset, log.end_offset, log.size) == (10, 10, 0)
    assert names(disk, ".log") == [f"{10:020d}.log"]
    assert put(log, b"x").first_offset == 10
    assert log.retain(NOW + 100_000, 11) == 1
    assert log.retain(NOW + 100_000, 11) == 0


def test_by_size() -> None:
    """A segment goes only if retention.bytes or more is left."""
    for limit, left in ((5 * SIZE, 5), (3 * SIZE, 3), (3 * SIZE - 1, 3), (2 * SIZE + 1, 3), (0, 0)):
        log = filled(storage(), retention_bytes=limit)
        log.retain(NOW, 10)
        assert log.size == left * SIZE, limit
        assert log.end_offset == 10


def test_nothing_beyond_the_high_watermark_goes() -> None:
    for watermark, gone in ((0, 0), (1, 0), (2, 1), (5, 2), (9, 4), (10, 5)):
        log = filled(storage(), retention_ms=1000)
        assert log.retain(NOW + 100_000, watermark) == gone
        assert log.start_offset == 2 * gone <= watermark


def test_records_without_times_age_since_their_segment_was_begun() -> None:
    log = open_log(storage(), LogConfig(segment_bytes=SIZE, retention_ms=1000))
    for _ in range(4):
        append(log, batch(b"00", timestamp=-1), now_ms=NOW + 10)
    assert log.retain(NOW + 1000, 4) == 0
    assert log.retain(NOW + 1001, 4) == 1


def test_a_compacted_log_keeps_its_records_but_not_what_was_deleted() -> None:
    log = filled(storage(), cleanup_policy="compact", retention_ms=1000, retention_bytes=0)
    assert log.retain(NOW + 100_000, 10) == 0
    log.start_offset = 5
    assert log.retain(NOW + 100_000, 10) == 2
    both = filled(storage(), cleanup_policy="compact,delete", retention_ms=1000)
    assert both.retain(NOW + 100_000, 10) == 5


@pytest.mark.parametrize("clean", [True, False])
def test_what_was_deleted_stays_so_after_opening(clean: bool) -> None:
    disk = storage()
    log = filled(disk, retention_ms=1000)
    log.retain(NOW + 1060, 10)
    assert len(names(disk, ".log.deleted")) == 3
    expected = contents(log)
    log.flush()
    disk.crash()
    log = open_log(disk, log.config, clean=clean)
    assert names(disk, ".deleted") == []
    assert contents(log) == expected
    assert log.start_offset == 6


def test_old_segments_are_judged_without_keeping_their_indexes() -> None:
    disk = storage()
    filled(disk, retention_ms=1000).close()
    log = open_log(disk, LogConfig(segment_bytes=SIZE, retention_ms=1000))
    assert log.retain(NOW + 1000, 10) == 0
    assert all(s.times._timestamps is None for s in log.segments[:-1])
    assert log.retain(NOW + 1011, 10) == 1


def test_when_the_disk_fails_nothing_is_lost() -> None:
    """Fail change 1, then 2, ... of a retention that deletes all, until none fails."""
    failed = 0
    while True:
        disk = storage()
        log = filled(disk, retention_ms=1000)
        disk.fail_at = disk.changes + 1 + failed
        try:
            log.retain(NOW + 100_000, 10)
        except OSError:
            pass
        if disk.changes < disk.fail_at:
            break
        disk.fail_at = None
        start = log.start_offset
        assert contents(log) == [(i, b"%02d" % i) for i in range(start, 10)]
        assert put(log, b"10").first_offset == 10
        log.flush()
        disk.crash()
        again = open_log(disk, log.config, clean=False, start=start)
        assert contents(again) == [(i, b"%02d" % i) for i in range(start, 11)]
        failed += 1
    assert failed > 5
