"""Which line of a mapping stands behind each part of an answer, a reply or a body: for a reader who clicks on it.

A part is known by its way from the top, names joined by `/`, list elements left out: `name/familyName`, `emails/value`, `<URN>/unit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.records import all_leaves, storage
from gateway.scim.tree import Attr

Json = Any
Lines = dict[str, str]
DEEP = 3
"""How far from the top of a reply a record may stand, as below the name of a list."""


def answer_lines(body: Json, mapping: Mapping) -> Lines:
    """The line of each attribute that a SCIM answer shows."""
    rows = body.get("Resources") if isinstance(body, dict) else None
    shown = rows if isinstance(rows, list) else [body]
    return _found((path for each in shown for path in _paths(each)), _attributes(mapping))


def body_lines(body: Json, name: str, mapping: Mapping) -> Lines:
    """The line of each field that a nevisIDM body holds and the mapping names. `name`: of the call, `user.read` or a route's."""
    return _found(_paths(body), _fields(mapping, name))


def _found(paths: Iterable[str], known: Map[str, str]) -> Lines:
    found: Lines = {}
    for path in paths:
        if path not in found and (line := _line(path, known)) is not None:
            found[path] = line
    return found


def _line(path: str, known: Map[str, str]) -> str | None:
    """The line of a path, whatever stands above the record; of a free map's key that of the map."""
    parts = path.split("/")
    for start in range(min(DEEP, len(parts))):
        rest = parts[start:]
        for each in ("/".join(rest), "/".join((*rest[:-1], "*"))):
            if each in known:
                return known[each]
    return None


def _paths(value: Json, above: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield "/".join((*above, key))
            yield from _paths(inner, (*above, key))
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, above)


@kept
def _attributes(mapping: Mapping) -> Lines:
    lines: Lines = {} if mapping.id_place is None else {"id": str(mapping.id_place)}
    for attr, leaf in mapping.leaves.items():
        lines[_path(attr)] = str(leaf.place)
    for attr, slots in mapping.slots.items():
        lines.setdefault(_path(attr), str(slots.place))
        for slot in slots.slots:
            _add(lines, attr, slot.leaves)
    for attr, group in mapping.each.items():
        lines.setdefault(_path(attr), str(group.place))
        for each in group.lists:
            _add(lines, attr, each.leaves)
    return lines


def _add(lines: Lines, attr: Attr, leaves: Map[str, Leaf]) -> None:
    for name, leaf in leaves.items():
        lines.setdefault(f"{_path(attr)}/{name}", str(leaf.place))


def _path(attr: Attr) -> str:
    return "/".join(part for part in (attr.urn, attr.name, attr.sub) if part)


@kept
def _fields(mapping: Mapping, name: str) -> Lines:
    """The fields of a record, or of a route's hits."""
    route = next((each for each in mapping.search.routes if each.name == name), None) if mapping.search else None
    record = (route.items or "") if route is not None else name.partition(".")[0]
    lines: Lines = {}
    for leaf in all_leaves(mapping):
        said = leaf.routes.get(name)
        if said:
            lines.setdefault(said.replace(".", "/"), str(leaf.place))
        for field in leaf.idm.values():
            place = storage(mapping, field)
            if record in (place.record, field.record):
                keys = place.keys if record == place.record else field.keys
                lines.setdefault("/".join((*keys, *(("*",) if place.open else ()))), str(leaf.place))
    return lines
