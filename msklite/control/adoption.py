"""Clusters that the service didn't make: how they look through the API.

`msklite up` starts clusters without asking, and a directory may have been copied here. What the API
must show and nobody said gets MSK's plain values. When such a cluster's file is changed by hand or
by `up`, the service follows it.
"""

from __future__ import annotations

import secrets

from msklite.control import arns, served
from msklite.control.cluster import Cluster, Phase, Wanted
from msklite.zone.spec import ZoneSpec

INSTANCE_TYPE = "kafka.m5.large"


def adopted(spec: ZoneSpec, now_ms: int, version: str) -> Cluster:
    """A document for a cluster that is there."""
    azs = len(spec.zones) or 1
    uuid = arns.new_uuid(secrets.token_bytes(16))
    subnets = [f"subnet-az{n}" for n in range(1, azs + 1)]
    cluster = Cluster(
        arn=arns.make(arns.REGION, "cluster", spec.name, uuid),
        name=spec.name,
        created_ms=now_ms,
        version=version,
        settled=served.settled_of(spec, INSTANCE_TYPE, subnets),
        subnets=subnets,
        wanted=_wanted(spec),
        phase=Phase.SETTLED,
        highest_broker=max(spec.all_brokers),
    )
    cluster.added_ms = {str(b): now_ms for b in spec.all_brokers}
    return cluster


def _wanted(spec: ZoneSpec) -> Wanted:
    return Wanted(
        azs=len(spec.zones) or 1,
        brokers=list(spec.all_brokers),
        config=dict(spec.config),
        extras=served.extras_of(spec),
        generation=spec.generation,
    )


def changed(cluster: Cluster, spec: ZoneSpec) -> bool:
    """Whether somebody else changed the cluster's file."""
    ours, theirs = cluster.wanted, _wanted(spec)
    return (ours.brokers, ours.config, ours.extras) != (
        theirs.brokers,
        theirs.config,
        theirs.extras,
    )


def follow(cluster: Cluster, spec: ZoneSpec, version: str) -> None:
    """What the file says is what is wanted."""
    kept = cluster.wanted.restart
    cluster.wanted = _wanted(spec)
    cluster.wanted.restart = min(kept, spec.generation)
    old, new = cluster.settled, served.settled_of(spec, INSTANCE_TYPE, cluster.subnets)
    group = {**new["brokerNodeGroupInfo"], **old["brokerNodeGroupInfo"]}
    group |= {k: v for k, v in new["brokerNodeGroupInfo"].items() if k == "storageInfo"}
    cluster.settled = {**old, **new, "brokerNodeGroupInfo": group}
    cluster.version = version
    cluster.highest_broker = max(cluster.highest_broker, *spec.all_brokers)
