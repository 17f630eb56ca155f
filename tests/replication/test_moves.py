"""Leaders and replicas move: by request, by themselves, cleanly or not."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from msklite.metadata.image import PartitionImage
from msklite.partition.partition import Partition
from msklite.testing import LocalCluster
from tests.replication.test_three_brokers import read, stop_broker, until

CONFIG = {
    "replica.lag.time.max.ms": "1000",
    "leader.imbalance.check.interval.seconds": "1",
    "auto.leader.rebalance.enable": "false",
}


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(brokers=4, config=CONFIG) as made:
        yield made


def state(cluster: LocalCluster, topic: str, index: int = 0) -> PartitionImage:
    return cluster.zone().image.topics[topic].partitions[index]


def hosted(cluster: LocalCluster, broker: int, topic: str) -> Partition | None:
    return cluster.zone().brokers[broker].replicas.get(topic, 0)


def create(cluster: LocalCluster, topic: str, replicas: list[int], **configs: str) -> None:
    settings = {k.replace("_", "."): v for k, v in configs.items()}
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.create_topics([NewTopic(topic, -1, -1, {0: replicas}, settings)])
    admin.close()


def produce(cluster: LocalCluster, topic: str, *values: bytes, acks: Any = "all") -> None:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks=acks, retries=50)
    for value in values:
        producer.send(topic, value).get(timeout=30)
    producer.close()


def request(cluster: LocalCluster, message: Any) -> Any:
    zone = cluster.zone()
    assert zone.controller is not None
    return cluster._run(zone.controller.decide(message, 0))


def reassign(cluster: LocalCluster, topic: str, target: list[int]) -> None:
    from msklite.wire.messages import alter_partition_reassignments_request as m

    part = m.ReassignablePartition(partition_index=0, replicas=target)
    asked = m.AlterPartitionReassignmentsRequest(
        topics=[m.ReassignableTopic(name=topic, partitions=[part])]
    )
    reply = request(cluster, asked)
    assert [p.error_code for t in reply.responses for p in t.partitions] == [0]


def folders(cluster: LocalCluster, broker: int, topic: str) -> list[str]:
    assert cluster.data_dir is not None
    return [
        p.name
        for p in Path(cluster.data_dir).rglob(f"broker-{broker}/{topic}-*")
        if os.path.isdir(p)
    ]


def test_replicas_move_with_their_records(cluster: LocalCluster) -> None:
    create(cluster, "t", [1, 2, 3], file_delete_delay_ms="100")
    produce(cluster, "t", b"a", b"b")
    reassign(cluster, "t", [4, 2, 3])
    until(lambda: sorted(state(cluster, "t").isr) == [2, 3, 4])
    assert state(cluster, "t").replicas == (4, 2, 3) and state(cluster, "t").leader != 1
    produce(cluster, "t", b"c")
    until(lambda: not folders(cluster, 1, "t"))
    assert hosted(cluster, 1, "t") is None
    moved = hosted(cluster, 4, "t")
    assert moved is not None
    until(lambda: moved.log.end_offset == 3)


def test_a_new_replica_of_a_log_that_starts_within_a_batch(cluster: LocalCluster) -> None:
    create(cluster, "t", [1, 2])
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", linger_ms=500)
    sent = [producer.send("t", b"%d" % i) for i in range(10)]
    producer.flush()
    assert [f.get(timeout=30).offset for f in sent] == list(range(10))
    producer.close()
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    cut = TopicPartition("t", 0, 4)
    found = admin.delete_records([cut])[cut].result(timeout=30)
    assert found.low_watermark == 4
    for broker in (1, 2):  # deleted on all replicas when the answer came
        replica = hosted(cluster, broker, "t")
        assert replica is not None and replica.log.start_offset == 4
    reassign(cluster, "t", [3, 4])
    until(lambda: sorted(state(cluster, "t").isr) == [3, 4])
    for broker in (3, 4):
        replica = hosted(cluster, broker, "t")
        assert replica is not None
        assert (replica.log.start_offset, replica.log.end_offset) == (4, 10)


def test_elect_leaders_gives_it_back_to_the_first(cluster: LocalCluster) -> None:
    create(cluster, "t", [1, 2, 3])
    produce(cluster, "t", b"a")
    stop_broker(cluster, 1)
    until(lambda: state(cluster, "t").leader in (2, 3))
    before = state(cluster, "t").leader
    cluster._run(cluster.zone()._start_broker(1))
    until(lambda: sorted(state(cluster, "t").isr) == [1, 2, 3])
    assert state(cluster, "t").leader == before
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    asked = [TopicPartition("t", 0)]
    done = admin.elect_leaders(ElectionType.PREFERRED, asked).result(timeout=30)
    assert list(done.values()) == [None]
    until(lambda: state(cluster, "t").leader == 1)
    produce(cluster, "t", b"b")
    assert cluster.status()["controller"]["unclean_elections"] == 0


@pytest.mark.parametrize("allowed", [True, False])
def test_unclean_elections(
    cluster: LocalCluster, allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    create(
        cluster, "t", [1, 2], unclean_leader_election_enable=str(allowed).lower(),
        min_insync_replicas="1",
    )  # fmt: skip
    produce(cluster, "t", b"both")
    stop_broker(cluster, 2)
    produce(cluster, "t", b"one has it")
    until(lambda: state(cluster, "t").isr == (1,))
    with caplog.at_level(logging.WARNING, "msklite.controller"):
        stop_broker(cluster, 1)
        until(lambda: state(cluster, "t").leader == -1)
        cluster._run(cluster.zone()._start_broker(2))
        if allowed:
            until(lambda: state(cluster, "t").leader == 2)
    told = [r.message for r in caplog.records if "unclean election" in r.message]
    assert len(told) == cluster.status()["controller"]["unclean_elections"] == int(allowed)
    if allowed:
        assert "t-0" in told[0] and "broker 2" in told[0]
        produce(cluster, "t", b"after")
        cluster._run(cluster.zone()._start_broker(1))
        until(lambda: sorted(state(cluster, "t").isr) == [1, 2])
        replica = hosted(cluster, 1, "t")
        assert replica is not None
        assert replica.log.end_offset == 2, "it follows the new truth"
    else:
        assert state(cluster, "t").leader == -1
        cluster._run(cluster.zone()._start_broker(1))
        until(lambda: state(cluster, "t").leader == 1)
        until(lambda: sorted(state(cluster, "t").isr) == [1, 2])
        replica = hosted(cluster, 2, "t")
        assert replica is not None
        until(lambda: replica.log.end_offset == 2)


def test_leaders_are_evened_out_by_themselves() -> None:
    config = {**CONFIG, "auto.leader.rebalance.enable": "true"}
    with LocalCluster(brokers=3, config=config) as cluster:
        create(cluster, "t", [1, 2, 3])
        stop_broker(cluster, 1)
        until(lambda: state(cluster, "t").leader in (2, 3))
        cluster._run(cluster.zone()._start_broker(1))
        until(lambda: state(cluster, "t").leader == 1)


def test_a_consumer_reads_all_through_a_move(cluster: LocalCluster) -> None:
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.create_topics([NewTopic("t", -1, -1, {n: [1, 2] for n in range(3)})])
    admin.close()
    values = [b"%d" % i for i in range(60)]
    produce(cluster, "t", *values[:30])
    reassign(cluster, "t", [3, 4])
    produce(cluster, "t", *values[30:])
    assert sorted(read(cluster, "t", 60)) == sorted(values)
