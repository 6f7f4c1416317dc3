"""Where every line of a mapping comes from, once `extends` and variants are resolved: as data, and as a file with its origins beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError
from gateway.mapping.document import Document
from gateway.mapping.document import Path as Way
from gateway.mapping.file import MappingFile, RecordSpec, RouteSpec
from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.finding import did_you_mean
from gateway.mapping.folder import Unit, read_folder
from gateway.mapping.inherit import NO_TEXTS, Texts
from gateway.mapping.keys import Spec
from gateway.mapping.record import Place
from gateway.mapping.spelled import flow

Json = Any
_WIDTH = 120
_RESOLVED = ("extends", "variants")


@dataclass(frozen=True, slots=True)
class Origin:
    """What stands at a way through the resolved mapping, and where somebody wrote it."""

    path: Way
    place: Place


def resolved(directory: Path, resource: str, variants: tuple[str, ...] = (), texts: Texts = NO_TEXTS) -> Unit:
    """The file of a resource with all that it extends and these variants in it. Raises ConfigError GW002 if there is none."""
    units = {
        Path(unit.document.file).stem: unit
        for unit in read_folder(directory, variants, texts).units
        if unit.document.data is not None
    }
    unit = units.get(resource) or {name.lower(): each for name, each in units.items()}.get(resource.lower())
    if unit is None:
        cure = did_you_mean(resource, units, f"there are {', '.join(units)}")
        raise ConfigError(f'{directory.name} has no mapping "{resource}", {cure}', code="GW002")
    return unit


def origins(document: Document) -> list[Origin]:
    """Every key and list element of the document, in its order."""
    return [Origin(path, document.place(*path)) for path in _ways(complete(document), ())]


def complete(document: Document) -> dict[str, Json]:
    """The data as one file would say it, that extends nothing and has no variants; keys in the order of the language."""
    data = {key: value for key, value in document.data.items() if key not in _RESOLVED}
    tables = {
        "records": data.get("records"),
        "attributes": data.get("attributes"),
        "routes": (data.get("search") or {}).get("routes"),
    }
    for name, spec in (("records", RecordSpec), ("attributes", AttributeSpec), ("routes", RouteSpec)):
        table = tables[name]
        if isinstance(table, dict):
            tables[name] = {key: _sorted(each, spec) for key, each in table.items()}
    search = data.get("search")
    if isinstance(search, dict) and tables["routes"]:
        data["search"] = {**search, "routes": tables["routes"]}
    data |= {name: tables[name] for name in ("records", "attributes") if data.get(name)}
    return dict(_sorted(data, MappingFile))


def _sorted(value: Json, spec: type[Spec]) -> Json:
    if not isinstance(value, dict):
        return value
    rank = {key: index for index, key in enumerate(spec.keys())}
    return dict(sorted(value.items(), key=lambda pair: rank.get(str(pair[0]), len(rank))))


def _ways(value: Json, path: Way) -> Iterator[Way]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in parts:
        yield (*path, key)
        yield from _ways(each, (*path, key))


def listed(document: Document) -> list[tuple[str, Place]]:
    """The lines of the resolved mapping, each with its origin. What came from several files, or is long, stands on lines of its own."""
    return list(_map(document, complete(document), (), ""))


def _map(document: Document, value: dict[Any, Json], path: Way, indent: str) -> Iterator[tuple[str, Place]]:
    for key, each in value.items():
        here = (*path, key)
        head, place = f"{indent}{flow(key)}:", document.place(*here)
        line = f"{head} {flow(each)}"
        if not isinstance(each, dict | list) or not each or not _splits(document, each, here, line):
            yield line, place
            continue
        yield head, place
        inner = f"{indent}  "
        yield from _map(document, each, here, inner) if isinstance(each, dict) else _list(document, each, here, inner)


def _list(document: Document, value: list[Json], path: Way, indent: str) -> Iterator[tuple[str, Place]]:
    for index, each in enumerate(value):
        here = (*path, index)
        line = f"{indent}- {flow(each)}"
        if isinstance(each, dict) and _splits(document, each, here, line):
            lines = list(_map(document, each, here, f"{indent}  "))
            (first, place), *rest = lines
            yield f"{indent}- {first.lstrip()}", place
            yield from rest
        else:
            yield line, document.place(*here)


def _splits(document: Document, value: Json, path: Way, line: str) -> bool:
    """Whether a value takes several lines: the tables of a file, what is long, and what several files have written."""
    if len(path) == 1 and isinstance(value, dict):
        return True
    files = {document.place(*path, *way).file for way in _ways(value, ())} | {document.place(*path).file}
    return len(line) > _WIDTH or len(files) > 1
