"""DescribeGroups: classic groups with their members.

- v1, v2 throttling; v3 authorized operations (KIP-430); v4 group.instance.id (KIP-345)
- v5 flexible; v6 GROUP_ID_NOT_FOUND and a message for unknown groups (KIP-1043), before it state
  Dead and no error
Without an authorizer everything that can be done with a group is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.groups.failures import failed_describe
from msklite.wire.messages.describe_groups_request import DescribeGroupsRequest
from msklite.wire.messages.describe_groups_response import DescribeGroupsResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS = 3, 6, 8, 10, 11
ALLOWED = sum(1 << op for op in (READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS))


async def handle(
    broker: Broker, ctx: Context, request: DescribeGroupsRequest
) -> DescribeGroupsResponse:
    """One result for each group asked for."""
    groups = await broker.groups.describe(request.groups, ctx.api_version)
    if request.include_authorized_operations:
        for g in groups:
            if g.error_code == Code.NONE:
                g.authorized_operations = ALLOWED
    return DescribeGroupsResponse(groups=groups)


def failed(request: DescribeGroupsRequest, code: Code, text: str | None) -> DescribeGroupsResponse:
    """Every group gets the error."""
    return failed_describe(request.groups, code)
