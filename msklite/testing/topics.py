"""Topics for tests: made and deleted with a Kafka client, so on any kind of cluster."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kafka import KafkaAdminClient

    from msklite.testing.cluster import LocalCluster
    from msklite.testing.processes import ProcessCluster

_LONGEST = 200
_PATIENCE_MS = 60_000


def fresh_name(base: str) -> str:
    """A topic's name that nobody has: `base`, as far as Kafka takes it, and something random."""
    return f"{base.strip('-')[:_LONGEST] or 'topic'}-{secrets.token_hex(4)}"


def create(
    cluster: LocalCluster | ProcessCluster,
    name: str,
    *,
    partitions: int = 1,
    replication_factor: int = -1,
    config: Mapping[str, object] | None = None,
) -> None:
    """Make it; every broker of a cluster knows it then, or will in a moment."""
    from kafka.admin import NewTopic

    with _admin(cluster) as admin:
        settings = {k: str(v) for k, v in (config or {}).items()}
        admin.create_topics(
            [NewTopic(name, partitions, replication_factor, topic_configs=settings)],
            timeout_ms=_PATIENCE_MS,
        )


def delete(cluster: LocalCluster | ProcessCluster, name: str) -> None:
    """Delete it; where the test has broken the cluster or deleted it itself, it stays as it is."""
    from kafka.errors import KafkaError

    try:
        with _admin(cluster) as admin:
            admin.delete_topics([name])
    except KafkaError as error:
        logging.getLogger("msklite.testing").info("topic %s stays: %s", name, error)


@contextmanager
def _admin(cluster: LocalCluster | ProcessCluster) -> Iterator[KafkaAdminClient]:
    from kafka import KafkaAdminClient

    logger = logging.getLogger("kafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)  # what it retries is nobody's news
    settings: dict[str, Any] = {"bootstrap_servers": cluster.bootstrap_servers}
    if not cluster.spec.serves_plaintext:
        settings |= {"security_protocol": "SSL", "ssl_cafile": cluster.ca_file}
    try:
        admin = KafkaAdminClient(**settings)
        try:
            yield admin
        finally:
            admin.close()
    finally:
        logger.setLevel(before)
