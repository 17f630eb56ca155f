"""Control records of the metadata log and its checkpoints.

LeaderChange opens an epoch; KRaftVersion and KRaftVoters say how the quorum works and who votes;
SnapshotHeader and SnapshotFooter frame a checkpoint. All are written at version 0, in the key and
in the value's first field, as Kafka 4.2 does. An unknown control record is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from msklite.raft.voters import VoterHistory, VoterSet
from msklite.wire.batch import iter_headers
from msklite.wire.messages.kraft_version_record import KRaftVersionRecord
from msklite.wire.messages.leader_change_message import LeaderChangeMessage
from msklite.wire.messages.leader_change_message import Voter as VoterId
from msklite.wire.messages.snapshot_footer_record import SnapshotFooterRecord
from msklite.wire.messages.snapshot_header_record import SnapshotHeaderRecord
from msklite.wire.messages.voters_record import VotersRecord
from msklite.wire.primitives import Buffer
from msklite.wire.records import Control, Record, control_kind, control_record, iter_records


def leader_change(
    leader_id: int, voters: Sequence[int], granting: Sequence[int], now_ms: int
) -> Record:
    message = LeaderChangeMessage(
        leader_id=leader_id,
        voters=[VoterId(i) for i in voters],
        granting_voters=[VoterId(i) for i in granting],
    )
    return control_record(Control.LEADER_CHANGE, message.encode(0), now_ms)


def kraft_version(version: int, now_ms: int) -> Record:
    value = KRaftVersionRecord(kraft_version=version).encode(0)
    return control_record(Control.KRAFT_VERSION, value, now_ms)


def voters(voter_set: VoterSet, now_ms: int) -> Record:
    return control_record(Control.KRAFT_VOTERS, voter_set.to_record().encode(0), now_ms)


def snapshot_header(last_log_time_ms: int, now_ms: int) -> Record:
    value = SnapshotHeaderRecord(last_contained_log_timestamp=last_log_time_ms).encode(0)
    return control_record(Control.SNAPSHOT_HEADER, value, now_ms)


def snapshot_footer(now_ms: int) -> Record:
    return control_record(Control.SNAPSHOT_FOOTER, SnapshotFooterRecord().encode(0), now_ms)


def read_header(record: Record) -> SnapshotHeaderRecord:
    return SnapshotHeaderRecord.read(record.value or b"", 0, 0)[0]


def apply_control(history: VoterHistory, record: Record, offset: int) -> None:
    """Take a voters or kraft.version record into the history, as of `offset`."""
    kind = control_kind(record.key)
    if kind == Control.KRAFT_VERSION:
        message, _ = KRaftVersionRecord.read(record.value or b"", 0, 0)
        history.set_kraft_version(offset, message.kraft_version)
    elif kind == Control.KRAFT_VOTERS:
        entry, _ = VotersRecord.read(record.value or b"", 0, 0)
        history.set_voters(offset, VoterSet.from_record(entry))


def apply_batches(history: VoterHistory, data: Buffer) -> None:
    """Take the control records of whole batches of the log into the history."""
    pos = 0
    for header in iter_headers(data):
        if header.is_control:
            for record in iter_records(data, pos):
                apply_control(history, record, record.offset)
        pos += header.length
