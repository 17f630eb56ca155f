"""The command line is light to start, and documented in the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import click
import pytest

from msklite.cli.main import COMMANDS, cli
from tests.house import source

README = (source.ROOT / "README.md").read_text(encoding="utf-8")
HEAVY = ("kafka", "rich", "pydantic", "asyncio", "uvloop", "ssl", "msklite.broker", "msklite.wire")


def _commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", c) for sub, c in sorted(command.commands.items())]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), _commands(), ids=str)
def test_every_command_is_in_the_readme(name: str, command: click.Command) -> None:
    assert f"`msklite {name}" in README, f"the README's table lacks `msklite {name}`"
    assert command.help, f"msklite {name} has no help text"


@pytest.mark.parametrize(("name", "command"), _commands(), ids=str)
def test_the_readmes_row_names_only_options_that_there_are(
    name: str, command: click.Command
) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `msklite {name}"))
    there = {opt for p in command.params for opt in p.opts}
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", row))
    assert named <= there, f"`msklite {name}` has no {named - there}"


def test_the_page_of_all_options_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/write_cli_docs.py", "--check"],
        cwd=source.ROOT, env={**os.environ, "PYTHONPATH": str(source.ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "run `python tools/write_cli_docs.py`"


@pytest.mark.parametrize(("name", "command"), _commands(), ids=str)
def test_every_option_explains_itself(name: str, command: click.Command) -> None:
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not silent, f"msklite {name}: no help for {silent}"


def test_the_readme_knows_no_other_commands() -> None:
    known = {name.split()[0] for name, _ in _commands()}
    named = set(re.findall(r"`msklite ([a-z][a-z-]*)", README))
    named |= set(re.findall(r"^\$ msklite ([a-z][a-z-]*)", README, re.MULTILINE))
    assert named <= known, f"the README shows commands that don't exist: {named - known}"


def test_the_one_line_help_is_the_commands_own() -> None:
    """`--help` shows a table's text without loading the command; it must not drift from it."""
    for name, (module, attribute, text) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None and command.name in (name, attribute), module
        assert text.endswith("."), text


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from msklite.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as e: assert not e.code\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source.ROOT, capture_output=True, text=True, check=True
    )
    assert "LOADED []" in done.stdout
    assert "Usage: msklite" in done.stdout
