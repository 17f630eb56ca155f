"""Where clusters live, and the options by which commands find one.

`MSKLITE_HOME/clusters/NAME`, or the folder given by `--dir`. Every command that speaks to a
cluster takes `--name` and `--dir`; those that speak Kafka also take `--bootstrap`, so that they
work against any Kafka cluster.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from msklite.errors import UserError
from msklite.zone import spec as specs
from msklite.zone.place import Left, Place, find, home

__all__ = ["Kafka", "Left", "Place", "find", "home"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True, frozen=True)
class Address:
    """How to reach a cluster: its bootstrap servers, and whom to trust where it speaks TLS."""

    servers: str
    ca: str | None = None


@dataclass(slots=True, frozen=True)
class Kafka:
    """The cluster to speak Kafka to: one of ours, or any at an address."""

    name: str | None
    directory: str | None
    bootstrap: str | None
    ca: str | None

    def address(self) -> Address:
        """The bootstrap address to use; `UserError` when the cluster isn't running."""
        if self.ca and not Path(self.ca).is_file():
            raise UserError(f"There is no file {self.ca}: --ca takes a certificate in PEM form.", 2)
        if self.bootstrap:
            return Address(self.bootstrap, self.ca)
        if self.ca:
            raise UserError("--ca goes with --bootstrap: our own clusters' are known.", 2)
        place = find(self.name, self.directory)
        spec = place.spec()
        status = place.status()
        if status is None and not place.left():
            raise place.not_running()
        # A client that begins with a frozen broker waits for it: such a one takes connections.
        frozen = {z["zone"] for z in (status or {}).get("zones", ()) if z["state"] == "FROZEN"}
        frozen |= {b["id"] for b in (status or {}).get("brokers", ()) if b.get("state") == "FROZEN"}
        thawed = [
            spec.client_address(b["id"])
            for b in (status or {}).get("brokers", ())
            if b.get("rack") not in frozen and b.get("state") != "FROZEN"
        ]
        return Address(
            ",".join(thawed) if frozen and thawed else spec.bootstrap,
            None if spec.serves_plaintext else str(spec.tls_directory / specs.CA_FILE),
        )


def _name_options(command: F) -> F:
    command = click.option(
        "--dir", "directory", metavar="PATH", help="Folder of the cluster, instead of by name."
    )(command)
    return click.option(
        "--name", metavar="NAME", help="Which cluster; 'default' if not given.",
        shell_complete=complete_names,
    )(command)  # fmt: skip


def complete_names(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """The clusters under MSKLITE_HOME whose names begin so, for a shell."""
    try:
        found = sorted(p.name for p in (home() / "clusters").iterdir() if specs.exists(p))
    except OSError:
        return []
    return [name for name in found if name.startswith(begun)]


def cluster_options(command: F) -> F:
    """Adds `--name` and `--dir`; the command gets them as `place`."""

    @functools.wraps(command)
    def call(*args: Any, name: str | None, directory: str | None, **kwargs: Any) -> Any:
        return command(*args, place=find(name, directory), **kwargs)

    return cast("F", _name_options(call))


def kafka_options(command: F) -> F:
    """Adds `--name`, `--dir`, `--bootstrap` and `--ca`; the command gets them as `kafka`."""

    @functools.wraps(command)
    def call(
        *args: Any,
        name: str | None,
        directory: str | None,
        bootstrap: str | None,
        ca: str | None,
        **kwargs: Any,
    ) -> Any:
        return command(*args, kafka=Kafka(name, directory, bootstrap, ca), **kwargs)

    ca = click.option("--ca", metavar="PEM", help="With --bootstrap: speak TLS, and trust this.")
    bootstrap = click.option(
        "--bootstrap", metavar="HOST:PORT,...", help="Any Kafka cluster's address, instead."
    )
    return cast("F", bootstrap(ca(_name_options(call))))


def zone_number(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """`2` or `az2`; whether there is such a zone is for the cluster to say."""
    if value is None:
        return None
    number = value.removeprefix("az")
    if not (number.isascii() and number.isdecimal()):
        raise UserError(f"{value!r} is no zone: zones are called az1, az2, az3.", 2)
    return int(number)


def output_option(*choices: str) -> Callable[[F], F]:
    """Adds `--output`; the first choice is the default."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print.",
    )
