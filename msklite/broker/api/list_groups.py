"""ListGroups: the groups that this broker coordinates; clients ask every broker.

- v1, v2 throttling; v3 flexible; v4 states filter (KIP-518); v5 types filter (KIP-848)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.wire.messages.list_groups_request import ListGroupsRequest
from msklite.wire.messages.list_groups_response import ListGroupsResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(broker: Broker, ctx: Context, request: ListGroupsRequest) -> ListGroupsResponse:
    """All groups that pass both filters; an empty filter lets everything pass."""
    return await broker.groups.list_groups(request)
