"""Three brokers in three zones, of Apache Kafka and of msklite, that can go and come back.

Kafka's side has one controller of its own, ours one in each zone, because a JVM for each would be
heavy; nothing that the script compares tells the number of controllers.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from msklite.testing import LocalCluster
from tests.support.jvm import ApacheKafka

BROKERS = (1, 2, 3)
SETTINGS = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.num.partitions": "5",
    "offsets.topic.replication.factor": "3",
    "auto.leader.rebalance.enable": "false",
    "controlled.shutdown.enable": "true",
    "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
}
"""What both are started with."""

PLACED = {0: [1, 2, 3], 1: [2, 3, 1], 2: [3, 1, 2]}
TOPICS: dict[str, tuple[dict[int, list[int]], dict[str, str | None]]] = {
    "b-t": (PLACED, {}),
    "b-two": (PLACED, {"min.insync.replicas": "2"}),
    "b-all": (PLACED, {"min.insync.replicas": "3"}),
    "b-pair": ({0: [3, 1], 1: [1, 2]}, {}),
    "b-one": ({0: [3], 1: [1]}, {}),
    "b-moves": ({0: [1, 2]}, {}),
    # By hand too, so that it is known which broker coordinates.
    "__consumer_offsets": (
        {p: [3, 1, 2] for p in range(5)},
        {"cleanup.policy": "compact", "compression.type": "producer"},
    ),
}
"""What the script makes: each partition's replicas, placed by hand, and settings."""

Address = tuple[str, int]


class Crowd(Protocol):
    """What the script needs of a cluster."""

    def addresses(self) -> dict[int, Address]:
        """Each broker's address; it's the same when the broker comes back."""

    def stop(self, broker: int) -> None:
        """Stop one broker cleanly."""

    def start(self, broker: int) -> None:
        """Start it again; returns when it takes clients."""


class Kafkas:
    """Apache Kafka: a controller and three brokers, each in a zone of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="parity-"))
        self._kafka = ApacheKafka(
            broker_dirs={n: self._folder / f"broker-{n}" for n in BROKERS},
            properties=SETTINGS,
            broker_properties={n: {"broker.rack": f"az{n}"} for n in BROKERS},
        )

    def __enter__(self) -> Self:
        self._kafka.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._kafka.__exit__(kind, error, trace)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def addresses(self) -> dict[int, Address]:
        return {n: ("127.0.0.1", port) for n, port in self._kafka.broker_ports.items()}

    def stop(self, broker: int) -> None:
        self._kafka.brokers[broker].stop()

    def start(self, broker: int) -> None:
        self._kafka.brokers[broker].start()
        self._kafka.brokers[broker].wait_for_port(self._kafka.broker_ports[broker])


class Zones:
    """msklite: three zones of a broker and a controller each."""

    def __init__(self) -> None:
        self._cluster = LocalCluster(azs=3, config=SETTINGS)

    def __enter__(self) -> Self:
        self._cluster.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._cluster.stop()

    def addresses(self) -> dict[int, Address]:
        spec = self._cluster.spec
        return {n: (spec.client_host, spec.ports[n]) for n in BROKERS}

    def stop(self, broker: int) -> None:
        self._cluster.stop_zone(broker)

    def start(self, broker: int) -> None:
        self._cluster.start_zone(broker)
