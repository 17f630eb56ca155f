"""`msklite completion`: the script by which a shell completes commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_MSKLITE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a SHELL's completion script.

    bash: eval "$(msklite completion bash)" in ~/.bashrc; zsh the same in ~/.zshrc;
    fish: msklite completion fish > ~/.config/fish/completions/msklite.fish
    """
    from msklite.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "msklite", VARIABLE).source())
