"""Consumers read from the replica in their zone (KIP-392)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from msklite.partition.nearest import SELECTOR
from msklite.testing import LocalCluster
from tests.replication.test_three_brokers import until


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(azs=3, config={"replica.selector.class": SELECTOR}) as made:
        admin = KafkaAdminClient(bootstrap_servers=made.bootstrap_servers)
        admin.create_topics([NewTopic("t", 1, 3)])
        admin.close()
        yield made


class Reader:
    """A consumer of the partition; `broker` is where it reads, by its own statistics."""

    def __init__(self, cluster: LocalCluster, rack: str) -> None:
        self.broker = -1
        self.found: list[bytes | None] = []
        self._consumer = Consumer(
            {
                "bootstrap.servers": cluster.bootstrap_servers,
                "group.id": "unused",
                "client.rack": rack,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 100,
                "statistics.interval.ms": 100,
                "stats_cb": self._note,
                "logger": logging.getLogger(__name__),
            }
        )
        self._consumer.assign([TopicPartition("t", 0, 0)])

    def _note(self, text: str) -> None:
        topics = json.loads(text)["topics"]
        if "t" in topics:
            self.broker = topics["t"]["partitions"]["0"]["broker"]

    def poll(self) -> None:
        message = self._consumer.poll(0.1)
        if message is not None:
            assert message.error() is None, message.error()
            self.found.append(message.value())

    def take(self, count: int) -> list[bytes | None]:
        """The next `count` values."""
        until(lambda: self._at_least(count), 40)
        taken, self.found = self.found, []
        return taken

    def reads_at(self, broker: int) -> bool:
        self.poll()
        return self.broker == broker

    def _at_least(self, count: int) -> bool:
        self.poll()
        return len(self.found) >= count

    def close(self) -> None:
        self._consumer.close()


def test_a_consumer_reads_in_its_zone_and_elsewhere_when_that_is_gone(
    cluster: LocalCluster,
) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", retries=100)
    sent = [b"%d" % i for i in range(50)]
    for value in sent[:20]:
        producer.send("t", value).get(timeout=30)
    leader = cluster.zone(1).image.topics["t"].partitions[0].leader
    mine = leader % 3 + 1
    reader = Reader(cluster, f"az{mine}")
    assert reader.take(20) == sent[:20]
    until(lambda: reader.reads_at(mine))
    for value in sent[20:40]:
        producer.send("t", value).get(timeout=30)
    assert reader.take(20) == sent[20:40]
    cluster.stop_zone(mine)
    for value in sent[40:]:
        producer.send("t", value).get(timeout=30)
    assert reader.take(10) == sent[40:]
    reader.close()
    producer.close()


def test_without_a_rack_it_reads_from_the_leader(cluster: LocalCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
    producer.send("t", b"v").get(timeout=30)
    producer.close()
    leader = cluster.zone(1).image.topics["t"].partitions[0].leader
    reader = Reader(cluster, "")
    assert reader.take(1) == [b"v"]
    until(lambda: reader.reads_at(leader))
    reader.close()
