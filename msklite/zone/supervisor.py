"""The process of a cluster of several zones: it starts them, watches them, and carries out orders.

    DIR/admin.json              how to reach the supervisor (see `zone/admin`)
    DIR/supervisor.log          what it saw and did
    DIR/azK/...                 the zones, each a process of its own

`supervision.py` decides; here are processes, signals and the admin endpoint. If the supervisor is
killed its zones go on: the next one finds them by their own admin endpoints and adopts them. A
clean stop first lets all brokers hand over, while there is a quorum, then stops the zones.
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
from msklite.zone import steering
from msklite.zone.admin import AdminRequest, AdminServer
from msklite.zone.child import Child
from msklite.zone.loop import new_event_loop
from msklite.zone.main import exporter_ports, volume_sizes
from msklite.zone.process import Watcher, catch_signals, open_log
from msklite.zone.spec import ZoneSpec
from msklite.zone.supervision import Act
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom

log = logging.getLogger("msklite.supervisor")

BEAT_S = 0.2
ASK_EVERY_BEATS = 10
LEAVE_TIMEOUT_S = 10.0
START_TIMEOUT_S = 30.0
LOCK_NAME = "supervisor.lock"
"""Held, so that there is one supervisor at a time."""
ACTIONS = ("kill", "stop", "start", "freeze", "thaw")


class Supervisor:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
        self._spec = spec
        self._world = world
        self._watcher = watcher
        self._directory = str(Path(spec.directory).parent)
        self._children = {zone: Child(spec.for_zone(zone), world.clock) for zone in spec.zones}
        self._stop = asyncio.Event()
        self._started_ms = world.clock.wall_ms()
        self._turning = asyncio.Lock()
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
                ("POST", "/zone"): self._zone_request,
                ("POST", "/cut"): self._cut_request,
                ("POST", "/heal"): self._heal_request,
                ("POST", "/broker"): self._broker_request,
                ("POST", "/volumes"): self._volumes_request,
                ("GET", "/clock"): self._show_clock_request,
                ("POST", "/clock"): self._clock_request,
                ("POST", "/exporters"): self._exporters_request,
                ("POST", "/reload"): self._reload_request,
            },
        )
        children = list(self._children.values())
        self._world.clock.adopt(steering.load(self._world.storage, self._spec))
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
        for child in self._children.values():
            child.signal(signal.SIGKILL)

    # -- starting -----------------------------------------------------------------------------

    async def _begin(self, child: Child) -> None:
        if not await child.adopt():
            await child.start()

    async def _until_ready(self) -> None:
        """Until every zone answers. UserError: what one of them said when it refused to start."""
        waiting = set(self._children)
        while waiting and not self._stop.is_set():
            for zone in list(waiting):
                child = self._children[zone]
                if await child.ask() is not None:
                    waiting.discard(zone)
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
                await asyncio.gather(
                    *(c.ask() for c in self._children.values() if not c.state.frozen)
                )
                await self._remind()
                if self._watcher is not None:
                    self._watcher.tick(self.status())
            for child in self._children.values():
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

    # -- orders -------------------------------------------------------------------------------

    async def _zone_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        action, child = wish.get("action"), self._child(wish.get("zone"))
        if action not in ACTIONS:
            raise UserError(f"A zone can be told to {', '.join(ACTIONS)}, not to {action!r}.")
        async with child.busy:
            _check_order(child, action)
            log.info("%s: %s, as asked", child.name, action)
            await getattr(self, f"_{action}_zone")(child)
        return {"zone": child.name, "action": action, "pid": child.pid}

    async def _kill_zone(self, child: Child) -> None:
        child.state.wanted = False
        child.signal(signal.SIGKILL)
        await child.gone(5.0)

    async def _stop_zone(self, child: Child) -> None:
        child.state.wanted = False
        child.signal(signal.SIGTERM)
        await child.gone()

    async def _start_zone(self, child: Child) -> None:
        child.state.wanted, child.state.deaths = True, 0
        await child.start()
        deadline = self._now() + int(START_TIMEOUT_S * 1000)
        while await child.ask() is None:
            if not child.alive():
                raise UserError(child.refusal())
            if self._now() > deadline:
                raise UserError(
                    f"{child.name} runs and waits for a majority of the zones:"
                    f" start another one; {child.spec.log_file} tells more."
                )
            await asyncio.sleep(0.02)

    async def _freeze_zone(self, child: Child) -> None:
        child.state.frozen = True
        child.signal(signal.SIGSTOP)

    async def _thaw_zone(self, child: Child) -> None:
        child.signal(signal.SIGCONT)
        child.state.frozen = False
        child.state.answered(self._now())

    async def _cut_request(self, request: AdminRequest) -> dict[str, Any]:
        """Cut one zone off from others: both ways, or only what it says, or only what it hears."""
        wish = request.json()
        child = self._child(wish.get("zone"))
        others = [self._child(z) for z in wish.get("from") or []] or [
            c for c in self._children.values() if c is not child
        ]
        if child in others:
            raise UserError(f"{child.name} can't be cut off from itself.")
        # One that doesn't run needn't know: the other side keeps to both directions.
        told = [c for c in others if c.state.running]
        for one in (child, *told):
            one.check_answers()
        out, into = bool(wish.get("out", True)), bool(wish.get("into", True))
        names = [c.name for c in others]
        await child.tell("/cut", {"zones": names, "out": out, "into": into})
        for other in told:
            # What one doesn't say the other doesn't hear: so each side keeps to it.
            await other.tell("/cut", {"zones": [child.name], "out": into, "into": out})
        log.info("%s is cut off from %s (out %s, into %s)", child.name, names, out, into)
        return {"zone": child.name, "from": names, "out": out, "into": into}

    async def _heal_request(self, request: AdminRequest) -> dict[str, Any]:
        running = [c for c in self._children.values() if c.state.running]
        for child in running:
            child.check_answers()
        await asyncio.gather(*(c.tell("/heal", {}) for c in running))
        log.info("healed")
        return {"healed": [c.name for c in running]}

    async def _broker_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        broker = wish.get("broker")
        for child in self._children.values():
            if broker in child.spec.brokers:
                return await child.tell("/broker", wish)
        known = ", ".join(map(str, self._spec.all_brokers))
        raise UserError(f"There is no broker {broker!r}: this cluster has {known}.")

    async def _volumes_request(self, request: AdminRequest) -> dict[str, Any]:
        """Tell the zones that run; the others read it in `cluster.json` when they start."""
        wish = request.json()
        self._spec.volumes.update(volume_sizes(wish))
        await self._tell_all("/volumes", wish)
        return {"volumes": self._spec.volumes}

    async def _exporters_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        ports = exporter_ports(wish)
        for one in (self._spec, *(c.spec for c in self._children.values())):
            one.exporters = ports
        await self._tell_all("/exporters", wish)
        return {"exporters": ports}

    async def _tell_all(self, path: str, wish: dict[str, Any]) -> None:
        running = [c for c in self._children.values() if c.state.running]
        for child in running:
            child.check_answers()
        await asyncio.gather(*(c.tell(path, wish) for c in running))

    # -- the clock ----------------------------------------------------------------------------

    def _clock_status(self) -> dict[str, Any]:
        clock = self._world.clock
        return clock.state.show(clock.wall_ms())

    def _show_clock_request(self, request: AdminRequest) -> dict[str, Any]:
        return self._clock_status()

    async def _clock_request(self, request: AdminRequest) -> dict[str, Any]:
        """Turn the cluster's clock; answered when every zone that runs follows it."""
        wish, clock = request.json(), self._world.clock
        running = [c for c in self._children.values() if c.state.running]
        for child in running:
            child.check_answers()
        async with self._turning:
            wall_ms = clock.wall_ms()
            clock.adopt(steering.turn(self._world.storage, self._spec, wall_ms, wish))
            said = await asyncio.gather(*(self._steer(c) for c in running), return_exceptions=True)
        late = [c.name for c, error in zip(running, said, strict=True) if error is not None]
        if late:
            raise UserError(
                f"The clock is turned, and {', '.join(late)} hasn't followed yet: it is told again."
            )
        log.info("the clock: %s", self._clock_status())
        return self._clock_status()

    async def _steer(self, child: Child) -> None:
        await child.tell("/clock", {"state": self._world.clock.state.to_json()})

    async def _remind(self) -> None:
        """Tell zones that follow an older version, as one that was adopted may."""
        version = self._world.clock.state.version
        for child in self._children.values():
            known = child.last_status.get("clock", {}).get("version", version)
            if known < version and child.state.running and not child.state.frozen:
                try:
                    await self._steer(child)
                except UserError as e:
                    log.warning("%s doesn't follow the clock yet: %s", child.name, e)

    async def _reload_request(self, request: AdminRequest) -> dict[str, Any]:
        """Read `cluster.json` again, and have every zone that runs do so."""
        self._spec = specs.load(self._directory)
        for child in self._children.values():
            child.spec = self._spec.for_zone(child.spec.zone)
        running = [c for c in self._children.values() if c.state.running]
        for child in running:
            child.check_answers()
        await asyncio.gather(*(c.tell("/reload", {}) for c in running))
        log.info("generation %d of the cluster's file is read", self._spec.generation)
        return {"generation": self._spec.generation}

    def _child(self, zone: object) -> Child:
        child = self._children.get(zone) if isinstance(zone, int) else None
        if child is None:
            known = ", ".join(c.name for c in self._children.values())
            raise UserError(f"There is no zone {zone!r}: this cluster has {known}.")
        return child

    # -- what others see ----------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """The whole cluster, from what the zones said last."""
        told = [c.last_status for c in self._children.values() if c.state.running and c.last_status]
        newest = max(told, key=lambda s: s.get("controller", {}).get("epoch", -1), default={})
        active = newest.get("controller", {}).get("leader")
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
            "clock": self._clock_status(),
            "rss_bytes": sum(s.get("rss_bytes") or 0 for s in told),
            "defaults": self._spec.defaults,
            "config": self._spec.config,
            "generation": min((s.get("generation", 0) for s in told), default=0),
            "registered": newest.get("registered", []),
            "controller": newest.get("controller", {}),
            "topics": newest.get("topics"),
            "partitions": newest.get("partitions"),
            "offline_partitions": newest.get("offline_partitions"),
            "zones": [c.summary(active) for c in self._children.values()],
            "brokers": sorted(
                (b for c in self._children.values() for b in c.brokers()), key=lambda b: b["id"]
            ),
        }

    async def _status_request(self, request: AdminRequest) -> dict[str, Any]:
        running = [c for c in self._children.values() if c.state.running and not c.state.frozen]
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


def _check_order(child: Child, action: str) -> None:
    """`UserError` for what makes no sense in the state that the zone is in."""
    state = child.state
    if action == "start":
        if state.running:
            raise UserError(f"{child.name} runs already.")
    elif not state.running and not (action in ("kill", "stop") and state.wanted):
        raise UserError(f"{child.name} does not run.")
    elif action == "thaw":
        if not state.frozen:
            raise UserError(f"{child.name} isn't frozen.")
    elif action != "kill" and state.frozen:
        raise UserError(f"{child.name} is frozen: thaw it first, or kill it.")


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
