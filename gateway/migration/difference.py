"""What differs between a resource of the source and the same one as the gateway shows it. Pure.

A difference names a path and a kind, and holds the two values apart from its text: they are personal data, and shown only to who asks for
them. What nevisIDM cannot hold is no difference: the mapping says so beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from gateway.mapping.model import Mapping
from gateway.migration.picture import Picture, compared, picture
from gateway.plan.resolve import hole_field
from gateway.scim.comparison import is_present
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
What = Literal["missing", "different", "extra"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value. `what`: missing in nevisIDM, different there, or extra there (the source has none)."""

    path: str
    what: What
    source: Json = field(default=None, repr=False)
    nevis: Json = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """Both pictures of one resource, and where they differ."""

    source: Picture = field(repr=False)
    nevis: Picture = field(repr=False)
    differences: tuple[Difference, ...] = ()


def scope(mapping: Mapping, wished: Resource, spoken: frozenset[str]) -> frozenset[Attr]:
    """The top attributes in which a resource is compared: what its row says, and what other rows of the source speak of (`spoken`, in lower
    case), so that a value is found that the source has taken away or never had."""
    return frozenset(
        attr for attr, _ in compared(mapping) if str(attr).lower() in spoken or is_present(_at(wished, attr))
    )


def names(resource: Resource, mapping: Mapping) -> Iterator[str]:
    """The top attributes that a resource of a source speaks of, in lower case."""
    for key, value in resource.items():
        urn = mapping.type.urn(key)
        if urn is None:
            yield key.lower()
        elif isinstance(value, dict):
            yield from (f"{urn}:{name}".lower() if urn else name.lower() for name in value)


def compare(mapping: Mapping, wished: Resource, shown: Resource, attrs: frozenset[Attr]) -> Compared:
    """The source's resource, as it was to be written, beside the one that is shown, in these top attributes."""
    source, nevis = picture(mapping, wished, attrs), picture(mapping, shown, attrs)
    spared = _filled(mapping, wished)
    nevis = {spot: value for spot, value in nevis.items() if spot in source or _top(spot[0]) not in spared}
    return Compared(source, nevis, tuple(_differences(source, nevis)))


def digest(pictured: Picture) -> int:
    """A number that two pictures share exactly if they are equal; those of many resources are added up, in whatever order they come."""
    rows = sorted(
        (path, mark, orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
        for (path, mark), value in pictured.items()
    )
    return int.from_bytes(hashlib.blake2b(orjson.dumps(rows), digest_size=16).digest())


def _differences(source: Picture, nevis: Picture) -> Iterator[Difference]:
    for spot in sorted(source.keys() | nevis.keys()):
        one, other = source.get(spot), nevis.get(spot)
        if one == other:
            continue
        what: What = "missing" if spot not in nevis else "extra" if spot not in source else "different"
        yield Difference(spot[0], what, one, other)


def _filled(mapping: Mapping, wished: Resource) -> frozenset[str]:
    """What nevisIDM has a value of by itself where the source says nothing: states, and what the id is made of."""
    parts = {
        (each.record, each.keys)
        for hole in (mapping.id.holes if mapping.id is not None else ())
        for each in (hole_field(hole),)
    }
    found = set()
    for attr, attribute in compared(mapping):
        leaf = mapping.leaves.get(attr)
        own = leaf is not None and any((each.record, each.keys) in parts for each in leaf.idm.values())
        if (attribute.filled or attribute.default is not None or own) and not is_present(_at(wished, attr)):
            found.add(str(attr))
    return frozenset(found)


def _top(path: str) -> str:
    """The top attribute's path: URNs hold dots themselves."""
    head, colon, name = path.rpartition(":")
    return f"{head}{colon}{name.partition('.')[0].partition('[')[0]}"


def _at(resource: Resource, attr: Attr) -> Json:
    table = resource.get(attr.urn) if attr.urn else resource
    return table.get(attr.name) if isinstance(table, dict) else None
