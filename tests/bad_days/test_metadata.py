"""A metadata log that is damaged on one of three zones is had anew from the others.

The zone is killed, its disk is damaged, and it is started again, as real processes. That it votes
again is seen by taking another zone away: with one zone down, only a majority that has it can
change anything.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from msklite.log.directories import META_PROPERTIES
from msklite.zone.format import METADATA_DIR
from tests.bad_days.clients import make, read, write
from tests.cli.runner import Msklite

pytestmark = pytest.mark.slow
VALUES = [b"value %d" % i for i in range(50)]
TOPICS = 10
LOG = f"{0:020d}.log"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Msklite]:
    """Three zones of a broker each, with some metadata."""
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    runner.ok("up", "-d", "--azs", 3)
    yield runner
    runner.close()


def zone_dir(msklite: Msklite, number: int) -> Path:
    return msklite.home / "clusters" / "default" / f"az{number}"


def bootstrap(msklite: Msklite) -> str:
    return msklite.ok("bootstrap").out.strip()


def until(what: Callable[[], bool], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + 90
    while not what():
        assert time.monotonic() < deadline, said()
        time.sleep(0.2)


def a_bit(folder: Path) -> None:
    """In the midst of the log: sound batches follow, so it is no torn tail."""
    path = folder / LOG
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def all_of_it(folder: Path) -> None:
    shutil.rmtree(folder)


def damage(three: Msklite, number: int, how: Callable[[Path], object]) -> tuple[bytes, list[str]]:
    """Kill a zone, damage it, start it; its old meta.properties and what it says meanwhile."""
    zone, name = zone_dir(three, number), f"controller-{10000 + number}"
    three.ok("zone", "kill", f"az{number}")
    meta = (zone / name / META_PROPERTIES).read_bytes()
    how(zone / name / METADATA_DIR)
    three.ok("zone", "start", f"az{number}")
    log = zone / "logs" / "zone.log"
    until(lambda: "votes again" in log.read_text(), log.read_text)
    return meta, log.read_text().splitlines()


@pytest.mark.parametrize("how", [a_bit, all_of_it])
def test_a_damaged_metadata_log_is_healed(three: Msklite, how: Callable[[Path], object]) -> None:
    at = bootstrap(three)
    for n in range(TOPICS):
        make(at, NewTopic(f"t{n}", 1, 3))
    write(at, "t0", 0, VALUES)
    old, said = damage(three, 3, how)
    zone = zone_dir(three, 3)
    (aside,) = zone.glob("controller-10003.damaged-*")
    assert (aside / META_PROPERTIES).read_bytes() == old
    assert (zone / "controller-10003" / META_PROPERTIES).read_bytes() != old
    assert not (zone / "controller-10003.healing").exists()
    (sentence,) = (line for line in said if "is kept as" in line)
    assert str(aside) in sentence and str(zone / "controller-10003") in sentence
    # Only with its vote can anything be changed now.
    three.ok("zone", "kill", "az1")
    make(at, NewTopic("later", 1, 3))
    three.ok("zone", "start", "az1")
    assert read(at, "t0", 0, len(VALUES)) == VALUES
    # And it stays what it has become over a restart of all.
    three.ok("down")
    three.ok("up", "-d", "--azs", 3)
    make(at, NewTopic("last", 1, 3))
    assert len(list(zone.glob("controller-10003.*"))) == 1


def test_a_metadata_log_that_was_cut_short_is_filled_again(three: Msklite) -> None:
    """It looks like a torn tail: the leader gives what is missing."""
    at = bootstrap(three)
    for n in range(TOPICS):
        make(at, NewTopic(f"t{n}", 1, 3))
    three.ok("zone", "kill", "az3")
    logs = [zone_dir(three, n) / f"controller-{10000 + n}" / METADATA_DIR / LOG for n in (1, 2, 3)]
    with logs[2].open("r+b") as file:
        file.truncate(logs[2].stat().st_size // 2)
    three.ok("zone", "start", "az3")
    three.ok("zone", "kill", "az1")
    make(at, NewTopic("later", 1, 3))
    three.ok("down")
    two, filled = (path.read_bytes() for path in logs[1:])
    size = min(len(two), len(filled))
    assert filled[:size] == two[:size] and size > logs[0].stat().st_size // 2


def test_a_broker_alone_fetches_its_copy_anew(tmp_path: Path) -> None:
    """It has no vote, so only the copy is set aside, and its partitions stay."""
    runner = Msklite(tmp_path / "home")
    runner.home.mkdir()
    try:
        runner.ok("up", "-d", "--azs", 3, "--process-per", "broker")
        at = bootstrap(runner)
        for n in range(TOPICS):
            make(at, NewTopic(f"t{n}", 1, 3))
        write(at, "t0", 0, VALUES)
        runner.ok("broker", "kill", 3)
        zone = zone_dir(runner, 3)
        a_bit(zone / "broker-3" / METADATA_DIR)
        runner.ok("broker", "start", 3)
        (aside,) = zone.glob("broker-3.metadata.damaged-*")
        assert f"it is kept as {aside}" in (zone / "logs" / "broker-3.log").read_text()
        runner.ok("broker", "stop", 1)
        assert read(at, "t0", 0, len(VALUES)) == VALUES
        make(at, NewTopic("later", 1, 2))
    finally:
        runner.close()
