"""M301, M302, M501 for what leads out of a file: `over`, `where` and `refers` to another type, shared files to those that use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from gateway.mapping.alias import read_attr
from gateway.mapping.document import Document, Path
from gateway.mapping.finding import Finding, did_you_mean
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.inherit import said_base
from gateway.mapping.model import Mapping
from gateway.mapping.record import Over
from gateway.mapping.rules.walk import found, lines, named

_EVERYBODY_SAYS = frozenset({"format", "extends"})


def known_attributes(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M301: what `where` compares is an attribute of the type that `over` goes through."""
    types = folder.by_name
    for over, path in _overs(unit.mapping):
        target = types.get(over.resource)
        for name in over.where if target is not None else ():
            attr = read_attr(name, target.aliases) if target is not None else None
            if target is not None and (attr is None or target.type.attribute(attr) is None):
                names = [str(line) for line in _spelled(folder, target.name)]
                cure = did_you_mean(name, names, f"see {target.name}.yaml")
                yield named(unit, "M301", (*path[:-1], "where", name), f'{target.name} has no attribute "{name}"', cure)


def known_types(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M501: the type that `over` goes through has a mapping."""
    types = folder.by_name
    for over, path in _overs(unit.mapping):
        if over.resource not in types and not _broken(folder, over.resource):
            cure = did_you_mean(over.resource, types, "there must be a mapping of that type in this folder")
            yield found(unit, "M501", path, f'no mapping is called "{over.resource}"', cure)


def known_referred(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M501: `refers` does not misspell a type of this folder. One that it leaves out is no fault: an id leads there all the same."""
    for line in lines(unit):
        said = line.spec.refers
        cure = did_you_mean(said, folder.by_name) if said is not None and said not in folder.by_name else ""
        if said is not None and cure and not _broken(folder, said):
            yield found(unit, "M501", (*line.path, "refers"), f'no mapping is called "{said}"', cure)


def alive(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M302: what stands in `_absent.yaml` is served by nobody, and what stands in a file to be extended reaches somebody."""
    if not unit.shared:
        return
    if folder.absent_file is not None:
        yield from _served(folder.absent_file, folder)
    for base in folder.bases:
        yield from _unheard(base, folder)


def _served(absent: Document, folder: Folder) -> Iterator[Finding]:
    """Entries for addresses that a mapping serves: nobody reads their reasons."""
    kinds = [mapping.type for mapping in folder.by_name.values()]
    served = {kind.endpoint.strip("/").lower(): kind.name for kind in kinds}
    served |= {kind.own.endpoint.strip("/").lower(): kind.name for kind in kinds if kind.own is not None}
    said: dict[str, str] = {}
    for name in (absent.data or {}).get("absent", {}):
        path = ("absent", name)
        if name.lower() in served:
            text = f"{served[name.lower()]} serves /{name}, so nobody reads why it is not there"
            yield Finding(absent.place(*path), "M302", "warning", text, "remove the line")
        elif said.setdefault(name.lower(), name) != name:
            text = f"/{name} is /{said[name.lower()]}: addresses ignore case"
            yield Finding(absent.place(*path), "M302", "warning", text, "remove one of them")


def _unheard(base: Document, folder: Folder) -> Iterator[Finding]:
    """A file that nobody extends, or lines of it that all who extend it replace or remove."""
    name = PurePath(base.file).stem
    said = {said_base(each) or "" for each in (*folder.bases, *folder.documents)}
    extended = {each.removeprefix("builtin:") for each in said}
    if name not in extended:
        text = f"nobody extends {name}"
        yield Finding(base.place(), "M302", "warning", text, f"remove it, or write `extends: {name}`")
        return
    if not folder.shipped and name not in said:
        return  # a copy of a shipped file: what extends `builtin:` has that one's lines
    reached = {place for document in folder.documents for place in document.keys.values()}
    for path in _ends(base.data, ()):
        if path[0] not in _EVERYBODY_SAYS and base.place(*path) not in reached:
            text = f"every file that extends this one replaces or removes `{'.'.join(map(str, path))}`"
            yield Finding(base.place(*path), "M302", "warning", text, "remove the line")


def _ends(value: Any, path: Path) -> Iterator[Path]:
    """The ways to all that is said, but for what is removed from a base below."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _ends(inner, (*path, key))
    elif value is not None and path:
        yield path


def _overs(mapping: Mapping | None) -> Iterator[tuple[Over, Path]]:
    for name, record in mapping.records.items() if mapping is not None else ():
        if record.over is not None:
            yield record.over, ("records", name, "over")
    for route in mapping.search.routes if mapping is not None and mapping.search is not None else ():
        if route.over is not None:
            yield route.over, ("search", "routes", route.name, "over")


def _spelled(folder: Folder, name: str) -> Iterable[str]:
    """The attributes of a type as its file spells them."""
    return next(
        (unit.spec.attributes for unit in folder.units if unit.spec is not None and unit.spec.resource == name), ()
    )


def _broken(folder: Folder, name: str) -> bool:
    """Whether the type is only missing because its own file could not be read."""
    return any(unit.spec is None and PurePath(unit.document.file).stem == name for unit in folder.units)
