"""The version of a resource, part by part: whatever a client was shown, something in its entity tag moves when that changes.

nevisIDM has a version for each record, a resource is made of several, and some of what they show has no version at all: maps of
properties, lists of grants, counters of logins, an interval that is over. So a version has one part for what each record shows unasked
and one for what it shows on request: a key, and a short digest of the values; the first record's own version stands in front of its
digest. An answer names the parts that it showed. Each can be compared by itself (`scim/conditional.py`), so a tag says which records a
condition is about (decision 007). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.mapping.digest import NOTHING, digest, plain, told
from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.lens import Lens
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import Records, all_leaves, own_names, record_of
from gateway.mapping.wish import Wish
from gateway.nevisidm.template import Template, walk
from gateway.scim.conditional import BETWEEN, bare_tags
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr

Json = Any
KEY = 3
"""Letters of a key."""


@dataclass(frozen=True, slots=True)
class Take:
    """A value of a record that counts: what is stored; of a free map all but `own`; through a lens that only reads what it shows.

    Such a lens may show something else as time goes by.
    """

    keys: tuple[str, ...]
    own: frozenset[str] | None
    lens: Lens | None

    @property
    def name(self) -> str:
        """What tells it from the others of its record."""
        return ".".join(self.keys) + (".*" if self.own is not None else "") + (" seen" if self.lens is not None else "")

    def of(self, record: Json, now: datetime) -> Json:
        """The value."""
        value = record
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        if self.own is not None:
            return own_map(value, self.own)
        if self.lens is not None:
            return self.lens.get(value, now)
        return value


@dataclass(frozen=True, slots=True)
class Part:
    """What one record shows unasked, or (`asked`) on request. `key` changes with the lines of the mapping that it stands for.

    `takes` are in the order of their `names`.
    """

    key: str
    record: str
    asked: bool
    attrs: frozenset[Attr]
    takes: tuple[Take, ...]
    names: tuple[str, ...]


@kept
def as_seen(mapping: Mapping, kind: ResourceType) -> Mapping:
    """The mapping for a caller with this picture of its type: what its roles hide counts in no version, so no guess can be tried on one."""
    hidden = frozenset(leaf.attr for leaf in all_leaves(mapping) if _counts(leaf) and not _sees(kind, leaf.attr))
    return replace(mapping, hidden=hidden) if hidden else mapping


def _sees(kind: ResourceType, attr: Attr) -> bool:
    found = kind.attribute(attr)
    return found is not None and found.returned != "never"


@kept
def parts(mapping: Mapping) -> Map[str, Part]:
    """The parts of this mapping's versions by key; the first record's own one is always there and stands first."""
    found: dict[tuple[str, bool], list[tuple[Leaf, Field]]] = {}
    for name in list(mapping.records)[:1]:
        found[(name, False)] = []
    for leaf in all_leaves(mapping):
        if _counts(leaf) and leaf.attr not in mapping.hidden:
            for place in _fields(leaf, mapping):
                found.setdefault((place.record, _asked(leaf, mapping)), []).append((leaf, place))
    made: dict[str, Part] = {}
    for (record, asked), lines in found.items():
        part = _part(mapping, record, asked, lines, frozenset(made))
        made[part.key] = part
    return made


@kept
def shown_parts(mapping: Mapping, wanted: frozenset[Attr] | None) -> frozenset[str]:
    """The keys of what these attributes (None: all) show. The first record's is always among them."""
    wish = Wish(wanted)
    keys = {key for key, part in parts(mapping).items() if any(_wanted(attr, mapping, wish) for attr in part.attrs)}
    return frozenset((*keys, *list(parts(mapping))[:1]))


def _wanted(attr: Attr, mapping: Mapping, wish: Wish) -> bool:
    """A value of a slot is shown with whichever of its sub-attributes."""
    return wish.has(attr) or (Attr(attr.name, None, attr.urn) in mapping.slots and wish.has_any(attr))


@kept
def free_parts(mapping: Mapping) -> frozenset[str]:
    """The keys of what is at hand with the first record, read whole, and shown unasked: these cost nothing."""
    first = next(iter(mapping.records), None)
    return frozenset(
        key for key, part in parts(mapping).items() if not part.asked and _root(mapping, part.record) == first
    )


def named_parts(mapping: Mapping, *headers: str | None) -> frozenset[str]:
    """The keys of the parts that the tags of If-Match and If-None-Match speak of, as far as this mapping has them."""
    if not any(headers):
        return frozenset()
    known = parts(mapping)
    texts = (text for header in headers for tag in bare_tags(header or "") for text in tag.split(BETWEEN))
    return frozenset(text[:KEY] for text in texts if text[:KEY] in known)


def twins(mapping: Mapping, others: Map[str, Mapping]) -> list[Mapping]:
    """The other types on the same nevisIDM record, by the same id."""
    return [
        other for other in others.values() if other.name != mapping.name and _stands_on(other) == _stands_on(mapping)
    ]


def _stands_on(mapping: Mapping) -> tuple[str, str] | None:
    first = next(iter(mapping.records.values()), None)
    if mapping.id is None or first is None or not first.reads:
        return None
    return mapping.id.text, first.reads[0].path.text


def records_of(mapping: Mapping, keys: frozenset[str]) -> frozenset[str]:
    """The records that must be read to know these parts."""
    return frozenset(part.record for key, part in parts(mapping).items() if key in keys)


def version_of(mapping: Mapping, records: Records, now: datetime, keys: frozenset[str]) -> str | None:
    """The version of what these records show, in the parts asked for; None where a mapping has no records."""
    return BETWEEN.join([tell(records, now) for tell in _tellers(mapping, keys)]) or None


@kept
def _tellers(mapping: Mapping, keys: frozenset[str]) -> list[Callable[[Records, datetime], str]]:
    first = next(iter(parts(mapping)), None)
    return [_teller(mapping, part, key == first) for key, part in parts(mapping).items() if key in keys]


def _teller(mapping: Mapping, part: Part, first: bool) -> Callable[[Records, datetime], str]:
    def tell(records: Records, now: datetime) -> str:
        record = record_of(mapping, records, part.record)
        version = plain(walk(record, ("version",))) if first else ""
        return part.key + version + digest(content(part, record, now))

    return tell


def content(part: Part, record: Json, now: datetime) -> bytes:
    """What counts of a record, or of all elements of a list in whatever order."""
    elements = record if isinstance(record, list) else (record or {},)
    lines = [told(part.names, [take.of(each, now) for take in part.takes]) for each in elements]
    return lines[0] if len(lines) == 1 else b"\n".join(sorted(lines))


def _part(mapping: Mapping, record: str, asked: bool, lines: list[tuple[Leaf, Field]], others: frozenset[str]) -> Part:
    text = "\n".join((record, str(asked), *sorted({f"{leaf.attr} {place} {leaf.lens.name}" for leaf, place in lines})))
    key = digest(text.encode())[:KEY]
    while key in others:
        text += "\n"
        key = digest(text.encode())[:KEY]
    attrs = frozenset(leaf.attr for leaf, _ in lines)
    places = {(place, leaf.lens.read_only): (leaf, place) for leaf, place in lines}
    takes = {take.name: take for leaf, place in places.values() for take in (_take(mapping, leaf, place),)}
    names = tuple(sorted(takes))
    return Part(key, record, asked, attrs, tuple(takes[name] for name in names), names)


def _counts(leaf: Leaf) -> bool:
    """Whether a client ever sees it; of a secret not even a digest leaves."""
    return leaf.schema.returned != "never" and leaf.schema.mutability != "writeOnly" and not leaf.schema.secret


def _asked(leaf: Leaf, mapping: Mapping) -> bool:
    whole = mapping.type.attribute(Attr(leaf.attr.name, None, leaf.attr.urn))
    return leaf.schema.returned == "request" or (whole is not None and whole.returned == "request")


def _fields(leaf: Leaf, mapping: Mapping) -> Iterator[Field]:
    yield from leaf.idm.values()
    for origin in leaf.origin.values():
        for hole in origin.holes if isinstance(origin, Template) else ():
            record, _, keys = hole.partition(".")
            if record in mapping.records:
                yield Field(record, tuple(keys.split(".")))


def _take(mapping: Mapping, leaf: Leaf, place: Field) -> Take:
    own = own_names(mapping, place) if place.open else None
    return Take(place.keys, own, leaf.lens if leaf.idm and leaf.lens.read_only else None)


def own_map(found: Json, own: frozenset[str]) -> Json:
    """What counts of a free map."""
    items = found.items() if isinstance(found, Map) else ()
    return {name: value for name, value in items if name not in own and name[:1] != "_" and value not in NOTHING}


def _root(mapping: Mapping, name: str) -> str:
    """The record in which this one is found."""
    place = mapping.records[name].stands_in
    return name if place is None else _root(mapping, place.record)
