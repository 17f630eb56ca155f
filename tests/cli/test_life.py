"""A cluster's life by commands: up, status, bootstrap, down; what is kept, what a crash leaves."""

from __future__ import annotations

import os
import signal
import socket
import stat
from pathlib import Path

from tests.cli.runner import Msklite
from tests.support.ports import free_ports, is_alive, is_open, wait_gone


def test_up_detached_returns_when_clients_can_connect(msklite: Msklite) -> None:
    said = msklite.ok("up", "-d").out
    address = msklite.ok("bootstrap").out.strip()
    assert said.splitlines() == [
        f"Cluster default is up: {address}",
        "Kafka's defaults: replication factor 1, min.insync.replicas 1, topics make themselves.",
    ]
    assert is_open(address)
    status = msklite.json("status")
    assert status["state"] == "RUNNING"
    assert status["bootstrap"] == address
    assert msklite.ok("down").out == "Cluster default has stopped.\n"
    assert not is_open(address)


def test_down_waits_for_the_end_of_the_process(msklite: Msklite) -> None:
    pid = msklite.json("up", "-d")["pid"]
    assert is_alive(pid)
    assert msklite.json("down") == {"name": "default", "stopped": True, "deleted": False}
    assert not is_alive(pid)
    assert msklite.ok("down").out == "Cluster default wasn't running.\n"


def test_ports_brokers_and_settings_are_kept(msklite: Msklite) -> None:
    first = msklite.json("up", "-d", "--brokers", 2, "-c", "num.partitions=4")
    msklite.ok("down")
    stopped = msklite.json("status")
    assert stopped["state"] == "STOPPED"
    assert stopped["bootstrap"] == first["bootstrap"]
    again = msklite.json("up", "-d", "-c", "log.retention.hours=1")
    for key in ("bootstrap", "cluster_id", "directory"):
        assert again[key] == first[key]
    assert [b["id"] for b in again["brokers"]] == [1, 2]
    assert again["config"] == {"num.partitions": "4", "log.retention.hours": "1"}
    assert again["pid"] != first["pid"]
    msklite.ok("down")
    assert msklite.json("up", "-d", "-c", "num.partitions=")["config"] == {
        "log.retention.hours": "1"
    }


def test_brokers_take_p_and_those_that_follow(msklite: Msklite) -> None:
    first = free_ports(3)
    status = msklite.json("up", "-d", "--brokers", 3, "--port", first)
    assert status["bootstrap"] == ",".join(f"127.0.0.1:{first + i}" for i in range(3))
    assert [b["port"] for b in status["brokers"]] == [first, first + 1, first + 2]
    assert all(not b["fenced"] for b in status["brokers"])


def test_brokers_can_be_added_and_not_removed(msklite: Msklite) -> None:
    one = msklite.json("up", "-d")["bootstrap"]
    msklite.ok("down")
    assert len(msklite.json("up", "-d", "--brokers", 3)["brokers"]) == 3
    assert msklite.ok("bootstrap").out.startswith(one + ",")
    msklite.ok("down")
    said = msklite.refused("up", "-d", "--brokers", 1)
    assert "3 brokers" in said
    assert len(msklite.json("status")["brokers"]) == 3


def test_clusters_by_name_and_by_folder_run_side_by_side(msklite: Msklite, tmp_path: Path) -> None:
    folder = tmp_path / "my folder"
    msklite.folders.append(folder)
    addresses = {
        msklite.json("up", "-d")["bootstrap"],
        msklite.json("up", "-d", "--name", "other")["bootstrap"],
        msklite.json("up", "-d", "--dir", folder)["bootstrap"],
    }
    assert len(addresses) == 3
    assert (msklite.home / "clusters" / "other" / "cluster.json").exists()
    assert msklite.json("status", "--dir", folder)["directory"] == str(folder)
    assert msklite.ok("down", "--dir", folder).code == 0
    assert msklite.json("status", "--dir", folder)["state"] == "STOPPED"
    assert msklite.json("status", "--name", "other")["state"] == "RUNNING"
    assert f"msklite up --dir '{folder}'" in msklite.refused("topic", "list", "--dir", folder)


def test_the_cluster_of_the_environment(msklite: Msklite) -> None:
    msklite.env["MSKLITE_CLUSTER"] = "mine"
    assert msklite.json("up", "-d")["name"] == "mine"
    assert (msklite.home / "clusters" / "mine").is_dir()


def test_kill_9_leaves_a_cluster_that_starts_again(msklite: Msklite) -> None:
    first = msklite.json("up", "-d")
    os.kill(first["pid"], signal.SIGKILL)
    wait_gone(first["pid"])
    assert msklite.json("status")["state"] == "STOPPED"
    assert "isn't running" in msklite.refused("topic", "list")
    assert msklite.ok("down").out == "Cluster default wasn't running.\n"
    assert msklite.json("up", "-d")["bootstrap"] == first["bootstrap"]


def test_down_delete_removes_ours_and_nothing_else(msklite: Msklite, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "precious.txt").write_text("mine")
    msklite.folders.append(folder)
    msklite.ok("up", "-d", "--dir", folder)
    assert msklite.ok("down", "--delete", "--dir", folder).out.endswith(
        "has stopped and is deleted.\n"
    )
    assert [p.name for p in folder.iterdir()] == ["precious.txt"]
    msklite.ok("up", "-d")
    msklite.ok("down", "--delete")
    assert not (msklite.home / "clusters" / "default").exists()
    assert "There is no cluster default" in msklite.refused("status")


def test_status_for_people(shared: Msklite) -> None:
    lines = dict(line.split(None, 1) for line in shared.ok("status").lines if line.strip())
    assert lines["state"] == "RUNNING"
    assert lines["bootstrap"] == shared.ok("bootstrap").out.strip()
    assert lines["BROKER"].split()[:2] == ["HOST", "PORT"]
    assert lines["1"].split()[0] == "127.0.0.1"


def test_bootstrap_as_json(shared: Msklite) -> None:
    assert shared.json("bootstrap") == {"bootstrap": shared.ok("bootstrap").out.strip()}


def test_the_admin_socket_is_for_the_owner_only(shared: Msklite) -> None:
    zone = shared.home / "clusters" / "default" / "az1"
    found = list(zone.glob("admin.*"))
    assert found
    assert {stat.S_IMODE(one.stat().st_mode) for one in found} == {0o600}


def test_a_path_too_long_for_a_socket(msklite: Msklite, tmp_path: Path) -> None:
    """The admin endpoint is then on loopback, behind a token; commands needn't know."""
    folder = tmp_path / ("long-" * 25)
    msklite.folders.append(folder)
    msklite.ok("up", "-d", "--dir", folder)
    assert not (folder / "az1" / "admin.sock").exists()
    assert msklite.json("status", "--dir", folder)["state"] == "RUNNING"
    msklite.ok("down", "--dir", folder)
    assert msklite.json("status", "--dir", folder)["state"] == "STOPPED"


def test_host_and_advertise(msklite: Msklite) -> None:
    status = msklite.json("up", "-d", "--host", "0.0.0.0", "--advertise", "localhost")
    port = status["brokers"][0]["port"]
    assert status["bootstrap"] == f"localhost:{port}"
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        pass


def test_other_ports_when_the_old_ones_were_taken(msklite: Msklite) -> None:
    port = int(msklite.json("up", "-d")["bootstrap"].split(":")[1])
    msklite.ok("down")
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port}" in msklite.refused("up", "-d")
        new = free_ports(1)
        assert msklite.json("up", "-d", "--port", new)["bootstrap"] == f"127.0.0.1:{new}"
