"""The zones of a cluster without a supervisor, asked and told one by one.

Zones that are started one by one over a folder that they share (`zone/by_hand`), each in a
container perhaps, leave their admin sockets in that folder. So whoever sees it too, on the same
machine, can ask each what it is doing, and tell it what a supervisor would: to read the cluster's
file again, to start or stop a broker, to let a volume grow.

Rules kept here: process ids are never looked at, as they may count in another container; a zone
that takes the call and says nothing counts as frozen, and then nothing is told to all; zones
themselves are started and stopped by whoever runs them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msklite import __version__
from msklite.errors import UserError
from msklite.zone.admin import NotRunning
from msklite.zone.admin_client import AdminClient
from msklite.zone.spec import ZoneSpec, controller_of
from msklite.zone.summary import summary
from msklite.zone.supervision import ZoneState

ASK_TIMEOUT_S = 2.0
TO_ALL = ("/reload", "/volumes", "/exporters")
"""What every zone is told."""


def processes(spec: ZoneSpec) -> list[ZoneSpec]:
    """What was started: each zone as a whole, or its nodes by `zone run --node`."""
    found = []
    for zone, brokers in spec.zones.items():
        nodes = [spec.for_node(zone, node) for node in (controller_of(zone), *brokers)]
        alone = not _signpost(spec.for_zone(zone)).exists() and any(
            _signpost(node).exists() for node in nodes
        )
        found += nodes if alone else [spec.for_zone(zone)]
    return found


def _signpost(spec: ZoneSpec) -> Path:
    return Path(spec.directory) / f"{spec.admin_name}.json"


def any_runs(spec: ZoneSpec) -> bool:
    """Whether one of the processes is there, also one that is frozen; costs next to nothing."""
    return any(_client(found, ASK_TIMEOUT_S).there() for found in processes(spec))


def _client(spec: ZoneSpec, timeout_s: float) -> AdminClient:
    return AdminClient(spec.directory, timeout_s, spec.admin_name)


@dataclass(slots=True)
class Asked:
    """One zone as it answered just now; what `summary` needs to know of it."""

    spec: ZoneSpec
    last_status: dict[str, Any] = field(default_factory=dict)
    state: ZoneState = field(default_factory=lambda: ZoneState(wanted=False))

    @property
    def pid(self) -> int | None:
        """Its number where it runs, which need not be ours."""
        return self.last_status.get("pid")

    def alive(self) -> bool:
        """Whether it answered."""
        return bool(self.last_status)


class Zones:
    """See the module's text. Speaks as `AdminClient` does to a supervisor."""

    def __init__(self, spec: ZoneSpec, timeout_s: float) -> None:
        self._spec = spec
        self._timeout_s = timeout_s

    def get(self, path: str) -> dict[str, Any]:
        """`/status` of the whole cluster; `NotRunning` when no zone is there."""
        if path != "/status":
            raise self._refusal()
        asked = self._running()
        told = [zone.last_status for zone in asked if zone.last_status]
        times = (
            {
                "started_ms": min(t["started_ms"] for t in told),
                "now_ms": max(t["now_ms"] for t in told),
            }
            if told
            else {}
        )
        return {
            "name": self._spec.name,
            "state": "RUNNING",
            "bootstrap": self._spec.bootstrap,
            **self._spec.tls_facts,
            "cluster_id": self._spec.cluster_id,
            "directory": str(Path(self._spec.directory).parent),
            "version": __version__,
            "kafka_version": self._spec.kafka_version,
            "defaults": self._spec.defaults,
            "config": self._spec.config,
            **times,
            **summary(self._spec, asked),
        }

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """An order to all zones, or to that of one broker; `UserError` with the first refusal."""
        if path in TO_ALL:
            running = [z for z in self._running() if z.state.running]
            for zone in running:
                self._check_answers(zone)
            return [self._tell(zone, path, body) for zone in running][-1]
        if path == "/broker" and isinstance(body, dict):
            broker = body.get("broker")
            for zone in self._running():
                if broker in zone.spec.brokers:
                    self._check_answers(zone)
                    return self._tell(zone, path, body)
            known = ", ".join(map(str, self._spec.all_brokers))
            raise UserError(f"There is no broker {broker!r}: this cluster has {known}.")
        raise self._refusal()

    def _running(self) -> list[Asked]:
        """All zones as they answer, those that don't run too; `NotRunning` if none is there."""
        specs = processes(self._spec)
        with ThreadPoolExecutor(len(specs)) as pool:
            found = list(pool.map(_ask, specs))
        if not any(zone.state.running for zone in found):
            raise NotRunning(f"No zone of cluster {self._spec.name} is running.")
        return found

    def _tell(self, zone: Asked, path: str, body: object) -> dict[str, Any]:
        told: dict[str, Any] = _client(zone.spec, self._timeout_s).post(path, body)
        return told

    def _check_answers(self, zone: Asked) -> None:
        if not zone.state.running:
            raise UserError(f"{zone.spec.label} does not run.")
        if zone.state.frozen:
            raise UserError(f"{zone.spec.label} doesn't answer.")

    def _refusal(self) -> UserError:
        return UserError(
            f"The zones of cluster {self._spec.name} are run one by one, without a supervisor:"
            " do it where each of them runs."
        )


def _ask(spec: ZoneSpec) -> Asked:
    zone = Asked(spec)
    try:
        zone.last_status = dict(_client(spec, ASK_TIMEOUT_S).get("/status"))
    except NotRunning:
        return zone
    except UserError:
        zone.state.frozen = True
    zone.state.running = True
    return zone
