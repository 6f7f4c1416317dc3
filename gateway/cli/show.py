"""Verbs that show what is: `show config`, `show env`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway.cli.group import FILE, could_not_start, main


@main.group()
def show() -> None:
    """Show what is in force: settings, variables."""


@show.command("config")
@click.option("--config", type=FILE, help="Settings file.")
@click.option("--given", is_flag=True, help="Only what somebody said: no defaults.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@could_not_start
def config_in_force(config: Path | None, given: bool, as_json: bool) -> None:
    """The settings in force, who said each (default, file:line, variable), secrets as ***."""
    from gateway.command.showing import show_config

    sys.exit(show_config(config, given=given, as_json=as_json))


@show.command("env")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def environment(as_json: bool) -> None:
    """Every environment variable: what it takes, its default, its meaning."""
    from gateway.command.showing import show_env

    sys.exit(show_env(as_json=as_json))
