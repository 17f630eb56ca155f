"""Bringing clusters to what is declared: looking, and one request after another.

What to do is decided in `control/declared`; this module asks the service for what is there and
makes its requests, as Terraform would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msklite.control.client import Client
from msklite.control.declared import Change, Declared, Now, changes

UPDATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "storage": ("PUT", ("nodes", "storage")),
    "type": ("PUT", ("nodes", "type")),
    "count": ("PUT", ("nodes", "count")),
    "monitoring": ("PUT", ("monitoring",)),
    "configuration": ("PUT", ("configuration",)),
    "version": ("PUT", ("version",)),
    "security": ("PATCH", ("security",)),
}
"""Kind of update: method and path below the cluster's."""


def look(client: Client, name: str, wish: Declared) -> Now | None:
    """The cluster as it is; None: there is none."""
    info = client.find(name)
    if info is None:
        return None
    software = info["currentBrokerSoftwareInfo"]
    text = ""
    if wish.config is not None and "configurationArn" in software:
        text = client.properties(software["configurationArn"], software["configurationRevision"])
    topics = {}
    if wish.topics:
        there = client.topics(info["clusterArn"])
        for topic in wish.topics.keys() & there:
            path = ("v1", "clusters", info["clusterArn"], "topics", topic)
            topics[topic] = client.call("GET", *path)
    return Now(info, text, topics)


def plan(client: Client, declared: dict[str, Declared]) -> list[tuple[str, Change]]:
    """All that is to be done, cluster by cluster."""
    return [
        (name, change)
        for name, wish in declared.items()
        for change in changes(name, wish, look(client, name, wish))
    ]


def carry_out(
    client: Client, name: str, change: Change, tell: Callable[[str], None], *, wait: bool = True
) -> None:
    """One change, and its end where it is to be waited for; a refusal is a `UserError`."""
    request = dict(change.request)
    if change.kind == "create":
        text = request.pop("properties", None)
        if text is not None:
            request["configurationInfo"] = client.revision(name, text)
        client.call("POST", "v1", "clusters", body=request)
        if wait:
            client.wait_cluster(name, tell)
        return
    if change.kind == "tags":
        _tag(client, name, request)
        return
    if change.kind.startswith("topic"):
        _topic(client, name, change.kind, request)
        return
    if change.kind == "configuration":
        request = {"configurationInfo": client.revision(name, change.wanted)}
    operation = client.update(name, *UPDATES[change.kind], request)
    if wait:
        client.wait_operation(name, operation, tell)


def _tag(client: Client, name: str, request: dict[str, Any]) -> None:
    arn = client.cluster(name)["clusterArn"]
    for key in request["gone"]:
        client.call("DELETE", "v1", "tags", arn, tagKeys=key)
    if request["tags"]:
        client.call("POST", "v1", "tags", arn, body={"tags": request["tags"]})


def _topic(client: Client, name: str, kind: str, request: dict[str, Any]) -> None:
    path = ("v1", "clusters", client.cluster(name)["clusterArn"], "topics")
    if kind == "topic":
        client.call("POST", *path, body=request)
    else:
        topic = request.pop("topicName")
        client.call("PUT", *path, topic, body=request)
