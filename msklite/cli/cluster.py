"""`msklite down`, `status` and `bootstrap`: they speak to the zone's admin endpoint."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import click

from msklite.cli import places, show, starting
from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin import NotRunning
from msklite.zone.spec import ZoneSpec

POLL_S = 0.02


@click.command()
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for the stop.")
@click.option("--delete", is_flag=True, help="Then delete the cluster with all its data.")
@places.output_option("table", "json")
@places.cluster_options
def down(timeout: float, delete: bool, output: str, place: places.Place) -> None:
    """Stop a cluster cleanly and wait until it has stopped."""
    spec = place.spec()
    try:
        pid = int(place.admin().post("/stop")["pid"])
        stopped = True
        _wait_gone(pid, timeout, place)
    except NotRunning:
        stopped = False
    if delete:
        _delete(place, spec)
    if output == "json":
        show.as_json({"name": place.name, "stopped": stopped, "deleted": delete})
        return
    said = "has stopped" if stopped else "wasn't running"
    click.echo(f"Cluster {place.name} {said}{' and is deleted' if delete else ''}.")


def _delete(place: places.Place, spec: ZoneSpec) -> None:
    """Remove what is ours: with --dir the folder may hold other things, and then it stays."""
    from msklite.log.directories import LOCK
    from msklite.log.storage import DiskStorage

    zones = [spec.for_zone(z) for z in spec.zones] or [spec]
    try:
        for zone in zones:
            controller = Path(zone.controller_dir())
            if controller.is_dir():  # a process that is just starting has no admin endpoint yet
                DiskStorage().lock(str(controller / LOCK)).release()
        for zone in zones:
            if Path(zone.directory).exists():
                shutil.rmtree(zone.directory)
        for own in (specs.FILE_NAME, starting.LOCK_NAME):
            (place.directory / own).unlink(missing_ok=True)
        for said in place.directory.glob("supervisor.*"):
            said.unlink()
        if not any(place.directory.iterdir()):
            place.directory.rmdir()
    except BlockingIOError:
        raise UserError(f"Cluster {place.name} is running: nothing was deleted.") from None
    except OSError as error:
        raise UserError(f"{error.filename} can't be deleted: {error.strerror}.") from None


def _wait_gone(pid: int, timeout: float, place: places.Place) -> None:
    deadline = time.monotonic() + timeout
    while _alive(pid):
        if time.monotonic() > deadline:
            raise UserError(
                f"Process {pid} of cluster {place.name} is still stopping after {timeout:g} s;"
                f" `kill -9 {pid}` is safe, nothing that was acknowledged gets lost."
            )
        time.sleep(POLL_S)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A zombie (its parent hasn't looked yet) is as good as gone: its locks and ports are free.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return True


@click.command()
@places.output_option("table", "json")
@places.cluster_options
def status(output: str, place: places.Place) -> None:
    """Show whether a cluster runs, where, and what is in it."""
    spec = place.spec()
    found = place.status()
    if found is None:
        found = {
            "name": spec.name,
            "state": "STOPPED",
            "bootstrap": spec.bootstrap,
            "cluster_id": spec.cluster_id,
            "directory": str(place.directory),
            "brokers": [{"id": b, "port": spec.ports.get(b)} for b in spec.brokers],
            "config": spec.config,
        }
    if output == "json":
        show.as_json(found)
    else:
        _print_status(found)


def _print_status(found: dict[str, Any]) -> None:
    shown = {k: v for k, v in found.items() if not isinstance(v, dict | list)}
    for key in ("started_ms", "now_ms", "rss_bytes"):
        shown.pop(key, None)
    if "started_ms" in found:
        shown["up for"] = show.duration(found["now_ms"] - found["started_ms"])
    if found.get("rss_bytes"):
        shown["memory"] = show.size(found["rss_bytes"])
    shown.update({f"config {k}": v for k, v in dict(found.get("config") or {}).items()})
    show.pairs({k.replace("_", " "): v for k, v in shown.items()})
    brokers = found.get("brokers")
    if isinstance(brokers, list) and brokers and isinstance(brokers[0], dict):
        columns = [k for k in brokers[0] if not isinstance(brokers[0][k], dict | list)]
        click.echo()
        show.table(
            ["broker" if c == "id" else c.replace("_", " ") for c in columns],
            [[b.get(c) for c in columns] for b in brokers],
        )


@click.command()
@places.output_option("table", "json")
@places.cluster_options
def bootstrap(output: str, place: places.Place) -> None:
    """Print the address list for clients, and nothing else.

    The addresses stay the same over restarts, so this also answers while the cluster is stopped.
    """
    spec = place.spec()
    if output == "json":
        show.as_json({"bootstrap": spec.bootstrap})
    else:
        click.echo(spec.bootstrap)
