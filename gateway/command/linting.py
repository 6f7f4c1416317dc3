"""What `lint` does: every finding of a folder at once, for people, for machines, and for a pull request; and mends on demand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from gateway.assembly import mappings_folder
from gateway.authoring.fixing import fixed
from gateway.authoring.layout import difference_of
from gateway.mapping.finding import Finding
from gateway.mapping.lint import lint


def lint_folder(directory: Path | None, form: str, *, fix: bool = False, diff: bool = False) -> int:
    """Print all findings of a mapping folder; 1 if one of them is an error.

    `fix`: first mend what can be mended without a doubt. `diff`: show what that changes; without `fix` nothing is written.
    """
    folder = mappings_folder(directory)
    if not (fix or diff):
        findings, mended = lint(folder), []
    else:
        done = fixed(folder)
        mended = done.mended if fix else []
        findings = done.left if fix else done.found
        for name, text in done.texts.items():
            _change(folder / name, text, write=fix, show=diff and form == "text")
    _print(folder, findings, mended, form)
    return 1 if any(each.level == "error" for each in findings) else 0


def _change(file: Path, text: str, *, write: bool, show: bool) -> None:
    with file.open(encoding="utf-8", newline="") as before:
        ends = "\r\n" if "\r\n" in before.read() else "\n"
    if show:
        click.echo(difference_of(file.name, file.read_text(encoding="utf-8"), text), nl=False)
    if write:
        with file.open("w", encoding="utf-8", newline=ends) as after:
            after.write(text)


def _print(folder: Path, findings: list[Finding], mended: list[Finding], form: str) -> None:
    if form == "json":
        rows = [_row(folder, each) for each in findings]
        if mended:
            rows += [{**_row(folder, each), "mended": True} for each in mended]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for each in findings:
        click.echo(_annotation(folder, each) if form == "github" else str(each))
    if form == "github":
        return
    for each in mended:
        click.echo(f"mended {each}")
    errors = sum(each.level == "error" for each in findings)
    fixable = sum(each.fix is not None for each in findings)
    click.echo(
        f"{folder}: {errors} errors, {len(findings) - errors} warnings and notices"
        + (f", {len(mended)} mended" if mended else "")
        + (f"; --fix may mend {fixable} of them" if fixable and not mended else "")
    )


def _file(folder: Path, finding: Finding) -> str:
    """The file as seen from here, where it is the folder's own: what editors and GitHub look for."""
    holder, _, name = finding.place.file.rpartition("/")
    own = folder / name
    return os.path.relpath(own) if holder == folder.name and own.is_file() else finding.place.file


def _row(folder: Path, finding: Finding) -> dict[str, Any]:
    return {
        "file": _file(folder, finding),
        "line": finding.place.line,
        "column": finding.place.column,
        "code": finding.code,
        "level": finding.level,
        "text": finding.text,
        "cure": finding.cure,
        "fixable": finding.fix is not None,
    }


def _annotation(folder: Path, finding: Finding) -> str:
    """A workflow command of GitHub Actions; what it would take for its own signs is escaped."""
    place = finding.place
    where = f"file={_property(_file(folder, finding))},line={place.line},col={place.column},title={finding.code}"
    said = finding.text + (f", {finding.cure}" if finding.cure else "")
    return f"::{finding.level} {where}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
