"""Which versions of Kafka there are, and which a cluster can go to."""

from __future__ import annotations

from msklite.control import served
from msklite.control.call import Call, Reply
from msklite.control.service import Service
from msklite.control.wire import page


def version_key(name: str) -> str:
    """Text that sorts as versions do."""
    return ".".join(part.zfill(4) if part.isdigit() else part for part in name.split("."))


def is_newer(target: str, source: str) -> bool:
    """Whether `target` is a later minor version; what is unknown is older than all."""
    none = (0, 0)
    return (served.version_number(target) or none) > (served.version_number(source) or none)


def list_kafka_versions(service: Service, call: Call) -> Reply:
    """ListKafkaVersions."""
    rows = [{"version": v, "status": s} for v, s in served.VERSIONS.items()]
    shown, token = page(rows, lambda r: version_key(r["version"]), call.query)
    return {"kafkaVersions": shown, **({} if token is None else {"nextToken": token})}


def targets(source: str) -> list[str]:
    """The versions that a cluster of this one can be updated to."""
    return [v for v, state in served.VERSIONS.items() if state == "ACTIVE" and is_newer(v, source)]


def get_compatible_kafka_versions(service: Service, call: Call) -> Reply:
    """GetCompatibleKafkaVersions: of one cluster, or of every version."""
    arn = call.query.get("clusterArn")
    if arn is not None:
        sources = [service.cluster(arn).settled["kafkaVersion"]]
    else:
        sources = list(served.VERSIONS)
    return {
        "compatibleKafkaVersions": [
            {"sourceVersion": source, "targetVersions": targets(source)} for source in sources
        ]
    }
