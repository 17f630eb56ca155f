"""`msklite down`, `status` and `bootstrap`: they speak to the zone's admin endpoint."""

from __future__ import annotations

from typing import Any

import click

from msklite.cli import places, show
from msklite.control import companion
from msklite.errors import UserError
from msklite.zone import stopping
from msklite.zone.spec import ZoneSpec

_BYTES = ("rss_bytes", "volume_bytes", "volume_used")


@click.command()
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for the stop.")
@click.option("--delete", is_flag=True, help="Then delete the cluster with all its data.")
@places.output_option("table", "json")
@places.cluster_options
def down(timeout: float, delete: bool, output: str, place: places.Place) -> None:
    """Stop a cluster cleanly and wait until it has stopped."""
    spec = place.spec()
    stopped = stopping.stop(place, spec, timeout)
    if delete:
        stopping.delete(place, spec)
    companion.left(place)
    if output == "json":
        show.as_json({"name": place.name, "stopped": stopped, "deleted": delete})
        return
    said = "has stopped" if stopped else "wasn't running"
    click.echo(f"Cluster {place.name} {said}{' and is deleted' if delete else ''}.")


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
    left = place.left()
    if left:
        found["state"] = "UNSUPERVISED"
        kind, kinds = ("zone", "zones") if spec.process_per == "zone" else ("node", "nodes")
        found[kinds] = [
            {kind: process.label, **_left_row(left.get(process.label))}
            for process in spec.process_specs()
        ]
    return found


def _left_row(left: places.Left | None) -> dict[str, Any]:
    if left is None:
        return {"state": "AWAY", "pid": None}
    return {"state": left.state, "pid": left.status.get("pid")}


def _print_status(found: dict[str, Any]) -> None:
    shown = {k: v for k, v in found.items() if not isinstance(v, dict | list)}
    for key in ("started_ms", "now_ms", "rss_bytes", "generation"):
        shown.pop(key, None)
    if "started_ms" in found:
        shown["up for"] = show.duration(found["now_ms"] - found["started_ms"])
    if found.get("rss_bytes"):
        shown["memory"] = show.size(found["rss_bytes"])
    shown.update({f"config {k}": v for k, v in dict(found.get("config") or {}).items()})
    show.pairs({k.replace("_", " "): v for k, v in shown.items()})
    _print_rows(found.get("zones", []), {"cut": "cut off from"})
    _print_rows(found.get("nodes", []), {})
    _print_rows(found.get("controllers", []), {"id": "controller"})
    names = {
        "id": "broker",
        "tls_port": "tls port",
        "volume_bytes": "volume",
        "kafka_version": "kafka",
        "jmx_port": "jmx port",
        "node_port": "node port",
    }
    _print_rows([_shown(b) for b in found.get("brokers", [])], {**names, "volume_used": "used"})


def _shown(broker: dict[str, Any]) -> dict[str, Any]:
    """What of a broker interests people."""
    return {k: v for k, v in broker.items() if k not in ("epoch", "generation", "lagging")}


def _print_rows(rows: list[dict[str, Any]], names: dict[str, str]) -> None:
    names = {"rss_bytes": "memory", **names}
    if rows:
        click.echo()
        shown = [
            [show.size(v) if v is not None and k in _BYTES else v for k, v in row.items()]
            for row in rows
        ]
        show.table([names.get(c, c) for c in rows[0]], shown)


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
