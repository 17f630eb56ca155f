"""Envelope v0: a request that a broker passes on, and who asked from where (KIP-590).

The inner request has a header of its own; its answer comes back as bytes with its header.
NOT_CONTROLLER in the envelope's own error says that nothing was looked at, and that another
controller is active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msklite.broker.context import Context
from msklite.broker.forwarding import failed as inner_failed
from msklite.errors import Code, KafkaError
from msklite.wire.apis import CONTROLLER_APIS
from msklite.wire.frames import HEADER, encode_reply, read_client_id
from msklite.wire.messages.envelope_request import EnvelopeRequest
from msklite.wire.messages.envelope_response import EnvelopeResponse
from msklite.wire.primitives import MALFORMED

if TYPE_CHECKING:
    from msklite.zone.controller_node import ControllerNode

FORWARDABLE = frozenset({19, 20, 33, 37, 43, 44, 45, 46, 57, 64, 80, 81})
"""What clients may ask a controller through a broker."""


async def handle(node: ControllerNode, ctx: Context, request: EnvelopeRequest) -> EnvelopeResponse:
    """Decide on what is inside."""
    if not node.active:
        raise KafkaError(Code.NOT_CONTROLLER)
    data = memoryview(request.request_data)
    try:
        key, version, correlation_id = HEADER.unpack_from(data, 0)
        api = CONTROLLER_APIS.get(key)
        if api is None or key not in FORWARDABLE or not api.lowest <= version <= api.highest:
            raise KafkaError(Code.INVALID_REQUEST, "the envelope holds what can't be forwarded")
        _, pos = read_client_id(data, version >= api.flexible)
        inner, _ = cast("Any", api.request_class()).read(data, pos, version)
    except MALFORMED as e:
        raise KafkaError(Code.INVALID_REQUEST, f"the envelope holds nonsense: {e}") from e
    try:
        body = await node.decide(inner, version)
    except KafkaError as e:
        if e.code == Code.NOT_CONTROLLER:
            raise
        body = inner_failed(inner, e.code, e.message)
    frame = encode_reply(api, version, correlation_id, body)
    return EnvelopeResponse(response_data=bytes(frame[4:]))
