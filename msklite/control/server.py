"""`python -m msklite.control.server`: the service as a process.

    MSKLITE_HOME/control.sqlite3   what it remembers
                /control.json      where it listens, while it runs
                /control.lock      held, so that there is one service for each home
                /control.log       what it saw and did

The first SIGINT or SIGTERM ends it cleanly; clusters go on either way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from msklite.control.routes import application
from msklite.control.service import Service
from msklite.errors import UserError
from msklite.log.storage import DiskStorage
from msklite.zone.process import is_alive, open_log

PORT = 4600
LOCK_FILE = "control.lock"
WHERE_FILE = "control.json"
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


def where(home: Path) -> dict[str, Any] | None:
    """Where the service of this home listens; None: none runs."""
    try:
        found = json.loads((home / WHERE_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and is_alive(int(found["pid"])) else None


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
    service = Service(options.home, options.settle_s, options.patience_s)

    def on_ready() -> None:
        place = options.home / WHERE_FILE
        temporary = place.with_suffix(".new")
        temporary.write_text(json.dumps({"url": url, "pid": os.getpid()}))
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
