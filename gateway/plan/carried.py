"""What a hit already brings: which fields can be read from it, and so which records need not be read at all.

A hit of a route with `items` is that record, with everything that stands in it. Any other hit carries the parts of the id that its
`key` names and the fields that attributes name for the route, if the catalogue knows them on hits and they are spelt as in the record
(dtos.yaml QueryUserHit of the reference: no created or modified there, `sex` and dates in another spelling).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup, Leaf, SlotGroup
from gateway.mapping.model import Mapping, Route
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves
from gateway.nevisidm import catalogue
from gateway.nevisidm.template import Template
from gateway.plan.resolve import hole_field, leaf_of
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within

Json = Any

OTHERWISE_SPELT = frozenset(
    (
        "id",
        "client",
        "sex",
        "language",
        "birthdate",
        "country",
        "validfrom",
        "validto",
        "postofficeboxnumber",
        "istechnicaluser",
    )
)
"""Fields of hits that are not spelt as in the record they come from."""
PROPERTIES = "properties"


def path_in(mapping: Mapping, item: str | None, field: Field) -> tuple[str, ...] | None:
    """Where a field stands inside the record `item`; None if it stands elsewhere."""
    if item is None:
        return None
    if field.record == item:
        return field.keys
    record = mapping.records.get(field.record)
    if record is None or record.stands_in is None:
        return None
    above = record.stands_in
    return path_in(mapping, item, Field(above.record, (*above.keys, *field.keys)))


def property_of(path: tuple[str, ...] | None) -> str | None:
    """The custom property that a path inside a record names."""
    return path[1] if path is not None and len(path) == 2 and path[0] == PROPERTIES and path[1][:1] != "_" else None


def root_of(mapping: Mapping) -> str | None:
    """The record that the resource stands for: the first of the file."""
    return next(iter(mapping.records), None)


@kept
def field_names(mapping: Mapping, route: Route) -> Map[Field, str]:
    """The fields that a hit which is no record carries, and what the hit calls them."""
    names = {hole_field(hole): name for hole, name in route.key.items()}
    index = catalogue.index(route.call.path.text) if route.call is not None else None
    shown = {name.lower() for name in index.hit} - OTHERWISE_SPELT if index is not None else set()
    for leaf in all_leaves(mapping):
        name = leaf.routes.get(route.name)
        if name is not None and leaf.first is not None and name.lower() in shown:
            names.setdefault(leaf.first, name)
    return names


@dataclass(frozen=True, slots=True)
class Carried:
    """What comes with every hit of a way: the hit itself, an element of the list read before it (`lead`), and the holes of the path."""

    mapping: Mapping
    route: Route
    lead: str | None = None
    holes: frozenset[str] = frozenset()

    def has(self, field: Field) -> bool:
        """Whether a hit brings the field."""
        if str(field) in self.holes:
            return True
        if (
            path_in(self.mapping, self.route.items, field) is not None
            or path_in(self.mapping, self.lead, field) is not None
        ):
            return True
        if self.route.style == "lucene" and not field.open and self._is_property(field):
            return True
        return field in field_names(self.mapping, self.route)

    def missing(self, wanted: Iterable[Attr | Field]) -> frozenset[str]:
        """The records to read besides, to show these attributes or to know these fields."""
        found: frozenset[str] = frozenset()
        for each in wanted:
            if isinstance(each, Attr):
                found |= _missing(self.mapping, self.route, self.lead, self.holes, each)
            elif not self.has(each) and self.readable(each.record):
                found |= {each.record}
        return found

    def _is_property(self, field: Field) -> bool:
        return property_of(path_in(self.mapping, root_of(self.mapping), field)) is not None

    def readable(self, name: str) -> bool:
        record = self.mapping.records.get(name)
        return record is not None and record.readable


@kept
def _missing(mapping: Mapping, route: Route, lead: str | None, holes: frozenset[str], attr: Attr) -> frozenset[str]:
    """`Carried.missing` of one attribute."""
    carried = Carried(mapping, route, lead, holes)
    fields = (field for field in fields_of(mapping, attr) if not carried.has(field))
    return frozenset(field.record for field in fields if carried.readable(field.record))


@kept
def known_fields(mapping: Mapping, attrs: frozenset[Attr]) -> frozenset[Field]:
    """The fields from which these attributes are shown."""
    return frozenset(field for attr in attrs for field in fields_of(mapping, attr))


@kept
def fields_of(mapping: Mapping, attr: Attr) -> frozenset[Field]:
    """The fields from which an attribute is shown (nothing for constants and for what the gateway adds itself)."""
    if attr == Attr("meta", "version"):
        root = root_of(mapping)
        return frozenset({Field(root, ("version",))} if root else ())
    if attr == Attr("id") and mapping.id is not None:
        return frozenset(map(hole_field, mapping.id.holes))
    parent = Attr(attr.name, urn=attr.urn)
    group = mapping.slots.get(parent) or mapping.each.get(parent)
    if group is not None:
        return frozenset(_group_fields(group, attr.sub))
    found = leaf_of(mapping, attr)
    if found is not None:
        leaf, own = found
        return frozenset((own,)) if own is not None and own != leaf.first else frozenset(_leaf_fields(leaf))
    return frozenset(
        field
        for known, leaf in mapping.leaves.items()
        if attr.sub is None and (known.name, known.urn) == (attr.name, attr.urn)
        for field in _leaf_fields(leaf)
    )


def attrs_of(tree: Filter) -> frozenset[Attr]:
    """The attributes that a filter looks at, those inside a value path by their full names."""
    match tree:
        case Compare(attr=attr) | Present(attr=attr):
            return frozenset((attr,))
        case Within(attr=attr, filter=inner):
            inside = frozenset(Attr(attr.name, each.name, attr.urn) for each in attrs_of(inner))
            # a value that fits by what it lacks can only be seen by what else it has
            return inside | {Attr(attr.name, urn=attr.urn)} if _fits_nothing(inner) else inside
        case Not(term=term):
            return attrs_of(term)
        case And(terms=terms) | Or(terms=terms):
            return frozenset().union(*map(attrs_of, terms))


def _fits_nothing(tree: Filter) -> bool:
    """Whether a filter holds where none of its attributes is there."""
    match tree:
        case Compare(op=op, value=value):
            return op == "ne" if value not in (None, "") else op == "eq"
        case Not(term=term):
            return not _fits_nothing(term)
        case And(terms=terms):
            return all(map(_fits_nothing, terms))
        case Or(terms=terms):
            return any(map(_fits_nothing, terms))
    return False


def partial(mapping: Mapping, route: Route, hit: Json) -> dict[str, Json]:
    """The records as far as a hit brings them, by name; a field that the hit should carry and does not is left out."""
    if route.items is not None:
        return {route.items: hit}
    lower = {key.lower(): value for key, value in hit.items()} if isinstance(hit, Map) else {}
    records: dict[str, Json] = {}
    for field, name in field_names(mapping, route).items():
        if name.lower() in lower:
            put(records, field, lower[name.lower()])
    if route.style == "lucene" and isinstance(lower.get(PROPERTIES), Map):
        for name, _ in mapping.records.items():
            if path_in(mapping, root_of(mapping), Field(name, ())) == (PROPERTIES,):
                records[name] = lower[PROPERTIES]
    return records


def put(records: dict[str, Json], field: Field, value: Json) -> None:
    """Set one field of a record that is being put together."""
    target = records.setdefault(field.record, {})
    for key in field.keys[:-1]:
        target = target.setdefault(key, {})
    target[field.keys[-1]] = value


def _leaf_fields(leaf: Leaf) -> Iterator[Field]:
    yield from leaf.idm.values()
    if leaf.by is not None:
        yield leaf.by
    for origin in leaf.origin.values():
        if isinstance(origin, Template):
            yield from (
                hole_field(hole)
                for hole in origin.holes
                if "." in hole and not hole.startswith(("client.", "settings."))
            )


def _group_fields(group: SlotGroup | EachGroup, sub: str | None) -> Iterator[Field]:
    """The fields of one sub-attribute; of a slot's constant all, because it is shown where any of them has a value."""
    if isinstance(group, SlotGroup):
        leaves = [(name, leaf) for slot in group.slots for name, leaf in slot.leaves.items()]
        own = [leaf for name, leaf in leaves if name == sub]
        for leaf in own or [leaf for _, leaf in leaves]:
            yield from _leaf_fields(leaf)
        return
    for each in group.lists:
        yield Field(each.source, ())
        for name, leaf in each.leaves.items():
            if sub is None or name == sub:
                yield from _leaf_fields(leaf)
