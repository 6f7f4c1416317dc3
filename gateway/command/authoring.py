"""What `show mapping`, `docs`, `schema` and `new` do: print what a mapping says, and begin a new one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.assembly import mappings_folder
from gateway.authoring.beginning import begin
from gateway.authoring.editor_schema import FOLDER, schemas
from gateway.authoring.origins import complete, listed, origins, resolved
from gateway.authoring.pages import type_page
from gateway.errors import ConfigError
from gateway.mapping.finding import did_you_mean
from gateway.mapping.folder import Unit
from gateway.mapping.load import load
from gateway.mapping.source import source_of
from gateway.mapping.view import viewer
from gateway.plan.harness import SUFFIX

_COLUMN = 100


def show_mapping(
    directory: Path | None, resource: str, variants: tuple[str, ...], *, as_json: bool, python: bool
) -> int:
    """Print a mapping with `extends` and variants resolved and the origin of each line; or the Python that it becomes."""
    folder = mappings_folder(directory)
    unit = resolved(folder, resource, variants)
    name = Path(unit.document.file).stem
    if python:
        click.echo(source_of(viewer(load(folder, variants).by_name[name])), nl=False)
    elif as_json:
        click.echo(json.dumps(_facts(unit, variants), indent=2, ensure_ascii=False))
    else:
        _print(unit, variants)
    return 0


def write_docs(directory: Path | None, output: Path | None, resources: tuple[str, ...]) -> int:
    """Print the page of each type, or write one file per type into a folder; 0."""
    mappings = load(mappings_folder(directory)).by_name
    strange = [name for name in resources if name not in mappings]
    if strange:
        cure = did_you_mean(strange[0], mappings, f"there are {', '.join(mappings)}")
        raise ConfigError(f'there is no mapping "{strange[0]}", {cure}', code="GW002")
    for name in resources or mappings:
        page = type_page(mappings[name], whole=True)
        if output is None:
            click.echo(page + "\n")
            continue
        output.mkdir(parents=True, exist_ok=True)
        (output / f"{name}.md").write_text(page.removeprefix("#") + "\n", encoding="utf-8")
        click.echo(f"{output / name}.md")
    return 0


def write_schemas(kind: str, output: Path | None) -> int:
    """Print the schema of a kind of file; write it into a `.json` file, or those of all kinds into a folder; 0."""
    made = {name: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in schemas().items()}
    if output is None:
        click.echo(made[kind], nl=False)
    elif output.suffix == ".json":
        output.write_text(made[kind], encoding="utf-8")
        click.echo(str(output))
    else:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (output / f"{name}.json").write_text(text, encoding="utf-8")
            click.echo(str(output / f"{name}.json"))
    return 0


def begin_mapping(directory: Path, resource: str, word: str) -> int:
    """Write a mapping to start from, with its tests, and the schemas for editors where the folder has none; 0.

    Raises ConfigError, and click.UsageError where something is there already: nothing is ever written over.
    """
    there = [name for name in (f"{resource}.yaml", f"{resource}{SUFFIX}") if (directory / name).exists()]
    if there:
        raise click.UsageError(f"{directory / there[0]} is there already, and is not written over")
    made = begin(directory, resource, word)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in made.texts.items():
        (directory / name).write_text(text, encoding="utf-8")
        click.echo(str(directory / name))
    if made.left_out:
        click.echo(f"left out, for you to decide: {', '.join(made.left_out)}")
    if not (directory / FOLDER).exists():
        write_schemas("mapping", directory / FOLDER)
    return 0


def _print(unit: Unit, variants: tuple[str, ...]) -> None:
    lines = listed(unit.document)
    width = min(_COLUMN, max(len(line) for line, _ in lines))
    base = unit.document.data.get("extends")
    parts = [f"{base} resolved" if base else "", f"with {', '.join(variants)}" if variants else ""]
    about = ", ".join(each for each in parts if each)
    click.echo(f"# {unit.document.file}" + (f": {about}" if about else ""))
    for line, place in lines:
        remark = unit.document.remarks.get((place.file, place.line), "")
        said = "inferred, " if remark.startswith("inferred") else ""  # what lint asks to be written there
        click.echo(f"{line:<{width}}  # {said}{place.file}:{place.line}")


def _facts(unit: Unit, variants: tuple[str, ...]) -> dict[str, object]:
    return {
        "file": unit.document.file,
        "extends": unit.document.data.get("extends"),
        "variants": list(variants),
        "mapping": complete(unit.document),
        "origins": [
            {
                "path": list(each.path),
                "file": each.place.file,
                "line": each.place.line,
                "column": each.place.column,
            }
            for each in origins(unit.document)
        ],
    }
