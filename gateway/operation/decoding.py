"""Hits that were decoded and are shown in one pass (`mapping/row.py`), where the rows of a list are the resources, with all that is asked.

It judges as `Judge` does, on the same faces. An answer that no struct fits comes as plain records, and is judged and shown as such.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.mapping.model import Mapping
from gateway.mapping.row import Choice, Rows, rows_of
from gateway.mapping.view import Scene, viewer
from gateway.operation.asked import Asked
from gateway.operation.hit import Hit, Judge, seen_of
from gateway.plan.carried import root_of
from gateway.plan.way import Listing, SearchPlan, Way
from gateway.scim.finish import finish
from gateway.scim.project import project
from gateway.scim.request import Resource, ScimRequest

Json = Any
_NONE: frozenset[str] = frozenset()
_NO_RECORDS: dict[str, Json] = {}


@dataclass(frozen=True, slots=True)
class Course:
    """How the rows of a way are decoded, judged and shown, which its routine alone decides."""

    rows: Rows


def course_of(plan: SearchPlan, way: Way, request: ScimRequest, mapping: Mapping, asked: Asked) -> Course | None:
    """How the rows of a way are decoded, worked out once for its routine; None where a row is not all that is asked of it."""
    if plan.routine is None:
        return _course(way, request, mapping, asked)
    place = "way" if way is plan.way else "sure" if way is plan.sure else "steady"
    kept = plan.routine.kept
    if place not in kept:
        kept[place] = _course(way, request, mapping, asked)
    found: Course | None = kept[place]
    return found


def _course(way: Way, request: ScimRequest, mapping: Mapping, asked: Asked) -> Course | None:
    root = root_of(mapping)
    if root is None or not _is_enough(way, root) or mapping.records[root].only:
        return None
    choice = Choice(seen_of(way, request.sort_by), asked.wanted, asked.versions)
    rows = rows_of(mapping, root, choice, request.wanted, request.type, request.dialect)
    return None if rows is None else Course(rows)


def _is_enough(way: Way, root: str) -> bool:
    """Whether a row is the resource's own record, and nothing has to be read or put into it."""
    if not way.consistent or way.route.items != root or way.selfread or way.lead is not None or way.over is not None:
        return False
    beside = way.before.reads or way.after.reads or way.elements
    return not beside and not any(listing.fixed for listing in way.listings)


class Decoding(Judge):
    """Builds, judges and shows hits that are structs; what it shows is finished and may leave as it is."""

    def __init__(
        self, mapping: Mapping, way: Way, scene: Scene, request: ScimRequest, asked: Asked, course: Course
    ) -> None:
        super().__init__(mapping, way, scene, request.sort_by, asked.wanted)
        self.rows = course.rows
        self._see_row = course.rows.see(scene)
        self._show_row = course.rows.show(scene)
        self._request = request
        self._versions = asked.versions

    def hit(self, listing: Listing, raw: Json, filled: Map[str, Json], lead: Json = None) -> Hit:
        """The hit; a struct is all there is of it."""
        if type(raw) is dict:
            return super().hit(listing, raw, filled, lead)
        [hit] = self.hits(listing, (raw,), filled, lead)
        return hit

    def hits(self, listing: Listing, rows: Sequence[Json], filled: Map[str, Json], lead: Json = None) -> list[Hit]:
        """The hits of a page; its rows are structs, or all of them are not."""
        if not rows or type(rows[0]) is dict:
            return super().hits(listing, rows, filled, lead)
        see = self._see_row
        faces = [(row, see(row)) for row in rows]
        return [Hit(listing, row, _NO_RECORDS, face.get("id", ""), face) for row, face in faces]

    def has_all(self, hits: Sequence[Hit]) -> bool:
        """Structs do."""
        return bool(hits) and dict not in {type(hit.raw) for hit in hits}

    def fitting(self, hits: list[Hit]) -> list[Hit]:
        """Those that fit; where nothing was asked, all do."""
        return super().fitting(hits) if self.way.check is not None or not self.has_all(hits) else hits

    def lacks(self, hit: Hit, *, to_show: bool = False) -> frozenset[str]:
        """Nothing is lacking where a struct fits."""
        return super().lacks(hit, to_show=to_show) if type(hit.raw) is dict else _NONE

    def show(self, hit: Hit) -> Resource:
        """What the client reads of a hit, whichever it is."""
        if type(hit.raw) is dict:
            request = self._request
            view = viewer(self.mapping, self._wanted, self._versions)(hit.records, self.scene)
            return project(
                finish(view, request.type, request.dialect, request.base), request.wanted, request.type, request.dialect
            )
        return self._show_row(hit.raw)
