"""TxnOffsetCommit: a group's positions, as part of a transaction: they count when it is committed.

- v1 throttling; v2 leader epoch (KIP-320); v3 flexible, member and generation (KIP-447)
- v4 TRANSACTION_ABORTABLE; v5 the coordinator's partition needn't be added before (KIP-890)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.groups.failures import failed_txn_commit
from msklite.wire.messages.txn_offset_commit_request import TxnOffsetCommitRequest
from msklite.wire.messages.txn_offset_commit_response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: TxnOffsetCommitRequest
) -> TxnOffsetCommitResponse:
    """Partitions that exist are the coordinator's; the others are answered here."""
    topics: dict[str, TxnOffsetCommitResponseTopic] = {}
    wanted = []
    for t in request.topics:
        known = broker.image.topics.get(t.name)
        there = {} if known is None else known.partitions
        missing = [p.partition_index for p in t.partitions if p.partition_index not in there]
        if missing or known is None:
            row = topics.setdefault(t.name, TxnOffsetCommitResponseTopic(name=t.name))
            code = Code.UNKNOWN_TOPIC_OR_PARTITION
            row.partitions += [
                TxnOffsetCommitResponsePartition(partition_index=p, error_code=code)
                for p in missing
            ]
        t.partitions = [p for p in t.partitions if p.partition_index in there]
        if t.partitions:
            wanted.append(t)
    request.topics = wanted
    if wanted:
        for done in (await _commit(broker, ctx, request)).topics:
            known_row = topics.setdefault(done.name, done)
            if known_row is not done:
                known_row.partitions += done.partitions
    return TxnOffsetCommitResponse(topics=list(topics.values()))


async def _commit(
    broker: Broker, ctx: Context, request: TxnOffsetCommitRequest
) -> TxnOffsetCommitResponse:
    try:
        answer = await broker.groups.commit_within(ctx, request)
    except KafkaError as e:
        answer = failed_txn_commit(request, e.code)
    if ctx.api_version < 2:
        for t in answer.topics:
            for p in t.partitions:
                if p.error_code == Code.COORDINATOR_LOAD_IN_PROGRESS:
                    p.error_code = Code.COORDINATOR_NOT_AVAILABLE  # KAFKA-7296
    return answer


def failed(
    request: TxnOffsetCommitRequest, code: Code, text: str | None
) -> TxnOffsetCommitResponse:
    """Every partition gets the error."""
    return failed_txn_commit(request, code)
