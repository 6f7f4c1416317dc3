"""What `test` does: the examples beside the mappings, run."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.assembly import mappings_folder
from gateway.plan.harness import run_tests


def test_folder(directory: Path | None, *, accept: bool, coverage: bool, least: float | None) -> int:
    """Run the mappings' own tests; 1 if one fails, or if there is none to run."""
    del accept, coverage, least
    results = run_tests(mappings_folder(directory))
    for each in results:
        if not each.passed:
            click.echo(str(each))
    failed = sum(not each.passed for each in results)
    click.echo(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0
