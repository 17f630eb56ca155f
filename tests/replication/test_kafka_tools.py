"""Kafka's own console tools against a running cluster of three zones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from msklite.metadata.image import PartitionImage
from msklite.testing import LocalCluster
from tests.clients import programs
from tests.clients.test_console import Console
from tests.replication.test_three_brokers import until
from tests.replication.test_three_zones import leader
from tests.support.jvm import java, java_command, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]

QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand"
REASSIGN = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
TOPICS = "org.apache.kafka.tools.TopicCommand"
ELECT = "org.apache.kafka.tools.LeaderElectionCommand"
DIRS = "org.apache.kafka.tools.LogDirsCommand"
FEATURES = "org.apache.kafka.tools.FeatureCommand"
VERIFY = "org.apache.kafka.tools.ReplicaVerificationTool"
SHELL = "org.apache.kafka.shell.MetadataShell"
DUMP = "kafka.tools.DumpLogSegments"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    require_jvm()
    config = {
        "broker.session.timeout.ms": "2000",
        "metadata.log.max.record.bytes.between.snapshots": "2000",
        "auto.leader.rebalance.enable": "false",
    }
    folder = str(tmp_path_factory.mktemp("tools"))
    with LocalCluster(azs=3, config=config, data_dir=folder) as made:
        admin = KafkaAdminClient(bootstrap_servers=made.bootstrap_servers)
        admin.create_topics([NewTopic("t", 3, 3), NewTopic("moves", 2, 2)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=made.bootstrap_servers, acks="all")
        for i in range(50):
            producer.send("moves", b"%d" % i).get(timeout=30)
        producer.close()
        yield made
    programs.stop_all()


def states(cluster: LocalCluster) -> list[PartitionImage]:
    return list(cluster.zone(1).image.topics["moves"].partitions.values())


@pytest.fixture
def console(cluster: LocalCluster) -> Console:
    return Console(cluster.bootstrap_servers)


def test_metadata_quorum(cluster: LocalCluster, console: Console) -> None:
    leads = leader(cluster, 1)
    status = console(QUORUM, "describe", "--status")
    assert f"LeaderId: {leads}" in " ".join(status.split())
    for node in (10001, 10002, 10003):
        assert f'"id": {node}' in status
    ports = cluster.spec.ports
    place = ("--bootstrap-controller", f"127.0.0.1:{ports[leads]}")
    for rows in (
        console(QUORUM, "describe", "--replication"),
        console.run(QUORUM, *place, "describe", "--replication"),
    ):
        lines = [line.split() for line in rows.splitlines()[1:]]
        assert {int(words[0]) for words in lines} >= {10001, 10002, 10003}
        kinds = {int(words[0]): words[-1] for words in lines}
        assert kinds[leads] == "Leader"
        assert sorted(k for n, k in kinds.items() if n > 10000) == [
            "Follower", "Follower", "Leader",
        ]  # fmt: skip


def test_features_and_log_dirs(console: Console) -> None:
    assert "metadata.version" in console(FEATURES, "describe")
    text = console(DIRS, "--describe", "--topic-list", "moves")
    found = json.loads(text[text.index("{") :])
    assert {b["broker"] for b in found["brokers"]} == {1, 2, 3}


def test_controllers_are_registered(
    cluster: LocalCluster, console: Console, tmp_path: Path
) -> None:
    """Each with where it listens; metadata-shell shows them, and features asks them."""
    until(lambda: set(cluster.zone(1).image.controllers) == {10001, 10002, 10003})
    ports = cluster.spec.ports
    for node, known in cluster.zone(1).image.controllers.items():
        assert known.endpoints == {"CONTROLLER": ("127.0.0.1", ports[node], 0)}
    folder = Path(cluster.zone(1).spec.controller_dir()) / "__cluster_metadata-0"
    copy = shutil.copytree(folder, tmp_path / "node" / folder.name)  # ours is locked
    newest = max(copy.glob("*.checkpoint"), key=lambda path: path.name)
    seen = java(
        SHELL, "--snapshot", str(newest), "ls", "/image/cluster/controllers",
        check=True,
    ).stdout.split()  # fmt: skip
    assert seen == ["10001", "10002", "10003"]
    place = ("--bootstrap-controller", f"127.0.0.1:{ports[leader(cluster, 1)]}")
    assert "metadata.version" in console.run(FEATURES, *place, "describe")


def test_reassignment(cluster: LocalCluster, console: Console, tmp_path: Path) -> None:
    topics = tmp_path / "topics.json"
    topics.write_text(json.dumps({"version": 1, "topics": [{"topic": "moves"}]}))
    made = console(
        REASSIGN, "--generate", "--topics-to-move-json-file", str(topics), "--broker-list", "1,2,3"
    )
    assert "Proposed partition reassignment configuration" in made
    plan = tmp_path / "plan.json"
    moves = [{"topic": "moves", "partition": p, "replicas": [3, 1, 2]} for p in (0, 1)]
    plan.write_text(json.dumps({"version": 1, "partitions": moves}))
    begun = console(
        REASSIGN, "--execute", "--reassignment-json-file", str(plan), "--throttle", "10000000"
    )
    assert "The inter-broker throttle limit was set to 10000000 B/s" in begun
    until(lambda: all(list(p.replicas) == [3, 1, 2] and not p.adding for p in states(cluster)))
    checked = console(REASSIGN, "--verify", "--reassignment-json-file", str(plan))
    assert checked.count("is completed.") == 2 and "Clearing broker-level throttles" in checked
    cancelled = console(REASSIGN, "--cancel", "--reassignment-json-file", str(plan))
    assert "None of the specified partition reassignments are active" in cancelled
    console(ELECT, "--election-type", "preferred", "--all-topic-partitions")
    until(lambda: [p.leader for p in states(cluster)] == [3, 3])


def test_replica_verification(cluster: LocalCluster) -> None:
    """It runs until it is stopped: its first comparison of all replicas is enough."""
    tool = subprocess.Popen(
        java_command(
            VERIFY, "--broker-list", cluster.bootstrap_servers, "--topics-include", "moves",
            "--report-interval-ms", "500",
        ),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    watch = threading.Timer(60, tool.kill)
    watch.start()
    lines: list[str] = []
    try:
        assert tool.stdout is not None
        for line in tool.stdout:
            lines.append(line)
            if "max lag is" in line:
                break
    finally:
        watch.cancel()
        tool.kill()
        tool.wait()
    assert "max lag is 0 for partition moves-" in lines[-1], lines
    assert not [line for line in lines if "doesn't match" in line or "rror" in line], lines


def test_dump_log(cluster: LocalCluster) -> None:
    zone = cluster.zone(1)
    folder = Path(zone.spec.controller_dir()) / "__cluster_metadata-0"
    for pattern in ("*.log", "*.checkpoint"):
        files = ",".join(map(str, sorted(folder.glob(pattern))))
        done = java(DUMP, "--cluster-metadata-decoder", "--files", files, check=True)
        assert "RECORD" in done.stdout and "Skipping" not in done.stdout and not done.stderr


def test_partitions_short_of_replicas(cluster: LocalCluster, console: Console) -> None:
    """Last, since a zone goes: what is short of replicas, and what has no leader."""
    assert not console(TOPICS, "--describe", "--under-replicated-partitions").strip()
    gone = next(z for z in (2, 3) if z + 10000 != leader(cluster, 1))
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    admin.create_topics([NewTopic("alone", -1, -1, {0: [gone]})])
    admin.close()
    cluster.kill_zone(gone)
    until(lambda: cluster.zone(1).image.brokers[gone].fenced)
    short = console(TOPICS, "--describe", "--under-replicated-partitions")
    assert len(re.findall(r"Topic: t\s+Partition: ", short)) == 3
    down = console(TOPICS, "--describe", "--unavailable-partitions")
    assert re.findall(r"Topic: (\S+)", down) == ["alone"]
    cluster.start_zone(gone)
    until(lambda: not console(TOPICS, "--describe", "--under-replicated-partitions").strip())
    assert not console(TOPICS, "--describe", "--unavailable-partitions").strip()
