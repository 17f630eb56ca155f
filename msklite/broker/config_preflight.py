"""What a broker checks of a change of settings before the controller sees it.

Resources that are wrong in themselves are answered here, and so are this process's loggers; the
rest goes to the controller, and both answers become one. Sources: Kafka's ConfigAdminManager,
KIP-226, KIP-412.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msklite.broker import loggers
from msklite.broker.context import Context
from msklite.errors import Code, KafkaError
from msklite.metadata.config_changes import DELETE, SET, check_broker_change
from msklite.metadata.image import BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC
from msklite.metadata.results import OK, ApiError

if TYPE_CHECKING:
    from msklite.broker.broker import Broker


async def alter(
    broker: Broker, ctx: Context, request: Any, reply: Any, answer: Any, *, replace: bool
) -> Any:
    """Answer AlterConfigs (`replace`) or IncrementalAlterConfigs; the last two are its classes."""
    resources = request.resources
    times = Counter((r.resource_type, r.resource_name) for r in resources)
    done: dict[tuple[int, str], ApiError] = {}
    rest = []
    for resource in resources:
        key = (resource.resource_type, resource.resource_name)
        if times[key] > 1:
            done[key] = ApiError(Code.INVALID_REQUEST, "Each resource must appear at most once.")
            continue
        try:
            if _check(broker, resource, request.validate_only, replace):
                done[key] = OK
            else:
                rest.append(resource)
        except KafkaError as refusal:
            done[key] = ApiError.of(refusal)
    rows = {}
    if rest:
        passed = type(request)(resources=rest, validate_only=request.validate_only)
        result = await broker.controller.call(passed, ctx.api_version)
        rows = {(r.resource_type, r.resource_name): r for r in result.responses}
    for key, error in done.items():
        rows[key] = answer(
            error_code=error.code,
            error_message=error.message,
            resource_type=key[0],
            resource_name=key[1],
        )
    # A resource that is named twice is answered twice.
    keys = [(r.resource_type, r.resource_name) for r in resources]
    return reply(responses=[rows[key] for key in keys if key in rows])


def _check(broker: Broker, resource: Any, validate_only: bool, replace: bool) -> bool:
    """Refuse what is wrong; True when nothing is left for the controller to do."""
    kind, name = resource.resource_type, resource.resource_name
    ops = [(c.name, SET if replace else c.config_operation, c.value) for c in resource.configs]
    double = [n for n, times in Counter(n for n, _, _ in ops).items() if times > 1]
    if double:
        raise KafkaError(Code.INVALID_REQUEST, f"{', '.join(double)} stands there twice")
    nulls = [n for n, op, value in ops if value is None and op != DELETE]
    if nulls:
        raise KafkaError(Code.INVALID_REQUEST, f"no value for {', '.join(nulls)}")
    if kind == BROKER_LOGGER:
        if replace:
            raise KafkaError(
                Code.INVALID_REQUEST, "loggers are changed by IncrementalAlterConfigs only"
            )
        check_node(broker, name)
        loggers.change(ops, validate_only=validate_only)
        return True
    if kind == BROKER:
        changes = {n: (op, value) for n, op, value in ops}
        check_broker_change(broker.node_id, broker.config, name, changes, replace=replace)
    elif kind not in (TOPIC, CLIENT_METRICS, GROUP):
        raise KafkaError(Code.INVALID_REQUEST, f"resource type {kind} is unknown")
    return False


def check_node(broker: Broker, name: str) -> None:
    """`name` must be this broker's id."""
    if not name.lstrip("+-").isdecimal():
        raise KafkaError(Code.INVALID_REQUEST, f"{name!r} is no broker id")
    if int(name) != broker.node_id:
        raise KafkaError(Code.INVALID_REQUEST, f"this is broker {broker.node_id}, not {name}")
