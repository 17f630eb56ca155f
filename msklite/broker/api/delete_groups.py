"""DeleteGroups: empty groups, with all their offsets (KIP-229).

- v1 throttling; v2 flexible
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.groups.failures import failed_delete
from msklite.wire.messages.delete_groups_request import DeleteGroupsRequest
from msklite.wire.messages.delete_groups_response import DeleteGroupsResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def handle(
    broker: Broker, ctx: Context, request: DeleteGroupsRequest
) -> DeleteGroupsResponse:
    """One result for each group, named twice or not."""
    return DeleteGroupsResponse(
        results=await broker.groups.delete(list(dict.fromkeys(request.groups_names)))
    )


def failed(request: DeleteGroupsRequest, code: Code, text: str | None) -> DeleteGroupsResponse:
    """Every group gets the error."""
    return failed_delete(request.groups_names, code)
