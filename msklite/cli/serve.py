"""`msklite serve`: the control API in the foreground."""

from __future__ import annotations

import click

from msklite.cli import places
from msklite.zone import spec as specs


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Where to listen; 4600, or a free one where that is taken. 0: a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A further name by which clients may call it; may be repeated.",
)
@click.option(
    "--settle",
    default=0.0,
    show_default=True,
    help="Seconds that creations and updates take at least.",
)
@click.option(
    "--patience",
    default=180.0,
    show_default=True,
    help="Seconds without progress after which an update is undone.",
)
@click.option(
    "--log-level",
    type=click.Choice([*specs.LOG_LEVELS], case_sensitive=False),
    default="INFO",
    show_default=True,
    help="How much goes into the log.",
)
@click.option(
    "--no-create",
    is_flag=True,
    help="Make no clusters: where nobody could reach their ports, as in a container.",
)
def serve(
    port: int | None,
    host: str,
    allow_host: tuple[str, ...],
    settle: float,
    patience: float,
    log_level: str,
    no_create: bool,
) -> None:
    """Serve MSK's control API until Ctrl-C; clusters go on without it, and it finds them again."""
    from msklite.control.server import LOOPBACK, Options, run  # a web server: not for --help

    options = Options(
        places.home(), port, host, allow_host, settle, patience, log_level.upper(), not no_create
    )
    if host not in LOOPBACK:
        what = "change" if no_create else "create and delete"
        click.echo(f"Whoever reaches {host} can {what} clusters here.", err=True)

    def ready(url: str) -> None:
        click.echo(f"MSK's control API listens at {url}")
        click.echo(f"export AWS_ENDPOINT_URL_KAFKA={url}")
        click.echo(f"Clusters are in {places.home() / 'clusters'}. Ctrl-C stops the service.")

    run(options, ready)
