"""EndTxn: commit or abort a transaction. Answered once that is decided; markers follow.

- v1 throttling; v2 PRODUCER_FENCED; v3 flexible; v4 newer errors
- v5 the answer has the producer's next epoch, and maybe id (KIP-890, transaction.version 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.txns import answers
from msklite.txns.machine import Producer
from msklite.wire.messages.end_txn_request import EndTxnRequest
from msklite.wire.messages.end_txn_response import EndTxnResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(broker: Broker, ctx: Context, request: EndTxnRequest) -> EndTxnResponse:
    """Decided, or why not."""
    if not request.transactional_id:
        return answers.not_ended(Code.INVALID_REQUEST)
    producer = Producer(request.transactional_id, request.producer_id, request.producer_epoch)
    version = 2 if ctx.api_version > 4 else 0
    try:
        answer = await broker.txns.end(producer, request.committed, version)
    except KafkaError as e:
        return answers.not_ended(e.code)
    assert isinstance(answer, EndTxnResponse)
    if answer.error_code == Code.PRODUCER_FENCED and ctx.api_version < 2:
        answer.error_code = Code.INVALID_PRODUCER_EPOCH
    return answer
