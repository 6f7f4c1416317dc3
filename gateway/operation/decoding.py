"""Hits that were decoded and are shown in one pass (`mapping/row.py`), where the rows of a list are the resources, with all that is asked.

It judges as `Judge` does, by lines that are written for the filter (`mapping/check.py`). An answer that no struct fits comes as plain
records, and is judged and shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from functools import cached_property
from typing import Any

from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene, viewer
from gateway.operation.asked import Asked
from gateway.operation.course import Course, Judged
from gateway.operation.hit import Hit, Judge
from gateway.plan.way import Listing, Way
from gateway.scim.finish import finish
from gateway.scim.project import project
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.tree import Attr, Filter

Json = Any
_NONE: frozenset[str] = frozenset()
_NO_RECORDS: dict[str, Json] = {}


class Row(Hit):
    """A hit that is a struct, and nothing besides; its face is seen when somebody looks at it, and so is an id of several parts."""

    __slots__ = ("_judge",)

    def __init__(self, listing: Listing, raw: Json, id_: str | None, judge: Decoding) -> None:
        self.listing = listing
        self.raw = raw
        self.records = _NO_RECORDS
        self._judge = judge
        if id_ is not None:
            self.id = id_

    def __getattr__(self, name: str) -> Any:
        """What was not looked at yet."""
        if name == "face":
            self.face = self._judge.see_row(self.raw)
            return self.face
        if name == "id":
            self.id = str(self.face.get("id", ""))
            return self.id
        raise AttributeError(name)


class Decoding(Judge):
    """Builds, judges and shows hits that are structs; what it shows is finished and may leave as it is."""

    def __init__(
        self, mapping: Mapping, way: Way, scene: Scene, request: ScimRequest, asked: Asked, course: Course
    ) -> None:
        super().__init__(mapping, way, scene, request.sort_by, asked.wanted)
        self.rows = course.rows
        self._course = course
        self._request = request
        self._versions = asked.versions

    @cached_property
    def see_row(self) -> Callable[[Json], Resource]:
        """From a struct to the resource as far as it is judged and sorted by."""
        return self._course.rows.see(self.scene)

    @cached_property
    def _fits_row(self) -> Judged:
        return self._course.fits(self.way, self.scene, lambda: self.see_row)

    @cached_property
    def _keeps_row(self) -> Judged:
        return self._course.keeps(self.way, self.scene, lambda: self.see_row)

    def at_once(self, listing: Listing, rows: Sequence[Json]) -> list[Hit] | None:
        """The hits of a page that fit; None where they are no structs."""
        if not rows:
            return []
        if type(rows[0]) is dict:
            return None
        key = self._course.rows.key
        if self.way.check is not None:
            fits = self._course.fits(self.way, self.scene, lambda: self.see_row)
            good = [row for row in rows if fits(row)]
            if len(good) < len(rows):
                self._blame_any(listing, rows)
            rows = good
        if key is None:
            return [Row(listing, row, None, self) for row in rows]
        return [Row(listing, row, key(row) or "", self) for row in rows]

    def _blame_any(self, listing: Listing, rows: Sequence[Json]) -> None:
        """Raise Again if a row fails what nevisIDM was believed to have checked itself."""
        keeps = self._keeps_row
        for row in rows:
            if not keeps(row):
                super().fits(Row(listing, row, None, self))

    def hit(self, listing: Listing, raw: Json, filled: Map[str, Json], lead: Json = None) -> Hit:
        """The hit; a struct is all there is of it."""
        if type(raw) is dict:
            return super().hit(listing, raw, filled, lead)
        key = self._course.rows.key
        return Row(listing, raw, None if key is None else key(raw) or "", self)

    def hits(self, listing: Listing, rows: Sequence[Json], filled: Map[str, Json], lead: Json = None) -> list[Hit]:
        """The hits of a page."""
        return [self.hit(listing, row, filled, lead) for row in rows]

    def has_all(self, hits: Sequence[Hit]) -> bool:
        """Structs do."""
        return bool(hits) and Hit not in set(map(type, hits))

    def fitting(self, hits: list[Hit]) -> list[Hit]:
        """Those that fit; a struct is there, nobody need look at its face for that."""
        return [hit for hit in hits if (type(hit) is Row or hit.face) and self.fits(hit)]

    def fits(self, hit: Hit) -> bool:
        """Whether the hit is one of the answer's."""
        if type(hit.raw) is dict or self.way.check is None:
            return super().fits(hit)
        return self._fits_row(hit.raw) or (not self._keeps_row(hit.raw) and super().fits(hit))

    def moments(self, hits: Sequence[Hit], attr: Attr) -> list[Any]:
        """As texts, where all hits are structs and that is written down."""
        shown = self._course.moment(attr, self.scene) if self.has_all(hits) else None
        return super().moments(hits, attr) if shown is None else [shown(hit.raw) for hit in hits]

    def holding(self, name: str, tree: Filter) -> Callable[[Hit], bool]:
        """Whether a hit fits a part of the filter."""
        usual, fits = super().holding(name, tree), self._course.test(name, tree, self.scene, lambda: self.see_row)
        return lambda hit: usual(hit) if type(hit.raw) is dict else fits(hit.raw)

    def lacks(self, hit: Hit, *, to_show: bool = False) -> frozenset[str]:
        """Nothing is lacking where a struct fits."""
        return super().lacks(hit, to_show=to_show) if type(hit.raw) is dict else _NONE

    def show_all(self, hits: Sequence[Hit]) -> list[Resource]:
        """What the client reads of hits all of which are structs."""
        show = self._course.rows.show(self.scene)
        return [show(hit.raw) for hit in hits]

    def show(self, hit: Hit) -> Resource:
        """What the client reads of a hit, whichever it is."""
        if type(hit.raw) is dict:
            request = self._request
            view = viewer(self.mapping, self._wanted, self._versions)(hit.records, self.scene)
            return project(
                finish(view, request.type, request.dialect, request.base), request.wanted, request.type, request.dialect
            )
        return self._course.rows.show(self.scene)(hit.raw)
