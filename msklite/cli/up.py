"""`msklite up`: in the foreground with a live status line, or detached with `-d`."""

from __future__ import annotations

import secrets
import sys
import threading
from pathlib import Path
from typing import Any

import click

from msklite.cli import clients, places, show
from msklite.control import companion
from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone import starting
from msklite.zone.address import Address
from msklite.zone.spec import MAX_AZS, MAX_VOLUME_GB, ZoneSpec


def _addresses(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[int, Address]:
    found = {}
    for value in values:
        zone, _, rest = value.partition("=")
        listen, *others = rest.split(",")
        number = places.zone_number(ctx, param, zone)
        named = dict(other.partition("=")[::2] for other in others)
        if number is None or not listen or not named.keys() <= {"advertise", "inside"}:
            raise UserError(
                f"--zone-host {value}: write AZ=HOST, and after it, if you like,"
                f" ,advertise=HOST and ,inside=HOST.", 2,
            )  # fmt: skip
        found[number] = Address(listen, **named)
    return found


@click.command()
@click.option(
    "--azs", type=click.IntRange(1, MAX_AZS), help="Availability zones, 1 to 3; 3 if new."
)
@click.option("--brokers", type=click.IntRange(1), help="Brokers in all, up to 5 for each zone.")
@click.option("--kafka-defaults", is_flag=True, help="Kafka's defaults instead of MSK's.")
@click.option("--port", type=click.IntRange(1, 65535), help="Brokers listen on PORT, PORT+1, ...")
@click.option("--metrics/--no-metrics", default=None,
              help="Prometheus endpoints for each broker; none if new.")  # fmt: skip
@click.option("--kafka-version", metavar="X.Y", help="What clients find, 3.6 to 4.2; 4.2 if new.")
@click.option("--volume-gb", type=click.FloatRange(0, MAX_VOLUME_GB, min_open=True), metavar="GIB",
              help="Size of each broker's volume, which can grow; no limit if new.")  # fmt: skip
@click.option("--client-broker", type=click.Choice(specs.IN_TRANSIT, case_sensitive=False),
              help="What clients may speak; PLAINTEXT if new.")  # fmt: skip
@click.option("--tls", is_flag=True, help="Short for --client-broker TLS.")
@click.option("--host", metavar="HOST", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--advertise", metavar="HOST", help="Host to tell clients, where it is another.")
@click.option("--config", "-c", metavar="KEY=VALUE", multiple=True,
              help="A broker setting, kept for later starts; KEY= takes it back.")  # fmt: skip
@click.option("--log-level", type=click.Choice([*specs.LOG_LEVELS], case_sensitive=False),
              help="How much goes into the log file.")  # fmt: skip
@click.option("--process-per", type=click.Choice(specs.PROCESS_PER),
              help="A process for each zone (if not given), or for each of its nodes.")  # fmt: skip
@click.option("--zone-host", "zone_hosts", metavar="AZ=HOST[,advertise=HOST][,inside=HOST]",
              multiple=True, callback=_addresses,
              help="Where one zone is, if not at --host: the address to listen on, the host that"
              " clients are told, and the one that other zones dial.")  # fmt: skip
@click.option("--no-start", is_flag=True, help="Make the cluster's file, and start nothing.")
@click.option("--api/--no-api", default=True, envvar="MSKLITE_API", show_default=True,
              help="MSK's control API beside it, where none runs yet.")  # fmt: skip
@click.option("--detach", "-d", is_flag=True, help="Return when clients can connect.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds that -d waits for that.")
@places.output_option("table", "json")
@places.cluster_options
def up(
    azs: int | None,
    brokers: int | None,
    kafka_defaults: bool,
    port: int | None,
    metrics: bool | None,
    kafka_version: str | None,
    volume_gb: float | None,
    client_broker: str | None,
    tls: bool,
    host: str | None,
    advertise: str | None,
    config: tuple[str, ...],
    log_level: str | None,
    process_per: str | None,
    zone_hosts: dict[int, Address],
    no_start: bool,
    api: bool,
    detach: bool,
    timeout: float,
    output: str,
    place: places.Place,
) -> None:
    """Start a cluster, making it on the first call.

    Without -d it runs here and shows its state; Ctrl-C stops it, a second one at once.
    Ports, brokers and settings are kept, so a later `msklite up` needs no options.
    The control API that it starts ends with the last running cluster.
    """
    from msklite.zone.plan import Wanted, plan  # knows all of Kafka's settings: not for --help

    before = specs.content(place.directory)
    running = place.status() if place.known else None
    if running is not None and place.by_hand:
        raise UserError(
            f"Zones of cluster {place.name} run one by one, without a supervisor: stop each where"
            " it runs first."
        )
    if running is not None:
        raise UserError(
            f"Cluster {place.name} is running already (process {running.get('pid')},"
            f" {running.get('bootstrap')}); stop it with `{place.command('down')}`."
        )
    if tls and client_broker not in (None, "TLS"):
        raise UserError(f"--tls is --client-broker TLS, and not {client_broker}.", 2)
    wanted = Wanted(
        brokers=brokers, azs=azs, kafka_defaults=kafka_defaults, port=port,
        config=clients.key_values(config, "--config"),
        host=host, log_level=log_level, advertise=advertise, process_per=process_per,
        addresses=zone_hosts, in_transit="TLS" if tls else client_broker,
        kafka_version=kafka_version, metrics=metrics,
        volume_bytes=None if volume_gb is None else int(volume_gb * 2**30),
    )  # fmt: skip
    spec = plan(place.directory, place.name, wanted, secrets.token_bytes(16))
    if spec.zones and before is not None:
        _check_left(place, spec)
    if no_start:
        starting.make(place, spec, before)
        _say_made(place, spec, output)
        return
    with starting.on_trial(place, spec, before) as trial:
        home = companion.home_of(place) if api else None
        if detach:
            status = starting.detached(place, spec, timeout)
            trial.passed()  # it runs, whatever becomes of the service beside it
            _say_up(spec, status, output, _service(home))
        else:
            _foreground(place, spec, _Screen(spec, output, trial, home))
            companion.left(place)


def _check_left(place: places.Place, spec: ZoneSpec) -> None:
    """Processes that outlived their supervisor are taken over as they are, or not at all."""
    if spec != place.spec() and place.left():
        raise UserError(
            f"Zones of cluster {place.name} still run: `{place.command('up')}` without options"
            f" takes them over, and after `{place.command('down')}` they can be changed."
        )


def _say_made(place: places.Place, spec: ZoneSpec, output: str) -> None:
    if output == "json":
        show.as_json({"name": spec.name, "bootstrap": spec.bootstrap,
                      "directory": str(place.directory)})  # fmt: skip
        return
    click.echo(f"Cluster {spec.name} is made in {place.directory}: {spec.bootstrap}")
    click.echo(in_force(spec))


def _service(home: Path | None) -> str | None:
    """The control API's address; a cluster that is up stays up without it."""
    if home is None:
        return None
    try:
        return companion.ensure(home)
    except UserError as error:
        click.echo(f"msklite: {error}", err=True)
        return None


def _say_up(spec: ZoneSpec, status: dict[str, Any], output: str, api: str | None) -> None:
    if output == "json":
        show.as_json(status if api is None else {**status, "api": api})
        return
    click.echo(f"Cluster {status['name']} is up: {status['bootstrap']}")
    if spec.serves_tls:
        where = f": {spec.bootstrap_tls}" if spec.serves_plaintext else ""
        click.echo(f"TLS{where}; clients trust {spec.tls_directory / specs.CA_FILE}")
    click.echo(in_force(spec))
    if api is not None:
        click.echo(f"MSK's control API: {api}")


def in_force(spec: ZoneSpec) -> str:
    """Whose defaults hold, and the three settings that people trip over."""
    config = spec.node_config
    auto = config.get("auto.create.topics.enable", "true").lower() == "true"
    return (
        f"{spec.defaults}'s defaults: replication factor"
        f" {config.get('default.replication.factor', '1')}, min.insync.replicas"
        f" {config.get('min.insync.replicas', '1')},"
        f" topics {'make themselves' if auto else 'must be created'}."
    )


def _foreground(place: places.Place, spec: ZoneSpec, screen: _Screen) -> None:
    # Imported late: only a process that serves needs the broker in its memory.
    if spec.zones:
        from msklite.zone.supervisor import run
    else:
        from msklite.zone.main import run
    run(str(place.directory), screen)
    screen.stopped()


class _Screen:
    """What a foreground `up` shows: one line that is redrawn, or plain lines without a terminal."""

    def __init__(
        self, spec: ZoneSpec, output: str, trial: starting.Trial, home: Path | None
    ) -> None:
        self._spec = spec
        self._trial = trial
        self._home = home
        self._json = output == "json"
        self._live = sys.stdout.isatty() and not self._json

    def ready(self, status: dict[str, Any]) -> None:
        self._trial.passed()
        if self._home is not None:  # it takes a second, in which the cluster must go on
            threading.Thread(target=self._serve, daemon=True).start()
        if self._json:
            show.as_json(status)
            return
        _say_up(self._spec, status, "table", None)
        self._say(f"Data in {Path(self._spec.directory).parent}, log in {self._spec.main_log}")
        self._say("Ctrl-C stops it.")

    def _serve(self) -> None:
        url = _service(self._home)
        if url is not None:
            self._say(f"{self._start}MSK's control API: {url}")

    def tick(self, status: dict[str, Any]) -> None:
        if self._live:
            self._say(f"\r\x1b[K{status_line(status)}", nl=False)

    @property
    def _start(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def stopping(self) -> None:
        self._say(f"{self._start}Stopping; Ctrl-C again ends it at once.")

    def stopped(self) -> None:
        self._say(f"Cluster {self._spec.name} has stopped.")

    def _say(self, text: str, nl: bool = True) -> None:
        if self._json:
            return
        try:
            click.echo(text, nl=nl)
        except OSError:
            self._live = False  # the terminal is gone; the cluster stops by SIGHUP, not by this


def status_line(status: dict[str, Any]) -> str:
    """The state in one line, from whatever the zone tells."""
    parts = [f"up {show.duration(status['now_ms'] - status['started_ms'])}"]
    zones = status.get("zones")
    if isinstance(zones, list):
        parts.append(_count(len(zones), "zone"))
        parts += [f"{z['zone']} {z['state']}" for z in zones if z["state"] != "RUNNING"]
    brokers = status.get("brokers")
    if isinstance(brokers, list):
        parts.append(_count(sum(b.get("state") != "AWAY" for b in brokers), "broker"))
    counted = ("topics", "partitions", "connections")
    parts += [_count(status[k], k[:-1]) for k in counted if isinstance(status.get(k), int)]
    if status.get("rss_bytes"):
        parts.append(show.size(status["rss_bytes"]))
    return " · ".join(parts)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
