"""SyncGroup: get one's assignment; the leader of a generation brings everybody's.

- v1, v2 throttling; v3 group.instance.id (KIP-345); v4 flexible
- v5 protocol type and name, both needed (KIP-559)
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.sync_group_request import SyncGroupRequest
from msklite.wire.messages.sync_group_response import SyncGroupResponse
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


def handle(broker: Broker, ctx: Context, request: SyncGroupRequest) -> Message | Awaitable[Message]:
    """The member's assignment, opaque bytes."""
    if ctx.api_version >= 5 and (request.protocol_type is None or request.protocol_name is None):
        return SyncGroupResponse(error_code=Code.INCONSISTENT_GROUP_PROTOCOL)
    return broker.groups.sync(ctx, request)
