"""`msklite zone` and `msklite broker`: rehearse the bad day on a running cluster."""

from __future__ import annotations

from typing import Any

import click

from msklite.cli import places, show
from msklite.errors import UserError

STOP_TIMEOUT_S = 60.0


def _number(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """`2` or `az2`."""
    text = value.removeprefix("az")
    if not text.isdecimal():
        raise UserError(f"{value!r} is no zone: zones are called az1, az2, az3.", 2)
    return int(text)


def _tell(name: str | None, directory: str | None, path: str, body: dict[str, Any]) -> Any:
    place = places.find(name, directory)
    spec = place.spec()
    if not spec.zones and path != "/broker":
        raise UserError(f"Cluster {place.name} has one zone: `msklite down` stops it.")
    return place.admin(STOP_TIMEOUT_S).post(path, body)


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
    @click.argument("az", callback=_number)
    @places.output_option("table", "json")
    @places.cluster_options
    def command(az: int, output: str, name: str | None, directory: str | None) -> None:
        told = _tell(name, directory, "/zone", {"zone": az, "action": action})
        _say(output, told, f"Zone az{az} {done}.")


_zone_command("kill", "End its process by kill -9; it stays away until it is started.", "is killed")
_zone_command("stop", "Stop it cleanly; it stays away until it is started.", "has stopped")
_zone_command("start", "Start a zone that was killed or stopped.", "is back")
_zone_command("freeze", "SIGSTOP: the process is there and does nothing.", "is frozen")
_zone_command("thaw", "SIGCONT: a frozen zone goes on.", "goes on")


@zone.command()
@click.argument("az", callback=_number)
@click.option("--from", "others", multiple=True, help="Only from this zone; may be repeated.")
@click.option("--one-way", type=click.Choice(["out", "into"]),
              help="Lose only what it says (out), or only what it would hear (into).")  # fmt: skip
@places.output_option("table", "json")
@places.cluster_options
def cut(
    az: int,
    others: tuple[str, ...],
    one_way: str | None,
    output: str,
    name: str | None,
    directory: str | None,
) -> None:
    """Cut a zone's network to the other zones; clients still reach it."""
    numbers = [int(o.removeprefix("az")) for o in others if o.removeprefix("az").isdecimal()]
    body = {"zone": az, "from": numbers, "out": one_way != "into", "into": one_way != "out"}
    told = _tell(name, directory, "/cut", body)
    _say(output, told, f"Zone az{az} is cut off from {', '.join(f'az{z}' for z in told['from'])}.")


@zone.command()
@places.output_option("table", "json")
@places.cluster_options
def heal(output: str, name: str | None, directory: str | None) -> None:
    """Undo every cut."""
    _say(output, _tell(name, directory, "/heal", {}), "All zones reach each other again.")


@click.group()
def broker() -> None:
    """Stop, start and reboot single brokers."""


def _broker_command(action: str, help_text: str, done: str) -> None:
    @broker.command(action, help=help_text)
    @click.argument("broker_id", type=int)
    @places.output_option("table", "json")
    @places.cluster_options
    def command(broker_id: int, output: str, name: str | None, directory: str | None) -> None:
        told = _tell(name, directory, "/broker", {"broker": broker_id, "action": action})
        _say(output, told, f"Broker {broker_id} {done}.")


_broker_command("stop", "Stop a broker cleanly; its leaderships move first.", "has stopped")
_broker_command("start", "Start a broker that was stopped.", "is back")
_broker_command("reboot", "Stop a broker cleanly and start it again.", "has rebooted")
