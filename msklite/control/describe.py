"""How a cluster, an operation, a configuration look in replies.

What the caller sent is shown as sent, with MSK's defaults for encryption, monitoring and storage
mode; a block that nobody asked for isn't shown, as Terraform would take it for drift.
"""

from __future__ import annotations

from typing import Any

from msklite.control import arns, served
from msklite.control.cluster import Cluster, Operation, Phase
from msklite.control.wire import iso

ASKED = ("clientAuthentication", "openMonitoring", "loggingInfo", "rebalancing")


def encryption(settled: dict[str, Any], region: str) -> dict[str, Any]:
    """The caller's wishes over MSK's defaults."""
    sent = settled.get("encryptionInfo", {})
    at_rest = {"dataVolumeKMSKeyId": served.AT_REST.format(region=region)}
    in_transit = {"clientBroker": "TLS", "inCluster": True}
    return {
        "encryptionAtRest": {**at_rest, **sent.get("encryptionAtRest", {})},
        "encryptionInTransit": {**in_transit, **sent.get("encryptionInTransit", {})},
    }


def software(settled: dict[str, Any]) -> dict[str, Any]:
    """currentBrokerSoftwareInfo: where alone the configuration is read back."""
    found: dict[str, Any] = {"kafkaVersion": settled["kafkaVersion"]}
    configuration = settled.get("configurationInfo")
    if configuration:
        found["configurationArn"] = configuration["arn"]
        found["configurationRevision"] = configuration["revision"]
    return found


def _provisioned(cluster: Cluster) -> dict[str, Any]:
    settled = cluster.settled
    group = {"brokerAZDistribution": "DEFAULT", **settled["brokerNodeGroupInfo"]}
    return {
        "brokerNodeGroupInfo": group,
        "currentBrokerSoftwareInfo": software(settled),
        "encryptionInfo": encryption(settled, arns.region_of(cluster.arn)),
        "enhancedMonitoring": settled.get("enhancedMonitoring", "DEFAULT"),
        "numberOfBrokerNodes": settled["numberOfBrokerNodes"],
        "storageMode": settled.get("storageMode", "LOCAL"),
        "customerActionStatus": "NONE",
        **{key: settled[key] for key in ASKED if key in settled},
    }


def _common(cluster: Cluster, state: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "creationTime": iso(cluster.created_ms),
        "currentVersion": cluster.version,
        "state": state,
        "tags": cluster.tags,
    }
    if cluster.operation is not None:
        found["activeOperationArn"] = cluster.operation
    if cluster.phase is Phase.FAILED and cluster.failure:
        found["stateInfo"] = {"code": "CREATE_FAILED", "message": cluster.failure}
    if state == "MAINTENANCE":
        found["stateInfo"] = {"code": "STOPPED", "message": "The cluster was stopped."}
    return found


def cluster_info(cluster: Cluster, state: str) -> dict[str, Any]:
    """DescribeCluster's flat ClusterInfo."""
    return {**_common(cluster, state), **_provisioned(cluster)}


def cluster_info_v2(cluster: Cluster, state: str) -> dict[str, Any]:
    """DescribeClusterV2's Cluster."""
    return {
        **_common(cluster, state),
        "clusterType": "PROVISIONED",
        "provisioned": _provisioned(cluster),
    }


def mutable(settled: dict[str, Any], region: str) -> dict[str, Any]:
    """MutableClusterInfo: the parts that an operation's source and target are made of."""
    group = settled["brokerNodeGroupInfo"]
    found: dict[str, Any] = {
        "numberOfBrokerNodes": settled["numberOfBrokerNodes"],
        "instanceType": group["instanceType"],
        "kafkaVersion": settled["kafkaVersion"],
        "enhancedMonitoring": settled.get("enhancedMonitoring", "DEFAULT"),
        "encryptionInfo": encryption(settled, region),
        "storageMode": settled.get("storageMode", "LOCAL"),
    }
    for key in (*ASKED, "configurationInfo"):
        if key in settled:
            found[key] = settled[key]
    if "connectivityInfo" in group:
        found["connectivityInfo"] = group["connectivityInfo"]
    volume = group.get("storageInfo", {}).get("ebsStorageInfo", {})
    if volume.get("volumeSize"):
        info = {"kafkaBrokerNodeId": "ALL", "volumeSizeGB": volume["volumeSize"]}
        if "provisionedThroughput" in volume:
            info["provisionedThroughput"] = volume["provisionedThroughput"]
        found["brokerEBSVolumeInfo"] = [info]
    return found


def _steps(operation: Operation) -> list[dict[str, Any]]:
    ended = operation.ended_ms is not None and operation.error is None
    found = []
    for index, name in enumerate(operation.steps):
        if ended or index < operation.done_steps:
            status = "COMPLETED"
        else:
            status = "IN_PROGRESS" if index == operation.done_steps else "PENDING"
        found.append({"stepName": name, "stepInfo": {"stepStatus": status}})
    return found


def operation_info(operation: Operation) -> dict[str, Any]:
    """DescribeClusterOperation's ClusterOperationInfo."""
    found: dict[str, Any] = {
        "operationArn": operation.arn,
        "clusterArn": operation.cluster_arn,
        "operationType": operation.kind,
        "operationState": operation.state,
        "creationTime": iso(operation.created_ms),
        "operationSteps": _steps(operation),
        "sourceClusterInfo": operation.source,
        "targetClusterInfo": operation.target,
    }
    if operation.ended_ms is not None:
        found["endTime"] = iso(operation.ended_ms)
    if operation.error is not None and operation.ended_ms is not None:
        found["errorInfo"] = {"errorCode": "OPERATION_FAILED", "errorString": operation.error}
    if operation.connection is not None:
        found["vpcConnectionInfo"] = operation.connection
    return found


def operation_info_v2(operation: Operation, *, listed: bool = False) -> dict[str, Any]:
    """DescribeClusterOperationV2's shape, or the summary that lists show."""
    found = operation_info(operation)
    found["startTime"] = found.pop("creationTime")
    found["clusterType"] = "PROVISIONED"
    inner = {
        "operationSteps": found.pop("operationSteps"),
        "sourceClusterInfo": found.pop("sourceClusterInfo"),
        "targetClusterInfo": found.pop("targetClusterInfo"),
        "vpcConnectionInfo": found.pop("vpcConnectionInfo", None),
    }
    error = found.pop("errorInfo", None)
    if listed:
        return found
    if error is not None:
        found["errorInfo"] = error
    found["provisioned"] = {k: v for k, v in inner.items() if v is not None}
    return found
