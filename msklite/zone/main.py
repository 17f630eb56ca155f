"""The zone as a process: `python -m msklite.zone.main CLUSTER_DIR [--zone K] [--node N]`.

Reads `cluster.json`, opens the log file, starts the zone and its admin endpoint, and runs until a
signal or `POST /stop`. The first SIGINT or SIGTERM stops cleanly, a second one ends the process at
once, which is as safe as any crash: what was acknowledged is on the disk. With `--node` only that
controller or broker of the zone runs here, and others in processes of their own. `msklite up` calls
`run` in its own process with a `Watcher`, and with `-d` starts this module as a process of its own.

One zone of several whose metadata log can't be written (a full disk) ends too, as a controller of
Kafka does; its supervisor starts it again, until it can.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from msklite import __version__
from msklite.clock import ClockState
from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.world import World
from msklite.zone import ports, steering
from msklite.zone import spec as specs
from msklite.zone.admin import AdminRequest, AdminServer
from msklite.zone.loop import LoopLookout, new_event_loop
from msklite.zone.process import (
    Watcher,
    catch_signals,
    exporter_ports,
    open_log,
    shares_a_process,
    volume_sizes,
)
from msklite.zone.spec import ZoneSpec
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom
from msklite.zone.zone import Zone

TICK_S = 1.0
MANY_FILES = 65_536
HOT = ("msklite.broker.api.produce", "msklite.broker.api.fetch")
"""Loaded before the loop begins: else the first request of a restarted zone stops it for longer
than any later one does, while others wait. A first record needs them in any case."""

log = logging.getLogger("msklite.zone")


class Process:
    """One zone's life in this process: started, served, stopped."""

    def __init__(self, spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
        self._spec = spec
        self._world = world
        self._watcher = watcher
        self._zone = Zone(spec, world)
        self._stop = asyncio.Event()
        self._started_ms = world.clock.wall_ms()

    async def run(self) -> None:
        """Start, wait for the wish to stop, stop. Raises `UserError` when it can't start."""
        catch_signals(self._stop)
        directory = self._spec.directory
        admin = AdminServer(
            self._world,
            directory,
            {
                ("GET", "/status"): self._status_request,
                ("POST", "/leave"): self._leave_request,
                ("POST", "/stop"): self._stop_request,
                ("POST", "/cut"): self._cut_request,
                ("POST", "/heal"): self._heal_request,
                ("POST", "/broker"): self._broker_request,
                ("POST", "/volumes"): self._volumes_request,
                ("GET", "/clock"): self._show_clock_request,
                ("POST", "/clock"): self._clock_request,
                ("POST", "/exporters"): self._exporters_request,
                ("POST", "/reload"): self._reload_request,
            },
            self._spec.admin_name,
        )
        ending = asyncio.ensure_future(self._end_when_failed())
        if not await self._begin():
            ending.cancel()
            return
        try:
            await admin.start()
            # What a start leaves stays: later collections needn't walk it again and again.
            gc.collect()
            gc.freeze()
            if self._zone.brokers:
                log.info("ready: clients connect to %s", self._zone.bootstrap)
            await self._watch()
            ending.cancel()
            self._check()
        finally:
            await admin.close()
            if self._zone.failure is not None:
                self._zone.crash()
            else:
                await self._zone.stop()

    async def _end_when_failed(self) -> None:
        await self._zone.failed.wait()
        self._stop.set()

    def _check(self) -> None:
        """UserError when the zone's controller has failed."""
        failure = self._zone.failure
        if failure is not None:
            raise UserError(f"{self._zone.name} ends: {failure}")

    async def _begin(self) -> bool:
        """Start the zone; False: it was to stop before a majority of the zones was there."""
        start = asyncio.ensure_future(self._zone.start())
        ends = [asyncio.ensure_future(e.wait()) for e in (self._stop, self._zone.failed)]
        await asyncio.wait({start, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        if not start.done():
            start.cancel()
            await asyncio.wait({start})
            self._check()
            if not start.cancelled() and start.exception() is not None:
                await start
            log.info("stopping before it was up")
            return False
        await start
        return True

    def status(self) -> dict[str, Any]:
        """The zone's own status, and what only the process knows."""
        return {
            "name": self._spec.name,
            "state": "STOPPING" if self._stop.is_set() else "RUNNING",
            "bootstrap": self._zone.bootstrap,
            **self._spec.tls_facts,
            "cluster_id": self._spec.cluster_id,
            "directory": str(Path(self._spec.directory).parent),
            "version": __version__,
            "kafka_version": self._spec.kafka_version,
            "pid": os.getpid(),
            "started_ms": self._started_ms,
            "now_ms": self._world.clock.wall_ms(),
            "rss_bytes": _rss_bytes(),
            "defaults": self._spec.defaults,
            "config": self._spec.config,
            **self._zone.status(),
        }

    async def _watch(self) -> None:
        if self._watcher is None:
            await self._stop.wait()
        else:
            self._watcher.ready(self.status())
            while not self._stop.is_set():
                self._watcher.tick(self.status())
                try:
                    async with asyncio.timeout(TICK_S):
                        await self._stop.wait()
                except TimeoutError:
                    pass
            self._watcher.stopping()
        log.info("stopping")

    def _status_request(self, request: AdminRequest) -> dict[str, Any]:
        return self.status()

    async def _leave_request(self, request: AdminRequest) -> dict[str, Any]:
        await self._zone.leave()
        return {"state": "LEAVING", "pid": os.getpid()}

    def _cut_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        self._zone.cut(wish["zones"], out=wish.get("out", True), into=wish.get("into", True))
        return {"zones": wish["zones"]}

    def _heal_request(self, request: AdminRequest) -> dict[str, Any]:
        self._zone.heal()
        return {}

    async def _broker_request(self, request: AdminRequest) -> dict[str, Any]:
        wish = request.json()
        action, broker = wish.get("action"), wish.get("broker")
        if self._spec.node is not None and action != "retire":
            raise UserError(f"This process is {self._spec.label} alone: stop or start the process.")
        if action in ("kill", "freeze", "thaw"):
            raise UserError(shares_a_process(broker))
        if action not in ("stop", "start", "reboot", "retire"):
            raise UserError(f"A broker can be told to stop, start or reboot, not to {action!r}.")
        if action == "retire":
            await self._zone.retire_broker(broker)
            return {"broker": broker, "action": action}
        if action != "start":
            await self._zone.stop_broker(broker)
        if action != "stop":
            await self._zone.start_broker(broker)
        return {"broker": broker, "action": action}

    def _volumes_request(self, request: AdminRequest) -> dict[str, Any]:
        sizes = volume_sizes(request.json())
        self._zone.set_volumes({b: s for b, s in sizes.items() if b in self._spec.brokers})
        return {"volumes": self._spec.volumes}

    def _show_clock_request(self, request: AdminRequest) -> dict[str, Any]:
        return self._zone.clock_status()

    async def _clock_request(self, request: AdminRequest) -> dict[str, Any]:
        """Turn the clock of a cluster of one zone, or do as the supervisor of several says."""
        wish = request.json()
        if isinstance(wish, dict) and "state" in wish:
            state = ClockState.from_json(wish["state"])
        elif self._spec.zones:
            raise UserError("The clock is the whole cluster's: ask its supervisor.")
        else:
            state = steering.turn(
                self._world.storage, self._spec, self._world.clock.wall_ms(), wish
            )
        await self._zone.steer(state)
        return self._zone.clock_status()

    async def _exporters_request(self, request: AdminRequest) -> dict[str, Any]:
        await self._zone.set_exporters(exporter_ports(request.json()))
        return {"exporters": self._spec.exporters}

    async def _reload_request(self, request: AdminRequest) -> dict[str, Any]:
        """Read `cluster.json` again."""
        old = self._spec
        self._spec = _spec(str(Path(old.directory).parent), old.zone, old.node)
        await self._zone.reload(self._spec)
        log.info("generation %d of the cluster's file is read", self._spec.generation)
        return {"generation": self._spec.generation}

    def _stop_request(self, request: AdminRequest) -> dict[str, Any]:
        log.info("asked to stop by the admin endpoint")
        self._stop.set()
        return {"state": "STOPPING", "pid": os.getpid()}


def run(
    cluster_dir: str, watcher: Watcher | None = None, zone: int = 1, node: int | None = None
) -> int:
    """Run a zone of the cluster in `cluster_dir`, or one node, to its end; 0: a clean stop."""
    spec = _spec(cluster_dir, zone, node)
    ports.check(spec)
    raise_file_limit()
    open_log(spec.log_file, spec.log_level)
    log.info(
        "msklite %s starts %s %d of cluster %s (%s) with brokers %s in %s",
        __version__, *_what(spec), spec.name, spec.cluster_id,
        ", ".join(map(str, spec.brokers)) or "none", spec.directory,
    )  # fmt: skip
    if spec.brokers:
        for name in HOT:
            import_module(name)
    world = World(SystemClock(), SocketNetwork(), DiskStorage(), SystemRandom())
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_run(spec, world, watcher))
    except UserError as error:
        log.error("%s", error)
        raise
    except BaseException:
        log.exception("the zone ended unexpectedly")
        raise
    log.info("stopped")
    return 0


def _spec(cluster_dir: str, zone: int, node: int | None) -> ZoneSpec:
    """What this process is to run."""
    spec = specs.load(cluster_dir)
    if zone not in (spec.zones or (1,)):
        known = ", ".join(f"az{z}" for z in spec.zones or (1,))
        raise UserError(f"There is no zone az{zone} in {cluster_dir}: this cluster has {known}.")
    if node is None:
        return spec.for_zone(zone) if spec.zones else spec
    if not spec.zones:
        raise UserError(f"Cluster {spec.name} has one process for all of its nodes.")
    if node not in (specs.controller_of(zone), *spec.zones[zone]):
        raise UserError(f"There is no node {node} in az{zone} of {cluster_dir}.")
    return spec.for_node(zone, node)


def _what(spec: ZoneSpec) -> tuple[str, int]:
    if spec.node is None:
        return "zone", spec.zone
    return "controller" if spec.has_controller else "broker", spec.node


async def _run(spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
    world.lookout = LoopLookout(asyncio.get_running_loop())
    await Process(spec, world, watcher).run()


def raise_file_limit() -> None:
    """Take as many descriptors as the system lets us have: clients' connections need them."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            log.info("the limit of %d open files stays", soft)


def _rss_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(argv: list[str]) -> int:
    """The entry point of a detached zone: CLUSTER_DIR, and `--zone K` where there are several."""
    numbers = dict(zip(argv[2::2], argv[3::2], strict=False))
    known = numbers.keys() <= {"--zone", "--node"}
    if len(argv) % 2 or not known or not all(map(str.isdecimal, numbers.values())):
        sys.stderr.write("usage: python -m msklite.zone.main CLUSTER_DIR [--zone K] [--node N]\n")
        return 2
    zone, node = int(numbers.get("--zone", 1)), numbers.get("--node")
    try:
        return run(argv[1], zone=zone, node=None if node is None else int(node))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
