"""`msklite down`, `status` and `bootstrap`: they speak to the zone's admin endpoint."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import click

from msklite.cli import places, show, starting
from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin import FILE_NAME as ADMIN_FILE
from msklite.zone.admin import SOCKET_NAME, NotRunning
from msklite.zone.spec import ZoneSpec

POLL_S = 0.02
LEAVE_TIMEOUT_S = 10.0


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
        stopped = _stop_left(place, spec, timeout)
    if delete:
        _delete(place, spec)
    if output == "json":
        show.as_json({"name": place.name, "stopped": stopped, "deleted": delete})
        return
    said = "has stopped" if stopped else "wasn't running"
    click.echo(f"Cluster {place.name} {said}{' and is deleted' if delete else ''}.")


def _stop_left(place: places.Place, spec: ZoneSpec, timeout: float) -> bool:
    """Stop the zones that have outlived their supervisor; False: there are none."""
    from msklite.zone.admin_client import AdminClient

    left = [
        AdminClient(spec.for_zone(zone).directory, LEAVE_TIMEOUT_S) for zone in place.left_zones()
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
        for own in (specs.FILE_NAME, starting.LOCK_NAME, ADMIN_FILE, SOCKET_NAME):
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
    from msklite.zone.process import is_alive

    deadline = time.monotonic() + timeout
    while is_alive(pid):
        if time.monotonic() > deadline:
            raise UserError(
                f"Process {pid} of cluster {place.name} is still stopping after {timeout:g} s;"
                f" `kill -9 {pid}` is safe, nothing that was acknowledged gets lost."
            )
        time.sleep(POLL_S)


@click.command()
@places.output_option("table", "json")
@places.cluster_options
def status(output: str, place: places.Place) -> None:
    """Show whether a cluster runs, where, and what is in it."""
    spec = place.spec()
    found = place.status()
    if found is None:
        found = _without_process(place, spec)
    if output == "json":
        show.as_json(found)
    else:
        _print_status(found)


def _without_process(place: places.Place, spec: ZoneSpec) -> dict[str, Any]:
    """The status of a cluster whose main process isn't there."""
    found: dict[str, Any] = {
        "name": spec.name,
        "state": "STOPPED",
        "bootstrap": spec.bootstrap,
        **spec.tls_facts,
        "cluster_id": spec.cluster_id,
        "directory": str(place.directory),
        "kafka_version": spec.kafka_version,
        "defaults": spec.defaults,
        "config": spec.config,
        "brokers": [{"id": b, "port": spec.client_ports.get(b)} for b in spec.all_brokers],
    }
    left = place.left_zones()
    if left:
        found["state"] = "UNSUPERVISED"
        found["zones"] = [
            {"zone": f"az{z}", "state": _state(z, left), "pid": left.get(z, {}).get("pid")}
            for z in spec.zones
        ]
    return found


def _state(zone: int, left: dict[int, dict[str, Any]]) -> str:
    if zone not in left:
        return "AWAY"
    return "FROZEN" if "silent" in left[zone] else "RUNNING"


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
    zones = [
        {k: show.size(v) if k == "rss_bytes" else v for k, v in zone.items()}
        for zone in found.get("zones", [])
    ]
    _print_rows(zones, {"rss_bytes": "memory", "cut": "cut off from"})
    brokers = [
        {k: show.size(v) if k.startswith("volume_") else v for k, v in broker.items()}
        for broker in found.get("brokers", [])
    ]
    names = {
        "id": "broker",
        "tls_port": "tls port",
        "volume_bytes": "volume",
        "kafka_version": "kafka",
        "jmx_port": "jmx port",
        "node_port": "node port",
    }
    _print_rows(brokers, {**names, "volume_used": "used"})


def _print_rows(rows: list[dict[str, Any]], names: dict[str, str]) -> None:
    if rows:
        click.echo()
        show.table([names.get(c, c) for c in rows[0]], [list(row.values()) for row in rows])


@click.command()
@click.option("--tls", is_flag=True, help="The addresses where TLS is served.")
@places.output_option("table", "json")
@places.cluster_options
def bootstrap(tls: bool, output: str, place: places.Place) -> None:
    """Print the address list for clients, and nothing else.

    The addresses stay the same over restarts, so this also answers while the cluster is stopped.
    """
    spec = place.spec()
    if tls and not spec.serves_tls:
        raise UserError(
            f"Cluster {place.name} serves no TLS: `{place.command('up')} --tls` after a stop does."
        )
    if output == "json":
        show.as_json({"bootstrap": spec.bootstrap, **spec.tls_facts})
    else:
        click.echo(spec.bootstrap_tls if tls else spec.bootstrap)
