"""OffsetFetch: a group's committed positions.

- v1 from `__consumer_offsets`; v2 all topics with null, error for the whole; v3, v4 throttling
- v5 leader epoch (KIP-320); v6 flexible; v7 require_stable (KIP-447); v8 many groups (KIP-709)
- v9 member id and epoch (KIP-848); v10 topic ids instead of names (KIP-848)
A partition without a committed offset has offset -1 and no error, also when the group is unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from msklite.wire.messages.offset_fetch_response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)
from msklite.wire.primitives import ZERO_UUID

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(broker: Broker, ctx: Context, request: OffsetFetchRequest) -> OffsetFetchResponse:
    """One result for each group; before version 8 there is one group, and no list of them."""
    if ctx.api_version >= 8:
        return OffsetFetchResponse(
            groups=[await _one(broker, ctx, g, request.require_stable) for g in request.groups]
        )
    group = OffsetFetchRequestGroup(group_id=request.group_id)
    group.topics = (
        None
        if request.topics is None
        else [
            OffsetFetchRequestTopics(name=t.name, partition_indexes=t.partition_indexes)
            for t in request.topics
        ]
    )
    found = await _one(broker, ctx, group, request.require_stable)
    return OffsetFetchResponse(
        error_code=found.error_code, topics=[_old_topic(t) for t in found.topics]
    )


async def _one(
    broker: Broker, ctx: Context, group: OffsetFetchRequestGroup, require_stable: bool
) -> OffsetFetchResponseGroup:
    by_id = ctx.api_version >= 10
    asked = group.topics
    unknown: list[OffsetFetchResponseTopics] = []
    if by_id and asked is not None:
        for t in asked:
            t.name = broker.image.topic_names.get(t.topic_id, "")
        unknown = [_unknown(t, Code.UNKNOWN_TOPIC_ID) for t in asked if not t.name]
        group.topics = [t for t in asked if t.name]
    try:
        answer = broker.groups.fetch(group, require_stable)
    except KafkaError as e:
        return _failed(ctx, group, asked, e.code)
    if isinstance(answer, Awaitable):
        answer = await answer
    found = cast("OffsetFetchResponseGroup", answer)
    if found.error_code != Code.NONE:
        return _failed(ctx, group, asked, Code(found.error_code))
    if by_id and asked is None:
        # Kafka leaves out topics that are gone: without an id they can't be written.
        for row in found.topics:
            known = broker.image.topics.get(row.name)
            row.topic_id = ZERO_UUID if known is None else known.id
        found.topics = [row for row in found.topics if row.topic_id != ZERO_UUID]
    found.topics += unknown
    return found


def _failed(
    ctx: Context,
    group: OffsetFetchRequestGroup,
    asked: list[OffsetFetchRequestTopics] | None,
    code: Code,
) -> OffsetFetchResponseGroup:
    """Version 1 has no error for the whole group: its partitions say it."""
    if ctx.api_version >= 2:
        return OffsetFetchResponseGroup(group_id=group.group_id, error_code=code)
    return OffsetFetchResponseGroup(
        group_id=group.group_id, topics=[_unknown(t, code) for t in asked or ()]
    )


def _unknown(t: OffsetFetchRequestTopics, code: Code) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(
        name=t.name,
        topic_id=t.topic_id,
        partitions=[
            OffsetFetchResponsePartitions(partition_index=p, committed_offset=-1, error_code=code)
            for p in t.partition_indexes
        ],
    )


def _old_topic(t: OffsetFetchResponseTopics) -> OffsetFetchResponseTopic:
    return OffsetFetchResponseTopic(
        name=t.name,
        partitions=[
            OffsetFetchResponsePartition(
                partition_index=p.partition_index,
                committed_offset=p.committed_offset,
                committed_leader_epoch=p.committed_leader_epoch,
                metadata=p.metadata,
                error_code=p.error_code,
            )
            for p in t.partitions
        ],
    )
