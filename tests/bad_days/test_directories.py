"""Directories that can't be used as they are: one sentence with path and remedy, no change."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from tests.bad_days.clients import make, read, write
from tests.support.zones import ZoneProcess

COUNT = 200


VALUES = [b"value %d " % i + b"." * 200 for i in range(COUNT)]


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[ZoneProcess]:
    """Was used and stopped cleanly: topic t with two partitions of COUNT records."""
    with ZoneProcess(tmp_path) as found:
        found.start()
        make(found.bootstrap, NewTopic("t", 2, 1))
        for p in range(2):
            write(found.bootstrap, "t", p, VALUES)
        found.stop()
        yield found


def contents(folder: Path) -> dict[str, bytes]:
    """All files of the nodes, but what every start may touch."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and "logs/" not in str(p) and p.name != ".lock"
    }


def garble(zone: ZoneProcess, name: str, data: bytes) -> None:
    """Put nonsense into a file of the broker."""
    (zone.broker_dir / name).write_bytes(data)


def meta(zone: ZoneProcess) -> Path:
    return zone.broker_dir / "meta.properties"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def cluster_json(zone: ZoneProcess) -> Path:
    return zone.directory / "cluster.json"


def checkpoint(zone: ZoneProcess) -> Path:
    return sorted((zone.controller_dir / "__cluster_metadata-0").glob("*.checkpoint"))[-1]


def metadata_log(zone: ZoneProcess) -> Path:
    return zone.controller_dir / "__cluster_metadata-0" / f"{0:020d}.log"


def damage(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


REFUSED: dict[str, tuple[Callable[[ZoneProcess], object], Callable[[ZoneProcess], Path]]] = {
    "meta.properties is garbage": (lambda z: meta(z).write_bytes(b"\x00\xff garbage"), meta),
    "meta.properties is empty": (lambda z: meta(z).write_bytes(b""), meta),
    "meta.properties is gone": (lambda z: meta(z).unlink(), lambda z: z.broker_dir),
    "another cluster's directory": (
        lambda z: replace(meta(z), z.spec.cluster_id, "another-cluster-s-id00"),
        lambda z: z.broker_dir,
    ),
    "another node's directory": (
        lambda z: replace(meta(z), "node.id=1", "node.id=4"), lambda z: z.broker_dir,
    ),
    "another controller's directory": (
        lambda z: replace(z.controller_dir / "meta.properties", "node.id=10001", "node.id=7"),
        lambda z: z.controller_dir,
    ),
    "quorum-state is garbage": (
        lambda z: (metadata_log(z).parent / "quorum-state").write_bytes(b"{nonsense"),
        lambda z: metadata_log(z).parent / "quorum-state",
    ),
    "quorum-state lacks fields": (
        lambda z: (metadata_log(z).parent / "quorum-state").write_bytes(b'{"data_version":1}'),
        lambda z: metadata_log(z).parent / "quorum-state",
    ),
    "the metadata log is damaged inside": (lambda z: damage(metadata_log(z), 100), metadata_log),
    "the metadata log is garbage": (
        lambda z: metadata_log(z).write_bytes(b"\x01" * metadata_log(z).stat().st_size),
        metadata_log,
    ),
    "the first checkpoint is damaged": (lambda z: damage(checkpoint(z), 70), checkpoint),
    "the first checkpoint is empty": (lambda z: checkpoint(z).write_bytes(b""), checkpoint),
    "cluster.json is garbage": (lambda z: cluster_json(z).write_bytes(b"\xff{"), cluster_json),
    "cluster.json is empty": (lambda z: cluster_json(z).write_bytes(b""), cluster_json),
    "cluster.json is something else": (
        lambda z: cluster_json(z).write_text("[1, 2]"), cluster_json,
    ),
    "cluster.json has a wrong port": (
        lambda z: replace(cluster_json(z), f'"1": {z.spec.ports[1]}', '"1": 70000'), cluster_json,
    ),
    "a node's directory is a file": (
        lambda z: (shutil.move(z.broker_dir, z.directory / "kept"), z.broker_dir.write_text("")),
        lambda z: z.broker_dir,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_start_is_refused_and_changes_nothing(zone: ZoneProcess, what: str) -> None:
    spoil, culprit = REFUSED[what]
    spoil(zone)
    before = contents(zone.directory)
    sentence = zone.refused()
    assert str(culprit(zone)) in sentence, sentence
    after = contents(zone.directory)
    # Only what tells of the last clean stop may have been used up.
    assert {k for k in before if after.get(k) != before[k]} <= {"az1/broker-1/.kafka_cleanshutdown"}


HEALED: dict[str, Callable[[ZoneProcess], object]] = {
    "recovery points": lambda z: garble(z, "recovery-point-offset-checkpoint", b"x\n"),
    "high watermarks": lambda z: garble(z, "replication-offset-checkpoint", b"\0" * 9),
    "log starts": lambda z: garble(z, "log-start-offset-checkpoint", b"0\n9\n"),
    "clean shutdown": lambda z: garble(z, ".kafka_cleanshutdown", b"nonsense"),
    "leader epochs": lambda z: garble(z, "t-0/leader-epoch-checkpoint", b"junk"),
    "an index": lambda z: garble(z, f"t-0/{0:020d}.index", b"\x05" * 80),
    "a time index": lambda z: garble(z, f"t-0/{0:020d}.timeindex", b"\x05" * 37),
    "no indexes": lambda z: [p.unlink() for p in (z.broker_dir / "t-0").glob("*index")],
    "a snapshot": lambda z: [
        p.write_bytes(b"12") for p in (z.broker_dir / "t-0").glob("*.snapshot")
    ],
    "no checkpoints": lambda z: [p.unlink() for p in z.broker_dir.glob("*checkpoint")],
    "a torn tail": lambda z: (
        (z.broker_dir / ".kafka_cleanshutdown").unlink(),
        (z.broker_dir / "t-0" / f"{0:020d}.log").open("ab").write(b"\0" * 33),
    ),
    "things that aren't ours": lambda z: (
        (z.broker_dir / "lost+found").mkdir(), (z.broker_dir / "notes.txt").write_text("hello"),
        (z.broker_dir / "t-0" / "notes.txt").write_text("hello"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HEALED)
def test_what_can_be_found_out_again_is_healed(zone: ZoneProcess, what: str) -> None:
    HEALED[what](zone)
    zone.start()
    for p in range(2):
        assert read(zone.bootstrap, "t", p, COUNT) == VALUES
    write(zone.bootstrap, "t", 0, [b"more"])
    zone.kill()
    zone.start()
    assert read(zone.bootstrap, "t", 0, COUNT + 1) == [*VALUES, b"more"]


def test_a_directory_in_use_by_a_running_node(zone: ZoneProcess, tmp_path: Path) -> None:
    zone.start()
    twin = ZoneProcess.__new__(ZoneProcess)
    twin.__dict__.update(zone.__dict__, process=None)
    replace(cluster_json(zone), str(zone.spec.ports[1]), str(zone.spec.ports[1] + 2))
    sentence = twin.refused()
    assert "in use by a running node" in sentence
    assert str(zone.controller_dir) in sentence
    assert read(zone.bootstrap, "t", 0, COUNT) == VALUES


def test_a_port_in_use(zone: ZoneProcess) -> None:
    port = zone.spec.ports[1]
    with socket.create_server(("127.0.0.1", port)):
        sentence = zone.refused()
    assert str(port) in sentence
    assert "--port" in sentence
    zone.start()
    assert read(zone.bootstrap, "t", 1, COUNT) == VALUES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see the next test")
@pytest.mark.parametrize("which", ["broker", "controller", "zone"])
def test_an_unwritable_directory(zone: ZoneProcess, which: str) -> None:
    folder = {
        "broker": zone.broker_dir, "controller": zone.controller_dir,
        "zone": Path(zone.spec.directory),
    }[which]  # fmt: skip
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        sentence = zone.refused()
    finally:
        folder.chmod(0o755)
    assert str(folder) in sentence
    zone.start()
    assert read(zone.bootstrap, "t", 0, COUNT) == VALUES


def test_a_read_only_file_system(zone: ZoneProcess) -> None:
    """Root may write everywhere but here."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    folder = zone.broker_dir
    command = ["mount", "--bind", str(folder), str(folder)]
    bound = subprocess.run(command, capture_output=True, check=False)
    if bound.returncode:
        pytest.skip(f"no mounting here: {bound.stderr!r}")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        sentence = zone.refused()
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert str(folder) in sentence
    zone.start()
    assert read(zone.bootstrap, "t", 0, COUNT) == VALUES
