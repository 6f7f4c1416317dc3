"""Verbs of whoever writes mappings: explain, try, lint, test."""

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


@main.command("try")
@click.argument("requests", nargs=-1, metavar="'METHOD /path [BODY]'...")
@click.option("--mappings", "directory", type=FOLDER, help="Folder of mappings [default: as the settings say].")
@click.option("--config", type=FILE, help="Settings file; its nevisIDM is not asked.")
@click.option("--users", "people", type=click.IntRange(0), default=50, show_default=True, help="Sample people.")
@click.option(
    "--dialect", type=click.Choice(["rfc", "idcs"]), default="rfc", show_default=True, help="Of bare addresses."
)
@click.option("--plan", is_flag=True, help="Also what each request becomes, as explain says it.")
@click.option("--people", "guide", is_flag=True, help="Print who the sample people are.")
@click.option("--watch", is_flag=True, help="Run them again whenever a file of --mappings changes.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@could_not_start
def try_out(
    requests: tuple[str, ...],
    directory: Path | None,
    config: Path | None,
    people: int,
    dialect: str,
    plan: bool,
    guide: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """Run requests against a sandbox of their own: calls and answers. {id} is the id in the answer before."""
    from gateway.command.trying import again_on_change, try_requests

    if guide:
        from gateway.sandbox.people import GUIDE

        click.echo(GUIDE)
    if not requests and not guide:
        raise click.UsageError("write a request, such as 'GET /Users?filter=userName sw \"b\"'")

    def once() -> int:
        return try_requests(requests, directory, config, people=people, dialect=dialect, plan=plan, as_json=as_json)

    if watch and directory is None:
        raise click.UsageError("name the folder to watch by --mappings")
    if requests:
        sys.exit(again_on_change(once, directory) if watch and directory is not None else once())


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
