"""How the rows of a way are decoded, judged and shown: what depends on the shape of a search alone is kept with its routine.

Only where a row of the list is all that is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.mapping.check import Check, Fit, compared, terms_of
from gateway.mapping.model import Mapping
from gateway.mapping.row import Choice, Rows, rows_of
from gateway.mapping.view import Scene
from gateway.operation.asked import Asked
from gateway.operation.hit import seen_of
from gateway.plan.carried import root_of
from gateway.plan.split import joined
from gateway.plan.way import SearchPlan, Way
from gateway.scim.match import compile_match
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr, Filter

See = Callable[[], Callable[[Any], Resource]]
"""What sees a row as a resource, made when it is needed."""
Judged = Callable[[Any], bool]


def course_of(plan: SearchPlan, way: Way, request: ScimRequest, mapping: Mapping, asked: Asked) -> Course | None:
    """How the rows of one of the plan's ways are treated; None where a row is not all that is asked of it."""
    if plan.routine is None:
        return _course(way, request, mapping, asked, kept=False)
    place = "way" if way is plan.way else "sure" if way is plan.sure else "steady"
    kept = plan.routine.kept
    if place not in kept:
        kept[place] = _course(way, request, mapping, asked, kept=True)
    found: Course | None = kept[place]
    return found


def _course(way: Way, request: ScimRequest, mapping: Mapping, asked: Asked, *, kept: bool) -> Course | None:
    root = root_of(mapping)
    if root is None or not _is_enough(way, root) or mapping.records[root].only:
        return None
    choice = Choice(seen_of(way, request.sort_by), asked.wanted, asked.versions)
    rows = rows_of(mapping, root, choice, request.wanted, request.type, request.dialect)
    return None if rows is None else Course(rows, mapping.type, kept=kept)


def _is_enough(way: Way, root: str) -> bool:
    """Whether a row is the resource's own record, and nothing has to be read or put into it."""
    if not way.consistent or way.route.items != root or way.selfread or way.lead is not None or way.over is not None:
        return False
    beside = way.before.reads or way.after.reads or way.elements
    return not beside and not any(listing.fixed for listing in way.listings)


class Course:
    """How the rows of a way are decoded and shown (`rows`), and judged: by lines that are written once where it is `kept`."""

    __slots__ = ("_checks", "_kept", "_kind", "_moments", "rows")

    def __init__(self, rows: Rows, kind: ResourceType, *, kept: bool) -> None:
        self.rows = rows
        self._kind = kind
        self._kept = kept
        self._checks: dict[str, Check] = {}
        self._moments: dict[Attr, Fit | None] = {}

    def fits(self, way: Way, scene: Scene, see: See) -> Judged:
        """Whether a row fits all that was asked."""
        return self.test("fits", way.check, scene, see)

    def keeps(self, way: Way, scene: Scene, see: See) -> Judged:
        """Whether a row fits what nevisIDM is believed to have checked itself; of several lists nobody knows here."""
        if len(way.listings) > 1:
            return lambda _: False
        promises = [each for each in way.listings[0].pushed if each.exact and each.place != "order"]
        if any(each.only is not None or each.source is None for each in promises):
            return lambda _: False
        return self.test("keeps", joined(tuple(each.source for each in promises)), scene, see)

    def moment(self, attr: Attr, scene: Scene) -> Callable[[Any], Any] | None:
        """What a row shows of an instant, in texts that stand in the order of time; None where that is not written down."""
        if not self._kept:
            return None
        if attr not in self._moments:
            self._moments[attr] = self.rows.checks.moment(attr)
        written = self._moments[attr]
        return written(scene, ()) if written is not None else None

    def test(self, name: str, tree: Filter | None, scene: Scene, see: See) -> Judged:
        """Whether a row fits a part of the filter that has this name in all searches of the routine."""
        if tree is None:
            return lambda _: True
        if not self._kept:
            return _seen(tree, see, self._kind)
        if name not in self._checks:
            self._checks[name] = self.rows.checks.check(tree)
        check = self._checks[name]
        fits = check.written(scene, compared(tree))
        if not check.rest:
            return fits
        terms = terms_of(tree)
        rest = _seen(joined(tuple(terms[number] for number in check.rest)), see, self._kind)
        return lambda row: fits(row) and rest(row)


def _seen(tree: Filter | None, see: See, kind: ResourceType) -> Judged:
    matches = compile_match(tree, kind) if tree is not None else bool
    face = see()
    return lambda row: matches(face(row))
