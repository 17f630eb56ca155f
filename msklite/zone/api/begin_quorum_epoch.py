"""BeginQuorumEpoch: a new leader makes itself known (KIP-595).

- v1 voter's directory id, the leader's end points (KIP-853)
The raft node answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.wire import BEGIN
from msklite.wire.messages.begin_quorum_epoch_request import BeginQuorumEpochRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: BeginQuorumEpochRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.answer(BEGIN, request)
