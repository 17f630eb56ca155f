"""An example of a test that loses an availability zone on purpose, and brings it back.

pytest examples/test_zone_lost.py
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from msklite.testing import LocalCluster

TOPIC = "orders"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Three zones with a broker each, and a topic that has a replica in every zone."""
    with LocalCluster(azs=3) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        settings = {"min.insync.replicas": "2"}
        admin.create_topics(
            {TOPIC: {"num_partitions": 1, "replication_factor": 3, "configs": settings}}
        )
        admin.close()
        yield cluster


@pytest.fixture
def zone_lost(cluster: LocalCluster) -> Iterator[int]:
    """The zone that leads the topic is gone during this test."""
    leader = cluster.zone(1).image.topics[TOPIC].partitions[0].leader
    cluster.kill_zone(leader)  # broker 1 is in az1, 2 in az2, 3 in az3
    yield leader
    cluster.start_zone(leader)


def test_writing_goes_on_without_a_zone(cluster: LocalCluster, zone_lost: int) -> None:
    sent = [b"%d" % n for n in range(100)]
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
    for future in [producer.send(TOPIC, value, partition=0) for value in sent]:
        future.get(timeout=30)
    producer.close()

    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap_servers)
    partition = TopicPartition(TOPIC, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    read: list[bytes] = []
    while len(read) < len(sent):
        for batch in consumer.poll(timeout_ms=1000).values():
            read += [record.value for record in batch]
    consumer.close()
    assert read == sent
