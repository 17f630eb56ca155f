"""Clusters: create, describe, list, delete; where clients connect, and what nodes there are."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

from msklite.control import arns, describe, properties, served
from msklite.control.call import Call, Reply
from msklite.control.cluster import Cluster, Phase, Wanted
from msklite.control.errors import bad_request, conflict, not_served
from msklite.control.fresh import new_version, now_ms
from msklite.control.models import Provisioned, sent
from msklite.control.service import Service
from msklite.control.store import Taken
from msklite.control.wire import iso, page
from msklite.errors import UserError
from msklite.zone.spec import FIRST_CONTROLLER_ID, MAX_AZS, MAX_BROKERS, ZoneSpec

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
NAME_TAKEN = "A resource with this name already exists."


def create_cluster(service: Service, call: Call) -> Reply:
    """CreateCluster."""
    return _create(service, call, call.body, call.body.clusterName, call.body.tags)


def create_cluster_v2(service: Service, call: Call) -> Reply:
    """CreateClusterV2: `provisioned`, or `serverless`, which isn't served."""
    body = call.body
    if (body.provisioned is None) == (body.serverless is None):
        raise bad_request("Give one of provisioned and serverless.", "provisioned")
    if body.provisioned is None:
        raise not_served("MSK Serverless")
    found = _create(service, call, body.provisioned, body.clusterName, body.tags)
    return {**found, "clusterType": "PROVISIONED"}


def _create(
    service: Service, call: Call, wish: Provisioned, name: str, tags: dict[str, str] | None
) -> dict[str, Any]:
    if not service.creates:
        raise bad_request(
            "This service makes no clusters, as it was started with --no-create: it serves those"
            " that others run."
        )
    if not _NAME.fullmatch(name):
        raise bad_request(
            "The cluster name must have letters, digits and hyphens only, and not begin with a"
            " hyphen.",
            "clusterName",
        )
    settled = {k: v for k, v in sent(wish).items() if k not in ("clusterName", "tags")}
    subnets = _check_shape(wish, own=call.own)
    _check_served(settled)
    config = properties.of_revision(service, settled.get("configurationInfo"))
    uuid = arns.new_uuid(secrets.token_bytes(16))
    brokers = list(range(1, wish.numberOfBrokerNodes + 1))
    cluster = Cluster(
        arn=arns.make(call.region, "cluster", name, uuid),
        name=name,
        created_ms=now_ms(),
        version=new_version(),
        settled=settled,
        subnets=subnets,
        wanted=Wanted(len(subnets), brokers, config, served.extras(settled)),
        tags=tags or {},
        highest_broker=len(brokers),
    )
    if service.fleet.place(name).directory.exists():
        raise conflict(NAME_TAKEN, "clusterName")
    try:
        service.save(cluster)
    except Taken:
        raise conflict(NAME_TAKEN, "clusterName") from None
    service.kick(cluster.arn)
    return {"clusterArn": cluster.arn, "clusterName": name, "state": "CREATING"}


def _check_shape(wish: Provisioned, *, own: bool) -> list[str]:
    """The subnets, one for each zone; BadRequest where brokers can't be spread over them."""
    subnets = list(dict.fromkeys(wish.brokerNodeGroupInfo.clientSubnets))
    fewest = 1 if own else 2
    if len(subnets) != len(wish.brokerNodeGroupInfo.clientSubnets) or not (
        fewest <= len(subnets) <= MAX_AZS
    ):
        raise bad_request(
            "Specify two or three different client subnets, each in another Availability Zone.",
            "clientSubnets",
        )
    check_count(wish.numberOfBrokerNodes, len(subnets), "numberOfBrokerNodes")
    return subnets


def check_count(count: int, azs: int, parameter: str) -> None:
    """BadRequest for a number of brokers that can't be spread evenly, or is too large."""
    if count % azs or count < azs:
        raise bad_request(
            "The number of broker nodes must be a multiple of Availability Zones in the"
            " Client Subnets parameter.",
            parameter,
        )
    if count > MAX_BROKERS * azs:
        raise bad_request(f"At most {MAX_BROKERS} brokers in each zone are served.", parameter)


def _check_served(settled: dict[str, Any]) -> None:
    """Refuse what can't be done, before anything is made."""
    group = settled["brokerNodeGroupInfo"]
    served.check_type(group["instanceType"])
    served.check_version(settled["kafkaVersion"])
    served.check_authentication(settled.get("clientAuthentication"))
    _check_throughput(group.get("storageInfo", {}).get("ebsStorageInfo", {}))
    served.check_storage_mode(settled.get("storageMode"))
    served.check_connectivity(group.get("connectivityInfo"))
    if "rebalancing" in settled:
        raise not_served("rebalancing, which only Express brokers have,")


def _check_throughput(volume: dict[str, Any]) -> None:
    if volume.get("provisionedThroughput", {}).get("enabled"):
        raise not_served("provisionedThroughput")


def describe_cluster(service: Service, call: Call) -> Reply:
    """DescribeCluster."""
    cluster = service.cluster(call.arn)
    return {"clusterInfo": describe.cluster_info(cluster, service.state(cluster))}


def describe_cluster_v2(service: Service, call: Call) -> Reply:
    """DescribeClusterV2."""
    cluster = service.cluster(call.arn)
    return {"clusterInfo": describe.cluster_info_v2(cluster, service.state(cluster))}


def _listed(service: Service, call: Call) -> tuple[list[Cluster], dict[str, Any]]:
    prefix = call.query.get("clusterNameFilter", "")
    found = [c for c in service.clusters() if c.name.startswith(prefix)]
    kind = call.query.get("clusterTypeFilter")
    if kind not in (None, "PROVISIONED", "SERVERLESS"):
        raise bad_request(
            "The clusterTypeFilter is PROVISIONED or SERVERLESS.", "clusterTypeFilter"
        )
    if kind == "SERVERLESS":
        found = []
    shown, token = page(found, lambda c: c.name, call.query)
    return shown, {} if token is None else {"nextToken": token}


def list_clusters(service: Service, call: Call) -> Reply:
    """ListClusters."""
    shown, more = _listed(service, call)
    infos = [describe.cluster_info(c, service.state(c)) for c in shown]
    return {"clusterInfoList": infos, **more}


def list_clusters_v2(service: Service, call: Call) -> Reply:
    """ListClustersV2."""
    shown, more = _listed(service, call)
    infos = [describe.cluster_info_v2(c, service.state(c)) for c in shown]
    return {"clusterInfoList": infos, **more}


def delete_cluster(service: Service, call: Call) -> Reply:
    """DeleteCluster: a clean stop, then its directory; the name is free when describe says 404."""
    cluster = service.cluster(call.arn)
    if cluster.phase not in (Phase.SETTLED, Phase.FAILED):
        raise bad_request(
            f"You can't delete the cluster while it is in {service.state(cluster)} state."
        )
    if service.fleet.place(cluster.name).by_hand:
        raise bad_request(
            "The zones of this cluster are run one by one, without a supervisor: who runs them"
            " stops them, and deletes their folder."
        )
    version = call.query.get("currentVersion")
    if version is not None:
        service.check_version(cluster, version)
    cluster.phase = Phase.DELETING
    cluster.wanted.exists = False
    service.save(cluster)
    service.kick(cluster.arn)
    return {"clusterArn": cluster.arn, "state": "DELETING"}


def get_bootstrap_brokers(service: Service, call: Call) -> Reply:
    """GetBootstrapBrokers: exactly what is served."""
    cluster = service.cluster(call.arn)
    return dict(served.bootstrap(_served_spec(service, cluster), call.host))


def _served_spec(service: Service, cluster: Cluster) -> ZoneSpec:
    if cluster.phase in (Phase.CREATING, Phase.DELETING, Phase.FAILED):
        raise conflict(
            f"The cluster is in {service.state(cluster)} state: it can't be reached by clients."
        )
    try:
        return service.fleet.place(cluster.name).spec()
    except UserError as error:
        raise conflict(str(error)) from None


async def list_nodes(service: Service, call: Call) -> Reply:
    """ListNodes: brokers, and the controllers of the quorum."""
    cluster = service.cluster(call.arn)
    place = service.fleet.place(cluster.name)
    spec = await asyncio.to_thread(place.spec) if place.known else None
    found = (
        [] if spec is None else [*_brokers(cluster, spec, call.host), *_controllers(cluster, spec)]
    )
    shown, token = page(found, lambda n: n["nodeARN"], call.query)
    return {"nodeInfoList": shown, **({} if token is None else {"nextToken": token})}


def _brokers(cluster: Cluster, spec: ZoneSpec, host: str) -> list[dict[str, Any]]:
    zones = spec.zones or {1: spec.brokers}
    group = cluster.settled["brokerNodeGroupInfo"]
    return [
        {
            "nodeType": "BROKER",
            "nodeARN": arns.of_cluster(cluster.arn, "broker", f"{broker:05d}"),
            "instanceType": group["instanceType"].removeprefix("kafka."),
            "addedToClusterTime": iso(cluster.added_ms.get(str(broker), cluster.created_ms)),
            "brokerNodeInfo": {
                "brokerId": float(broker),
                "clientSubnet": cluster.subnets[zone - 1],
                "clientVpcIpAddress": spec.host_of(broker),
                "attachedENIId": f"eni-{broker:017x}",
                "endpoints": served.endpoints(spec, broker, host),
                "currentBrokerSoftwareInfo": describe.software(cluster.settled),
            },
        }
        for zone, brokers in zones.items()
        for broker in brokers
    ]


def _controllers(cluster: Cluster, spec: ZoneSpec) -> list[dict[str, Any]]:
    return [
        {
            "nodeARN": arns.of_cluster(cluster.arn, "controller", f"{node:05d}"),
            "addedToClusterTime": iso(cluster.created_ms),
            "controllerNodeInfo": {"endpoints": [f"{spec.host_of(node)}:{spec.ports[node]}"]},
        }
        for node in spec.nodes
        if node >= FIRST_CONTROLLER_ID and node in spec.ports
    ]
