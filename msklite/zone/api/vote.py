"""Vote: asks for a vote, or with pre_vote whether one could be had (KIP-595, KIP-996).

- v1 directory ids (KIP-853); v2 pre-votes
The raft node answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.wire import VOTE
from msklite.wire.messages.vote_request import VoteRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: VoteRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.answer(VOTE, request)
