"""A controller that was away longer than the others' metadata log reaches fetches a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from msklite.raft import snapshot as snapshots
from msklite.testing import LocalCluster
from tests.replication.test_three_brokers import until
from tests.replication.test_three_zones import leader


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    config = {
        "metadata.log.max.record.bytes.between.snapshots": "2000",
        "metadata.max.retention.bytes": "3000",
        "metadata.log.segment.bytes": str(8 << 20),
        "broker.session.timeout.ms": "2000",
    }
    with LocalCluster(azs=3, config=config) as made:
        yield made


def make_topics(cluster: LocalCluster, names: list[str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    for name in names:
        admin.create_topics([NewTopic(name, 4, 2)])
    admin.close()


def contents(cluster: LocalCluster, zone: int) -> str:
    """What a zone's image says, but for how far it is."""
    records = cluster.zone(zone).image.to_records()
    return json.dumps(sorted(repr(r) for r in records))


def test_who_was_away_too_long_fetches_a_checkpoint(cluster: LocalCluster) -> None:
    make_topics(cluster, ["before", "goes"])
    away = next(z for z in (1, 2, 3) if z + 10000 != leader(cluster, 1))
    stays = next(z for z in (1, 2, 3) if z != away)
    quorum = cluster.zone(away).controller.quorum  # type: ignore[union-attr]
    until(lambda: {"before", "goes"} <= cluster.zone(away).image.topics.keys())
    had = quorum.end_offset
    cluster.kill_zone(away)
    # Until then a client may be sent to the dead broker.
    until(lambda: cluster.zone(stays).image.brokers[away].fenced)
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.delete_topics(["goes"])
    admin.close()
    make_topics(cluster, [f"t{i}" for i in range(20)])
    leads = leader(cluster, stays) - 10000
    log = cluster.zone(leads).controller.quorum  # type: ignore[union-attr]
    until(lambda: log.node.tail.start_offset > had)

    cluster.start_zone(away)

    until(lambda: contents(cluster, away) == contents(cluster, stays))
    back = cluster.zone(away).controller.quorum  # type: ignore[union-attr]
    assert "goes" not in cluster.zone(away).image.topics
    assert back.node.tail.start_offset > had
    found = snapshots.find(cluster.zone(away).world.storage, back.directory)
    assert found and found[0].offset > had
    make_topics(cluster, ["after"])
    until(lambda: "after" in cluster.zone(away).image.topics)
    cluster.crash()
    cluster.restart()
    until(lambda: "after" in cluster.zone(away).image.topics)
    assert "goes" not in cluster.zone(away).image.topics
