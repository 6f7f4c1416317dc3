"""M801: keys stand in the order of the language, so that every mapping reads alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from gateway.mapping.document import Path
from gateway.mapping.file import ErrorsFile, MappingFile
from gateway.mapping.finding import Finding, Fix
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.keys import Spec

Json = Any


def key_order(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M801 for every map with known keys. A file that extends another is merged and has no order of its own."""
    data = unit.document.data
    if not isinstance(data, dict) or "extends" in data:
        return
    spec: Spec | None = unit.spec
    if spec is not None:
        yield from _check(unit, data, MappingFile, spec, ())
    elif unit.shared and unit.rows:
        yield from _check(unit, data, ErrorsFile, ErrorsFile.model_validate(data), ())


def _check(unit: Unit, data: Json, kind: type[Spec], value: Any, path: Path) -> Iterator[Finding]:
    """Compare the keys of `data` with the fields of its model, and go on below."""
    order = kind.keys()
    said = [key for key in data if key in order]
    for before, after in pairwise(said):
        if order.index(after) < order.index(before):
            place = unit.document.place(*path, after)
            right = tuple(each for each in order if each in said)
            text, cure = f"`{after}` stands behind `{before}`", f"the order is {', '.join(right)}"
            yield Finding(place, "M801", "warning", text, cure, Fix("order", right))
            break
    for name, field in kind.model_fields.items():
        alias = field.alias or name
        if alias in data:
            yield from _below(unit, data[alias], getattr(value, name), (*path, alias))


def _below(unit: Unit, data: Json, value: Any, path: Path) -> Iterator[Finding]:
    if isinstance(value, Spec) and isinstance(data, dict):
        yield from _check(unit, data, type(value), value, path)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _below(unit, data[key], each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _below(unit, data[index], each, (*path, index))
