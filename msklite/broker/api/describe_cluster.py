"""DescribeCluster: cluster id, brokers and authorised operations (KIP-700).

- v1 endpoint types: a broker answers for brokers only (KIP-919); v2 fenced brokers (KIP-1073)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker import topics
from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.describe_cluster_request import DescribeClusterRequest
from msklite.wire.messages.describe_cluster_response import (
    DescribeClusterBroker,
    DescribeClusterResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

BROKERS, CONTROLLERS = 1, 2


def handle(
    broker: Broker, ctx: Context, request: DescribeClusterRequest
) -> DescribeClusterResponse:
    """The living brokers, and the fenced ones when asked for."""
    wanted = request.endpoint_type
    if wanted == CONTROLLERS:
        raise KafkaError(
            Code.MISMATCHED_ENDPOINT_TYPE, "this is a broker; the request is for a controller"
        )
    if wanted != BROKERS:
        raise KafkaError(Code.UNSUPPORTED_ENDPOINT_TYPE, f"endpoint type {wanted} is unknown")
    known = broker.image.brokers
    shown = [b.id for b in known.values() if request.include_fenced_brokers or not b.fenced]
    response = DescribeClusterResponse(
        error_message=None,
        endpoint_type=BROKERS,
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
        brokers=[
            DescribeClusterBroker(
                broker_id=n, host=host, port=port, rack=rack, is_fenced=known[n].fenced
            )
            for n, host, port, rack in broker.endpoints(shown, ctx.listener)
        ],
    )
    if request.include_cluster_authorized_operations:
        response.cluster_authorized_operations = topics.CLUSTER_OPERATIONS
    return response
