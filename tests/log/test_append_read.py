"""Appending and reading: offsets, epochs, limits."""

from __future__ import annotations

import pytest

from msklite.errors import Code, KafkaError
from msklite.log.log import LogConfig
from msklite.wire.batch import check_batch, check_batches
from msklite.wire.records import Record, build_batch
from tests.log.logs import (
    NOW,
    append,
    batch,
    contents,
    headers,
    names,
    open_log,
    put,
    replicate,
    storage,
)


def test_a_new_log_has_the_files_of_kafka() -> None:
    disk = storage()
    open_log(disk)
    assert names(disk) == [
        "00000000000000000000.index",
        "00000000000000000000.log",
        "00000000000000000000.timeindex",
        "leader-epoch-checkpoint",
        "partition.metadata",
    ]
    assert disk.read("/data/t-0/partition.metadata") == (
        b"version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw"
    )


def test_batches_get_offsets_and_epochs_and_keep_their_bytes() -> None:
    log = open_log(storage())
    first, second = batch(b"a", b"b", b"c"), batch(b"d")
    sent = bytes(first), bytes(second)
    info = append(log, first, epoch=4)
    assert (info.first_offset, info.last_offset, info.append_time) == (0, 2, -1)
    assert append(log, second, epoch=5).first_offset == 3
    data = log.read(0, 1 << 20, 4, True).read()
    found = check_batches(data)
    assert [(h.base_offset, h.leader_epoch) for h in found] == [(0, 4), (3, 5)]
    assert data[16 : len(sent[0])] == sent[0][16:]
    assert data[len(sent[0]) + 16 :] == sent[1][16:]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: memoryview(bytes(b))])
def test_any_kind_of_buffer_is_taken(kind: type) -> None:
    log = open_log(storage())
    put(log, b"x")
    data = batch(b"a", b"b")
    log.append(kind(data), [check_batch(data, 0, len(data))], 3, NOW)
    assert contents(log) == [(0, b"x"), (1, b"a"), (2, b"b")]
    assert [h.leader_epoch for h in headers(log)] == [0, 3]


def test_several_batches_that_may_not_be_written_to() -> None:
    log = open_log(storage())
    parts = [batch(b"a", b"b"), batch(b"c")]
    found = [check_batch(p, 0, len(p)) for p in parts]
    info = log.append(bytes(parts[0] + parts[1]), found, 1, NOW)
    assert (info.first_offset, info.last_offset) == (0, 2)
    assert contents(log) == [(0, b"a"), (1, b"b"), (2, b"c")]


def test_a_follower_keeps_the_leaders_offsets_with_gaps() -> None:
    log = open_log(storage())
    replicate(log, 0, b"a", b"b", epoch=1)
    replicate(log, 7, b"c", epoch=2)
    assert log.end_offset == 8
    assert contents(log) == [(0, b"a"), (1, b"b"), (7, b"c")]
    assert log.read(3, 1 << 20, 8, True).first_offset == 7
    with pytest.raises(ValueError, match="below the next"):
        replicate(log, 7, b"again")
    assert log.end_offset == 8


def test_a_batch_larger_than_a_segment_is_refused() -> None:
    log = open_log(storage(), LogConfig(segment_bytes=200))
    put(log, b"x")
    with pytest.raises(KafkaError) as e:
        put(log, bytes(500))
    assert e.value.code == Code.RECORD_LIST_TOO_LARGE
    assert contents(log) == [(0, b"x")]


def filled(values: int = 10, **config: int) -> tuple[object, int]:
    log = open_log(storage(), LogConfig(**config))
    for i in range(values):
        put(log, b"%02d" % i, b"%02d" % i)
    return log, log.size // values


def test_reading_begins_with_the_batch_that_holds_the_offset() -> None:
    log, length = filled()
    for offset in range(20):
        piece = log.read(offset, length, 20, True)  # type: ignore[attr-defined]
        assert piece.first_offset == offset - offset % 2
        assert check_batches(piece.read())[0].base_offset == piece.first_offset


def test_limits_of_a_read() -> None:
    log, length = filled()
    read = log.read  # type: ignore[attr-defined]
    assert read(0, length * 3, 20, True).length == length * 3
    assert read(0, length * 3 + 5, 20, True).length == length * 3 + 5  # the last one is cut
    assert read(0, 1, 20, True).length == length  # one batch at least
    assert read(0, 0, 20, True).length == length
    assert read(0, length - 1, 20, False).length == 0
    assert read(0, length, 20, False).length == length
    assert read(18, 1 << 20, 20, True).length == length
    assert read(20, 1 << 20, 20, True).length == 0


def test_nothing_beyond_the_upper_offset_is_read() -> None:
    log, length = filled()
    read = log.read  # type: ignore[attr-defined]
    assert read(0, 1 << 20, 6, True).length == 3 * length
    # a limit inside a batch ends before it
    assert read(0, 1 << 20, 7, True).length == 3 * length
    assert read(6, 1 << 20, 6, True).length == 0
    assert read(8, 1 << 20, 6, True).length == 0


def test_offsets_out_of_range() -> None:
    log, _ = filled()
    log.advance_start(6)  # type: ignore[attr-defined]
    for offset in (-1, 5, 21):
        with pytest.raises(KafkaError) as e:
            log.read(offset, 100, 20, True)  # type: ignore[attr-defined]
        assert e.value.code == Code.OFFSET_OUT_OF_RANGE


def test_a_read_ends_with_its_segment_and_goes_over_empty_ends() -> None:
    log = open_log(storage())
    put(log, b"a", b"b")
    log.roll(NOW)
    put(log, b"c")
    assert len(check_batches(log.read(0, 1 << 20, 3, True).read())) == 1
    assert log.read(2, 1 << 20, 3, True).first_offset == 2
    # the first segment ends in a gap: offsets 1..4 were cleaned away
    log = open_log(storage())
    replicate(log, 0, b"a")
    log.roll(NOW, 5)
    replicate(log, 5, b"b")
    assert log.read(3, 1 << 20, 6, True).first_offset == 5


def test_a_slice_outlives_roll_and_deletion() -> None:
    disk = storage()
    log = open_log(disk)
    put(log, b"a")
    piece = log.read(0, 1 << 20, 1, True)
    log.roll(NOW)
    put(log, b"b")
    log.advance_start(1)
    assert check_batches(piece.read())[0].count == 1
    log.collect()
    assert names(disk, ".log", ".deleted") == ["00000000000000000001.log"]


def test_batches_with_cleaned_away_records_keep_their_last_offset() -> None:
    log = open_log(storage())
    kept = Record(NOW, b"k", b"v", offset=2)
    data = bytearray(build_batch([kept], base_offset=0, last_offset_delta=9, leader_epoch=0))
    log.append_follower(data, check_batches(data), NOW)
    assert log.end_offset == 10
    assert contents(log) == [(2, b"v")]
    assert log.read(9, 1 << 20, 10, True).first_offset == 0
