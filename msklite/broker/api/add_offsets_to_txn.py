"""AddOffsetsToTxn: the partition that a group's offsets live on joins a transaction.

- v1 throttling; v2 PRODUCER_FENCED; v3 flexible; v4 newer errors (KIP-890)
Clients of transaction.version 2 don't send it: TxnOffsetCommit adds the partition.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.txns.machine import Producer
from msklite.wire.messages.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from msklite.wire.messages.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from msklite.wire.messages.add_partitions_to_txn_response import AddPartitionsToTxnResult

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: AddOffsetsToTxnRequest
) -> AddOffsetsToTxnResponse:
    """The one partition's error is the answer's."""
    if not request.transactional_id:
        return AddOffsetsToTxnResponse(error_code=Code.INVALID_REQUEST)
    producer = Producer(request.transactional_id, request.producer_id, request.producer_epoch)
    groups = broker.groups
    try:
        answer = broker.txns.add(
            producer, [(groups.topic, groups.partition_for(request.group_id))], 0
        )
    except KafkaError as e:
        return AddOffsetsToTxnResponse(error_code=e.code)
    found = await answer if isinstance(answer, Awaitable) else answer
    assert isinstance(found, AddPartitionsToTxnResult)
    code = found.topic_results[0].results_by_partition[0].partition_error_code
    if code == Code.PRODUCER_FENCED and ctx.api_version < 2:
        code = Code.INVALID_PRODUCER_EPOCH
    return AddOffsetsToTxnResponse(error_code=code)
