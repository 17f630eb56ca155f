"""Three brokers of one zone: followers follow, leaders move, nothing acknowledged is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from msklite.testing import LocalCluster


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=3, config={"replica.lag.time.max.ms": "1000"}) as made:
        yield made


def create(cluster: LocalCluster, name: str, factor: int = 3, **configs: str) -> None:
    settings = {k.replace("_", "."): v for k, v in configs.items()}
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.create_topics([NewTopic(name, 3, factor, topic_configs=settings)])
    admin.close()


def until(check: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def stop_broker(cluster: LocalCluster, node_id: int) -> None:
    """One broker leaves cleanly; the rest of the zone goes on."""
    zone = cluster.zone()
    cluster._run(zone.brokers[node_id].stop())


def read(cluster: LocalCluster, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=cluster.bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
    )
    consumer.assign([TopicPartition(topic, p) for p in range(3)])
    found = []
    for record in consumer:
        found.append(record.value)
        if len(found) == count:
            break
    consumer.close()
    return found


def test_what_all_have_is_acknowledged_and_survives_a_leader(cluster: LocalCluster) -> None:
    create(cluster, "t", min_insync_replicas="2")
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", retries=50)
    sent = [b"%d" % i for i in range(900)]
    for future in [producer.send("t", v) for v in sent[:600]]:
        future.get(timeout=20)
    stop_broker(cluster, 1)
    for future in [producer.send("t", v) for v in sent[600:]]:
        future.get(timeout=20)
    producer.close()
    assert sorted(read(cluster, "t", 900)) == sorted(sent)
    zone = cluster.zone()
    for state in zone.image.topics["t"].partitions.values():
        assert sorted(state.isr) == [2, 3]
        assert state.leader in (2, 3)


def test_replicas_are_the_same_bytes(cluster: LocalCluster) -> None:
    create(cluster, "same")
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
    for future in [producer.send("same", b"x" * 500) for _ in range(300)]:
        future.get(timeout=20)
    producer.close()
    zone = cluster.zone()

    def logs(index: int) -> set[bytes]:
        found = set()
        for broker in zone.brokers.values():
            partition = broker.replicas.get("same", index)
            assert partition is not None
            log = partition.log
            found.add(log.read(0, 1 << 30, log.end_offset, True).read())
        return found

    for index in range(3):
        until(lambda i=index: len(logs(i)) == 1)


def test_too_few_in_sync_is_refused_and_comes_back(cluster: LocalCluster) -> None:
    create(cluster, "strict", min_insync_replicas="3")
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", retries=0)
    producer.send("strict", b"good").get(timeout=20)
    stop_broker(cluster, 3)
    with pytest.raises(Exception, match=r"NotEnoughReplicas|\[Error 19\]"):
        for _ in range(20):
            producer.send("strict", b"refused").get(timeout=20)
    producer.close()


def test_a_factor_above_the_brokers_is_refused(cluster: LocalCluster) -> None:
    with pytest.raises(Exception, match="needs as many brokers"):
        create(cluster, "wide", factor=4)


def test_a_crashed_cluster_keeps_what_was_acknowledged(cluster: LocalCluster) -> None:
    create(cluster, "kept", min_insync_replicas="2")
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all")
    sent = [b"%d" % i for i in range(300)]
    for future in [producer.send("kept", v) for v in sent]:
        future.get(timeout=20)
    cluster.crash()
    cluster.restart()
    assert sorted(read(cluster, "kept", 300)) == sorted(sent)
    producer.close()
