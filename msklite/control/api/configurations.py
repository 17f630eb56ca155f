"""Configurations and their revisions, which count from 1."""

from __future__ import annotations

import re
import secrets
from typing import Any

from msklite.control import arns, properties
from msklite.control.api.clusters import NAME_TAKEN
from msklite.control.call import Call, Reply
from msklite.control.errors import bad_request, conflict, not_found
from msklite.control.fresh import now_ms
from msklite.control.service import Service
from msklite.control.store import Taken
from msklite.control.wire import iso, page

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
MISSING = "Configuration ARN does not exist."
"""Terraform looks for these words after it has deleted one."""


def _get(service: Service, call: Call) -> dict[str, Any]:
    doc = service.store.get("configuration", call.path["arn"])
    if doc is None:
        raise bad_request(MISSING, "arn")
    return doc


def _save(service: Service, doc: dict[str, Any]) -> None:
    service.store.put("configuration", doc["arn"], doc, doc["name"])


def _latest(doc: dict[str, Any]) -> dict[str, Any]:
    return _summary(doc["revisions"][-1])


def _summary(revision: dict[str, Any]) -> dict[str, Any]:
    return {
        "revision": revision["revision"],
        "creationTime": revision["creationTime"],
        "description": revision["description"],
    }


def _info(doc: dict[str, Any]) -> dict[str, Any]:
    return {
        "arn": doc["arn"],
        "name": doc["name"],
        "state": doc["state"],
        "creationTime": doc["creationTime"],
        "description": doc["description"],
        "kafkaVersions": doc["kafkaVersions"],
        "latestRevision": _latest(doc),
    }


def _revision(number: int, data: str, description: str | None) -> dict[str, Any]:
    return {
        "revision": number,
        "creationTime": iso(now_ms()),
        "description": description or "",
        "serverProperties": data,
    }


def create_configuration(service: Service, call: Call) -> Reply:
    """CreateConfiguration."""
    body = call.body
    if not _NAME.fullmatch(body.name):
        raise bad_request("The name has letters, digits, '-' and '_' only.", "name")
    properties.parse(properties.decode(body.serverProperties))
    uuid = arns.new_uuid(secrets.token_bytes(16))
    doc = {
        "arn": arns.make(call.region, "configuration", body.name, uuid),
        "name": body.name,
        "state": "ACTIVE",
        "creationTime": iso(now_ms()),
        "description": body.description or "",
        "kafkaVersions": body.kafkaVersions or [],
        "revisions": [_revision(1, body.serverProperties, body.description)],
    }
    try:
        _save(service, doc)
    except Taken:
        raise conflict(NAME_TAKEN, "name") from None
    info = _info(doc)
    return {k: info[k] for k in ("arn", "name", "state", "creationTime", "latestRevision")}


def describe_configuration(service: Service, call: Call) -> Reply:
    """DescribeConfiguration."""
    return _info(_get(service, call))


def describe_configuration_revision(service: Service, call: Call) -> Reply:
    """DescribeConfigurationRevision."""
    doc = _get(service, call)
    for revision in doc["revisions"]:
        if str(revision["revision"]) == call.path["revision"]:
            return {
                "arn": doc["arn"],
                **_summary(revision),
                "serverProperties": revision["serverProperties"],
            }
    raise not_found("The configuration has no such revision.", "revision")


def update_configuration(service: Service, call: Call) -> Reply:
    """UpdateConfiguration: a new revision; clusters keep theirs."""
    doc = _get(service, call)
    body = call.body
    properties.parse(properties.decode(body.serverProperties))
    number = doc["revisions"][-1]["revision"] + 1
    doc["revisions"].append(_revision(number, body.serverProperties, body.description))
    _save(service, doc)
    return {"arn": doc["arn"], "latestRevision": _latest(doc)}


def delete_configuration(service: Service, call: Call) -> Reply:
    """DeleteConfiguration: refused while a cluster has it or is getting it."""
    doc = _get(service, call)
    for cluster in service.clusters():
        infos = [cluster.settled.get("configurationInfo")]
        if cluster.operation is not None:
            operation = service.operation(cluster.operation)
            infos.append(((operation and operation.settled_after) or {}).get("configurationInfo"))
        if any(info and info["arn"] == doc["arn"] for info in infos):
            raise bad_request(
                f"The configuration is in use by cluster {cluster.name}: it can't be deleted.",
                "arn",
            )
    service.store.delete("configuration", doc["arn"])
    return {"arn": doc["arn"], "state": "DELETING"}


def list_configurations(service: Service, call: Call) -> Reply:
    """ListConfigurations."""
    docs = service.store.all("configuration")
    shown, token = page(docs, lambda d: d["name"], call.query)
    return {
        "configurations": [_info(d) for d in shown],
        **({} if token is None else {"nextToken": token}),
    }


def list_configuration_revisions(service: Service, call: Call) -> Reply:
    """ListConfigurationRevisions."""
    doc = _get(service, call)
    shown, token = page(doc["revisions"], lambda r: f"{r['revision']:012d}", call.query)
    return {
        "revisions": [_summary(r) for r in shown],
        **({} if token is None else {"nextToken": token}),
    }
