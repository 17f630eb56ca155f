"""The control API's process from outside: finding it, starting it beside a cluster, ending it.

Rules kept here: there is one service for each home, whoever started it; one that `msklite up` or
`msklite cluster` started ends with the last running cluster of its home, one that `msklite serve`
started only by its own signal. Nothing here loads a web server.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from msklite.errors import UserError
from msklite.zone.place import Place
from msklite.zone.process import is_alive
from msklite.zone.spec import child_environment

WHERE_FILE = "control.json"
SAID_FILE = "control.err"
START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0
POLL_S = 0.02


def where(home: Path) -> dict[str, Any] | None:
    """Where the service of this home listens; None: none runs."""
    try:
        found = json.loads((home / WHERE_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and is_alive(int(found["pid"])) else None


def home_of(place: Place) -> Path | None:
    """The home whose service serves this cluster; None for one in a folder of its own."""
    home = place.directory.parent.parent
    return home if place.directory == home / "clusters" / place.name else None


def left(place: Place) -> None:
    """This cluster has stopped: so does a companion that has no other."""
    home = home_of(place)
    if home is not None:
        leave(home)


def ensure(home: Path) -> str:
    """The address of this home's service, which is started where none runs."""
    found = where(home)
    if found is not None:
        return str(found["url"])
    try:
        home.mkdir(parents=True, exist_ok=True)
        said = (home / SAID_FILE).open("w+b")
    except OSError as error:
        raise UserError(f"{home} can't be written: {error.strerror}.") from None
    with said:
        process = subprocess.Popen(
            [sys.executable, "-m", "msklite.control.server", str(home)],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/",
            env=child_environment(), start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            found = where(home)
            if found is not None:
                process.returncode = 0  # it outlives us on purpose: no warning about a child
                return str(found["url"])
            if process.poll() is not None and where(home) is None:
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines()
                if lines and "is running already" in lines[-1]:
                    time.sleep(POLL_S)  # another one is just starting: it says soon where it is
                    continue
                raise UserError(
                    "MSK's control API can't be started"
                    f"{f' ({lines[-1]})' if lines else ''}; see {home / 'control.log'}."
                )
            time.sleep(POLL_S)
        process.terminate()
    raise UserError(f"MSK's control API wasn't ready in {START_TIMEOUT_S:g} s.")


def leave(home: Path) -> bool:
    """End a companion whose last cluster has gone; whether it was ended."""
    found = where(home)
    if found is None or not found.get("companion") or _needed(home):
        return False
    pid = int(found["pid"])
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_TIMEOUT_S
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return True


def _needed(home: Path) -> bool:
    """Whether a cluster of this home runs, or is being changed."""
    from msklite.control.client import Client
    from msklite.control.fleet import Fleet

    fleet = Fleet(home)
    if any(fleet.alive(name) for name in fleet.names()):
        return True
    try:
        told = Client(str((where(home) or {}).get("url", ""))).facts()
    except UserError:
        return False
    return any(row["state"] not in ("MAINTENANCE", "FAILED", "ACTIVE") for row in told["clusters"])
