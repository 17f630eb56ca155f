"""Administration: topics, partitions, settings, records, the cluster and its disks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from tests.clients.client import (
    EARLIEST,
    LATEST,
    PATIENCE,
    Client,
    Reading,
    Record,
    Refused,
    take,
)
from tests.clients.conftest import Server, await_leaders, connect

Make = Callable[..., str]
Name = Callable[..., str]


def eventually(ask: Callable[[], object], expected: object) -> None:
    """What the controller decided reaches all brokers soon."""
    deadline = time.monotonic() + PATIENCE
    while (found := ask()) != expected:
        assert time.monotonic() < deadline, f"{found!r} instead of {expected!r}"
        time.sleep(0.05)


def test_topics_come_and_go(client: Client, fresh: Name) -> None:
    """A topic is created, listed, described, deleted, and then unknown."""
    topic = fresh()
    client.create_topic(topic, 5)
    await_leaders(client, topic, 5)
    assert topic in client.topics()
    described = client.describe_topic(topic).partitions
    assert sorted(described) == [0, 1, 2, 3, 4]
    brokers = client.cluster().brokers
    for leader, replicas, in_sync in described.values():
        assert replicas == in_sync == (leader,)
        assert leader in brokers
    client.delete_topic(topic)
    eventually(lambda: topic in client.topics(), False)
    with pytest.raises(Refused) as refused:
        client.describe_topic(topic)
    assert refused.value.error == "UNKNOWN_TOPIC_OR_PARTITION"


def test_a_topic_made_anew_is_empty(client: Client, fresh: Name) -> None:
    """A topic of the same name starts at offset 0, without the old records."""
    topic = fresh()
    for round in (b"old", b"new"):
        client.create_topic(topic)
        await_leaders(client, topic, 1)
        assert client.produce(topic, [Record(round)]) == [(0, 0)]
        consumer = client.consumer(Reading())
        consumer.assign({(topic, 0): EARLIEST})
        assert [r.value for r in take(1, consumer)] == [round]
        consumer.close()
        client.delete_topic(topic)
        eventually(lambda: topic in client.topics(), False)


@pytest.mark.parametrize(
    ("error", "bad"),
    [
        ("INVALID_PARTITIONS", {"partitions": 0}),
        ("INVALID_REPLICATION_FACTOR", {"replication": 99}),
        ("INVALID_CONFIG", {"configs": {"no.such.setting": "1"}}),
        ("INVALID_CONFIG", {"configs": {"retention.ms": "soon"}}),
        ("INVALID_REPLICA_ASSIGNMENT", {"assignment": [[99]]}),
    ],
    ids=["no-partitions", "too-many-replicas", "unknown-setting", "bad-value", "unknown-broker"],
)
def test_bad_topics(client: Client, fresh: Name, error: str, bad: Mapping[str, object]) -> None:
    """A topic that can't be is refused with Kafka's error and isn't there."""
    topic = fresh()
    with pytest.raises(Refused) as refused:
        client.create_topic(topic, **bad)  # type: ignore[arg-type]
    assert refused.value.error == error
    assert topic not in client.topics()


def test_bad_names(client: Client, make: Make) -> None:
    """A name that exists and one that can't be are told apart."""
    with pytest.raises(Refused) as refused:
        client.create_topic(make())
    assert refused.value.error == "TOPIC_ALREADY_EXISTS"
    with pytest.raises(Refused) as refused:
        client.create_topic("no/slashes")
    assert refused.value.error == "INVALID_TOPIC_EXCEPTION"
    with pytest.raises(Refused) as refused:
        client.delete_topic("never-made")
    assert refused.value.error == "UNKNOWN_TOPIC_OR_PARTITION"


def test_only_validated(client: Client, fresh: Name) -> None:
    """With validate only, a good topic is accepted and not made, a bad one refused."""
    topic = fresh()
    client.create_topic(topic, 2, validate_only=True)
    with pytest.raises(Refused) as refused:
        client.create_topic(topic, 0, validate_only=True)
    assert refused.value.error == "INVALID_PARTITIONS"
    assert topic not in client.topics()


def test_by_hand(client: Client, fresh: Name) -> None:
    """Partitions can be placed on brokers by hand."""
    topic = fresh()
    brokers = sorted(client.cluster().brokers)
    assignment = [[brokers[-1]], [brokers[0]], [brokers[-1]]]
    client.create_topic(topic, assignment=assignment)
    await_leaders(client, topic, 3)
    described = client.describe_topic(topic).partitions
    assert [list(described[p][1]) for p in range(3)] == assignment


def test_partitions_are_added(client: Client, make: Make) -> None:
    """Partitions are added and can be written at once; fewer are refused."""
    topic = make(2)
    client.add_partitions(topic, 5)
    await_leaders(client, topic, 5)
    assert client.produce(topic, [Record(b"new", partition=4)]) == [(4, 0)]
    for total in (4, 5):
        with pytest.raises(Refused) as refused:
            client.add_partitions(topic, total)
        assert refused.value.error == "INVALID_PARTITIONS"


def test_settings_of_a_topic(client: Client, make: Make) -> None:
    """Settings are described, changed, refused when unknown or bad, and set back."""
    topic = make(retention_ms="86400000")
    found = client.configs("topic", topic)
    assert (found["retention.ms"].value, found["retention.ms"].default) == ("86400000", False)
    assert (found["cleanup.policy"].value, found["cleanup.policy"].default) == ("delete", True)
    client.alter_configs("topic", topic, {"cleanup.policy": "compact"}, delete=["retention.ms"])
    eventually(lambda: client.configs("topic", topic)["cleanup.policy"].value, "compact")
    found = client.configs("topic", topic)
    assert not found["cleanup.policy"].default
    assert (found["retention.ms"].value, found["retention.ms"].default) == ("604800000", True)
    for bad in ({"no.such.setting": "1"}, {"retention.ms": "soon"}):
        with pytest.raises(Refused) as refused:
            client.alter_configs("topic", topic, bad)
        assert refused.value.error == "INVALID_CONFIG"


def test_a_setting_works_at_once(client: Client, make: Make) -> None:
    """A lowered max.message.bytes refuses the next record that is larger."""
    topic = make()
    record = Record(b"x" * 5_000)
    client.produce(topic, [record])
    client.alter_configs("topic", topic, {"max.message.bytes": "1000"})
    eventually(lambda: client.configs("topic", topic)["max.message.bytes"].value, "1000")
    with pytest.raises(Refused) as refused:
        client.produce(topic, [record])
    assert refused.value.error == "MESSAGE_TOO_LARGE"


def test_settings_of_a_broker(client: Client) -> None:
    """A broker's settings are described, with what it was started with."""
    broker = min(client.cluster().brokers)
    found = client.configs("broker", str(broker))
    assert found["auto.create.topics.enable"].value == "false"
    assert found["auto.create.topics.enable"].read_only
    assert found["num.partitions"].value == "3"
    assert found["node.id"].value == str(broker)
    assert found["compression.type"].value == "producer"


def test_records_are_deleted(client: Client, make: Make) -> None:
    """Records before an offset are gone; reading starts there; beyond the end is refused."""
    topic = make()
    client.produce(topic, [Record(b"%d" % n) for n in range(20)])
    assert client.delete_records((topic, 0), 8) == 8
    consumer = client.consumer(Reading())
    consumer.assign({(topic, 0): EARLIEST})
    assert consumer.ends([(topic, 0)]) == {(topic, 0): (8, 20)}
    assert [r.offset for r in take(12, consumer)] == list(range(8, 20))
    consumer.close()
    with pytest.raises(Refused) as refused:
        client.delete_records((topic, 0), 21)
    assert refused.value.error == "OFFSET_OUT_OF_RANGE"
    assert client.delete_records((topic, 0), -1) == 20


def test_offsets_by_admin(client: Client, make: Make) -> None:
    """ListOffsets: the earliest, the latest, by time, and the one with the largest time."""
    topic = make()
    base = 1_700_000_000_000
    times = [base, base + 5_000, base + 9_000, base + 2_000]
    client.produce(topic, [Record(b"v", timestamp=at) for at in times])
    tp = (topic, 0)
    asked = (EARLIEST, LATEST, "max-timestamp", base + 1, base + 9_000, base + 9_001)
    assert [client.list_offsets(tp, spec) for spec in asked] == [0, 4, 2, 1, 2, -1]


def test_the_cluster(client: Client, server: Server) -> None:
    """DescribeCluster tells the brokers, their ports, the id, and a controller among them."""
    cluster = client.cluster()
    ports = {int(address.rsplit(":", 1)[1]) for address in server.bootstrap.split(",")}
    assert len(cluster.brokers) == server.brokers
    assert set(cluster.brokers.values()) == ports
    assert cluster.controller in cluster.brokers
    assert len(cluster.id) == 22


def test_log_dirs(client: Client, make: Make) -> None:
    """DescribeLogDirs tells on which broker a partition lies and how large it is."""
    topic = make(2)
    client.produce(topic, [Record(b"x" * 10_000) for _ in range(20)])
    leaders = {p: leader for p, (leader, *_) in client.describe_topic(topic).partitions.items()}
    sizes = {key: size for key, size in client.log_dirs().items() if key[1] == topic}
    assert set(sizes) == {(leaders[p], topic, p) for p in (0, 1)}
    assert 200_000 < sizes[leaders[0], topic, 0] < 250_000
    assert sizes[leaders[1], topic, 1] == 0


def test_topics_are_created_on_demand(
    request: pytest.FixtureRequest, client: Client, creating: Server, fresh: Name
) -> None:
    """With auto-creation, writing to a topic makes it with the broker's defaults."""
    other = connect(client.name, creating.bootstrap)
    request.addfinalizer(other.close)
    topic = fresh()
    assert other.produce(topic, [Record(b"first")]) == [(0, 0)]
    await_leaders(other, topic, 3)
