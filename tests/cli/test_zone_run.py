"""Zones by hand: each with nothing but a copy of the cluster's file, at an address of its own."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import SCRIPT, Msklite
from tests.crash.wire import INSIDE, OUTSIDE, Wire
from tests.support.ports import free_ports

PATIENCE_S = 60


def _has(host: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


pytestmark = pytest.mark.skipif(
    not _has("127.0.0.2"), reason="needs 127.0.0.2, which macOS gives only when asked"
)


class Hand:
    """`msklite zone run` on `folder`, which holds a cluster.json."""

    def __init__(self, msklite: Msklite, folder: Path, *words: object) -> None:
        self.folder = folder
        self._path = folder / f"said-{'-'.join(map(str, words))}"
        self._said = self._path.open("w")
        self.process = subprocess.Popen(
            [SCRIPT, "zone", "run", *map(str, words), "--dir", folder],
            env=msklite.env, stdout=self._said, stderr=self._said,
        )  # fmt: skip

    def said(self) -> str:
        return self._path.read_text()

    def up(self) -> str:
        """Wait until it is; what it said."""
        deadline = time.monotonic() + PATIENCE_S
        while "is up" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, f"not up in time: {self.said()}"
            time.sleep(0.02)
        return self.said()

    def end(self, number: signal.Signals) -> str:
        """Signal it and wait for its end; what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        self._said.close()
        return self.said()


class Hands:
    """A cluster of three zones that nobody supervises."""

    def __init__(self, msklite: Msklite, tmp_path: Path, *options: object) -> None:
        self._msklite = msklite
        self._folder = tmp_path
        self.zones: dict[str, Hand] = {}
        made = msklite.json("up", "--no-start", "--dir", tmp_path / "made", "--azs", 3, *options)
        self.bootstrap: str = made["bootstrap"]
        self.file = tmp_path / "made" / "cluster.json"

    def start(self, name: str) -> Hand:
        """Start a zone on a machine of its own; not yet up when this returns."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        shutil.copy(self.file, folder)
        self.zones[name] = Hand(self._msklite, folder, name)
        return self.zones[name]

    def start_all(self) -> None:
        for hand in [self.start(f"az{n}") for n in (1, 2, 3)]:
            hand.up()

    def stop(self) -> None:
        """End all, as `docker compose stop` does: at the same time."""
        for hand in self.zones.values():
            if hand.process.poll() is None:
                hand.process.send_signal(signal.SIGTERM)
        for hand in self.zones.values():
            try:
                hand.end(signal.SIGTERM)
            except subprocess.TimeoutExpired:
                hand.end(signal.SIGKILL)


@pytest.fixture
def hands(msklite: Msklite, tmp_path: Path) -> Iterator[Any]:
    made: list[Hands] = []

    def make(*options: object) -> Hands:
        made.append(Hands(msklite, tmp_path, *options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def kafka(msklite: Msklite, cluster: Hands, *words: object, stdin: bytes = b"") -> str:
    return msklite.ok(*words, "--bootstrap", cluster.bootstrap, stdin=stdin).out


def test_each_zone_on_an_address_of_its_own(msklite: Msklite, hands: Any) -> None:
    cluster = hands(*(w for n in (1, 2, 3) for w in ("--zone-host", f"az{n}=127.0.0.{n}")))
    hosts = [at.rsplit(":", 1)[0] for at in cluster.bootstrap.split(",")]
    assert hosts == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    cluster.start_all()
    for at in cluster.bootstrap.split(","):  # nobody listens at another's address
        port = int(at.rsplit(":", 1)[1])
        found = []
        for host in hosts:
            with socket.socket() as probe:
                if probe.connect_ex((host, port)) == 0:
                    found.append(f"{host}:{port}")
        assert found == [at]
    kafka(msklite, cluster, "topic", "create", "t", "--partitions", 3)
    (topic,) = json.loads(kafka(msklite, cluster, "topic", "describe", "t", "--output", "json"))
    assert all(len(p["isr"]) == 3 for p in topic["partitions"])
    kafka(msklite, cluster, "produce", "t", stdin=b"1\n2\n3\n")
    cluster.zones["az3"].end(signal.SIGKILL)
    kafka(msklite, cluster, "produce", "t", stdin=b"4\n")
    read = kafka(msklite, cluster, "consume", "t", "--from-beginning", "--until-end")
    assert sorted(read.split()) == ["1", "2", "3", "4"]
    assert f"az3 is up: {cluster.bootstrap.split(',')[2]}" in cluster.start("az3").up()
    said = cluster.zones["az2"].end(signal.SIGINT)
    assert said.endswith("Stopping; Ctrl-C again ends it at once.\naz2 has stopped.\n")
    assert (cluster.zones["az2"].folder / "az2" / "broker-2" / ".kafka_cleanshutdown").exists()


def test_zones_reach_each_other_inside_where_clients_are_told_another_address(
    msklite: Msklite, hands: Any
) -> None:
    """As in containers: clients come through published ports, the zones know each other's names."""
    at = f"{INSIDE},advertise={OUTSIDE},inside={INSIDE}"
    first = free_ports(3)
    cluster = hands(
        "--port", first, *(w for n in (1, 2, 3) for w in ("--zone-host", f"az{n}={at}"))
    )
    assert cluster.bootstrap == ",".join(f"{OUTSIDE}:{first + n}" for n in range(3))
    cluster.start_all()  # without anybody at the addresses that clients are told
    with ExitStack() as wires:
        for n in range(3):
            wires.enter_context(Wire(first + n))
        kafka(msklite, cluster, "topic", "create", "t", "--partitions", 3)
        kafka(msklite, cluster, "produce", "t", stdin=b"1\n2\n3\n")
    cluster.zones["az1"].end(signal.SIGKILL)
    cluster.start("az1").up()
    with ExitStack() as wires:
        for n in range(3):
            wires.enter_context(Wire(first + n))
        kafka(msklite, cluster, "produce", "t", stdin=b"4\n")
        read = kafka(msklite, cluster, "consume", "t", "--from-beginning", "--until-end")
    assert sorted(read.split()) == ["1", "2", "3", "4"]
    for name, hand in cluster.zones.items():
        log = (hand.folder / name / "logs" / "zone.log").read_text()
        assert f"{OUTSIDE}:{first} can't be reached" not in log
        assert "following broker" in log or name == "az1"


def test_nodes_by_hand(msklite: Msklite, hands: Any) -> None:
    """Controllers and brokers as processes that share a zone's folder, none of them supervised."""
    cluster = hands("--process-per", "broker")
    machine = cluster.file.parent
    for zone in (1, 2, 3):
        for node in (10000 + zone, zone):
            hand = Hand(msklite, machine, f"az{zone}", "--node", node)
            cluster.zones[f"az{zone}-{node}"] = hand
    for hand in cluster.zones.values():
        hand.up()
    kafka(msklite, cluster, "topic", "create", "t")
    cluster.zones["az1-1"].end(signal.SIGKILL)
    kafka(msklite, cluster, "produce", "t", stdin=b"1\n")
    status = msklite.json("status", "--dir", machine)
    assert status["state"] == "UNSUPERVISED"
    assert [n["state"] for n in status["nodes"]] == ["RUNNING", "AWAY", *["RUNNING"] * 4]
    assert msklite.json("down", "--dir", machine)["stopped"]
    assert all(hand.process.wait(PATIENCE_S) is not None for hand in cluster.zones.values())


def test_zones_that_share_a_folder_make_the_cluster_themselves(
    msklite: Msklite, tmp_path: Path
) -> None:
    """As the containers of docker/compose-zones.yaml, and clients come by the other ports too."""
    first = free_ports(6)
    words = ("--hosts", "127.0.0.1,127.0.0.1,127.0.0.1", "--port", first,
             "--outside", f"localhost:{first + 3}")  # fmt: skip
    hands = [Hand(msklite, tmp_path, f"az{n}", *words) for n in (1, 2, 3)]
    try:
        for hand in hands:
            hand.up()
        inside, outside = f"127.0.0.1:{first}", f"localhost:{first + 3}"
        msklite.ok("topic", "create", "t", "--bootstrap", inside)
        msklite.ok("produce", "t", "--bootstrap", outside, stdin=b"1\n")
        read = msklite.ok("consume", "t", "--from-beginning", "--until-end", "--bootstrap", inside)
        assert read.out == "1\n"
    finally:
        for hand in hands:
            hand.process.send_signal(signal.SIGTERM)
        for hand in hands:  # a second signal would end it at once
            hand.process.wait(PATIENCE_S)
        ends = [hand.end(signal.SIGTERM) for hand in hands]
    assert [said.rstrip().endswith("has stopped.") for said in ends] == [True] * 3


def test_a_zone_that_waits_for_the_others_can_be_stopped(msklite: Msklite, hands: Any) -> None:
    hand = hands().start("az1")
    log = hand.folder / "az1" / "logs" / "zone.log"
    deadline = time.monotonic() + PATIENCE_S
    while not log.exists() or "prospective" not in log.read_text():
        assert time.monotonic() < deadline and hand.process.poll() is None, hand.said()
        time.sleep(0.02)
    assert hand.end(signal.SIGTERM) == "az1 has stopped.\n"
    assert hand.process.returncode == 0


def test_what_is_refused(msklite: Msklite, tmp_path: Path) -> None:
    assert "There is no cluster default" in msklite.refused("zone", "run", "az1")
    for alone in (("--port", 9092), ("--outside", "localhost:19092")):
        assert "--hosts makes" in msklite.refused("zone", "run", "az1", *alone, code=2)
    for bad in ("az1", "az1=", "az1=h,port=3", "az1=h,outside=x"):
        said = msklite.refused("up", "--no-start", "--azs", 3, "--zone-host", bad, code=2)
        assert said.startswith(f"--zone-host {bad}: write AZ=HOST")
    said = msklite.refused("up", "--no-start", "--azs", 2, "--zone-host", "az3=h", code=2)
    assert said == "There is no zone az3: this cluster has az1, az2."
    # An address of another machine: its ports are chosen here, and can't be had here.
    made = msklite.json("up", "--no-start", "--azs", 2, "--zone-host", "az2=192.0.2.7")
    assert made["bootstrap"].split(",")[1].startswith("192.0.2.7:")
    said = msklite.refused("zone", "run", "az2")
    assert said == "192.0.2.7 isn't an address of this machine."
    assert "this cluster has az1, az2." in msklite.refused("zone", "run", "az3")
    said = msklite.refused("zone", "run", "az1", "--node", 2)
    assert "There is no node 2 in az1" in said
