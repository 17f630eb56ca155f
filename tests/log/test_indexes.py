"""The offset index and the time index: entries, lookups, damage."""

from __future__ import annotations

import random
import struct

import pytest

from msklite.log.index import CorruptIndex, OffsetIndex, TimeIndex
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from tests.log.logs import NOW, PATH, batch, contents, headers, open_log, put, storage

INDEX = f"{PATH}/{0:020d}.index"
TIMES = f"{PATH}/{0:020d}.timeindex"
DENSE = LogConfig(index_interval_bytes=0)


def entries(disk: MemoryStorage, path: str, form: str) -> list[tuple[int, int]]:
    return list(struct.iter_unpack(form, disk.read(path)))


def test_an_entry_for_each_interval_names_the_batch_to_come() -> None:
    disk = storage()
    one = len(batch(b"00"))
    log = open_log(disk, LogConfig(index_interval_bytes=3 * one))
    for i in range(12):
        put(log, b"%02d" % i, timestamp=NOW + i)
    log.close()
    # More than three batches' bytes must have gone by: the fifth batch, then every fourth.
    assert entries(disk, INDEX, ">ii") == [(4, 4 * one), (8, 8 * one)]
    # The time index has an entry at the same places, and a last one when the segment is closed.
    assert entries(disk, TIMES, ">qi") == [(NOW + 4, 4), (NOW + 8, 8), (NOW + 11, 11)]


def test_times_that_go_back_make_no_entries() -> None:
    disk = storage()
    log = open_log(disk, DENSE)
    for step in (0, 5, 3, 5, 2, 9, 1):
        put(log, b"x", timestamp=NOW + step)
    log.close()
    assert entries(disk, TIMES, ">qi") == [(NOW + 5, 1), (NOW + 9, 5)]


def test_without_times_there_are_no_time_entries() -> None:
    disk = storage()
    log = open_log(disk, DENSE)
    for _ in range(5):
        put(log, b"x", timestamp=-1)
    log.close()
    assert disk.size(TIMES) == 0
    assert disk.size(INDEX) == 4 * 8


def test_lookups_against_a_plain_list() -> None:
    """Any offset is found from the place that the index gives, whatever the interval."""
    rng = random.Random(5)
    for interval in (0, 100, 300, 4096):
        log = open_log(storage(), LogConfig(index_interval_bytes=interval, segment_bytes=3000))
        for i in range(150):
            put(log, *[b"%d" % i] * rng.randint(1, 5))
        for header in headers(log):
            for offset in range(header.base_offset, header.next_offset):
                assert log.read(offset, 1, log.end_offset, True).first_offset == header.base_offset


def test_entries_are_written_in_bundles_and_all_at_close() -> None:
    disk = storage()
    log = open_log(disk, DENSE)
    for _ in range(33):
        put(log, b"x")
    assert disk.size(INDEX) == 32 * 8
    for _ in range(5):
        put(log, b"x")
    log.close()
    assert disk.size(INDEX) == 37 * 8


@pytest.mark.parametrize("reopen", [False, True])
def test_cutting_an_index(reopen: bool) -> None:
    """Entries on the disk and entries still in memory are cut alike."""
    for keep in (0, 3, 32, 35, 40):
        disk = storage()
        index = OffsetIndex(disk, "/data/i", 100, 10_000)
        index.reset()
        for n in range(1, 41):
            index.append(100 + n, n * 10)
        index.truncate(100 + keep + 1)
        index.append(100 + keep + 1, 9999)
        if reopen:
            index.close()
            index = OffsetIndex(disk, "/data/i", 100, 10_000)
        assert len(index) == keep + 1
        assert index.lookup(100 + keep) == keep * 10
        assert index.lookup(10_000) == index.last_position == 9999


def test_cutting_a_time_index() -> None:
    for keep in (0, 3, 32, 35, 40):
        disk = storage()
        index = TimeIndex(disk, "/data/i", 100, 10_000)
        index.reset()
        for n in range(1, 41):
            index.maybe_append(n * 10, 100 + n)
        index.truncate(100 + keep + 1)
        assert index.last == ((keep * 10, 100 + keep) if keep else (-1, 100))
        index.close()
        assert TimeIndex(disk, "/data/i", 100, 10_000).peek_last() == index.last


def test_a_time_index_looks_up_the_last_entry_at_or_before() -> None:
    index = TimeIndex(storage(), "/data/i", 100, 10_000)
    index.reset()
    for time, offset in ((10, 103), (20, 105), (30, 110)):
        index.maybe_append(time, offset)
    assert [index.lookup(t) for t in (9, 10, 19, 20, 35)] == [100, 103, 103, 105, 110]


BAD_OFFSETS = [b"\0" * 3, b"\7" * 12, struct.pack(">iiii", 5, 10, 4, 20),
               struct.pack(">iiii", 5, 10, 6, 10), struct.pack(">ii", -1, 10),
               struct.pack(">ii", 3, 0)]  # fmt: skip
BAD_TIMES = [b"\1" * 5, struct.pack(">qiqi", 5, 1, 5, 2), struct.pack(">qiqi", 5, 3, 6, 2),
             struct.pack(">qi", 5, -2)]  # fmt: skip


@pytest.mark.parametrize("data", BAD_OFFSETS)
def test_an_impossible_offset_index(data: bytes) -> None:
    disk = storage()
    disk.write("/data/i", data)
    with pytest.raises(CorruptIndex):
        OffsetIndex(disk, "/data/i", 0, 100).load()


def test_a_missing_index() -> None:
    with pytest.raises(CorruptIndex):
        OffsetIndex(storage(), "/data/none", 0, 100).load()
    for read in (TimeIndex.load, TimeIndex.peek_last):
        with pytest.raises(CorruptIndex):
            read(TimeIndex(storage(), "/data/none", 0, 100))


@pytest.mark.parametrize("data", BAD_TIMES)
def test_an_impossible_time_index(data: bytes) -> None:
    disk = storage()
    disk.write("/data/i", data)
    with pytest.raises(CorruptIndex):
        TimeIndex(disk, "/data/i", 0, 100).load()


def test_room_that_a_killed_kafka_left_is_dropped() -> None:
    """Kafka preallocates index files; after a kill they end in zeros."""
    disk = storage()
    whole = struct.pack(">iiii", 5, 0x100, 9, 0x20000)
    disk.write("/data/i", whole + bytes(80))
    index = OffsetIndex(disk, "/data/i", 0, 1000)
    assert len(index) == 2 and index.last_position == 0x20000
    index.append(12, 0x30000)
    index.close()
    assert disk.read("/data/i") == whole + struct.pack(">ii", 12, 0x30000)


def many(disk: MemoryStorage) -> Log:
    """Three segments, the first two closed."""
    log = open_log(disk, LogConfig(index_interval_bytes=100, segment_bytes=1000))
    for i in range(36):
        put(log, b"%d" % i, timestamp=NOW + i)
    log.close()
    assert len(log.segments) >= 3
    return open_log(disk, log.config)


@pytest.mark.parametrize("path", [INDEX, TIMES])
@pytest.mark.parametrize("data", [None, b"", b"xyz", b"\xff" * 24, bytes(24)])
def test_closed_segments_indexes_are_rebuilt_when_needed(path: str, data: bytes | None) -> None:
    disk = storage()
    many(disk).close()
    right = disk.read(path)
    if data is None:
        disk.remove(path)
    else:
        disk.write(path, data)
    log = open_log(disk, LogConfig(index_interval_bytes=100, segment_bytes=1000))
    assert contents(log) == [(i, b"%d" % i) for i in range(36)]
    for i in range(36):
        assert log.offset_for_time(NOW + i) == (i, NOW + i)
        assert log.read(i, 1, 36, True).first_offset == i
    log.close()
    if data not in (b"", bytes(24)):  # an empty index is a possible one: only slower
        assert disk.read(path) == right
