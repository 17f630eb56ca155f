"""The zone as a process: `python -m msklite.zone.main CLUSTER_DIR`.

Reads `cluster.json`, opens the log file, starts the zone and its admin endpoint, and runs until a
signal or `POST /stop`. The first SIGINT or SIGTERM stops cleanly, a second one ends the process at
once, which is as safe as any crash: what was acknowledged is on the disk. `msklite up` calls `run`
in its own process with a `Watcher`, and with `-d` starts this module as a process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import logging.handlers
import os
import signal
import sys
from pathlib import Path
from typing import Any, Protocol

from msklite import __version__
from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.world import World
from msklite.zone import ports
from msklite.zone import spec as specs
from msklite.zone.admin import AdminRequest, AdminServer
from msklite.zone.loop import new_event_loop
from msklite.zone.spec import ZoneSpec
from msklite.zone.world import SocketNetwork, SystemClock, SystemRandom
from msklite.zone.zone import Zone

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 5
TICK_S = 1.0
MANY_FILES = 65_536

log = logging.getLogger("msklite.zone")


class Watcher(Protocol):
    """What a foreground `up` wants to hear."""

    def ready(self, status: dict[str, Any]) -> None: ...

    def tick(self, status: dict[str, Any]) -> None: ...

    def stopping(self) -> None: ...


class Process:
    """One zone's life in this process: started, served, stopped."""

    def __init__(self, spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
        self._spec = spec
        self._world = world
        self._watcher = watcher
        self._zone = Zone(spec, world)
        self._stop = asyncio.Event()
        self._started_ms = world.clock.now_ms()

    async def run(self) -> None:
        """Start, wait for the wish to stop, stop. Raises `UserError` when it can't start."""
        self._catch_signals()
        directory = self._spec.directory
        admin = AdminServer(
            self._world,
            directory,
            {("GET", "/status"): self._status_request, ("POST", "/stop"): self._stop_request},
        )
        await self._zone.start()
        try:
            await admin.start()
            # What a start leaves stays: later collections needn't walk it again and again.
            gc.collect()
            gc.freeze()
            log.info("ready: clients connect to %s", self._zone.bootstrap)
            await self._watch()
        finally:
            await admin.close()
            await self._zone.stop()

    def status(self) -> dict[str, Any]:
        """The zone's own status, and what only the process knows."""
        return {
            "name": self._spec.name,
            "state": "STOPPING" if self._stop.is_set() else "RUNNING",
            "bootstrap": self._zone.bootstrap,
            "cluster_id": self._spec.cluster_id,
            "directory": str(Path(self._spec.directory).parent),
            "version": __version__,
            "pid": os.getpid(),
            "started_ms": self._started_ms,
            "now_ms": self._world.clock.now_ms(),
            "rss_bytes": _rss_bytes(),
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

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: int) -> None:
        if self._stop.is_set():
            log.warning("second signal %s: ending at once", signal.Signals(number).name)
            logging.shutdown()
            os._exit(128 + number)
        log.info("signal %s", signal.Signals(number).name)
        self._stop.set()

    def _status_request(self, request: AdminRequest) -> dict[str, Any]:
        return self.status()

    def _stop_request(self, request: AdminRequest) -> dict[str, Any]:
        log.info("asked to stop by the admin endpoint")
        self._stop.set()
        return {"state": "STOPPING", "pid": os.getpid()}


def run(cluster_dir: str, watcher: Watcher | None = None) -> int:
    """Run the zone described in `cluster_dir` to its end; 0 after a clean stop."""
    spec = specs.load(cluster_dir)
    ports.check(spec)
    raise_file_limit()
    open_log(spec)
    log.info(
        "msklite %s starts zone %d of cluster %s (%s) with brokers %s in %s",
        __version__, spec.zone, spec.name, spec.cluster_id,
        ", ".join(map(str, spec.brokers)), spec.directory,
    )  # fmt: skip
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


async def _run(spec: ZoneSpec, world: World, watcher: Watcher | None) -> None:
    await Process(spec, world, watcher).run()


def open_log(spec: ZoneSpec) -> None:
    """Send this process's log lines to the zone's file; `UserError` where it can't be written."""
    path = spec.log_file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8"
        )
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}.") from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.raiseExceptions = False  # a full disk mustn't fill the terminal (or a pipe) instead
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(spec.log_level)
    logging.getLogger("asyncio").setLevel(max(logging.INFO, root.level))


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
    """The entry point of a detached zone."""
    if len(argv) != 2:
        sys.stderr.write("usage: python -m msklite.zone.main CLUSTER_DIR\n")
        return 2
    try:
        return run(argv[1])
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
