"""M104 and M2xx: names, ids, attributes that have no source or a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from gateway.mapping.document import Path
from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.finding import Finding
from gateway.mapping.folder import Folder, Unit
from gateway.mapping.identity import id_fault
from gateway.mapping.leaf import Leaf
from gateway.mapping.rules.paths import fields_of
from gateway.mapping.rules.walk import Line, found, lines, named
from gateway.nevisidm import catalogue
from gateway.scim.tree import Attr

_NAME = re.compile(r"[A-Za-z][\w-]*|\$ref|\*")
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[\w.:;/?@$&=+,!*'()~%-]+", re.IGNORECASE)


def file_name(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M104: the file is called after its resource."""
    stem = PurePath(unit.document.file).stem
    if unit.spec is not None and unit.spec.resource != stem:
        cure = f"call it {unit.spec.resource}.yaml, or the resource {stem}"
        yield found(
            unit, "M104", ("resource",), f'the file is not called after its resource "{unit.spec.resource}"', cure
        )


def takeable_id(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M201: resources have an id, and the id leads back to nevisIDM's parts."""
    if unit.spec is None or unit.mapping is None or unit.spec.steps is not None:
        return
    if unit.spec.id is None:
        first = next(iter(unit.mapping.records), "record")
        yield found(unit, "M201", ("resource",), "`id` is missing", f'write id: "{{{first}.extId}}"')
    elif unit.mapping.id is not None and (fault := id_fault(unit.mapping.id)):
        yield found(unit, "M201", ("id",), f"the id cannot be taken apart again: {fault}")


def sources(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M202: every attribute comes from somewhere, and what is required can be written."""
    if unit.spec is None or unit.mapping is None:
        return
    everything = list(lines(unit))
    parents = {Attr(line.attr.name, urn=line.attr.urn) for line in everything if line.attr.sub is not None}
    for line in everything:
        asked = unit.spec.steps is not None and Attr(line.attr.name, urn=line.attr.urn) not in unit.mapping.each
        yield from _source(unit, line, parent=line.attr in parents, asked=asked)


def _source(unit: Unit, line: Line, *, parent: bool, asked: bool) -> Iterator[Finding]:
    spec = line.spec
    has = any(each is not None for each in (spec.idm, spec.from_, spec.slots, spec.each))
    if not has and not parent and not asked:
        yield found(
            unit, "M202", line.path, f'"{line.path[-1]}" has no source', "write `idm`, `from`, `slots` or `each`"
        )
    leaf = line.leaf
    if leaf is not None and leaf.schema.required and leaf.schema.mutability == "readOnly" and _exists(unit, leaf):
        cure = "leave out `required`, or let an operation write it"
        yield found(
            unit, "M202", (*line.path, "required"), f'"{line.path[-1]}" is required, but nothing can write it', cure
        )


def _exists(unit: Unit, leaf: Leaf) -> bool:
    """Whether its fields are there at all; if not, that is M301's to say."""
    known = [(field, fields_of(unit.mapping, field.record)) for field in leaf.idm.values() if unit.mapping is not None]
    return bool(leaf.origin) or any(catalogue.has(names, field.keys, open_map=field.open) for field, names in known)


def kinds(unit: Unit, _: Folder) -> Iterable[Finding]:
    """M203: the sub-attributes of one attribute come from one kind of place."""
    everything = list(lines(unit))
    tops = {line.attr: line for line in everything if line.attr.sub is None}
    for line in everything:
        if line.attr.sub is None:
            yield from _slot_kinds(unit, line.path, line.spec)
            continue
        top = tops.get(Attr(line.attr.name, urn=line.attr.urn))
        in_slots = "slots" in line.path
        if in_slots or line.spec.slots is not None or line.spec.each is not None:
            if line.spec.slots is not None or line.spec.each is not None:
                yield found(
                    unit,
                    "M203",
                    line.path,
                    "a sub-attribute has no slots and no elements of its own",
                    "map it with `idm` or `from`",
                )
        elif top is not None and top.spec.slots is not None:
            yield found(
                unit,
                "M203",
                line.path,
                f'"{top.path[-1]}" has slots, so its sub-attributes stand in them',
                "move it into the slots",
            )
        elif top is not None and (top.spec.idm is not None or top.spec.from_ is not None):
            yield found(
                unit,
                "M203",
                line.path,
                f'"{top.path[-1]}" has a value of its own, so it has no sub-attributes',
                "remove one of them",
            )


def _slot_kinds(unit: Unit, path: Path, spec: AttributeSpec) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for index, slot in enumerate(spec.slots or ()):
        if not any(isinstance(value, AttributeSpec) for value in slot.values()):
            yield found(
                unit,
                "M203",
                (*path, "slots", index),
                "a slot without a mapped sub-attribute holds nothing",
                "map one, such as `value`",
            )
        for name, value in slot.items():
            kind = "mapped" if isinstance(value, AttributeSpec) else f"a {type(value).__name__}"
            if seen.setdefault(name, kind) != kind:
                text = f'"{name}" is {seen[name]} in one slot and {kind} in another'
                yield found(unit, "M203", (*path, "slots", index, name), text, "let it be the same in all slots")


def legal(unit: Unit, folder: Folder) -> Iterable[Finding]:
    """M204: names and URNs are legal SCIM (RFC 7643 section 2.1, RFC 8141), and none differs from another only by case."""
    spec = unit.spec
    if spec is None:
        return
    urns: list[tuple[Path, str]] = [(("schema",), spec.schema_)]
    urns += [(("extensions", alias), urn) for alias, urn in (spec.extensions or {}).items()]
    for path, urn in urns:
        if not _URN.fullmatch(urn):
            yield found(
                unit, "M204", path, f'"{urn}" is no URN', "write one such as urn:example:params:scim:schemas:User"
            )
    yield from _twins(unit, "schema", urns)
    for key in spec.attributes:
        name = key.partition(":")[2] or key
        if not all(_NAME.fullmatch(part) for part in name.split(".")) or name.count(".") > 1:
            yield found(
                unit,
                "M204",
                ("attributes", key),
                f'"{key}" is no SCIM attribute',
                "write a name, name.sub, or alias:name",
            )
    yield from _twins(unit, "attribute", [(("attributes", key), key) for key in spec.attributes])
    yield from _neighbours(unit, folder)


def _twins(unit: Unit, what: str, names: list[tuple[Path, str]]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for path, name in names:
        first = seen.setdefault(name.lower(), name)
        if first is not name:
            text = f'{what} "{name}" differs from "{first}" by case at most'
            yield named(unit, "M204", path, text, "SCIM names ignore case")


def _neighbours(unit: Unit, folder: Folder) -> Iterator[Finding]:
    if unit.mapping is None:
        return
    for other in folder.units:
        if other is unit:
            return
        if other.mapping is None:
            continue
        mine, theirs = unit.mapping.type, other.mapping.type
        if mine.endpoint.lower() == theirs.endpoint.lower():
            yield found(
                unit,
                "M204",
                ("endpoint",),
                f'"{mine.endpoint}" is the address of {theirs.name}, too',
                "give each type its own",
            )
