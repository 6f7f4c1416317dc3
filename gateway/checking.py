"""What `lint`, `test` and `check` do: print every finding, return the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.assembly import mappings_folder
from gateway.errors import ConfigError
from gateway.mapping.lint import lint
from gateway.plan.harness import run_tests
from gateway.settings import load_settings


def lint_folder(directory: Path | None, form: str) -> int:
    """Print all findings of a mapping folder; 1 if one of them is an error."""
    folder = mappings_folder(directory)
    findings = lint(folder)
    if form == "json":
        rows = [
            {
                "file": each.place.file,
                "line": each.place.line,
                "column": each.place.column,
                "code": each.code,
                "level": each.level,
                "text": each.text,
                "cure": each.cure,
            }
            for each in findings
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for each in findings:
            place = each.place
            github = f"::{each.level} file={place.file},line={place.line},col={place.column}::{each.code} {each.text}"
            click.echo(github if form == "github" else str(each))
    errors = sum(each.level == "error" for each in findings)
    if form == "text":
        click.echo(f"{folder}: {errors} errors, {len(findings) - errors} warnings and notices")
    return 1 if errors else 0


def test_folder(directory: Path | None) -> int:
    """Run the mappings' own tests; 1 if one fails, or if there is none to run."""
    results = run_tests(mappings_folder(directory))
    for each in results:
        if not each.passed:
            click.echo(str(each))
    failed = sum(not each.passed for each in results)
    click.echo(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


def check_all(config: Path | None) -> int:
    """Settings, then the mappings they name; 1 if anything is wrong."""
    try:
        settings = load_settings(config)
    except ConfigError as error:
        for finding in error.findings:
            click.echo(f"{error.code.code} {finding}")
        return 1
    click.echo("settings: fine")
    return lint_folder(settings.mappings, "text")
