"""Verbs of whoever writes mappings: explain, lint, test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.group import FILE, FOLDER, could_not_start, main


@main.command()
@click.argument("request", metavar="'METHOD /path?query'")
@click.option("--body", type=click.File("rb"), default=None, help="File with the JSON body, or - for standard input.")
@click.option("--header", "headers", multiple=True, metavar="'Name: value'", help="A header, such as If-Match.")
@click.option("--config", type=FILE, help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--run", "execute", is_flag=True, help="Also execute it, against the sandbox or the configured nevisIDM.")
@click.option("--write", "writes", is_flag=True, help="With --run: allow writes.")
@could_not_start
def explain(
    request: str, body: Any, headers: tuple[str, ...], config: Path | None, as_json: bool, execute: bool, writes: bool
) -> None:
    """What a request becomes: filter, routes, calls, cost. Nothing is sent without --run."""
    from gateway.command.explaining import explain_request

    payload = body.read() if body else b""
    sys.exit(explain_request(request, payload, config, headers, as_json=as_json, execute=execute, writes=writes))


@main.command()
@click.argument("directory", type=FOLDER, required=False)
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a doubt, in the text itself.")
@click.option("--diff", is_flag=True, help="Show what --fix changes; without --fix nothing is written.")
@could_not_start
def lint(directory: Path | None, form: str, fix: bool, diff: bool) -> None:
    """Check mapping files; every finding with file, line, column, code and cure."""
    from gateway.command.linting import lint_folder

    if fix and directory is None:
        raise click.UsageError("name the folder whose files may be changed")
    sys.exit(lint_folder(directory, form, fix=fix, diff=diff))


@main.command("test")
@click.argument("directory", type=FOLDER, required=False)
@click.option("--accept", is_flag=True, help="Write what came out into the *.tests.yaml, and show it.")
@click.option("--coverage", is_flag=True, help="Also tell which lines of the mappings no test has exercised.")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Exit with 1 below this percentage of lines.")
@could_not_start
def test_mappings(directory: Path | None, accept: bool, coverage: bool, fail_under: float | None) -> None:
    """Run the *.tests.yaml beside the mappings: pure, no network."""
    from gateway.command.testing import test_folder

    if accept and directory is None:
        raise click.UsageError("name the folder whose files may be changed")
    sys.exit(test_folder(directory, accept=accept, covered=coverage, least=fail_under))
