"""AddPartitionsToTxn: partitions join a transaction, or are verified to be in it.

- v1 throttling; v2 PRODUCER_FENCED; v3 flexible; the last one that clients send
- v4 many transactions at once, verify-only, for other brokers; v5 adds for produce (KIP-890)
If one partition doesn't exist nothing is added, and the others say OPERATION_NOT_ATTEMPTED.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.txns import answers
from msklite.txns.machine import Producer
from msklite.txns.transaction import Partition
from msklite.wire.messages.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTransaction,
)
from msklite.wire.messages.add_partitions_to_txn_response import (
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: AddPartitionsToTxnRequest
) -> AddPartitionsToTxnResponse:
    """One result for each transaction, in the order of the request."""
    results = [await _one(broker, ctx, t) for t in _transactions(ctx.api_version, request)]
    if ctx.api_version >= 4:
        return AddPartitionsToTxnResponse(results_by_transaction=results)
    return AddPartitionsToTxnResponse(results_by_topic_v3_and_below=results[0].topic_results)


def failed(
    request: AddPartitionsToTxnRequest, code: Code, text: str | None
) -> AddPartitionsToTxnResponse:
    """Newer ones have a code for the whole, older ones say it of each partition."""
    places = _places(request.v3_and_below_topics)
    result = answers.all_with(request.v3_and_below_transactional_id, places, code)
    return AddPartitionsToTxnResponse(
        error_code=code, results_by_topic_v3_and_below=result.topic_results
    )


def _transactions(
    version: int, request: AddPartitionsToTxnRequest
) -> list[AddPartitionsToTxnTransaction]:
    if version >= 4:
        return request.transactions
    return [
        AddPartitionsToTxnTransaction(
            transactional_id=request.v3_and_below_transactional_id,
            producer_id=request.v3_and_below_producer_id,
            producer_epoch=request.v3_and_below_producer_epoch,
            topics=request.v3_and_below_topics,
        )
    ]


def _places(topics: list) -> list[Partition]:  # type: ignore[type-arg]
    return list(dict.fromkeys((t.name, p) for t in topics for p in t.partitions))


async def _one(
    broker: Broker, ctx: Context, t: AddPartitionsToTxnTransaction
) -> AddPartitionsToTxnResult:
    wanted = _places(t.topics)
    missing = [place for place in wanted if not _exists(broker, place)]
    if missing:
        errors = dict.fromkeys(wanted, Code.OPERATION_NOT_ATTEMPTED)
        errors.update(dict.fromkeys(missing, Code.UNKNOWN_TOPIC_OR_PARTITION))
        return answers.added(t.transactional_id, errors)
    if not t.transactional_id:
        return answers.all_with(t.transactional_id, wanted, Code.INVALID_REQUEST)
    producer = Producer(t.transactional_id, t.producer_id, t.producer_epoch)
    try:
        if t.verify_only:
            answer = broker.txns.verify(producer, wanted)
        else:
            answer = broker.txns.add(producer, wanted, 2 if ctx.api_version > 4 else 0)
    except KafkaError as e:
        return answers.all_with(t.transactional_id, wanted, e.code)
    found = await answer if isinstance(answer, Awaitable) else answer
    assert isinstance(found, AddPartitionsToTxnResult)
    if ctx.api_version < 2:
        for topic in found.topic_results:
            for row in topic.results_by_partition:
                if row.partition_error_code == Code.PRODUCER_FENCED:
                    row.partition_error_code = Code.INVALID_PRODUCER_EPOCH
    return found


def _exists(broker: Broker, place: Partition) -> bool:
    known = broker.image.topics.get(place[0])
    return known is not None and place[1] in known.partitions
