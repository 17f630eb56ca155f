"""DescribeQuorum: the quorum's leader, voters and observers (KIP-595).

- v1 times of fetches (KIP-836); v2 directory ids and end points of voters (KIP-853)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.wire.messages.describe_quorum_request import DescribeQuorumRequest
from msklite.wire.messages.describe_quorum_response import DescribeQuorumResponse

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


def handle(
    node: ControllerNode, ctx: Context, request: DescribeQuorumRequest
) -> DescribeQuorumResponse:
    """From the raft node's state; only the leader knows how far others are."""
    return node.describe_quorum(request)
