"""DescribeLogDirs: sizes of the partitions in this broker's log directory (KIP-113).

- v1 throttling; v2 flexible; v3 error for the whole; v4 volume sizes (KIP-827)
Partitions that are asked for and not here are left out, as in Kafka.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.partition.partition import Partition
from msklite.wire.messages.describe_log_dirs_request import DescribeLogDirsRequest
from msklite.wire.messages.describe_log_dirs_response import (
    DescribeLogDirsPartition,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: DescribeLogDirsRequest
) -> DescribeLogDirsResponse:
    """The one directory."""
    result = DescribeLogDirsResult(log_dir=broker.directory)
    try:
        space = broker.world.storage.space(broker.directory)
        result.total_bytes, result.usable_bytes = space.total, space.usable
    except OSError as e:
        broker.log.error("%s can't be asked for its space: %s", broker.directory, e)
        result.error_code = Code.KAFKA_STORAGE_ERROR
    if request.topics is None:
        chosen = broker.replicas.all()
    else:
        asked = [(t.topic, n) for t in request.topics for n in t.partitions]
        found = [broker.replicas.get(*key) for key in dict.fromkeys(asked)]
        chosen = [p for p in found if p is not None]
    topics: dict[str, DescribeLogDirsTopic] = {}
    for partition in chosen:
        row = topics.setdefault(partition.topic, DescribeLogDirsTopic(name=partition.topic))
        row.partitions.append(_size(partition))
    result.topics = list(topics.values())
    return DescribeLogDirsResponse(results=[result])


def _size(partition: Partition) -> DescribeLogDirsPartition:
    """The lag is Kafka's: how far the high watermark is beyond the log's end, if at all."""
    return DescribeLogDirsPartition(
        partition_index=partition.index,
        partition_size=partition.log.size,
        offset_lag=max(partition.high_watermark - partition.log.end_offset, 0),
        is_future_key=False,
    )
