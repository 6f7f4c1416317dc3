"""Attributes: the SCIM side of a mapping, from lines to leaves, slots and lists, with their schema beside them."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace

from gateway.mapping.alias import read_attr
from gateway.mapping.compile.leaf import Leaves
from gateway.mapping.compile.notes import Notes, Part
from gateway.mapping.compile.writing import Writing
from gateway.mapping.file import MappingFile
from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.leaf import EachGroup, Leaf, Slot, SlotGroup
from gateway.mapping.origin import constant_of as constant_in
from gateway.mapping.origin import is_constant
from gateway.mapping.schema import complex_of, constant_of
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

Table = dict[str, Attribute]


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute line: the path it describes, its key in the file, what it says."""

    attr: Attr
    key: str
    spec: AttributeSpec


@dataclass(slots=True)
class Shape:
    """All attributes of a file, compiled; `tables` by URN (None: core), names in lower case."""

    leaves: dict[Attr, Leaf] = field(default_factory=dict)
    slots: dict[Attr, SlotGroup] = field(default_factory=dict)
    each: dict[Attr, EachGroup] = field(default_factory=dict)
    tables: dict[str | None, Table] = field(default_factory=dict)

    def add(self, attr: Attr, schema: Attribute) -> None:
        """Put a top attribute into its table."""
        self.tables.setdefault(attr.urn, {})[attr.name.lower()] = schema


def attributes_of(spec: MappingFile, writing: Writing, copied: Map[str, Map[str, Attribute]], notes: Notes) -> Shape:
    """The attributes. `copied`: for `appRoles.*` of an action, what the elements of that list have, by the list's path."""
    shape = Shape({}, {}, {}, {None: {}, **{urn: {} for urn in (spec.extensions or {}).values()}})
    maker = Leaves(writing, notes, action=spec.steps is not None)
    for parent, lines in _families(spec, notes).items():
        own = next((line for line in lines if line.attr.sub is None), None)
        subs = [line for line in lines if line.attr.sub is not None]
        if own is not None and own.spec.slots is not None:
            _slots(parent, own, maker, shape, notes)
        elif own is not None and isinstance(own.spec.each, dict):
            _several(parent, own, maker, shape, own.spec.each)
        elif own is not None and own.spec.each is not None:
            _each(parent, own, subs, maker, shape, copied)
        elif own is not None and not subs:
            leaf = maker.leaf(parent, own.spec, "attributes", own.key)
            shape.leaves[parent] = leaf
            shape.add(parent, leaf.schema)
        else:
            _complex(parent, own, subs, maker, shape)
    return shape


def _families(spec: MappingFile, notes: Notes) -> dict[Attr, list[Line]]:
    """The lines by the top attribute that they belong to, in file order."""
    families: dict[Attr, list[Line]] = {}
    for key, each in spec.attributes.items():
        attr = read_attr(key, spec.extensions or {})
        if attr is None:
            alias = key.partition(":")[0]
            notes.error(
                "M204", ("attributes", key), f'"{alias}" is no alias of an extension', "declare it in `extensions`"
            )
        else:
            families.setdefault(Attr(attr.name, urn=attr.urn), []).append(Line(attr, key, each))
    return families


def _complex(parent: Attr, own: Line | None, subs: list[Line], maker: Leaves, shape: Shape) -> None:
    """A singular attribute with sub-attributes, or a free map."""
    made = [maker.leaf(line.attr, line.spec, "attributes", line.key) for line in subs]
    shape.leaves |= {leaf.attr: leaf for leaf in made}
    shape.add(parent, complex_of(parent.name, [leaf.schema for leaf in made], own.spec if own else None))


def _slots(parent: Attr, own: Line, maker: Leaves, shape: Shape, notes: Notes) -> None:
    listed = own.spec.slots or []
    slots = [
        _slot(parent, each, maker, notes, "attributes", own.key, "slots", index) for index, each in enumerate(listed)
    ]
    names = list(dict.fromkeys(name for each in listed for name in each))
    subs = [_slot_sub(name, slots) for name in names]
    schema = complex_of(parent.name, subs, own.spec, many=True)
    shape.slots[parent] = SlotGroup(
        parent, schema, tuple(slots), own.spec.unmatched or "reject", notes.place("attributes", own.key)
    )
    shape.add(parent, schema)


def _slot(
    parent: Attr, said: dict[str, bool | int | str | AttributeSpec], maker: Leaves, notes: Notes, *path: Part
) -> Slot:
    constants = {name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
                 for name, value in said.items() if not isinstance(value, AttributeSpec)}  # fmt: skip
    leaves = {
        name: maker.leaf(Attr(parent.name, name, parent.urn), value, *path, name)
        for name, value in said.items()
        if isinstance(value, AttributeSpec)
    }
    return Slot(constants, leaves, notes.place(*path))


def _slot_sub(name: str, slots: list[Slot]) -> Attribute:
    leaf = next((slot.leaves[name] for slot in slots if name in slot.leaves), None)
    if leaf is not None:
        return leaf.schema
    written = any(each.schema.mutability != "readOnly" for slot in slots for each in slot.leaves.values())
    return constant_of(name, [slot.constants[name] for slot in slots if name in slot.constants], written=written)


def _each(
    parent: Attr, own: Line, subs: list[Line], maker: Leaves, shape: Shape, copied: Map[str, Map[str, Attribute]]
) -> None:
    spec = own.spec
    source = spec.each if isinstance(spec.each, str) else ""
    copies = any(line.attr.sub == "*" for line in subs)
    made = [maker.leaf(line.attr, line.spec, "attributes", line.key) for line in subs if line.attr.sub != "*"]
    inherited = [each for each in copied.get(source, {}).values() if copies]
    known = {leaf.schema.name.lower() for leaf in made}
    parts = [*(each for each in inherited if each.name.lower() not in known), *(leaf.schema for leaf in made)]
    schema = complex_of(parent.name, parts, spec, many=True)
    if maker.writing.apart(source):  # values come and go, even if none of them can change
        changing = "readWrite" if schema.mutability == "immutable" and spec.mutability is None else schema.mutability
        schema = replace(schema, apart=True, mutability=changing)
    leaves = {leaf.attr.sub or "": leaf for leaf in made}
    place = maker.notes.place("attributes", own.key)
    _check_key(own, schema, maker.notes)
    shape.each[parent] = EachGroup(parent, schema, source, leaves, place, copies, dict(spec.keep or {}), spec.asked)
    shape.add(parent, schema)


def _several(parent: Attr, own: Line, maker: Leaves, shape: Shape, lists: Map[str, Map[str, AttributeSpec]]) -> None:
    """A multi-valued attribute made of several lists, each with its own sub-attributes."""
    place = maker.notes.place("attributes", own.key)
    parts = []
    for source, lines in lists.items():
        path = ("attributes", own.key, "each", source)
        leaves = {
            name: maker.leaf(Attr(parent.name, name, parent.urn), line, *path, name) for name, line in lines.items()
        }
        schema = complex_of(parent.name, [leaf.schema for leaf in leaves.values()], own.spec, many=True)
        parts.append(EachGroup(parent, schema, source, leaves, place))
    names = dict.fromkeys(name for part in parts for name in part.leaves)
    leaves = {name: next(part.leaves[name] for part in parts if name in part.leaves) for name in names}
    schema = complex_of(parent.name, [_sub_of_lists(name, parts) for name in names], own.spec, many=True)
    _check_key(own, schema, maker.notes)
    shape.each[parent] = EachGroup(parent, schema, "", leaves, place, parts=tuple(parts))
    shape.add(parent, schema)


def _sub_of_lists(name: str, parts: list[EachGroup]) -> Attribute:
    """One sub-attribute of several lists: a constant says which list a value is of, anything else is as the first list has it."""
    leaves = [part.leaves[name] for part in parts if name in part.leaves]
    if all(is_constant(leaf) for leaf in leaves):
        said = constant_of(name, [found for leaf in leaves if (found := constant_in(leaf)) is not None], written=True)
        return replace(
            said, required=any(leaf.schema.required for leaf in leaves), case_exact=leaves[0].schema.case_exact
        )
    everywhere = len(leaves) == len(parts)
    written = next((leaf.schema for leaf in leaves if leaf.schema.mutability != "readOnly"), leaves[0].schema)
    return replace(leaves[0].schema, required=everywhere and leaves[0].schema.required, mutability=written.mutability)


def _check_key(own: Line, schema: Attribute, notes: Notes) -> None:
    """M301 for a `key` that names no sub-attribute."""
    for index, name in enumerate(own.spec.key or ()):
        if schema.sub(name) is None:
            cure = f"its sub-attributes are {', '.join(each.name for each in schema.subs.values())}"
            notes.error(
                "M301", ("attributes", own.key, "key", index), f'"{name}" is no sub-attribute of {own.key}', cure
            )
