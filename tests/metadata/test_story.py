"""Any story of requests leaves a log that gives the same image again, and so does its snapshot."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from msklite.metadata.image import BROKER, TOPIC, Image
from msklite.metadata.records import UnknownRecord, decode, encode_record
from msklite.wire.messages.allocate_producer_ids_request import AllocateProducerIdsRequest
from msklite.wire.messages.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from msklite.wire.messages.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from msklite.wire.messages.unregister_broker_request import UnregisterBrokerRequest
from tests.metadata.cluster import CLUSTER, Cluster, topic

NAMES = st.sampled_from(["a", "b", "c.d", "c_d"])
NODES = st.integers(1, 3)
STEPS = st.one_of(
    st.tuples(st.just("create"), NAMES, st.integers(0, 4)),
    st.tuples(st.just("delete"), NAMES, st.just(0)),
    st.tuples(st.just("grow"), NAMES, st.integers(1, 6)),
    st.tuples(st.just("set"), NAMES, st.integers(0, 3)),
    st.tuples(st.just("broker"), st.just(""), NODES),
    st.tuples(st.just("join"), st.just(""), NODES),
    st.tuples(st.just("fence"), st.just(""), NODES),
    st.tuples(st.just("stop"), st.just(""), NODES),
    st.tuples(st.just("beat"), st.just(""), NODES),
    st.tuples(st.just("leave"), st.just(""), NODES),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 12)),
    st.tuples(st.just("ids"), st.just(""), NODES),
    st.tuples(st.just("strange"), st.just(""), st.integers(0, 255)),
)


def alter(cluster: Cluster, kind: int, name: str, key: str, number: int) -> None:
    config = AlterableConfig(name=key, config_operation=number % 2, value=str(1000 + number))
    resource = AlterConfigsResource(resource_type=kind, resource_name=name, configs=[config])
    cluster.ask(IncrementalAlterConfigsRequest(resources=[resource]))


def step(cluster: Cluster, what: str, name: str, number: int, lives: dict[int, int]) -> None:
    if what == "create":
        cluster.create(topic(name, number, 1 + number % 2, retention_ms=str(number)))
    elif what == "delete":
        cluster.delete(name)
    elif what == "grow":
        wish = CreatePartitionsTopic(name=name, count=number)
        wish.assignments = None
        cluster.ask(CreatePartitionsRequest(topics=[wish], timeout_ms=1000))
    elif what == "set":
        alter(cluster, TOPIC, name, "segment.ms", number)
    elif what == "broker":
        alter(cluster, BROKER, str(number) if number > 1 else "", "log.retention.ms", number)
    elif what == "join":
        lives[number] = lives.get(number, 0) + 1
        cluster.register(number, lives[number])
    elif what == "wait":
        cluster.tick(number * 1000)
    elif what == "strange":
        cluster.commit([UnknownRecord(b"\x01\x7f\x00" + bytes([number]), 127, 0)])
    elif number in cluster.epochs:
        if what == "leave":
            cluster.ask(UnregisterBrokerRequest(broker_id=number))
        elif what == "ids":
            epoch = cluster.epochs[number]
            cluster.ask(AllocateProducerIdsRequest(broker_id=number, broker_epoch=epoch))
        else:
            cluster.heartbeat(number, want_fence=what == "fence", want_shut_down=what == "stop")


def check(image: Image) -> None:
    """What must hold of every image."""
    for found in image.topics.values():
        for part in found.partitions.values():
            assert {*part.isr, *part.elr} <= set(part.replicas)
            assert part.isr or part.elr or part.last_known_elr, "nobody is left to turn to"
            assert not set(part.isr) & set(part.elr)
            assert part.leader < 0 or part.leader in part.isr
            leads = image.brokers.get(part.leader)
            assert part.leader < 0 or (leads is not None and leads.active), part
    assert {t.id: n for n, t in image.topics.items()} == image.topic_names
    assert not [n for kind, n in image.configs if kind == TOPIC and n not in image.topics]


@given(st.lists(STEPS, min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_replay_and_snapshot_give_the_same_image(steps: list[tuple[str, str, int]]) -> None:
    cluster = Cluster(brokers=2)
    lives = {1: 1, 2: 1}
    for what, name, number in steps:
        step(cluster, what, name, number, lives)
        check(cluster.image)
    image = cluster.image
    assert replace(cluster.replayed(), timestamp=image.timestamp) == image
    raw = [encode_record(r) for r in image.to_records()]
    again = Image(cluster_id=CLUSTER).apply([decode(r) for r in raw], image.offset, image.epoch)
    assert replace(again, timestamp=image.timestamp) == image
