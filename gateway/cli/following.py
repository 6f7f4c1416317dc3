"""Verbs of whoever proves and follows a migration: verify, delta."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.group import FILE, could_not_start, main
from gateway.cli.migration import OUT

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """A span of time: 30s, 5m, 1h, or seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        text = str(value).strip().lower()
        unit = SECONDS.get(text[-1:])
        try:
            seconds = float(text[:-1]) * unit if unit is not None else float(text)
        except ValueError:
            seconds = -1.0
        if seconds <= 0:
            self.fail(f"{value!r} is no span of time; write 30s, 5m or 1h", param, ctx)
        return seconds


def _shared(command: Any) -> Any:
    """The options that verify and delta share with load."""
    for option in (
        click.option("--tenant", help="The nevisIDM client, if it is not the usual one."),
        click.option(
            "--patience", type=click.FloatRange(0), default=600, show_default=True, help="Seconds nevisIDM may be away."
        ),
        click.option(
            "--at-once", type=click.IntRange(1, 1000), default=32, show_default=True, help="Rows under way at most."
        ),
        click.option(
            "--match",
            multiple=True,
            metavar="TYPE=ATTR,…",
            help="Tell by these attributes who is whom; may be repeated.",
        ),
        click.option(
            "--drop", multiple=True, metavar="NAME", help="Leave this attribute out, as load did; may be repeated."
        ),
        click.option("--only", multiple=True, metavar="TYPE", help="This type alone, e.g. User; may be repeated."),
        click.option("--checkpoint", type=OUT, help="The checkpoint of the load [default: SOURCE.checkpoint]."),
        click.option(
            "--config", type=FILE, help="Settings file: where nevisIDM is, the mappings, the login at the source."
        ),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("source")
@_shared
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv", "ldif", "idcs"]),
    help="What SOURCE is, where its name does not say it.",
)
@click.option("--type", help="What the lines of a CSV file are, as for load.")
@click.option("--attributes", type=FILE, help="What becomes of LDAP attributes, as for load.")
@click.option("--extra", is_flag=True, help="Look for what is in nevisIDM only, too.")
@click.option("--values", is_flag=True, help="Write the values that differ into the report; they are personal data.")
@click.option("--report", type=OUT, help="Write every difference here, as JSON.")
@could_not_start
def verify(config: Path | None, extra: bool, values: bool, **said: Any) -> None:
    """Compare SOURCE with nevisIDM, attribute by attribute, and prove that nobody was lost.

    Exit status: 0 nothing differs, 1 something does, 3 it could not start, 4 it stopped early.
    """
    from gateway.migration.load import Options
    from gateway.migration.verify import Comparing
    from gateway.migration.verify import verify as compare
    from gateway.running.serving import run
    from gateway.settings.source import load_settings

    sys.exit(run(compare(load_settings(config), Comparing(Options(**said), extra, values))))


@main.command()
@click.argument("source")
@_shared
@click.option("--once", is_flag=True, help="One round, and end.")
@click.option("--every", type=Duration(), default="30s", show_default=True, help="Time between rounds: 30s, 5m, 1h.")
@click.option(
    "--sweep",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Go through all keys in every so many rounds; 0: never.",
)
@click.option(
    "--deletes",
    type=click.Choice(["disable", "delete"]),
    help="What becomes of who is gone at the source [default: nothing].",
)
@click.option(
    "--most-deletes",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="More at once are taken for a mistake.",
)
@click.option("--refused", type=OUT, help="Refused rows go here, with reasons [default: SOURCE.refused.jsonl].")
@could_not_start
def delta(
    config: Path | None, once: bool, every: float, sweep: int, deletes: Any, most_deletes: int, **said: Any
) -> None:
    """Bring what changes at the live SOURCE to nevisIDM, round after round, until the switch-over.

    Exit status: 0 it was stopped, 1 with --once: rows were refused, 3 it could not start, 4 it could not go on.
    """
    from gateway.migration.delta import Tracking
    from gateway.migration.delta import delta as follow
    from gateway.migration.load import Options
    from gateway.running.serving import run
    from gateway.settings.source import load_settings

    tracking = Tracking(Options(**said), every, once, sweep, deletes, most_deletes)
    sys.exit(run(follow(load_settings(config), tracking)))
