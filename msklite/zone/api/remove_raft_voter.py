"""RemoveRaftVoter v0: a voter votes no longer (KIP-853).

The raft node answers, if it leads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.voter_wire import REMOVE
from msklite.wire.messages.remove_raft_voter_request import RemoveRaftVoterRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: RemoveRaftVoterRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.change(REMOVE, request)
