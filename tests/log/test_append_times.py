"""On a turned clock records age from when they were appended; that survives restarts."""

from __future__ import annotations

from msklite.log.append_times import FILE_NAME
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import NOW, append, batch, copy_of, open_log, storage

YEAR = 365 * 86_400_000
SIZE = len(batch(b"00")) * 2
CONFIG = LogConfig(segment_bytes=SIZE, retention_ms=1000)


def put_at(log: Log, now_ms: int, *, timestamp: int = NOW) -> None:
    """A client's record: its time is its own, and the log's clock is ahead."""
    append(log, batch(b"00", timestamp=timestamp), now_ms=now_ms)


def aged(disk: MemoryStorage) -> Log:
    log = open_log(disk, CONFIG, now_ms=NOW)
    put_at(log, NOW)
    put_at(log, NOW)
    log.age_by_append()
    for late in (0, 10, 20, 30, 40):
        put_at(log, NOW + YEAR + late)
    return log


def test_what_comes_after_the_jump_isnt_a_year_old() -> None:
    log = aged(storage())
    assert log.retain(NOW + YEAR + 40, 7) == 1, "what was there before is"
    assert log.start_offset == 2
    assert log.retain(NOW + YEAR + 1010, 7) == 0
    assert log.retain(NOW + YEAR + 1011, 7) == 1


def test_segments_are_rolled_by_it() -> None:
    log = open_log(storage(), LogConfig(segment_ms=1000))
    put_at(log, NOW)
    put_at(log, NOW + YEAR)
    assert len(log.segments) == 1, "the records' own times stand still"
    log.age_by_append()
    put_at(log, NOW + YEAR)
    assert len(log.segments) == 2
    put_at(log, NOW + YEAR + 1000)
    assert len(log.segments) == 2
    put_at(log, NOW + YEAR + 1001)
    assert len(log.segments) == 3


def test_a_clean_stop_keeps_the_times() -> None:
    disk = storage()
    aged(disk).close()
    assert disk.exists(f"/data/t-0/{FILE_NAME}")
    for _ in range(2):
        log = open_log(disk, CONFIG, now_ms=NOW + YEAR + 100)
        log.restore_append_times(NOW + YEAR + 100, clean=True)
        assert [s.appended_ms - NOW for s in log.segments] == [0, YEAR + 10, YEAR + 30, YEAR + 40]
        log.close()
    log = open_log(disk, CONFIG)
    log.restore_append_times(NOW + YEAR + 1011, clean=True)
    assert log.retain(NOW + YEAR + 1011, 7) == 2


def test_after_a_crash_nothing_goes_too_early() -> None:
    disk = storage()
    log = aged(disk)
    log.flush()
    for keep in (True, False):
        twin = copy_of(disk)
        if not keep:
            twin.write(f"/data/t-0/{FILE_NAME}", b"torn")
        later = NOW + YEAR + 5000
        again = open_log(twin, CONFIG, clean=False, recovery_point=4, now_ms=later)
        again.restore_append_times(later, clean=False)
        # What was known completely keeps its age; the rest counts as new.
        assert again.retain(later, 7) == (2 if keep else 0)
        assert again.end_offset == 7


def test_no_file_where_nobody_turns_the_clock() -> None:
    disk = storage()
    log = open_log(disk, CONFIG)
    for _ in range(5):
        put_at(log, NOW)
    log.close()
    assert not disk.exists(f"/data/t-0/{FILE_NAME}")
