"""Three nodes of Apache Kafka, each broker and controller, in the place of the zones.

To see whether what a client does under the same faults is our fault: `python -m tests.chaos
--apache`. The nodes get our time-outs between zones, which are shorter than Kafka's. A network
can't be cut here, and a node that crashes has no supervisor: it is started when its time is up.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Self

from msklite.zone.spec import ZONES_DEFAULTS
from tests.chaos.cluster import PATIENCE_S, SAFE, until
from tests.support import jvm
from tests.support.ports import free_ports, is_open

ZONES = (1, 2, 3)


class ApacheCluster:
    """What the story needs of a cluster; see `cluster.ChaosCluster`."""

    impossible = frozenset({"cut", "cut out", "cut into", "cut from one"})
    config = SAFE

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        first = free_ports(2 * len(ZONES))
        self.ports = {zone: first + i for i, zone in enumerate(ZONES)}
        quorum = {zone: first + len(ZONES) + i for i, zone in enumerate(ZONES)}
        self.cluster_id = jvm.new_uuid()
        self._voters = ",".join(f"{z}@127.0.0.1:{p}:{jvm.new_uuid()}" for z, p in quorum.items())
        self._nodes = {
            zone: jvm.Node(
                f"az{zone}",
                directory,
                {
                    **jvm._COMMON,
                    **ZONES_DEFAULTS,
                    **SAFE,
                    "process.roles": "broker,controller",
                    "node.id": str(zone),
                    "broker.rack": f"az{zone}",
                    "log.dirs": str(directory / f"az{zone}"),
                    "listeners": f"PLAINTEXT://127.0.0.1:{self.ports[zone]},"
                    f"CONTROLLER://127.0.0.1:{quorum[zone]}",
                    "controller.quorum.bootstrap.servers": ",".join(
                        f"127.0.0.1:{p}" for p in quorum.values()
                    ),
                },
                "info",
            )
            for zone in ZONES
        }

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self.ports.values())

    def start(self) -> Self:
        """Format and start all nodes."""
        for node in self._nodes.values():
            node.format(self.cluster_id, "--initial-controllers", self._voters)
            node.start()
        for zone, node in self._nodes.items():
            node.wait_for_port(self.ports[zone])
        return self

    def zone(self, action: str, zone: int) -> None:
        """What `msklite zone ACTION` does."""
        node = self._nodes[zone]
        if action == "kill":
            node.kill()
        elif action == "stop":
            node.stop(PATIENCE_S)
        elif action == "start":
            self.revive(zone)
        else:
            pid = self.pid(zone)
            assert pid is not None
            os.kill(pid, signal.SIGSTOP if action == "freeze" else signal.SIGCONT)

    def broker(self, action: str, broker: int) -> None:
        """A node is one process here: it leaves and comes whole."""
        self.zone("start" if action == "start" else "stop", broker)
        if action == "reboot":
            self.zone("start", broker)

    def pid(self, zone: int) -> int | None:
        process = self._nodes[zone].process
        return None if process is None else process.pid

    def revive(self, zone: int) -> None:
        """Start a node; whoever crashed has nobody else to do it."""
        self._nodes[zone].kill()
        self._nodes[zone].start()
        until(lambda: is_open(f"127.0.0.1:{self.ports[zone]}"), f"node {zone} again")

    def longest_callbacks(self) -> list[tuple[float, str]]:
        return []

    def cut(self, zone: int, others: list[int], *, out: bool = True, into: bool = True) -> None:
        raise NotImplementedError

    def heal(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for node in self._nodes.values():
            node.kill()
