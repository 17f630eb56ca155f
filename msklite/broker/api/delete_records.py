"""DeleteRecords: move a partition's log start offset forward (KIP-107).

- v1 after throttling; v2 flexible
Offset -1 means the high watermark. Internal topics are refused with INVALID_TOPIC_EXCEPTION, an
offset beyond the high watermark is OFFSET_OUT_OF_RANGE, a compacted topic without the delete policy
is POLICY_VIOLATION. The answer waits until all living replicas have moved their log starts too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker import commit_wait
from msklite.broker.commit_wait import LowWait
from msklite.broker.context import Context
from msklite.broker.topics import INTERNAL
from msklite.errors import Code
from msklite.log.checkpoints import LOG_START
from msklite.wire.messages.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
)
from msklite.wire.messages.delete_records_response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: DeleteRecordsRequest
) -> DeleteRecordsResponse:
    """The new low watermark of each partition, or why not. What is deleted stays so in a crash."""
    wanted = {(t.name, p.partition_index): p for t in request.topics for p in t.partitions}
    topics: dict[str, DeleteRecordsTopicResult] = {}
    waits: list[LowWait] = []
    for (name, _), p in wanted.items():  # of a partition named twice the last counts, as in Kafka
        topic = topics.setdefault(name, DeleteRecordsTopicResult(name=name))
        topic.partitions.append(_one(broker, name, p, waits))
    try:
        await broker.replicas.keeper.checkpoints.write(LOG_START)
    except OSError as e:
        broker.log.error("the new log starts can't be written: %s", e)
    if waits:
        await commit_wait.until(request.timeout_ms, waits)
    return DeleteRecordsResponse(topics=list(topics.values()))


def _one(
    broker: Broker, topic: str, wanted: DeleteRecordsPartition, waits: list[LowWait]
) -> DeleteRecordsPartitionResult:
    row = DeleteRecordsPartitionResult(partition_index=wanted.partition_index, low_watermark=-1)
    known = broker.image.topics.get(topic)
    if known is None or wanted.partition_index not in known.partitions:
        row.error_code = Code.UNKNOWN_TOPIC_OR_PARTITION
        return row
    if topic in INTERNAL:
        row.error_code = Code.INVALID_TOPIC_EXCEPTION
        return row
    partition = broker.replicas.get(topic, wanted.partition_index)
    if partition is None or not partition.is_leader:
        row.error_code = broker.replicas.refusal(topic, wanted.partition_index)
        return row
    if "delete" not in broker.topic_config(topic).cleanup_policy:
        row.error_code = Code.POLICY_VIOLATION
        return row
    offset = partition.high_watermark if wanted.offset == -1 else wanted.offset
    if offset < 0 or offset > partition.high_watermark:
        row.error_code = Code.OFFSET_OUT_OF_RANGE
        return row
    try:
        if offset > partition.log.start_offset:
            partition.log.advance_start(offset)
            partition.stir()
    except OSError:
        row.error_code = Code.KAFKA_STORAGE_ERROR
        return row
    row.low_watermark = partition.low_watermark(broker.alive)
    if row.low_watermark < offset:
        waits.append(LowWait(row, partition, offset, broker.alive))
    return row
