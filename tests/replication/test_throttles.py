"""Throttled reassignments (KIP-73): held back while over the limit, and nobody else is."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from msklite.testing import LocalCluster
from tests.replication.test_moves import CONFIG, create, hosted, produce, reassign, state
from tests.replication.test_three_brokers import until

COUNT = 8
VALUE = b"x" * 500_000
"""An answer to a follower holds two; the limit lets the first one through."""


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=3, config=CONFIG) as made:
        create(made, "t", [1, 2])
        produce(made, "t", *[VALUE] * COUNT)
        yield made


def throttle(cluster: LocalCluster, side: str, rate: str | None, replicas: str | None) -> None:
    """As kafka-reassign-partitions sets and clears it."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})

    def change(kind: ResourceType, name: str, key: str, value: str | None) -> None:
        op = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
        entry = ConfigEntry(key, value, incremental_operation=op)
        wish = ConfigResource(kind, name, incremental_configs=[entry])
        for future in admin.incremental_alter_configs([wish]).values():
            future.result(timeout=30)

    for broker in (1, 2, 3):
        change(ResourceType.BROKER, str(broker), f"{side}.replication.throttled.rate", rate)
    change(ResourceType.TOPIC, "t", f"{side}.replication.throttled.replicas", replicas)


@pytest.mark.parametrize(
    ("side", "replicas"),
    [("leader", "*"), ("follower", "*"), ("leader", "0:1,0:2"), ("follower", "0:3")],
)
def test_a_throttled_replica_comes_slowly_and_nobody_else_waits(
    cluster: LocalCluster, side: str, replicas: str
) -> None:
    throttle(cluster, side, "1", replicas)
    reassign(cluster, "t", [1, 3])

    def moved() -> int:
        found = hosted(cluster, 3, "t")
        return 0 if found is None else found.log.end_offset

    until(lambda: moved() > 0)
    time.sleep(1)
    assert 0 < moved() < COUNT
    produce(cluster, "t", b"in-sync replicas aren't held back")
    assert state(cluster, "t").adding == (3,)
    throttle(cluster, side, None, None)
    until(lambda: state(cluster, "t").replicas == (1, 3) and not state(cluster, "t").adding)
    assert moved() == COUNT + 1


@pytest.mark.parametrize("side", ["leader", "follower"])
def test_replicas_that_are_not_named_are_not_held_back(cluster: LocalCluster, side: str) -> None:
    named = {"leader": "0:3", "follower": "0:1,1:3"}[side]
    throttle(cluster, side, "1", named)
    reassign(cluster, "t", [1, 3])
    until(lambda: state(cluster, "t").replicas == (1, 3) and not state(cluster, "t").adding)
