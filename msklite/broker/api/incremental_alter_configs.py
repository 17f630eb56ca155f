"""IncrementalAlterConfigs: set, delete, append to and subtract from single settings (KIP-339).

- v1 flexible
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msklite.broker import config_preflight
from msklite.broker.context import Context
from msklite.broker.forwarding import failed
from msklite.wire.messages.incremental_alter_configs_request import IncrementalAlterConfigsRequest
from msklite.wire.messages.incremental_alter_configs_response import (
    AlterConfigsResourceResponse,
    IncrementalAlterConfigsResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

__all__ = ["failed", "handle"]


async def handle(
    broker: Broker, ctx: Context, request: IncrementalAlterConfigsRequest
) -> IncrementalAlterConfigsResponse:
    """One answer for each resource."""
    classes = IncrementalAlterConfigsResponse, AlterConfigsResourceResponse
    reply = await config_preflight.alter(broker, ctx, request, *classes, replace=False)
    return cast("IncrementalAlterConfigsResponse", reply)
