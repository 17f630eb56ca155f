"""JoinGroup: become a member of a classic group and wait for the next generation.

- v0 the rebalance timeout is the session timeout; v1 own rebalance timeout (KIP-62)
- v2, v3 throttling; v4 MEMBER_ID_REQUIRED for new dynamic members (KIP-394)
- v5 group.instance.id (KIP-345); v6 flexible; v7 protocol type and nullable name (KIP-559)
- v8 reason (KIP-800); v9 skip_assignment for a static leader that came back (KIP-814)
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.join_group_request import JoinGroupRequest
from msklite.wire.messages.join_group_response import JoinGroupResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(broker: Broker, ctx: Context, request: JoinGroupRequest) -> JoinGroupResponse:
    """The member's view of the next generation."""
    if ctx.api_version == 0:
        request.rebalance_timeout_ms = request.session_timeout_ms
    try:
        answer = broker.groups.join(ctx, request)
    except KafkaError as e:
        checked = e.code in (Code.INVALID_GROUP_ID, Code.INVALID_SESSION_TIMEOUT)
        answer = JoinGroupResponse(
            error_code=e.code, member_id=request.member_id if checked else ""
        )
    if isinstance(answer, Awaitable):
        answer = await answer
    response = cast("JoinGroupResponse", answer)
    # "no protocol" is an empty name before version 7, and null from there on.
    response.protocol_name = response.protocol_name or (None if ctx.api_version >= 7 else "")
    return response
