"""OffsetForLeaderEpoch: where a leader epoch ends in this log (KIP-101, KIP-279, KIP-320).

- v2 the client's leader epoch; v3 replica id; v4 flexible
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
)
from msklite.wire.messages.offset_for_leader_epoch_response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: OffsetForLeaderEpochRequest
) -> OffsetForLeaderEpochResponse:
    """One end offset for each partition asked for."""
    return OffsetForLeaderEpochResponse(
        topics=[
            OffsetForLeaderTopicResult(
                topic=t.topic, partitions=[_one(broker, t.topic, p) for p in t.partitions]
            )
            for t in request.topics
        ]
    )


def _one(broker: Broker, topic: str, wanted: OffsetForLeaderPartition) -> EpochEndOffset:
    row = EpochEndOffset(partition=wanted.partition)
    known = broker.image.topics.get(topic)
    if known is None or wanted.partition not in known.partitions:
        row.error_code = Code.UNKNOWN_TOPIC_OR_PARTITION
        return row
    partition = broker.replicas.get(topic, wanted.partition)
    if partition is None:
        row.error_code = broker.replicas.refusal(topic, wanted.partition)
        return row
    row.error_code = partition.check_leader(wanted.current_leader_epoch)
    if row.error_code == Code.NONE:
        row.leader_epoch, row.end_offset = partition.log.epoch_end_offset(wanted.leader_epoch)
    return row
