"""The `msklite` command itself: the table of its commands, loaded one by one on need.

Rules kept here: `msklite --help` imports click and nothing heavy, so it answers at once; what a
person can mend ends as one sentence on stderr and exit code 1 (2 for a wrong call).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from msklite import __version__
from msklite.errors import UserError

COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": ("msklite.cli.up", "up", "Start a cluster."),
    "serve": ("msklite.cli.serve", "serve", "Serve MSK's control API."),
    "cluster": ("msklite.cli.msk", "cluster", "Create, list, change, delete clusters as on MSK."),
    "apply": ("msklite.cli.msk", "apply", "Bring clusters to what a file declares."),
    "down": ("msklite.cli.cluster", "down", "Stop a cluster."),
    "status": ("msklite.cli.cluster", "status", "Show a cluster's state."),
    "bootstrap": ("msklite.cli.cluster", "bootstrap", "Print the addresses for clients."),
    "client-config": (
        "msklite.cli.client_config",
        "client_config",
        "Print what a client needs to reach one.",
    ),
    "logs": ("msklite.cli.logs", "logs", "Show a cluster's log."),
    "zone": ("msklite.cli.zone", "zone", "Kill, stop, freeze, cut off, bring back zones."),
    "broker": ("msklite.cli.zone", "broker", "Stop, start, reboot single brokers."),
    "clock": ("msklite.cli.clock", "clock", "Show and turn a cluster's clock."),
    "topic": ("msklite.cli.topic", "topic", "Create, list, describe, alter, delete topics."),
    "produce": ("msklite.cli.produce", "produce", "Write lines or whole files to a topic."),
    "consume": ("msklite.cli.consume", "consume", "Read a topic's records."),
    "group": ("msklite.cli.group", "group", "List, describe, reset consumer groups."),
    "completion": ("msklite.cli.completion", "completion", "Print a shell's completion script."),
}
"""Command name -> module, attribute, and the line that `--help` shows without loading it."""


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        command: click.Command = getattr(import_module(row[0]), row[1])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="msklite")
def cli() -> None:
    """A local Amazon MSK: Kafka on the wire and on the disk, in Python.

    Data lives under MSKLITE_HOME (by default in your data directory), one folder per cluster.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        result: Any = cli.main(args, prog_name="msklite", standalone_mode=False)
        sys.stdout.flush()
        code = result if isinstance(result, int) else 0
    except UserError as error:
        _say(f"msklite: {error}")
        code = error.exit_code
    except click.ClickException as error:
        _say(f"msklite: {error.format_message()}")
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        # The reader of our output is gone (`| head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


def _say(text: str) -> None:
    """A sentence ends with a stop, wherever it comes from."""
    text = text.rstrip()
    click.echo(text if text.endswith((".", "?", "!")) else f"{text}.", err=True)
