"""Requests that the controller decides on: passed on as they are, answered as it answers.

The reply comes once this broker has the new metadata, so a client that was told "created" can use
the topic here at once. Sources: Kafka's ForwardingManager and ControllerApis (KIP-590).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.controller import error_reply
from msklite.wire.primitives import Message

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


TIMED = frozenset(
    {"CreateTopicsRequest", "CreatePartitionsRequest", "DeleteTopicsRequest", "ElectLeadersRequest"}
)
"""Requests that are too late at once when they leave no time."""


async def forward(broker: Broker, ctx: Context, request: Any) -> Any:
    """The controller's reply to `request`, in the version that the client speaks."""
    if type(request).__name__ in TIMED and request.timeout_ms <= 0:
        raise KafkaError(Code.REQUEST_TIMED_OUT)
    return await broker.controller.call(request, ctx.api_version)


def failed(request: Message, code: Code, text: str | None) -> Any:
    """The error reply of the request's own kind."""
    return error_reply(request, KafkaError(code, text))
