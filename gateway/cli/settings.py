"""Verbs about settings: check."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway.cli.group import FILE, could_not_start, main


@main.command()
@click.option("--config", type=FILE, help="Settings file.")
@click.option(
    "--online", is_flag=True, help="Also ask nevisIDM, by reads alone, whether it has what the mappings need."
)
@could_not_start
def check(config: Path | None, online: bool) -> None:
    """Check settings and mappings together."""
    from gateway.command.checking import check_all

    sys.exit(check_all(config, online=online))
