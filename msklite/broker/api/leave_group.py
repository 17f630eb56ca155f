"""LeaveGroup: members leave, or are removed by an administrator.

- v0 to v2 one member; v1, v2 throttling
- v3 many members, by member id or by group.instance.id (KIP-345); v4 flexible
- v5 reason (KIP-800)
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, cast

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from msklite.wire.messages.leave_group_response import LeaveGroupResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(broker: Broker, ctx: Context, request: LeaveGroupRequest) -> LeaveGroupResponse:
    """One result for each member; before version 3 the one member's error is the answer's."""
    if ctx.api_version < 3:
        request.members = [MemberIdentity(member_id=request.member_id)]
    answer = broker.groups.leave(ctx, request)
    if isinstance(answer, Awaitable):
        answer = await answer
    response = cast("LeaveGroupResponse", answer)
    if ctx.api_version < 3 and response.error_code == Code.NONE:
        response.error_code = response.members[0].error_code
    return response
