"""What rules walk over: every attribute line with its leaf, every call, every template, each with its way through the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.mapping.action import Do
from gateway.mapping.alias import read_attr
from gateway.mapping.document import Path
from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.finding import Finding, Fix, Level
from gateway.mapping.folder import Unit
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Record, Write
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute line: its way, what it says, the attribute, and its leaf if it has a source of its own."""

    path: Path
    spec: AttributeSpec
    attr: Attr
    leaf: Leaf | None


def found(
    unit: Unit, code: str, path: Path, text: str, cure: str = "", level: Level = "error", fix: Fix | None = None
) -> Finding:
    """A finding about the value at `path`."""
    return Finding(unit.document.value_place(*path), code, level, text, cure, fix)


def named(unit: Unit, code: str, path: Path, text: str, cure: str = "", level: Level = "error") -> Finding:
    """A finding about the key that leads to `path`."""
    return Finding(unit.document.place(*path), code, level, text, cure)


def lines(unit: Unit) -> Sequence[Line]:
    """Every attribute line; those of slots behind the line that has them. Most rules ask, so a unit keeps them once it is compiled."""
    if unit.mapping is None:
        return ()
    if unit.lines is None:
        unit.lines = tuple(_lines(unit))
    return unit.lines


def _lines(unit: Unit) -> Iterator[Line]:
    if unit.spec is None or unit.mapping is None:
        return
    for key, spec in unit.spec.attributes.items():
        attr = read_attr(key, unit.spec.extensions or {})
        if attr is not None:
            yield Line(("attributes", key), spec, attr, _leaf(unit.mapping, attr))
            yield from _slot_lines(unit.mapping, key, spec, attr)
            yield from _list_lines(unit.mapping, key, spec, attr)


def _slot_lines(mapping: Mapping, key: str, spec: AttributeSpec, attr: Attr) -> Iterator[Line]:
    group = mapping.slots.get(attr)
    for index, slot in enumerate(spec.slots or ()):
        for name, sub in slot.items():
            if isinstance(sub, AttributeSpec):
                leaf = group.slots[index].leaves.get(name) if group else None
                yield Line(("attributes", key, "slots", index, name), sub, Attr(attr.name, name, attr.urn), leaf)


def _list_lines(mapping: Mapping, key: str, spec: AttributeSpec, attr: Attr) -> Iterator[Line]:
    """The lines of an attribute that is made of several lists."""
    group = mapping.each.get(attr)
    parts = {part.source: part for part in group.parts} if group is not None else {}
    for source, own in spec.each.items() if isinstance(spec.each, dict) else ():
        for name, sub in own.items():
            leaf = parts[source].leaves.get(name) if source in parts else None
            yield Line(("attributes", key, "each", source, name), sub, Attr(attr.name, name, attr.urn), leaf)


def idm_path(line: Line, target: str) -> Path:
    """The way to the record path of one target; a lens with one target, and an id of several fields, stand in `idm` itself."""
    return (*line.path, "idm", target) if isinstance(line.spec.idm, dict) else (*line.path, "idm")


def _leaf(mapping: Mapping, attr: Attr) -> Leaf | None:
    group = mapping.each.get(Attr(attr.name, urn=attr.urn))
    if group is not None and attr.sub is not None and not group.parts:
        return group.leaves.get(attr.sub)
    return mapping.leaves.get(attr)


def calls(mapping: Mapping) -> Iterator[tuple[Call, Path]]:
    """Every call of a file."""
    for name, record in mapping.records.items():
        yield from _record_calls(name, record)
    for route in mapping.search.routes if mapping.search else ():
        if route.call is not None:
            yield route.call, ("search", "routes", route.name, "call")
    for verb, steps in mapping.operations.items():
        for index, step in enumerate(steps):
            if step.call is not None:
                yield step.call, ("operations", verb, index, "do")
            if step.undo is not None:
                yield step.undo, ("operations", verb, index, "undo")
    for way, index, do in _dos(mapping):
        yield do.call, ("steps", *((way,) if way else ()), index, "do")


def _record_calls(name: str, record: Record) -> Iterator[tuple[Call, Path]]:
    for index, call in enumerate(record.reads):
        yield call, ("records", name, "read", index)
    for verb, write in writes(record):
        yield write.call, ("records", name, verb, "do")
        for keys, table in write.values.items():
            yield from (
                (call, ("records", name, verb, "values", ".".join(keys), value)) for value, call in table.items()
            )


def writes(record: Record) -> Iterator[tuple[str, Write]]:
    """The calls of a record that change something, by their key."""
    for verb, write in (("create", record.create), ("update", record.update), ("delete", record.delete)):
        if write is not None:
            yield verb, write


def _dos(mapping: Mapping) -> Iterator[tuple[str, int, Do]]:
    for way, steps in mapping.action.ways.items() if mapping.action else ():
        for index, step in enumerate(steps):
            if isinstance(step, Do):
                yield way, index, step


def templates(mapping: Mapping) -> Iterator[tuple[Template, Path]]:
    """Every template besides the paths of calls: id, fill, send, scope, guard, from, and those of actions."""
    if mapping.id is not None:
        yield mapping.id, ("id",)
    for name, record in mapping.records.items():
        for keys, value in record.fill.items():
            if isinstance(value, Template):
                yield value, ("records", name, "fill", ".".join(keys))
        for verb, write in writes(record):
            yield from ((each, ("records", name, verb, "send", key)) for key, each in (write.send or {}).items())
        for _, template in record.pick.conditions if record.pick else ():
            yield template, ("records", name, "pick")
        for attribute, template in record.over.where.items() if record.over is not None else ():
            yield template, ("records", name, "where", attribute)
    for route in mapping.search.routes if mapping.search else ():
        path: Path = ("search", "routes", route.name)
        yield from [(route.scope, (*path, "scope"))] if route.scope is not None else []
        yield from ((each, (*path, "guard", field)) for field, each in route.guard.items())
    for way, index, do in _dos(mapping):
        path = ("steps", *((way,) if way else ()), index)
        yield from ((each, (*path, "send", key)) for key, each in do.send.items())
    for name, datum in mapping.action.data.items() if mapping.action else ():
        if isinstance(datum, Template):
            yield datum, ("failure", "data", name)
