"""FetchSnapshot: a replica that is too far behind takes a checkpoint, in pieces (KIP-630).

- v1 the replica's directory id, the leader's endpoint (KIP-853)
The raft node answers; the shell of the quorum reads the piece from the file. The leader's endpoint
is left out: voters know each other from the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.raft.wire import FETCH_SNAPSHOT
from msklite.wire.messages.fetch_snapshot_request import FetchSnapshotRequest
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


async def handle(node: ControllerNode, ctx: Context, request: FetchSnapshotRequest) -> Message:
    """Into the core, and its answer back."""
    return await node.net.answer(FETCH_SNAPSHOT, request)
