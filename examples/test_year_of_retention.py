"""An example of a test that lets a year pass: records are kept for it, and then they are gone.

pytest examples/test_year_of_retention.py
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from msklite.testing import LocalCluster

TOPIC = "invoices"
KEPT_FOR = timedelta(days=400)


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """A cluster with a topic whose records are kept for more than a year."""
    with LocalCluster() as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        milliseconds = str(int(KEPT_FOR.total_seconds() * 1000))
        admin.create_topics(
            {
                TOPIC: {
                    "num_partitions": 1,
                    "replication_factor": 1,
                    "configs": {"retention.ms": milliseconds},
                }
            }
        )
        admin.close()
        yield cluster


def write(cluster: LocalCluster, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
    producer.send(TOPIC, value).get(timeout=30)
    producer.close()


def read(cluster: LocalCluster) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=cluster.bootstrap_servers)
    partition = TopicPartition(TOPIC, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    values: list[bytes] = []
    while consumer.position(partition) < end:
        for batch in consumer.poll(timeout_ms=1000).values():
            values += [record.value for record in batch]
    consumer.close()
    return values


def test_invoices_are_kept_for_more_than_a_year_and_not_for_ever(cluster: LocalCluster) -> None:
    write(cluster, b"this year's")

    cluster.clock.advance("365d")
    assert read(cluster) == [b"this year's"]
    write(cluster, b"next year's")

    cluster.clock.advance("36d")  # 401 days since the first, 36 since the second
    assert read(cluster) == [b"next year's"]

    cluster.clock.advance(KEPT_FOR)
    assert read(cluster) == []
