"""Cleaning a log in a test: the rounds that a broker makes, here and now."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from msklite.log.cleaner import CleanResult, clean
from msklite.log.compaction import Dirty
from msklite.log.log import Log
from msklite.log.segment import TXN_INDEX
from msklite.log.txn_index import AbortedTxn, TxnIndex
from msklite.wire.batch import DELETE_HORIZON, BatchHeader, check_batches
from msklite.wire.records import Control, build_batch, control_record, iter_records
from msklite.world import Storage
from tests.log.logs import NOW

Row = tuple[int, bytes | None, bytes | None]


def work(disk: Storage, log: Log, dirty: Dirty, now_ms: int, slots: int = 1000) -> CleanResult:
    """The cleaner's part, in one go."""
    task = log.clean_task(dirty, now_ms, slots)
    for step in clean(disk, task):
        if isinstance(step, CleanResult):
            return step
    raise AssertionError("the cleaner has no result")


def swap(log: Log, result: CleanResult) -> None:
    """The broker's part."""
    for group in result.groups:
        assert log.begin_swap(group)
        log.swap_barrier()
        assert log.end_swap(group)
    log.cleaned_offset = max(log.cleaned_offset, min(result.end, log.end_offset))


def end(log: Log, producer: int = 7, *, commit: bool) -> None:
    """Write the marker that ends a transaction."""
    kind = Control.COMMIT if commit else Control.ABORT
    record = control_record(kind, struct.pack(">hi", 0, 0), NOW)
    batch = build_batch(
        [record], producer_id=producer, producer_epoch=0, control=True, transactional=True
    )
    log.append_marker(bytearray(batch), 0, 0, NOW)


def aborted(disk: Storage, log: Log) -> list[AbortedTxn]:
    """The entries of all transaction indexes."""
    found = []
    for segment in log.segments:
        found += TxnIndex(disk, segment.path + TXN_INDEX, segment.base_offset).entries
    return found


def compact(
    disk: Storage, log: Log, now_ms: int, *, slots: int = 1000, stable: int | None = None
) -> CleanResult | None:
    """One round; None where nothing is dirty."""
    dirty = log.dirty(now_ms, log.end_offset if stable is None else stable)
    if dirty is None:
        return None
    result = work(disk, log, dirty, now_ms, slots)
    swap(log, result)
    return result


@dataclass
class Seen:
    """All batches of a log, and the records in them."""

    headers: list[BatchHeader]
    rows: list[Row]
    """(offset, key, value), of control batches too."""

    @property
    def state(self) -> dict[bytes | None, bytes | None]:
        """What a reader from the start ends up with."""
        found = {key: value for _, key, value in self.rows}
        return {k: v for k, v in found.items() if v is not None}

    @property
    def horizons(self) -> int:
        """How many batches wait for their delete horizon."""
        return sum(bool(h.attributes & DELETE_HORIZON) for h in self.headers)


def seen(log: Log) -> Seen:
    """Read a whole log, checking every batch, and that offsets ascend."""
    found = Seen([], [])
    for segment in log.segments:
        data = segment.open().read(0, segment.size)
        at = 0
        for header in check_batches(data):
            before = found.headers[-1].last_offset if found.headers else -1
            assert header.base_offset > before
            found.headers.append(header)
            found.rows += [(r.offset, r.key, r.value) for r in iter_records(data, at)]
            at += header.length
        assert at == segment.size
    offsets = [row[0] for row in found.rows]
    assert offsets == sorted(set(offsets))
    return found
