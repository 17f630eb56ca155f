"""InitProducerId: a producer id for an idempotent producer (KIP-98), from a block of 1,000.

- v2 flexible; v3 epoch bump by the client (KIP-360); v4, v5 newer errors
A transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which clients report at
once instead of trying for ever, until transactions exist here; see
docs/parity.md. Without one Kafka ignores the producer id and epoch that the client sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.messages.init_producer_id_response import InitProducerIdResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: InitProducerIdRequest
) -> InitProducerIdResponse:
    """A fresh id with epoch 0."""
    failed = InitProducerIdResponse(producer_id=-1, producer_epoch=-1)
    half_known = (request.producer_id == -1) != (request.producer_epoch == -1)
    if half_known or request.transactional_id == "":
        failed.error_code = Code.INVALID_REQUEST
        return failed
    if request.transactional_id is not None:
        failed.error_code = Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        return failed
    return InitProducerIdResponse(producer_id=await broker.producer_ids.next(), producer_epoch=0)
