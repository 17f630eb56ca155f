"""Clusters as a file declares them, and what has to be done to get there: no I/O.

    clusters:
      orders:
        brokers: 6
        kafkaVersion: 3.8.x
        volumeGb: 10
        config: {num.partitions: 3}
        tags: {team: orders}
        topics:
          payments: {partitions: 6, config: {retention.ms: 60000}}

What a cluster's entry doesn't name stays as it is, or gets msklite's default in a new cluster. The
changes are in the order in which Terraform makes them; each is one request, so what was done stays
done when a later one is refused, and a second run goes on.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from msklite.errors import UserError

NEWEST = "4.2.x.kraft"
INSTANCE_TYPE = "kafka.m5.large"
Count = Annotated[int, Field(ge=1)]
Value = str | int | float | bool


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Topic(_Entry):
    """A topic that is to be there; partitions only grow."""

    partitions: Count | None = None
    replicationFactor: Count | None = None
    config: dict[str, Value] = Field(default_factory=dict)


class Declared(_Entry):
    """One cluster as it is to be."""

    brokers: Count | None = None
    zones: Annotated[int, Field(ge=1, le=3)] | None = None
    kafkaVersion: str | None = None
    instanceType: str | None = None
    volumeGb: Count | None = None
    clientBroker: Literal["PLAINTEXT", "TLS_PLAINTEXT", "TLS"] | None = None
    monitoring: (
        Literal["DEFAULT", "PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"] | None
    ) = None
    prometheus: bool | None = None
    config: dict[str, Value] | None = None
    tags: dict[str, str] | None = None
    topics: dict[str, Topic] = Field(default_factory=dict)


class _File(_Entry):
    clusters: dict[str, Declared]


@dataclass(slots=True, frozen=True)
class Change:
    """One request, and what it changes for a person to read."""

    kind: str
    """create, tags, topic, or the kind of an update."""
    what: str
    was: Any
    wanted: Any
    request: dict[str, Any] = field(default_factory=dict)
    """As MSK wants it; of a creation also `properties`, for a configuration to be made first."""


@dataclass(slots=True, frozen=True)
class Now:
    """A cluster as the service shows it."""

    info: dict[str, Any]
    properties: str = ""
    """Of the revision that it has."""
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    """DescribeTopic of those that the file names and that are there."""


def read(data: Any, where: str) -> dict[str, Declared]:
    """What the file declares; a sentence for what it can't mean."""
    try:
        return _File.model_validate(data).clusters
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(p) for p in first["loc"]) or "the file"
        raise UserError(f"{where}: {path}: {first['msg']}.") from None


def properties(config: dict[str, Value]) -> str:
    """Settings as the text of a configuration."""
    return "".join(f"{name}={_value(value)}\n" for name, value in sorted(config.items()))


def _value(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def changes(name: str, wish: Declared, now: Now | None) -> list[Change]:
    """What is to be done, in order; nothing where all is as declared."""
    if now is None:
        return [_creation(name, wish), *_topics(wish, {}, wish.zones or 3)]
    zones = len(now.info["brokerNodeGroupInfo"]["clientSubnets"])
    if wish.zones not in (None, zones):
        raise UserError(f"Cluster {name} has {zones} zones, which can't be changed.")
    return [*_updates(wish, now), *_topics(wish, now.topics, zones)]


def _creation(name: str, wish: Declared) -> Change:
    zones = wish.zones or 3
    group: dict[str, Any] = {
        "instanceType": wish.instanceType or INSTANCE_TYPE,
        "clientSubnets": [f"subnet-az{zone + 1}" for zone in range(zones)],
    }
    if wish.volumeGb is not None:
        group["storageInfo"] = {"ebsStorageInfo": {"volumeSize": wish.volumeGb}}
    in_transit = {"clientBroker": wish.clientBroker or "PLAINTEXT"}
    request: dict[str, Any] = {
        "clusterName": name,
        "kafkaVersion": wish.kafkaVersion or NEWEST,
        "numberOfBrokerNodes": wish.brokers or zones,
        "brokerNodeGroupInfo": group,
        "encryptionInfo": {"encryptionInTransit": in_transit},
    }
    if wish.monitoring is not None:
        request["enhancedMonitoring"] = wish.monitoring
    if wish.prometheus is not None:
        request["openMonitoring"] = _prometheus(wish.prometheus)
    if wish.tags:
        request["tags"] = wish.tags
    if wish.config:
        request["properties"] = properties(wish.config)
    brokers = request["numberOfBrokerNodes"]
    text = f"{brokers} brokers in {zones} zones, Kafka {request['kafkaVersion']}"
    return Change("create", "cluster", None, text, request)


def _prometheus(on: bool) -> dict[str, Any]:
    return {"prometheus": {f"{k}Exporter": {"enabledInBroker": on} for k in ("jmx", "node")}}


def _updates(wish: Declared, now: Now) -> Iterator[Change]:
    """In Terraform's order: tags, storage, type, count, monitoring, configuration, version, TLS."""
    info = now.info
    group = info["brokerNodeGroupInfo"]
    have = info.get("tags", {})
    if wish.tags is not None and wish.tags != have:
        gone = sorted(have.keys() - wish.tags.keys())
        yield Change("tags", "tags", have, wish.tags, {"tags": wish.tags, "gone": gone})
    size = group.get("storageInfo", {}).get("ebsStorageInfo", {}).get("volumeSize")
    if wish.volumeGb not in (None, size):
        rows = [{"kafkaBrokerNodeId": "All", "volumeSizeGB": wish.volumeGb}]
        yield Change("storage", "volumeGb", size, wish.volumeGb,
                     {"targetBrokerEBSVolumeInfo": rows})  # fmt: skip
    if wish.instanceType not in (None, group["instanceType"]):
        yield Change("type", "instanceType", group["instanceType"], wish.instanceType,
                     {"targetInstanceType": wish.instanceType})  # fmt: skip
    if wish.brokers not in (None, info["numberOfBrokerNodes"]):
        yield Change("count", "brokers", info["numberOfBrokerNodes"], wish.brokers,
                     {"targetNumberOfBrokerNodes": wish.brokers})  # fmt: skip
    yield from _monitoring(wish, info)
    if wish.config is not None and properties(wish.config) != now.properties:
        yield Change("configuration", "config", now.properties, properties(wish.config))
    version = info["currentBrokerSoftwareInfo"]["kafkaVersion"]
    if wish.kafkaVersion not in (None, version):
        yield Change("version", "kafkaVersion", version, wish.kafkaVersion,
                     {"targetKafkaVersion": wish.kafkaVersion})  # fmt: skip
    in_transit = info["encryptionInfo"]["encryptionInTransit"]["clientBroker"]
    if wish.clientBroker not in (None, in_transit):
        both = {"encryptionInTransit": {"clientBroker": wish.clientBroker}}
        yield Change("security", "clientBroker", in_transit, wish.clientBroker,
                     {"encryptionInfo": both})  # fmt: skip


def _monitoring(wish: Declared, info: dict[str, Any]) -> Iterator[Change]:
    level = info["enhancedMonitoring"]
    if wish.monitoring not in (None, level):
        yield Change("monitoring", "monitoring", level, wish.monitoring,
                     {"enhancedMonitoring": wish.monitoring})  # fmt: skip
    rows = info.get("openMonitoring", {}).get("prometheus", {}).values()
    on = any(row.get("enabledInBroker") for row in rows)
    if wish.prometheus not in (None, on):
        yield Change("monitoring", "prometheus", on, wish.prometheus,
                     {"openMonitoring": _prometheus(bool(wish.prometheus))})  # fmt: skip


def _topics(wish: Declared, there: dict[str, dict[str, Any]], zones: int) -> Iterator[Change]:
    for name, topic in wish.topics.items():
        config = {key: _value(value) for key, value in topic.config.items()}
        blob = {"configs": base64.b64encode(json.dumps(config).encode()).decode()} if config else {}
        now = there.get(name)
        if now is None:
            request = {
                "topicName": name, "partitionCount": topic.partitions or 1,
                "replicationFactor": topic.replicationFactor or zones, **blob,
            }  # fmt: skip
            text = (
                f"{request['partitionCount']} partitions, {request['replicationFactor']} replicas"
            )
            yield Change("topic", f"topic {name}", None, text, request)
            continue
        if topic.partitions not in (None, now["partitionCount"]):
            yield Change("topic-update", f"topic {name} partitions", now["partitionCount"],
                         topic.partitions,
                         {"topicName": name, "partitionCount": topic.partitions})  # fmt: skip
        have = json.loads(base64.b64decode(now.get("configs") or "e30="))
        if any(have.get(key) != value for key, value in config.items()):
            yield Change("topic-update", f"topic {name} config", have, config,
                         {"topicName": name, **blob})  # fmt: skip
