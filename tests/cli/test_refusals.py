"""Bad input and bad days: one sentence, the right exit code, and nothing half done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runner import SCRIPT, Msklite, one_zone
from tests.support.ports import free_ports


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("nope",), "No such command 'nope'"),
        (("topic", "nope"), "No such command 'nope'"),
        (("up", "--nope"), "No such option"),
        (("up", "-d", "--brokers", "6"), "1 to 5 brokers, not 6"),
        (("up", "-d", "--azs", "4"), "'--azs': 4"),
        (("up", "-d", "--port", "65536"), "'--port': 65536"),
        (("up", "-d", "--port", "65533", "--brokers", "4"), "port 65536"),
        (("up", "-d", "--config", "nonsense"), "KEY=VALUE"),
        (("up", "-d", "--name", "../up"), "can't be a cluster's name"),
        (("up", "-d", "--log-level", "LOUD"), "LOUD"),
        (("topic", "list", "--bootstrap", "nohost"), "HOST:PORT"),
    ],
)
def test_a_wrong_call(msklite: Msklite, args: tuple[str, ...], said: str) -> None:
    assert said in msklite.refused(*args, code=2)
    assert list(msklite.home.iterdir()) == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("num.partitions=many", "num.partitions=many is not a 32-bit whole number"),
        ("num.partition=3", "did you mean num.partitions?"),
        ("zzz=1", "no broker setting zzz"),
        ("node.id=7", "set by msklite itself"),
        ("listeners=PLAINTEXT://:1", "use --host and --port"),
        ("log.dirs=/somewhere", "use --dir"),
    ],
)
def test_a_wrong_setting(msklite: Msklite, config: str, said: str) -> None:
    assert said in msklite.refused("up", "-d", "-c", config)
    assert list(msklite.home.iterdir()) == []


def test_a_wrong_wish_leaves_a_cluster_as_it_was(msklite: Msklite) -> None:
    msklite.ok("up", "-d", "-c", "num.partitions=2")
    msklite.ok("down")
    file = msklite.home / "clusters" / "default" / "cluster.json"
    before = file.read_bytes()
    msklite.refused("up", "-d", "-c", "num.partitions=many", "--brokers", 3)
    msklite.refused("up", "-d", "--host", "203.0.113.1")
    assert file.read_bytes() == before
    msklite.ok("up", "-d")


def test_a_start_that_fails_puts_the_old_wishes_back(msklite: Msklite) -> None:
    """A damaged node directory only shows when the zone starts."""
    msklite.ok("up", "-d")
    msklite.ok("down")
    folder = msklite.home / "clusters" / "default"
    before = (folder / "cluster.json").read_bytes()
    meta = folder / "az1" / "broker-1" / "meta.properties"
    good = meta.read_text()
    meta.write_text(good.replace("node.id=1", "node.id=9"))
    said = msklite.refused("up", "-d", "-c", "num.partitions=3")
    assert "belongs to node 9" in said
    assert (folder / "cluster.json").read_bytes() == before
    meta.write_text(good)
    assert msklite.json("up", "-d")["config"] == {}


def test_a_port_in_use_names_its_owner(msklite: Msklite) -> None:
    first = free_ports(3)
    with socket.create_server(("127.0.0.1", first + 1)):
        said = msklite.refused("up", "-d", "--brokers", 3, "--port", first)
    assert f"Port {first + 1} on 127.0.0.1 is in use" in said
    if Path("/proc/self").exists():
        assert f"by process {os.getpid()}" in said
    assert list(msklite.home.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("203.0.113.1", "isn't an address of this machine"),
        ("no.such.host.invalid", "can't be resolved"),
    ],
)
def test_a_host_that_is_not_ours(msklite: Msklite, host: str, said: str) -> None:
    assert said in msklite.refused("up", "-d", "--host", host)
    assert list(msklite.home.iterdir()) == []


@pytest.mark.parametrize("detach", [["-d"], []])
def test_an_unwritable_directory(msklite: Msklite, tmp_path: Path, detach: list[str]) -> None:
    """A file stands where a folder should: that stops root too."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert f"{blocked}/x" in msklite.refused("up", *detach, "--dir", blocked / "x")
    assert blocked.read_text() == ""


def test_a_directory_in_use_by_a_running_node(msklite: Msklite, tmp_path: Path) -> None:
    """Two clusters whose zone is the same folder: the second is refused, the first goes on."""
    msklite.ok("up", "-d")
    first = msklite.home / "clusters" / "default"
    second = tmp_path / "second"
    second.mkdir()
    spec = json.loads((first / "cluster.json").read_text())
    spec["ports"] = {"1": free_ports(1), "10001": free_ports(1) + 1}
    (second / "cluster.json").write_text(json.dumps(spec))
    (second / "az1").mkdir()
    for name in ("broker-1", "controller-10001"):
        (second / "az1" / name).symlink_to(first / "az1" / name)
    assert "in use by a running node" in msklite.refused("up", "-d", "--dir", second)
    assert msklite.json("status")["state"] == "RUNNING"
    said = msklite.refused("down", "--delete", "--dir", second)
    assert "nothing was deleted" in said
    assert msklite.json("status")["brokers"][0]["fenced"] is False


def test_a_directory_in_use_by_apache_kafka(msklite: Msklite) -> None:
    """Java's FileLock is a POSIX record lock, as this other process holds it."""
    msklite.ok("up", "-d")
    msklite.ok("down")
    lock = msklite.home / "clusters" / "default" / "az1" / "broker-1" / ".lock"
    code = (
        "import fcntl, sys\n"
        f"file = open({str(lock)!r}, 'r+')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert "in use by a running node" in msklite.refused("up", "-d")
        holder.communicate()
    msklite.ok("up", "-d")


@pytest.mark.parametrize("content", ["{", "[]", '"text"', '{"format": 9}', '{"format": 1}', "\x00"])
def test_a_broken_cluster_file(msklite: Msklite, content: str) -> None:
    folder = msklite.home / "clusters" / "default"
    folder.mkdir(parents=True)
    file = folder / "cluster.json"
    file.write_text(content)
    for command in (["up", "-d"], ["up"], ["down"], ["status"], ["bootstrap"], ["topic", "list"]):
        assert str(file) in msklite.refused(*command)
    assert file.read_text() == content
    assert [p.name for p in folder.iterdir()] == ["cluster.json"]


@pytest.mark.parametrize(
    "command",
    [["down"], ["status"], ["bootstrap"], ["logs"], ["topic", "list"], ["consume", "t"]],
    ids=" ".join,
)
def test_no_cluster(msklite: Msklite, command: list[str]) -> None:
    said = msklite.refused(*command, "--name", "other")
    assert said == "There is no cluster other: start one with `msklite up --name other`."


@pytest.mark.parametrize(
    "command",
    [["topic", "list"], ["topic", "create", "t"], ["produce", "t"], ["consume", "t"],
     ["group", "list"], ["group", "describe", "g"]],
    ids=" ".join,
)  # fmt: skip
def test_a_cluster_that_is_not_running(msklite: Msklite, command: list[str]) -> None:
    msklite.ok("up", "-d")
    msklite.ok("down")
    said = msklite.refused(*command)
    assert said == "Cluster default isn't running: start it with `msklite up`."


def test_nobody_listens(msklite: Msklite) -> None:
    said = msklite.refused("topic", "list", "--bootstrap", f"127.0.0.1:{free_ports(1)}")
    assert "nobody listens" in said


def test_a_process_that_does_not_answer_is_not_taken_for_gone(msklite: Msklite) -> None:
    """Stopped in its tracks, it holds its directories: nothing may be deleted."""
    pid = msklite.json("up", "-d")["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert "doesn't answer" in msklite.refused("down", "--delete")
        assert (msklite.home / "clusters" / "default" / "az1" / "broker-1").is_dir()
    finally:
        os.kill(pid, signal.SIGCONT)  # it now hears that it was asked to stop


def test_two_ups_at_once_start_one_cluster(msklite: Msklite) -> None:
    calls = [
        subprocess.Popen(
            [SCRIPT, *one_zone(["up", "-d", "--brokers", n])],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=msklite.env,
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    ended = [(call.communicate(timeout=120), call.returncode) for call in calls]
    assert sorted(code for _, code in ended) == [0, 1, 1], ended
    for (out, err), code in ended:
        if code == 1:
            assert out == b""
            assert err.decode().startswith("msklite: Cluster default ")
    winner = [code for _, code in ended].index(0) + 1
    assert len(msklite.json("status")["brokers"]) == winner
