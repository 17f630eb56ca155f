"""The resource policy of a cluster: kept and given back, and not yet what decides."""

from __future__ import annotations

import json

from msklite.control.call import Call, Reply
from msklite.control.errors import bad_request, not_found
from msklite.control.fresh import new_version
from msklite.control.service import Service

MAX_POLICY = 20_480


def put_cluster_policy(service: Service, call: Call) -> Reply:
    """PutClusterPolicy: over an existing one only by whoever knows its version."""
    cluster = service.cluster(call.arn)
    body = call.body
    try:
        policy = json.loads(body.policy)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or "Statement" not in policy or len(body.policy) > MAX_POLICY:
        raise bad_request("The policy isn't a JSON policy document.", "policy")
    if cluster.policy is not None:
        if body.currentVersion is None:
            raise bad_request("Current cluster policy version needed for Update", "currentVersion")
        if body.currentVersion != cluster.policy_version:
            raise bad_request("The version of the policy isn't current.", "currentVersion")
    cluster.policy, cluster.policy_version = body.policy, new_version()
    service.save(cluster)
    return {"currentVersion": cluster.policy_version}


def get_cluster_policy(service: Service, call: Call) -> Reply:
    """GetClusterPolicy."""
    cluster = service.cluster(call.arn)
    if cluster.policy is None:
        raise not_found("The cluster has no policy.", "clusterArn")
    return {"currentVersion": cluster.policy_version, "policy": cluster.policy}


def delete_cluster_policy(service: Service, call: Call) -> Reply:
    """DeleteClusterPolicy."""
    cluster = service.cluster(call.arn)
    if cluster.policy is None:
        raise not_found("The cluster has no policy.", "clusterArn")
    cluster.policy = cluster.policy_version = None
    service.save(cluster)
    return {}
