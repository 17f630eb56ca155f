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
from msklite.zone.admin import AdminRequest, AdminServer
from msklite.zone.admin_client import AdminClient
from msklite.zone.loop import new_event_loop
from msklite.zone.process import Watcher, catch_signals, open_log
from msklite.zone.spec import ZoneSpec, child_environment
from msklite.zone.supervision import Act, ZoneState
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom

log = logging.getLogger("msklite.supervisor")

BEAT_S = 0.2
ASK_EVERY_BEATS = 10
LEAVE_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 30.0
ACTIONS = ("kill", "stop", "start", "freeze", "thaw")


class Child:
    """One zone: its state, and its process if there is one."""

    def __init__(self, spec: ZoneSpec) -> None:
        self.spec = spec
        self.state = ZoneState()
        self.pid: int | None = None
        self.process: asyncio.subprocess.Process | None = None
        self.last_status: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return f"az{self.spec.zone}"

    def admin(self, timeout_s: float = 2.0) -> AdminClient:
        """The way to the zone itself."""
        return AdminClient(self.spec.directory, timeout_s)


class Supervisor:
    """See the module's text."""

    def __init__(self, spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
        self._spec = spec
        self._world = world
        self._watcher = watcher
        self._directory = str(Path(spec.directory).parent)
        self._children = {zone: Child(spec.for_zone(zone)) for zone in spec.zones}
        self._stop = asyncio.Event()
        self._started_ms = world.clock.now_ms()
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
            },
        )
        try:
            await asyncio.gather(*(self._begin(c) for c in self._children.values()))
            await self._until_ready()
            await admin.start()
            log.info("ready: clients connect to %s", self._spec.bootstrap)
            await self._watch()
        finally:
            await admin.close()
            await self._end()

    def _kill_all(self) -> None:
        """Somebody is in a hurry: the zones end as this process does."""
        for child in self._children.values():
            self._signal(child, signal.SIGKILL)

    # -- starting -----------------------------------------------------------------------------

    async def _begin(self, child: Child) -> None:
        found = await self._ask(child)
        if found is not None:
            child.pid = int(found["pid"])
            child.state.started(self._now())
            log.info("%s is running already: process %d", child.name, child.pid)
            return
        await self._start(child)

    async def _start(self, child: Child) -> None:
        folder = child.spec.log_file.parent
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "zone.err").open("wb") as said:
            child.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "msklite.zone.main", self._directory,
                "--zone", str(child.spec.zone),
                stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, cwd="/",
                env=child_environment(), start_new_session=True,
            )  # fmt: skip
        child.pid = child.process.pid
        child.state.started(self._now())
        log.info("%s started: process %d", child.name, child.pid)

    async def _until_ready(self) -> None:
        """Until every zone answers. UserError: what one of them said when it refused to start."""
        waiting = set(self._children)
        while waiting and not self._stop.is_set():
            for zone in list(waiting):
                child = self._children[zone]
                if await self._ask(child) is not None:
                    waiting.discard(zone)
                elif not self._alive(child):
                    said = (child.spec.log_file.parent / "zone.err").read_text(errors="replace")
                    lines = said.strip().splitlines()
                    raise UserError(lines[-1] if lines else f"{child.name} ended; see its log.")
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
                await asyncio.gather(*(self._ask(c) for c in self._children.values()))
                if self._watcher is not None:
                    self._watcher.tick(self.status())
            for child in self._children.values():
                await self._look_after(child)
        if self._watcher is not None:
            self._watcher.stopping()

    async def _look_after(self, child: Child) -> None:
        state = child.state
        if state.running and not self._alive(child):
            pause = state.ended(self._now())
            code = child.process.returncode if child.process is not None else None
            if state.wanted:
                log.warning(
                    "%s has ended (process %s, code %s); it is started again in %d ms",
                    child.name, child.pid, code, pause,
                )  # fmt: skip
        act = state.due(self._now())
        if act is Act.START:
            await self._start(child)
        elif act is Act.KILL:
            log.warning("%s doesn't answer: killed", child.name)
            self._signal(child, signal.SIGKILL)

    async def _ask(self, child: Child) -> dict[str, Any] | None:
        """A zone's status; None: it doesn't answer."""
        loop = asyncio.get_running_loop()
        try:
            found: dict[str, Any] = await loop.run_in_executor(
                None, lambda: child.admin().get("/status")
            )
        except UserError:
            return None
        child.state.answered(self._now())
        child.last_status = found
        return found

    def _alive(self, child: Child) -> bool:
        if child.process is not None:
            return child.process.returncode is None
        if child.pid is None:
            return False
        try:
            os.kill(child.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _signal(self, child: Child, number: signal.Signals) -> None:
        if child.pid is not None and self._alive(child):
            os.kill(child.pid, number)

    # -- orders -------------------------------------------------------------------------------

    async def _zone_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        action, child = wish.get("action"), self._child(wish.get("zone"))
        if action not in ACTIONS:
            raise UserError(f"A zone can be told to {', '.join(ACTIONS)}, not to {action!r}.")
        if (action == "start") == child.state.running:
            raise UserError(f"{child.name} {'runs' if child.state.running else 'does not run'}.")
        log.info("%s: %s, as asked", child.name, action)
        await getattr(self, f"_{action}_zone")(child)
        return {"zone": child.spec.zone, "action": action, "pid": child.pid}

    async def _kill_zone(self, child: Child) -> None:
        child.state.wanted = False
        self._signal(child, signal.SIGKILL)
        await self._gone(child, 5.0)

    async def _stop_zone(self, child: Child) -> None:
        child.state.wanted = False
        self._signal(child, signal.SIGTERM)
        await self._gone(child, STOP_TIMEOUT_S)

    async def _start_zone(self, child: Child) -> None:
        child.state.wanted, child.state.deaths = True, 0
        await self._start(child)
        deadline = self._now() + int(STOP_TIMEOUT_S * 1000)
        while await self._ask(child) is None:
            if not self._alive(child) or self._now() > deadline:
                raise UserError(f"{child.name} did not start; see {child.spec.log_file}.")
            await asyncio.sleep(0.02)

    async def _freeze_zone(self, child: Child) -> None:
        child.state.frozen = True
        self._signal(child, signal.SIGSTOP)

    async def _thaw_zone(self, child: Child) -> None:
        child.state.frozen = False
        child.state.answered(self._now())
        self._signal(child, signal.SIGCONT)

    async def _gone(self, child: Child, timeout_s: float) -> None:
        deadline = self._now() + int(timeout_s * 1000)
        while self._alive(child):
            if self._now() > deadline:
                raise UserError(f"{child.name} (process {child.pid}) is still there.")
            await asyncio.sleep(0.01)
        child.state.ended(self._now())

    async def _cut_request(self, request: AdminRequest) -> dict[str, Any]:
        """Cut one zone off from others: both ways, or only what it says, or only what it hears."""
        wish = request.json()
        child = self._child(wish.get("zone"))
        others = [self._child(z) for z in wish.get("from") or []] or [
            c for c in self._children.values() if c is not child
        ]
        out, into = bool(wish.get("out", True)), bool(wish.get("into", True))
        names = [c.name for c in others]
        await self._tell(child, "/cut", {"zones": names, "out": out, "into": into})
        for other in others:
            # What one doesn't say the other doesn't hear: so each side keeps to it.
            await self._tell(other, "/cut", {"zones": [child.name], "out": into, "into": out})
        log.info("%s is cut off from %s (out %s, into %s)", child.name, names, out, into)
        return {"zone": child.spec.zone, "from": [c.spec.zone for c in others]}

    async def _heal_request(self, request: AdminRequest) -> dict[str, Any]:
        await asyncio.gather(
            *(self._tell(c, "/heal", {}) for c in self._children.values() if c.state.running)
        )
        log.info("healed")
        return {}

    async def _broker_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        broker = wish.get("broker")
        for child in self._children.values():
            if broker in child.spec.brokers:
                return await self._tell(child, "/broker", wish)
        known = ", ".join(map(str, self._spec.all_brokers))
        raise UserError(f"There is no broker {broker!r}: this cluster has {known}.")

    def _child(self, zone: object) -> Child:
        child = self._children.get(zone) if isinstance(zone, int) else None
        if child is None:
            known = ", ".join(c.name for c in self._children.values())
            raise UserError(f"There is no zone {zone!r}: this cluster has {known}.")
        return child

    async def _tell(self, child: Child, path: str, body: object) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        told: dict[str, Any] = await loop.run_in_executor(
            None, lambda: child.admin(STOP_TIMEOUT_S).post(path, body)
        )
        return told

    # -- what others see ----------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """The whole cluster, from what the zones said last."""
        told = [c.last_status for c in self._children.values() if c.last_status]
        newest = max(told, key=lambda s: s.get("controller", {}).get("epoch", -1), default={})
        return {
            "name": self._spec.name,
            "state": "STOPPING" if self._stop.is_set() else "RUNNING",
            "bootstrap": self._spec.bootstrap,
            "cluster_id": self._spec.cluster_id,
            "directory": self._directory,
            "version": __version__,
            "pid": os.getpid(),
            "started_ms": self._started_ms,
            "now_ms": self._world.clock.now_ms(),
            "rss_bytes": sum(s.get("rss_bytes") or 0 for s in told),
            "config": self._spec.config,
            "controller": newest.get("controller", {}),
            "topics": newest.get("topics"),
            "partitions": newest.get("partitions"),
            "offline_partitions": newest.get("offline_partitions"),
            "zones": [self._zone_status(c) for c in self._children.values()],
            "brokers": [
                {**b, "zone": c.name}
                for c in self._children.values()
                for b in c.last_status.get("brokers", [])
                if c.state.running
            ],
        }

    def _zone_status(self, child: Child) -> dict[str, Any]:
        state = child.state
        if state.running:
            word = "FROZEN" if state.frozen else "RUNNING"
        else:
            word = "DOWN" if state.wanted else "AWAY"
        return {
            "zone": child.name,
            "state": word,
            "pid": child.pid if state.running else None,
            "brokers": list(child.spec.brokers),
            "controller": child.spec.controller_id,
            "rss_bytes": child.last_status.get("rss_bytes") if state.running else None,
        }

    async def _status_request(self, request: AdminRequest) -> dict[str, Any]:
        running = [c for c in self._children.values() if c.state.running and not c.state.frozen]
        await asyncio.gather(*(self._ask(c) for c in running))
        return self.status()

    def _stop_request(self, request: AdminRequest) -> dict[str, Any]:
        log.info("asked to stop by the admin endpoint")
        self._stop.set()
        return {"state": "STOPPING", "pid": os.getpid()}

    # -- the end ------------------------------------------------------------------------------

    async def _end(self) -> None:
        children = [c for c in self._children.values() if self._alive(c)]
        for child in children:
            child.state.wanted = False
            self._signal(child, signal.SIGCONT)
        loop = asyncio.get_running_loop()

        def leave(child: Child) -> None:
            try:
                child.admin(LEAVE_TIMEOUT_S).post("/leave")
            except UserError as e:
                log.info("%s could not hand over: %s", child.name, e)

        await asyncio.gather(*(loop.run_in_executor(None, leave, c) for c in children))
        for child in children:
            self._signal(child, signal.SIGTERM)
        for child in children:
            try:
                await self._gone(child, STOP_TIMEOUT_S)
            except UserError as e:
                log.error("%s It is killed.", e)
                self._signal(child, signal.SIGKILL)
        log.info("stopped")


def run(cluster_dir: str, watcher: Watcher | None = None) -> int:
    """Run the cluster of zones described in `cluster_dir` to its end; 0 after a clean stop."""
    spec = specs.load(cluster_dir)
    open_log(Path(cluster_dir) / "supervisor.log", spec.log_level)
    world = World(SystemClock(), SocketNetwork(), DiskStorage(), SystemRandom())

    async def main() -> None:
        await Supervisor(spec, world, watcher).run()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main())
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
