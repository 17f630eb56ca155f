"""A cluster whose zones others run, as in containers: the service takes it in and serves it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from tests.control.service import (
    SCRIPT,
    Serve,
    broker_settings,
    info,
    refusal,
    serving,
    wait_active,
    wait_for,
    wait_operation,
    wish,
)
from tests.support.ports import free_ports


class Hands:
    """Three zones of one cluster, run one by one over the service's home."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.first = free_ports(6)
        self.folder = serve.home / "clusters" / "default"
        self.zones: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, *numbers: int) -> None:
        for n in numbers:
            self.zones[n] = subprocess.Popen(
                [SCRIPT, "zone", "run", f"az{n}", "--hosts", "127.0.0.1,127.0.0.1,127.0.0.1",
                 "--port", str(self.first), "--outside", f"localhost:{self.first + 3}"],
                env=self.serve.msklite.env, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def signal(self, zone: int, number: signal.Signals) -> None:
        os.kill(self.zones[zone].pid, number)

    def kill(self, *numbers: int) -> None:
        for n in numbers:
            self.zones[n].kill()
            self.zones[n].wait()

    def close(self) -> None:
        self.kill(*self.zones)

    @property
    def inside(self) -> str:
        return ",".join(f"127.0.0.1:{self.first + n}" for n in range(3))

    @property
    def outside(self) -> str:
        return ",".join(f"localhost:{self.first + 3 + n}" for n in range(3))


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    with serving(tmp_path / "home", "--no-create", "--allow-host", "api") as serve:
        found = Hands(serve)
        try:
            found.start(1, 2, 3)
            yield found
        finally:
            found.close()


def taken_in(kafka: Any) -> str:
    """The cluster's ARN, once the service has found it and it takes clients."""
    (found,) = wait_for("the cluster", lambda: kafka.list_clusters()["ClusterInfoList"])
    arn: str = found["ClusterArn"]
    wait_active(kafka, arn)
    return arn


def test_it_is_described_and_clients_find_it(hands: Hands) -> None:
    kafka = hands.serve.client()
    arn = taken_in(kafka)
    told = info(kafka, arn)
    assert (told["ClusterName"], told["NumberOfBrokerNodes"]) == ("default", 3)
    found = kafka.get_bootstrap_brokers(ClusterArn=arn)
    assert found["BootstrapBrokerString"] == hands.outside, "we called from outside"
    admin = KafkaAdminClient(bootstrap_servers=found["BootstrapBrokerString"])
    try:
        known = {f"{b['host']}:{b['port']}" for b in admin.describe_cluster()["brokers"]}
    finally:
        admin.close()
    assert known == set(hands.outside.split(","))
    kafka.create_topic(ClusterArn=arn, TopicName="t", PartitionCount=3, ReplicationFactor=3)
    parts = kafka.describe_topic_partitions(ClusterArn=arn, TopicName="t")["Partitions"]
    assert [sorted(p["Isr"]) for p in parts] == [[1, 2, 3]] * 3
    status = hands.serve.msklite.json("status")
    assert [z["state"] for z in status["zones"]] == ["RUNNING"] * 3


def test_who_comes_by_the_inner_name_is_told_inner_addresses(hands: Hands) -> None:
    import http.client

    arn = taken_in(hands.serve.client())
    port = hands.serve.url.rsplit(":", 1)[1]
    http_ = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    try:
        path = f"/v1/clusters/{arn.replace(':', '%3A').replace('/', '%2F')}/bootstrap-brokers"
        http_.request("GET", path, headers={"Host": f"api:{port}"})
        told = json.loads(http_.getresponse().read())
    finally:
        http_.close()
    assert told == {"bootstrapBrokerString": hands.inside}


def test_updates_reach_every_zone(hands: Hands) -> None:
    """One that brokers take live, one by a rolling restart, a reboot; the same processes stay."""
    kafka = hands.serve.client()
    arn = taken_in(kafka)
    pids = {n: zone.pid for n, zone in hands.zones.items()}

    def configured(text: bytes) -> dict[str, Any]:
        found = kafka.list_configurations()["Configurations"]
        if found:
            made = kafka.update_configuration(Arn=found[0]["Arn"], ServerProperties=text)
        else:
            made = kafka.create_configuration(Name="c", ServerProperties=text)
        return {"Arn": made["Arn"], "Revision": made["LatestRevision"]["Revision"]}

    for text, name, value in (
        (b"message.max.bytes=5000", "message.max.bytes", "5000"),
        (b"message.max.bytes=5000\nnum.partitions=7", "num.partitions", "7"),
    ):
        done = kafka.update_cluster_configuration(
            ClusterArn=arn, CurrentVersion=info(kafka, arn)["CurrentVersion"],
            ConfigurationInfo=configured(text),
        )  # fmt: skip
        told = wait_operation(kafka, done["ClusterOperationArn"])
        assert told["OperationState"] == "UPDATE_COMPLETE", told
        for broker in (1, 2, 3):
            assert broker_settings(hands.outside, broker)[name]["value"] == value
    done = kafka.update_broker_type(
        ClusterArn=arn, CurrentVersion=info(kafka, arn)["CurrentVersion"],
        TargetInstanceType="kafka.m7g.large",
    )  # fmt: skip
    told = wait_operation(kafka, done["ClusterOperationArn"])
    assert told["OperationState"] == "UPDATE_COMPLETE", told
    done = kafka.reboot_broker(ClusterArn=arn, BrokerIds=["2"])
    assert wait_operation(kafka, done["ClusterOperationArn"])["OperationState"] == "REBOOT_COMPLETE"
    assert {n: zone.pid for n, zone in hands.zones.items() if zone.poll() is None} == pids


def test_zones_that_die_are_not_started_and_come_back(hands: Hands) -> None:
    kafka = hands.serve.client()
    arn = taken_in(kafka)
    hands.kill(1)
    hands.signal(2, signal.SIGSTOP)
    try:
        rows = {z["zone"]: z["state"] for z in hands.serve.msklite.json("status")["zones"]}
        assert rows == {"az1": "AWAY", "az2": "FROZEN", "az3": "RUNNING"}
    finally:
        hands.signal(2, signal.SIGCONT)
    assert info(kafka, arn)["State"] == "ACTIVE"
    hands.kill(2, 3)
    wait_for("MAINTENANCE", lambda: info(kafka, arn)["State"] == "MAINTENANCE")
    said = refusal(kafka.reboot_broker, ClusterArn=arn, BrokerIds=["1"])[2]
    assert said.endswith("None of its zones runs: each is started by hand.")
    hands.start(1, 2, 3)
    wait_active(kafka, arn)


def test_what_needs_processes_or_ports_is_refused(hands: Hands) -> None:
    kafka = hands.serve.client()
    arn = taken_in(kafka)
    before = info(kafka, arn)
    version = before["CurrentVersion"]
    in_transit = {"EncryptionInTransit": {"ClientBroker": "TLS"}}
    monitoring = {"Prometheus": {"JmxExporter": {"EnabledInBroker": True}}}
    for call, arguments in (
        (kafka.update_broker_count, {"TargetNumberOfBrokerNodes": 6, "CurrentVersion": version}),
        (kafka.update_security, {"EncryptionInfo": in_transit, "CurrentVersion": version}),
        (kafka.update_monitoring, {"OpenMonitoring": monitoring, "CurrentVersion": version}),
        (kafka.delete_cluster, {}),
    ):
        code, status, said = refusal(call, ClusterArn=arn, **arguments)
        assert (code, status) == ("BadRequestException", 400)
        assert "run one by one" in said
    code, status, said = refusal(kafka.create_cluster, **wish("another"))
    assert (code, status) == ("BadRequestException", 400) and "--no-create" in said
    assert info(kafka, arn) == before
    msklite = hands.serve.msklite
    assert "run one by one" in msklite.refused("up", "-d")
    assert "run one by one" in msklite.refused("down")
    assert "run one by one" in msklite.refused("zone", "kill", "az1")
