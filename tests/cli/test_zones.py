"""Three zones by commands: the default `up`; what is killed, frozen and cut off; what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import SCRIPT, Msklite, processes
from tests.cli.terminal import CTRL_C, Terminal
from tests.support.ports import free_ports, is_alive, is_open, wait_gone

ZONES = ("--azs", 3)
Status = dict[str, Any]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msklite]:
    """Three zones of one broker each, up for all who leave them as they found them."""
    runner = Msklite(tmp_path_factory.mktemp("zones") / "home")
    runner.home.mkdir()
    runner.ok("up", "-d", *ZONES)
    yield runner
    runner.close()


def folder(msklite: Msklite) -> Path:
    return msklite.home / "clusters" / "default"


def until(msklite: Msklite, what: Callable[[Status], bool]) -> Status:
    """Ask for the status until it shows `what`."""
    deadline = time.monotonic() + 60
    while not what(status := msklite.json("status")):
        assert time.monotonic() < deadline, status
    return status


def states(status: Status) -> list[str]:
    return [z["state"] for z in status["zones"]]


def whole(status: Status) -> bool:
    """All zones run, and all brokers are in the cluster."""
    fenced = [b["fenced"] for b in status["brokers"]]
    return set(states(status)) == {"RUNNING"} and fenced == [False] * len(fenced)


def test_three_zones_are_what_a_new_cluster_has(msklite: Msklite) -> None:
    up = subprocess.run(
        [SCRIPT, "up", "-d"], env=msklite.env, capture_output=True, text=True, check=True
    )
    address = msklite.ok("bootstrap").out.strip()
    assert up.stdout.splitlines() == [
        f"Cluster default is up: {address}",
        "MSK's defaults: replication factor 3, min.insync.replicas 2, topics must be created.",
    ]
    assert is_open(address) and address.count(",") == 2
    pids = processes(folder(msklite))
    assert len(pids) == 4
    assert msklite.ok("down").out == "Cluster default has stopped.\n"
    assert not any(map(is_alive, pids))
    for number in (1, 2, 3):
        zone = folder(msklite) / f"az{number}"
        assert (zone / f"broker-{number}" / ".kafka_cleanshutdown").exists()
        assert not (zone / "admin.json").exists()
    assert [b["id"] for b in msklite.json("status")["brokers"]] == [1, 2, 3]
    assert msklite.json("status")["state"] == "STOPPED"
    assert msklite.json("up", "-d", *ZONES)["bootstrap"] == address
    msklite.ok("down", "--delete")
    assert not folder(msklite).exists()


def test_status_shows_zones_and_brokers(three: Msklite) -> None:
    status = three.json("status")
    assert [z["zone"] for z in status["zones"]] == ["az1", "az2", "az3"]
    assert [z["brokers"] for z in status["zones"]] == [[1], [2], [3]]
    assert [z["controller"] for z in status["zones"]] == [10001, 10002, 10003]
    assert sum(z["active"] for z in status["zones"]) == 1
    assert len({status["pid"], *(z["pid"] for z in status["zones"])}) == 4
    assert [b["rack"] for b in status["brokers"]] == ["az1", "az2", "az3"]
    assert status["defaults"] == "MSK"
    lines = three.ok("status").lines
    assert any(line.startswith("ZONE  STATE") for line in lines)
    assert [line.split()[:2] for line in lines if line.startswith("az")] == [
        ["az1", "RUNNING"], ["az2", "RUNNING"], ["az3", "RUNNING"],
    ]  # fmt: skip
    assert any(line.startswith("BROKER  STATE") for line in lines)


def test_msk_makes_no_topics_by_itself_and_three_replicas(three: Msklite) -> None:
    three.ok("topic", "create", "spread", "--partitions", 2)
    (described,) = three.json("topic", "describe", "spread")
    assert [sorted(p["replicas"]) for p in described["partitions"]] == [[1, 2, 3]] * 2
    three.ok("topic", "delete", "spread")
    said = three.refused("produce", "typo", stdin=b"x\n")
    assert said == "There is no topic typo: make it with `msklite topic create typo`."


@pytest.mark.parametrize("action", ["kill", "stop"])
def test_a_zone_that_was_sent_away_stays_away(three: Msklite, action: str) -> None:
    three.ok("topic", "create", f"t-{action}", "--partitions", 3)
    before = until(three, whole)
    said = three.ok("zone", action, "az2").out
    assert said in ("Zone az2 is killed.\n", "Zone az2 has stopped.\n")
    assert not is_alive(before["zones"][1]["pid"])
    status = three.json("status")
    assert states(status) == ["RUNNING", "AWAY", "RUNNING"]
    assert [b["state"] for b in status["brokers"]] == ["RUNNING", "AWAY", "RUNNING"]
    assert three.refused("zone", action, "az2") == "az2 does not run."
    assert three.refused("zone", "cut", "az2") == "az2 does not run."
    assert three.refused("broker", "stop", 2) == "az2 does not run."
    # Two of three are in sync, and that is enough.
    assert three.ok("produce", f"t-{action}", stdin=b"a\nb\n").err.startswith("2 records")
    assert three.ok("zone", "start", "2").out == "Zone az2 is back.\n"
    until(three, whole)
    assert three.refused("zone", "start", "az2") == "az2 runs already."
    read = three.ok("consume", f"t-{action}", "--from-beginning", "--until-end").lines
    assert sorted(read) == ["a", "b"], "of whichever partitions they are in"


def test_a_zone_that_died_is_started_again(three: Msklite) -> None:
    pid = until(three, whole)["zones"][2]["pid"]
    os.kill(pid, signal.SIGKILL)
    status = until(three, lambda s: s["zones"][2]["pid"] not in (pid, None) and whole(s))
    assert status["zones"][2]["pid"] != pid
    assert any(f"az3 has ended (process {pid}, code -9)" in line for line in three.ok("logs").lines)


def test_freeze_and_thaw(three: Msklite) -> None:
    pid = until(three, whole)["zones"][0]["pid"]
    assert three.refused("zone", "thaw", "az1") == "az1 isn't frozen."
    assert three.json("zone", "freeze", "az1") == {"zone": "az1", "action": "freeze", "pid": pid}
    assert states(three.json("status")) == ["FROZEN", "RUNNING", "RUNNING"]
    assert Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    for words in (["zone", "freeze", "1"], ["zone", "stop", "1"]):
        assert three.refused(*words) == "az1 is frozen: thaw it first, or kill it."
    for words in (["zone", "cut", "az2"], ["zone", "heal"], ["broker", "reboot", "1"]):
        assert three.refused(*words) == "az1 is frozen: thaw it first."
    assert three.ok("zone", "thaw", "az1").out == "Zone az1 goes on.\n"
    assert until(three, whole)["zones"][0]["pid"] == pid


def test_cut_and_heal(three: Msklite) -> None:
    until(three, whole)
    assert three.ok("zone", "cut", "az3").out == "Zone az3 is cut off from az1, az2.\n"
    assert [z["cut"] for z in three.json("status")["zones"]] == [["az3"], ["az3"], ["az1", "az2"]]
    until(three, lambda s: [b["fenced"] for b in s["brokers"]][:2] == [False, False])
    assert three.ok("zone", "heal").out == "All zones reach each other again.\n"
    one_way = three.json("zone", "cut", "az1", "--from", "az2", "--one-way", "out")
    assert one_way == {"zone": "az1", "from": ["az2"], "out": True, "into": False}
    assert three.json("zone", "heal") == {"healed": ["az1", "az2", "az3"]}
    assert [z["cut"] for z in until(three, whole)["zones"]] == [[], [], []]


def test_single_brokers(three: Msklite) -> None:
    until(three, whole)
    assert three.ok("broker", "stop", 2).out == "Broker 2 has stopped.\n"
    status = three.json("status")
    assert states(status) == ["RUNNING"] * 3
    assert [b["state"] for b in status["brokers"]] == ["RUNNING", "AWAY", "RUNNING"]
    assert three.refused("broker", "stop", 2) == "Broker 2 does not run."
    assert three.refused("broker", "reboot", 2) == "Broker 2 does not run."
    assert three.ok("broker", "start", 2).out == "Broker 2 is back.\n"
    assert three.refused("broker", "start", 2) == "Broker 2 runs already."
    assert three.json("broker", "reboot", 1) == {"broker": 1, "action": "reboot"}
    until(three, whole)


def test_what_there_is_not(three: Msklite) -> None:
    for words in (["zone", "kill", "4"], ["zone", "cut", "az9"], ["zone", "cut", "1", "--from", 7]):
        assert "this cluster has az1, az2, az3." in three.refused(*words)
    assert three.refused("zone", "cut", "1", "--from", "1") == "az1 can't be cut off from itself."
    for words in (["zone", "kill", "one"], ["zone", "cut", "1", "--from", "x"]):
        assert "zones are called az1, az2, az3" in three.refused(*words, code=2)
    three.refused("zone", "cut", "1", "--one-way", "up", code=2)
    three.refused("broker", "stop", "one", code=2)
    assert three.refused("broker", "stop", 9) == "There is no broker 9: this cluster has 1, 2, 3."
    for action in ("kill", "freeze", "thaw"):
        assert "Broker 2 shares a process" in three.refused("broker", action, 2)


def test_logs_of_the_supervisor_and_of_zones(three: Msklite) -> None:
    assert any("msklite.supervisor: az1 started" in line for line in three.ok("logs").lines)
    lines = three.ok("logs", "--zone", "az2", "-n", 100_000).lines
    assert any("starts zone 2 of cluster default" in line for line in lines)
    assert "this cluster has az1, az2, az3." in three.refused("logs", "--zone", "4")
    three.refused("logs", "--zone", "x", code=2)


def test_a_running_cluster_is_not_started_again(three: Msklite) -> None:
    for words in (["up"], ["up", "-d"]):
        assert "Cluster default is running already" in three.refused(*words, *ZONES)


def test_the_shape_stays(msklite: Msklite) -> None:
    for brokers, said in ((4, "spread evenly"), (2, "3 to 15 brokers"), (16, "3 to 15 brokers")):
        refused = msklite.refused("up", "-d", *ZONES, "--brokers", brokers, code=2)
        assert said in refused
    msklite.refused("up", "-d", "--azs", 4, code=2)
    first = msklite.json("up", "-d", "--azs", 2, "--kafka-defaults", "--port", free_ports(2))
    assert first["defaults"] == "Kafka" and first["config"] == {}
    msklite.ok("down")
    for azs in (1, 3):
        assert "has 2 zones, which can't be changed" in msklite.refused("up", "-d", "--azs", azs)
    grown = msklite.json("up", "-d", "--azs", 2, "--kafka-defaults", "--brokers", 4)
    assert grown["bootstrap"].startswith(first["bootstrap"] + ",")
    assert [z["brokers"] for z in grown["zones"]] == [[1, 3], [2, 4]]
    assert grown["cluster_id"] == first["cluster_id"]


def test_defaults_are_kept(msklite: Msklite) -> None:
    msklite.ok("up", "-d", "--azs", 1, "-c", "min.insync.replicas=1")
    msklite.ok("down")
    assert "MSK's defaults, which can't be changed" in msklite.refused(
        "up", "-d", "--azs", 1, "--kafka-defaults"
    )
    status = msklite.json("up", "-d", "--azs", 1)
    assert status["defaults"] == "MSK"
    assert status["config"] == {"min.insync.replicas": "1"}


def test_a_single_zone_is_no_zone_to_kill(shared: Msklite) -> None:
    for words in (["zone", "kill", "az1"], ["zone", "heal"]):
        assert "has one zone" in shared.refused(*words)
    assert shared.ok("broker", "reboot", 2).out == "Broker 2 has rebooted.\n"
    assert shared.refused("broker", "start", 2) == "Broker 2 runs already."
    assert "There is no broker 3" in shared.refused("broker", "stop", 3)


def test_nothing_runs(msklite: Msklite) -> None:
    assert "There is no cluster default" in msklite.refused("zone", "kill", "1")
    msklite.ok("up", "-d", *ZONES)
    msklite.ok("down")
    for words in (["zone", "kill", "1"], ["zone", "heal"], ["broker", "stop", 1]):
        assert "Cluster default isn't running" in msklite.refused(*words)


def test_zones_outlive_their_supervisor_and_are_taken_over(msklite: Msklite) -> None:
    first = msklite.json("up", "-d", *ZONES)
    msklite.ok("topic", "create", "kept")
    zones = [z["pid"] for z in first["zones"]]
    os.kill(first["pid"], signal.SIGKILL)
    wait_gone(first["pid"])
    assert "kept" in msklite.ok("topic", "list").out  # clients needn't know
    os.kill(zones[2], signal.SIGSTOP)
    status = msklite.json("status")
    assert status["state"] == "UNSUPERVISED"
    assert states(status) == ["RUNNING", "RUNNING", "FROZEN"]
    assert "has lost its supervisor" in msklite.refused("zone", "kill", "az1")
    assert "still run" in msklite.refused("up", "-d", *ZONES, "--brokers", 6)
    again = msklite.json("up", "-d", *ZONES)
    assert [z["pid"] for z in again["zones"]] == zones
    assert again["pid"] != first["pid"]
    until(msklite, whole)
    os.kill(zones[0], signal.SIGKILL)  # it is looked after again
    until(msklite, lambda s: s["zones"][0]["pid"] not in (zones[0], None))
    msklite.ok("down")
    assert processes(folder(msklite)) == []


def test_down_stops_zones_without_a_supervisor(msklite: Msklite) -> None:
    first = msklite.json("up", "-d", *ZONES)
    msklite.ok("zone", "freeze", "az1")
    os.kill(first["pid"], signal.SIGKILL)
    wait_gone(first["pid"])
    assert msklite.json("down", "--delete") == {
        "name": "default", "stopped": True, "deleted": True,
    }  # fmt: skip
    assert not any(is_alive(z["pid"]) for z in first["zones"])
    assert not folder(msklite).exists()


def test_ctrl_c_stops_all_zones_cleanly(msklite: Msklite) -> None:
    with Terminal(msklite, "up", "--azs", "3") as terminal:
        terminal.expect("MSK's defaults")
        terminal.expect("3 zones · 3 brokers · 0 topics")
        msklite.ok("zone", "kill", "az2")
        terminal.expect("3 zones · az2 AWAY · 2 brokers")
        terminal.type(CTRL_C)
        terminal.expect("Stopping; Ctrl-C again ends it at once.")
        terminal.expect("Cluster default has stopped.")
        assert terminal.wait() == 0
    assert processes(folder(msklite)) == []
    assert (folder(msklite) / "az1" / "broker-1" / ".kafka_cleanshutdown").exists()


def test_a_second_signal_ends_the_zones_too(msklite: Msklite) -> None:
    with Terminal(msklite, "up", "--azs", "3") as terminal:
        terminal.expect("Ctrl-C stops it.")
        zones = [z["pid"] for z in msklite.json("status")["zones"]]
        pid = terminal.process.pid
        os.kill(pid, signal.SIGSTOP)  # so that both signals wait for it together
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        assert terminal.wait() in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    for zone in zones:
        wait_gone(zone)
    assert processes(folder(msklite)) == []
    assert whole(msklite.json("up", "-d", *ZONES))  # and nothing is the worse for it


def test_the_tests_leave_no_process_behind(tmp_path: Path) -> None:
    """Not even when the supervisor is gone and a zone can't hear."""
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    first = runner.json("up", "-d", *ZONES)
    runner.ok("zone", "freeze", "az2")
    os.kill(first["pid"], signal.SIGKILL)
    runner.close()
    assert not any(is_alive(z["pid"]) for z in first["zones"])
