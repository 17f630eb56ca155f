"""The clusters of this machine as processes and directories: looking at them, and taking one step.

Everything here blocks and runs in a thread; nothing here decides (`control/plan` does). A step may
be asked for twice, and a refusal is a `UserError` with its sentence.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

from msklite.control import plan, served
from msklite.control.cluster import Wanted
from msklite.control.kafka import Brokers, held
from msklite.errors import UserError
from msklite.zone import ports, starting, stopping, unsupervised
from msklite.zone import spec as specs
from msklite.zone.admin import NotRunning
from msklite.zone.admin_client import AdminClient
from msklite.zone.place import Place
from msklite.zone.plan import Wanted as Wishes
from msklite.zone.plan import plan as first_spec
from msklite.zone.process import is_alive
from msklite.zone.spec import CA_FILE, ZoneSpec

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 120.0
ORDER_TIMEOUT_S = 60.0


class Fleet:
    """See the module's text."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def place(self, name: str) -> Place:
        """Where the cluster of that name lives."""
        return Place(specs.check_name(name), self.home / "clusters" / name)

    def names(self) -> list[str]:
        """Every cluster that has a directory with a file."""
        folder = self.home / "clusters"
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if specs.exists(p))

    # -- looking ------------------------------------------------------------------------------

    def status(self, name: str) -> dict[str, Any] | None:
        """What its main process says; None when none answers."""
        place = self.place(name)
        return place.status() if place.known else None

    def life(self, name: str) -> str:
        """RUNNING, STOPPED (cleanly: no signpost is left), LOST (crashed) or GONE (no file).

        It only looks whether the process is there, which costs next to nothing. Zones that somebody
        else runs one by one are never LOST: they are his to start again.
        """
        place = self.place(name)
        if not place.known:
            return "GONE"
        if place.by_hand:
            return "RUNNING" if unsupervised.any_runs(place.spec()) else "STOPPED"
        try:
            pid = AdminClient(place.spec().admin_directory).pid()
        except NotRunning:
            return "STOPPED"
        if not is_alive(pid):
            return "LOST"
        return "RUNNING"

    def alive(self, name: str) -> bool:
        """Whether its process is there."""
        return self.life(name) == "RUNNING"

    def observe(self, name: str) -> plan.Observed:
        """The cluster as it is now."""
        place = self.place(name)
        if not place.known:
            return plan.Observed(directory=place.directory.exists())
        spec = place.spec()
        status = place.status()
        if status is None:
            return plan.Observed(
                directory=True,
                file_generation=spec.generation,
                file_brokers=spec.all_brokers,
                left=not place.by_hand and bool(place.left()),
            )
        return plan.Observed(
            directory=True,
            file_generation=spec.generation,
            file_brokers=spec.all_brokers,
            running=True,
            generation=int(status.get("generation") or 0),
            brokers={int(row["id"]): _seen(row) for row in status["brokers"]},
            registered=tuple(status.get("registered") or ()),
        )

    # -- stepping -----------------------------------------------------------------------------

    def take(self, name: str, wanted: Wanted, step: plan.Step) -> None:
        """Carry out one step; `UserError` when it was refused."""
        place = self.place(name)
        match step:
            case plan.WriteFile():
                self.write(name, wanted)
            case plan.Start():
                self.start(name)
            case plan.Reload():
                place.admin(ORDER_TIMEOUT_S).post("/reload", {})
            case plan.StartBroker(broker):
                _order(place, "start", broker)
            case plan.Reboot(broker):
                _order(place, "reboot", broker)
            case plan.Retire(broker):
                _order(place, "retire", broker)
            case plan.Stop():
                stopping.stop(place, place.spec(), STOP_TIMEOUT_S)
            case plan.Remove():
                self._remove(place)
            case plan.Wait() | plan.Done():
                pass

    def write(self, name: str, wanted: Wanted) -> None:
        """The cluster's file as wanted; a new one is made with free ports of its own."""
        place = self.place(name)
        if place.known:
            spec = place.spec()
        else:
            wishes = Wishes(
                azs=wanted.azs, brokers=len(wanted.brokers), config=wanted.config,
                kafka_version=wanted.extras["kafka_version"],
            )  # fmt: skip
            spec = first_spec(place.directory, name, wishes, secrets.token_bytes(16))
        specs.save(self.wished(spec, wanted), place.directory)

    def wished(self, spec: ZoneSpec, wanted: Wanted) -> ZoneSpec:
        """The spec with what is wanted; a broker keeps its port, a new one gets a free one."""
        spec.place(tuple(wanted.brokers))
        if not spec.zones:
            spec.brokers = tuple(wanted.brokers)
        spec.ports = {n: p for n, p in spec.ports.items() if n in spec.nodes}
        spec.config = dict(wanted.config)
        spec.generation = wanted.generation
        served.apply(spec, wanted.extras)
        ports.choose(spec, self._taken(spec.name))
        return spec

    def _taken(self, name: str) -> set[int]:
        """Ports of the other clusters, also of those that don't run now."""
        found: set[int] = set()
        for other in self.names():
            if other == name:
                continue
            try:
                spec = self.place(other).spec()
            except UserError:
                continue
            found |= {*spec.ports.values(), *spec.tls_ports.values()}
            found.update(p for by in spec.exporters.values() for p in by.values())
        return found

    # -- partitions ---------------------------------------------------------------------------

    def brokers(self, name: str) -> Brokers:
        """A way to speak Kafka to it; to be closed."""
        spec = self.place(name).spec()
        ca = None if spec.serves_plaintext else str(spec.tls_directory / CA_FILE)
        return Brokers(spec.bootstrap, ca)

    def held(self, name: str) -> dict[int, list[str]]:
        """The partitions that each broker holds, by their names."""
        brokers = self.brokers(name)
        try:
            return held(brokers.topics())
        finally:
            brokers.close()

    def epochs(self, name: str) -> dict[int, int]:
        """The epoch of each broker's present life."""
        return {b: seen.epoch for b, seen in self.observe(name).brokers.items()}

    def start(self, name: str) -> None:
        """Start the cluster of the file as it lies there; returns when clients can connect."""
        place = self.place(name)
        if place.by_hand:
            raise UserError(f"No zone of cluster {name} runs, and each is started by hand.")
        spec = place.spec()
        if not spec.zones:
            ports.check(spec)
        with starting.on_trial(place, spec, specs.content(place.directory)) as trial:
            trial.passed()  # what is wanted is in the store: the file stays as it is
            starting.detached(place, spec, START_TIMEOUT_S)

    def _remove(self, place: Place) -> None:
        if place.known:
            stopping.delete(place, place.spec())
        if place.directory.is_dir():  # what a kill in the middle of an earlier removal left
            shutil.rmtree(place.directory)


def _order(place: Place, action: str, broker: int) -> None:
    place.admin(ORDER_TIMEOUT_S).post("/broker", {"broker": broker, "action": action})


def _seen(row: dict[str, Any]) -> plan.Seen:
    epoch = row.get("epoch")
    return plan.Seen(
        running=row.get("state", "RUNNING") not in ("AWAY", "RESTARTING"),
        fenced=bool(row.get("fenced")),
        lagging=int(row.get("lagging") or 0),
        generation=int(row.get("generation") or 0),
        epoch=-1 if epoch is None else int(epoch),
    )
