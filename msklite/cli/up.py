"""`msklite up`: in the foreground with a live status line, or detached with `-d`."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from msklite.cli import clients, places, show
from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.spec import MAX_BROKERS, Wanted, ZoneSpec

START_TIMEOUT_S = 60.0
POLL_S = 0.02


@click.command()
@click.option("--azs", type=click.IntRange(1, 1), default=1, help="Zones: 1 in this version.")
@click.option("--brokers", type=click.IntRange(1, MAX_BROKERS), help="Brokers, 1 to 5.")
@click.option("--port", type=click.IntRange(1, 65535), help="Brokers listen on PORT, PORT+1, ...")
@click.option("--host", metavar="HOST", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--advertise", metavar="HOST", help="Host to tell clients, where it is another.")
@click.option("--config", "-c", metavar="KEY=VALUE", multiple=True,
              help="A broker setting, kept for later starts; KEY= takes it back.")  # fmt: skip
@click.option("--log-level", type=click.Choice([*specs.LOG_LEVELS], case_sensitive=False),
              help="How much goes into the log file.")  # fmt: skip
@click.option("--detach", "-d", is_flag=True, help="Return when clients can connect.")
@places.output_option("table", "json")
@places.cluster_options
def up(
    azs: int,
    brokers: int | None,
    port: int | None,
    host: str | None,
    advertise: str | None,
    config: tuple[str, ...],
    log_level: str | None,
    detach: bool,
    output: str,
    name: str | None,
    directory: str | None,
) -> None:
    """Start a cluster, making it on the first call.

    Without -d it runs here and shows its state; Ctrl-C stops it, a second one at once.
    Ports, brokers and settings are kept, so a later `msklite up` needs no options.
    """
    place = places.find(name, directory)
    running = _running(place)
    if running is not None:
        raise UserError(
            f"Cluster {place.name} is running already (process {running.get('pid')},"
            f" {running.get('bootstrap')})."
        )
    wanted = Wanted(
        brokers, port, clients.key_values(config, "--config"), host, log_level, advertise
    )
    spec = specs.plan(place.directory, place.name, wanted, secrets.token_bytes(16))
    specs.check_ports(spec)
    specs.save(spec, place.directory)
    if detach:
        status = start_detached(place, spec)
        if output == "json":
            show.as_json(status)
        else:
            click.echo(f"Cluster {spec.name} is up: {spec.bootstrap}")
        return
    _foreground(place, spec, output)


def _running(place: places.Place) -> dict[str, Any] | None:
    return place.status() if place.known else None


def start_detached(place: places.Place, spec: ZoneSpec) -> dict[str, Any]:
    """Start the zone as a process of its own and wait until it serves."""
    log_dir = spec.log_file.parent
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        errors = (log_dir / "zone.err").open("w+b")
    except OSError as error:
        raise UserError(f"{log_dir} can't be written: {error.strerror}.") from None
    with errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "msklite.zone.main", str(place.directory)],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # a Ctrl-C or hang-up in this terminal isn't for it
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            status = place.status() if process.poll() is None else None
            if status is not None and status.get("pid") == process.pid:
                process.returncode = 0  # it outlives us on purpose: no warning about a child
                return status
            if process.poll() is not None:
                errors.seek(0)
                raise _start_failure(place, errors.read().decode(errors="replace"))
            time.sleep(POLL_S)
    process.terminate()
    raise UserError(
        f"Cluster {place.name} wasn't ready within {START_TIMEOUT_S:g} s; see {spec.log_file}."
    )


def _start_failure(place: places.Place, said: str) -> UserError:
    lines = said.strip().splitlines()
    if not lines:
        return UserError(f"Cluster {place.name} ended while starting; see `msklite logs`.")
    if len(lines) == 1:
        return UserError(lines[0])
    return UserError(f"Cluster {place.name} failed to start ({lines[-1]}); see `msklite logs`.")


def _environment() -> dict[str, str]:
    """Ours, with the place this package was found, because the child runs elsewhere."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _foreground(place: places.Place, spec: ZoneSpec, output: str) -> None:
    # Imported late: only a process that serves needs the broker in its memory.
    from msklite.zone.main import run

    run(str(place.directory), _Screen(spec, output))


class _Screen:
    """What a foreground `up` shows: one line that is redrawn, or plain lines without a terminal."""

    def __init__(self, spec: ZoneSpec, output: str) -> None:
        self._spec = spec
        self._json = output == "json"
        self._live = sys.stdout.isatty() and not self._json

    def ready(self, status: dict[str, Any]) -> None:
        if self._json:
            show.as_json(status)
            return
        click.echo(f"Cluster {self._spec.name} is up: {self._spec.bootstrap}")
        click.echo(f"Data in {Path(self._spec.directory).parent}, log in {self._spec.log_file}")
        click.echo("Ctrl-C stops it.")

    def tick(self, status: dict[str, Any]) -> None:
        if self._live:
            click.echo(f"\r\x1b[K{status_line(status)}", nl=False)

    def stopping(self) -> None:
        if not self._json:
            click.echo(
                ("\r\x1b[K" if self._live else "") + "Stopping; Ctrl-C again ends it at once."
            )


def status_line(status: dict[str, Any]) -> str:
    """The state in one line, from whatever the zone tells."""
    parts = [f"up {show.duration(status['now_ms'] - status['started_ms'])}"]
    brokers = status.get("brokers")
    if isinstance(brokers, list):
        parts.append(_count(len(brokers), "broker"))
    counted = ("topics", "partitions", "connections")
    parts += [_count(status[k], k[:-1]) for k in counted if isinstance(status.get(k), int)]
    if status.get("rss_bytes"):
        parts.append(show.size(status["rss_bytes"]))
    return " · ".join(parts)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
