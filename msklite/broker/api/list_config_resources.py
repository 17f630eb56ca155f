"""ListConfigResources: what has settings (KIP-714, KIP-1142).

- v0 client metrics subscriptions only; v1 by resource type, none named: all types
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.image import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from msklite.wire.messages.list_config_resources_request import ListConfigResourcesRequest
from msklite.wire.messages.list_config_resources_response import (
    ConfigResource,
    ListConfigResourcesResponse,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

SUPPORTED = (TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP)


def handle(
    broker: Broker, ctx: Context, request: ListConfigResourcesRequest
) -> ListConfigResourcesResponse:
    """Names by type."""
    kinds = list(dict.fromkeys(request.resource_types)) or list(SUPPORTED)
    if ctx.api_version == 0:
        kinds = [CLIENT_METRICS]
    unknown = [k for k in kinds if k not in SUPPORTED]
    if unknown:
        raise KafkaError(Code.UNSUPPORTED_VERSION, f"resource type {unknown[0]} isn't listed")
    return ListConfigResourcesResponse(
        config_resources=[
            ConfigResource(resource_name=name, resource_type=kind)
            for kind in kinds
            for name in _names(broker, ctx, kind)
        ]
    )


def _names(broker: Broker, ctx: Context, kind: int) -> list[str]:
    image = broker.image
    if kind == TOPIC:
        return sorted(image.topics)
    if kind in (BROKER, BROKER_LOGGER):
        return [str(n) for n, *_ in broker.endpoints(image.brokers, ctx.listener)]
    return sorted(name for k, name in image.configs if k == kind)
