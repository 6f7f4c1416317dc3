"""Which attributes of a type hold ids of other resources, and so in what order types are loaded. Both follow from the mappings.

An attribute refers to a type where the mapping says `refers`, or where a `$ref` beside it leads to that type's address. A type that others
need comes before them; where two refer to each other (users to their groups, groups to their members), the one that more others need comes
first, and what it says of the later one is added afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass

from gateway.mapping.apart import aparts
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping, Mappings
from gateway.scim.tree import Attr


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute whose value is an id of `type`. `many`: its parent is a list; `apart`: of elements that are written one by one.

    `firm`: a resource cannot be made without it, or not be given it later.
    """

    attr: Attr
    type: str
    many: bool = False
    apart: bool = False
    firm: bool = False


def references(mapping: Mapping, mappings: Mappings) -> tuple[Reference, ...]:
    """The attributes of a type that a client may write and that refer to others."""
    found = []
    for leaf in _leaves(mapping):
        kind = _target(leaf, mapping, mappings)
        parent = mapping.type.attribute(Attr(leaf.attr.name, urn=leaf.attr.urn))
        if kind is None or parent is None or "readOnly" in (parent.mutability, leaf.schema.mutability):
            continue
        many = parent.multi_valued
        single = leaf.schema.required or leaf.schema.mutability == "immutable"
        firm = parent.required or (not many and single)
        apart = Attr(leaf.attr.name, urn=leaf.attr.urn) in aparts(mapping)
        found.append(Reference(leaf.attr, kind, many, apart, firm))
    return tuple(found)


def in_order(names: Iterable[str], mappings: Mappings) -> tuple[str, ...]:
    """The types so that each comes behind those that it cannot do without. Types without a mapping come last."""
    left = dict.fromkeys(names)
    strange = [name for name in left if name not in mappings.by_name]
    needs = {name: references(mappings.by_name[name], mappings) if name in mappings.by_name else () for name in left}
    needed = _popularity(mappings)
    placed: list[str] = []
    while rest := [name for name in left if name not in placed and name not in strange]:

        def behind(name: str, rest: list[str] = rest) -> tuple[int, int, int]:
            open_yet = [each for each in needs[name] if each.type in rest and each.type != name]
            return (sum(each.firm for each in open_yet), -needed.get(name, 0), len(open_yet))

        placed.append(min(rest, key=behind))
    return (*placed, *strange)


def _popularity(mappings: Mappings) -> Map[str, int]:
    """How many types refer to each."""
    found: dict[str, int] = {}
    for name, mapping in mappings.by_name.items():
        for kind in {each.type for each in references(mapping, mappings)} - {name}:
            found[kind] = found.get(kind, 0) + 1
    return found


def _leaves(mapping: Mapping) -> Iterator[Leaf]:
    yield from mapping.leaves.values()
    for group in mapping.each.values():
        for part in (group, *group.parts) if not group.parts else group.parts:
            yield from part.leaves.values()


def _target(leaf: Leaf, mapping: Mapping, mappings: Mappings) -> str | None:
    """The type whose ids the attribute holds."""
    if leaf.refers is not None:
        return leaf.refers
    if leaf.attr.sub != "value":
        return None
    beside = mapping.type.attribute(Attr(leaf.attr.name, "$ref", leaf.attr.urn))
    led = beside.reference_types if beside is not None else ()
    types = mappings.types()
    kind = types.get(led[0].lower()) if len(led) == 1 else None
    return kind.name if kind is not None else None
