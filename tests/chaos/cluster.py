"""A whole cluster as people run it: a supervisor's process and one for each zone, on one folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin_client import AdminClient
from msklite.zone.identity import new_cluster_id
from msklite.zone.spec import ZoneSpec
from tests.support.ports import free_ports, is_alive, wait_gone
from tests.support.zones import ROOT

PATIENCE_S = 90
SAFE = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "3",
    "offsets.topic.num.partitions": "12",
    "group.initial.rebalance.delay.ms": "0",
}


def until(ready: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + patience_s
    while not ready():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)


class ChaosCluster:
    """Three zones with a broker each; start it, break it, and look at its processes."""

    impossible: frozenset[str] = frozenset()
    """Kinds of faults that can't be done here."""

    def __init__(
        self, directory: Path, config: Mapping[str, str] | None = None, *, measured: bool = False
    ) -> None:
        """`measured`: see `longest_callbacks`."""
        self.directory = directory
        self._measured = measured
        self._figures = directory / "figures"
        self.spec = ZoneSpec(
            name="chaos",
            directory=specs.zone_directory(directory),
            cluster_id=new_cluster_id(os.urandom(16)),
            brokers=(1, 2, 3),
            config={**SAFE, **(config or {})},
        )
        self.spec.spread(3, os.urandom(16))
        first = free_ports(len(self.spec.nodes))
        self.spec.ports = {node: first + i for i, node in enumerate(self.spec.nodes)}
        specs.save(self.spec, directory)
        self.supervisor: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Mapping[str, str]:
        return self.spec.config

    @property
    def bootstrap(self) -> str:
        return self.spec.bootstrap

    @property
    def admin(self) -> AdminClient:
        """The supervisor's ear."""
        return AdminClient(str(self.directory), 60)

    def longest_callbacks(self) -> list[tuple[float, str]]:
        """Milliseconds of CPU time that loops took without coming round, and what they were at.

        The longest first; what each life of a zone had as its longest for the time being. See
        `meter/sitecustomize.py`.
        """
        found = []
        for file in self._figures.glob("az*.jsonl"):
            for line in file.read_text().splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # killed while it wrote
                found.append((float(row["ms"]), f"{file.stem}: {row['in']}"))
        return sorted(found, reverse=True)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.admin.get("/status")
        return found

    def zone_status(self, zone: int) -> dict[str, Any]:
        """What a zone itself says."""
        found: dict[str, Any] = AdminClient(str(self.directory / f"az{zone}")).get("/status")
        return found

    def word(self, zone: int) -> str:
        """The supervisor's word for a zone's state."""
        return str(self.status()["zones"][zone - 1]["state"])

    def pid(self, zone: int) -> int | None:
        found: int | None = self.status()["zones"][zone - 1]["pid"]
        return found

    @property
    def log(self) -> str:
        """What the supervisor has written for people."""
        return self.spec.main_log.read_text() if self.spec.main_log.exists() else ""

    def start(self) -> Self:
        """Start the supervisor, which starts or adopts the zones, and wait until it is ready."""
        assert self.supervisor is None
        marks = self.log.count("ready: clients connect")
        figures = {}
        if self._measured:
            self._figures.mkdir(exist_ok=True)
            figures = {
                "PYTHONPATH": f"{Path(__file__).parent / 'meter'}{os.pathsep}{ROOT}",
                "MSKLITE_CHAOS_METER": str(self._figures),
            }
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "msklite.zone.supervisor", str(self.directory)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **figures},
            stdout=subprocess.DEVNULL, stderr=(self.directory / "supervisor.err").open("wb"),
        )  # fmt: skip
        process = self.supervisor

        def ready() -> bool:
            assert process.poll() is None, f"the supervisor ended:\n{self.log[-3000:]}"
            return self.log.count("ready: clients connect") > marks

        until(ready, "the cluster's start")
        return self

    def zone(self, action: str, zone: int) -> None:
        """`msklite zone ACTION azZONE`."""
        self.admin.post("/zone", {"zone": zone, "action": action})

    def broker(self, action: str, broker: int) -> None:
        """`msklite broker ACTION BROKER`."""
        self.admin.post("/broker", {"broker": broker, "action": action})

    def cut(self, zone: int, others: list[int], *, out: bool = True, into: bool = True) -> None:
        """`msklite zone cut azZONE`."""
        self.admin.post("/cut", {"zone": zone, "from": others, "out": out, "into": into})

    def heal(self) -> None:
        """`msklite zone heal`."""
        self.admin.post("/heal", {})

    def revive(self, zone: int) -> None:
        """Wait for the supervisor to start a zone that has crashed."""
        until(lambda: self.pid(zone) is not None and zone in self.zone_pids(), "a new process")

    def kill_supervisor(self) -> None:
        """SIGKILL to the supervisor alone: the zones know nothing of it."""
        assert self.supervisor is not None
        self.supervisor.kill()
        self.supervisor.wait(PATIENCE_S)
        self.supervisor = None

    def zone_pids(self) -> dict[int, int]:
        """The zones' processes, from what they have left in their folders."""
        found = {}
        for zone in self.spec.zones:
            try:
                found[zone] = int(self.zone_status(zone)["pid"])
            except UserError:
                pass
        return found

    def end(self) -> None:
        """Whatever happened: no process of this cluster stays."""
        pids = self._known_pids()
        if self.supervisor is not None:
            self.supervisor.kill()
            self.supervisor.wait(PATIENCE_S)
            self.supervisor = None
        for pid in pids:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
                wait_gone(pid)

    def _known_pids(self) -> set[int]:
        """The zones by their admin endpoints; frozen ones only the supervisor knows."""
        pids = set()
        try:
            pids = {z["pid"] for z in self.status()["zones"] if z["pid"]}
        except UserError:
            pass
        return pids | set(self.zone_pids().values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()
