"""InitProducerId: a producer id for an idempotent producer (KIP-98), from a block of 1,000.

- v2 flexible; v3 the client goes on with a new epoch (KIP-360); v4 PRODUCER_FENCED; v5 newer errors
With a transactional id its coordinator answers, and fences whoever had the id before. Without one
Kafka ignores the producer id and epoch that the client sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: InitProducerIdRequest
) -> InitProducerIdResponse:
    """A fresh id with epoch 0; or those of the transactional id."""
    failed = InitProducerIdResponse(producer_id=-1, producer_epoch=-1)
    half_known = (request.producer_id == -1) != (request.producer_epoch == -1)
    if half_known or request.transactional_id == "":
        failed.error_code = Code.INVALID_REQUEST
        return failed
    if request.transactional_id is not None:
        expected = (
            None if request.producer_id == -1 else (request.producer_id, request.producer_epoch)
        )
        try:
            answer = await broker.txns.init_producer_id(
                request.transactional_id, request.transaction_timeout_ms, expected
            )
        except KafkaError as e:
            failed.error_code = e.code
            return failed
        if answer.error_code == Code.PRODUCER_FENCED and ctx.api_version < 4:
            answer.error_code = Code.INVALID_PRODUCER_EPOCH
        return answer
    return InitProducerIdResponse(producer_id=await broker.producer_ids.next(), producer_epoch=0)
