"""Idempotent producers: duplicates, gaps, epochs, snapshots, expiry (KIP-98, KIP-360)."""

from __future__ import annotations

import struct

import pytest
from crc32c import crc32c

from msklite.errors import Code, KafkaError
from msklite.log.log import Log, LogConfig
from msklite.log.producers import CorruptSnapshot, Producer, ProducerState, Sent
from msklite.wire.batch import check_batches
from msklite.wire.records import Control, build_batch, control_record
from tests.log.logs import (
    NOW,
    PATH,
    append,
    batch,
    contents,
    idempotent,
    names,
    open_log,
    put,
    storage,
)

LAST = 0x7FFFFFFF


def refused(log: Log, data: bytearray) -> Code:
    before = log.end_offset, log.size
    with pytest.raises(KafkaError) as e:
        append(log, data)
    assert (log.end_offset, log.size) == before
    return e.value.code


def test_a_repeated_batch_is_answered_with_its_old_offsets() -> None:
    log = open_log(storage())
    put(log, b"other")
    first = append(log, idempotent(0, 3))
    append(log, idempotent(3, 2))
    again = append(log, idempotent(0, 3))
    assert again.duplicate and not first.duplicate
    assert (again.first_offset, again.last_offset) == (first.first_offset, first.last_offset)
    assert again.append_time == NOW
    assert log.end_offset == 6


def test_the_last_five_batches_are_known() -> None:
    log = open_log(storage())
    for i in range(7):
        append(log, idempotent(2 * i, 2))
    for i in range(2, 7):
        assert append(log, idempotent(2 * i, 2)).first_offset == 2 * i
    assert refused(log, idempotent(2, 2)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    # a part of a known batch, or more than it, is no duplicate
    assert refused(log, idempotent(12, 1)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert refused(log, idempotent(12, 3)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_gaps_are_refused() -> None:
    log = open_log(storage())
    append(log, idempotent(0, 2))
    assert refused(log, idempotent(3)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert append(log, idempotent(2)).first_offset == 2


def test_an_unknown_producer_may_begin_anywhere() -> None:
    log = open_log(storage())
    assert append(log, idempotent(500)).first_offset == 0
    assert refused(log, idempotent(502)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_epochs() -> None:
    log = open_log(storage())
    append(log, idempotent(0, 2, epoch=3))
    assert refused(log, idempotent(2, epoch=2)) == Code.INVALID_PRODUCER_EPOCH
    assert refused(log, idempotent(2, epoch=4)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    append(log, idempotent(0, 2, epoch=4))
    assert refused(log, idempotent(0, 2, epoch=3)) == Code.INVALID_PRODUCER_EPOCH
    assert append(log, idempotent(0, 2, epoch=4)).duplicate
    assert append(log, idempotent(2, epoch=4)).first_offset == 4


def test_sequence_numbers_wrap() -> None:
    log = open_log(storage())
    append(log, idempotent(LAST - 1, 2))
    assert append(log, idempotent(0, 2)).first_offset == 2
    log = open_log(storage())
    append(log, idempotent(LAST, 3))  # LAST, 0, 1
    assert log.producers[7].last_sequence == 1
    assert append(log, idempotent(LAST, 3)).duplicate
    assert append(log, idempotent(2)).first_offset == 3


def test_producers_dont_mind_each_other() -> None:
    log = open_log(storage())
    append(log, idempotent(0, 2, producer=1))
    append(log, idempotent(0, 2, producer=2))
    append(log, idempotent(2, producer=1))
    assert {p: s.last_sequence for p, s in log.producers.items()} == {1: 2, 2: 1}


def test_a_failed_write_leaves_the_producers_as_they_were() -> None:
    disk = storage()
    log = open_log(disk)
    append(log, idempotent(0))
    disk.fail_at = disk.changes + 1
    with pytest.raises(OSError):
        append(log, idempotent(1))
    assert append(log, idempotent(1)).first_offset == 1
    assert append(log, idempotent(1)).duplicate


def test_what_is_sent_behind_a_first_batch_that_failed_waits_for_it() -> None:
    """Found by the simulator (three zones, 43): later batches were taken, the first one never."""
    disk = storage()
    log = open_log(disk)
    disk.fail_at = disk.changes + 1
    with pytest.raises(OSError):
        append(log, idempotent(0))
    with pytest.raises(KafkaError) as refused:
        append(log, idempotent(1))
    assert refused.value.code is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert [append(log, idempotent(i)).first_offset for i in range(3)] == [0, 1, 2]
    append(log, idempotent(5, producer=2))  # nobody waits for a producer's earlier life


# -- snapshots --------------------------------------------------------------------------------


def test_the_file_is_kafkas() -> None:
    disk = storage()
    log = open_log(disk)
    append(log, idempotent(0, 3, producer=7, epoch=2))
    append(log, idempotent(3, 2, producer=7, epoch=2))
    log.close()
    data = disk.read(f"{PATH}/{5:020d}.snapshot")
    version, crc, count = struct.unpack_from(">hIi", data)
    assert (version, count) == (1, 1) and crc == crc32c(data[6:])
    # producer id, epoch, last sequence, last offset, offset delta, timestamp, coordinator's epoch,
    # first offset of an open transaction
    assert struct.unpack_from(">qhiqiqiq", data, 10) == (7, 2, 4, 4, 1, NOW, -1, -1)
    assert len(data) == 10 + 46


@pytest.mark.parametrize("how", ["clean", "crash", "no snapshot", "damaged snapshot"])
def test_producers_are_known_again_after_opening(how: str) -> None:
    disk = storage()
    config = LogConfig(segment_bytes=400)
    log = open_log(disk, config)
    for i in range(12):
        append(log, idempotent(2 * i, 2))
        append(log, idempotent(i, 1, producer=8))
    assert len(log.segments) > 3
    if how == "crash":
        log.flush()
        disk.crash()
    else:
        log.close()
        for name in names(disk, ".snapshot"):
            if how == "no snapshot":
                disk.remove(f"{PATH}/{name}")
            elif how == "damaged snapshot":
                disk.write(f"{PATH}/{name}", b"\0\1nonsense")
    log = open_log(disk, config, clean=how != "crash")
    assert {p: s.last_sequence for p, s in log.producers.items()} == {7: 23, 8: 11}
    assert append(log, idempotent(22, 2)).duplicate
    assert append(log, idempotent(11, 1, producer=8)).duplicate
    assert refused(log, idempotent(25, 2)) == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert append(log, idempotent(24, 2)).first_offset == 36


def test_only_snapshots_that_belong_to_segments_are_kept() -> None:
    disk = storage()
    config = LogConfig(segment_bytes=400)
    log = open_log(disk, config)
    for i in range(12):
        append(log, idempotent(2 * i, 2))
    log.close()
    bases = [s.base_offset for s in log.segments]
    assert names(disk, ".snapshot") == [f"{b:020d}.snapshot" for b in [*bases[1:], 24]]
    state = ProducerState().encode()
    for stray in (3, 25):
        disk.write(f"{PATH}/{stray:020d}.snapshot", state)
    log = open_log(disk, config)
    assert names(disk, ".snapshot") == [f"{b:020d}.snapshot" for b in [*bases[1:], 24]]
    assert log.producers[7].last_sequence == 23


def test_encode_and_decode() -> None:
    state = ProducerState()
    state.producers[1] = Producer(1, 3, 1000, 5, 77, [Sent(9, 109, 4, 1000)])
    state.producers[2] = Producer(2, 0, 2000, -1, -1, [])
    assert ProducerState.decode(state.encode()).producers == state.producers
    data = state.encode()
    for bad in (b"", data[:9], data[:-1], data + b"\0", b"\0\2" + data[2:],
                data[:20] + b"\xff" + data[21:]):  # fmt: skip
        with pytest.raises(CorruptSnapshot):
            ProducerState.decode(bad)


# -- expiry, transactions' markers ------------------------------------------------------------


def test_idle_producers_are_forgotten() -> None:
    config = LogConfig(producer_id_expiration_ms=1000)
    log = open_log(storage(), config)
    append(log, idempotent(0, 2, producer=1))
    append(log, batch(b"x", timestamp=NOW + 500, producer_id=2, producer_epoch=0, base_sequence=0))
    log.expire_producers(NOW + 999)
    assert set(log.producers) == {1, 2}
    log.expire_producers(NOW + 1000)
    assert set(log.producers) == {2}
    assert append(log, idempotent(40, producer=1)).first_offset == 3  # may begin anywhere again


def test_those_idle_too_long_arent_loaded() -> None:
    disk = storage()
    config = LogConfig(producer_id_expiration_ms=1000)
    log = open_log(disk, config)
    append(log, idempotent(0, 2))
    log.close()
    assert set(open_log(disk, config, now_ms=NOW + 999).producers) == {7}
    assert set(open_log(disk, config, now_ms=NOW + 1000).producers) == set()


def marker(offset: int, kind: Control, epoch: int = 0) -> bytearray:
    record = control_record(kind, struct.pack(">hi", 0, 11), NOW + 5)
    return bytearray(
        build_batch([record], base_offset=offset, leader_epoch=0, producer_id=7,
                    producer_epoch=epoch, control=True, transactional=True)
    )  # fmt: skip


def test_an_open_transaction_keeps_its_producer_and_a_marker_ends_it() -> None:
    disk = storage()
    log = open_log(disk, LogConfig(producer_id_expiration_ms=1000))
    data = batch(b"a", b"b", base_offset=0, leader_epoch=0, producer_id=7, producer_epoch=0,
                 base_sequence=0, transactional=True)  # fmt: skip
    log.append_follower(data, check_batches(data), NOW)
    assert log.producers[7].txn_start == 0
    log.expire_producers(NOW + 10_000)
    assert set(log.producers) == {7}
    data = marker(2, Control.COMMIT)
    log.append_follower(data, check_batches(data), NOW)
    p = log.producers[7]
    assert (p.txn_start, p.coordinator_epoch, p.last_timestamp) == (-1, 11, NOW + 5)
    log.flush()
    disk.crash()
    log = open_log(disk, clean=False)
    again = log.producers[7]
    assert (again.txn_start, again.coordinator_epoch) == (-1, 11)
    assert len(contents(log)) == 3


def test_appending_to_a_log_whose_producers_arent_loaded_counts_once() -> None:
    disk = storage()
    log = open_log(disk)
    append(log, idempotent(0))
    log.close()
    log = open_log(disk)
    data = idempotent(1)
    struct.pack_into(">q", data, 0, 1)
    log.append_follower(data, check_batches(data), NOW)
    assert [s.last_sequence for s in log.producers[7].batches] == [0, 1]
