"""Zones and the service are killed in the middle of each kind of operation.

The operation is carried on to its end, or undone where a zone stays away; never forgotten. A writer
and a reader are at work all the time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from msklite.zone.admin_client import AdminClient
from tests.cli.runner import processes
from tests.control.load import Crowd, LibrdkafkaReader, SlowLibrdkafka
from tests.control.service import (
    Serve,
    broker_settings,
    info,
    serving,
    wait_active,
    wait_deleted,
    wait_for,
    wait_operation,
    wish,
)
from tests.control.test_under_load import PARTITIONS, ends

TOPIC = "load"


def _status(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = AdminClient(str(folder), 60).get("/status")
    return found


def _zone_processes(folder: Path, zone: int) -> list[int]:
    """By their command lines, as no status is there yet while a cluster is being made."""
    found = []
    for pid in processes(folder):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # gone this moment
        if words[-3:] == [b"--zone", b"%d" % zone, b""]:
            found.append(pid)
    return found


def _kill_zone(folder: Path, zone: int) -> None:
    """kill -9 of its process, which its supervisor notices."""
    for pid in _zone_processes(folder, zone):
        os.kill(pid, signal.SIGKILL)


def _serving_again(folder: Path) -> bool:
    found = _status(folder)
    zones = all(z["state"] == "RUNNING" for z in found["zones"])
    return zones and not any(b.get("fenced") or b.get("lagging") for b in found["brokers"])


@pytest.mark.timeout(900)
def test_a_zone_and_the_service_die_in_every_operation(own: Serve) -> None:
    rnd = random.Random(5)
    group = wish("x")["BrokerNodeGroupInfo"]
    group["StorageInfo"] = {"EbsStorageInfo": {"VolumeSize": 1}}
    kafka = own.client()
    arn = kafka.create_cluster(
        **{**wish("dying"), "KafkaVersion": "3.8.x", "BrokerNodeGroupInfo": group}
    )["ClusterArn"]
    folder = own.home / "clusters" / "dying"
    wait_for("a zone", lambda: _zone_processes(folder, 2))
    _kill_zone(folder, 2)  # in the middle of its creation
    own.kill()
    own.start()
    kafka = own.client()
    wait_active(kafka, arn)
    kafka.create_topic(
        ClusterArn=arn, TopicName=TOPIC, PartitionCount=PARTITIONS, ReplicationFactor=3
    )
    conf = kafka.create_configuration(Name="dying", ServerProperties=b"num.io.threads=9")
    address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    volumes = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 2}]
    exporters = {"JmxExporter": {"EnabledInBroker": True}}
    both = {"ClientBroker": "TLS_PLAINTEXT"}
    attach = {"Arn": conf["Arn"], "Revision": 1}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("update_broker_count", {"TargetNumberOfBrokerNodes": 6}),
        ("update_broker_storage", {"TargetBrokerEBSVolumeInfo": volumes}),
        ("update_broker_type", {"TargetInstanceType": "kafka.m7g.large"}),
        ("update_cluster_configuration", {"ConfigurationInfo": attach}),
        ("update_cluster_kafka_version", {"TargetKafkaVersion": "4.2.x.kraft"}),
        ("update_monitoring", {"OpenMonitoring": {"Prometheus": exporters}}),
        ("update_security", {"EncryptionInfo": {"EncryptionInTransit": both}}),
        ("reboot_broker", {"BrokerIds": ["2", "3"]}),
        ("update_broker_count", {"TargetNumberOfBrokerNodes": 3}),
    ]
    kinds = ((SlowLibrdkafka,), (LibrdkafkaReader,))
    with Crowd(address, TOPIC, PARTITIONS, *kinds) as crowd:
        crowd.wait_for_records()
        for number, (name, arguments) in enumerate(steps):
            if name != "reboot_broker":
                arguments["CurrentVersion"] = info(kafka, arn)["CurrentVersion"]
            told = getattr(kafka, name)(ClusterArn=arn, **arguments)
            time.sleep(rnd.random() * 0.5)
            _kill_zone(folder, 1 + number % 3)
            time.sleep(rnd.random() * 0.3)
            own.kill()
            own.start()
            kafka = own.client()
            done = wait_operation(kafka, told["ClusterOperationArn"])
            assert done["OperationState"] in ("UPDATE_COMPLETE", "REBOOT_COMPLETE"), done
            wait_active(kafka, arn)
            wait_for("all zones", lambda: _serving_again(folder))
            crowd.wait_for_records()
        crowd.end(lambda: ends(address))
    found = _status(folder)
    assert [b["id"] for b in found["brokers"]] == [1, 2, 3]
    assert {b["kafka_version"] for b in found["brokers"]} == {"4.2"}
    assert {b["volume_bytes"] for b in found["brokers"]} == {2 * 1024**3}
    assert all(b["tls_port"] and b["jmx_port"] for b in found["brokers"])
    assert broker_settings(address, 2)["num.io.threads"]["value"] == "9"
    assert info(kafka, arn)["BrokerNodeGroupInfo"]["InstanceType"] == "kafka.m7g.large"
    kafka.delete_cluster(ClusterArn=arn)
    _kill_zone(folder, 3)
    own.kill()
    own.start()
    wait_deleted(own.client(), arn)
    assert not folder.exists() and not processes(folder)


@pytest.mark.timeout(600)
def test_what_a_lost_zone_makes_impossible_is_undone(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--patience", "2") as service:
        kafka = service.client()
        arn = kafka.create_cluster(**{**wish("undone"), "KafkaVersion": "3.8.x"})["ClusterArn"]
        wait_active(kafka, arn)
        service.msklite.ok("zone", "kill", "az2", "--name", "undone")
        conf = kafka.create_configuration(Name="c", ServerProperties=b"num.io.threads=9")
        attempts: list[tuple[Callable[..., Any], dict[str, Any]]] = [
            (kafka.update_broker_count, {"TargetNumberOfBrokerNodes": 6}),
            (kafka.update_cluster_configuration,
             {"ConfigurationInfo": {"Arn": conf["Arn"], "Revision": 1}}),
            (kafka.update_cluster_kafka_version, {"TargetKafkaVersion": "4.2.x.kraft"}),
        ]  # fmt: skip
        for call, arguments in attempts:
            version = info(kafka, arn)["CurrentVersion"]
            told = call(ClusterArn=arn, CurrentVersion=version, **arguments)
            done = wait_operation(kafka, told["ClusterOperationArn"])
            assert done["OperationState"] == "UPDATE_FAILED", done
            assert done["ErrorInfo"]["ErrorString"]
            after = wait_active(kafka, arn)
            assert after["NumberOfBrokerNodes"] == 3
        service.msklite.ok("zone", "start", "az2", "--name", "undone")
        folder = service.home / "clusters" / "undone"
        wait_for("all zones", lambda: _serving_again(folder))
        file = json.loads((folder / "cluster.json").read_text())
        assert sorted(b for zone in file["zones"].values() for b in zone) == [1, 2, 3]
        told = kafka.update_broker_count(
            ClusterArn=arn, CurrentVersion=info(kafka, arn)["CurrentVersion"],
            TargetNumberOfBrokerNodes=6,
        )  # fmt: skip
        assert wait_operation(kafka, told["ClusterOperationArn"])["OperationState"] == (
            "UPDATE_COMPLETE"
        )
