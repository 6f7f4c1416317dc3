"""M205: what nevisIDM always has a value of says so, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.mapping.finding import Finding
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.model import Mapping
from gateway.mapping.owned import is_owned
from gateway.mapping.record import Field
from gateway.mapping.rules.walk import Line, found, idm_path, lines
from gateway.scim.tree import Attr


def not_taken_away(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M205: `filled` stands where a client could take a value away, and wherever a value is part of the path that changes it."""
    mapping = unit.mapping
    if mapping is None:
        return
    for line in lines(unit):
        why = _in_vain(line, mapping)
        if line.spec.filled and why and not _inherited(unit, line):
            yield found(unit, "M205", (*line.path, "filled"), f"`filled` says nothing here: {why}", "leave it out")
        elif not line.spec.filled and not why and "each" not in line.path:
            for target, field in line.leaf.idm.items() if line.leaf is not None else ():
                if _in_its_path(field, mapping):
                    text = f"the path that changes {field} is made of it, so a client cannot take it away"
                    yield found(unit, "M205", idm_path(line, target), text, "add filled: true")


def _inherited(unit: Unit, line: Line) -> bool:
    """Whether the line stands in a file that this one extends: there it speaks of all types that do."""
    return unit.document.value_place(*line.path, "filled").file != unit.document.file


def _in_vain(line: Line, mapping: Mapping) -> str:
    """Why nobody could take the value away as it is; empty if a client could."""
    whole = mapping.type.attribute(Attr(line.attr.name, None, line.attr.urn))
    if mapping.action is not None or not {"replace", "modify"} & mapping.operations.keys():
        return "the type is never changed"
    if "each" in line.path or _in_owned(line, mapping):  # of one element, which has an update of its own
        return (
            ""
            if line.leaf is not None and line.leaf.writable and not line.spec.required
            else "no client can take it away"
        )
    if line.leaf is None or line.attr.sub == "*" or "slots" in line.path or (whole is not None and whole.multi_valued):
        return "it is for a single value"
    if not line.leaf.writable or line.leaf.schema.mutability != "readWrite":
        return "no client can change it"
    return "it is required" if line.spec.required else ""


def _in_owned(line: Line, mapping: Mapping) -> bool:
    """Whether it is part of an element that stands in a list of the resource's own."""
    group = mapping.each.get(Attr(line.attr.name, None, line.attr.urn))
    return line.attr.sub is not None and group is not None and is_owned(mapping, group)


def _in_its_path(field: Field, mapping: Mapping) -> bool:
    record = mapping.records.get(field.record)
    return record is not None and record.update is not None and str(field) in record.update.call.path.holes
