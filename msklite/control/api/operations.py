"""Operations: what became of an update."""

from __future__ import annotations

from msklite.control import describe
from msklite.control.call import Call, Reply
from msklite.control.cluster import Operation
from msklite.control.errors import not_found
from msklite.control.service import Service
from msklite.control.wire import page


def _get(service: Service, call: Call) -> Operation:
    found = service.operation(call.path["clusterOperationArn"])
    if found is None:
        raise not_found("The cluster operation does not exist.", "clusterOperationArn")
    return found


def describe_cluster_operation(service: Service, call: Call) -> Reply:
    """DescribeClusterOperation."""
    return {"clusterOperationInfo": describe.operation_info(_get(service, call))}


def describe_cluster_operation_v2(service: Service, call: Call) -> Reply:
    """DescribeClusterOperationV2."""
    return {"clusterOperationInfo": describe.operation_info_v2(_get(service, call))}


def _listed(service: Service, call: Call) -> tuple[list[Operation], dict[str, str]]:
    cluster = service.cluster(call.arn)
    found = [Operation.of(doc) for doc in service.store.all("operation", cluster.arn)]
    shown, token = page(found, lambda o: f"{9**15 - o.created_ms:020d}{o.arn}", call.query)
    return shown, {} if token is None else {"nextToken": token}


def list_cluster_operations(service: Service, call: Call) -> Reply:
    """ListClusterOperations, the newest first."""
    shown, more = _listed(service, call)
    return {"clusterOperationInfoList": [describe.operation_info(o) for o in shown], **more}


def list_cluster_operations_v2(service: Service, call: Call) -> Reply:
    """ListClusterOperationsV2, the newest first."""
    shown, more = _listed(service, call)
    rows = [describe.operation_info_v2(o, listed=True) for o in shown]
    return {"clusterOperationInfoList": rows, **more}
