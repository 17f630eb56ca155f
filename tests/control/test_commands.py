"""`msklite up` with its service, `msklite cluster ...` and `msklite apply`, as people call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import boto3
import pytest
from kafka.admin import KafkaAdminClient

from tests.cli.runner import ROOT, SCRIPT, Msklite
from tests.control.service import REGION, broker_settings, wait_for
from tests.support.ports import is_alive, wait_gone

FILE = """
clusters:
  declared:
    zones: 1
    brokers: 1
    kafkaVersion: 3.8.x
    volumeGb: 1
    config: {log.retention.ms: 60000}
    tags: {team: orders}
    topics:
      payments: {partitions: 2, config: {retention.ms: 1000}}
"""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Msklite]:
    """A home of its own, where the service is started beside clusters."""
    home = tmp_path / "home"
    home.mkdir()
    msklite = Msklite(home, {"MSKLITE_API": "1"})
    try:
        yield msklite
    finally:
        found = _where(msklite)
        msklite.close()
        if found is not None and is_alive(found["pid"]):
            os.kill(found["pid"], signal.SIGKILL)
            wait_gone(found["pid"])


def _where(msklite: Msklite) -> dict[str, object] | None:
    try:
        return dict(json.loads((msklite.home / "control.json").read_text()))
    except FileNotFoundError:
        return None


def test_up_serves_the_api_and_its_cluster_is_in_it(alone: Msklite) -> None:
    told = alone.json("up", "-d")
    where = _where(alone)
    assert where is not None and where["url"] == told["api"]
    kafka = boto3.client(
        "kafka", endpoint_url=told["api"], region_name=REGION,
        aws_access_key_id="any", aws_secret_access_key="thing",
    )  # fmt: skip

    def adopted() -> list[dict[str, str]]:
        return kafka.list_clusters()["ClusterInfoList"]

    (found,) = wait_for("the default cluster", adopted)
    assert (found["ClusterName"], found["State"]) == ("default", "ACTIVE")
    arn = found["ClusterArn"]
    address = kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerString"]
    assert address == told["bootstrap"]
    alone.ok("up", "-d", "--name", "second", "--no-api")  # it is found all the same
    wait_for("the second cluster", lambda: len(adopted()) == 2)
    alone.ok("down")
    wait_for(
        "MAINTENANCE",
        lambda: kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]["State"] == "MAINTENANCE",
    )
    assert is_alive(where["pid"])  # the second one still runs
    alone.ok("down", "--name", "second")
    wait_gone(where["pid"])
    assert _where(alone) is None
    assert "api" not in alone.json("up", "-d", "--no-api")
    assert _where(alone) is None


def test_clusters_by_command(alone: Msklite) -> None:
    made = alone.json(
        "cluster", "create", "c1", "--azs", "1", "--kafka-version", "3.8", "--volume-gb", "1",
        "--tag", "a=1",
    )  # fmt: skip
    where = _where(alone)
    assert where is not None
    assert made["state"] == "ACTIVE" and made["tags"] == {"a": "1"}
    assert "already" in alone.refused("cluster", "create", "c1")
    assert "c1" in alone.ok("cluster", "list").out
    settings = alone.home / "settings.properties"
    settings.write_text("# ours\nnum.io.threads = 9\n")
    after = alone.json("cluster", "update", "c1", "--volume-gb", "2", "--config", settings,
                       "--tag", "b=2")  # fmt: skip
    volume = after["brokerNodeGroupInfo"]["storageInfo"]["ebsStorageInfo"]["volumeSize"]
    assert (volume, after["tags"]) == (2, {"a": "1", "b": "2"})
    address = after["bootstrapBrokerString"]
    assert broker_settings(address, 1)["num.io.threads"]["value"] == "9"
    assert alone.json("cluster", "scale", "c1", 2)["numberOfBrokerNodes"] == 2
    after = alone.json("cluster", "upgrade", "c1", "4.1")
    assert after["currentBrokerSoftwareInfo"]["kafkaVersion"] == "4.1.x.kraft"
    assert "only to a newer one" in alone.refused("cluster", "upgrade", "c1", "3.9")
    alone.ok("cluster", "reboot-broker", "c1", 2)
    assert alone.json("cluster", "describe", "c1")["state"] == "ACTIVE"
    alone.ok("cluster", "delete", "c1")
    assert not (alone.home / "clusters" / "c1").exists()
    assert "There is no cluster c1" in alone.refused("cluster", "describe", "c1")
    assert alone.json("cluster", "list") == []
    wait_for("the end of the service", lambda: _where(alone) is None)


def test_a_cluster_is_watched_until_it_is_gone(alone: Msklite) -> None:
    """Each change once: what was over before isn't told, the end of the cluster is."""
    alone.ok("cluster", "create", "c1", "--azs", "1", "--volume-gb", "1")
    alone.ok("cluster", "update", "c1", "--volume-gb", "2")  # over before anybody watches
    with subprocess.Popen(
        [SCRIPT, "cluster", "watch", "c1", "-o", "json"], stdout=subprocess.PIPE, text=True,
        env=alone.env,
    ) as watching:  # fmt: skip
        try:
            assert watching.stdout is not None
            first = json.loads(watching.stdout.readline())
            alone.ok("cluster", "update", "c1", "--volume-gb", "3")
            alone.ok("cluster", "delete", "c1")
            rows = [first, *map(json.loads, watching.stdout)]
            assert watching.wait(60) == 0
        finally:
            watching.kill()
    assert (first["state"], first["volumeGb"]) == ("ACTIVE", 2)
    operations = [r for r in rows if "operation" in r]
    assert {r["operation"] for r in operations} == {"UPDATE_BROKER_STORAGE"}
    assert [r["state"] for r in operations][-1:] == ["UPDATE_COMPLETE"]
    assert [r["state"] for r in operations].count("UPDATE_COMPLETE") == 1
    clusters = [r for r in rows if "brokers" in r]
    assert all(a != b for a, b in pairwise({**r, "time": ""} for r in clusters))
    assert 3 in [r["volumeGb"] for r in clusters]
    assert rows[-1]["state"] == "GONE" and set(rows[-1]) == {"time", "cluster", "state"}


def test_the_logs_of_a_cluster(alone: Msklite) -> None:
    alone.ok("cluster", "create", "c1", "--azs", "2", "--brokers", "2")
    assert any("ready: clients connect" in line for line in alone.ok("cluster", "logs", "c1").lines)
    zone = alone.ok("cluster", "logs", "c1", "--zone", "az2", "-n", 500).lines
    assert any("starts zone 2 of cluster c1" in line for line in zone)
    assert "There is no cluster c2" in alone.refused("cluster", "logs", "c2")
    where = _where(alone)
    assert where is not None
    elsewhere = Msklite(alone.home / "other", {"MSKLITE_ENDPOINT": str(where["url"])})
    assert elsewhere.ok("cluster", "logs", "c1", "-n", 1).lines
    said = elsewhere.refused("cluster", "logs", "c2")
    assert said.startswith(f"There is no cluster c2 in {alone.home}, where the service")


def test_apply_is_idempotent_and_shows_the_difference_first(alone: Msklite) -> None:
    shown = alone.ok("apply", ROOT / "examples" / "clusters.yaml", "--dry-run").lines
    assert len(shown) == 4 and shown[0].startswith("+ orders: cluster: 3 brokers in 3 zones")
    file = alone.home / "clusters.yaml"
    file.write_text(FILE)
    assert "+ declared: cluster" in alone.ok("apply", file, "--dry-run").out
    assert not (alone.home / "clusters").exists()
    first = alone.json("apply", file)
    assert [row["what"] for row in first] == ["cluster", "topic payments"]
    assert alone.json("apply", file) == []
    assert alone.ok("apply", file).out == "All is as declared.\n"
    file.write_text(
        FILE.replace("volumeGb: 1", "volumeGb: 2").replace("60000", "70000")
        .replace("partitions: 2", "partitions: 3").replace("orders}", "pay, stage: test}")
    )  # fmt: skip
    shown = alone.ok("apply", "-", stdin=file.read_bytes()).out
    assert "~ declared: volumeGb: 1 -> 2" in shown and "log.retention.ms=70000" in shown
    assert alone.json("apply", file) == []
    found = alone.json("cluster", "describe", "declared")
    assert found["tags"] == {"team": "pay", "stage": "test"}
    address = found["bootstrapBrokerString"]
    assert broker_settings(address, 1)["log.retention.ms"]["value"] == "70000"
    admin = KafkaAdminClient(bootstrap_servers=address)
    (topic,) = admin.describe_topics(["payments"])
    admin.close()
    assert len(topic["partitions"]) == 3
    for text, words in (
        ("clusters: {x: {broker: 3}}", "Extra inputs"),
        ("clusters: {x: {brokers: none}}", "brokers"),
        ("a: [", "isn't YAML"),
        ("clusters: {declared: {zones: 2}}", "1 zones, which can't be changed"),
        ("clusters: {declared: {volumeGb: 1}}", "can only grow"),
    ):
        file.write_text(text)
        done = alone.run("apply", file)
        assert done.code == 1 and words in done.err, (text, done.err)
    assert "can't be read" in alone.refused("apply", alone.home / "none.yaml")
