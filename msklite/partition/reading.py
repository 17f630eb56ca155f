"""What a replica answers to a Fetch of one partition: records, or where the asker's log parts.

Rules:
- A question that names the epoch of the asker's last record gets records only if this log has that
  epoch up to there; else it is told where the two part (KIP-595's diverging epoch).
- Outside of this log, below its start or beyond its end, is OFFSET_OUT_OF_RANGE.
- A reader of committed records is told of the aborted transactions that touch what it gets.
- A piece of a log is a piece of its file; nothing is copied here.

Source: Kafka's Partition.readRecords.
"""

from __future__ import annotations

from msklite.errors import Code
from msklite.log.txn_index import AbortedTxn
from msklite.partition.partition import Partition
from msklite.wire.messages.fetch_request import FetchPartition
from msklite.wire.messages.fetch_response import (
    AbortedTransaction,
    EpochEndOffset,
    PartitionData,
)


def read(
    partition: Partition,
    data: FetchPartition,
    reply: PartitionData,
    limit: int,
    min_one: bool,
    upper: int,
    committed: bool = False,
) -> Code:
    """Fill `reply` with what lies below `upper`. KafkaError or OSError: it can't be read."""
    log = partition.log
    offset = data.fetch_offset
    if data.last_fetched_epoch >= 0:
        epoch, end = log.epoch_end_offset(data.last_fetched_epoch)
        if epoch < 0 or end < 0 or offset < log.start_offset:
            return Code.OFFSET_OUT_OF_RANGE
        if epoch < data.last_fetched_epoch or end < offset:
            reply.diverging_epoch = EpochEndOffset(epoch=epoch, end_offset=end)
            note_offsets(partition, reply)
            return Code.NONE
    if not log.start_offset <= offset <= log.end_offset:
        return Code.OFFSET_OUT_OF_RANGE
    room = min(data.partition_max_bytes, limit)
    if room < 0 and (data.partition_max_bytes < 0 or (limit < 0 and min_one)):
        return Code.UNKNOWN_SERVER_ERROR  # Kafka stumbles over "Invalid max size" here
    aborted: list[AbortedTxn] = []
    if offset < upper and (room > 0 or min_one):
        piece = log.read(offset, max(room, 0), upper, min_one)
        if piece.length:
            if committed:
                aborted = log.aborted(offset, piece)
            reply.records = piece  # type: ignore[assignment]
    if committed:
        reply.aborted_transactions = [
            AbortedTransaction(producer_id=t.producer_id, first_offset=t.first_offset)
            for t in aborted
        ]
    note_offsets(partition, reply)
    return Code.NONE


def note_offsets(partition: Partition, reply: PartitionData) -> None:
    """How far the partition is committed, and where it starts."""
    reply.high_watermark = partition.high_watermark
    reply.last_stable_offset = partition.last_stable_offset
    reply.log_start_offset = partition.log.start_offset
