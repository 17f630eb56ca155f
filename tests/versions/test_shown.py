"""What clients find of a cluster that shows itself as an older Kafka; going up, and not down."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from msklite.errors import UserError
from msklite.metadata import kafka_version, kafka_versions
from msklite.metadata.configs import keys
from msklite.metadata.features import SUPPORTED
from msklite.testing import LocalCluster
from msklite.wire.apis import APIS
from msklite.wire.messages.api_versions_response import ApiVersionsResponse
from tests.cli.conftest import msklite  # noqa: F401
from tests.cli.runner import Msklite
from tests.support.raw import exchange

PATIENCE_S = 60


def hello(address: str, version: int) -> ApiVersionsResponse:
    """The answer to ApiVersions."""
    host, port = address.split(",")[0].rsplit(":", 1)
    body = b"" if version < 3 else b"\x00\x02x\x02y\x00"
    request = struct.pack(">hhih", 18, version, 1, 1) + b"x" + body
    with socket.create_connection((host, int(port)), PATIENCE_S) as sock:
        return read_reply(sock, request, version)


def read_reply(sock: socket.socket, request: bytes, version: int) -> Any:
    data = exchange(sock, request)
    reply, _ = ApiVersionsResponse.read(data, 4, version)
    return reply


def described(cluster: LocalCluster, kind: ResourceType, name: str) -> dict[str, str]:
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0})
    (told,) = admin.describe_configs([ConfigResource(kind, name)]).values()
    return {key: entry.value for key, entry in told.result(timeout=PATIENCE_S).items()}


@pytest.mark.parametrize("name", kafka_versions.VERSIONS)
def test_the_tables(name: str) -> None:
    """Every name is one of ours, levels are levels of ours, and nothing is below 4.2's floors."""
    version = kafka_version.of(name)
    known = {*keys("broker"), *keys("topic")}
    assert version.hidden <= known
    assert version.defaults.keys() <= known
    assert not version.defaults.keys() & version.hidden
    assert version.features.keys() <= SUPPORTED.keys()
    apis = version.apis(APIS)
    assert apis.keys() <= APIS.keys()
    for key, api in apis.items():
        assert APIS[key].lowest == api.lowest <= api.highest <= APIS[key].highest
    for row in kafka_versions.HIGHEST.splitlines():
        api_name, number, *tops = row.split(" ")
        assert len(tops) == len(kafka_versions.VERSIONS), row
        if int(number) in APIS:
            assert APIS[int(number)].name == api_name
            assert APIS[int(number)].highest == int(tops[-1]), row


def test_the_newest_changes_nothing() -> None:
    version = kafka_version.of(kafka_version.NEWEST)
    assert version.apis(APIS) is APIS
    assert (version.hidden, version.defaults) == (frozenset(), {})
    assert version.supported(SUPPORTED) == SUPPORTED == version.features


@pytest.mark.parametrize("text", ["3.6.0", "3.6", "3.7.x", "3.8.x.kraft", "4.2.0"])
def test_names_as_msk_writes_them(text: str) -> None:
    assert kafka_version.of(text).name == text[:3]


@pytest.mark.parametrize("text", ["", "3.5.1", "2.8.2.tiered", "4.3.0", "3.6.0.1", "3.6.y", "4"])
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="choose"):
        kafka_version.of(text)


def test_an_old_version_answers_as_it_did() -> None:
    """Ranges and features of Kafka 3.6.2's own answer, as far as they aren't below the floors."""
    with LocalCluster(kafka_version="3.6.0", storage="memory") as cluster:
        reply = hello(cluster.bootstrap_servers, 3)
        ranges = {a.api_key: (a.min_version, a.max_version) for a in reply.api_keys}
        assert ranges[0] == (0, 9)
        assert ranges[1] == (4, 15)
        assert ranges[3] == (0, 12)
        assert ranges[18] == (0, 3)
        assert not ranges.keys() & {68, 69, 74, 75}
        assert {f.name: f.max_version for f in reply.supported_features} == {"metadata.version": 14}
        assert {f.name: f.max_version_level for f in reply.finalized_features} == {
            "metadata.version": 14
        }
        # A newer question is answered as KIP-511 says, in version 0.
        host, port = cluster.bootstrap_servers.split(":")
        with socket.create_connection((host, int(port)), PATIENCE_S) as sock:
            newer = struct.pack(">hhih", 18, 4, 1, 1) + b"x\x00\x02x\x02y\x00"
            refused = read_reply(sock, newer, 0)
            assert refused.error_code == 35
            assert [a.max_version for a in refused.api_keys] == [3]
        # What it doesn't have ends the connection: Metadata 13, DescribeTopicPartitions 0.
        for key, version in ((3, 13), (75, 0)):
            with socket.create_connection((host, int(port)), PATIENCE_S) as sock:
                assert exchange(sock, struct.pack(">hhih", key, version, 1, 1) + b"x\0\0\0") == b""


def test_defaults_and_settings_are_the_versions_own() -> None:
    kind = ResourceType
    with LocalCluster(kafka_version="3.8.x", storage="memory") as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic("t", 1, 1)])
        admin.close()
        broker = described(cluster, kind.BROKER, "1")
        assert broker["num.recovery.threads.per.data.dir"] == "1"
        assert broker["log.message.timestamp.after.max.ms"] == str(2**63 - 1)
        assert broker["compression.zstd.level"] == "3"  # since 3.8
        assert "group.share.max.size" not in broker  # since 3.9
        topic = described(cluster, kind.TOPIC, "t")
        assert topic["message.timestamp.after.max.ms"] == str(2**63 - 1)
        assert "remote.log.copy.disable" not in topic
        cluster.upgrade("4.0.x")
        broker = described(cluster, kind.BROKER, "1")
        assert broker["num.recovery.threads.per.data.dir"] == "2"
        assert broker["group.share.max.size"] == "200"
        assert described(cluster, kind.TOPIC, "t")["message.timestamp.after.max.ms"] == "3600000"


def test_every_default_of_every_version_can_be_described() -> None:
    """Also those that today's rules would refuse."""
    with LocalCluster(kafka_version="3.6", storage="memory") as cluster:
        for name in kafka_versions.VERSIONS:
            cluster.upgrade(name)
            version = kafka_version.of(name)
            told = described(cluster, ResourceType.BROKER, "1")
            assert not told.keys() & version.hidden
            assert {n: told[n] for n in version.defaults} == version.defaults


def test_versions_only_go_up(msklite: Msklite) -> None:  # noqa: F811
    assert "choose 3.6" in msklite.refused("up", "-d", "--kafka-version", "2.8.1")
    assert msklite.json("up", "-d", "--kafka-version", "3.7.x")["kafka_version"] == "3.7.x"
    address = msklite.ok("bootstrap").out.strip()
    assert {a.api_key: a.max_version for a in hello(address, 3).api_keys}[0] == 10
    msklite.ok("produce", "t", stdin=b"one\n")
    msklite.ok("down")
    assert "only go up" in msklite.refused("up", "-d", "--kafka-version", "3.6.0")
    assert msklite.json("up", "-d")["kafka_version"] == "3.7.x"  # it keeps it
    msklite.ok("down")
    status = msklite.json("up", "-d", "--kafka-version", "4.1.x")
    assert [b["kafka_version"] for b in status["brokers"]] == ["4.1"]
    assert {a.api_key: a.max_version for a in hello(address, 3).api_keys}[0] == 13
    assert msklite.ok("consume", "t", "--from-beginning", "--until-end").out == "one\n"
