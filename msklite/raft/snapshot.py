"""Checkpoint files of the metadata log: what it says up to an offset, in batches of its own.

    00000000000000001234-0000000007.checkpoint      end offset (20 digits), epoch (10 digits)

    control batch   SnapshotHeader, then with kraft.version >= 1 KRaftVersion and KRaftVoters
    data batches    metadata records
    control batch   SnapshotFooter

Offsets inside count from 0 and mean nothing; every batch has the snapshot's epoch. A file is
complete or absent, since it is put in place as a whole; `.part` and `.deleted` ones are Kafka's
leavings. Checkpoint 0-0 is what format writes: the first voters. `bootstrap.checkpoint` has the
same form without the quorum's records. Sources: Snapshots, RecordsSnapshotWriter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from msklite.errors import UserError
from msklite.raft import control
from msklite.raft.messages import OffsetEpoch
from msklite.raft.voters import BEFORE_LOG, VoterHistory, VoterSet
from msklite.wire.batch import BatchError, check_batches
from msklite.wire.primitives import MALFORMED
from msklite.wire.records import Control, Record, build_batch, control_kind, iter_records
from msklite.world import Storage

SUFFIX = ".checkpoint"
_NAME = re.compile(r"(\d{20})-(\d{10})\.checkpoint")
_LEFT_OVER = re.compile(r"\d{20}-\d{10}.*\.(part|deleted|tmp)")
_BATCH_BYTES = 512 * 1024
_HEAD_BYTES = 64 * 1024


@dataclass(slots=True)
class Snapshot:
    """A checkpoint's content. `values` are metadata records' bytes."""

    at: OffsetEpoch
    values: list[bytes] = field(default_factory=list)
    last_log_time_ms: int = 0
    kraft_version: int = 0
    voters: VoterSet = field(default_factory=VoterSet)

    def history(self) -> VoterHistory:
        """The voter history that starts with this snapshot."""
        return VoterHistory(self.voters, self.kraft_version, self.at.offset - 1)


class _Writer:
    def __init__(self, epoch: int, now_ms: int) -> None:
        self.out = bytearray()
        self.offset = 0
        self._epoch = epoch
        self._now = now_ms

    def add(self, records: Sequence[Record], *, is_control: bool = False) -> None:
        self.out += build_batch(
            records, base_offset=self.offset, leader_epoch=self._epoch, control=is_control
        )
        self.offset += len(records)

    def add_values(self, values: Sequence[bytes]) -> None:
        pending: list[Record] = []
        size = 0
        for value in values:
            if size + len(value) > _BATCH_BYTES and pending:
                self.add(pending)
                pending, size = [], 0
            pending.append(Record(self._now, None, value))
            size += len(value)
        if pending:
            self.add(pending)


def encode(snapshot: Snapshot, now_ms: int) -> bytes:
    """The file's bytes."""
    writer = _Writer(snapshot.at.epoch, now_ms)
    head = [control.snapshot_header(snapshot.last_log_time_ms, now_ms)]
    if snapshot.kraft_version >= 1:
        head.append(control.kraft_version(snapshot.kraft_version, now_ms))
        head.append(control.voters(snapshot.voters, now_ms))
    writer.add(head, is_control=True)
    writer.add_values(snapshot.values)
    writer.add([control.snapshot_footer(now_ms)], is_control=True)
    return bytes(writer.out)


def decode(data: bytes, at: OffsetEpoch) -> Snapshot:
    """Read a file's bytes; ValueError when it is damaged or cut short."""
    snapshot = Snapshot(at)
    history = VoterHistory(VoterSet(), 0, BEFORE_LOG)
    kinds: list[Control] = []
    try:
        pos = 0
        for header in check_batches(data):
            for record in iter_records(data, pos):
                if not header.is_control:
                    snapshot.values.append(record.value or b"")
                    continue
                kinds.append(control_kind(record.key))
                if kinds[-1] == Control.SNAPSHOT_HEADER:
                    found = control.read_header(record)
                    snapshot.last_log_time_ms = found.last_contained_log_timestamp
                control.apply_control(history, record, record.offset)
            pos += header.length
    except (BatchError, *MALFORMED) as e:
        raise ValueError(str(e)) from None
    framed = kinds and kinds[0] == Control.SNAPSHOT_HEADER and kinds[-1] == Control.SNAPSHOT_FOOTER
    if pos != len(data) or not framed:
        raise ValueError("it doesn't end with a snapshot footer")
    snapshot.kraft_version, snapshot.voters = history.kraft_version, history.last
    return snapshot


def file_name(at: OffsetEpoch) -> str:
    return f"{at.offset:020d}-{at.epoch:010d}{SUFFIX}"


def parse_name(name: str) -> OffsetEpoch | None:
    """What a checkpoint's name says; None for other files."""
    match = _NAME.fullmatch(name)
    return OffsetEpoch(int(match[1]), int(match[2])) if match else None


def find(storage: Storage, directory: str) -> list[OffsetEpoch]:
    """The checkpoints in `directory`, oldest first."""
    if not storage.is_dir(directory):
        return []
    found = (parse_name(name) for name in storage.list(directory))
    return sorted((at for at in found if at is not None), key=lambda at: (at.epoch, at.offset))


def load(storage: Storage, directory: str, at: OffsetEpoch) -> Snapshot:
    """Read one checkpoint. UserError when it is damaged: it is never deleted or passed over."""
    path = f"{directory}/{file_name(at)}"
    try:
        return decode(storage.read(path), at)
    except ValueError as e:
        raise UserError(f"the metadata checkpoint {path} is damaged: {e}") from None


def last_log_time(storage: Storage, directory: str, at: OffsetEpoch) -> int:
    """The time of the last record that a checkpoint holds, read from its header alone."""
    file = storage.open(f"{directory}/{file_name(at)}")
    try:
        head = file.read(0, _HEAD_BYTES)
    finally:
        file.close()
    try:
        return control.read_header(next(iter_records(head))).last_contained_log_timestamp
    except (BatchError, StopIteration, *MALFORMED):
        path = f"{directory}/{file_name(at)}"
        raise UserError(f"the metadata checkpoint {path} is damaged: it has no header") from None


def save(storage: Storage, directory: str, snapshot: Snapshot, now_ms: int) -> str:
    """Write a checkpoint, on the disk when this returns; its path."""
    path = f"{directory}/{file_name(snapshot.at)}"
    storage.write(path, encode(snapshot, now_ms), sync=True)
    return path


def delete_before(storage: Storage, directory: str, at: OffsetEpoch) -> list[OffsetEpoch]:
    """Delete the checkpoints older than `at`, and Kafka's leavings; those that are left."""
    for name in storage.list(directory):
        if _LEFT_OVER.fullmatch(name):
            storage.remove(f"{directory}/{name}")
    kept = []
    for found in find(storage, directory):
        if found.offset < at.offset:
            storage.remove(f"{directory}/{file_name(found)}")
        else:
            kept.append(found)
    return kept
