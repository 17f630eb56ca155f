"""What of MSK's settings the brokers of this version can really be, and how it becomes their file.

One place says yes or no, so that nothing is shown that isn't done: what brokers can't do yet is
refused here in MSK's shape.
"""

from __future__ import annotations

from typing import Any

from msklite.control.cluster import Wanted
from msklite.control.errors import bad_request, not_served
from msklite.errors import UserError
from msklite.metadata import kafka_version
from msklite.zone.plan import EXPORTERS, GIB, monitor
from msklite.zone.spec import ZoneSpec

VERSIONS = {
    **dict.fromkeys(("2.8.1", "3.3.2", "3.4.0", "3.5.1"), "DEPRECATED"),
    "3.6.0": "ACTIVE",
    **{f"3.{n}.x{end}": "ACTIVE" for n in (7, 8, 9) for end in ("", ".kraft")},
    **{f"4.{n}.x.kraft": "ACTIVE" for n in (0, 1, 2)},
}
"""Kafka versions by MSK's names; `4.1.x`, `3.6.1` and the like are taken too. All run as KRaft."""
AT_REST = "arn:aws:kms:{region}:123456789012:key/00000000-0000-0000-0000-000000000000"

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Names by which the service is called on its own machine."""
PARTITIONS = {
    "kafka.t3.small": 300,
    **{f"kafka.{f}.{s}": 1000 for f in ("m5", "m7g") for s in ("large", "xlarge")},
    **{f"kafka.{f}.2xlarge": 2000 for f in ("m5", "m7g")},
    **{f"kafka.{f}.{s}xlarge": 4000 for f in ("m5", "m7g") for s in (4, 8, 12, 16)},
    "kafka.m5.24xlarge": 4000,
}
"""Instance types, with the partitions for each broker above which MSK refuses updates."""


def check_type(name: str, parameter: str = "instanceType") -> None:
    """BadRequest for a type that MSK hasn't, or that isn't served."""
    if name.startswith("express."):
        raise not_served("The instance type family express")
    if name not in PARTITIONS:
        known = ", ".join(PARTITIONS)
        raise bad_request(f"Unsupported InstanceType [{name}]. Valid values: [{known}].", parameter)


def version_number(name: str) -> tuple[int, int] | None:
    """The minor version that a name of MSK's means; None for one that isn't served."""
    try:
        column = kafka_version.of(name)
    except UserError:
        return None
    major, minor = column.name.split(".")
    return int(major), int(minor)


def check_version(name: str, parameter: str = "kafkaVersion") -> None:
    """BadRequest for a version of Kafka that can't be had."""
    if VERSIONS.get(name) == "DEPRECATED" or version_number(name) is None:
        known = ", ".join(v for v, state in VERSIONS.items() if state == "ACTIVE")
        raise bad_request(f"Unsupported KafkaVersion [{name}]. Valid values: [{known}].", parameter)


def check_authentication(wish: dict[str, Any] | None) -> None:
    """Only unauthenticated access is served."""
    wish = wish or {}
    sasl = wish.get("sasl", {})
    for name, on in (("SASL/SCRAM", sasl.get("scram")), ("IAM access control", sasl.get("iam"))):
        if on and on.get("enabled"):
            raise not_served(name)
    if wish.get("tls", {}).get("enabled"):
        raise not_served("Mutual TLS")
    if wish.get("unauthenticated", {}).get("enabled") is False:
        raise bad_request(
            "At least one way of client authentication must be enabled.", "clientAuthentication"
        )


def check_storage_mode(mode: str | None) -> None:
    """No tiered storage."""
    if mode == "TIERED":
        raise not_served("storageMode TIERED")


def check_connectivity(wish: dict[str, Any] | None) -> None:
    """Everything is reached over loopback."""
    wish = wish or {}
    if wish.get("publicAccess", {}).get("type", "DISABLED") != "DISABLED":
        raise not_served("publicAccess")
    if wish.get("networkType", "IPV4") != "IPV4":
        raise not_served("networkType DUAL")
    auth = wish.get("vpcConnectivity", {}).get("clientAuthentication", {})
    wished = [auth.get("tls"), *auth.get("sasl", {}).values()]
    if any(w and w.get("enabled") for w in wished):
        raise not_served("vpcConnectivity with client authentication")


def check_by_hand(now: Wanted, wish: Wanted) -> None:
    """BadRequest for what zones that somebody else runs can't do: have other ports than now."""
    if now.brokers == wish.brokers and all(
        now.extras[key] == wish.extras[key] for key in ("in_transit", "exporters")
    ):
        return
    raise bad_request(
        "The zones of this cluster are run one by one, each in a container perhaps, without a"
        " supervisor: brokers and ports can't be added or taken away there."
    )


def volume_gb(settled: dict[str, Any]) -> int | None:
    """The size of every broker's volume; None: no limit."""
    storage = settled["brokerNodeGroupInfo"].get("storageInfo", {}).get("ebsStorageInfo", {})
    size: int | None = storage.get("volumeSize")
    return size


def extras(settled: dict[str, Any]) -> dict[str, Any]:
    """What of the cluster's file follows from what the caller asked for, beside its settings."""
    in_transit = settled.get("encryptionInfo", {}).get("encryptionInTransit", {})
    exporters = settled.get("openMonitoring", {}).get("prometheus", {})
    size = volume_gb(settled)
    return {
        "in_transit": in_transit.get("clientBroker", "TLS"),
        "kafka_version": settled["kafkaVersion"],
        "exporters": [
            kind
            for kind in EXPORTERS
            if exporters.get(f"{kind}Exporter", {}).get("enabledInBroker")
        ],
        "volume_bytes": None if size is None else size * GIB,
    }


def extras_after(settled: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The same after an update that leaves volumes as they are.

    Their sizes need not be what `settled` says: it has whole GiB and one size, as MSK's API has,
    and `msklite broker resize` may have let single ones grow.
    """
    volumes = {k: size for k, size in now.items() if k in ("volume_bytes", "larger_volumes")}
    return {**extras(settled), **volumes}


def grown(now: dict[str, Any], size_gb: int) -> dict[str, Any]:
    """Every volume has that size, and one that is larger keeps its own: volumes only grow."""
    size = size_gb * GIB
    found = {**now, "volume_bytes": size}
    larger = {b: s for b, s in found.pop("larger_volumes", {}).items() if s > size}
    return {**found, "larger_volumes": larger} if larger else found


def apply(spec: ZoneSpec, wish: dict[str, Any]) -> None:
    """Work `extras` into the file's fields."""
    spec.in_transit = wish["in_transit"]
    if not spec.serves_tls:
        spec.tls_ports = {}
    spec.kafka_version = wish["kafka_version"]
    monitor(spec, wish["exporters"])
    keep = set(spec.all_brokers)
    spec.tls_ports = {b: p for b, p in spec.tls_ports.items() if b in keep}
    spec.exporters = {
        kind: {b: p for b, p in by.items() if b in keep} for kind, by in spec.exporters.items()
    }
    size, larger = wish["volume_bytes"], wish.get("larger_volumes", {})
    spec.volumes = {} if size is None else {b: larger.get(str(b), size) for b in spec.all_brokers}


def extras_of(spec: ZoneSpec) -> dict[str, Any]:
    """The same, as a file has it."""
    size = min(spec.volumes.values(), default=None)
    larger = {str(b): s for b, s in spec.volumes.items() if s != size}
    return {
        **({"larger_volumes": larger} if larger else {}),
        "in_transit": spec.in_transit,
        "kafka_version": spec.kafka_version,
        "exporters": [kind for kind in EXPORTERS if kind in spec.exporters],
        "volume_bytes": size,
    }


def settled_of(spec: ZoneSpec, instance_type: str, subnets: list[str]) -> dict[str, Any]:
    """What a caller would have asked for to get a cluster that the API didn't make."""
    group: dict[str, Any] = {"instanceType": instance_type, "clientSubnets": subnets}
    if spec.volumes:
        size = max(1, min(spec.volumes.values()) // GIB)
        group["storageInfo"] = {"ebsStorageInfo": {"volumeSize": size}}
    found: dict[str, Any] = {
        "brokerNodeGroupInfo": group,
        "kafkaVersion": spec.kafka_version,
        "numberOfBrokerNodes": len(spec.all_brokers),
        "encryptionInfo": {
            "encryptionInTransit": {"clientBroker": spec.in_transit, "inCluster": False}
        },
    }
    if spec.exporters:
        found["openMonitoring"] = {
            "prometheus": {
                f"{kind}Exporter": {"enabledInBroker": kind in spec.exporters} for kind in EXPORTERS
            }
        }
    return found


def comes_from_outside(spec: ZoneSpec, host: str) -> bool:
    """Whether who called the service by that name dials brokers by their ports for the outside.

    That is who isn't in the containers' network, where each of them has a name of its own.
    """
    return bool(spec.outside) and spec.serves_plaintext and host in (spec.outside, *LOOPBACK)


def bootstrap(spec: ZoneSpec, host: str) -> dict[str, str]:
    """The address lists that are served: of each zone's first broker, at most three.

    `host` is the name by which the service was called.
    """
    zones = spec.zones or {1: spec.brokers}
    first = [min(brokers) for brokers in zones.values() if brokers][:3]
    if comes_from_outside(spec, host):
        told = ",".join(f"{spec.outside}:{spec.outside_ports[b]}" for b in first)
        return {"bootstrapBrokerString": told}

    def addresses(ports: dict[int, int]) -> str:
        return ",".join(spec.client_address(b, ports) for b in first)

    found = {}
    if spec.serves_plaintext:
        found["bootstrapBrokerString"] = addresses(spec.ports)
    if spec.serves_tls:
        found["bootstrapBrokerStringTls"] = addresses(spec.tls_ports)
    return found


def endpoints(spec: ZoneSpec, broker: int, host: str) -> list[str]:
    """The hosts that clients of one broker dial, who called the service by that name."""
    return [spec.outside if comes_from_outside(spec, host) else spec.host_of(broker)]
