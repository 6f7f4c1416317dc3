"""The rows of a list, from nevisIDM's bytes to what a client reads, in one pass: decoded only where they are looked at, each shown at once.

For one mapping, choice of attributes and dialect two functions are written over the same struct (`decoded.py`): `see`, the resource as far
as a filter and an order look at it, and `show`, what `scim/finish.py` and `scim/project.py` make of the whole view. What they must show is
what view, finish and projection show one after the other; a law holds that. Only for rows that hold all of it: see `rows_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from gateway.mapping.check import Checks
from gateway.mapping.decoded import Elsewhere, Places, RowFrame, Stored, attribute
from gateway.mapping.kept import remember
from gateway.mapping.model import Field, Mapping
from gateway.mapping.origin import is_constant
from gateway.mapping.records import storage
from gateway.mapping.scene import Scene
from gateway.mapping.source import Source
from gateway.mapping.straight import STRAIGHT, Writing, put_if
from gateway.mapping.told import row_version
from gateway.mapping.wish import Wish
from gateway.scim.dialect import Dialect
from gateway.scim.finish import is_action, location, refers, with_ocids
from gateway.scim.project import leaves_whole, projector
from gateway.scim.request import Resource, Wanted
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr

PROPERTIES = "properties"
_MOST = 128
_memory: dict[Any, tuple[Rows | None, Any]] = {}  # what is known by identity stands in the entry, so that it stays

remember(_memory)


class Unfit(ValueError):
    """The answer is none that a struct can be made of."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of a list are read, seen and shown. `see` and `show` are to be told the scene first.

    `read` makes a page of an answer's bytes: `items`, the rows, and `pagination`; `one` makes a row of an answer that is one. They raise
    ValueError where structs do not fit. `key` tells rows apart as their ids do; None: only the id itself does. `checks` writes filters that
    look at what is seen (`check.py`).
    """

    page: type[Any]
    read: Callable[[bytes], Any]
    one: Callable[[bytes], Any]
    see: Callable[[Scene], Callable[[Any], Resource]]
    show: Callable[[Scene], Callable[[Any], Resource]]
    key: Callable[[Any], Any] | None
    checks: Checks


class Choice(NamedTuple):
    """What is asked of the rows: attributes to judge and sort by, attributes that may leave (`project.demand`) and the parts of their
    version."""

    seen: frozenset[Attr]
    shown: frozenset[Attr]
    versions: frozenset[str]


class Pagination(msgspec.Struct, gc=False):
    """What nevisIDM says of a list beyond its rows."""

    totalResult: Any = None
    continuationToken: Any = None


def rows_of(
    mapping: Mapping, root: str, choice: Choice, wanted: Wanted, kind: ResourceType, dialect: Dialect
) -> Rows | None:
    """How rows that are the record `root` are shown, worked out once; None where they do not hold all that is asked of them."""
    if wanted.filters or wanted.windows or is_action(kind):
        return None
    key = id(mapping), root, choice, wanted.include, wanted.exclude, wanted.sets, id(kind), id(dialect)
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= _MOST:
            _memory.clear()
        found = _memory[key] = _rows_of(mapping, root, choice, wanted, kind, dialect), (mapping, kind, dialect)
    return found[0]


def _rows_of(
    mapping: Mapping, root: str, choice: Choice, wanted: Wanted, kind: ResourceType, dialect: Dialect
) -> Rows | None:
    places = Places()
    try:
        _write(mapping, root, places, choice, wanted, kind, dialect)  # to learn which places are looked at, and how
        places.settle()
        return _write(mapping, root, places, choice, wanted, kind, dialect)
    except Elsewhere:
        return None


def _write(
    mapping: Mapping, root: str, places: Places, choice: Choice, wanted: Wanted, kind: ResourceType, dialect: Dialect
) -> Rows:
    see, show = _Row(mapping, root, places, choice.seen), _Row(mapping, root, places, choice.shown)
    seeing, showing = see.seen(), show.shown(choice.versions, wanted, kind, dialect)
    struct, empty = places.struct()
    items: Any = list[struct]  # type: ignore[valid-type] # made a moment ago
    fields: list[Any] = [("items", items), ("pagination", Pagination | None, None)]
    page = msgspec.defstruct("Page", fields, bases=(Stored,), rename={"pagination": "_pagination"}, gc=True)
    read = _reader(page, properties=places.has(PROPERTIES))
    one = msgspec.json.Decoder(struct).decode
    see_, show_ = see.function(seeing, empty), show.function(showing, empty)
    return Rows(page, read, one, see_, show_, _key(mapping, root), Checks(mapping, root, places, empty))


def _key(mapping: Mapping, root: str) -> Callable[[Any], Any] | None:
    """What an id of one part is made of."""
    if mapping.id is None or len(mapping.id.parts) != 1 or len(mapping.id.holes) != 1:
        return None
    record, _, keys = mapping.id.holes[0].partition(".")
    place = storage(mapping, Field(record, tuple(keys.split("."))))
    return attrgetter(attribute(place.keys[0])) if place.record == root and len(place.keys) == 1 else None


def _reader(page: Any, *, properties: bool) -> Callable[[bytes], Any]:
    decode = msgspec.json.Decoder(page).decode

    def read(body: bytes) -> Any:
        found = decode(body)
        if properties and found.items and all(row.properties_ is None for row in found.items):
            raise Unfit  # a list that shows no custom properties: each is read by itself (`Judge.lacks`)
        return found

    return read


class _Row(Writing):
    """One of the two functions on its way onto paper."""

    frame: RowFrame

    def __init__(self, mapping: Mapping, root: str, places: Places, attrs: frozenset[Attr]) -> None:
        source = Source(STRAIGHT)
        super().__init__(mapping, Wish(attrs), source, RowFrame(source, mapping, root, places))
        self._attrs = attrs

    def function(self, lines: list[str], empty: dict[Any, Any]) -> Callable[[Scene], Callable[[Any], Resource]]:
        """The function, ready to run."""
        for name, keys in self.frame.empty.items():
            self.source.put(name, empty.get(keys))
        inner = (*self.frame.lines, *lines)
        text = [
            "now = scene.now",
            *self.frame.once,
            "def show(row):",
            *(f"    {line}" for line in inner),
            "return show",
        ]
        return self.source.function(f"row of {self.mapping.name}", "shower(scene)", text)

    def seen(self) -> list[str]:
        """The lines of `see`: the view, and of what type the resource is."""
        kind = f"['resourceType'] = {self.mapping.type.name!r}"
        lines = [*self._id(), *self._leaves(), *self._many()]
        return ["resource = {}", *lines, f"resource.setdefault('meta', {{}}){kind}", "return resource"]

    def shown(self, versions: frozenset[str], wanted: Wanted, kind: ResourceType, dialect: Dialect) -> list[str]:
        """The lines of `show`: view, what every answer carries, and nothing that may not leave."""
        self.apart = frozenset(("meta",))
        own = self.source.value("SCHEMAS", [kind.schema])
        lines = [f"resource = {{'schemas': {own}}}" if Attr("schemas") in self._attrs else "resource = {}", *self._id()]
        if Attr("ocid") in self._attrs and dialect.common_attributes:
            lines += ["if 'id' in resource:", "    resource['ocid'] = resource['id']"]
        lines += [*self._leaves(), *self._many()]
        if dialect.common_attributes and any(refers(kind, attr) for attr in self._emitted()):
            type_ = self.source.value("TYPE", kind)
            lines.append(f"resource = {self.source.value('with_ocids', with_ocids)}(resource, {type_})")
        lines += [*self._schemas(kind), *self._meta(versions, kind)]
        if leaves_whole(wanted, kind, dialect, self._emitted()) and not self._is_odd():
            return [*lines, "return resource"]
        return [*lines, f"return {self.source.value('cut', projector(wanted, kind, dialect))}(resource)"]

    def _schemas(self, kind: ResourceType) -> list[str]:
        """The URNs of the extensions that are there."""
        urns = [urn for urn in kind.extensions if any(attr.urn == urn for attr in self._emitted())]
        if not urns or Attr("schemas") not in self._attrs:
            return []
        there = [line for urn in urns for line in (f"if {urn!r} in resource:", f"    schemas.append({urn!r})")]
        return [f"schemas = [{kind.schema!r}]", *there, "resource['schemas'] = schemas"]

    def _meta(self, versions: frozenset[str], kind: ResourceType) -> list[str]:
        """`meta` as `scim/finish.py` makes it."""
        leaves = [leaf for leaf in self.mapping.leaves.values() if leaf.attr.name == "meta" and not leaf.attr.urn]
        if any(leaf.attr.sub is None or is_constant(leaf) for leaf in leaves):
            raise Elsewhere
        type_ = f"'resourceType': {kind.name!r}" if self._leaves_meta("resourceType") else ""
        lines = [f"meta = {{{type_}}}"]
        for leaf in leaves:
            if self.wish.has(leaf.attr):
                lines += put_if(self.face(leaf, self.frame), f"meta[{leaf.attr.sub!r}]")
        if versions and self._leaves_meta("version"):
            version = row_version(self.source, self.frame, self.mapping, versions)
            lines.append(f"meta['version'] = 'W/\"' + {version} + '\"'")
        if self._leaves_meta("location") and self.mapping.id is not None:
            lines += ["if 'id' in resource:", f"    meta['location'] = {self._address(kind)}"]
        return [*lines, "if meta:", "    resource['meta'] = meta"]

    def _address(self, kind: ResourceType) -> str:
        """An id of letters, digits and hyphens stands in an address as it is; what else there may be, `location` knows."""
        whole = (
            f"{self.source.value('location', location)}({self.source.value('TYPE', kind)}, scene.base, resource['id'])"
        )
        if kind.own is not None and kind.own_only and kind.own.single:
            return whole
        start = self.source.name("address")
        self.frame.once.append(f"{start} = scene.base + {kind.endpoint + '/'!r}")
        plain = "resource['id'].isascii() and resource['id'].replace('-', '0').isalnum()"
        return f"{start} + resource['id'] if {plain} else {whole}"

    def _leaves_meta(self, name: str) -> bool:
        return Attr("meta", name) in self._attrs

    def _emitted(self) -> list[Attr]:
        """What the lines may show besides what every answer carries."""
        found = [leaf.attr for leaf in self.mapping.leaves.values() if self.wish.has(leaf.attr)]
        for slots in self.mapping.slots.values():
            if self.wish.has_any(slots.attr):
                names = {name for slot in slots.slots for name in (*slot.constants, *slot.leaves)}
                found += [Attr(slots.attr.name, name, slots.attr.urn) for name in names]
        for each in self.mapping.lists:
            if self.wish.has_any(each.attr):
                found += [leaf.attr for leaf in each.leaves.values() if self.wish.has(leaf.attr)]
        return [attr for attr in found if attr.urn or attr.name != "meta"]

    def _is_odd(self) -> bool:
        """Whether a leaf shows a list as it is stored, in which there may be objects of nothing."""
        leaves = (leaf for leaf in self.mapping.leaves.values() if self.wish.has(leaf.attr))
        return any(leaf.schema.multi_valued or leaf.schema.type == "complex" for leaf in leaves)
