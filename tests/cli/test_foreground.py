"""`msklite up` without -d, on a terminal: what it shows, and the ways in which it ends."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.cli.runner import SCRIPT, Msklite, one_zone
from tests.cli.terminal import CTRL_C, Terminal
from tests.support.ports import is_open


def test_it_shows_address_and_live_status_and_ctrl_c_stops_it(msklite: Msklite) -> None:
    with Terminal(msklite, "up", "--brokers", "2") as terminal:
        terminal.expect("Cluster default is up: ")
        address = terminal.expect("\r\n").strip()
        assert is_open(address)
        assert msklite.ok("bootstrap").out.strip() == address
        terminal.expect("Ctrl-C stops it.")
        terminal.expect("2 brokers · 0 topics")
        msklite.ok("topic", "create", "seen")
        terminal.expect("2 brokers · 1 topic · 1 partition")  # the line is drawn anew
        terminal.type(CTRL_C)
        terminal.expect("Stopping; Ctrl-C again ends it at once.")
        terminal.expect("Cluster default has stopped.")
        assert terminal.wait() == 0
    assert not is_open(address)
    brokers = msklite.home / "clusters" / "default" / "az1"
    assert (brokers / "broker-1" / ".kafka_cleanshutdown").exists()
    assert not (brokers / "admin.json").exists()


def test_a_second_signal_ends_it_at_once(msklite: Msklite) -> None:
    with Terminal(msklite, "up") as terminal:
        terminal.expect("Ctrl-C stops it.")
        pid = terminal.process.pid
        os.kill(pid, signal.SIGSTOP)  # so that both signals wait for it together
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        assert terminal.wait() in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    zone = msklite.home / "clusters" / "default" / "az1"
    assert not (zone / "broker-1" / ".kafka_cleanshutdown").exists()
    assert "ending at once" in (zone / "logs" / "zone.log").read_text()
    msklite.ok("up", "-d")  # and nothing is the worse for it


def test_down_ends_a_foreground_cluster_too(msklite: Msklite) -> None:
    with Terminal(msklite, "up") as terminal:
        terminal.expect("Ctrl-C stops it.")
        assert msklite.ok("down").out == "Cluster default has stopped.\n"
        assert terminal.wait() == 0


def test_closing_the_window_stops_it_cleanly(msklite: Msklite) -> None:
    with Terminal(msklite, "up") as terminal:
        terminal.expect("Ctrl-C stops it.")
        terminal.hang_up()
        terminal.wait()
    zone = msklite.home / "clusters" / "default" / "az1"
    assert (zone / "broker-1" / ".kafka_cleanshutdown").exists()
    assert "Traceback" not in (zone / "logs" / "zone.log").read_text()


def test_without_a_terminal_it_prints_plain_lines(msklite: Msklite) -> None:
    process = subprocess.Popen(
        [SCRIPT, *one_zone(["up"])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=msklite.env
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.terminate()
    rest, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert first.startswith(b"Cluster default is up: 127.0.0.1:")
    assert b"\r" not in rest and b"\x1b" not in rest
    assert rest.endswith(b"Cluster default has stopped.\n")
    assert err == b""


def test_json_for_scripts(msklite: Msklite) -> None:
    with Terminal(msklite, "up", "--output", "json") as terminal:
        shown = terminal.expect("\r\n}\r\n")
        assert '"state": "RUNNING"' in shown
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        assert terminal.seen.replace("^C", "").strip() == ""


def test_a_second_up_is_refused_while_it_runs(msklite: Msklite) -> None:
    with Terminal(msklite, "up") as terminal:
        terminal.expect("Ctrl-C stops it.")
        for second in (["up"], ["up", "-d"], ["up", "-d", "--brokers", "3"]):
            said = msklite.refused(*second)
            assert said.startswith(
                f"Cluster default is running already (process {terminal.process.pid},"
            )
        assert len(msklite.json("status")["brokers"]) == 1
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
