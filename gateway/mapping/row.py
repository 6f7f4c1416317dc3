"""The rows of a list, from nevisIDM's bytes to what a client reads, in one pass: decoded only where they are looked at, each shown at once.

For one mapping, choice of attributes and dialect two functions are written over the same struct (`decoded.py`): `see`, the resource as far
as a filter and an order look at it, and `show`, what `scim/finish.py` and `scim/project.py` make of the whole view. What they must show is
what view, finish and projection show one after the other; a law holds that. Only for rows that hold all of it: see `rows_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from gateway.mapping.check import Checks
from gateway.mapping.decoded import Elsewhere, Places, Stored, attribute
from gateway.mapping.kept import remember
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.mapping.records import storage
from gateway.mapping.row_frame import RowFrame
from gateway.mapping.scene import Scene
from gateway.mapping.shown import Showing
from gateway.mapping.source import Source
from gateway.mapping.straight import STRAIGHT, Writing
from gateway.mapping.wish import Wish
from gateway.scim.dialect import Dialect
from gateway.scim.finish import is_action
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
    seen, shown = (RowFrame(Source(STRAIGHT), mapping, root, places) for _ in range(2))
    seeing = _seen(Writing(mapping, Wish(choice.seen), seen.source, seen), mapping.type.name)
    showing = Showing(mapping, shown, choice.shown, kind, dialect).lines(choice.versions, wanted)
    struct, empty = places.struct()
    items: Any = list[struct]  # type: ignore[valid-type] # made a moment ago
    fields: list[Any] = [("items", items), ("pagination", Pagination | None, None)]
    page = msgspec.defstruct("Page", fields, bases=(Stored,), rename={"pagination": "_pagination"}, gc=True)
    read, one = places.reader(page, _items), places.reader(struct, lambda record: (record,))
    if places.has(PROPERTIES):
        read = _with_properties(read)
    see = _function(f"sight of {mapping.name}", seen, seeing, empty)
    show = _function(f"row of {mapping.name}", shown, showing, empty)
    return Rows(page, read, one, see, show, _key(mapping, root), Checks(mapping, root, places, empty))


def _key(mapping: Mapping, root: str) -> Callable[[Any], Any] | None:
    """What an id of one part is made of."""
    if mapping.id is None or len(mapping.id.parts) != 1 or len(mapping.id.holes) != 1:
        return None
    record, _, keys = mapping.id.holes[0].partition(".")
    place = storage(mapping, Field(record, tuple(keys.split("."))))
    return attrgetter(attribute(place.keys[0])) if place.record == root and len(place.keys) == 1 else None


def _items(answer: Any) -> Any:
    return answer.get("items") or () if isinstance(answer, dict) else ()


def _with_properties(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def reading(body: bytes) -> Any:
        found = read(body)
        if found.items and all(row.properties_ is None for row in found.items):
            raise Unfit  # a list that shows no custom properties: each is read by itself (`Judge.lacks`)
        return found

    return reading


def _seen(writing: Writing, name: str) -> list[str]:
    """The lines of `see`: the view, and of what type the resource is."""
    kind = f"['resourceType'] = {name!r}"
    return ["resource = {}", *writing.view_lines(), f"resource.setdefault('meta', {{}}){kind}", "return resource"]


def _function(
    title: str, frame: RowFrame, lines: list[str], empty: Map[Any, Any]
) -> Callable[[Scene], Callable[[Any], Any]]:
    """A function of the scene that makes one of rows."""
    for name, keys in frame.empty.items():
        frame.source.put(name, empty.get(keys))
    inner = (f"    {line}" for line in (*frame.lines, *lines))
    return frame.source.function(
        title, "shower(scene)", ["now = scene.now", *frame.once, "def show(row):", *inner, "return show"]
    )
