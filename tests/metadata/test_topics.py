"""CreateTopics, DeleteTopics, CreatePartitions: what becomes records, what is refused, and how."""

from __future__ import annotations

import pytest

from msklite.errors import Code
from msklite.metadata.image import TOPIC
from msklite.wire.messages.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from msklite.wire.messages.create_topics_request import CreatableTopic
from msklite.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from tests.metadata.cluster import Cluster, topic


def grow(cluster: Cluster, name: str, count: int, validate: bool = False) -> Code:
    wish = CreatePartitionsTopic(name=name, count=count)
    wish.assignments = None
    reply = cluster.ask(
        CreatePartitionsRequest(topics=[wish], timeout_ms=1000, validate_only=validate)
    )
    return Code(reply.results[0].error_code)


def test_a_topic_is_made_with_its_partitions_and_settings() -> None:
    cluster = Cluster(brokers=1)
    (made,) = cluster.create(topic("orders", 3, retention_ms="5", cleanup_policy="compact"))
    assert (made.error_code, made.num_partitions, made.replication_factor) == (0, 3, 1)
    assert made.topic_id == cluster.image.topics["orders"].id
    assert {c.name: c.value for c in made.configs}["retention.ms"] == "5"
    assert cluster.image.config(TOPIC, "orders") == {
        "retention.ms": "5",
        "cleanup.policy": "compact",
    }
    for part in cluster.image.topics["orders"].partitions.values():
        assert (part.replicas, part.isr, part.leader, part.leader_epoch) == ((1,), (1,), 1, 0)
        assert part.directories == (bytes([101]) * 16,)


def test_the_defaults_of_the_broker_count() -> None:
    cluster = Cluster({"num.partitions": "4", "default.replication.factor": "2"}, brokers=2)
    (made,) = cluster.create(topic("t", -1, -1))
    assert (made.num_partitions, made.replication_factor) == (4, 2)


def test_validate_only_answers_and_writes_nothing() -> None:
    cluster = Cluster(brokers=1)
    before = len(cluster.log)
    good, bad = cluster.create(topic("t", 2), topic("", 1), validate_only=True)
    assert (good.error_code, good.num_partitions) == (0, 2)
    assert bad.error_code == Code.INVALID_TOPIC_EXCEPTION
    assert len(cluster.log) == before and not cluster.image.topics


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (topic("."), Code.INVALID_TOPIC_EXCEPTION),
        (topic("a" * 250), Code.INVALID_TOPIC_EXCEPTION),
        (topic("a b"), Code.INVALID_TOPIC_EXCEPTION),
        (topic("there"), Code.TOPIC_ALREADY_EXISTS),
        (topic("with_dot"), Code.INVALID_TOPIC_EXCEPTION),  # collides with with.dot
        (topic("__cluster_metadata"), Code.INVALID_REQUEST),
        (topic("t", 0), Code.INVALID_PARTITIONS),
        (topic("t", -2), Code.INVALID_PARTITIONS),
        (topic("t", 1, 0), Code.INVALID_REPLICATION_FACTOR),
        (topic("t", 1, 3), Code.INVALID_REPLICATION_FACTOR),
        (topic("t", retention_ms="soon"), Code.INVALID_CONFIG),
        (topic("t", no_such_thing="1"), Code.INVALID_CONFIG),
        (topic("t", assignments=[[9]]), Code.INVALID_REPLICA_ASSIGNMENT),
        (topic("t", assignments=[[1, 1]]), Code.INVALID_REPLICA_ASSIGNMENT),
        (topic("t", assignments=[[1], []]), Code.INVALID_REPLICA_ASSIGNMENT),
        (topic("t", assignments=[[1], [1, 2]]), Code.INVALID_REPLICA_ASSIGNMENT),
    ],
    ids=lambda v: v.name if isinstance(v, Code | CreatableTopic) else None,
)
def test_what_is_refused(wish: CreatableTopic, code: Code) -> None:
    """Its neighbours in the request are made all the same."""
    cluster = Cluster(brokers=2)
    cluster.create(topic("there"), topic("with.dot"))
    results = {r.name: r for r in cluster.create(wish, topic("neighbour"))}
    assert results[wish.name].error_code == code and results[wish.name].error_message
    assert results["neighbour"].error_code == 0
    assert set(cluster.image.topics) == {"there", "with.dot", "neighbour"}


def test_a_name_given_twice_is_refused_once() -> None:
    cluster = Cluster(brokers=1)
    results = cluster.create(topic("a"), topic("b"), topic("a", 5))
    assert [(r.name, r.error_code) for r in results] == [("b", 0), ("a", Code.INVALID_REQUEST)]
    assert set(cluster.image.topics) == {"b"}


def test_manual_assignments_are_taken_as_they_are() -> None:
    cluster = Cluster(brokers=3)
    cluster.create(topic("t", assignments=[[2, 1], [3, 2]]))
    parts = cluster.image.topics["t"].partitions
    assert [parts[i].replicas for i in (0, 1)] == [(2, 1), (3, 2)]
    assert [parts[i].leader for i in (0, 1)] == [2, 3]


def test_replicas_on_fenced_brokers_are_not_in_sync() -> None:
    cluster = Cluster(brokers=2)
    cluster.heartbeat(2, want_fence=True)
    cluster.create(topic("t", assignments=[[2, 1]]))
    part = cluster.image.partition("t", 0)
    assert part is not None and (part.replicas, part.isr, part.leader) == ((2, 1), (1,), 1)
    (result,) = cluster.create(topic("u", assignments=[[2]]))
    assert result.error_code == Code.INVALID_REPLICA_ASSIGNMENT


def test_without_a_living_broker_nothing_is_placed() -> None:
    cluster = Cluster(brokers=1)
    cluster.lose(1)
    (result,) = cluster.create(topic("t"))
    assert result.error_code == Code.INVALID_REPLICATION_FACTOR


def test_too_many_partitions_at_once_are_refused_whole() -> None:
    cluster = Cluster(brokers=1)
    results = cluster.create(topic("a", 9_999), topic("b", 2))
    assert {r.error_code for r in results} == {Code.POLICY_VIOLATION}
    assert not cluster.image.topics


def test_partitions_are_added_and_never_removed() -> None:
    cluster = Cluster(brokers=2)
    cluster.create(topic("t", 2, 2))
    assert grow(cluster, "t", 5, validate=True) == Code.NONE
    assert len(cluster.image.topics["t"].partitions) == 2
    assert grow(cluster, "t", 5) == Code.NONE
    parts = cluster.image.topics["t"].partitions
    assert sorted(parts) == [0, 1, 2, 3, 4] and all(len(p.replicas) == 2 for p in parts.values())
    assert grow(cluster, "t", 5) == Code.INVALID_PARTITIONS
    assert grow(cluster, "t", 1) == Code.INVALID_PARTITIONS
    assert grow(cluster, "no", 1) == Code.UNKNOWN_TOPIC_OR_PARTITION


def test_topics_go_by_name_and_by_id_with_their_settings() -> None:
    cluster = Cluster(brokers=1)
    cluster.create(topic("a", retention_ms="1"), topic("b", retention_ms="1"))
    by_id = DeleteTopicState(name=None, topic_id=cluster.image.topics["b"].id)
    reply = cluster.ask(DeleteTopicsRequest(topics=[by_id], timeout_ms=1))
    assert [(r.name, r.error_code) for r in reply.responses] == [("b", 0)]
    assert cluster.delete("a", "no") == [Code.UNKNOWN_TOPIC_OR_PARTITION, Code.NONE]
    assert not cluster.image.topics
    assert not [name for kind, name in cluster.image.configs if kind == TOPIC]


def test_what_delete_refuses() -> None:
    cluster = Cluster(brokers=1)
    cluster.create(topic("a"), topic("b"))
    known = cluster.image.topics["b"].id
    asked = [
        DeleteTopicState(name="a", topic_id=bytes(16)),
        DeleteTopicState(name="a", topic_id=bytes(16)),
        DeleteTopicState(name="b", topic_id=known),
        DeleteTopicState(name=None, topic_id=bytes(16)),
        DeleteTopicState(name=None, topic_id=b"x" * 16),
    ]
    reply = cluster.ask(DeleteTopicsRequest(topics=asked, timeout_ms=1))
    codes = sorted(r.error_code for r in reply.responses)
    assert codes == sorted([Code.INVALID_REQUEST] * 3 + [Code.UNKNOWN_TOPIC_ID])
    assert set(cluster.image.topics) == {"a", "b"}
    off = Cluster({"delete.topic.enable": "false"}, brokers=1)
    off.create(topic("a"))
    assert off.delete("a") == [Code.TOPIC_DELETION_DISABLED]


def test_a_new_topic_of_an_old_name_has_a_new_id() -> None:
    cluster = Cluster(brokers=1)
    cluster.create(topic("t"))
    first = cluster.image.topics["t"].id
    cluster.delete("t")
    cluster.create(topic("t"))
    assert cluster.image.topics["t"].id != first
