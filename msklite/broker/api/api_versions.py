"""ApiVersions: what this broker serves, and the cluster's features.

- v1 throttle time; v2 after throttling; v3 client software name, features (KIP-511, KIP-584)
- v4 features with a minimum of 0 may be listed (KIP-1022); below v4 they are left out
A client software name or version with other characters than letters, digits, dot and dash is
INVALID_REQUEST. An unknown version of this API is answered by dispatch in version 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code
from msklite.wire.messages.api_versions_request import ApiVersionsRequest
from msklite.wire.messages.api_versions_response import (
    ApiVersion,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


def handle(broker: Broker, ctx: Context, request: ApiVersionsRequest) -> ApiVersionsResponse:
    """List the rows that dispatch serves and the features, as the broker's version shows them."""
    if ctx.api_version >= 3 and not (
        _SOFTWARE.fullmatch(request.client_software_name)
        and _SOFTWARE.fullmatch(request.client_software_version)
    ):
        return ApiVersionsResponse(error_code=Code.INVALID_REQUEST)
    response = ApiVersionsResponse(
        api_keys=[
            ApiVersion(api_key=a.key, min_version=a.advertised, max_version=a.highest)
            for a in broker.dispatcher.apis.values()
        ]
    )
    lowest = 1 if ctx.api_version < 4 else 0
    for name, (low, high) in broker.shown.supported(broker.supported_features).items():
        if low >= lowest:
            response.supported_features.append(
                SupportedFeatureKey(name=name, min_version=low, max_version=high)
            )
    image = broker.image
    response.finalized_features_epoch = image.offset
    # The quorum keeps its own level outside the metadata records (KIP-853).
    levels = broker.shown.finalised({**image.features, "kraft.version": broker.kraft_version})
    response.finalized_features = [
        FinalizedFeatureKey(name=n, max_version_level=level, min_version_level=level)
        for n, level in sorted(levels.items())
        if level > 0
    ]
    return response
