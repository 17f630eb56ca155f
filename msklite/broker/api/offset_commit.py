"""OffsetCommit: store a group's positions, from members and from simple consumers.

- v2 retention time; v3, v4 throttling; v5 no retention time (KIP-211); v6 leader epoch (KIP-320)
- v7 group.instance.id (KIP-345); v8 flexible; v9 GROUP_ID_NOT_FOUND where an unknown group's
  generation was ILLEGAL_GENERATION (KIP-848); v10 topic ids instead of names (KIP-848)
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.groups.failures import failed_commit
from msklite.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestTopic,
)
from msklite.wire.messages.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: OffsetCommitRequest
) -> OffsetCommitResponse:
    """Commits for partitions that exist; the others are answered here."""
    by_id = ctx.api_version >= 10
    refused: dict[str | bytes, OffsetCommitResponseTopic] = {}
    wanted = []
    for t in request.topics:
        if by_id:
            t.name = broker.image.topic_names.get(t.topic_id, "")
        missing = _keep_known(broker, t)
        if missing or t.name not in broker.image.topics:
            code = Code.UNKNOWN_TOPIC_OR_PARTITION
            if by_id and not t.name:
                code = Code.UNKNOWN_TOPIC_ID
            row = OffsetCommitResponseTopic(name=t.name, topic_id=t.topic_id)
            row = refused.setdefault(t.topic_id if by_id else t.name, row)
            row.partitions += [
                OffsetCommitResponsePartition(partition_index=p, error_code=code) for p in missing
            ]
        if t.partitions:
            wanted.append(t)
    request.topics = wanted
    if not wanted:
        return OffsetCommitResponse(topics=list(refused.values()))
    response = await _commit(broker, ctx, request)
    for done in response.topics:
        known = refused.setdefault(done.topic_id if by_id else done.name, done)
        if known is not done:
            known.partitions += done.partitions
    return OffsetCommitResponse(topics=list(refused.values()))


def failed(request: OffsetCommitRequest, code: Code, text: str | None) -> OffsetCommitResponse:
    """Every partition gets the error."""
    return failed_commit(request, code)


async def _commit(
    broker: Broker, ctx: Context, request: OffsetCommitRequest
) -> OffsetCommitResponse:
    try:
        answer = broker.groups.commit(ctx, request)
    except KafkaError as e:
        return failed_commit(request, e.code)
    if isinstance(answer, Awaitable):
        answer = await answer
    return cast("OffsetCommitResponse", answer)


def _keep_known(broker: Broker, t: OffsetCommitRequestTopic) -> list[int]:
    """Leave in `t` the partitions that exist; the others' numbers."""
    known = broker.image.topics.get(t.name)
    partitions = {} if known is None else known.partitions
    missing = [p.partition_index for p in t.partitions if p.partition_index not in partitions]
    if missing:
        t.partitions = [p for p in t.partitions if p.partition_index in partitions]
    return missing
