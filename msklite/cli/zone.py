"""`msklite zone` and `msklite broker`: rehearse the bad day on a running cluster."""

from __future__ import annotations

import secrets
from typing import Any

import click

from msklite.cli import places, show
from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.admin import NotRunning

STOP_TIMEOUT_S = 60.0
DEFAULT_PORT = 9092


def _numbers(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[int]:
    return [n for v in values if (n := places.zone_number(ctx, param, v)) is not None]


def _tell(place: places.Place, path: str, body: dict[str, Any]) -> Any:
    spec = place.spec()
    if not spec.zones and path not in ("/broker", "/volumes"):
        raise UserError(f"Cluster {place.name} has one zone: `msklite down` stops it.")
    try:
        return place.admin(STOP_TIMEOUT_S).post(path, body)
    except NotRunning:
        raise place.not_running() from None


def _say(output: str, told: Any, sentence: str) -> None:
    if output == "json":
        show.as_json(told)
    else:
        click.echo(sentence)


@click.group()
def zone() -> None:
    """Kill, stop, freeze, cut off and bring back availability zones."""


def _zone_command(action: str, help_text: str, done: str) -> None:
    @zone.command(action, help=help_text)
    @click.argument("az", callback=places.zone_number)
    @places.output_option("table", "json")
    @places.cluster_options
    def command(az: int, output: str, place: places.Place) -> None:
        told = _tell(place, "/zone", {"zone": az, "action": action})
        _say(output, told, f"Zone az{az} {done}.")


_zone_command("kill", "End its process by kill -9; it stays away until it is started.", "is killed")
_zone_command("stop", "Stop it cleanly; it stays away until it is started.", "has stopped")
_zone_command("start", "Start a zone that was killed or stopped.", "is back")
_zone_command("freeze", "SIGSTOP: the process is there and does nothing.", "is frozen")
_zone_command("thaw", "SIGCONT: a frozen zone goes on.", "goes on")


@zone.command()
@click.argument("az", callback=places.zone_number)
@click.option("--node", type=int, help="Only this controller or broker of the zone.")
@click.option("--hosts", metavar="HOST,...",
              help="Make the cluster if there is none: the host of each zone.")  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535),
              help="Brokers listen on PORT, PORT+1, ...; 9092 if not given.")  # fmt: skip
@click.option("--outside", metavar="HOST:PORT",
              help="Clients from elsewhere come to HOST by PORT, PORT+1, ...")  # fmt: skip
@places.cluster_options
def run(
    az: int,
    node: int | None,
    hosts: str | None,
    port: int | None,
    outside: str | None,
    place: places.Place,
) -> None:
    """Run a zone here, without a supervisor: by hand, in a container, on another machine.

    It needs the cluster's file, or a copy of it, which `msklite up --no-start` makes. Where all
    zones share the cluster's folder --hosts does that too: the first to come makes the cluster. It
    takes clients once a majority of the zones' controllers run; Ctrl-C or SIGTERM stops it.
    """
    from msklite.zone import by_hand
    from msklite.zone.main import run as run_zone  # only a process that serves needs the broker

    if hosts is not None:
        by_hand.prepare(
            place.directory, place.name, hosts.split(","), port or DEFAULT_PORT, outside,
            secrets.token_bytes(16),
        )  # fmt: skip
    elif port is not None or outside is not None:
        raise UserError("--port and --outside say how --hosts makes a cluster: give that too.", 2)
    else:
        place.spec()
    name = f"az{az}" if node is None else f"node {node} of az{az}"
    run_zone(str(place.directory), _Told(name), az, node)
    click.echo(f"{name} has stopped.")


class _Told:
    """What `zone run` says."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ready(self, status: dict[str, Any]) -> None:
        at = f": {status['bootstrap']}" if status["bootstrap"] else ""
        click.echo(f"{self._name} is up{at}")

    def tick(self, status: dict[str, Any]) -> None:
        pass

    def stopping(self) -> None:
        click.echo("Stopping; Ctrl-C again ends it at once.")


@zone.command()
@click.argument("az", callback=places.zone_number)
@click.option("--from", "others", metavar="AZ", multiple=True, callback=_numbers,
              help="Only from this zone; may be repeated.")  # fmt: skip
@click.option("--one-way", type=click.Choice(["out", "into"]),
              help="Lose only what it says (out), or only what it would hear (into).")  # fmt: skip
@places.output_option("table", "json")
@places.cluster_options
def cut(
    az: int,
    others: list[int],
    one_way: str | None,
    output: str,
    place: places.Place,
) -> None:
    """Cut a zone's network to the other zones; clients still reach it."""
    body = {"zone": az, "from": others, "out": one_way != "into", "into": one_way != "out"}
    told = _tell(place, "/cut", body)
    _say(output, told, f"Zone az{az} is cut off from {', '.join(told['from'])}.")


@zone.command()
@places.output_option("table", "json")
@places.cluster_options
def heal(output: str, place: places.Place) -> None:
    """Undo every cut."""
    _say(output, _tell(place, "/heal", {}), "All zones reach each other again.")


@click.group()
def broker() -> None:
    """Stop, start, reboot, kill and freeze single brokers.

    Kill, freeze and thaw need brokers that are processes: `msklite up --process-per broker`.
    """


def _broker_command(action: str, help_text: str, done: str) -> None:
    @broker.command(action, help=help_text)
    @click.argument("broker_id", type=int)
    @places.output_option("table", "json")
    @places.cluster_options
    def command(broker_id: int, output: str, place: places.Place) -> None:
        told = _tell(place, "/broker", {"broker": broker_id, "action": action})
        _say(output, told, f"Broker {broker_id} {done}.")


@broker.command()
@click.argument("broker_ids", type=int, nargs=-1)
@click.option("--volume-gb", type=click.FloatRange(0, specs.MAX_VOLUME_GB, min_open=True),
              required=True, metavar="GIB", help="The new size; volumes only grow.")  # fmt: skip
@places.output_option("table", "json")
@places.cluster_options
def resize(broker_ids: tuple[int, ...], volume_gb: float, output: str, place: places.Place) -> None:
    """Make the volumes of these brokers larger, of all if none is named.

    It takes effect at once: producers that a full volume held up go on.
    """
    from msklite.zone.plan import grow_volumes

    spec = place.spec()
    grow_volumes(spec, int(volume_gb * 2**30), broker_ids)
    specs.save(spec, place.directory)
    told: dict[str, Any] = {"volumes": spec.volumes}
    if place.status() is not None:
        told = _tell(place, "/volumes", told)
    who = f"broker {', '.join(map(str, broker_ids))}" if broker_ids else "each broker"
    _say(output, told, f"The volume of {who} has {volume_gb:g} GiB.")


_broker_command("stop", "Stop a broker cleanly; its leaderships move first.", "has stopped")
_broker_command("start", "Start a broker that was stopped.", "is back")
_broker_command("kill", "End its process by kill -9; it stays away until it is started.",
                "is killed")  # fmt: skip
_broker_command("freeze", "SIGSTOP: its process is there and does nothing.", "is frozen")
_broker_command("thaw", "SIGCONT: a frozen broker goes on.", "goes on")
_broker_command("reboot", "Stop a broker cleanly and start it again.", "has rebooted")
