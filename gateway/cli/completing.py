"""The verb `completion`: the script that a shell completes our command lines with."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from gateway.cli.group import main

VARIABLE = "_SCIM_NEVISIDM_COMPLETE"
"""What click has the shell ask us with: made of the program's name."""


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(scim-nevisidm completion bash)"      in ~/.bashrc
    zsh:   eval "$(scim-nevisidm completion zsh)"       in ~/.zshrc
    fish:  scim-nevisidm completion fish > ~/.config/fish/completions/scim-nevisidm.fish
    """
    form = get_completion_class(shell)
    assert form is not None
    click.echo(form(main, {}, "scim-nevisidm", VARIABLE).source())
