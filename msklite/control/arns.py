"""ARNs as MSK makes them. A UUID is never used again, so neither is an ARN.

They are looked up whole and never taken apart to find a file: nothing in an ARN reaches a path.
"""

from __future__ import annotations

import uuid

ACCOUNT = "123456789012"
REGION = "us-east-1"
"""Where a request isn't signed, which tells its region."""


def new_uuid(raw: bytes) -> str:
    """Sixteen random bytes as AWS writes a UUID, with the number that MSK adds."""
    return f"{uuid.UUID(bytes=raw, version=4)}-2"


def make(region: str, kind: str, *parts: str) -> str:
    """`arn:aws:kafka:REGION:ACCOUNT:KIND/PART/PART`."""
    return f"arn:aws:kafka:{region}:{ACCOUNT}:{'/'.join((kind, *parts))}"


def of_cluster(cluster_arn: str, kind: str, *parts: str) -> str:
    """The ARN of something within a cluster: `.../KIND/NAME/UUID/PART`."""
    head, _, tail = cluster_arn.partition(":cluster/")
    return f"{head}:{'/'.join((kind, tail, *parts))}"


def region_of(arn: str) -> str:
    """The region that an ARN names."""
    return arn.split(":", 4)[3]
