"""DescribeTopicPartitions v0: partitions with their eligible leaders, a page at a time (KIP-966).

Topics come in the order of their names. A page ends at the client's limit or at
max.request.partition.size.limit, with a cursor to go on from. Asked for all topics, those that go
away meanwhile are left out; asked for by name they are errors. A partition without a leader is no
error here: its leader is -1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker import topics
from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.image import PartitionImage, TopicImage
from msklite.wire.messages.describe_topic_partitions_request import DescribeTopicPartitionsRequest
from msklite.wire.messages.describe_topic_partitions_response import (
    Cursor,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(
    broker: Broker, ctx: Context, request: DescribeTopicPartitionsRequest
) -> DescribeTopicPartitionsResponse:
    """One page."""
    cursor = request.cursor
    everything = not request.topics
    names = set(broker.image.topics) if everything else {t.name for t in request.topics}
    first = ""
    if cursor is not None:
        first = cursor.topic_name
        if not everything and first not in names:
            raise KafkaError(Code.INVALID_REQUEST, f"the cursor's topic {first} isn't asked for")
        if cursor.partition_index < 0:
            raise KafkaError(Code.INVALID_REQUEST, "the cursor's partition must not be negative")
    if "" in names and not first:
        # Kafka's authorizer wants no empty names, hence its code.
        raise KafkaError(Code.UNKNOWN_SERVER_ERROR, "a topic's name is empty")
    limit = broker.config.int("max.request.partition.size.limit")
    room = max(1, min(limit, request.response_partition_limit))
    response = DescribeTopicPartitionsResponse()
    for name in sorted(n for n in names if n >= first):
        topic = broker.image.topics.get(name)
        if room == 0:
            if everything and topic is None:
                continue
            response.next_cursor = Cursor(topic_name=name, partition_index=0)
            break
        if topic is None:
            if not everything:
                response.topics.append(_missing(name))
            continue
        begin = cursor.partition_index if cursor is not None and name == first else 0
        row = _topic(broker, ctx, topic, begin, room)
        response.topics.append(row)
        room -= len(row.partitions)
        if begin + len(row.partitions) < len(topic.partitions):
            end = begin + len(row.partitions)
            response.next_cursor = Cursor(topic_name=name, partition_index=end)
            break
    return response


def _missing(name: str) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        error_code=topics.missing(name),
        name=name,
        is_internal=name in topics.INTERNAL,
        topic_authorized_operations=topics.TOPIC_OPERATIONS,
    )


def _topic(
    broker: Broker, ctx: Context, topic: TopicImage, begin: int, room: int
) -> DescribeTopicPartitionsResponseTopic:
    numbers = range(begin, min(begin + room, len(topic.partitions)))
    return DescribeTopicPartitionsResponseTopic(
        name=topic.name,
        topic_id=topic.id,
        is_internal=topic.name in topics.INTERNAL,
        partitions=[_partition(broker, ctx, n, topic.partitions[n]) for n in numbers],
        topic_authorized_operations=topics.TOPIC_OPERATIONS,
    )


def _partition(
    broker: Broker, ctx: Context, number: int, state: PartitionImage
) -> DescribeTopicPartitionsResponsePartition:
    _, leader, dark = topics.describe(broker, state, ctx.listener)
    return DescribeTopicPartitionsResponsePartition(
        partition_index=number,
        leader_id=leader,
        leader_epoch=state.leader_epoch,
        replica_nodes=list(state.replicas),
        isr_nodes=list(state.isr),
        eligible_leader_replicas=list(state.elr),
        last_known_elr=list(state.last_known_elr),
        offline_replicas=dark,
    )


def failed(
    request: DescribeTopicPartitionsRequest, code: Code, text: str | None
) -> DescribeTopicPartitionsResponse:
    """Every topic that was named says it."""
    return DescribeTopicPartitionsResponse(
        topics=[
            DescribeTopicPartitionsResponseTopic(error_code=code, name=t.name)
            for t in request.topics
        ]
    )
