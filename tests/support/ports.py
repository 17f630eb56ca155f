"""Ports and processes, as tests of whole processes need them."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row, below those lent to outgoing connections."""
    start = 15_000 + os.getpid() % 4_000
    for first in range(start, start + 1_000):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports in a row")


def is_open(address: str) -> bool:
    """Whether every host:port of a comma-separated list takes a connection."""
    for one in address.split(","):
        host, port = one.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError:
            return False
    return True


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie doesn't: its locks and ports are free."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # no /proc here (macOS), or gone this moment


def wait_gone(pid: int, seconds: float = 30) -> None:
    """Wait until a process has ended."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} didn't end"
        time.sleep(0.01)
