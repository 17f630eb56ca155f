"""DescribeProducers: the producers that a partition remembers (KIP-664). Version 0 only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.topics import check_name
from msklite.wire.messages.describe_producers_request import DescribeProducersRequest
from msklite.wire.messages.describe_producers_response import (
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: DescribeProducersRequest
) -> DescribeProducersResponse:
    """Each partition's active producers; only its leader knows them."""
    return DescribeProducersResponse(
        topics=[
            TopicResponse(
                name=t.name, partitions=[_one(broker, t.name, p) for p in t.partition_indexes]
            )
            for t in request.topics
        ]
    )


def _one(broker: Broker, topic: str, index: int) -> PartitionResponse:
    row = PartitionResponse(partition_index=index, error_message=None)
    known = broker.image.topics.get(topic)
    if known is None or index not in known.partitions:
        try:
            check_name(topic)
            row.error_code = Code.UNKNOWN_TOPIC_OR_PARTITION
            row.error_message = row.error_code.text if known is None else None
        except KafkaError as bad:
            row.error_code, row.error_message = bad.code, bad.message
        return row
    partition = broker.replicas.get(topic, index)
    if partition is None or not partition.is_leader:
        row.error_code = broker.replicas.refusal(topic, index)
        return row
    row.active_producers = [
        ProducerState(
            producer_id=p.producer_id,
            producer_epoch=p.epoch,
            last_sequence=p.last_sequence,
            last_timestamp=p.last_timestamp,
            coordinator_epoch=p.coordinator_epoch,
            current_txn_start_offset=p.txn_start,
        )
        for p in partition.log.producers.values()
    ]
    return row
