"""Apache Kafka on the directories of a cluster of several zones: each controller and each broker a
node of its own, on the ports, ids and addresses that `cluster.json` gives them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from msklite.zone.spec import ZoneSpec
from tests.support.jvm import COMMON, Node


def broker_properties(
    spec: ZoneSpec, node: int, rack: str, directory: Path | str, port: int
) -> dict[str, str]:
    """What a broker of Apache Kafka needs to find the controllers of `spec`."""
    quorum = ",".join(f"{spec.client_host}:{spec.ports[c]}" for c in spec.directory_ids)
    return {
        **COMMON,
        "controller.quorum.bootstrap.servers": quorum,
        "process.roles": "broker",
        "node.id": str(node),
        "broker.rack": rack,
        "listeners": f"PLAINTEXT://{spec.host}:{port}",
        "log.dirs": str(directory),
        "offsets.topic.replication.factor": str(len(spec.zones)),
        "default.replication.factor": str(len(spec.zones)),
    }


class KafkaZones:
    """One controller and the brokers of each zone, all of Apache Kafka, as a context manager."""

    def __init__(self, spec: ZoneSpec, properties: Mapping[str, str] | None = None) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="apache-kafka-"))
        self._spec = spec
        self.controllers: dict[int, Node] = {}
        self.brokers: dict[int, Node] = {}
        for number in spec.zones:
            zone = spec.for_zone(number)
            self.controllers[zone.controller_id] = self._controller(zone, properties or {})
            for node in zone.brokers:
                found = broker_properties(
                    zone, node, f"az{number}", zone.broker_dir(node), zone.ports[node]
                )
                found |= properties or {}
                self.brokers[node] = Node(f"broker-{node}", self._work, found, "warn")

    def _controller(self, zone: ZoneSpec, properties: Mapping[str, str]) -> Node:
        node = zone.controller_id
        found = broker_properties(zone, node, "", zone.controller_dir(), zone.ports[node])
        del found["broker.rack"]
        found["process.roles"] = "controller"
        found["listeners"] = f"CONTROLLER://{zone.host}:{zone.ports[node]}"
        return Node(f"controller-{node}", self._work, {**found, **properties}, "warn")

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses, as clients want them."""
        return self._spec.bootstrap

    def start(self) -> Self:
        """Start all nodes; returns when the brokers take clients."""
        try:
            for node in (*self.controllers.values(), *self.brokers.values()):
                node.start()
            for broker, node in self.brokers.items():
                node.wait_for_port(self._spec.ports[broker])
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop cleanly: all brokers first, side by side, while the controllers can let them go."""
        try:
            for group in (self.brokers, self.controllers):
                for node in group.values():
                    node.ask_to_stop()
                for node in group.values():
                    node.stop()
        finally:
            self.kill()

    def kill(self) -> None:
        """End every process at once."""
        for node in (*self.brokers.values(), *self.controllers.values()):
            node.kill()

    def output(self) -> str:
        """What the nodes printed, for a failing test's message."""
        nodes = (*self.controllers.values(), *self.brokers.values())
        return "\n".join(f"--- {node.name}\n{node.text()}" for node in nodes)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._work, ignore_errors=True)
