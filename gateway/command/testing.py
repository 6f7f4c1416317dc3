"""What `test` does: the examples beside the mappings are run, counted in lines of the mappings, and on demand written down as they came."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click

from gateway.assembly import mappings_folder
from gateway.authoring.accepting import accepted
from gateway.authoring.coverage import Covered, coverage, percent
from gateway.authoring.layout import difference_of
from gateway.plan.harness import trials


def test_folder(directory: Path | None, *, accept: bool, covered: bool, least: float | None) -> int:
    """Run the mappings' own tests; 1 if one fails, if there is none to run, or below `least` percent of lines.

    `accept`: what came out is written into the tests where it differs from what they expect, and shown.
    """
    folder = mappings_folder(directory)
    if accept:
        _accept(folder)
    done = trials(folder)
    for each in done.results:
        if not each.passed:
            click.echo(str(each))
    failed = sum(not each.passed for each in done.results)
    status = 1 if failed or not done.results else 0
    if covered or least is not None:
        files = coverage(folder, done)
        _print(files)
        if least is not None and percent(files) < least:
            click.echo(f"below {least:g} %")
            status = 1
    click.echo(f"{len(done.results) - failed} passed, {failed} failed")
    return status


def _accept(folder: Path) -> None:
    done = accepted(folder)
    for name, text in done.texts.items():
        file = folder / name
        click.echo(difference_of(name, file.read_text(encoding="utf-8"), text), nl=False)
        file.write_text(text, encoding="utf-8")
    click.echo(f"accepted: {len(done.changed)} tests in {len(done.texts)} files")


def _print(files: list[Covered]) -> None:
    width = max((len(each.file) for each in files), default=0)
    for each in files:
        click.echo(
            f"{each.file:<{width}}  {100 * each.hit / len(each.lines):5.1f} %  {each.hit} of {len(each.lines)} lines"
        )
        for line, missed in groupby(each.missed, key=lambda thing: thing.place.line):
            click.echo(f"{'':<{width}}  {line:>5}: {', '.join(thing.what for thing in missed)}")
    click.echo(f"{'all':<{width}}  {percent(files):5.1f} %")
