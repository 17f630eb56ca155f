"""Settings that differ from Kafka's defaults where nobody asked for anything else."""

from __future__ import annotations

ZONES_DEFAULTS = {
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "controller.quorum.election.backoff.max.ms": "500",
}
"""Shorter than Kafka's (9000, 2000, 1000, 2000, 1000): the nodes are neighbours on one machine."""


def msk_defaults(azs: int) -> dict[str, str]:
    """What Amazon MSK sets where Apache Kafka has another default."""
    return {
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(azs),
        "min.insync.replicas": str(max(1, azs - 1)),
        "num.io.threads": "8",
        "num.network.threads": "5",
        "num.replica.fetchers": "2",
        "offsets.topic.replication.factor": str(azs),
        "unclean.leader.election.enable": "true",
    }
