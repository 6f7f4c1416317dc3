"""One hit of a listing on its way to a row: its records as far as they are there, whether it fits, and what nevisIDM did wrong if not.

Every hit is checked against the whole filter and the mapping's `only`, also when nothing was left to check: nevisIDM may ignore a
parameter that it does not know and return everybody (mapping-format, section 3.5, point 5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gateway.mapping.model import Mapping
from gateway.mapping.record import Field, Only
from gateway.mapping.records import record_of, storage, stored_at
from gateway.mapping.row import Rows
from gateway.mapping.view import Scene, Show, lookup, viewer
from gateway.nevisidm.template import Lookup, walk
from gateway.operation.again import Again
from gateway.operation.reading import belongs
from gateway.plan.access import fixed_by
from gateway.plan.carried import PROPERTIES, attrs_of, field_names, known_fields, partial, path_in, put, root_of
from gateway.plan.resolve import hole_field, resolve
from gateway.plan.split import joined
from gateway.plan.way import Listing, Pushed, Way
from gateway.scim.comparison import comparable
from gateway.scim.match import compile_match, values
from gateway.scim.request import Resource
from gateway.scim.tree import And, Attr, Filter

Json = Any
_NONE: frozenset[str] = frozenset()
_NONE_SEEN: frozenset[Attr] = frozenset()


@dataclass(slots=True)
class Hit:
    """What is known of one hit. `face`: the resource as far as it is judged and sorted by; `raw`: as the listing gave it."""

    listing: Listing
    raw: Json = field(repr=False)
    records: dict[str, Json] = field(repr=False)
    id: str = ""
    face: Resource = field(default_factory=dict, repr=False)

    def known(self, mapping: Mapping, scene: Scene) -> Lookup:
        """The values of holes: of its records, then of the tenant."""
        return lookup(mapping, self.records, scene)


def seen_of(way: Way, sort_by: Attr | None) -> frozenset[Attr]:
    """The attributes by which hits of a way are judged, ordered and known."""
    judged = attrs_of(way.check) if way.check is not None else frozenset()
    return judged | {Attr("id")} | ({sort_by} if sort_by is not None else frozenset())


class Judge:
    """Builds and judges the hits of one way. `rows`: how they are decoded, if they are."""

    rows: Rows | None = None

    def __init__(self, mapping: Mapping, way: Way, scene: Scene, sort_by: Attr | None, wanted: frozenset[Attr]) -> None:
        self.mapping = mapping
        self.way = way
        self.scene = scene
        self.sort_by = sort_by
        self._wanted = wanted
        self.shows_properties = False

    @cached_property
    def record(self) -> str:
        """The record that a hit is, or most of it."""
        return self.way.route.items or root_of(self.mapping) or ""

    @cached_property
    def _seen(self) -> frozenset[Attr]:
        return seen_of(self.way, self.sort_by)

    @cached_property
    def _fits(self) -> Callable[[Resource], bool]:
        return _test(self.way.check, self.mapping)

    @cached_property
    def _lacking(self) -> dict[tuple[bool, frozenset[str] | None], frozenset[str]]:
        return {}

    @cached_property
    def _only(self) -> tuple[Only, ...]:
        return self.mapping.records[self.record].only if self.record in self.mapping.records else ()

    @cached_property
    def _see(self) -> Show:
        return viewer(self.mapping, self._seen)

    @cached_property
    def _names(self) -> Map[Field, str]:
        return field_names(self.mapping, self.way.route) if self.way.route.items is None else {}

    @cached_property
    def _at_once(self) -> Callable[[Resource], bool]:
        """The terms that a hit shows by itself."""
        check = self.way.check
        terms = check.terms if isinstance(check, And) else (check,)
        cheap = tuple(term for term in terms if term is not None and attrs_of(term) <= self.way.carried)
        return _test(joined(cheap), self.mapping)

    @cached_property
    def _judged(self) -> frozenset[Attr]:
        return attrs_of(self.way.check) if self.way.check is not None else frozenset()

    @cached_property
    def _promises(self) -> Map[int, list[_Promise]]:
        """What each listing is believed to have seen to, by its identity."""
        return {
            id(listing): [
                self._promise(pushed) for pushed in listing.pushed if pushed.exact and pushed.place != "order"
            ]
            for listing in self.way.listings
        }

    def _promise(self, pushed: Pushed) -> _Promise:
        only = pushed.only
        if only is not None:
            return _Promise(
                pushed, _NONE_SEEN, lambda hit: belongs(record_of(self.mapping, hit.records, self.record), (only,))
            )
        fits = _test(pushed.source, self.mapping)
        attrs = attrs_of(pushed.source) if pushed.source is not None else _NONE_SEEN
        return _Promise(pushed, attrs, lambda hit: fits(hit.face))

    @cached_property
    def _fixed(self) -> list[tuple[Field, str]]:
        return _fixed(self.way.check, self.mapping)

    def hit(self, listing: Listing, raw: Json, filled: Map[str, Json], lead: Json = None) -> Hit:
        """The hit with the values that stand in the path and the element of the list read before."""
        records = partial(self.mapping, self.way.route, raw)
        if self.way.lead is not None:
            records[self.way.lead.record] = lead
        for hole, value in filled.items():
            place = storage(self.mapping, hole_field(hole))
            if (
                place.record in self.mapping.records
                and walk(record_of(self.mapping, records, place.record), place.keys) is None
            ):
                put(records, place, value)
        hit = Hit(listing, raw, records)
        if (
            not self.shows_properties
            and isinstance(raw, Map)
            and any(key.lower() == PROPERTIES and raw[key] is not None for key in raw)
        ):
            self.shows_properties = True
        self.look(hit)
        return hit

    def hits(self, listing: Listing, rows: Sequence[Json], filled: Map[str, Json], lead: Json = None) -> list[Hit]:
        """The hits of a page."""
        return [self.hit(listing, row, filled, lead) for row in rows]

    def at_once(self, listing: Listing, rows: Sequence[Json]) -> list[Hit] | None:  # noqa: ARG002 — a decoding judge looks at them
        """The hits of a page that fit; None where each has to be built and judged by itself. Raises as `fits`."""
        return None

    def has_all(self, hits: Sequence[Hit]) -> bool:  # noqa: ARG002
        """Whether the hits of a page hold all that is judged and shown, so that nothing is read besides."""
        return False

    def fitting(self, hits: list[Hit]) -> list[Hit]:
        """Those that fit. Raises as `fits`."""
        return [hit for hit in hits if hit.face and self.fits(hit)]

    def moments(self, hits: Sequence[Hit], attr: Attr) -> list[Any]:
        """What the hits show of an instant, comparable with each other; None where one shows none."""
        schema = self.mapping.type.attribute(attr)
        if schema is None or schema.type != "dateTime":
            return [None] * len(hits)
        return [comparable(next(values(hit.face, attr), None), schema) for hit in hits]

    def holding(self, name: str, tree: Filter) -> Callable[[Hit], bool]:  # noqa: ARG002 — a decoding judge knows it by its name
        """Whether a hit fits a part of the filter."""
        fits = _test(tree, self.mapping)
        return lambda hit: fits(hit.face)

    def look(self, hit: Hit) -> None:
        """See the resource as its records now make it."""
        hit.face = self._see(hit.records, self.scene)
        hit.face.setdefault("meta", {})["resourceType"] = self.mapping.type.name
        hit.id = str(hit.face.get("id", hit.id))

    def lacks(self, hit: Hit, *, to_show: bool = False) -> frozenset[str]:
        """Records to read because the hit does not bring what hits of this route are said to bring."""
        keys = None
        if isinstance(hit.raw, Map) and self.way.route.items is None and self.way.route.style == "lucene":
            keys = frozenset(key.lower() for key in hit.raw)
        elif self.shows_properties:
            return _NONE
        if (to_show, keys) not in self._lacking:
            self._lacking[to_show, keys] = self._lacks(keys, to_show)
        return self._lacking[to_show, keys]

    def _lacks(self, keys: frozenset[str] | None, to_show: bool) -> frozenset[str]:
        """`lacks` for all hits with these keys; None: a record of nevisIDM's, without custom properties."""
        fields = known_fields(self.mapping, self._wanted if to_show else self._seen)
        if keys is not None:
            gone = {each for each in fields if (name := self._names.get(each)) is not None and name.lower() not in keys}
            gone |= {
                each for each in fields if PROPERTIES not in keys and self._is_property(each, root_of(self.mapping))
            }
        else:
            gone = {each for each in fields if self._is_property(each, self.way.route.items)}
        return frozenset(storage(self.mapping, each).record for each in gone) | frozenset(each.record for each in gone)

    def _is_property(self, place: Field, item: str | None) -> bool:
        path = path_in(self.mapping, item, place)
        return path is not None and path[:1] == (PROPERTIES,)

    def belongs(self, hit: Hit) -> bool:
        """Whether the hit is one of this type's (`only`)."""
        return not self._only or belongs(record_of(self.mapping, hit.records, self.record), self._only)

    def hopeless(self, hit: Hit) -> bool:
        """Whether what the hit itself shows rules it out, so that nothing need be read. Raises Again like `fits`."""
        if self._at_once(hit.face) and not any(self._other(hit, place, value) for place, value in self._fixed):
            return False
        self._blame(hit, self.way.carried)
        return True

    def _other(self, hit: Hit, place: Field, value: str) -> bool:
        """Whether the hit shows another value where the filter allows one only."""
        found = stored_at(self.mapping, hit.records, place)
        return isinstance(found, str) and found != value

    def fits(self, hit: Hit) -> bool:
        """Whether the hit is one of the answer's. Raises Again if it should never have come."""
        if self._fits(hit.face) and self.belongs(hit):
            return True
        self._blame(hit, self._judged)
        return False

    def _blame(self, hit: Hit, seen: frozenset[Attr]) -> None:
        """Raise Again if the hit fails what nevisIDM was believed to have checked itself."""
        wrong = tuple(
            [promise.pushed.parameter for promise in self._promises[id(hit.listing)] if not promise.kept(hit, seen)]
        )
        if wrong and not self.way.consistent:
            raise Again(closed="stale: a hit does not fit what was asked")
        if wrong:
            raise Again(doubted=tuple(dict.fromkeys(wrong)))


@dataclass(frozen=True, slots=True)
class _Promise:
    """A condition that nevisIDM is believed to have checked, and the attributes that show whether it did."""

    pushed: Pushed
    attrs: frozenset[Attr]
    holds: Callable[[Hit], bool]

    def kept(self, hit: Hit, seen: frozenset[Attr]) -> bool:
        """Whether the hit fits it, as far as its attributes have been seen."""
        return not self.attrs <= seen or self.holds(hit)


def _fixed(tree: Filter | None, mapping: Mapping) -> list[tuple[Field, str]]:
    """The fields whose stored value every hit must have, to the letter."""
    said = fixed_by(resolve(tree, mapping)) if tree is not None else None
    fields = said.tests.items() if said is not None else ()
    return [(hole_field(hole), said.values[hole]) for hole, test in fields if said is not None and not test.many]


def _test(tree: Filter | None, mapping: Mapping) -> Callable[[Resource], bool]:
    return compile_match(tree, mapping.type) if tree is not None else lambda _: True
