"""Requests that the active controller decides on: topics, settings, brokers, replicas.

Which versions there are stands in `wire/apis`; what they mean in `msklite/metadata`. A controller
that isn't active says NOT_CONTROLLER, and the sender looks for the one that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msklite.broker.context import Context
from msklite.broker.forwarding import failed
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode

__all__ = ["failed", "handle"]


async def handle(node: ControllerNode, ctx: Context, request: Message) -> Any:
    """Decide, commit, answer."""
    return await node.decide(request, ctx.api_version)
