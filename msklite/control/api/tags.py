"""Tags of clusters."""

from __future__ import annotations

from msklite.control.call import Call, Reply
from msklite.control.cluster import Cluster
from msklite.control.errors import bad_request, not_found
from msklite.control.service import Service

MAX_TAGS = 50


def _tagged(service: Service, call: Call) -> Cluster:
    found = service.find(call.path["resourceArn"])
    if found is None:
        raise not_found("The resource does not exist.", "resourceArn")
    return found


def tag_resource(service: Service, call: Call) -> Reply:
    """TagResource."""
    cluster = _tagged(service, call)
    cluster.tags |= call.body.tags
    if len(cluster.tags) > MAX_TAGS:
        raise bad_request(f"A resource has at most {MAX_TAGS} tags.", "tags")
    service.save(cluster)
    return None


def untag_resource(service: Service, call: Call) -> Reply:
    """UntagResource."""
    keys = call.lists.get("tagKeys", [])
    if not keys:
        raise bad_request("The parameter tagKeys is required.", "tagKeys")
    cluster = _tagged(service, call)
    cluster.tags = {k: v for k, v in cluster.tags.items() if k not in keys}
    service.save(cluster)
    return None


def list_tags_for_resource(service: Service, call: Call) -> Reply:
    """ListTagsForResource."""
    return {"tags": _tagged(service, call).tags}
