"""The process of a cluster of several zones: it starts them, watches them, and carries out orders.

    DIR/admin.json              how to reach the supervisor (see `zone/admin`)
    DIR/supervisor.log          what it saw and did
    DIR/azK/...                 the zones: each a process of its own, or each of their nodes

`supervision.py` decides, `orders.py` is what people may ask for; here are processes, signals and
the admin endpoint. If the supervisor is killed its processes go on: the next one finds them by
their own admin endpoints and adopts them. A clean stop first lets all brokers hand over, while
there is a quorum, then stops the processes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from msklite import __version__
from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.world import World
from msklite.zone import spec as specs
from msklite.zone.admin import AdminRequest, AdminServer
from msklite.zone.child import Child
from msklite.zone.loop import new_event_loop
from msklite.zone.orders import Orders
from msklite.zone.process import Watcher, catch_signals, open_log
from msklite.zone.spec import ZoneSpec
from msklite.zone.summary import summary
from msklite.zone.supervision import Act
from msklite.zone.turning import Turning
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom

log = logging.getLogger("msklite.supervisor")

BEAT_S = 0.2
ASK_EVERY_BEATS = 10
LEAVE_TIMEOUT_S = 10.0
LOCK_NAME = "supervisor.lock"
"""Held, so that there is one supervisor at a time."""


class Supervisor:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
        self._spec = spec
        self._world = world
        self._watcher = watcher
        self._directory = str(Path(spec.directory).parent)
        self._children = [Child(found, world.clock) for found in spec.process_specs()]
        self._stop = asyncio.Event()
        self._started_ms = world.clock.wall_ms()
        self._clock = Turning(spec, world, self._children)
        self._orders = Orders(spec, world, self._children)
        self._beats = 0

    async def run(self) -> None:
        """Start or adopt all zones, watch them until the wish to stop, stop them."""
        catch_signals(self._stop, self._kill_all)
        admin = AdminServer(
            self._world,
            self._directory,
            {
                ("GET", "/status"): self._status_request,
                ("POST", "/stop"): self._stop_request,
                ("POST", "/reload"): self._reload_request,
                **self._clock.routes,
                **self._orders.routes,
            },
        )
        children = self._children
        self._clock.load()
        try:
            await asyncio.gather(*(self._begin(c) for c in children))
            await self._until_ready()
        except BaseException:
            await self._end([c for c in children if c.process is not None])
            raise
        try:
            if not self._stop.is_set():
                await admin.start()
                log.info("ready: clients connect to %s", self._spec.bootstrap)
                await self._watch()
        finally:
            await admin.close()
            await self._end(children)

    def _kill_all(self) -> None:
        """Somebody is in a hurry: the zones end as this process does."""
        for child in self._children:
            child.signal(signal.SIGKILL)

    # -- starting -----------------------------------------------------------------------------

    async def _begin(self, child: Child) -> None:
        if not await child.adopt():
            await child.start()

    async def _until_ready(self) -> None:
        """Until all answer. UserError: what one of them said when it refused to start."""
        waiting = list(self._children)
        while waiting and not self._stop.is_set():
            for child in list(waiting):
                if await child.ask() is not None:
                    waiting.remove(child)
                elif not child.alive():
                    raise UserError(child.refusal())
            await asyncio.sleep(0.02)

    # -- watching -----------------------------------------------------------------------------

    def _now(self) -> int:
        return self._world.clock.mono_ms()

    async def _watch(self) -> None:
        if self._watcher is not None:
            self._watcher.ready(self.status())
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._stop.wait()
            except TimeoutError:
                pass
            self._beats += 1
            if self._beats % ASK_EVERY_BEATS == 0:
                await asyncio.gather(*(c.ask() for c in self._children if not c.state.frozen))
                await self._clock.remind()
                if self._watcher is not None:
                    self._watcher.tick(self.status())
            for child in self._children:
                await self._look_after(child)
        if self._watcher is not None:
            self._watcher.stopping()

    async def _look_after(self, child: Child) -> None:
        if child.busy.locked():
            return
        state = child.state
        if state.running and not child.alive():
            pause = state.ended(self._now())
            code = child.process.returncode if child.process is not None else None
            if state.wanted:
                log.warning(
                    "%s has ended (process %s, code %s); it is started again in %d ms",
                    child.name, child.pid, code, pause,
                )  # fmt: skip
        act = state.due(self._now())
        if act is Act.START:
            try:
                await child.start()
            except OSError as e:
                pause = state.ended(self._now())
                log.error("%s can't be started (%s); again in %d ms", child.name, e, pause)
        elif act is Act.KILL:
            log.warning("%s doesn't answer: killed", child.name)
            child.signal(signal.SIGKILL)

    async def _reload_request(self, request: AdminRequest) -> dict[str, Any]:
        """Read `cluster.json` again, and have every process that runs do so."""
        self._spec = specs.load(self._directory)
        await self._orders.reload(self._spec)
        log.info("generation %d of the cluster's file is read", self._spec.generation)
        return {"generation": self._spec.generation}

    # -- what others see ----------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """The whole cluster, from what its processes said last."""
        return {
            "name": self._spec.name,
            "state": "STOPPING" if self._stop.is_set() else "RUNNING",
            "bootstrap": self._spec.bootstrap,
            **self._spec.tls_facts,
            "cluster_id": self._spec.cluster_id,
            "directory": self._directory,
            "version": __version__,
            "kafka_version": self._spec.kafka_version,
            "pid": os.getpid(),
            "started_ms": self._started_ms,
            "now_ms": self._world.clock.wall_ms(),
            "clock": self._clock.status(),
            "defaults": self._spec.defaults,
            "config": self._spec.config,
            **summary(self._spec, self._children),
        }

    async def _status_request(self, request: AdminRequest) -> dict[str, Any]:
        running = [c for c in self._children if c.state.running and not c.state.frozen]
        await asyncio.gather(*(c.ask() for c in running))
        return self.status()

    def _stop_request(self, request: AdminRequest) -> dict[str, Any]:
        log.info("asked to stop by the admin endpoint")
        self._stop.set()
        return {"state": "STOPPING", "pid": os.getpid()}

    # -- the end ------------------------------------------------------------------------------

    async def _end(self, children: list[Child]) -> None:
        children = [c for c in children if c.alive()]
        for child in children:
            child.state.wanted = False
            child.signal(signal.SIGCONT)
        loop = asyncio.get_running_loop()

        def leave(child: Child) -> None:
            try:
                child.admin(LEAVE_TIMEOUT_S).post("/leave")
            except UserError as e:
                log.info("%s could not hand over: %s", child.name, e)

        await asyncio.gather(*(loop.run_in_executor(None, leave, c) for c in children))
        for child in children:
            child.signal(signal.SIGTERM)
        for child in children:
            try:
                await child.gone()
            except UserError as e:
                log.error("%s It is killed.", e)
                child.signal(signal.SIGKILL)
        log.info("stopped")


def run(cluster_dir: str, watcher: Watcher | None = None) -> int:
    """Run the cluster of zones described in `cluster_dir` to its end; 0 after a clean stop."""
    spec = specs.load(cluster_dir)
    open_log(Path(cluster_dir) / "supervisor.log", spec.log_level)
    world = World(SystemClock(), SocketNetwork(), DiskStorage(), SystemRandom())

    async def main() -> None:
        await Supervisor(spec, world, watcher).run()

    try:
        lock = world.storage.lock(str(Path(cluster_dir) / LOCK_NAME))
    except BlockingIOError:
        raise UserError(
            f"Cluster {spec.name} in {cluster_dir} has a supervisor already; stop that one first."
        ) from None
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(main())
    except UserError as error:
        log.error("%s", error)
        raise
    except BaseException:
        log.exception("the supervisor ended unexpectedly")
        raise
    finally:
        lock.release()
    return 0


def main(argv: list[str]) -> int:
    """The entry point of a detached cluster of several zones."""
    if len(argv) != 2:
        sys.stderr.write("usage: python -m msklite.zone.supervisor CLUSTER_DIR\n")
        return 2
    try:
        return run(argv[1])
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
