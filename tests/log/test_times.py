"""ListOffsets: records by time, the largest timestamp."""

from __future__ import annotations

import random

import pytest

from msklite.log.log import Log, LogConfig
from msklite.wire.batch import CRC_START, check_batch
from tests.log.logs import NOW, append, batch, open_log, put, storage


def small(times: list[list[int]], **config: int) -> Log:
    log = open_log(
        storage(), LogConfig(**{"segment_bytes": 400, "index_interval_bytes": 80} | config)
    )
    for group in times:
        put(log, *[b"v"] * len(group), timestamp=[NOW + t for t in group])
    return log


def test_the_first_record_at_or_after_a_time() -> None:
    log = small([[10, 20, 30], [40], [50, 60]])
    assert log.offset_for_time(0) == (0, NOW + 10)
    assert log.offset_for_time(NOW + 10) == (0, NOW + 10)
    assert log.offset_for_time(NOW + 11) == (1, NOW + 20)
    assert log.offset_for_time(NOW + 31) == (3, NOW + 40)
    assert log.offset_for_time(NOW + 60) == (5, NOW + 60)
    assert log.offset_for_time(NOW + 61) is None


def test_of_an_empty_log_there_is_none() -> None:
    log = open_log(storage())
    assert log.offset_for_time(0) is None
    assert log.max_timestamp() is None


def test_times_out_of_order_against_a_plain_list() -> None:
    """With Kafka's rule: the first record in the first segment that reaches the time."""
    for seed in range(20):
        rng = random.Random(seed)
        log = small([[rng.randint(0, 99) for _ in range(rng.randint(1, 4))] for _ in range(40)])
        found: list[list[tuple[int, int]]] = [[] for _ in log.segments]
        for i, segment in enumerate(log.segments):
            for _, header in segment.headers():
                data = log.read(header.base_offset, 1, log.end_offset, True).read()
                from msklite.wire.records import iter_records

                found[i] += [(r.offset, r.timestamp) for r in iter_records(data)]
        start = rng.choice([0, 0, 5, 17])
        log.start_offset = start
        for time in range(-1, 101):
            rows = next((s for s in found if max(t for _, t in s) >= NOW + time), [])
            expected = next(((o, t) for o, t in rows if t >= NOW + time and o >= start), None)
            assert log.offset_for_time(NOW + time) == expected
        largest = max(t for s in found for _, t in s)
        assert log.max_timestamp() == next((o, t) for s in found for o, t in s if t == largest)


@pytest.mark.parametrize("clean", [True, False])
def test_after_opening_again(clean: bool) -> None:
    disk = storage()
    config = LogConfig(segment_bytes=400, index_interval_bytes=80)
    log = open_log(disk, config)
    for i in range(30):
        put(log, b"v", timestamp=NOW + (i * 7) % 30)
    expected = [log.offset_for_time(NOW + t) for t in range(31)], log.max_timestamp()
    log.close()
    log = open_log(disk, config, clean=clean)
    assert ([log.offset_for_time(NOW + t) for t in range(31)], log.max_timestamp()) == expected


def test_records_without_times() -> None:
    log = open_log(storage())
    put(log, b"a", timestamp=-1)
    assert log.offset_for_time(0) is None
    assert log.max_timestamp() is None
    put(log, b"b", timestamp=7)
    assert log.offset_for_time(0) == (1, 7)
    assert log.max_timestamp() == (1, 7)


def test_log_append_time_counts_for_the_whole_batch() -> None:
    log = open_log(storage())
    put(log, b"a", b"b", timestamp=[NOW, NOW + 9], log_append_time=True)
    assert log.offset_for_time(NOW + 5) == (0, NOW + 9)
    assert log.max_timestamp() == (0, NOW + 9)


def test_a_batch_whose_inside_is_nonsense_counts_as_one_record() -> None:
    """Its header and checksum are sound, so it was stored; a consumer that seeks there meets it."""
    from struct import pack_into

    from crc32c import crc32c

    log = open_log(storage())
    put(log, b"a", timestamp=NOW)
    data = batch(b"bbbbbb", b"c", timestamp=NOW + 5)
    data[61:] = b"\xff" * (len(data) - 61)
    pack_into(">I", data, 17, crc32c(bytes(data[CRC_START:])))
    check_batch(data, 0, len(data))
    append(log, data)
    assert log.offset_for_time(NOW + 1) == (1, NOW + 5)
    assert log.max_timestamp() == (1, NOW + 5)
