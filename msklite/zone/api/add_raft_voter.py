"""AddRaftVoter: an observer of the quorum becomes a voter (KIP-853).

- v1 may be answered before the change is committed (ack_when_committed)

The raft node answers, if it leads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.voter_wire import ADD
from msklite.wire.messages.add_raft_voter_request import AddRaftVoterRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: AddRaftVoterRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.change(ADD, request)
