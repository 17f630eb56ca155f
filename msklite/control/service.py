"""The service: what it remembers, and the tasks that make clusters as they are wanted.

Rules:
- A request changes documents in one transaction and is answered at once; a task for each cluster
  that is moving then takes one step after the other (`control/plan`, `control/fleet`) until all is
  as wanted. A service that was killed begins those tasks again when it comes back.
- A cluster that settled isn't forgotten: one whose process crashed is started again (HEALING), one
  that was stopped on purpose stays stopped, one that somebody else made under the same home is
  taken in, one whose directory is gone is forgotten.
- All runs on one event loop, and blocking work in threads, so whoever doesn't await between reading
  a document and writing it has it for himself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msklite.control import adoption, arns
from msklite.control.cluster import Cluster, Operation, Phase
from msklite.control.errors import bad_request, not_found
from msklite.control.fleet import Fleet
from msklite.control.fresh import new_version, now_ms
from msklite.control.store import Store
from msklite.control.worker import Worker

log = logging.getLogger("msklite.control")

WATCH_S = 1.0
STORE_FILE = "control.sqlite3"


class Service:
    """See the module's text."""

    def __init__(
        self, home: Path, settle_s: float = 0.0, patience_s: float = 180.0, *, creates: bool = True
    ) -> None:
        self.home = home
        self.creates = creates
        """Whether it makes clusters, or serves only those that are there."""
        self.settle_s = settle_s
        self.patience_s = patience_s
        self.store = Store(home / STORE_FILE)
        self.fleet = Fleet(home)
        self.stopped: set[str] = set()
        """ARNs of clusters that somebody stopped on purpose."""
        self.lost: set[str] = set()
        """ARNs of clusters whose process crashed and is being started again."""
        self.watchers: list[Callable[[Service], Awaitable[None]]] = []
        """What else is to be looked at each time."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take in what there is, go on with what was half done, and begin to watch."""
        await self._look_round()
        for cluster in self.clusters():
            if cluster.moving:
                log.info("cluster %s is %s: going on", cluster.name, cluster.phase)
                self.kick(cluster.arn)
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop; the clusters go on, and so does what was begun, next time."""
        tasks = [t for t in (self._watcher, *self._tasks.values()) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.store.close()

    # -- documents ----------------------------------------------------------------------------

    def clusters(self) -> list[Cluster]:
        """All of them."""
        return [Cluster.of(doc) for doc in self.store.all("cluster")]

    def find(self, arn: str) -> Cluster | None:
        """The cluster, if there is one."""
        doc = self.store.get("cluster", arn)
        return None if doc is None else Cluster.of(doc)

    def cluster(self, arn: str) -> Cluster:
        """The cluster; NotFound as MSK says it."""
        found = self.find(arn)
        if found is None:
            if ":cluster/" not in arn or not arn.startswith("arn:aws"):
                raise bad_request(
                    "One or more of the parameters are not valid: this is no cluster ARN.",
                    "clusterArn",
                )
            raise not_found("The cluster does not exist.", "clusterArn")
        return found

    def save(self, cluster: Cluster) -> None:
        """Write it; `Taken` where another one has its name."""
        self.store.put("cluster", cluster.arn, cluster.doc(), cluster.name)

    def operation(self, arn: str) -> Operation | None:
        """The operation, if there is one."""
        doc = self.store.get("operation", arn)
        return None if doc is None else Operation.of(doc)

    def save_operation(self, operation: Operation) -> None:
        """Write it."""
        self.store.put("operation", operation.arn, operation.doc(), None, operation.cluster_arn)

    def forget(self, cluster: Cluster) -> None:
        """It is gone, and all that belonged to it."""
        with self.store.transaction():
            self.store.delete("cluster", cluster.arn)
            self.store.delete_children(cluster.arn)
        self.stopped.discard(cluster.arn)
        self.lost.discard(cluster.arn)
        log.info("cluster %s is deleted", cluster.name)

    # -- changes ------------------------------------------------------------------------------

    def state(self, cluster: Cluster) -> str:
        """The state as MSK names it."""
        if cluster.phase is Phase.SETTLED:
            if cluster.arn in self.lost:
                return "HEALING"
            return "MAINTENANCE" if cluster.arn in self.stopped else "ACTIVE"
        return str(cluster.phase)

    def check_active(self, cluster: Cluster) -> None:
        """BadRequest where it can't be changed now."""
        state = self.state(cluster)
        if state != "ACTIVE":
            why = ""
            if state == "MAINTENANCE":
                place = self.fleet.place(cluster.name)
                why = (
                    " None of its zones runs: each is started by hand."
                    if place.by_hand
                    else f" It was stopped: `{place.command('up')}` starts it."
                )
            raise bad_request(
                f"You can't perform this operation while the cluster is in {state} state.{why}"
            )

    def check_version(self, cluster: Cluster, version: str) -> None:
        """BadRequest for a caller that saw an older cluster."""
        if version != cluster.version:
            raise bad_request(
                "The version of the cluster isn't current. Check the current version and try"
                " again.",
                "currentVersion",
            )

    def begin(self, cluster: Cluster, operation: Operation, phase: Phase) -> None:
        """An operation starts: documents in one transaction, then the task."""
        cluster.phase = phase
        cluster.operation = operation.arn
        with self.store.transaction():
            self.save_operation(operation)
            self.save(cluster)
        log.info("cluster %s: %s begins (%s)", cluster.name, operation.kind, operation.arn)
        self.kick(cluster.arn)

    def new_operation(self, cluster: Cluster, kind: str) -> Operation:
        """An operation of this cluster with an ARN of its own."""
        uuid = arns.new_uuid(secrets.token_bytes(16))
        arn = arns.of_cluster(cluster.arn, "cluster-operation", uuid)
        return Operation(arn, cluster.arn, kind, now_ms())

    def kick(self, arn: str) -> None:
        """See that a task works on this cluster."""
        task = self._tasks.get(arn)
        if task is None or task.done():
            self._tasks[arn] = asyncio.create_task(Worker(self, arn).run())

    # -- watching -----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                await self._look_round()
                for look in self.watchers:
                    await look(self)
            except Exception:
                log.exception("looking round failed")

    async def _look_round(self) -> None:
        """Clusters that came, went, crashed, or were stopped by others."""
        names = await asyncio.to_thread(self.fleet.names)
        known = {c.name: c for c in self.clusters()}
        for name in names:
            if name not in known:
                with contextlib.suppress(Exception):
                    await self._take_in(name)
        for cluster in known.values():
            if cluster.phase is Phase.SETTLED:
                await self._look_at(cluster, there=cluster.name in names)

    async def _take_in(self, name: str) -> None:
        alive = await asyncio.to_thread(self.fleet.alive, name)
        spec = await asyncio.to_thread(self.fleet.place(name).spec)
        if any(c.name == name for c in self.clusters()):
            return  # one that a request has just made
        cluster = adoption.adopted(spec, now_ms(), new_version())
        if not alive:
            self.stopped.add(cluster.arn)
        self.save(cluster)
        log.info("cluster %s was there: taken in as %s", name, cluster.arn)

    async def _look_at(self, cluster: Cluster, *, there: bool) -> None:
        seen = await asyncio.to_thread(self.fleet.life, cluster.name) if there else "GONE"
        spec = await asyncio.to_thread(self.fleet.place(cluster.name).spec) if there else None
        now = self.find(cluster.arn)
        if now is None or now.phase is not Phase.SETTLED:
            return
        if seen == "GONE":
            self.forget(now)
            return
        if now.version != cluster.version:
            return  # an update has come and gone since: the file may have been read before it
        if spec is not None and adoption.changed(now, spec):
            adoption.follow(now, spec, new_version())
            self.save(now)
        (self.stopped.add if seen == "STOPPED" else self.stopped.discard)(now.arn)
        if seen == "LOST" and now.arn not in self.lost:
            log.warning("cluster %s has lost its process: it is started again", now.name)
            self.lost.add(now.arn)
            self.kick(now.arn)

    def facts(self) -> dict[str, Any]:
        """For `GET /` and the command line."""
        return {
            "home": str(self.home),
            "clusters": [
                {"name": c.name, "arn": c.arn, "state": self.state(c)} for c in self.clusters()
            ],
        }
