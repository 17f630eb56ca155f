"""One cluster's directories under msklite and under Apache Kafka, and what clients see of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.structs import OffsetAndMetadata

from msklite.metadata.image import BROKER
from msklite.wire.messages.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from msklite.wire.messages.init_producer_id_request import InitProducerIdRequest
from msklite.wire.primitives import Message
from msklite.zone import spec as specs
from tests.parity.talk import Talk
from tests.support.jvm import ApacheKafka

TOPICS = {"plain": 1, "wide": 4, "small.segments": 2}
SMALL = {"segment.bytes": "1048576", "retention.ms": "123456789"}
CODECS = {"plain": None, "wide": "gzip", "small.segments": "lz4"}

Row = tuple[int, int, int, bytes, bytes, str]


def create(bootstrap: str, topics: Mapping[str, int], replicas: int = 1) -> None:
    """The topics; "small.segments" with its settings."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics(
        [
            NewTopic(t, n, replicas, topic_configs=SMALL if t == "small.segments" else {})
            for t, n in topics.items()
        ]
    )
    admin.close()


def drop(bootstrap: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.delete_topics([topic])
    admin.close()


def topic_names(bootstrap: str) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    found = set(admin.list_topics())
    admin.close()
    return found


def until_in_sync(bootstrap: str, replicas: int) -> None:
    """Wait until every partition has so many replicas in sync."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    deadline = time.monotonic() + 60
    while True:
        found = {
            (t["name"], p["partition_index"]): p["isr_nodes"]
            for t in admin.describe_topics()
            for p in t["partitions"]
        }
        if all(len(isr) == replicas for isr in found.values()):
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    admin.close()


def write(bootstrap: str, start: int, count: int) -> None:
    """`count` records into each topic, valued by number; each topic with its own codec."""
    for topic in TOPICS:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, compression_type=CODECS[topic], acks="all"
        )
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
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, group_id="readers", enable_auto_commit=False
    )
    tps = [TopicPartition("wide", p) for p in range(4)]
    consumer.assign(tps)
    consumer.commit({tp: OffsetAndMetadata(offset, f"at {offset}", -1) for tp in tps})
    consumer.close()


def committed(bootstrap: str) -> list[tuple[int, str]]:
    """What the group has committed in each partition of "wide"."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, group_id="readers", enable_auto_commit=False
    )
    out = []
    for p in range(4):
        meta = consumer.committed(TopicPartition("wide", p), metadata=True)
        assert meta is not None
        out.append((meta.offset, meta.metadata))
    consumer.close()
    return out


def everything(bootstrap: str) -> dict[str, list[Row]]:
    """All records: partition, offset, time, key, value, headers, in order in each partition."""
    out: dict[str, list[Row]] = {}
    for topic, partitions in TOPICS.items():
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest"
        )
        tps = [TopicPartition(topic, p) for p in range(partitions)]
        consumer.assign(tps)
        ends = consumer.end_offsets(tps)
        rows: list[Row] = []
        while any(consumer.position(tp) < ends[tp] for tp in tps):
            for records in consumer.poll(timeout_ms=1000).values():
                rows += [
                    (r.partition, r.offset, r.timestamp, r.key, r.value, str(r.headers))
                    for r in records
                ]
        consumer.close()
        out[topic] = sorted(rows)
    return out


def set_configs(bootstrap: str, values: Mapping[str, Mapping[str, str]]) -> None:
    """Set brokers' settings by node id, "" for all of them. (kafka-python can't do the latter.)"""
    request = IncrementalAlterConfigsRequest(
        resources=[
            AlterConfigsResource(
                resource_type=BROKER,
                resource_name=name,
                configs=[AlterableConfig(name=k, value=v) for k, v in found.items()],
            )
            for name, found in values.items()
        ]
    )
    reply = ask(bootstrap, request, 1, lambda r: True)
    assert [r.error_code for r in reply.responses] == [0] * len(values), reply


def configs(bootstrap: str, kind: str, name: str) -> dict[str, str]:
    """The settings of one resource."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    resource = ConfigResource(ConfigResourceType[kind.upper()], name)
    found: Any = admin.describe_configs([resource], config_filter="all")
    admin.close()
    values = found[kind.lower()][name] if isinstance(found, dict) else found
    return {k: v["value"] for k, v in values.items()}


def producer_id(bootstrap: str) -> int:
    """A new producer id."""
    request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=-1)
    return int(ask(bootstrap, request, 4, lambda r: r.error_code == 0).producer_id)


def ask(bootstrap: str, request: Message, version: int, done: Callable[[Any], bool]) -> Any:
    """Send one request until its answer is `done`."""
    host, port = bootstrap.split(",")[0].rsplit(":", 1)
    talk = Talk((host, int(port)))
    try:
        return talk.until(request, version, done)
    finally:
        talk.close()


def kafka_on(spec: specs.ZoneSpec, *, format: bool = False, **options: Any) -> ApacheKafka:
    """Apache Kafka on the directories of a stopped cluster, on the same ports."""
    return ApacheKafka(
        controller_dir=Path(spec.controller_dir()),
        broker_dirs={n: Path(spec.broker_dir(n)) for n in spec.brokers},
        format=format,
        controller_id=spec.controller_id,
        controller_port=spec.ports[spec.controller_id],
        broker_ports={n: spec.ports[n] for n in spec.brokers},
        log_level="warn",
        **options,
    )


def segments(spec: specs.ZoneSpec) -> dict[str, bytes]:
    """The bytes of every segment of the topics, and of the metadata log."""
    zone = Path(spec.directory)
    wanted = [zone.glob(f"broker-*/{t}-*/*.log") for t in TOPICS]
    wanted.append(zone.glob("controller-*/__cluster_metadata-0/*.log"))
    return {str(p.relative_to(zone)): p.read_bytes() for found in wanted for p in found}


def replicas(spec: specs.ZoneSpec) -> dict[str, set[bytes]]:
    """Of each partition: the different contents that the replicas in all zones have."""
    found: dict[str, set[bytes]] = {}
    for number in spec.zones:
        for folder in Path(spec.for_zone(number).directory).glob("broker-*/*-*/"):
            content = b"".join(p.read_bytes() for p in sorted(folder.glob("*.log")))
            found.setdefault(folder.name, set()).add(content)
    return found
