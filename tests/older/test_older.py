"""Directories that earlier code left open today: every record, commit and setting is there."""

from __future__ import annotations

import json
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from tests.bad_days.clients import write
from tests.cli.runner import Msklite
from tests.control.service import Serve, wait_active, wait_for, wait_operation
from tests.older.fill import COMMITS, Kept, kept
from tests.support.ports import free_ports

HERE = Path(__file__).parent
ZONES = {"one-zone": 1, "three-zones": 3}


@pytest.fixture
def msklite(tmp_path: Path) -> Iterator[Msklite]:
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    yield runner
    runner.close()


def unpack(name: str, msklite: Msklite) -> Path:
    """Put an archive in place as the default cluster, on ports that are free today."""
    folder = msklite.home / "clusters" / "default"
    folder.mkdir(parents=True)
    with tarfile.open(HERE / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    file = folder / "cluster.json"
    cluster = json.loads(file.read_text())
    first = free_ports(len(cluster["ports"]))
    cluster["ports"] = {node: first + i for i, node in enumerate(sorted(cluster["ports"]))}
    file.write_text(json.dumps(cluster))
    return folder


def read(bootstrap: str, partition: int, count: int) -> list[Kept]:
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "anew", "enable.auto.commit": False,
    })  # fmt: skip
    consumer.assign([TopicPartition("kept", partition, 0)])
    found: list[Kept] = []
    while len(found) < count:
        batch = consumer.consume(count - len(found), timeout=60)
        assert batch, f"only {len(found)} of {count} came"
        for message in batch:
            assert message.error() is None, message.error()
            found.append((
                message.key(), message.value(), message.timestamp()[1], message.headers() or [],
            ))  # fmt: skip
    consumer.close()
    return found


def committed(bootstrap: str) -> list[int]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "readers"})
    found = consumer.committed([TopicPartition("kept", p) for p in range(3)], timeout=60)
    consumer.close()
    return [p.offset for p in found]


def adopted(msklite: Msklite, bootstrap: str) -> None:
    """The control API takes it in, and tells and changes it as one of its own."""
    serve = Serve(msklite.home)
    serve.start()
    try:
        kafka = serve.client()
        (found,) = wait_for("the cluster", lambda: kafka.list_clusters()["ClusterInfoList"])
        arn = found["ClusterArn"]
        assert wait_active(kafka, arn)["ClusterName"] == "default"
        told = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
        assert told.split(",")[0] == bootstrap.split(",")[0]
        topics = kafka.list_topics(ClusterArn=arn)["Topics"]
        assert [t["PartitionCount"] for t in topics if t["TopicName"] == "kept"] == [3]
        done = kafka.reboot_broker(ClusterArn=arn, BrokerIds=["1"])
        ended = wait_operation(kafka, done["ClusterOperationArn"])
        assert ended["OperationState"] == "REBOOT_COMPLETE"
    finally:
        serve.stop()


@pytest.mark.parametrize("name", ZONES)
def test_it_opens(name: str, msklite: Msklite) -> None:
    folder = unpack(name, msklite)
    before = json.loads((folder / "cluster.json").read_text())
    msklite.ok("up", "-d", "--azs", ZONES[name])
    status = msklite.json("status")
    assert status["cluster_id"] == before["cluster_id"]
    bootstrap = status["bootstrap"]
    for partition in range(3):
        records = kept(partition)
        assert read(bootstrap, partition, len(records)) == records
    assert committed(bootstrap) == COMMITS
    admin = AdminClient({"bootstrap.servers": bootstrap})
    (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, "kept")]).values()
    assert future.result(60)["retention.ms"].value == "-1"
    adopted(msklite, bootstrap)
    # It goes on: what is written now stands behind what was there.
    write(bootstrap, "kept", 0, [b"today"])
    count = len(kept(0))
    assert [value for _, value, *_ in read(bootstrap, 0, count + 1)][-1] == b"today"
    msklite.ok("down")
    msklite.ok("up", "-d", "--azs", ZONES[name])
    assert len(read(msklite.json("status")["bootstrap"], 0, count + 1)) == count + 1


def test_ports_that_others_have_meanwhile(msklite: Msklite) -> None:
    """A copied directory: controllers take other ports by themselves, brokers when told."""
    folder = unpack("three-zones", msklite)
    ports = json.loads((folder / "cluster.json").read_text())["ports"]
    with (
        socket.create_server(("127.0.0.1", ports["2"])),
        socket.create_server(("127.0.0.1", ports["10001"])),
        socket.create_server(("127.0.0.1", ports["10003"])),
    ):
        assert f"{ports['2']}" in msklite.refused("up", "-d", "--azs", 3)
        first = free_ports(3)
        msklite.ok("up", "-d", "--azs", 3, "--port", first)
        bootstrap = msklite.json("status")["bootstrap"]
        assert bootstrap == ",".join(f"127.0.0.1:{first + n}" for n in range(3))
        records = kept(1)
        assert read(bootstrap, 1, len(records)) == records
        write(bootstrap, "kept", 1, [b"here"])
        msklite.ok("down")
