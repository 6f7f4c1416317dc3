"""A resource as a flat picture, such that two pictures are equal exactly if SCIM calls the resources equal.

Each value stands below its path. Letters of strings that ignore case, the order of several values, `primary` that is false, the spelling of
an instant, of a phone number, of anything that a lens shows in one spelling only: all that is gone from a picture. What only the server
makes is not in it. Names of paths hold no values; what tells the elements of a list apart stands beside the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.errors import Unsupported
from gateway.mapping.leaf import Leaf, SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.place import place_of
from gateway.scim.comparison import comparable, is_present
from gateway.scim.finish import server_made
from gateway.scim.request import Resource
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr

Json = Any
Spot = tuple[str, str]
"""A path, for people and without values, and what tells this element from its neighbours."""
Picture = Map[Spot, Json]

_THEN = datetime(2000, 1, 1, tzinfo=UTC)


def picture(mapping: Mapping, resource: Resource, attrs: frozenset[Attr]) -> dict[Spot, Json]:
    """The picture of these top attributes."""
    found: dict[Spot, Json] = {}
    for attr in attrs:
        attribute = mapping.type.attribute(attr)
        value = _at(resource, attr)
        if attribute is not None and is_present(value):
            found |= _Painter(mapping, attr, attribute).all(value)
    return found


def compared(mapping: Mapping) -> Iterator[tuple[Attr, Attribute]]:
    """The top attributes that can be compared here: a client writes them, somebody can see them, and they stand in one place."""
    for urn, table in ((None, mapping.type.core), *mapping.type.extensions.items()):
        for attribute in table.values():
            elsewhere = attribute.apart or (not urn and server_made(attribute.name) is not None)
            if not elsewhere and attribute.mutability in ("readWrite", "immutable") and not _unseen(attribute):
                yield Attr(attribute.name, urn=urn), attribute


def to_ask(mapping: Mapping, attrs: Iterable[Attr]) -> Iterator[Attr]:
    """The names under which these top attributes are asked for: their parent's name does not bring sub-attributes that come on request."""
    for attr in attrs:
        attribute = mapping.type.attribute(attr)
        yield attr
        for sub in attribute.subs.values() if attribute is not None else ():
            if sub.returned == "request" and sub.mutability != "readOnly":
                yield Attr(attr.name, sub.name, attr.urn)


class _Painter:
    """Paints the values of one top attribute."""

    def __init__(self, mapping: Mapping, attr: Attr, attribute: Attribute) -> None:
        self.mapping = mapping
        self.attr = attr
        self.attribute = attribute
        self.slots: SlotGroup | None = mapping.slots.get(attr)
        self.each = mapping.each.get(attr)

    def all(self, value: Json) -> dict[Spot, Json]:
        """Every value below its spot."""
        name = str(self.attr)
        if self.attribute.type == "complex" and self.attribute.multi_valued:
            return dict(self._elements(name, value if isinstance(value, list) else [value]))
        if self.attribute.type == "complex":
            return dict(self._subs(name, "", value, {}))
        leaf = self.mapping.leaves.get(self.attr)
        if self.attribute.multi_valued:
            values = value if isinstance(value, list) else [value]
            plain = [_plain(each, self.attribute, leaf) for each in values if is_present(each)]
            return {(name, _text(each)): each for each in plain}
        usual = self.attribute.default is not None and value == self.attribute.default
        return {} if usual else {(name, ""): _plain(value, self.attribute, leaf)}

    def _elements(self, name: str, values: list[Json]) -> Iterator[tuple[Spot, Json]]:
        for value in values:
            if not isinstance(value, dict) or not is_present(value):
                continue
            if self.slots is not None:
                yield from self._in_slot(self.slots, name, value)
            else:
                leaves = self._leaves_of(value)
                key = {each: value.get(each) for each in self.attribute.composite_key}
                mark = [_plain(key[each], sub, leaves.get(each)) for each in key if (sub := self.attribute.sub(each))]
                yield from self._subs(name, _text(mark), value, leaves)

    def _in_slot(self, slots: SlotGroup, name: str, value: Resource) -> Iterator[tuple[Spot, Json]]:
        try:
            number = place_of(slots, {**value, "primary": None})
        except Unsupported:
            number = None
        if number is None:
            yield (f"{name}[no place]", _text(value)), True
            return
        slot = slots.slots[number]
        told = " and ".join(f'{key} eq "{each}"' for key, each in slot.constants.items() if key != "primary")
        for key, leaf in slot.leaves.items():
            sub = self.attribute.sub(key)
            if sub is not None and is_present(value.get(key)):
                yield (f"{name}[{told}].{key}" if told else f"{name}.{key}", ""), _plain(value[key], sub, leaf)

    def _subs(self, name: str, mark: str, value: Json, leaves: Map[str, Leaf]) -> Iterator[tuple[Spot, Json]]:
        """The sub-attributes of one complex value; an element of which nothing else is compared is at least there."""
        if not isinstance(value, dict):
            return
        if mark:
            yield (name, mark), True
        for key, each in value.items():
            sub = self.attribute.sub(key)
            if sub is None or sub.mutability == "readOnly" or not is_present(each) or _unseen(sub):
                continue
            if mark and (key in self.attribute.composite_key or (each is False and sub.type == "boolean")):
                continue
            if sub.default is not None and each == sub.default:
                continue
            leaf = leaves.get(key) or self.mapping.leaves.get(Attr(self.attr.name, sub.name, self.attr.urn))
            if leaf is not None and leaf.origin:
                continue
            yield (f"{name}.{sub.name}", mark), _plain(each, sub, leaf)

    def _leaves_of(self, value: Resource) -> Map[str, Leaf]:
        """The leaves of the list that an element belongs to, where there are several."""
        if self.each is None:
            return {}
        for part in self.each.lists:
            constants = {name: leaf for name, leaf in part.leaves.items() if leaf.origin}
            if all(value.get(name) in (None, leaf.origin.get("")) for name, leaf in constants.items()):
                return part.leaves
        return self.each.leaves


def _plain(value: Json, attribute: Attribute, leaf: Leaf | None) -> Json:
    """The value in the one form that all its equals share."""
    if isinstance(value, list):
        return sorted((_plain(each, attribute, None) for each in value), key=_text)
    if leaf is not None and not leaf.lens.targets and not leaf.lens.read_only and leaf.joined is None:
        with suppress(ValueError):  # what has no stored form equals nothing but itself
            value = leaf.lens.get(leaf.lens.put(value, None), _THEN)
    shown = comparable(value, attribute)
    return value if shown is None else shown.isoformat() if isinstance(shown, datetime) else shown


def _unseen(attribute: Attribute) -> bool:
    return attribute.mutability == "writeOnly" or attribute.returned == "never" or attribute.secret or attribute.once


def _at(resource: Resource, attr: Attr) -> Json:
    table = resource.get(attr.urn) if attr.urn else resource
    return table.get(attr.name) if isinstance(table, dict) else None


def _text(value: Json) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
