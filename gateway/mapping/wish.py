"""Which attributes are wanted, and so which records and fields a resource needs.

An attribute is wanted when it, its parent or its whole extension is named. The records that reads depend on (a profile's id before its
roles) are the planner's business; here stands only where the values themselves are.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.mapping.apart import apart_records
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.nevisidm.template import Template
from gateway.scim.tree import Attr


class Wish:
    """A choice of attributes; None: all."""

    def __init__(self, wanted: frozenset[Attr] | None) -> None:
        self._wanted = wanted
        self._tops = {(attr.urn, attr.name) for attr in wanted or ()}

    def has(self, attr: Attr) -> bool:
        """Whether the attribute is wanted; a free map's `*` is when any of its names is."""
        if self._wanted is None or attr in self._wanted or Attr(attr.name, None, attr.urn) in self._wanted:
            return True
        if attr.urn and Attr("", None, attr.urn) in self._wanted:
            return True
        return attr.sub == "*" and (attr.urn, attr.name) in self._tops

    def has_any(self, attr: Attr) -> bool:
        """Whether the attribute or one of its sub-attributes is wanted."""
        return self.has(attr) or (attr.urn, attr.name) in self._tops


def records_for(mapping: Mapping, attrs: frozenset[Attr] | None) -> frozenset[str]:
    """The readable records that these attributes show; None: all attributes. Those of elements that stand apart are not the resource's."""
    names = {place.record for place in _fields(mapping, Wish(attrs))}
    names |= {group.source for group in mapping.lists if Wish(attrs).has_any(group.attr)}
    own = names - apart_records(mapping)
    return frozenset(name for name in own if name in mapping.records and mapping.records[name].readable)


def fields_for(mapping: Mapping, attrs: frozenset[Attr] | None) -> frozenset[Field]:
    """The fields that these attributes show, in terms of the records that are read by calls of their own."""
    return frozenset(storage(mapping, place) for place in _fields(mapping, Wish(attrs)))


def _fields(mapping: Mapping, wish: Wish) -> Iterator[Field]:
    if wish.has(Attr("id")) and mapping.id is not None:
        yield from _holes(mapping, mapping.id)
    if wish.has(Attr("meta", "version")) and mapping.records:
        yield Field(next(iter(mapping.records)), ("version",))
    slots = {
        id(leaf)
        for group in mapping.slots.values()
        if wish.has_any(group.attr)
        for slot in group.slots
        for leaf in slot.leaves.values()
    }
    for leaf in all_leaves(mapping):
        kept_back = leaf.schema.mutability == "writeOnly" or leaf.schema.once
        if not kept_back and (wish.has(leaf.attr) or id(leaf) in slots):
            yield from _of_leaf(mapping, leaf)


def _of_leaf(mapping: Mapping, leaf: Leaf) -> Iterator[Field]:
    if leaf.joined is not None:
        yield from leaf.idm.values()
    elif leaf.first is not None:
        yield leaf.first
    if leaf.by is not None:
        yield leaf.by
    for origin in leaf.origin.values():
        if isinstance(origin, Template):
            yield from _holes(mapping, origin)


def _holes(mapping: Mapping, template: Template) -> Iterator[Field]:
    for hole in template.holes:
        record, _, keys = hole.partition(".")
        if record in mapping.records:
            yield Field(record, tuple(keys.split(".")))
