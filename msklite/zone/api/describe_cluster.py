"""DescribeCluster of a controller: the quorum's voters as end points (KIP-919).

- v1 end point types: a controller answers for controllers only; v2 fenced brokers (KIP-1073)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.describe_cluster_request import DescribeClusterRequest
from msklite.wire.messages.describe_cluster_response import (
    DescribeClusterBroker,
    DescribeClusterResponse,
)

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode

CONTROLLERS = 2


def handle(
    node: ControllerNode, ctx: Context, request: DescribeClusterRequest
) -> DescribeClusterResponse:
    """Every voter with its first end point."""
    if request.endpoint_type != CONTROLLERS:
        raise KafkaError(
            Code.MISMATCHED_ENDPOINT_TYPE, "this is a controller; the request is for brokers"
        )
    return DescribeClusterResponse(
        error_message=None,
        endpoint_type=CONTROLLERS,
        cluster_id=node.cluster_id,
        controller_id=node.quorum.node.leader_id,
        brokers=[
            DescribeClusterBroker(
                broker_id=v.id, host=v.endpoints[0].host, port=v.endpoints[0].port, rack=None
            )
            for v in node.quorum.node.voters.voters.values()
            if v.endpoints
        ],
    )
