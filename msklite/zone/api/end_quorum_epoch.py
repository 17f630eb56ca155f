"""EndQuorumEpoch: a leader resigns and names its successors (KIP-595).

- v1 candidates with directory ids (KIP-853)
The raft node answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.wire import END
from msklite.wire.messages.end_quorum_epoch_request import EndQuorumEpochRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: EndQuorumEpochRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.answer(END, request)
