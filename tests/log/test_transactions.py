"""Transactions in a log: what is decided, what was aborted, and that both survive."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field

import pytest

from msklite.errors import Code, KafkaError
from msklite.log.log import Log, LogConfig
from msklite.log.memory import MemoryStorage
from msklite.log.txn_index import AbortedTxn
from msklite.wire.batch import check_batches
from msklite.wire.records import Control, Record, build_batch, control_record
from tests.log.logs import NOW, PATH, append, batch, copy_of, idempotent, open_log, put, storage

UNVERIFIED = LogConfig(verify_transactions=False)


def transactional(sequence: int, count: int = 1, *, producer: int = 7, epoch: int = 0) -> bytearray:
    """A batch of a transaction."""
    values = [b"%d/%d" % (producer, sequence + i) for i in range(count)]
    return batch(
        *values, producer_id=producer, producer_epoch=epoch, base_sequence=sequence,
        transactional=True,
    )  # fmt: skip


def marker(producer: int, epoch: int, *, commit: bool, coordinator: int = 0) -> bytearray:
    """The end of a transaction."""
    kind = Control.COMMIT if commit else Control.ABORT
    record = control_record(kind, struct.pack(">hi", 0, coordinator), NOW)
    return bytearray(
        build_batch(
            [record], producer_id=producer, producer_epoch=epoch, control=True, transactional=True
        )
    )


def end(
    log: Log, producer: int = 7, epoch: int = 0, *, commit: bool, coordinator: int = 0,
    version: int = 0,
) -> int:  # fmt: skip
    """Write a marker; its offset."""
    data = marker(producer, epoch, commit=commit, coordinator=coordinator)
    return log.append_marker(data, version, 0, NOW).first_offset


def refused(log: Log, data: bytearray) -> Code:
    """The code that an append is refused with; the log stays as it was."""
    before = log.end_offset, log.size
    with pytest.raises(KafkaError) as e:
        append(log, data)
    assert (log.end_offset, log.size) == before
    return e.value.code


def aborted(log: Log, start: int = 0, max_bytes: int = 1 << 30) -> list[tuple[int, int]]:
    """(producer, first offset) told to a reader of what begins at `start`."""
    piece = log.read(start, max_bytes, log.end_offset, True)
    return [(t.producer_id, t.first_offset) for t in log.aborted(start, piece)]


def index_of(log: Log) -> list[AbortedTxn]:
    return [entry for segment in log.segments for entry in segment.txns.entries]


def test_an_open_transaction_bounds_what_is_decided() -> None:
    log = open_log(storage(), UNVERIFIED)
    put(log, b"plain")
    assert log.first_undecided() == -1
    append(log, transactional(0, 2))
    append(log, transactional(0, 2, producer=8))
    assert log.first_undecided() == 1
    at = end(log, commit=True)
    assert log.first_undecided() == 1, "its marker isn't committed yet"
    log.committed(at)
    assert log.first_undecided() == 1
    log.committed(at + 1)
    assert log.first_undecided() == 3
    at = end(log, 8, commit=False)
    log.committed(at + 1)
    assert log.first_undecided() == -1
    assert aborted(log) == [(8, 3)]


def test_a_marker_without_a_transaction_decides_nothing() -> None:
    log = open_log(storage(), UNVERIFIED)
    end(log, commit=False)
    assert log.first_undecided() == -1
    assert index_of(log) == []
    assert not any(n.endswith(".txnindex") for n in log._storage.list(PATH))


def test_the_index_has_kafkas_format() -> None:
    disk = storage()
    log = open_log(disk, UNVERIFIED)
    append(log, transactional(0, 3))
    append(log, transactional(0, 1, producer=8))
    end(log, commit=False)
    end(log, 8, commit=False)
    data = disk.read(f"{PATH}/{0:020d}.txnindex")
    assert data == struct.pack(">hqqqq", 0, 7, 0, 4, 3) + struct.pack(">hqqqq", 0, 8, 3, 5, 6)


def test_only_what_touches_the_piece_is_told() -> None:
    log = open_log(storage(), LogConfig(verify_transactions=False, index_interval_bytes=1))
    for i in range(6):
        append(log, transactional(i, 1))
        end(log, commit=False)
        put(log, b"x" * 100)
    first = [3 * i for i in range(6)]
    assert aborted(log) == [(7, o) for o in first]
    size = len(transactional(0))
    assert aborted(log, 0, size) == [(7, 0)]
    assert aborted(log, 7, 1)[0] == (7, 6), "a marker alone touches its transaction"
    assert aborted(log, 8, size) == []


def test_markers_of_the_past_are_refused() -> None:
    log = open_log(storage(), UNVERIFIED)
    append(log, transactional(0, epoch=5))
    with pytest.raises(KafkaError) as e:
        end(log, epoch=4, commit=True)
    assert e.value.code == Code.INVALID_PRODUCER_EPOCH
    end(log, epoch=5, commit=True, coordinator=3)
    with pytest.raises(KafkaError) as e:
        end(log, epoch=5, commit=True, coordinator=2)
    assert e.value.code == Code.TRANSACTION_COORDINATOR_FENCED
    end(log, epoch=5, commit=True, coordinator=3)


def test_with_epochs_that_rise_an_equal_one_is_late() -> None:
    log = open_log(storage(), UNVERIFIED)
    append(log, transactional(0, epoch=5))
    with pytest.raises(KafkaError) as e:
        end(log, epoch=5, commit=True, version=2)
    assert e.value.code == Code.INVALID_PRODUCER_EPOCH
    end(log, epoch=6, commit=True, version=2)
    end(log, epoch=6, commit=True, version=2)  # the same again: its answer had got lost
    append(log, transactional(0, epoch=6))
    with pytest.raises(KafkaError):
        end(log, epoch=6, commit=True, version=2)


def test_a_producer_in_a_transaction_writes_nothing_outside_of_it() -> None:
    log = open_log(storage(), UNVERIFIED)
    append(log, transactional(0))
    assert refused(log, idempotent(1)) == Code.INVALID_TXN_STATE
    end(log, commit=True)
    append(log, idempotent(1))


def test_the_first_batch_needs_a_verification() -> None:
    log = open_log(storage())
    assert refused(log, transactional(0)) == Code.INVALID_TXN_STATE
    guard = log.verify(7, 0, 0, False, NOW)
    assert guard is not None
    data = transactional(0)
    log.append(data, check_batches(data), 0, NOW, guard)
    assert log.verify(7, 0, 1, False, NOW) is None, "it is open"
    append(log, transactional(1))


def test_a_marker_takes_the_guard_away() -> None:
    log = open_log(storage())
    guard = log.verify(7, 0, 0, False, NOW)
    end(log, commit=False)
    log.verify(7, 0, 0, False, NOW)
    data = transactional(0)
    with pytest.raises(KafkaError) as e:
        log.append(data, check_batches(data), 0, NOW, guard)
    assert e.value.code == Code.INVALID_TXN_STATE


def test_the_lowest_sequence_that_asked_comes_first() -> None:
    log = open_log(storage())
    log.verify(7, 0, 4, False, NOW)
    guard = log.verify(7, 0, 2, False, NOW)
    late = transactional(4)
    with pytest.raises(KafkaError) as e:
        log.append(late, check_batches(late), 0, NOW, guard)
    assert e.value.code == Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    data = transactional(2, 2)
    log.append(data, check_batches(data), 0, NOW, guard)
    append(log, transactional(4))


def test_with_epochs_that_rise_an_unknown_producer_begins_with_zero() -> None:
    log = open_log(storage())
    guard = log.verify(7, 0, 3, True, NOW)
    data = transactional(3)
    with pytest.raises(KafkaError) as e:
        log.append(data, check_batches(data), 0, NOW, guard)
    assert e.value.code == Code.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_coordinators_batch_needs_the_guard_and_no_sequence() -> None:
    log = open_log(storage())

    def offsets() -> bytearray:
        record = Record(NOW, b"k", b"v")
        return bytearray(build_batch([record], producer_id=7, producer_epoch=0, transactional=True))

    assert refused(log, offsets()) == Code.INVALID_TXN_STATE
    guard = log.verify(7, 0, -1, False, NOW)
    data = offsets()
    log.append(data, check_batches(data), 0, NOW, guard)
    append(log, offsets())
    assert log.first_undecided() == 0


# -- a model --------------------------------------------------------------------------------------


@dataclass
class Model:
    """What must hold, told by the batches alone."""

    open: dict[int, int] = field(default_factory=dict)
    ended: list[tuple[int, int, int, bool]] = field(default_factory=list)
    """(producer, first, marker, aborted)."""

    def undecided(self, high_watermark: int) -> int:
        firsts = list(self.open.values())
        firsts += [first for _, first, at, _ in self.ended if at >= high_watermark]
        return min(firsts, default=-1)

    def cut(self, offset: int) -> None:
        back = {p: first for p, first, at, _ in self.ended if at >= offset > first}
        self.ended = [e for e in self.ended if e[2] < offset]
        self.open = {p: first for p, first in {**self.open, **back}.items() if first < offset}


def check(log: Log, model: Model) -> None:
    log.committed(log.end_offset)
    assert log.first_undecided() == model.undecided(log.end_offset)
    entries = [(e.producer_id, e.first_offset, e.last_offset) for e in index_of(log)]
    assert entries == [(p, first, at) for p, first, at, gone in model.ended if gone]
    for start in range(0, log.end_offset, 7):
        read = check_batches(log.read(start, 1 << 30, log.end_offset, True).read())
        after = read[-1].next_offset if read else start
        touched = {(p, first): first for p, first, at, gone in model.ended if gone and at >= start}
        needed = {key for key, first in touched.items() if first < after}
        assert needed <= set(aborted(log, start)) <= set(touched)


def reopen(log: Log, disk: MemoryStorage, config: LogConfig, rng: random.Random) -> Log:
    """Stop and start: cleanly, killed, or killed with indexes and snapshots lost."""
    how = rng.randrange(3)
    if how == 0:
        log.close()
        return open_log(disk, config, recovery_point=log.recovery_point)
    point = log.recovery_point
    if how == 2:
        disk = copy_of(disk)
        for name in disk.list(PATH):
            if name.endswith((".txnindex", ".index", ".snapshot")) and rng.random() < 0.5:
                if name.endswith(".txnindex"):
                    point = 0
                disk.remove(f"{PATH}/{name}")
    return open_log(disk, config, clean=False, recovery_point=point)


@pytest.mark.parametrize("seed", range(12))
def test_any_story_ends_with_what_its_batches_say(seed: int) -> None:
    rng = random.Random(seed)
    config = LogConfig(verify_transactions=False, segment_bytes=700, index_interval_bytes=150)
    disk = storage()
    log = open_log(disk, config)
    model = Model()
    sequences: dict[int, int] = {}
    for _ in range(150):
        producer = rng.randrange(4)
        dice = rng.random()
        if dice < 0.45:
            data = transactional(sequences.get(producer, 0), producer=producer)
            at = append(log, data).first_offset
            sequences[producer] = sequences.get(producer, 0) + 1
            model.open.setdefault(producer, at)
        elif dice < 0.8:
            commit = rng.random() < 0.4
            at = end(log, producer, commit=commit)
            if producer in model.open:
                model.ended.append((producer, model.open.pop(producer), at, not commit))
        elif dice < 0.88:
            put(log, b"plain" * rng.randrange(20))
        elif dice < 0.93:
            cut = rng.randrange(max(log.end_offset - 6, 0), log.end_offset + 1)
            log.truncate_to(cut)
            model.cut(log.end_offset)
            sequences = {
                p: known.last_sequence + 1
                for p, known in log.producers.items()
                if known.last_sequence >= 0
            }
        else:
            log = reopen(log, disk, config, rng)
            disk = log._storage  # type: ignore[assignment]
        check(log, model)
