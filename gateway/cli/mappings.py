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
@could_not_start
def lint(directory: Path | None, form: str) -> None:
    """Check mapping files; every finding with file, line, column, code and cure."""
    from gateway.command.checking import lint_folder

    sys.exit(lint_folder(directory, form))


@main.command("test")
@click.argument("directory", type=FOLDER, required=False)
@could_not_start
def test_mappings(directory: Path | None) -> None:
    """Run the *.tests.yaml beside the mappings: pure, no network."""
    from gateway.command.checking import test_folder

    sys.exit(test_folder(directory))
