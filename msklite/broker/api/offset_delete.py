"""OffsetDelete: forget a group's positions in topics that it doesn't read (KIP-496). Version 0."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestTopic,
)
from msklite.wire.messages.offset_delete_response import (
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: OffsetDeleteRequest
) -> OffsetDeleteResponse:
    """Partitions that exist are the coordinator's; the others are answered here."""
    refused: dict[str, OffsetDeleteResponseTopic] = {}
    wanted = []
    for t in request.topics:
        missing = _keep_known(broker, t)
        if missing or t.name not in broker.image.topics:
            row = refused.setdefault(t.name, OffsetDeleteResponseTopic(name=t.name))
            code = Code.UNKNOWN_TOPIC_OR_PARTITION
            row.partitions += [
                OffsetDeleteResponsePartition(partition_index=p, error_code=code) for p in missing
            ]
        if t.partitions:
            wanted.append(t)
    request.topics = wanted
    answer = broker.groups.delete_offsets(ctx, request)
    if isinstance(answer, Awaitable):
        answer = await answer
    response = cast("OffsetDeleteResponse", answer)
    if response.error_code == Code.NONE:
        for row in response.topics:
            known = refused.setdefault(row.name, row)
            if known is not row:
                known.partitions += row.partitions
        response.topics = list(refused.values())
    return response


def _keep_known(broker: Broker, t: OffsetDeleteRequestTopic) -> list[int]:
    """Leave in `t` the partitions that exist; the others' numbers."""
    known = broker.image.topics.get(t.name)
    partitions = {} if known is None else known.partitions
    missing = [p.partition_index for p in t.partitions if p.partition_index not in partitions]
    t.partitions = [p for p in t.partitions if p.partition_index in partitions]
    return missing
