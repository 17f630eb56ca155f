"""ApiVersions of a controller: what its listener serves (KIP-919).

- v3 flexible, features; v4 features with a minimum of 0 (KIP-1022)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.wire.apis import CONTROLLER_APIS
from msklite.wire.messages.api_versions_request import ApiVersionsRequest
from msklite.wire.messages.api_versions_response import (
    ApiVersion,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode


def handle(node: ControllerNode, ctx: Context, request: ApiVersionsRequest) -> ApiVersionsResponse:
    """The rows of CONTROLLER_APIS and the features."""
    image = node.controller.image
    lowest = 1 if ctx.api_version < 4 else 0
    return ApiVersionsResponse(
        api_keys=[
            ApiVersion(api_key=a.key, min_version=a.lowest, max_version=a.highest)
            for a in CONTROLLER_APIS.values()
        ],
        supported_features=[
            SupportedFeatureKey(name=name, min_version=low, max_version=high)
            for name, (low, high) in node.controller.supported_features.items()
            if low >= lowest
        ],
        finalized_features_epoch=image.offset,
        finalized_features=[
            FinalizedFeatureKey(name=n, max_version_level=level, min_version_level=level)
            for n, level in sorted(image.features.items())
            if level > 0
        ],
    )
