"""More verbs of whoever writes mappings, those that show or make files: show mapping, docs, schema, new."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway.cli.group import FOLDER, could_not_start, main
from gateway.cli.show import show

MAPPINGS = click.option("--mappings", "directory", type=FOLDER, help="Folder of mappings [default: the shipped ones].")


@show.command("mapping")
@click.argument("resource")
@MAPPINGS
@click.option("--variant", "variants", multiple=True, help="With this variant; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="For machines: the mapping, and the origin of everything in it.")
@click.option("--python", is_flag=True, help="The Python that its view becomes.")
@could_not_start
def mapping_resolved(
    resource: str, directory: Path | None, variants: tuple[str, ...], as_json: bool, python: bool
) -> None:
    """A mapping as it stands in the end: `extends` and variants resolved, file and line of each line beside it."""
    from gateway.command.authoring import show_mapping

    if as_json and python:
        raise click.UsageError("--json and --python contradict each other")
    sys.exit(show_mapping(directory, resource, variants, as_json=as_json, python=python))


@main.command("docs")
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@MAPPINGS
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for one file per type.")
@could_not_start
def docs_of_mappings(resources: tuple[str, ...], directory: Path | None, output: Path | None) -> None:
    """Markdown per resource type: attributes, where they come from, filters, calls, errors."""
    from gateway.command.authoring import write_docs

    sys.exit(write_docs(directory, output, resources))


@main.command()
@click.argument("kind", type=click.Choice(["mapping", "base", "tests", "errors", "absent"]), default="mapping")
@click.option(
    "--output", type=click.Path(path_type=Path), help="A .json file, or a folder for the schemas of all kinds."
)
def schema(kind: str, output: Path | None) -> None:
    """JSON Schema of mapping files, for editors."""
    from gateway.command.authoring import write_schemas

    sys.exit(write_schemas(kind, output))


@main.command()
@click.argument("resource")
@click.option("--record", "word", required=True, help="nevisIDM's collection, as its paths have it, such as units.")
@click.option(
    "--mappings",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mappings"),
    show_default=True,
    help="Folder for it; made if it is not there.",
)
@could_not_start
def new(resource: str, word: str, directory: Path) -> None:
    """Begin a mapping: all that nevisIDM shows of a collection, clean, with tests that pass."""
    from gateway.command.authoring import begin_mapping

    sys.exit(begin_mapping(directory, resource, word))
