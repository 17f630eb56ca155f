"""Controllers that make themselves known: ControllerRegistration (KIP-919).

The record names where a controller listens and which feature levels it can run at; UpdateFeatures
asks the latter before it raises one. Each life of a controller registers anew, so the last record
of an id is the one that counts. Source: Kafka's ClusterControlManager.registerController.
"""

from __future__ import annotations

from msklite.errors import Code, KafkaError
from msklite.metadata.image import Image
from msklite.metadata.records import versioned
from msklite.metadata.results import ControllerContext, ControllerResult
from msklite.wire.messages.controller_registration_request import ControllerRegistrationRequest

REGISTRATION_LEVEL = 15
"""metadata.version 3.7-IV0, the first that has the record."""


def register(
    image: Image, request: ControllerRegistrationRequest, ctx: ControllerContext
) -> ControllerResult:
    """Take a controller's registration into the log."""
    from msklite.wire.messages import register_controller_record as messages
    from msklite.wire.messages.controller_registration_response import (
        ControllerRegistrationResponse,
    )

    if image.metadata_version < REGISTRATION_LEVEL:
        raise KafkaError(
            Code.UNSUPPORTED_VERSION,
            "The current MetadataVersion is too old to support controller registrations.",
        )
    record = messages.RegisterControllerRecord(
        controller_id=request.controller_id,
        incarnation_id=request.incarnation_id,
        end_points=[
            messages.ControllerEndpoint(
                name=e.name, host=e.host, port=e.port, security_protocol=e.security_protocol
            )
            for e in request.listeners
        ],
        features=[
            messages.ControllerFeature(
                name=f.name,
                min_supported_version=f.min_supported_version,
                max_supported_version=f.max_supported_version,
            )
            for f in request.features
        ],
    )
    return ControllerResult([versioned(record)], ControllerRegistrationResponse())
