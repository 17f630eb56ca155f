"""Fetch: a replica of the metadata log asks for what comes next (KIP-595).

- v17 the replica's directory id; v18 its high watermark
The raft node answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.wire import FETCH
from msklite.wire.messages.fetch_request import FetchRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: FetchRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.answer(FETCH, request)
