"""ListOffsets: offsets by time, and the special times.

- v1 one offset for a time; v2 isolation level; v4 leader epochs (KIP-320); v7 -3 max timestamp
- v8 -4 earliest local; v9 -5 last tiered; v10 timeout; v11 -6 earliest pending upload
Without tiered storage -4 is the log start and -5 and -6 have no offset (-1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.partition.partition import Partition
from msklite.wire.messages.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest
from msklite.wire.messages.list_offsets_response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

LATEST, EARLIEST, MAX_TIMESTAMP = -1, -2, -3
EARLIEST_LOCAL, LATEST_TIERED, PENDING_UPLOAD = -4, -5, -6
_SINCE = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, PENDING_UPLOAD: 11}


def handle(broker: Broker, ctx: Context, request: ListOffsetsRequest) -> ListOffsetsResponse:
    """One answer for each partition; one named twice is INVALID_REQUEST, once."""
    seen: set[tuple[str, int]] = set()
    double: set[tuple[str, int]] = set()
    for t in request.topics:
        for p in t.partitions:
            key = (t.name, p.partition_index)
            (double if key in seen else seen).add(key)
    level = request.isolation_level
    if level not in (0, 1):
        raise KafkaError(Code.UNKNOWN_SERVER_ERROR, f"isolation level {level} is unknown")
    topics: dict[str, ListOffsetsTopicResponse] = {}
    told: set[tuple[str, int]] = set()
    for t in request.topics:
        for p in t.partitions:
            if (t.name, p.partition_index) in told:
                continue
            told.add((t.name, p.partition_index))
            row = ListOffsetsPartitionResponse(partition_index=p.partition_index)
            if (t.name, p.partition_index) in double:
                row.error_code = Code.INVALID_REQUEST
            else:
                _one(broker, ctx, request, t.name, p, row)
            topic = topics.setdefault(t.name, ListOffsetsTopicResponse(name=t.name))
            topic.partitions.append(row)
    return ListOffsetsResponse(topics=list(topics.values()))


def failed(request: ListOffsetsRequest, code: Code, text: str | None) -> ListOffsetsResponse:
    """Every partition gets the error."""
    return ListOffsetsResponse(
        topics=[
            ListOffsetsTopicResponse(
                name=t.name,
                partitions=[
                    ListOffsetsPartitionResponse(partition_index=p.partition_index, error_code=code)
                    for p in t.partitions
                ],
            )
            for t in request.topics
        ]
    )


def _one(
    broker: Broker,
    ctx: Context,
    request: ListOffsetsRequest,
    topic: str,
    wanted: ListOffsetsPartition,
    row: ListOffsetsPartitionResponse,
) -> None:
    time = wanted.timestamp
    if time < 0 and (time < PENDING_UPLOAD or ctx.api_version < _SINCE.get(time, 0)):
        row.error_code = Code.UNSUPPORTED_VERSION
        return
    known = broker.image.topics.get(topic)
    if known is None or wanted.partition_index not in known.partitions:
        row.error_code = Code.UNKNOWN_TOPIC_OR_PARTITION
        return
    partition = broker.replicas.get(topic, wanted.partition_index)
    if partition is None:
        row.error_code = broker.replicas.refusal(topic, wanted.partition_index)
        return
    row.error_code = partition.check_leader(wanted.current_leader_epoch)
    if row.error_code:
        return
    client = request.replica_id < 0
    try:
        found = _find(partition, time, request.isolation_level == 1, not client)
    except OSError as e:
        broker.replicas.report(f"{topic}-{wanted.partition_index} can't be read: {e}")
        row.error_code = Code.KAFKA_STORAGE_ERROR
        return
    beyond = time == LATEST or (found is None and time >= MAX_TIMESTAMP and time != EARLIEST)
    if client and beyond and partition.behind_its_epoch:
        # What the last leader had committed isn't known yet; an offset could go back (KIP-207).
        newer = ctx.api_version >= 5
        row.error_code = Code.OFFSET_NOT_AVAILABLE if newer else Code.LEADER_NOT_AVAILABLE
    elif found is not None:
        row.offset, row.timestamp, row.leader_epoch = found


def _find(
    partition: Partition, time: int, committed: bool, from_follower: bool
) -> tuple[int, int, int] | None:
    """(offset, timestamp or -1, leader epoch), or None when there is no such record."""
    log = partition.log
    if time == LATEST and from_follower:
        return log.end_offset, -1, partition.leader_epoch
    upper = partition.last_stable_offset if committed else partition.high_watermark
    if time == LATEST:
        return upper, -1, partition.leader_epoch
    if time in (EARLIEST, EARLIEST_LOCAL):
        return log.start_offset, -1, log.epoch_at(log.start_offset)
    if time in (LATEST_TIERED, PENDING_UPLOAD):
        return None
    found = log.max_timestamp() if time == MAX_TIMESTAMP else log.offset_for_time(time)
    if found is None or found[0] >= upper:
        return None
    return found[0], found[1], log.epoch_at(found[0])
