"""Updates of a cluster: each checks state and version, makes an operation, changes what is wanted.

The brokers follow, one step after the other (`control/worker`); when all is as wanted the cluster
has a new currentVersion and the operation is UPDATE_COMPLETE.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import asdict
from typing import Any

from msklite.control import arns, describe, properties, served
from msklite.control.api.clusters import check_count
from msklite.control.api.versions import is_newer
from msklite.control.call import Call, Reply
from msklite.control.cluster import Cluster, Phase, Wanted
from msklite.control.errors import bad_request, not_served
from msklite.control.models import sent
from msklite.control.service import Service
from msklite.metadata.configs import may_change_live
from msklite.zone.spec import MAX_VOLUME_GB

LIVE, ROLLING, STORED = "LIVE", "ROLLING", "STORED"
"""How brokers learn of a change: while they run, by a restart one after another, or not at all."""


def checked(service: Service, call: Call) -> Cluster:
    """The cluster, in a state and of a version that may be updated."""
    cluster = service.cluster(call.arn)
    service.check_active(cluster)
    service.check_version(cluster, call.body.currentVersion)
    return cluster


def begin(
    service: Service,
    cluster: Cluster,
    kind: str,
    settled: dict[str, Any],
    wanted: Wanted,
    how: str,
    middle: str = "UPDATE_BROKERS",
) -> Reply:
    """Make the operation, and let the cluster's task do it."""
    if service.fleet.place(cluster.name).by_hand:
        served.check_by_hand(cluster.wanted, wanted)
    region = arns.region_of(cluster.arn)
    operation = service.new_operation(cluster, kind)
    operation.steps = ["INITIALIZE_UPDATE", middle, "FINALIZE_UPDATE"]
    operation.source = describe.mutable(cluster.settled, region)
    operation.target = describe.mutable(settled, region)
    operation.settled_after = settled
    operation.before = asdict(cluster.wanted)
    if how is not STORED:
        wanted.generation = cluster.wanted.generation + 1
    if how is ROLLING:
        wanted.restart = wanted.generation
    cluster.wanted = wanted
    service.begin(cluster, operation, Phase.UPDATING)
    return {"clusterArn": cluster.arn, "clusterOperationArn": operation.arn}


def _same(what: str, parameter: str) -> Exception:
    return bad_request(
        f"The request does not include any updates to the {what} of the cluster. Verify the"
        " request, then try again.",
        parameter,
    )


async def update_broker_count(service: Service, call: Call) -> Reply:
    """UpdateBrokerCount: more brokers join; or one empty broker of each zone leaves."""
    cluster = checked(service, call)
    target, have = call.body.targetNumberOfBrokerNodes, len(cluster.wanted.brokers)
    azs = cluster.wanted.azs
    check_count(target, azs, "targetNumberOfBrokerNodes")
    if target == have:
        raise _same("number of brokers", "targetNumberOfBrokerNodes")
    wanted = copy.deepcopy(cluster.wanted)
    highest = cluster.highest_broker
    if target > have:
        highest = -(-highest // azs) * azs + target - have
        wanted.brokers += range(highest - (target - have) + 1, highest + 1)
    else:
        if have - target != azs:
            raise bad_request(
                f"One broker of each zone can be removed at a time: from {have} brokers to"
                f" {have - azs}.",
                "targetNumberOfBrokerNodes",
            )
        leaving = await _empty_brokers(service, cluster)
        cluster = checked(service, call)  # it may have changed meanwhile
        wanted.brokers = [b for b in wanted.brokers if b not in leaving]
    cluster.highest_broker = highest
    settled = {**cluster.settled, "numberOfBrokerNodes": target}
    kind = "INCREASE_BROKER_COUNT" if target > have else "DECREASE_BROKER_COUNT"
    return begin(service, cluster, kind, settled, wanted, LIVE)


async def _empty_brokers(service: Service, cluster: Cluster) -> set[int]:
    """Of each zone the empty broker with the highest number; BadRequest that names what is held."""
    held = await asyncio.to_thread(service.fleet.held, cluster.name)
    leaving, full = set(), []
    for zone in range(cluster.wanted.azs):
        brokers = [b for b in cluster.wanted.brokers if (b - 1) % cluster.wanted.azs == zone]
        empty = [b for b in brokers if not held.get(b)]
        if empty:
            leaving.add(max(empty))
        else:
            full.append(max(brokers))
    if full:
        rows = [f"broker {b} holds {_named(held[b])}" for b in full]
        raise bad_request(
            f"Only brokers without partitions can be removed, and there is none in every zone:"
            f" {'; '.join(rows)}. Move them first.",
            "targetNumberOfBrokerNodes",
        )
    return leaving


def _named(partitions: list[str]) -> str:
    more = len(partitions) - 10
    return ", ".join(partitions[:10]) + (f" and {more} more" if more > 0 else "")


async def check_load(service: Service, cluster: Cluster, instance_type: str) -> None:
    """BadRequest where a broker has more partitions than MSK lets such a type have in updates."""
    limit = served.PARTITIONS[instance_type]
    held = await asyncio.to_thread(service.fleet.held, cluster.name)
    for broker, partitions in sorted(held.items()):
        if len(partitions) > limit:
            raise bad_request(
                f"Broker {broker} has {len(partitions)} partitions, and brokers of type"
                f" {instance_type} may have {limit}."
            )


async def update_broker_type(service: Service, call: Call) -> Reply:
    """UpdateBrokerType: a rolling restart, with the type's limits from then on."""
    cluster = checked(service, call)
    target = call.body.targetInstanceType
    served.check_type(target, "targetInstanceType")
    group = cluster.settled["brokerNodeGroupInfo"]
    if target == group["instanceType"]:
        raise _same("instance type", "targetInstanceType")
    await check_load(service, cluster, target)
    cluster = checked(service, call)
    settled = {**cluster.settled, "brokerNodeGroupInfo": {**group, "instanceType": target}}
    wanted = copy.deepcopy(cluster.wanted)
    wanted.extras = served.extras_after(settled, wanted.extras)
    return begin(service, cluster, "UPDATE_BROKER_TYPE", settled, wanted, ROLLING)


def _reconfigured(service: Service, cluster: Cluster, info: dict[str, Any]) -> tuple[Wanted, str]:
    """What is wanted with another revision, and how brokers learn of it."""
    config = properties.of_revision(service, info)
    wanted = copy.deepcopy(cluster.wanted)
    names = {n for n, _ in set(config.items()) ^ set(wanted.config.items())}
    wanted.config = config
    return wanted, LIVE if all(map(may_change_live, names)) else ROLLING


async def update_cluster_configuration(service: Service, call: Call) -> Reply:
    """UpdateClusterConfiguration: at once where Kafka can, else by a rolling restart."""
    cluster = checked(service, call)
    info = sent(call.body.configurationInfo)
    if info == cluster.settled.get("configurationInfo"):
        raise _same("configuration", "configurationInfo")
    await check_load(service, cluster, cluster.settled["brokerNodeGroupInfo"]["instanceType"])
    cluster = checked(service, call)
    wanted, how = _reconfigured(service, cluster, info)
    settled = {**cluster.settled, "configurationInfo": info}
    return begin(service, cluster, "UPDATE_CLUSTER_CONFIGURATION", settled, wanted, how)


async def update_cluster_kafka_version(service: Service, call: Call) -> Reply:
    """UpdateClusterKafkaVersion: a rolling restart; only ever upwards."""
    cluster = checked(service, call)
    target = call.body.targetKafkaVersion
    served.check_version(target, "targetKafkaVersion")
    have = cluster.settled["kafkaVersion"]
    if not is_newer(target, have):
        raise bad_request(
            f"The cluster can't go from Kafka version {have} to {target}: only to a newer one.",
            "targetKafkaVersion",
        )
    await check_load(service, cluster, cluster.settled["brokerNodeGroupInfo"]["instanceType"])
    cluster = checked(service, call)
    settled = {**cluster.settled, "kafkaVersion": target}
    wanted = copy.deepcopy(cluster.wanted)
    if call.body.configurationInfo is not None:
        info = sent(call.body.configurationInfo)
        wanted, _ = _reconfigured(service, cluster, info)
        settled["configurationInfo"] = info
    wanted.extras = served.extras_after(settled, wanted.extras)
    return begin(
        service, cluster, "UPDATE_CLUSTER_KAFKA_VERSION", settled, wanted, ROLLING,
        "UPDATE_APACHE_KAFKA_BINARIES",
    )  # fmt: skip


def update_monitoring(service: Service, call: Call) -> Reply:
    """UpdateMonitoring."""
    cluster = checked(service, call)
    changes = {k: v for k, v in sent(call.body).items() if k != "currentVersion"}
    if not changes:
        raise _same("monitoring", "enhancedMonitoring")
    settled = {**cluster.settled, **changes}
    wanted = copy.deepcopy(cluster.wanted)
    wanted.extras = served.extras_after(settled, wanted.extras)
    how = STORED if wanted.extras == cluster.wanted.extras else LIVE
    return begin(service, cluster, "UPDATE_MONITORING", settled, wanted, how)


def update_security(service: Service, call: Call) -> Reply:
    """UpdateSecurity: who may come in, and in which of TLS and plain text."""
    cluster = checked(service, call)
    changes = {k: v for k, v in sent(call.body).items() if k != "currentVersion"}
    if not changes:
        raise _same("security", "clientAuthentication")
    _check_fixed(cluster, changes.get("encryptionInfo", {}))
    served.check_authentication(changes.get("clientAuthentication"))
    settled = copy.deepcopy(cluster.settled)
    if "clientAuthentication" in changes:
        settled["clientAuthentication"] = changes["clientAuthentication"]
    in_transit = changes.get("encryptionInfo", {}).get("encryptionInTransit", {})
    if in_transit:
        both = settled.setdefault("encryptionInfo", {}).setdefault("encryptionInTransit", {})
        both.update(in_transit)
    wanted = copy.deepcopy(cluster.wanted)
    wanted.extras = served.extras_after(settled, wanted.extras)
    how = STORED if wanted.extras == cluster.wanted.extras else ROLLING
    return begin(service, cluster, "UPDATE_SECURITY", settled, wanted, how)


def _check_fixed(cluster: Cluster, wish: dict[str, Any]) -> None:
    """The key at rest and inCluster are settled at creation."""
    now = describe.encryption(cluster.settled, arns.region_of(cluster.arn))
    for block, member in (("encryptionAtRest", "dataVolumeKMSKeyId"),
                          ("encryptionInTransit", "inCluster")):  # fmt: skip
        wished = wish.get(block, {}).get(member)
        if wished is not None and wished != now[block][member]:
            raise bad_request(f"{member} can't be changed after creation.", "encryptionInfo")


def update_connectivity(service: Service, call: Call) -> Reply:
    """UpdateConnectivity: stored, as far as it says what is so anyhow."""
    cluster = checked(service, call)
    wish = sent(call.body).get("connectivityInfo")
    if call.body.zookeeperAccess is not None:
        raise bad_request("There is no ZooKeeper: the cluster runs in KRaft mode.",
                          "zookeeperAccess")  # fmt: skip
    if not wish:
        raise _same("connectivity", "connectivityInfo")
    served.check_connectivity(wish)
    group = cluster.settled["brokerNodeGroupInfo"]
    merged = {**group.get("connectivityInfo", {}), **wish}
    settled = {**cluster.settled, "brokerNodeGroupInfo": {**group, "connectivityInfo": merged}}
    wanted = copy.deepcopy(cluster.wanted)
    return begin(service, cluster, "UPDATE_CONNECTIVITY", settled, wanted, STORED)


def update_rebalancing(service: Service, call: Call) -> Reply:
    """UpdateRebalancing: of Express brokers only."""
    checked(service, call)
    raise not_served("rebalancing, which only Express brokers have,")


def update_broker_storage(service: Service, call: Call) -> Reply:
    """UpdateBrokerStorage: larger volumes, of all brokers alike.

    The model has a broker's id in the request, but MSK takes none: "the broker identifier must be
    set to the keyword ALL".
    """
    cluster = checked(service, call)
    rows = call.body.targetBrokerEBSVolumeInfo
    if len(rows) != 1 or rows[0].kafkaBrokerNodeId.upper() != "ALL":
        raise bad_request(
            'Storage is updated for all brokers together: kafkaBrokerNodeId must be "All".',
            "targetBrokerEBSVolumeInfo",
        )
    if rows[0].provisionedThroughput is not None and rows[0].provisionedThroughput.enabled:
        raise not_served("provisionedThroughput")
    return grow(service, cluster, rows[0].volumeSizeGB, "targetBrokerEBSVolumeInfo")


def update_storage(service: Service, call: Call) -> Reply:
    """UpdateStorage: the same, by another name."""
    cluster = checked(service, call)
    served.check_storage_mode(call.body.storageMode)
    if call.body.provisionedThroughput is not None and call.body.provisionedThroughput.enabled:
        raise not_served("provisionedThroughput")
    return grow(service, cluster, call.body.volumeSizeGB, "volumeSizeGB")


def grow(service: Service, cluster: Cluster, size: int | None, parameter: str) -> Reply:
    """All volumes become that large (see `served.grown`); BadRequest where they can't."""
    have = served.volume_gb(cluster.settled)
    if have is None:
        raise bad_request(
            "The volumes of this cluster were made without a limit, which can't be taken back.",
            parameter,
        )
    if size is None or size == have:
        raise _same("storage", parameter)
    if not have < size <= MAX_VOLUME_GB:
        raise bad_request(
            f"The volume size can only grow: from {have} to {MAX_VOLUME_GB} GiB at most.",
            parameter,
        )
    settled = copy.deepcopy(cluster.settled)
    storage = settled["brokerNodeGroupInfo"].setdefault("storageInfo", {})
    storage.setdefault("ebsStorageInfo", {})["volumeSize"] = size
    wanted = copy.deepcopy(cluster.wanted)
    wanted.extras = served.grown(wanted.extras, size)
    return begin(service, cluster, "UPDATE_BROKER_STORAGE", settled, wanted, LIVE)


async def reboot_broker(service: Service, call: Call) -> Reply:
    """RebootBroker: clean stop, leaders move, catch-up, back; one broker after another."""
    cluster = service.cluster(call.arn)
    service.check_active(cluster)
    brokers = {str(b) for b in cluster.wanted.brokers}
    unknown = [b for b in call.body.brokerIds if b not in brokers]
    if unknown:
        raise bad_request(
            f"The broker IDs {', '.join(unknown[:10])} do not exist in this cluster.", "brokerIds"
        )
    epochs = await asyncio.to_thread(service.fleet.epochs, cluster.name)
    cluster = service.cluster(call.arn)
    service.check_active(cluster)
    operation = service.new_operation(cluster, "REBOOT_NODE")
    operation.steps = ["REBOOT_BROKERS"]
    region = arns.region_of(cluster.arn)
    operation.source = operation.target = describe.mutable(cluster.settled, region)
    cluster.wanted.reboot = {b: epochs.get(int(b), -1) for b in call.body.brokerIds}
    service.begin(cluster, operation, Phase.REBOOTING)
    return {"clusterArn": cluster.arn, "clusterOperationArn": operation.arn}
