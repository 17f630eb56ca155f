"""Topics: the brokers' own truth, both ways; nothing of them is stored here."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from msklite.control import arns
from msklite.control.call import Call, Reply
from msklite.control.cluster import Cluster
from msklite.control.errors import bad_request
from msklite.control.kafka import Brokers
from msklite.control.service import Service
from msklite.control.wire import page

T = TypeVar("T")


async def _ask(service: Service, call: Call, job: Callable[[Brokers], T]) -> tuple[Cluster, T]:
    """Do something with the brokers of an ACTIVE cluster, in a thread."""
    cluster = service.cluster(call.arn)
    service.check_active(cluster)

    def work() -> T:
        brokers = service.fleet.brokers(cluster.name)
        try:
            return job(brokers)
        finally:
            brokers.close()

    return cluster, await asyncio.to_thread(work)


def _reply(cluster: Cluster, name: str, status: str) -> dict[str, Any]:
    arn = arns.of_cluster(cluster.arn, "topic", name)
    return {"topicArn": arn, "topicName": name, "status": status}


def _configs(text: str | None) -> dict[str, str] | None:
    """A JSON object in base64."""
    if text is None:
        return None
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise bad_request("configs must be a JSON object, in base64.", "configs")
    made = {}
    for key, value in found.items():
        if isinstance(value, dict | list) or value is None:
            raise bad_request(f"The value of {key} must be text or a number.", "configs")
        made[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return made


async def create_topic(service: Service, call: Call) -> Reply:
    """CreateTopic: there, and led, when it is answered."""
    body = call.body
    configs = _configs(body.configs) or {}
    cluster, _ = await _ask(
        service,
        call,
        lambda b: b.create(body.topicName, body.partitionCount, body.replicationFactor, configs),
    )
    return _reply(cluster, body.topicName, "CREATING")


def _replicas(topic: dict[str, Any]) -> int:
    return max((len(p["replica_nodes"]) for p in topic["partitions"]), default=0)


async def describe_topic(service: Service, call: Call) -> Reply:
    """DescribeTopic."""
    name = call.path["topicName"]
    cluster, (topic, configs) = await _ask(
        service, call, lambda b: (b.topic(name), b.overrides(name))
    )
    return {
        **_reply(cluster, name, "ACTIVE"),
        "replicationFactor": _replicas(topic),
        "partitionCount": len(topic["partitions"]),
        "configs": base64.b64encode(json.dumps(configs).encode()).decode(),
    }


async def update_topic(service: Service, call: Call) -> Reply:
    """UpdateTopic: more partitions, other settings; all is checked before anything changes."""
    name, body = call.path["topicName"], call.body
    configs = _configs(body.configs)
    if body.partitionCount is None and configs is None:
        raise bad_request("Give partitionCount or configs.", "partitionCount")

    def job(brokers: Brokers) -> None:
        topic = brokers.topic(name)
        count = body.partitionCount
        grows = count is not None and count != len(topic["partitions"])
        if grows:
            brokers.grow(name, count, dry=True)
        if configs is not None:
            brokers.alter(name, configs)
        if grows:
            brokers.grow(name, count, dry=False)

    cluster, _ = await _ask(service, call, job)
    return _reply(cluster, name, "UPDATING")


async def delete_topic(service: Service, call: Call) -> Reply:
    """DeleteTopic."""
    name = call.path["topicName"]
    cluster, _ = await _ask(service, call, lambda b: b.delete(name))
    return _reply(cluster, name, "DELETING")


async def list_topics(service: Service, call: Call) -> Reply:
    """ListTopics: those whose names begin with topicNameFilter."""
    cluster, topics = await _ask(service, call, lambda b: b.topics())
    prefix = call.query.get("topicNameFilter", "")
    found = [t for t in topics if t["name"].startswith(prefix)]
    shown, token = page(found, lambda t: str(t["name"]), call.query)
    rows = [
        {
            "topicArn": arns.of_cluster(cluster.arn, "topic", t["name"]),
            "topicName": t["name"],
            "partitionCount": len(t["partitions"]),
            "replicationFactor": _replicas(t),
            "outOfSyncReplicaCount": sum(
                len(p["replica_nodes"]) - len(p["isr_nodes"]) for p in t["partitions"]
            ),
        }
        for t in shown
    ]
    return {"topics": rows, **({} if token is None else {"nextToken": token})}


async def describe_topic_partitions(service: Service, call: Call) -> Reply:
    """DescribeTopicPartitions."""
    name = call.path["topicName"]
    _, topic = await _ask(service, call, lambda b: b.topic(name))
    rows = [
        {
            "partition": p["partition_index"],
            "leader": p["leader_id"],
            "replicas": list(p["replica_nodes"]),
            "isr": list(p["isr_nodes"]),
        }
        for p in topic["partitions"]
    ]
    shown, token = page(rows, lambda r: f"{r['partition']:012d}", call.query)
    return {"partitions": shown, **({} if token is None else {"nextToken": token})}
