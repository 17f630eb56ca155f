"""Whoever outgrows msklite stops it and starts Apache Kafka 4.2 on the same directories, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.structs import OffsetAndMetadata

from msklite.testing import LocalCluster
from msklite.zone import spec as specs
from tests.support.jvm import ApacheKafka, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

TOPICS = {"plain": 1, "wide": 4, "small.segments": 2}
SMALL = {"segment.bytes": "1048576", "retention.ms": "123456789"}


def write(bootstrap: str, start: int, count: int) -> None:
    """`count` records into each topic, valued by number; gzip in one of them."""
    for topic in TOPICS:
        compression = "gzip" if topic == "wide" else None
        producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=compression)
        for i in range(start, start + count):
            producer.send(
                topic,
                key=b"k%d" % i,
                value=b"%s-%d" % (topic.encode(), i),
                headers=[("h", b"%d" % i)],
                partition=i % TOPICS[topic],
            )
        producer.flush()
        producer.close()


def commit(bootstrap: str, offset: int) -> None:
    """The group "readers" has read up to `offset` of each partition of "wide"."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id="readers", enable_auto_commit=False)
    tps = [TopicPartition("wide", p) for p in range(4)]
    consumer.assign(tps)
    consumer.commit({tp: OffsetAndMetadata(offset, f"at {offset}", -1) for tp in tps})
    consumer.close()


def everything(bootstrap: str) -> dict[str, list[tuple[int, int, bytes, bytes, str]]]:
    """All records: partition, offset, key, value, header, in order within each partition."""
    out: dict[str, list[tuple[int, int, bytes, bytes, str]]] = {}
    for topic, partitions in TOPICS.items():
        consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        tps = [TopicPartition(topic, p) for p in range(partitions)]
        consumer.assign(tps)
        ends = consumer.end_offsets(tps)
        rows = []
        while any(consumer.position(tp) < ends[tp] for tp in tps):
            for records in consumer.poll(timeout_ms=1000).values():
                rows += [(r.partition, r.offset, r.key, r.value, str(r.headers)) for r in records]
        consumer.close()
        out[topic] = sorted(rows)
    return out


def committed(bootstrap: str) -> list[tuple[int, str]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id="readers", enable_auto_commit=False)
    out = []
    for p in range(4):
        meta = consumer.committed(TopicPartition("wide", p), metadata=True)
        assert meta is not None
        out.append((meta.offset, meta.metadata))
    consumer.close()
    return out


def overrides(bootstrap: str) -> dict[str, str]:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "small.segments")])
    admin.close()
    text = repr(found)
    assert all(v in text for v in SMALL.values()), text
    return SMALL


def kafka_on(data: Path, spec: specs.ZoneSpec) -> ApacheKafka:
    """Apache Kafka on the directories of a stopped cluster, on the same ports."""
    zone = Path(spec.directory)
    return ApacheKafka(
        controller_dir=zone / f"controller-{spec.controller_id}",
        broker_dirs={n: zone / f"broker-{n}" for n in spec.brokers},
        format=False,
        controller_id=spec.controller_id,
        controller_port=spec.ports[spec.controller_id],
        broker_ports={n: spec.ports[n] for n in spec.brokers},
        log_level="warn",
    )


def test_there_and_back(tmp_path: Path) -> None:
    """Topics, records, committed offsets and settings survive both changes, and both may add."""
    require_jvm()
    cluster = LocalCluster(data_dir=str(tmp_path), config={"offsets.topic.num.partitions": "50"})
    with cluster:
        bootstrap = cluster.bootstrap_servers
        spec = cluster.spec
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        admin.create_topics([
            NewTopic(t, n, 1, topic_configs=SMALL if t == "small.segments" else {})
            for t, n in TOPICS.items()
        ])
        admin.close()
        write(bootstrap, 0, 500)
        commit(bootstrap, 17)
        before = everything(bootstrap)
    with kafka_on(tmp_path, spec) as kafka:
        try:
            assert everything(kafka.bootstrap) == before
            assert committed(kafka.bootstrap) == [(17, "at 17")] * 4
            overrides(kafka.bootstrap)
            write(kafka.bootstrap, 500, 300)
            commit(kafka.bootstrap, 40)
            admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
            admin.create_topics([NewTopic("made-by-kafka", 3, 1)])
            admin.close()
            with_kafka = everything(kafka.bootstrap)
        except BaseException:
            print(kafka.output())
            raise
    assert sum(map(len, with_kafka.values())) == 3 * 800
    cluster.start()
    try:
        bootstrap = cluster.bootstrap_servers
        assert everything(bootstrap) == with_kafka
        assert committed(bootstrap) == [(40, "at 40")] * 4
        overrides(bootstrap)
        write(bootstrap, 800, 10)
        assert sum(map(len, everything(bootstrap).values())) == 3 * 810
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        assert "made-by-kafka" in admin.list_topics()
        admin.close()
    finally:
        cluster.stop()
