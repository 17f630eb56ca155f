"""`msklite clock`: let a year pass in a second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from msklite.cli import places, show
from msklite.clock import duration_ms
from msklite.zone.admin import NotRunning

TURN_TIMEOUT_S = 60.0


@click.group()
def clock() -> None:
    """Show a cluster's clock, turn it forward, freeze it, make it faster."""


def _ask(place: places.Place, wish: dict[str, Any] | None) -> dict[str, Any]:
    place.spec()
    try:
        admin = place.admin(TURN_TIMEOUT_S)
        told = admin.get("/clock") if wish is None else admin.post("/clock", wish)
    except NotRunning:
        raise place.not_running() from None
    return dict(told)


def _say(told: dict[str, Any], output: str) -> None:
    if output == "json":
        show.as_json(told)
        return
    when = datetime.fromtimestamp(told["now_ms"] / 1000, UTC).isoformat(" ", "seconds")
    click.echo(f"{when.removesuffix('+00:00')} UTC, {_pace(told)}")


def _pace(told: dict[str, Any]) -> str:
    if not told["steered"]:
        return "wall time: nobody has turned the clock."
    seconds = abs(told["ahead_ms"]) // 1000
    days, rest = divmod(seconds, 86_400)
    ahead = f"{days}d " if days else ""
    ahead += f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    where = "ahead of" if told["ahead_ms"] >= 0 else "behind"
    rate = told["rate"]
    pace = "frozen" if rate == 0 else "at its pace" if rate == 1 else f"{rate:g} times as fast"
    return f"{ahead} {where} wall time, {pace}."


@clock.command("show")
@places.output_option("table", "json")
@places.cluster_options
def show_command(output: str, place: places.Place) -> None:
    """What time it is in the cluster."""
    _say(_ask(place, None), output)


@clock.command(context_settings={"ignore_unknown_options": True})
@click.argument("by")
@click.option("--sessions", is_flag=True, help="Sessions of consumer groups move along.")
@places.output_option("table", "json")
@places.cluster_options
def advance(by: str, sessions: bool, output: str, place: places.Place) -> None:
    """Turn it forward by BY, as in 400d, 1d12h, 90m; never back."""
    wish = {"action": "advance", "by_ms": duration_ms(by), "sessions": sessions}
    _say(_ask(place, wish), output)


@clock.command()
@places.output_option("table", "json")
@places.cluster_options
def freeze(output: str, place: places.Place) -> None:
    """Stop it, until it is advanced or given a rate."""
    _say(_ask(place, {"action": "freeze"}), output)


@clock.command(context_settings={"ignore_unknown_options": True})
@click.argument("rate", type=float)
@places.output_option("table", "json")
@places.cluster_options
def rate(rate: float, output: str, place: places.Place) -> None:
    """From now on it runs RATE times as fast as wall time; 1 is its pace again."""
    _say(_ask(place, {"action": "rate", "rate": rate}), output)
