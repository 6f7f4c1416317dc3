"""Verbs of whoever moves a directory into nevisIDM: load."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.group import FILE, could_not_start, main

OUT = click.Path(dir_okay=False, path_type=Path)


@main.command()
@click.argument("source")
@click.option("--config", type=FILE, help="Settings file: where nevisIDM is, and the mappings.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv", "ldif", "idcs"]),
    help="What SOURCE is, if its name does not say it.",
)
@click.option("--type", help="What the lines of a CSV file are, where its header does not say it.")
@click.option(
    "--attributes", type=FILE, help="What becomes of LDAP attributes: a YAML table laid over the shipped one."
)
@click.option("--dry-run", "dry", is_flag=True, help="Write nothing; report what would be.")
@click.option("--online", is_flag=True, help="With --dry-run: read nevisIDM, to tell who is there already.")
@click.option("--resume", is_flag=True, help="Go on with a load that was stopped or killed.")
@click.option("--checkpoint", type=OUT, help="What was loaded is noted here [default: SOURCE.checkpoint].")
@click.option("--refused", type=OUT, help="Refused rows go here, with reasons [default: SOURCE.refused.jsonl].")
@click.option("--report", type=OUT, help="Write the report here, too, as JSON.")
@click.option("--only", multiple=True, metavar="TYPE", help="Load this type alone, e.g. User; may be repeated.")
@click.option("--drop", multiple=True, metavar="NAME", help="Leave this attribute out, too; may be repeated.")
@click.option(
    "--match", multiple=True, metavar="TYPE=ATTR,…", help="Look by these attributes before creating; may be repeated."
)
@click.option(
    "--refer", multiple=True, metavar="TYPE=ATTR", help="The source refers to these by that attribute; may be repeated."
)
@click.option(
    "--existing",
    type=click.Choice(["merge", "replace", "keep"]),
    default="merge",
    show_default=True,
    help="What becomes of somebody who is there already, made by others.",
)
@click.option("--keep-ids", is_flag=True, help="What is created keeps the id that it has in the source.")
@click.option("--at-once", type=click.IntRange(1, 1000), default=32, show_default=True, help="Rows under way at most.")
@click.option(
    "--patience", type=click.FloatRange(0), default=600, show_default=True, help="Seconds nevisIDM may be away."
)
@click.option("--most-refused", type=click.IntRange(1), help="Stop at so many refused rows.")
@click.option("--tenant", help="The nevisIDM client to load into, if it is not the usual one.")
@could_not_start
def load(config: Path | None, **said: Any) -> None:
    """Load users, groups, roles, grants and credentials from SOURCE into nevisIDM.

    Exit status: 0 all is there, 1 rows were refused or wait for others, 3 it could not start, 4 it stopped early.
    """
    from gateway.migration.load import Options
    from gateway.migration.load import load as load_all
    from gateway.running.serving import run
    from gateway.settings.source import load_settings

    sys.exit(run(load_all(load_settings(config), Options(**said))))
