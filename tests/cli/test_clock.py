"""`msklite clock`, on one zone and on three."""

from __future__ import annotations

from tests.cli.runner import Msklite

DAY = 86_400_000


def test_one_zone(msklite: Msklite) -> None:
    assert "There is no cluster" in msklite.refused("clock", "show")
    msklite.ok("up", "-d")
    assert "wall time: nobody has turned the clock" in msklite.ok("clock", "show").out
    msklite.ok("topic", "create", "t", "--config", f"retention.ms={365 * DAY}")
    msklite.ok("produce", "t", stdin=b"old\n")
    assert "364d 00:00:0" in msklite.ok("clock", "advance", "364d").out
    assert msklite.ok("consume", "t", "--from-beginning", "--until-end").out == "old\n"
    told = msklite.json("clock", "advance", "1d1h")
    assert told["steered"] and told["ahead_ms"] // DAY == 365
    assert msklite.ok("consume", "t", "--from-beginning", "--until-end").out == ""
    assert "can't go back" in msklite.refused("clock", "advance", "-1d")
    assert "no duration" in msklite.refused("clock", "advance", "5")
    assert "can't run" in msklite.refused("clock", "rate", "-1")
    assert "frozen" in msklite.ok("clock", "freeze").out
    frozen = msklite.json("clock", "show")["now_ms"]
    msklite.ok("down")
    assert "isn't running" in msklite.refused("clock", "show")
    msklite.ok("up", "-d")
    assert msklite.json("clock", "show")["now_ms"] == frozen
    assert "2 times as fast" in msklite.ok("clock", "rate", "2").out
    assert msklite.json("clock", "rate", "1")["now_ms"] >= frozen


def test_three_zones(msklite: Msklite) -> None:
    msklite.ok("up", "-d", "--azs", 3)
    msklite.ok("zone", "kill", "az3")
    assert msklite.json("clock", "advance", "400d")["version"] == 1
    assert msklite.json("status")["clock"]["ahead_ms"] >= 400 * DAY
    msklite.ok("zone", "start", "az3")
    msklite.ok("zone", "freeze", "az2")
    assert "az2 is frozen: thaw it first" in msklite.refused("clock", "advance", "1d")
    msklite.ok("zone", "thaw", "az2")
    assert msklite.json("clock", "advance", "1d")["version"] == 2
    spec = msklite.home / "clusters" / "default"
    for number in (1, 2, 3):
        log = (spec / f"az{number}" / "logs" / "zone.log").read_text()
        assert "'version': 2" in log, log[-2000:]
