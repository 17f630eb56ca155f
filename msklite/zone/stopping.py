"""Stopping a cluster cleanly, and deleting what it left: for the command line and the control API.

This module is an edge: it speaks to admin endpoints, waits for processes and removes files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone import starting
from msklite.zone.admin import FILE_NAME as ADMIN_FILE
from msklite.zone.admin import SOCKET_NAME, NotRunning
from msklite.zone.place import BY_HAND, Place
from msklite.zone.spec import ZoneSpec

POLL_S = 0.02
LEAVE_TIMEOUT_S = 10.0


def stop(place: Place, spec: ZoneSpec, timeout: float) -> bool:
    """Stop the cluster and wait for the end of its processes; False: none ran."""
    try:
        pid = int(place.admin().post("/stop")["pid"])
    except NotRunning:
        return _stop_left(place, timeout)
    _wait_gone(pid, timeout, place)
    return True


def _stop_left(place: Place, timeout: float) -> bool:
    """Stop the processes that have outlived their supervisor; False: there are none."""
    from msklite.zone.admin_client import AdminClient

    left = [
        AdminClient(found.spec.directory, LEAVE_TIMEOUT_S, found.spec.admin_name)
        for found in place.left().values()
    ]
    pids = [admin.pid() for admin in left]
    for pid in pids:
        os.kill(pid, signal.SIGCONT)  # one that is frozen can't stop
    for path in ("/leave", "/stop"):  # all hand over first, while there is a quorum
        for admin in left:
            with contextlib.suppress(UserError):
                admin.post(path)
    for pid in pids:
        _wait_gone(pid, timeout, place)
    return bool(left)


def delete(place: Place, spec: ZoneSpec) -> None:
    """Remove what is ours: with --dir the folder may hold other things, and then it stays."""
    from msklite.log.directories import LOCK
    from msklite.log.storage import DiskStorage

    zones = [spec.for_zone(z) for z in spec.zones] or [spec]
    try:
        for zone in zones:
            for node in (zone.controller_dir(), *map(zone.broker_dir, zone.brokers)):
                if Path(node).is_dir():  # a process that just starts has no admin endpoint yet
                    DiskStorage().lock(str(Path(node) / LOCK)).release()
        for zone in zones:
            if Path(zone.directory).exists():
                shutil.rmtree(zone.directory)
        for own in (specs.FILE_NAME, starting.LOCK_NAME, BY_HAND, ADMIN_FILE, SOCKET_NAME):
            (place.directory / own).unlink(missing_ok=True)
        for said in place.directory.glob("supervisor.*"):
            said.unlink()
        if not any(place.directory.iterdir()):
            place.directory.rmdir()
    except BlockingIOError:
        raise UserError(f"Cluster {place.name} is running: nothing was deleted.") from None
    except OSError as error:
        raise UserError(f"{error.filename} can't be deleted: {error.strerror}.") from None


def _wait_gone(pid: int, timeout: float, place: Place) -> None:
    from msklite.zone.process import is_alive

    deadline = time.monotonic() + timeout
    while is_alive(pid):
        if time.monotonic() > deadline:
            raise UserError(
                f"Process {pid} of cluster {place.name} is still stopping after {timeout:g} s;"
                f" `kill -9 {pid}` is safe, nothing that was acknowledged gets lost."
            )
        time.sleep(POLL_S)
    with contextlib.suppress(OSError):  # where it is our own child, it leaves the process table
        os.waitpid(pid, os.WNOHANG)
