"""Three zones: a quorum of three controllers, brokers in each; one goes, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from msklite.testing import LocalCluster
from msklite.wire.messages import describe_quorum_request as quorum
from tests.replication.test_three_brokers import read, until


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(azs=3, config={"broker.session.timeout.ms": "2000"}) as made:
        admin = KafkaAdminClient(bootstrap_servers=made.bootstrap_servers)
        settings = {"min.insync.replicas": "2"}
        admin.create_topics([NewTopic("t", 3, 3, topic_configs=settings)])
        admin.close()
        yield made


def isr(cluster: LocalCluster, zone: int) -> list[list[int]]:
    """The in-sync sets as one zone's image has them."""
    topic = cluster.zone(zone).image.topics["t"]
    return [sorted(p.isr) for p in topic.partitions.values()]


def leader(cluster: LocalCluster, zone: int) -> int:
    status: int = cluster.status(zone)["controller"]["leader"]
    return status


def test_replicas_are_spread_over_the_zones(cluster: LocalCluster) -> None:
    image = cluster.zone(2).image
    racks = {b.id: b.rack for b in image.brokers.values()}
    assert racks == {1: "az1", 2: "az2", 3: "az3"}
    for state in image.topics["t"].partitions.values():
        assert {racks[r] for r in state.replicas} == {"az1", "az2", "az3"}


def test_brokers_of_all_zones_are_observers(cluster: LocalCluster) -> None:
    """Also those that read the copy of a voter in their own process and fetch from nobody."""
    topic = quorum.TopicData("__cluster_metadata", [quorum.PartitionData(0)])
    leading = cluster.zone(leader(cluster, 1) - 10000).controller

    def observers() -> dict[int, bytes]:
        asked = leading.decide(quorum.DescribeQuorumRequest([topic]), 2)
        (found,) = cluster._run(asked).topics[0].partitions
        assert [v.replica_id for v in found.current_voters] == [10001, 10002, 10003]
        assert all(o.log_end_offset > 0 for o in found.observers)
        return {o.replica_id: o.replica_directory_id for o in found.observers}

    until(lambda: list(observers()) == [1, 2, 3])
    registered = cluster.zone(1).image.brokers
    assert observers() == {n: registered[n].log_dirs[0] for n in (1, 2, 3)}


@pytest.mark.parametrize("kill", [True, False])
def test_a_zone_goes_and_comes_back(cluster: LocalCluster, kill: bool) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", retries=100)
    sent = [b"%d" % i for i in range(300)]
    for future in [producer.send("t", v) for v in sent[:100]]:
        future.get(timeout=30)
    gone = leader(cluster, 1) - 10000
    stays = 1 if gone != 1 else 2
    if kill:
        cluster.kill_zone(gone)
    else:
        cluster.stop_zone(gone)
    for future in [producer.send("t", v) for v in sent[100:200]]:
        future.get(timeout=30)
    assert leader(cluster, stays) != gone + 10000
    cluster.start_zone(gone)
    until(lambda: isr(cluster, stays) == [[1, 2, 3]] * 3)
    for future in [producer.send("t", v) for v in sent[200:]]:
        future.get(timeout=30)
    producer.close()
    assert sorted(read(cluster, "t", 300)) == sorted(sent)
    until(lambda: isr(cluster, gone) == [[1, 2, 3]] * 3)


def test_two_zones_gone_and_back(cluster: LocalCluster) -> None:
    """acks=all isn't acknowledged while the in-sync set is too small; it resumes by itself."""
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", retries=200)
    producer.send("t", b"before").get(timeout=30)
    gone = [2, 3]
    for zone in gone:
        cluster.kill_zone(zone)
    future = producer.send("t", b"during")
    with pytest.raises(Exception):  # noqa: B017 - kafka-python's time-out has several names
        future.get(timeout=1)
    for zone in gone:
        cluster.start_zone(zone)
    future.get(timeout=60)
    producer.send("t", b"after").get(timeout=30)
    producer.close()
    assert {b"before", b"during", b"after"} <= set(read(cluster, "t", 3))


def test_a_cluster_of_three_zones_restarts(cluster: LocalCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
    for i in range(100):
        producer.send("t", b"%d" % i).get(timeout=30)
    producer.close()
    cluster.crash()
    cluster.restart()
    assert len(read(cluster, "t", 100)) == 100
