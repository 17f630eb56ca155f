"""`python -m msklite.control.server`: the service as a process.

    MSKLITE_HOME/control.sqlite3   what it remembers
                /control.json      where it listens, while it runs
                /control.lock      held, so that there is one service for each home
                /control.log       what it saw and did

The first SIGINT or SIGTERM ends it cleanly; clusters go on either way. With a home as its argument
this module is the process that `msklite up` starts beside its cluster (`control/companion`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from msklite.control import scaling
from msklite.control.companion import WHERE_FILE, where
from msklite.control.routes import application
from msklite.control.service import Service
from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.zone.process import open_log

PORT = 4600
LOCK_FILE = "control.lock"
LOG_FILE = "control.log"
LOOPBACK = ("127.0.0.1", "::1", "localhost")

log = logging.getLogger("msklite.control")


@dataclass(slots=True)
class Options:
    """How it is to be served."""

    home: Path
    port: int | None = None
    """None: PORT, or a free one where that is taken; 0: a free one."""
    host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    settle_s: float = 0.0
    patience_s: float = 180.0
    log_level: str = "INFO"
    creates: bool = True
    """Whether it makes clusters."""
    companion: bool = False
    """Started beside a cluster, and to end with the last one of its home."""


def _listen(options: Options) -> socket.socket:
    host = options.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in [PORT, 0] if options.port is None else [options.port]:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            if options.port is None and port:
                continue
            raise UserError(
                f"Port {port} on {host} can't be had ({error.strerror or error}): choose another"
                " with --port."
            ) from None
        return sock
    raise AssertionError("port 0 was tried")


class _Server(uvicorn.Server):
    """uvicorn's, with our signposts around its life."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again at the end, which would skip what we clean up."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def run(options: Options, ready: Callable[[str], None] = lambda url: None) -> int:
    """Serve until a signal; `ready` gets the address once it answers."""
    home = options.home
    open_log(home / LOG_FILE, options.log_level)
    try:
        lock = DiskStorage().lock(str(home / LOCK_FILE))
    except BlockingIOError:
        found = where(home) or {}
        raise UserError(
            f"A service of {home} is running already{_at(found)}; stop that one first."
        ) from None
    try:
        with _listen(options) as sock:
            asyncio.run(_serve(options, sock, ready))
    finally:
        with contextlib.suppress(OSError):
            (home / WHERE_FILE).unlink()
        lock.release()
    return 0


def _at(found: dict[str, Any]) -> str:
    return f" at {found['url']} (process {found['pid']})" if found else ""


async def _serve(options: Options, sock: socket.socket, ready: Callable[[str], None]) -> None:
    host, port = sock.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{port}"
    if options.host not in LOOPBACK:
        log.warning("listening on %s: everybody who reaches that address can use it", url)
    service = Service(options.home, options.settle_s, options.patience_s, creates=options.creates)
    service.watchers.append(scaling.look)

    def on_ready() -> None:
        place = options.home / WHERE_FILE
        temporary = place.with_suffix(".new")
        temporary.write_text(
            json.dumps({"url": url, "pid": os.getpid(), "companion": options.companion})
        )
        temporary.replace(place)
        log.info("ready: %s", url)
        ready(url)

    config = uvicorn.Config(
        application(service, (options.host, *options.hosts)),
        log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=5, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    await service.start()
    try:
        await _Server(config, on_ready).serve([sock])
    finally:
        await service.close()


def main(home: str) -> int:
    """The companion of `msklite up`."""
    try:
        return run(Options(Path(home), companion=True))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
