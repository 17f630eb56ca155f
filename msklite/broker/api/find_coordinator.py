"""FindCoordinator: which broker coordinates a group, or a transactional id.

- v0 groups only; v1 key types (KIP-98); v2 throttling; v3 flexible; v4 many keys (KIP-699)
- v5 newer errors (KIP-890); v6 share groups' key type (KIP-932)
The first request makes the internal topic and waits for it, where Kafka answers
COORDINATOR_NOT_AVAILABLE and lets the client come again. Coordinators of share partitions don't
exist here yet: COORDINATOR_NOT_AVAILABLE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.wire.messages.find_coordinator_request import FindCoordinatorRequest
from msklite.wire.messages.find_coordinator_response import Coordinator, FindCoordinatorResponse

if TYPE_CHECKING:
    from msklite.broker.broker import Broker

GROUP, TRANSACTION, SHARE = 0, 1, 2
Found = tuple[Code, int, str, int]
"""(error, node id, host, port)."""


async def handle(
    broker: Broker, ctx: Context, request: FindCoordinatorRequest
) -> FindCoordinatorResponse:
    """The coordinators of all keys, or from before version 4 of the one key."""
    if request.key_type not in (GROUP, TRANSACTION, SHARE):
        text = f"key type {request.key_type} is unknown"
        return failed(request, Code.INVALID_REQUEST, text, ctx.api_version)
    if ctx.api_version < 4:
        code, node, host, port = await _find(broker, ctx, request.key_type, request.key)
        text = "NONE" if code is Code.NONE else code.text
        return FindCoordinatorResponse(
            error_code=code, error_message=text, node_id=node, host=host, port=port
        )
    response = FindCoordinatorResponse()
    for key in request.coordinator_keys:
        code, node, host, port = await _find(broker, ctx, request.key_type, key)
        response.coordinators.append(
            Coordinator(key=key, node_id=node, host=host, port=port, error_code=code)
        )
    return response


def failed(
    request: FindCoordinatorRequest, code: Code, text: str | None, version: int = 4
) -> FindCoordinatorResponse:
    """Every key gets the error."""
    response = FindCoordinatorResponse(error_code=code, error_message=text, node_id=-1, port=-1)
    if version >= 4:
        response.coordinators = [
            Coordinator(key=k, node_id=-1, port=-1, error_code=code, error_message=text)
            for k in request.coordinator_keys
        ]
    return response


async def _find(broker: Broker, ctx: Context, key_type: int, key: str) -> Found:
    if key_type == SHARE and (ctx.api_version < 6 or not _is_share_key(key)):
        return Code.INVALID_REQUEST, -1, "", -1
    missing = Code.COORDINATOR_NOT_AVAILABLE, -1, "", -1
    if key_type == SHARE:
        return missing
    coordinator = broker.groups if key_type == GROUP else broker.txns
    try:
        await coordinator.ensure_topic()
    except KafkaError:
        return missing
    leader, _ = broker.leader_of(coordinator.topic, coordinator.partition_for(key))
    known = broker.image.brokers.get(leader)
    if known is None or known.fenced:
        return missing
    for node, host, port, _ in broker.endpoints([leader], ctx.listener):
        return Code.NONE, node, host, port
    return missing


def _is_share_key(key: str) -> bool:
    """groupId:topicId:partition."""
    parts = key.split(":")
    return len(parts) == 3 and parts[0].strip() != "" and parts[2].lstrip("-").isdecimal()
