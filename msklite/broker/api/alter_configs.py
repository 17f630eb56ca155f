"""AlterConfigs: replace a resource's settings by those given (superseded by the incremental API).

- v1 throttling; v2 flexible
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msklite.broker import config_preflight
from msklite.broker.context import Context
from msklite.broker.forwarding import failed
from msklite.wire.messages.alter_configs_request import AlterConfigsRequest
from msklite.wire.messages.alter_configs_response import (
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

__all__ = ["failed", "handle"]


async def handle(
    broker: Broker, ctx: Context, request: AlterConfigsRequest
) -> AlterConfigsResponse:
    """One answer for each resource."""
    classes = AlterConfigsResponse, AlterConfigsResourceResponse
    reply = await config_preflight.alter(broker, ctx, request, *classes, replace=True)
    return cast("AlterConfigsResponse", reply)
