"""Elements that stand apart, as records: which lists of them a request wants, and how a view wants them: as lists side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping as Map

from gateway.mapping.apart import Apart, aparts
from gateway.mapping.model import Mapping
from gateway.mapping.wish import Wish
from gateway.nevisidm.template import walk
from gateway.plan.carried import fields_of
from gateway.scim.request import Json, Wanted
from gateway.scim.tree import Attr

Records = dict[str, Json]


def there(mapping: Mapping, elements: Map[Attr, Map[str, Records]]) -> Records:
    """The records of those elements that are there, as lists side by side."""
    found: Records = {}
    for attr, own in elements.items():
        apart = aparts(mapping)[attr]
        found |= side(apart, [each for each in own.values() if each[apart.source]])
    return found


def without(mapping: Mapping, attrs: frozenset[Attr]) -> frozenset[Attr]:
    """These attributes without the lists of elements that stand apart."""
    lists = {Attr(attr.name, urn=attr.urn) for attr in aparts(mapping)}
    return frozenset(attr for attr in attrs if Attr(attr.name, urn=attr.urn) not in lists)


def in_part(mapping: Mapping, attrs: frozenset[Attr], asked: Wanted) -> bool:
    """Whether only a page or a choice of such a list is shown."""
    return any(apart.group.attr in {*asked.windows, *asked.filters} for apart in wanted_of(mapping, attrs))


def wanted_of(mapping: Mapping, attrs: frozenset[Attr]) -> list[Apart]:
    """The lists of elements that stand apart among these attributes."""
    wish = Wish(attrs)
    return [apart for attr, apart in aparts(mapping).items() if wish.has_any(attr)]


def shown_of(mapping: Mapping, apart: Apart, attrs: frozenset[Attr]) -> frozenset[str]:
    """The records of an element that these attributes show."""
    fields = (
        place
        for attr in attrs
        if Attr(attr.name, urn=attr.urn) == apart.group.attr
        for place in fields_of(mapping, attr)
    )
    return frozenset((apart.source, *(place.record for place in fields if place.record in apart.records)))


def side(apart: Apart, elements: list[Records]) -> Records:
    """The records of elements as lists that run side by side, which is how a view wants them. Of doubles the first is shown."""
    own: Records = {name: [each.get(name) for each in elements] for name in apart.records}
    own[apart.source] = [next(iter(each[apart.source]), None) for each in elements]
    return own


def key_of(apart: Apart, element: Records) -> str | None:
    """The key of an element, by its records."""
    found = element.get(apart.place.record)
    key = walk(found[0] if isinstance(found, list) and found else found, apart.place.keys)
    return None if key in (None, "") else str(key)
