"""The network between zones is cut for a moment and heals: what got lost is asked anew."""

from __future__ import annotations

import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from msklite.testing import LocalCluster

NEVER = "600000"
CONFIG = {
    "replica.socket.timeout.ms": NEVER,
    "replica.lag.time.max.ms": NEVER,
    "broker.session.timeout.ms": NEVER,
    "controller.quorum.fetch.timeout.ms": "10000",
}
"""So patient that nobody gives up: a Fetch of a follower whose answer got lost waits for ever."""


@pytest.mark.parametrize(("out", "into"), [(True, True), (True, False), (False, True)])
def test_followers_go_on_after_a_short_cut(out: bool, into: bool) -> None:
    with LocalCluster(azs=3, config=CONFIG) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic("t", 3, 3)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
        for zone in (1, 2, 3):
            for p in range(3):
                producer.send("t", b"before", partition=p).get(timeout=60)
            cut(cluster, zone, out=out, into=into)
            time.sleep(0.8)  # longer than a Fetch waits for records
            heal(cluster)
            for p in range(3):
                producer.send("t", b"after", partition=p).get(timeout=60)
        producer.close()


def cut(cluster: LocalCluster, zone: int, *, out: bool, into: bool) -> None:
    """As the supervisor does it: both sides keep to it."""
    others = [z for z in (1, 2, 3) if z != zone]

    async def both() -> None:
        cluster.zone(zone).cut([f"az{z}" for z in others], out=out, into=into)
        for other in others:
            cluster.zone(other).cut([f"az{zone}"], out=into, into=out)

    cluster._run(both())


def heal(cluster: LocalCluster) -> None:
    async def all_of_them() -> None:
        for zone in (1, 2, 3):
            cluster.zone(zone).heal()

    cluster._run(all_of_them())
