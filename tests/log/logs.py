"""Logs on memory storage, and batches to fill them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msklite.log.log import AppendInfo, Log, LogConfig
from msklite.log.memory import MemoryStorage
from msklite.wire.batch import BatchHeader, check_batch, check_batches
from msklite.wire.records import Record, build_batch, iter_records
from msklite.world import Storage

PATH = "/data/t-0"
NOW = 1_700_000_000_000
TOPIC_ID = bytes(range(16))


def storage(capacity: int | None = None) -> MemoryStorage:
    """An empty disk with the folder that logs go into."""
    disk = MemoryStorage(capacity)
    disk.make_dirs("/data")
    return disk


def open_log(
    disk: Storage, config: LogConfig | None = None, *, clean: bool = True, recovery_point: int = 0,
    start: int = 0, now_ms: int = NOW, path: str = PATH,
) -> Log:  # fmt: skip
    """The log in PATH, opened or begun."""
    return Log.open(
        disk, path, "t", 0, config or LogConfig(), clean=clean, recovery_point=recovery_point,
        log_start_offset=start, now_ms=now_ms, topic_id=TOPIC_ID,
    )  # fmt: skip


def batch(
    *values: bytes, timestamp: int | Sequence[int] = NOW, compression: int = 0, **fields: Any
) -> bytearray:
    """A batch as a producer sends it: one record for each value."""
    times = [timestamp] * len(values) if isinstance(timestamp, int) else timestamp
    records = [Record(t, b"k", v) for t, v in zip(times, values, strict=True)]
    return bytearray(build_batch(records, compression=compression, **fields))


def idempotent(sequence: int, count: int = 1, *, producer: int = 7, epoch: int = 0) -> bytearray:
    """A batch of an idempotent producer."""
    values = [b"%d" % (sequence + i) for i in range(count)]
    return batch(*values, producer_id=producer, producer_epoch=epoch, base_sequence=sequence)


def append(log: Log, data: bytearray, epoch: int = 0, now_ms: int = NOW) -> AppendInfo:
    """Append one batch as leader."""
    return log.append(data, [check_batch(data, 0, len(data))], epoch, now_ms)


def put(log: Log, *values: bytes, epoch: int = 0, **fields: Any) -> AppendInfo:
    """Append one batch of these values."""
    return append(log, batch(*values, **fields), epoch)


def replicate(log: Log, base_offset: int, *values: bytes, epoch: int = 0, **fields: Any) -> None:
    """Append one batch as a follower gets it, with its offsets and epoch."""
    data = batch(*values, base_offset=base_offset, leader_epoch=epoch, **fields)
    log.append_follower(data, check_batches(data), NOW)


def headers(log: Log) -> list[BatchHeader]:
    """All batches' headers, from the log's start on."""
    found: list[BatchHeader] = []
    offset = log.start_offset
    while offset < log.end_offset:
        data = log.read(offset, 1 << 30, log.end_offset, True).read()
        if not data:
            break  # the end lies in a gap
        found += check_batches(data)
        offset = found[-1].next_offset
    return found


def contents(log: Log) -> list[tuple[int, bytes | None]]:
    """(offset, value) of every record from the log's start on."""
    out: list[tuple[int, bytes | None]] = []
    offset = log.start_offset
    while offset < log.end_offset:
        data = log.read(offset, 1 << 30, log.end_offset, True).read()
        if not data:
            break
        at = 0
        for header in check_batches(data):
            out += [(r.offset, r.value) for r in iter_records(data, at)]
            offset = header.next_offset
            at += header.length
    return [(o, v) for o, v in out if o >= log.start_offset]


def names(disk: Storage, *suffixes: str, path: str = PATH) -> list[str]:
    """The files of the log with one of these suffixes, sorted."""
    return [n for n in disk.list(path) if not suffixes or n.endswith(suffixes)]


def copy_of(disk: MemoryStorage) -> MemoryStorage:
    """Another disk with the same files, all of them synced."""
    twin = MemoryStorage()
    for path, node in list(disk._files.items()):
        twin.make_dirs(path.rpartition("/")[0])
        twin.write(path, bytes(node.data))
    for path in disk._folders:
        twin.make_dirs(path)
    return twin
