"""Storage that grows by itself: the part of Application Auto Scaling that MSK uses.

A scalable target says how large volumes may become, a target-tracking policy of
KafkaBrokerStorageUtilization at which use they grow; MSK's rules hold: by 10 GiB or a tenth, what
is more, never above the maximum, never down. The growth is an operation like any other.
Requests are JSON 1.1 at `/`, told apart by `X-Amz-Target`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from msklite.control import arns, served
from msklite.control.api.updates import grow
from msklite.control.cluster import Cluster
from msklite.control.errors import ApiError
from msklite.control.fresh import now_ms
from msklite.control.service import Service
from msklite.control.shapes import Shape
from msklite.zone.spec import MAX_VOLUME_GB

log = logging.getLogger("msklite.control")

PREFIX = "AnyScaleFrontendService."
DIMENSION = "kafka:broker-storage:VolumeSize"
METRIC = "KafkaBrokerStorageUtilization"
LEAST_GB = 10
TARGET, POLICY = "scalable-target", "scaling-policy"


def next_size(
    have_gb: int, most_gb: int, threshold: float, used: Mapping[int, float]
) -> int | None:
    """The size that volumes are to have now, from the share of each broker's that is used."""
    if have_gb >= most_gb or not any(share * 100 >= threshold for share in used.values()):
        return None
    return min(most_gb, have_gb + max(LEAST_GB, have_gb // 10))


class _Of(Shape):
    ServiceNamespace: Literal["kafka"]


class _Resource(_Of):
    ResourceId: str
    ScalableDimension: Literal["kafka:broker-storage:VolumeSize"]


class _Register(_Resource):
    MinCapacity: Annotated[int, Field(ge=1)] | None = None
    MaxCapacity: Annotated[int, Field(ge=1, le=MAX_VOLUME_GB)] | None = None


class _Metric(Shape):
    PredefinedMetricType: Literal["KafkaBrokerStorageUtilization"]


class _Tracking(Shape):
    TargetValue: Annotated[float, Field(ge=10, le=80)]
    PredefinedMetricSpecification: _Metric
    DisableScaleIn: bool = False
    ScaleInCooldown: int | None = None
    ScaleOutCooldown: int | None = None


class _Put(_Resource):
    PolicyName: Annotated[str, Field(min_length=1, max_length=256)]
    PolicyType: Literal["TargetTrackingScaling"]
    TargetTrackingScalingPolicyConfiguration: _Tracking


class _Delete(_Resource):
    PolicyName: str


class _Describe(_Of):
    ResourceIds: list[str] | None = None
    ResourceId: str | None = None
    PolicyNames: list[str] | None = None


class _Tags(Shape):
    ResourceARN: str


def _cluster(service: Service, arn: str) -> Cluster:
    found = service.find(arn)
    if found is None:
        raise _invalid(f"No scalable resource found for resource ID: {arn}")
    return found


def _invalid(text: str) -> ApiError:
    return ApiError(400, "ValidationException", text)


def _missing(text: str) -> ApiError:
    return ApiError(400, "ObjectNotFoundException", text)


def _one(service: Service, kind: str, arn: str, name: str | None = None) -> dict[str, Any] | None:
    rows = service.store.all(kind, arn)
    return next((r for r in rows if name is None or r["PolicyName"] == name), None)


def _new_arn(cluster: Cluster, kind: str) -> str:
    uuid = arns.new_uuid(secrets.token_bytes(16))
    region = arns.region_of(cluster.arn)
    service = "autoscaling" if kind == "scalingPolicy" else "application-autoscaling"
    return f"arn:aws:{service}:{region}:{arns.ACCOUNT}:{kind}/{uuid}"


def _register(service: Service, wish: _Register) -> dict[str, Any]:
    cluster = _cluster(service, wish.ResourceId)
    if served.volume_gb(cluster.settled) is None:
        raise _invalid("The volumes of this cluster were made without a limit.")
    known = _one(service, TARGET, cluster.arn)
    if known is None:
        if wish.MaxCapacity is None:
            raise _invalid("MaxCapacity is required for a new scalable target.")
        known = {
            "ScalableTargetARN": _new_arn(cluster, "scalable-target"),
            "ServiceNamespace": "kafka", "ResourceId": cluster.arn,
            "ScalableDimension": DIMENSION, "MinCapacity": 1, "CreationTime": now_ms() / 1000,
            "RoleARN": f"arn:aws:iam::{arns.ACCOUNT}:role/aws-service-role/kafka",
            "SuspendedState": {},
        }  # fmt: skip
    sizes = {"MinCapacity": wish.MinCapacity, "MaxCapacity": wish.MaxCapacity}
    known |= {name: size for name, size in sizes.items() if size is not None}
    if known["MinCapacity"] > known["MaxCapacity"]:
        raise _invalid("MinCapacity can't be greater than MaxCapacity.")
    service.store.put(TARGET, known["ScalableTargetARN"], known, None, cluster.arn)
    return {"ScalableTargetARN": known["ScalableTargetARN"]}


def _deregister(service: Service, wish: _Resource) -> dict[str, Any]:
    known = _one(service, TARGET, wish.ResourceId)
    if known is None:
        raise _missing(f"No scalable target found for resource ID: {wish.ResourceId}")
    with service.store.transaction():
        for policy in service.store.all(POLICY, wish.ResourceId):
            service.store.delete(POLICY, policy["PolicyARN"])
        service.store.delete(TARGET, known["ScalableTargetARN"])
    return {}


def _put(service: Service, wish: _Put) -> dict[str, Any]:
    cluster = _cluster(service, wish.ResourceId)
    if _one(service, TARGET, cluster.arn) is None:
        raise _missing(f"No scalable target found for resource ID: {cluster.arn}")
    known = _one(service, POLICY, cluster.arn, wish.PolicyName) or {
        "PolicyARN": _new_arn(cluster, "scalingPolicy"), "CreationTime": now_ms() / 1000,
    }  # fmt: skip
    known |= {**wish.model_dump(exclude_unset=True, exclude_none=True, mode="json"), "Alarms": []}
    service.store.put(POLICY, known["PolicyARN"], known, None, cluster.arn)
    return {"PolicyARN": known["PolicyARN"], "Alarms": []}


def _delete(service: Service, wish: _Delete) -> dict[str, Any]:
    known = _one(service, POLICY, wish.ResourceId, wish.PolicyName)
    if known is None:
        raise _missing(f"No scaling policy found for resource ID: {wish.ResourceId}")
    service.store.delete(POLICY, known["PolicyARN"])
    return {}


def _targets(service: Service, wish: _Describe) -> dict[str, Any]:
    rows = service.store.all(TARGET)
    ids = wish.ResourceIds
    return {"ScalableTargets": [r for r in rows if ids is None or r["ResourceId"] in ids]}


def _policies(service: Service, wish: _Describe) -> dict[str, Any]:
    rows = service.store.all(POLICY, wish.ResourceId)
    names = wish.PolicyNames
    return {"ScalingPolicies": [r for r in rows if names is None or r["PolicyName"] in names]}


@dataclass(slots=True, frozen=True)
class _Action:
    model: type[BaseModel]
    run: Callable[[Service, Any], dict[str, Any]]


ACTIONS = {
    "RegisterScalableTarget": _Action(_Register, _register),
    "DeregisterScalableTarget": _Action(_Resource, _deregister),
    "DescribeScalableTargets": _Action(_Describe, _targets),
    "PutScalingPolicy": _Action(_Put, _put),
    "DeleteScalingPolicy": _Action(_Delete, _delete),
    "DescribeScalingPolicies": _Action(_Describe, _policies),
    "ListTagsForResource": _Action(_Tags, lambda service, wish: {"Tags": {}}),
}


def answer(service: Service, action: str, body: dict[str, Any]) -> Response:
    """The answer to one request, a refusal included."""
    try:
        known = ACTIONS.get(action)
        if known is None:
            raise _invalid(f"Of Application Auto Scaling {action} isn't served.")
        try:
            wish = known.model.model_validate(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise _invalid(f"{where}: {first['msg']}") from None
        status, said = 200, known.run(service, wish)
    except ApiError as error:
        status, said = error.status, {"__type": error.code, "message": error.message}
    return Response(json.dumps(said), status, media_type="application/x-amz-json-1.1")


async def look(service: Service) -> None:
    """Let the volumes grow that are to; clusters without a policy cost nothing."""
    for policy in service.store.all(POLICY):
        cluster, target = service.find(policy["ResourceId"]), None
        if cluster is not None:
            target = _one(service, TARGET, cluster.arn)
        if cluster is None or target is None or service.state(cluster) != "ACTIVE":
            continue
        status = await asyncio.to_thread(service.fleet.status, cluster.name)
        used = {
            row["id"]: row["volume_used"] / row["volume_bytes"]
            for row in (status or {}).get("brokers", ())
            if row.get("volume_bytes") and row.get("volume_used") is not None
        }
        cluster = service.find(cluster.arn)  # it may have changed meanwhile
        if cluster is None or service.state(cluster) != "ACTIVE":
            continue
        have = served.volume_gb(cluster.settled)
        threshold = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        size = None if have is None else next_size(have, target["MaxCapacity"], threshold, used)
        if size is not None:
            log.info("cluster %s: %s%% of a volume is used: all grow to %d GiB",
                     cluster.name, threshold, size)  # fmt: skip
            grow(service, cluster, size, "volumeSizeGB")
