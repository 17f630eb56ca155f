"""`msklite logs`, and the log file: levels, rotation, JSON."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.cli.runner import SCRIPT, Msklite

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) +[\w.]+: .+")


def test_the_log_tells_of_start_and_readiness(shared: Msklite) -> None:
    lines = shared.ok("logs").lines
    assert all(LINE.match(line) for line in lines)
    assert any("starts zone 1 of cluster default" in line for line in lines)
    assert any("ready: clients connect to" in line for line in lines)
    assert len(shared.ok("logs", "-n", 1).lines) == 1


def test_json(shared: Msklite) -> None:
    first = json.loads(shared.ok("logs", "-o", "json").lines[0])
    assert first.keys() == {"time", "level", "logger", "message"}
    assert first["level"] == "INFO"


def test_levels(msklite: Msklite) -> None:
    """--log-level is what is written, --level what is shown."""
    msklite.ok("up", "-d", "--log-level", "warning")
    msklite.ok("down")
    assert msklite.ok("logs").lines == []
    msklite.ok("up", "-d", "--log-level", "debug")
    msklite.ok("down")
    assert msklite.ok("logs", "--level", "info").lines
    assert msklite.ok("logs", "--level", "error").lines == []


@pytest.mark.timeout(90)
def test_follow_goes_on_through_a_restart(msklite: Msklite) -> None:
    msklite.ok("up", "-d")
    with subprocess.Popen(
        [SCRIPT, "logs", "-f", "-n", "1"], stdout=subprocess.PIPE, env=msklite.env, text=True
    ) as following:
        try:
            assert following.stdout is not None
            assert "ready: clients connect" in following.stdout.readline()
            msklite.ok("down")
            msklite.ok("up", "-d")
            seen = iter(following.stdout)
            assert any(line.endswith("msklite.zone: stopped\n") for line in seen)
            assert any("ready: clients connect" in line for line in seen)
        finally:
            following.terminate()


def test_rotation(msklite: Msklite) -> None:
    msklite.ok("up", "-d")
    msklite.ok("down")
    log = msklite.home / "clusters" / "default" / "az1" / "logs" / "zone.log"
    old = b"2026-01-01 00:00:00,000 INFO    filler: " + b"x" * 400 + b"\n"
    log.write_bytes(old * (10 * 1024 * 1024 // len(old)))
    msklite.ok("up", "-d")
    assert log.with_name("zone.log.1").stat().st_size > 10_000_000
    assert log.stat().st_size < 100_000
    assert any("ready" in line for line in msklite.ok("logs").lines)


def test_no_log_yet(msklite: Msklite) -> None:
    msklite.ok("up", "-d")
    msklite.ok("down")
    (msklite.home / "clusters" / "default" / "az1" / "logs" / "zone.log").unlink()
    assert "There is no log yet" in msklite.refused("logs")
