"""Make docs/cli.md from the commands themselves.

python tools/write_cli_docs.py            # write it
python tools/write_cli_docs.py --check    # say whether it is up to date
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from msklite.cli.main import COMMANDS, cli

TARGET = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

HEAD = """\
# The command line

Made from the commands by `python tools/write_cli_docs.py`; a test keeps it up to date.

- Every command prints for people, and with `--output json` for scripts.
- A refusal is one sentence on stderr. The exit code is 0 for done, 1 for refused, 2 for a wrong call,
  130 after Ctrl-C.
- `--name` picks a cluster (`default`, or what `MSKLITE_CLUSTER` says), `--dir` one in a folder of its
  own. Commands that speak Kafka work on any Kafka cluster with `--bootstrap`.
- Data lives in `MSKLITE_HOME/clusters/NAME`. Without that variable it is `~/.local/share/msklite`
  (or `XDG_DATA_HOME/msklite`), on macOS `~/Library/Application Support/msklite`.
- A cluster's `cluster.json` keeps its id, brokers, ports and settings, so a later `msklite up` needs
  no options. A start that fails leaves the file as it was.
- While a cluster is down its directory can be copied away and opened elsewhere, with the same `--name`
  under another `MSKLITE_HOME` or by `--dir`. Brokers keep their ports, which clients know, and where
  one is taken `up` says so and `--port` gives others; a controller's port gives way by itself.
- `--config` takes Kafka's broker settings by their names. An unknown name is refused, and so is one
  that msklite sets itself (`node.id`, `listeners`, `log.dirs` and the like).
- Each zone's log is `azK/logs/zone.log` in the cluster's folder, and a cluster of several zones has
  `supervisor.log` beside them, with what was started, killed and restarted. Each log is up to five
  files of 10 MiB.
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its full name."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        if isinstance(command, click.Group):
            for sub, one in command.commands.items():
                yield f"{name} {sub}", one
        else:
            yield name, command


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for name, one in commands() for line in section(name, one))])


def section(name: str, command: click.Command) -> Iterator[str]:
    """One command: its usage, its words, a row for each option."""
    arguments = [p.metavar or str(p.name).upper() for p in command.params
                 if isinstance(p, click.Argument)]  # fmt: skip
    yield f"## msklite {' '.join([name, *arguments])}\n"
    yield " ".join((command.help or "").split()) + "\n"
    yield "| option | |"
    yield "|---|---|"
    for option in command.params:
        if isinstance(option, click.Option):
            yield row(option)
    yield ""


def row(option: click.Option) -> str:
    """An option's names, what it takes, and what it is for (not as click words it: that varies)."""
    names = ", ".join(sorted(option.opts, key=len))
    takes = ""
    if isinstance(option.type, click.Choice):
        takes = " " + "\\|".join(str(c) for c in option.type.choices)
    elif not option.is_flag:
        takes = f" {option.metavar or option.type.name.split()[0].upper()}"
    default = f" Default: {option.default}." if option.show_default else ""
    return f"| `{names}{takes}` | {option.help}{default} |"


def main(check: bool) -> int:
    """Write the page, or only compare; 1 when it is out of date."""
    made = page()
    if check:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != made)
    TARGET.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
