"""`up --process-per broker`: each broker and each controller is a process, and can die alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runner import Msklite, processes
from tests.cli.test_zones import Status, folder, states, until
from tests.support.ports import is_alive, wait_gone

EACH = ("--azs", 3, "--process-per", "broker")


@pytest.fixture(scope="module")
def each(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msklite]:
    """Three zones whose nodes are processes, up for all who leave them as they found them."""
    runner = Msklite(tmp_path_factory.mktemp("each") / "home")
    runner.home.mkdir()
    runner.ok("up", "-d", *EACH)
    yield runner
    runner.close()


def whole(status: Status) -> bool:
    """All processes run, and all brokers are in the cluster."""
    return set(states(status)) == {"RUNNING"} and not any(b["fenced"] for b in status["brokers"])


def broker_states(status: Status) -> list[str]:
    return [b["state"] for b in status["brokers"]]


def pids(status: Status) -> dict[int, int | None]:
    return {n["id"]: n["pid"] for n in (*status["controllers"], *status["brokers"])}


def test_every_node_is_a_process(each: Msklite) -> None:
    status = until(each, whole)
    assert sorted(pids(status)) == [1, 2, 3, 10001, 10002, 10003]
    assert len({status["pid"], *pids(status).values()}) == 7
    assert sorted(processes(folder(each))) == sorted(
        [status["pid"], *filter(None, pids(status).values())]
    )
    assert [z["brokers"] for z in status["zones"]] == [[1], [2], [3]]
    assert sum(z["active"] for z in status["zones"]) == 1
    assert "pid" not in status["zones"][0]
    lines = each.ok("status").lines
    assert any(line.startswith("CONTROLLER  STATE") for line in lines)
    assert [line.split()[:2] for line in lines if line.strip()[:1].isdigit()] == [
        [str(n), "RUNNING"] for n in (10001, 10002, 10003, 1, 2, 3)
    ]


def test_a_killed_broker_stays_away_and_its_zone_goes_on(each: Msklite) -> None:
    each.ok("topic", "create", "k", "--partitions", 3)
    pid = pids(until(each, whole))[2]
    assert each.ok("broker", "kill", 2).out == "Broker 2 is killed.\n"
    assert pid is not None and not is_alive(pid)
    status = each.json("status")
    assert broker_states(status) == ["RUNNING", "AWAY", "RUNNING"]
    assert states(status) == ["RUNNING", "DEGRADED", "RUNNING"]
    assert [c["state"] for c in status["controllers"]] == ["RUNNING"] * 3
    for action in ("kill", "stop", "freeze", "thaw", "reboot"):
        assert each.refused("broker", action, 2) == "Broker 2 does not run."
    assert each.ok("produce", "k", stdin=b"a\nb\n").err.startswith("2 records")
    assert each.ok("broker", "start", 2).out == "Broker 2 is back.\n"
    until(each, whole)
    assert each.refused("broker", "start", 2) == "Broker 2 runs already."
    read = each.ok("consume", "k", "--from-beginning", "--until-end").out
    assert sorted(read.split()) == ["a", "b"]


def test_a_broker_that_died_is_started_again(each: Msklite) -> None:
    before = pids(until(each, whole))
    os.kill(before[3] or 0, signal.SIGKILL)
    after = pids(until(each, lambda s: pids(s)[3] not in (before[3], None) and whole(s)))
    assert {n: p for n, p in after.items() if n != 3} == {
        n: p for n, p in before.items() if n != 3
    }, "its neighbours were left alone"
    assert f"broker 3 has ended (process {before[3]}, code -9)" in each.ok("logs").out


def test_brokers_find_another_controller_when_theirs_is_gone(each: Msklite) -> None:
    status = until(each, whole)
    (gone,) = [z["zone"] for z in status["zones"] if z["active"]]
    each.ok("topic", "create", "after")
    each.ok("zone", "kill", gone)
    try:
        assert each.ok("produce", "after", stdin=b"a\n").err.startswith("1 record")
        until(each, lambda s: [b["fenced"] for b in s["brokers"]].count(False) == 2)
    finally:
        each.ok("zone", "start", gone)
    until(each, whole)


def test_freeze_and_thaw_one_broker(each: Msklite) -> None:
    pid = pids(until(each, whole))[1]
    assert each.refused("broker", "thaw", 1) == "Broker 1 isn't frozen."
    told = each.json("broker", "freeze", 1)
    assert told == {"broker": 1, "action": "freeze", "pid": pid}
    assert Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    assert broker_states(each.json("status")) == ["FROZEN", "RUNNING", "RUNNING"]
    for action in ("freeze", "stop", "reboot"):
        said = each.refused("broker", action, 1)
        assert said == "Broker 1 is frozen: thaw it first, or kill it."
    assert each.refused("zone", "stop", "az1") == "Broker 1 is frozen: thaw it first, or kill it."
    assert each.refused("zone", "cut", "az2") == "broker 1 is frozen: thaw it first."
    # The commands go to the others, once these don't name it any more.
    deadline = time.monotonic() + 60
    while each.run("topic", "list").code != 0:
        assert time.monotonic() < deadline
    assert each.ok("broker", "thaw", 1).out == "Broker 1 goes on.\n"
    assert pids(until(each, whole))[1] == pid


def test_stop_and_reboot_one_broker(each: Msklite) -> None:
    before = pids(until(each, whole))
    assert each.ok("broker", "stop", 1).out == "Broker 1 has stopped.\n"
    assert (folder(each) / "az1" / "broker-1" / ".kafka_cleanshutdown").exists()
    assert broker_states(each.json("status")) == ["AWAY", "RUNNING", "RUNNING"]
    each.ok("broker", "start", 1)
    told = each.json("broker", "reboot", 3)
    after = pids(until(each, whole))
    assert told == {"broker": 3, "action": "reboot", "pid": after[3]}
    assert {n for n in before if before[n] != after[n]} == {1, 3}


@pytest.mark.parametrize(("action", "said"), [("kill", "is killed"), ("stop", "has stopped")])
def test_orders_to_a_zone_go_to_all_of_its_processes(each: Msklite, action: str, said: str) -> None:
    before = pids(until(each, whole))
    assert each.ok("zone", action, "az2").out == f"Zone az2 {said}.\n"
    status = each.json("status")
    assert states(status) == ["RUNNING", "AWAY", "RUNNING"]
    assert pids(status) == {**before, 2: None, 10002: None}
    assert each.refused("zone", action, "az2") == "az2 does not run."
    assert each.ok("zone", "start", "az2").out == "Zone az2 is back.\n"
    assert each.refused("zone", "start", "az2") == "az2 runs already."
    after = pids(until(each, whole))
    assert {n for n in before if before[n] != after[n]} == {2, 10002}


def test_a_zone_is_frozen_and_cut_as_one(each: Msklite) -> None:
    before = pids(until(each, whole))
    assert each.json("zone", "freeze", "az3") == {"zone": "az3", "action": "freeze"}
    status = each.json("status")
    assert states(status) == ["RUNNING", "RUNNING", "FROZEN"]
    assert [c["state"] for c in status["controllers"]] == ["RUNNING", "RUNNING", "FROZEN"]
    each.ok("zone", "thaw", "az3")
    assert pids(until(each, whole)) == before
    each.ok("zone", "cut", "az3")
    assert [z["cut"] for z in each.json("status")["zones"]] == [["az3"], ["az3"], ["az1", "az2"]]
    assert each.json("zone", "heal") == {"healed": ["az1", "az2", "az3"]}
    until(each, whole)


def test_logs_of_a_zone_and_of_a_broker(each: Msklite) -> None:
    of_zone = each.ok("logs", "--zone", "az1", "-n", 100_000).lines
    for what in ("starts controller 10001 of cluster", "starts broker 1 of cluster"):
        assert any(what in line for line in of_zone)
    times = [line[:23] for line in of_zone if line[:2] == "20"]
    assert times == sorted(times)
    of_broker = each.ok("logs", "--broker", 2, "-n", 100_000).lines
    assert any("starts broker 2 of cluster" in line for line in of_broker)
    assert not any("controller 10002 of cluster" in line for line in of_broker)
    assert each.refused("logs", "--broker", 9) == "There is no broker 9: this cluster has 1, 2, 3."


def test_brokers_outlive_their_supervisor(msklite: Msklite) -> None:
    """One zone is enough for that; all its nodes are processes too."""
    first = msklite.json("up", "-d", "--azs", 1, "--brokers", 2, "--process-per", "broker")
    assert [z["brokers"] for z in first["zones"]] == [[1, 2]]
    msklite.ok("topic", "create", "kept")
    os.kill(first["pid"], signal.SIGKILL)
    wait_gone(first["pid"])
    os.kill(pids(first)[2] or 0, signal.SIGSTOP)
    status = msklite.json("status")
    assert status["state"] == "UNSUPERVISED"
    assert [(n["node"], n["state"]) for n in status["nodes"]] == [
        ("controller 10001", "RUNNING"), ("broker 1", "RUNNING"), ("broker 2", "FROZEN"),
    ]  # fmt: skip
    assert "has lost its supervisor" in msklite.refused("broker", "kill", 1)
    assert "still run" in msklite.refused("up", "-d", "--azs", 1, "--process-per", "zone")
    again = msklite.json("up", "-d", "--azs", 1)
    assert pids(again) == pids(first)
    os.kill(again["pid"], signal.SIGKILL)
    wait_gone(again["pid"])
    assert msklite.json("down")["stopped"]
    assert processes(folder(msklite)) == []


def test_an_existing_cluster_may_change_to_it_and_back(msklite: Msklite) -> None:
    """A broker's own copy of the metadata log is made, left alone, and caught up with."""
    msklite.ok("up", "-d", "--azs", 3)
    msklite.ok("topic", "create", "first")
    assert msklite.ok("produce", "first", stdin=b"1\n").err.startswith("1 record")
    for number, how in enumerate(("broker", "zone", "broker")):
        msklite.ok("down")
        status = msklite.json("up", "-d", "--azs", 3, "--process-per", how)
        assert ("controllers" in status) == (how == "broker")
        topic = f"made-{number}"
        msklite.ok("topic", "create", topic)
        assert msklite.ok("produce", topic, stdin=b"2\n").err.startswith("1 record")
        assert msklite.ok("consume", "first", "--from-beginning", "--until-end").out == "1\n"
    msklite.ok("down")
    assert "controllers" in msklite.json("up", "-d", "--azs", 3), "it is kept"
    names = msklite.ok("topic", "list").out
    assert all(name in names for name in ("first", "made-0", "made-1", "made-2"))


def test_a_broker_that_shares_its_process_is_no_process_to_kill(shared: Msklite) -> None:
    for action in ("kill", "freeze", "thaw"):
        assert "Broker 1 shares a process" in shared.refused("broker", action, 1)


def test_a_cluster_of_one_process_stays_one(msklite: Msklite) -> None:
    msklite.ok("up", "--no-start", "--azs", 1)
    said = msklite.refused("up", "-d", "--azs", 1, "--process-per", "broker")
    assert "was made with one process for all of its nodes, which can't be changed" in said
