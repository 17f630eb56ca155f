"""What a zone's and a supervisor's processes have in common: log file, signals, and who watches.

This module is an edge: it touches the process itself.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from msklite.errors import UserError

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 5

log = logging.getLogger("msklite.zone")


class Watcher(Protocol):
    """What a foreground `up` wants to hear."""

    def ready(self, status: dict[str, Any]) -> None: ...

    def tick(self, status: dict[str, Any]) -> None: ...

    def stopping(self) -> None: ...


def catch_signals(stop: asyncio.Event, at_once: Callable[[], None] = lambda: None) -> None:
    """The first SIGINT, SIGTERM or SIGHUP sets `stop`, a second one ends the process at once.

    `at_once` is called before such an end.
    """

    def on_signal(number: int) -> None:
        if stop.is_set():
            log.warning("second signal %s: ending at once", signal.Signals(number).name)
            at_once()
            logging.shutdown()
            os._exit(128 + number)
        log.info("signal %s", signal.Signals(number).name)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal, number)


def is_alive(pid: int) -> bool:
    """Whether a process runs. A zombie, at which its parent hasn't looked yet, doesn't: its locks
    and ports are free."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def open_log(path: Path, level: str) -> None:
    """Send this process's log lines to `path`; `UserError` where it can't be written."""
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
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(max(logging.INFO, root.level))


def volume_sizes(body: Any) -> dict[int, int]:
    """Bytes by broker, of a request to /volumes."""
    try:
        return {int(broker): int(size) for broker, size in body["volumes"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError('Volumes are told as {"volumes": {"1": BYTES, ...}}.') from None


def exporter_ports(body: Any) -> dict[str, dict[int, int]]:
    """Ports by kind and broker, of a request to /exporters."""
    try:
        return {
            str(kind): {int(broker): int(port) for broker, port in by.items()}
            for kind, by in body["exporters"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError('Metrics are told as {"exporters": {"jmx": {"1": PORT, ...}}}.') from None


def shares_a_process(broker: object) -> str:
    """The refusal of a signal to a broker that isn't a process."""
    return (
        f"Broker {broker} shares a process with its zone's other nodes: only clusters made with"
        " --process-per broker have brokers that can be killed or frozen alone."
    )
