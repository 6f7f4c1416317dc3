"""What `show config` and `show env` do: print tables on a terminal, plain lines elsewhere, JSON for machines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.command.terminal import table
from gateway.settings import names
from gateway.settings.origin import in_force
from gateway.settings.source import read_settings


def show_config(config: Path | None, *, given: bool, as_json: bool) -> int:
    """Print the settings in force and who said each; `given`: only what somebody said. Raises ConfigError for settings of no use."""
    rows = [each for each in in_force(*read_settings(config)) if not (given and each.is_default)]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(each) for each in rows], indent=2, ensure_ascii=False))
    else:
        _print(("setting", "value", "origin"), [(each.name, each.value, each.origin) for each in rows])
    return 0


def show_env(*, as_json: bool) -> int:
    """Print every variable: what it takes, its default, its meaning."""
    rows = list(names())
    if as_json:
        said = [
            {"name": each.name, "takes": each.kind, "default": each.shown, "meaning": each.meaning} for each in rows
        ]
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        _print(
            ("variable", "takes", "default", "meaning"),
            [(each.name, each.kind, each.shown, each.meaning) for each in rows],
        )
    return 0


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in table(heads, rows):
        click.echo(line)
