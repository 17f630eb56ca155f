"""The image and the compose file under podman: clients from outside and inside, real faults."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.containers import podman
from tests.support.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PATIENCE_S = 180
ZONES = podman.ROOT / "docker" / "compose-zones.yaml"
OUTSIDE = "localhost:19092,localhost:19093,localhost:19094"
INSIDE = "az1:9092,az2:9093,az3:9094"
QUIET = {"log_level": 0}


@pytest.fixture(scope="module")
def image() -> str:
    podman.require()
    return podman.image()


def until(what: str, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.2)


def brokers(bootstrap: str) -> set[str]:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    try:
        return {f"{b.host}:{b.port}" for b in admin.list_topics(timeout=5).brokers.values()}
    except Exception:
        return set()


def create(bootstrap: str, topic: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 3, 3)])[topic].result(timeout=PATIENCE_S)


def read(bootstrap: str, topic: str, count: int) -> list[int]:
    consumer = Consumer({**QUIET, "bootstrap.servers": bootstrap, "group.id": "reader"})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(3)])
    found: list[int] = []
    while len(found) < count:
        batch = consumer.consume(count, timeout=PATIENCE_S)
        assert batch, f"only {len(found)} of {count} came"
        found += [int(m.value() or b"") for m in batch if m.error() is None]
    consumer.close()
    return sorted(found)


def test_three_zones_in_one_container(image: str) -> None:
    """The image's own command, on other ports, as somebody runs it beside another Kafka."""
    first = free_ports(3)
    name = f"msklite-{uuid.uuid4().hex[:8]}"
    last = first + 2
    podman.run(
        "run", "-d", "--name", name, "-p", f"127.0.0.1:{first}-{last}:{first}-{last}", image,
        "up", "--host", "0.0.0.0", "--advertise", "localhost", "--port", str(first),
    )  # fmt: skip
    try:
        at = f"localhost:{first}"
        wanted = {f"localhost:{first + i}" for i in range(3)}
        until("three brokers", lambda: brokers(at) == wanted)
        create(at, "t")
        producer = Producer({**QUIET, "bootstrap.servers": at, "enable.idempotence": True})
        for i in range(100):
            producer.produce("t", b"%d" % i)
        assert producer.flush(PATIENCE_S) == 0
        assert read(at, "t", 100) == list(range(100))
        podman.run("stop", "-t", "60", name)
        state = json.loads(podman.run("inspect", name).stdout)[0]["State"]
        assert state["ExitCode"] == 0, "a clean stop"
    finally:
        podman.run("rm", "-f", name, check=False)


API_PORT = free_ports(1)
"""Where the API's port is published: another service may have its usual one."""


@pytest.fixture(scope="module")
def zones(image: str) -> Iterator[str]:
    """The compose file's four containers; their project's name."""
    project = f"msklite{uuid.uuid4().hex[:6]}"
    more = {"MSKLITE_API_PORT": str(API_PORT)}
    podman.compose(project, ZONES, "up", "-d", "--no-build", **more)
    try:
        yield project
    finally:
        podman.compose(project, ZONES, "down", "-v", **more)


def msk() -> Any:
    """boto3's own client of the API's container, from outside."""
    return boto3.client(
        "kafka", endpoint_url=f"http://localhost:{API_PORT}", region_name="eu-central-1",
        aws_access_key_id="any", aws_secret_access_key="thing",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}, read_timeout=60),
    )  # fmt: skip


def the_cluster(kafka: Any) -> dict[str, Any]:
    """The only one, once it has been found; as MSK describes it."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        try:
            found[:] = kafka.list_clusters()["ClusterInfoList"]
        except (BotoCoreError, ClientError):
            return False
        return bool(found) and found[0]["State"] == "ACTIVE"

    until("the cluster ACTIVE", look)
    (one,) = found
    return one


def operation(kafka: Any, started: dict[str, Any]) -> str:
    """How it ended."""
    arn = started["ClusterOperationArn"]

    def look() -> dict[str, Any]:
        found: dict[str, Any] = kafka.describe_cluster_operation(ClusterOperationArn=arn)
        return found["ClusterOperationInfo"]

    until(f"the end of {arn}", lambda: "EndTime" in look())
    return str(look()["OperationState"])


class Stream:
    """An idempotent writer of numbers, from outside."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.sent = 0
        self._failed: list[Any] = []
        self._producer = Producer({
            **QUIET, "bootstrap.servers": OUTSIDE, "enable.idempotence": True,
            "message.timeout.ms": PATIENCE_S * 1000,
        })  # fmt: skip

    def write(self, count: int) -> None:
        for _ in range(count):
            self._producer.produce(
                self.topic, b"%d" % self.sent, on_delivery=lambda e, _: e and self._failed.append(e)
            )
            self.sent += 1
        assert self._producer.flush(PATIENCE_S) == 0
        assert not self._failed, self._failed[0]


def test_a_container_for_each_zone(zones: str) -> None:
    """One is paused, one cut off, one killed; nothing is lost or doubled, and all come back."""
    until("three brokers", lambda: brokers(OUTSIDE) == set(OUTSIDE.split(",")))
    create(OUTSIDE, "t")
    stream = Stream("t")
    stream.write(100)

    def in_sync(n: int) -> bool:
        told = podman.run(
            "exec", f"{zones}_az1_1", "msklite", "topic", "describe", "t", "--bootstrap", INSIDE,
            "--output", "json", check=False,
        )  # fmt: skip
        if told.returncode:
            return False
        (topic,) = json.loads(told.stdout)
        return all(len(p["isr"]) == n for p in topic["partitions"])

    def state() -> str:
        """Of az2, as the API's container sees it."""
        told = podman.run("exec", f"{zones}_api_1", "msklite", "status", "--output", "json").stdout
        return str(json.loads(told)["zones"][1]["state"])

    podman.run("pause", f"{zones}_az2_1")
    stream.write(100)
    until("two in sync", lambda: in_sync(2))
    assert state() == "FROZEN" and the_cluster(msk())["State"] == "ACTIVE"
    podman.run("unpause", f"{zones}_az2_1")
    until("all in sync after the pause", lambda: in_sync(3))
    podman.run("network", "disconnect", f"{zones}_default", f"{zones}_az3_1")
    stream.write(100)
    until("two in sync", lambda: in_sync(2))
    podman.run("network", "connect", "--alias", "az3", f"{zones}_default", f"{zones}_az3_1")
    until("all in sync after the cut", lambda: in_sync(3))
    podman.run("kill", f"{zones}_az2_1")
    stream.write(100)
    assert state() == "AWAY"
    podman.run("start", f"{zones}_az2_1")
    until("all in sync after the kill", lambda: in_sync(3))
    assert read(OUTSIDE, "t", stream.sent) == list(range(stream.sent))
    inside = podman.run(
        "exec", f"{zones}_az3_1", "msklite", "consume", "t", "--from-beginning", "--until-end",
        "--bootstrap", "az2:9093",
    ).stdout.split()  # fmt: skip
    assert sorted(map(int, inside)) == list(range(stream.sent))
    for service in ("az1", "az2", "az3", "api"):
        podman.run("healthcheck", "run", f"{zones}_{service}_1")


def test_the_api_in_a_container_of_its_own(zones: str) -> None:
    """boto3 outside and the command inside: the zones' cluster described, reached and updated."""
    kafka = msk()
    cluster = the_cluster(kafka)
    arn = cluster["ClusterArn"]
    assert (cluster["ClusterName"], cluster["NumberOfBrokerNodes"]) == ("default", 3)
    at = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    assert at == OUTSIDE
    until("three brokers", lambda: brokers(at) == set(OUTSIDE.split(",")))
    nodes = kafka.list_nodes(ClusterArn=arn)["NodeInfoList"]
    assert sum("BrokerNodeInfo" in node for node in nodes) == 3
    kafka.create_topic(ClusterArn=arn, TopicName="u", PartitionCount=3, ReplicationFactor=3)
    stream = Stream("u")
    stream.write(100)
    told = podman.run(
        "exec", f"{zones}_az2_1", "msklite", "cluster", "describe", "default", "--output", "json"
    ).stdout
    assert json.loads(told)["bootstrapBrokerString"] == INSIDE
    made = kafka.create_configuration(Name="c", ServerProperties=b"num.partitions=7")
    revision = {"Arn": made["Arn"], "Revision": made["LatestRevision"]["Revision"]}
    started = kafka.update_cluster_configuration(
        ClusterArn=arn, CurrentVersion=cluster["CurrentVersion"], ConfigurationInfo=revision
    )
    assert operation(kafka, started) == "UPDATE_COMPLETE", "by a rolling restart"
    stream.write(100)
    assert read(OUTSIDE, "u", stream.sent) == list(range(stream.sent))
    podman.run("kill", f"{zones}_api_1")
    stream.write(100)
    podman.run("start", f"{zones}_api_1")
    assert the_cluster(kafka)["ClusterArn"] == arn, "it knows the cluster again"
    with pytest.raises(ClientError, match="run one by one"):
        kafka.delete_cluster(ClusterArn=arn)
    assert read(OUTSIDE, "u", stream.sent) == list(range(stream.sent))
    podman.run("healthcheck", "run", f"{zones}_api_1")
