"""Heartbeat: a member is alive; the answer tells of a rebalance.

- v1, v2 throttling; v3 group.instance.id (KIP-345); v4 flexible
While the coordinator still loads, the answer is "fine", as in Kafka: the session lives on.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.heartbeat_request import HeartbeatRequest
from msklite.wire.messages.heartbeat_response import HeartbeatResponse
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(broker: Broker, ctx: Context, request: HeartbeatRequest) -> Message | Awaitable[Message]:
    """NONE, REBALANCE_IN_PROGRESS, or why this isn't a member."""
    try:
        return broker.groups.heartbeat(ctx, request)
    except KafkaError as e:
        code = Code.NONE if e.code is Code.COORDINATOR_LOAD_IN_PROGRESS else e.code
        return HeartbeatResponse(error_code=code)
