"""Apache Kafka's own tools read our directories without complaint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from msklite.testing import LocalCluster
from msklite.zone.spec import ZoneSpec
from tests.graduation import clusters
from tests.support.jvm import java, require_jvm

pytestmark = [pytest.mark.jvm, pytest.mark.slow]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneSpec]:
    """A stopped cluster with topics, settings, a group and checkpoints of the metadata log."""
    require_jvm()
    folder = tmp_path_factory.mktemp("tools")
    often = {"metadata.log.max.record.bytes.between.snapshots": "500"}
    with LocalCluster(data_dir=str(folder), config=often) as cluster:
        clusters.create(cluster.bootstrap_servers, clusters.TOPICS)
        clusters.set_configs(cluster.bootstrap_servers, {"1": {"log.retention.ms": "1000000"}})
        clusters.write(cluster.bootstrap_servers, 0, 20)
        clusters.commit(cluster.bootstrap_servers, 3)
        clusters.producer_id(cluster.bootstrap_servers)
        found = cluster.spec
    yield found


def metadata_files(spec: ZoneSpec, *suffixes: str) -> list[Path]:
    folder = Path(spec.controller_dir()) / "__cluster_metadata-0"
    return sorted(p for p in folder.iterdir() if p.suffix in suffixes)


def dump(*options: str, files: list[Path]) -> str:
    names = ",".join(map(str, files))
    done = java("kafka.tools.DumpLogSegments", *options, "--files", names, check=True)
    assert not done.stderr.strip(), done.stderr
    return done.stdout


def test_dump_log_reads_the_metadata_log(stopped: ZoneSpec) -> None:
    files = metadata_files(stopped, ".log", ".index", ".timeindex", ".snapshot")
    assert len([f for f in files if f.suffix == ".log"]) > 1
    text = dump("--cluster-metadata-decoder", "--deep-iteration", files=files)
    for kind in ("LeaderChange", "KRaftVoters", "FEATURE_LEVEL_RECORD", "REGISTER_BROKER_RECORD",
                 "BROKER_REGISTRATION_CHANGE_RECORD", "TOPIC_RECORD", "PARTITION_RECORD",
                 "CONFIG_RECORD", "PRODUCER_IDS_RECORD"):  # fmt: skip
        assert kind in text, kind
    assert "isvalid: false" not in text and "isvalid: true" in text
    for complaint in ("Mismatches", "Skipping", "Could not", "unexpected", "not sane"):
        assert complaint not in text


def test_dump_log_reads_the_checkpoints(stopped: ZoneSpec) -> None:
    files = metadata_files(stopped, ".checkpoint")
    assert len(files) > 1
    bootstrap = [Path(d) / "bootstrap.checkpoint"
                 for d in (stopped.controller_dir(), stopped.broker_dir(1))]  # fmt: skip
    text = dump("--cluster-metadata-decoder", "--deep-iteration", files=[*files, *bootstrap])
    assert text.count("SnapshotHeader") == text.count("SnapshotFooter") == len(files) + 2
    assert "Skipping" not in text and "PARTITION_RECORD" in text
    end = files[-1].name[:20]
    assert f"Snapshot end offset: {int(end)}" in text


def test_the_metadata_shell_shows_our_checkpoint(stopped: ZoneSpec) -> None:
    newest = metadata_files(stopped, ".checkpoint")[-1]
    # The shell may answer before its loader has published what it read: ask until it has.
    for _ in range(5):
        done = java("org.apache.kafka.shell.MetadataShell", "--snapshot", str(newest),
                    "ls", "/image/topics/byName", check=True)  # fmt: skip
        if done.stdout.strip():
            break
    assert set(clusters.TOPICS) <= set(done.stdout.split())


@pytest.mark.parametrize("role", ["controller", "broker"])
def test_kafka_storage_knows_our_directories(stopped: ZoneSpec, role: str, tmp_path: Path) -> None:
    is_broker = role == "broker"
    node = 1 if is_broker else stopped.controller_id
    folder = stopped.broker_dir(1) if is_broker else stopped.controller_dir()
    config = tmp_path / "node.properties"
    listener = f"{'PLAINTEXT' if is_broker else 'CONTROLLER'}://127.0.0.1:{stopped.ports[node]}"
    config.write_text(
        f"process.roles={role}\nnode.id={node}\nlog.dirs={folder}\nlisteners={listener}\n"
        "controller.listener.names=CONTROLLER\n"
        f"controller.quorum.bootstrap.servers=127.0.0.1:{stopped.ports[stopped.controller_id]}\n"
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
    )
    done = java("kafka.tools.StorageTool", "info", "-c", str(config), check=True)
    assert f"cluster.id={stopped.cluster_id}" in done.stdout and "problem" not in done.stdout
    before = {p: p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
    done = java("kafka.tools.StorageTool", "format", "-t", stopped.cluster_id, "-c", str(config),
                "--ignore-formatted", *([] if is_broker else ["--standalone"]),
                check=True)  # fmt: skip
    assert "already formatted" in done.stdout
    assert {p: p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()} == before
