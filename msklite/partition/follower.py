"""A follower's side of replication: what it asks its leader for, and what it does with the answer.

Rules:
- An answer counts only if nothing has changed since the question: the same leader epoch, the same
  log end and epoch there. Else it is dropped and asked for anew: an answer of an old term must
  never be appended.
- A question names the epoch of the last record; a leader whose log differs says where it parts,
  and the follower truncates to there before it appends anything (KIP-595's fetch, used since
  Kafka 2.7 instead of OffsetForLeaderEpoch).
- Batches are checked before they are appended, and appended as they are.
- The high watermark follows the leader's, as far as the log reaches.

Source: Kafka's AbstractFetcherThread and ReplicaFetcherThread.
"""

from __future__ import annotations

from enum import Enum

from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.batch import BatchError, BatchHeader, check_batches
from msklite.wire.messages.fetch_request import FetchPartition
from msklite.wire.messages.fetch_response import PartitionData


class Outcome(Enum):
    """What became of an answer."""

    GOOD = "good"
    STALE = "stale"
    """Things have changed meanwhile: ask anew."""
    WAIT = "wait"
    """The other side isn't our leader (yet, or any more): ask again later."""
    OUT_OF_RANGE = "out of range"
    """Our end isn't in the leader's log: find out where that begins and ends."""
    BROKEN = "broken"
    """The answer's batches are damaged."""


def question(partition: Partition, max_bytes: int) -> FetchPartition:
    """What to ask for now."""
    log = partition.log
    return FetchPartition(
        partition=partition.index,
        current_leader_epoch=partition.leader_epoch,
        fetch_offset=log.end_offset,
        last_fetched_epoch=log.latest_epoch,
        log_start_offset=log.start_offset,
        partition_max_bytes=max_bytes,
    )


def take(
    partition: Partition, asked: FetchPartition, answer: PartitionData, now_ms: int
) -> Outcome:
    """Apply an answer. OSError: the disk refused."""
    log = partition.log
    if (
        partition.is_leader
        or partition.leader_epoch != asked.current_leader_epoch
        or log.end_offset != asked.fetch_offset
        or log.latest_epoch != asked.last_fetched_epoch
    ):
        return Outcome.STALE
    if answer.error_code == Code.OFFSET_OUT_OF_RANGE:
        return Outcome.OUT_OF_RANGE
    if answer.error_code:
        return Outcome.WAIT
    if answer.diverging_epoch.epoch >= 0 or answer.diverging_epoch.end_offset >= 0:
        truncate(partition, answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset)
        return Outcome.GOOD
    if answer.records:
        try:
            headers = check_batches(answer.records)
        except BatchError:
            return Outcome.BROKEN
        if headers and headers[0].base_offset < log.end_offset:
            if log.end_offset > log.start_offset or headers[0].next_offset <= log.start_offset:
                return Outcome.BROKEN
            # The leader's log starts within this batch, by DeleteRecords, and ours is empty there.
            log.truncate_fully(headers[0].base_offset, now_ms, start=log.start_offset)
        _append(partition, memoryview(answer.records), headers, now_ms)
        partition.replicated_in += len(answer.records)
    if answer.log_start_offset > log.start_offset:
        if answer.log_start_offset > log.end_offset:
            log.truncate_fully(answer.log_start_offset, now_ms)
        else:
            log.advance_start(answer.log_start_offset)
    raise_watermark(partition, answer.high_watermark)
    return Outcome.GOOD


def _append(
    partition: Partition, data: memoryview, headers: list[BatchHeader], now_ms: int
) -> None:
    """In pieces that fit a segment: an answer may hold more than one does."""
    limit = partition.log.config.segment_bytes
    first = begin = end = 0
    for i, header in enumerate(headers):
        if end > begin and end + header.length - begin > limit:
            partition.log.append_follower(data[begin:end], headers[first:i], now_ms)
            first, begin = i, end
        end += header.length
    if end > begin:
        partition.log.append_follower(data[begin:end], headers[first:], now_ms)


def truncate(partition: Partition, leader_epoch: int, leader_end: int) -> None:
    """Cut off what the leader doesn't have: it parts from us after `leader_end` of that epoch."""
    log = partition.log
    epoch, end = log.epoch_end_offset(leader_epoch)
    if epoch < 0:
        cut = leader_end
    elif epoch == leader_epoch:
        cut = min(end, leader_end)
    else:
        # We don't have that epoch: cut to the end of the one before it, and ask again.
        cut = end
    log.truncate_to(min(cut, log.end_offset))
    partition.high_watermark = min(partition.high_watermark, log.end_offset)


def restart_in(partition: Partition, leader_start: int, leader_end: int, now_ms: int) -> None:
    """After OUT_OF_RANGE: go on where the leader's log is."""
    log = partition.log
    if leader_end < log.end_offset:
        # An unclean election has made a shorter log the truth.
        log.truncate_to(leader_end)
    if log.end_offset < leader_start:
        log.truncate_fully(leader_start, now_ms)
    partition.high_watermark = max(log.start_offset, min(partition.high_watermark, log.end_offset))


def raise_watermark(partition: Partition, leader_mark: int) -> None:
    """As far as both the leader says and the log reaches."""
    mark = min(leader_mark, partition.log.end_offset)
    if mark > partition.high_watermark:
        partition.high_watermark = mark
        partition.log.committed(mark)
        if partition.watchers:
            partition.notify()
