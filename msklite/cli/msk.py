"""`msklite cluster ...` and `msklite apply`: clusters through the control API.

They ask the service of `MSKLITE_ENDPOINT`, or that of this home, which they start where none runs;
a service that was started so ends with the last running cluster of its home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from msklite.cli import clients, places, show, watching
from msklite.cli.logs import log_options
from msklite.errors import UserError

if TYPE_CHECKING:
    from msklite.control.client import Client
    from msklite.control.declared import Change, Declared

IN_TRANSIT = ("PLAINTEXT", "TLS_PLAINTEXT", "TLS")
LEVELS = ("DEFAULT", "PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION")
F = TypeVar("F", bound=Callable[..., Any])


def service() -> Client:
    """The service to ask."""
    from msklite.control import companion
    from msklite.control.client import Client

    wish = os.environ.get("MSKLITE_ENDPOINT")
    return Client(wish or companion.ensure(places.home()))


def _leave() -> None:
    """End the service of this home where it was ours and has nothing left to do."""
    if not os.environ.get("MSKLITE_ENDPOINT"):
        from msklite.control import companion

        companion.leave(places.home())


class Progress:
    """One line that is redrawn while something takes its time; nothing without a terminal."""

    def __init__(self, output: str) -> None:
        self._live = sys.stderr.isatty() and output != "json"
        self._last = ""

    def tell(self, text: str) -> None:
        if self._live and text != self._last:
            self._last = text
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def end(self) -> None:
        if self._live and self._last:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._last = ""


def wait_option(command: F) -> F:
    """Adds `--wait` and `--no-wait`."""
    return click.option(
        "--wait/--no-wait", default=True, show_default=True,
        help="Return when it is done, or when it has begun.",
    )(command)  # fmt: skip


name_argument = click.argument("name", shell_complete=places.complete_names)


def update_options(command: F) -> F:
    """What create and update have in common."""
    for option in reversed((
        click.option("--brokers", type=click.IntRange(1), help="Brokers in all zones together."),
        click.option("--kafka-version", metavar="X.Y", help="As MSK names it, or 3.6 to 4.2."),
        click.option("--config", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Server properties, name=value lines; a configuration is made of them."),
        click.option("--volume-gb", type=click.IntRange(1), metavar="GIB",
                     help="Size of each broker's volume; it only grows."),
        click.option("--instance-type", metavar="TYPE", help="As kafka.m5.large."),
        click.option("--client-broker", type=click.Choice(IN_TRANSIT, case_sensitive=False),
                     help="What clients may speak."),
        click.option("--monitoring", type=click.Choice(LEVELS, case_sensitive=False),
                     help="MSK's enhancedMonitoring."),
        click.option("--prometheus/--no-prometheus", default=None,
                     help="MSK's open monitoring: endpoints for each broker."),
        click.option("--tag", metavar="KEY=VALUE", multiple=True, help="May be repeated."),
    )):  # fmt: skip
        command = option(command)
    return command


def _declared(options: dict[str, Any], zones: int | None = None) -> Declared:
    from msklite.control.declared import Declared

    tags = options["tag"]
    return Declared(
        zones=zones, brokers=options["brokers"], kafkaVersion=_version(options["kafka_version"]),
        instanceType=options["instance_type"], volumeGb=options["volume_gb"],
        clientBroker=options["client_broker"], monitoring=options["monitoring"],
        prometheus=options["prometheus"], config=_settings(options["config"]),
        tags=clients.key_values(tags, "--tag") if tags else None,
    )  # fmt: skip


def _version(text: str | None) -> str | None:
    """`4.2` as MSK writes it; what is already so stays."""
    if text is None or text.count(".") != 1:
        return text
    return f"{text}.0" if text == "3.6" else f"{text}.x{'.kraft' if text[0] != '3' else ''}"


def _settings(path: str | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from msklite.control import properties
    from msklite.control.errors import ApiError

    try:
        found: dict[str, Any] = dict(properties.parse(Path(path).read_bytes()))
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from None
    except ApiError as error:
        raise UserError(f"{path}: {error.message}") from None
    return found


@click.group()
def cluster() -> None:
    """Clusters through MSK's control API: create, list, change, delete."""


@cluster.command()
@name_argument
@click.option("--azs", type=click.IntRange(1, 3), default=3, show_default=True,
              help="Availability zones.")  # fmt: skip
@update_options
@wait_option
@places.output_option("table", "json")
def create(name: str, azs: int, wait: bool, output: str, **options: Any) -> None:
    """Create a cluster NAME with MSK's defaults."""
    client = service()
    wish = _declared(options, azs)
    _check_absent(client, name)
    _carry_out(client, _changes(client, {name: wish}), output, wait=wait)
    _show(client.cluster(name), client, output)


def _check_absent(client: Client, name: str) -> None:
    if client.find(name) is not None:
        raise UserError(
            f"There is a cluster {name} already: `msklite cluster update {name}` changes it."
        )


@cluster.command("list")
@places.output_option("table", "json")
def list_(output: str) -> None:
    """List all clusters of this home."""
    found = service().clusters()
    _leave()
    if output == "json":
        show.as_json(found)
        return
    rows = [
        (c["clusterName"], c["state"], c["numberOfBrokerNodes"],
         c["currentBrokerSoftwareInfo"]["kafkaVersion"],
         c["brokerNodeGroupInfo"]["instanceType"], c["clusterArn"])
        for c in found
    ]  # fmt: skip
    show.table(["cluster", "state", "brokers", "kafka", "type", "arn"], rows, "no clusters")


@cluster.command()
@places.output_option("text", "json")
def endpoint(output: str) -> None:
    """Print where MSK's control API listens, for AWS_ENDPOINT_URL_KAFKA.

    Where none runs it is started.
    """
    url = service().url
    if output == "json":
        show.as_json({"endpoint": url})
    else:
        click.echo(url)


@cluster.command()
@name_argument
@places.output_option("table", "json")
def describe(name: str, output: str) -> None:
    """Show a cluster as MSK describes it, and where clients connect."""
    client = service()
    _show(client.cluster(name), client, output)


@cluster.command()
@name_argument
@update_options
@wait_option
@places.output_option("table", "json")
def update(name: str, wait: bool, output: str, **options: Any) -> None:
    """Change a cluster, as `apply` does: one update after another, each under load.

    Tags are added; with --no-wait only one change can be made at a time.
    """
    client = service()
    wish = _declared(options)
    if wish.tags is not None:
        wish.tags = {**client.cluster(name).get("tags", {}), **wish.tags}
    _update(client, name, wish, output, wait=wait)


@cluster.command()
@name_argument
@click.argument("brokers", type=click.IntRange(1))
@wait_option
@places.output_option("table", "json")
def scale(name: str, brokers: int, wait: bool, output: str) -> None:
    """Give a cluster so many BROKERS; one empty broker of each zone can leave at a time."""
    from msklite.control.declared import Declared

    _update(service(), name, Declared(brokers=brokers), output, wait=wait)


@cluster.command()
@name_argument
@click.argument("version")
@wait_option
@places.output_option("table", "json")
def upgrade(name: str, version: str, wait: bool, output: str) -> None:
    """Bring a cluster to a newer VERSION of Kafka, by a rolling restart."""
    from msklite.control.declared import Declared

    _update(service(), name, Declared(kafkaVersion=_version(version)), output, wait=wait)


@cluster.command("reboot-broker")
@name_argument
@click.argument("brokers", nargs=-1, required=True, type=click.IntRange(1))
@wait_option
@places.output_option("table", "json")
def reboot_broker(name: str, brokers: tuple[int, ...], wait: bool, output: str) -> None:
    """Reboot BROKERS of a cluster, one after another."""
    client = service()
    found = client.cluster(name)
    told = client.call("PUT", "v1", "clusters", found["clusterArn"], "reboot-broker",
                       body={"brokerIds": [str(b) for b in brokers]})  # fmt: skip
    if wait:
        progress = Progress(output)
        client.wait_operation(name, told["clusterOperationArn"], progress.tell)
        progress.end()
    _show(client.cluster(name), client, output)


@cluster.command()
@name_argument
@wait_option
@places.output_option("table", "json")
def delete(name: str, wait: bool, output: str) -> None:
    """Stop a cluster cleanly and delete it with all its data."""
    client = service()
    found = client.cluster(name)
    client.call("DELETE", "v1", "clusters", found["clusterArn"])
    if wait:
        progress = Progress(output)
        client.wait_deleted(name, found["clusterArn"], progress.tell)
        progress.end()
        _leave()
    if output == "json":
        show.as_json({"clusterArn": found["clusterArn"], "deleted": wait})
    else:
        click.echo(f"Cluster {name} {'is deleted' if wait else 'is being deleted'}.")


@cluster.command("logs")
@name_argument
@log_options
def logs_(name: str, **options: Any) -> None:
    """Show the log of a cluster, as `msklite logs` does: its supervisor's, or a zone's."""
    watching.show_logs(name, options)


@cluster.command()
@name_argument
@places.output_option("table", "json")
def watch(name: str, output: str) -> None:
    """Show what becomes of a cluster: a line for each change of it, and of operations on it.

    It ends with Ctrl-C, or when the cluster is gone.
    """
    client = service()
    try:
        watching.watch(client, name, output)
    except KeyboardInterrupt:
        pass
    _leave()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@places.output_option("table", "json")
def apply(file: str, dry_run: bool, output: str) -> None:
    """Bring clusters to what a YAML or JSON FILE declares; shows the difference first.

    What is as declared stays untouched, so a second call does nothing. Clusters and topics that the
    file doesn't name stay as they are.
    """
    from msklite.control import declared

    declaration = declared.read(_load(file), file)
    client = service()
    todo = _changes(client, declaration)
    if output == "json":
        show.as_json([
            {"cluster": name, "what": c.what, "was": c.was, "wanted": c.wanted}
            for name, c in todo
        ])  # fmt: skip
    elif not todo:
        click.echo("All is as declared.")
    else:
        for name, change in todo:
            click.echo(_line(name, change))
    if not dry_run:
        _carry_out(client, todo, output, wait=True)
        if todo and output != "json":
            click.echo("Done.")
    else:
        _leave()


def _load(file: str) -> Any:
    import yaml

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return yaml.safe_load(text)
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{file} isn't YAML: {said}.") from None


def _changes(client: Client, declaration: dict[str, Declared]) -> list[tuple[str, Change]]:
    from msklite.control import apply

    return apply.plan(client, declaration)


def _line(name: str, change: Change) -> str:
    if change.was is None:
        return f"+ {name}: {change.what}: {change.wanted}"
    return f"~ {name}: {change.what}: {_short(change.was)} -> {_short(change.wanted)}"


def _short(value: Any) -> str:
    """Settings on one line."""
    return ", ".join(value.splitlines()) or "none" if isinstance(value, str) else str(value)


def _update(client: Client, name: str, wish: Declared, output: str, *, wait: bool) -> None:
    client.cluster(name)
    todo = _changes(client, {name: wish})
    if not wait and len(todo) > 1:
        raise UserError("With --no-wait give one change at a time: MSK refuses a second one.", 2)
    if not todo and output != "json":
        click.echo("Nothing to change.")
    _carry_out(client, todo, output, wait=wait)
    _show(client.cluster(name), client, output)


def _carry_out(client: Client, todo: list[tuple[str, Change]], output: str, *, wait: bool) -> None:
    from msklite.control.apply import carry_out

    progress = Progress(output)
    try:
        for name, change in todo:
            carry_out(client, name, change, progress.tell, wait=wait)
    finally:
        progress.end()


def _show(info: dict[str, Any], client: Client, output: str) -> None:
    addresses: dict[str, Any] = {}
    if info["state"] not in ("CREATING", "DELETING", "FAILED"):
        path = ("v1", "clusters", info["clusterArn"], "bootstrap-brokers")
        addresses = client.call("GET", *path)
    if output == "json":
        show.as_json({**info, **addresses})
        return
    volume = info["brokerNodeGroupInfo"].get("storageInfo", {}).get("ebsStorageInfo", {})
    size = volume.get("volumeSize")
    show.pairs({
        "cluster": info["clusterName"],
        "arn": info["clusterArn"],
        "state": info["state"],
        "version": info["currentVersion"],
        "brokers": info["numberOfBrokerNodes"],
        "kafka version": info["currentBrokerSoftwareInfo"]["kafkaVersion"],
        "instance type": info["brokerNodeGroupInfo"]["instanceType"],
        "volume": None if size is None else f"{size} GiB",
        "monitoring": info["enhancedMonitoring"],
        "bootstrap": addresses.get("bootstrapBrokerString"),
        "bootstrap tls": addresses.get("bootstrapBrokerStringTls"),
        "tags": [f"{k}={v}" for k, v in info.get("tags", {}).items()],
    })  # fmt: skip
