"""The command's root, and what its verbs share: the kinds of arguments, and how a bad start is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def could_not_start(command: Command) -> Command:
    """Turn a ConfigError into its findings on standard error and exit status 3."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        from gateway.errors import ConfigError

        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            for finding in error.findings:
                click.echo(f"{error.code.code} {finding}", err=True)
            sys.exit(3)

    return guarded  # type: ignore[return-value]  # the same callable to click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scim-nevisidm-gateway", prog_name="scim-nevisidm")
@click.pass_context
def main(context: click.Context) -> None:
    """SCIM 2.0 and Oracle IDCS endpoints in front of nevisIDM."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False  # no-color.org; without a terminal click leaves colours out by itself
