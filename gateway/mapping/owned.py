"""Lists of a resource's own records: nevisIDM keeps each element below the resource, lists them, and makes and deletes them one by one.

Such a list is the source of an `each` attribute and has a `create` (a person's generic credentials, the enterprise roles of a profile). Its
elements are known by the attribute's key; one that came is created, one that went is deleted, one that is shown differently is updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import BadRequest
from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup, Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.origin import constant_of
from gateway.mapping.records import Records, elements, record_of
from gateway.mapping.view import Scene, at, view
from gateway.nevisidm.template import walk
from gateway.scim.comparison import is_present
from gateway.scim.element import same
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ElementChange:
    """One element that comes (`stored` None), goes (`values` None), or becomes another: its stored fields that change."""

    attr: Attr
    source: str
    stored: Json = field(repr=False)
    values: Map[Keys, Json] | None = field(repr=False)


@kept
def owned(mapping: Mapping) -> Map[str, EachGroup]:
    """The lists of this kind by their record."""
    found = {}
    for group in mapping.lists:
        record = mapping.records.get(group.source)
        if record is not None and record.create is not None and record.over is None and record.reads:
            found[group.source] = group
    return found


def is_owned(mapping: Mapping, group: EachGroup) -> bool:
    """Whether a client may change the elements of this attribute one by one."""
    changing = group.schema.mutability != "readOnly" and any(leaf.writable for leaf in group.leaves.values())
    return changing and any(part.source in owned(mapping) for part in group.lists)


def element_changes(
    mapping: Mapping, group: EachGroup, before: list[Resource], after: list[Resource], records: Records, scene: Scene
) -> list[ElementChange]:
    """What must happen to the elements that were shown (`before`) so that they are those of `after`.

    Raises BadRequest GW111 for a value that belongs to none of the lists, or says what its list has no place for.
    """
    known = [
        each
        for each in _shown(mapping, group, records, scene)
        if any(same(each[1], one, group.schema) for one in before)
    ]
    found: list[ElementChange] = []
    taken: set[int] = set()
    new: list[Resource] = []
    for value in after:
        number = next(
            (place for place, each in enumerate(known) if place not in taken and _is(value, each[1], group)), None
        )
        if number is not None:
            taken.add(number)
            part, shown, stored = known[number]
            fields = _fields(part, value, shown, stored)
            found += [ElementChange(group.attr, part.source, stored, fields)] if fields else []
        elif not any(same(value, other, group.schema) for other in (*new, *(each[1] for each in known))):
            part = _part(group, value)
            found.append(ElementChange(group.attr, part.source, None, _fields(part, value, {}, None)))
            new.append(value)
    gone = [each for place, each in enumerate(known) if place not in taken]
    return [*(ElementChange(group.attr, part.source, stored, None) for part, _, stored in gone), *found]


def _shown(
    mapping: Mapping, group: EachGroup, records: Records, scene: Scene
) -> Iterator[tuple[EachGroup, Resource, Json]]:
    """Every stored element with what is shown of it."""
    nothing: dict[str, Json] = {part.source: [] for part in group.lists}
    for part in group.lists:
        for stored in elements(record_of(mapping, records, part.source)):
            seen = at(
                view(mapping, {**records, **nothing, part.source: [stored]}, scene, frozenset((group.attr,))),
                group.attr,
            )
            if seen:
                yield part, seen[0], stored


def _is(value: Resource, shown: Resource, group: EachGroup) -> bool:
    """Whether a value means that element: by its own id, where it says one, else by the attribute's key."""
    name = "value"
    if name not in group.schema.composite_key and value.get(name) is not None and group.schema.sub(name) is not None:
        return bool(value[name] == shown.get(name))
    return same(value, shown, group.schema)


def _part(group: EachGroup, value: Resource) -> EachGroup:
    """The list that a new value belongs to, which its constants say."""
    fitting = [
        part for part in group.lists if all(_agrees(leaf, value.get(name)) for name, leaf in part.leaves.items())
    ]
    if len(fitting) != 1:
        told = {name for part in group.parts for name, leaf in part.leaves.items() if constant_of(leaf) is not None}
        name = min(told, default="value")
        offered = " or ".join(f'"{constant_of(part.leaves[name])}"' for part in group.parts if name in part.leaves)
        raise BadRequest("GW111", f"{Attr(group.attr.name, name, group.attr.urn)} must be {offered}. Say which.")
    part = fitting[0]
    homeless = next((name for name in value if name not in part.leaves and group.schema.sub(name) is not None), None)
    if homeless is not None and is_present(value[homeless]):
        said = Attr(group.attr.name, homeless, group.attr.urn)
        raise BadRequest("GW111", f"{said} has no place in a value of this kind. Leave it out.")
    return part


def _agrees(leaf: Leaf, value: Json) -> bool:
    constant = constant_of(leaf)
    return constant is None or not is_present(value) or same(value, constant, leaf.schema)


def _fields(part: EachGroup, value: Resource, shown: Resource, stored: Json) -> dict[Keys, Json]:
    """The stored fields of one element that shall be other than they are."""
    fields: dict[Keys, Json] = {}
    for name, leaf in part.leaves.items():
        if not leaf.writable or leaf.first is None or leaf.first.record != part.source:
            continue
        wished, was = _present(value.get(name)), _present(shown.get(name))
        if wished == was or (None not in (wished, was) and same(wished, was, leaf.schema)):
            continue
        if wished is None and leaf.schema.filled:
            continue
        keys = leaf.first.keys
        try:
            fields[keys] = leaf.lens.put(wished, fields.get(keys, walk(stored, keys)))
        except ValueError as cure:
            raise BadRequest("GW111", f"{leaf.attr}: {cure}.") from None
    return fields


def _present(value: Json) -> Json:
    return value if is_present(value) else None
