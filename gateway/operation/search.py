"""Searching: plan, find, check, page; plan again when nevisIDM proves a claim wrong (mapping-format, section 3.5).

The answer holds every resource that fits and no other, its total is exact, or it is an error that says what to add. Only the rows of the
page are read to the end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from datetime import timedelta
from functools import cached_property
from typing import Any

from gateway.errors import Unavailable, Unsupported
from gateway.mapping.model import Mapping
from gateway.mapping.view import Scene, viewer
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.again import Again, Lessons
from gateway.operation.apart import Reading
from gateway.operation.asked import asked_of
from gateway.operation.context import Answer, Context
from gateway.operation.course import course_of
from gateway.operation.decoding import Decoding
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit, Judge
from gateway.operation.listing import Budget, TooMany
from gateway.operation.ordered import in_order
from gateway.operation.paged import believe, nevis_page
from gateway.operation.proof import learned, proved
from gateway.operation.reading import read_records
from gateway.operation.scene import scene_of
from gateway.operation.shown import shown_page
from gateway.operation.side import side_by_side
from gateway.plan.advice import advice
from gateway.plan.beside import wanted_of
from gateway.plan.carried import attrs_of
from gateway.plan.planned import planned_search
from gateway.plan.read import identity
from gateway.plan.way import SearchPlan, Way
from gateway.scim.match import compile_match
from gateway.scim.order import ordered
from gateway.scim.request import Resource, ScimRequest, Wanted
from gateway.scim.tree import Attr, Filter

REMEMBERED = timedelta(minutes=1)
"""How long a list that was too long to be read whole is not tried again before the index."""

ATTEMPTS = 20
"""More than there are routes and parameters in any mapping; a search that learns something each time ends before."""


async def search(request: ScimRequest, mapping: Mapping, context: Context, run: Run, *, final: bool = False) -> Answer:
    """The page and the exact total. `final`: it goes to the client as it is, so its resources may be finished already (`Answer.finished`).

    Raises Unsupported GW202 where that would read too much, GW201 and GW203 for what cannot be searched, Unavailable GW503 when no route
    can answer, Refusal for what nevisIDM said no to.
    """
    return await Searching(request, mapping, context, run, final=final).answer()


def elements_reader(
    request: ScimRequest, mapping: Mapping, context: Context, run: Run, *, narrow: bool | None = None
) -> Reading:
    """What reads elements that stand apart for this request; resources of other types are found by their own searches.

    `narrow`: whether an index may say where to look; None: for reads only, what is written must not be decided by one that may be behind.
    """

    async def page(resource: str, narrowed: Filter | None, start: int, count: int) -> tuple[list[str], int]:
        target = context.mappings.by_name[resource]
        inner = dataclasses.replace(
            request,
            operation="search",
            type=target.type,
            filter=narrowed,
            sort_by=Attr("id"),
            descending=False,
            start_index=start,
            count=count,
            wanted=Wanted(include=(Attr("id"),)),
            cursor=None,
        )
        answer = await search(inner, target, context, run)
        return [str(each["id"]) for each in answer.resources or ()], answer.total or 0

    may = request.operation in ("get", "search") if narrow is None else narrow
    return Reading(mapping, scene_of(request, context), run, page, context.mappings.by_name, narrow=may)


class Searching:
    """One search with what it has learned."""

    def __init__(
        self, request: ScimRequest, mapping: Mapping, context: Context, run: Run, *, final: bool = False
    ) -> None:
        self.request = request
        self.final = final
        self.mapping = mapping
        self.context = context
        self.run = run
        self.scene: Scene = scene_of(request, context)
        self.lessons = Lessons(context.capabilities)
        self.choice = asked_of(request, mapping)

    @cached_property
    def elements(self) -> Reading:
        """What reads elements that stand apart."""
        return elements_reader(self.request, self.mapping, self.context, self.run)

    async def answer(self) -> Answer:
        """Plan and go, again with every lesson. Raises what `search` raises."""
        for _ in range(ATTEMPTS):
            plan = self.plan()
            if plan.kind == "none":
                return Answer(200, resources=(), total=0)
            if plan.kind == "get":
                return await self.get(plan)
            if plan.way is None:
                raise self.nothing_open(plan)
            answer = await self.by(plan, plan.way)
            if answer is not None:
                return answer
        raise Unavailable("GW503", "nevisIDM's lists change faster than they can be read. Try again.", retry_after=5)

    def plan(self) -> SearchPlan:
        """The plan, as far as nevisIDM is known by now."""
        trust, name = self.context.trust, self.mapping.name
        return planned_search(
            self.request,
            self.mapping,
            self.lessons.capabilities,
            lambda route: trust.doubted(name, route),
            frozenset(self.lessons.closed),
            bare=frozenset(self.lessons.bare),
            confirmed=lambda route: proved(trust, name, route),
            learned=learned(trust, self.mapping),
        )

    async def get(self, plan: SearchPlan) -> Answer:
        """The page of the resources whose ids the filter fixes."""
        found = await self.known(plan)
        return Answer(200, resources=tuple(self._sorted(found)[self._slice()]), total=len(found))

    async def known(self, plan: SearchPlan) -> list[Resource]:
        """The resources whose ids the filter fixes, those that are there and fit."""
        fits = compile_match(plan.filter, self.mapping.type) if plan.filter is not None else lambda _: True
        see = viewer(self.mapping, None, self.choice.versions)
        found: list[Resource] = []

        asked = attrs_of(plan.filter) if plan.filter is not None else frozenset()
        for known, records in zip(
            plan.known, await side_by_side(self._read_known(plan, known) for known in plan.known), strict=True
        ):
            if any(records.get(name) is None for name in identity(self.mapping)):
                continue
            lookup = lookup_in(known, self.scene.bindings)
            lists = wanted_of(self.mapping, asked)
            records |= await self.elements.judged(lists, plan.filter, lookup, records)
            resource = see(records, self.scene)
            resource.setdefault("meta", {})["resourceType"] = self.mapping.type.name
            if fits(resource):
                if self.choice.apart:
                    records |= await self.elements.shown(self.choice.wanted, self.request.wanted, lookup, records)
                    resource = see(records, self.scene)
                found.append(resource)
        return found

    async def _read_known(self, plan: SearchPlan, known: Map[str, str]) -> dict[str, Any]:
        return await read_records(plan.read, self.run, lookup_in(known, self.scene.bindings))

    async def by(self, plan: SearchPlan, chosen: Way) -> Answer | None:
        """The answer of the plan; None: something was learned, plan again. The database goes before an index if that is little to read."""
        for way in (plan.sure, chosen):
            if way is None or (way is plan.sure and self._is_large(way)):
                continue
            try:
                return await self.go(plan, way)
            except TooMany:
                if way is not plan.sure:
                    raise
                self.context.trust.note_large(*self._read_by(way), self.context.now() + REMEMBERED)
            except Again as again:
                self.lessons.learn(again, self.mapping.name, way.route.name, self.context)
                return None
        return None

    def _is_large(self, way: Way) -> bool:
        return self.context.trust.is_large(*self._read_by(way), self.context.now())

    def _read_by(self, way: Way) -> tuple[str, str, int]:
        return self.mapping.name, way.route.name, hash(tuple(listing.text for listing in way.listings))

    async def go(self, plan: SearchPlan, way: Way) -> Answer:
        """Answer by one way."""
        finding = self.finding(plan, way)
        page = await nevis_page(finding, self.request, self.context) if way.paging.pushed else None
        if page is not None and page.hits is not None and not page.few:
            return await self.rows(finding, page.hits, page.total)
        found = page.hits if page is not None and page.hits is not None else await self.all(finding)
        return await self.rows(finding, self._page(found, way), len(found))

    def finding(self, plan: SearchPlan, way: Way) -> Finding:
        """A fresh attempt by one way."""
        course = course_of(plan, way, self.request, self.mapping, self.choice) if self.final else None
        if course is not None:
            judge: Judge = Decoding(self.mapping, way, self.scene, self.request, self.choice, course)
        else:
            judge = Judge(self.mapping, way, self.scene, self.request.sort_by, self.choice.wanted)
        budget = Budget(self.mapping.name, plan.hint, way.scan, way.calls)
        return Finding(
            self.mapping, way, judge, self.scene, self.run, budget, self._ids, self.context.trust, lambda: self.elements
        )

    async def all(self, finding: Finding) -> list[Hit]:
        """Every hit that fits. Raises TooMany, Again."""
        if finding.way.order is not None:
            return await in_order(finding, finding.way.order, self.context)
        try:
            return await finding.all()
        except TooMany as too_many:
            # what the catalogue only infers may be worth more than it says: a probe can tell, before the client is sent away
            inferred = tuple(each for listing in finding.way.listings for each in listing.pushed if not each.exact)
            doubted = self.context.trust.doubted(self.mapping.name, finding.way.route.name)
            unsure = tuple(each for each in inferred if each.parameter not in doubted)
            if (
                finding.way.route.style == "params"
                and too_many.total is not None
                and await believe(finding, unsure, self.context)
            ):
                raise Again() from None
            raise

    async def _ids(self, resource: str, most: int) -> list[str]:
        """The ids of all resources of another type, for a route that goes `over` them."""
        target = self.context.mappings.by_name[resource]
        hint = advice(self.mapping)
        refusal = TooMany(
            f"Answering exactly would ask nevisIDM about every {resource}, and there are more than {most}. Add a condition such as {hint}."
        )
        if most <= 0:
            raise refusal
        wanted = Wanted(include=(Attr("id"),))
        inner = dataclasses.replace(
            self.request,
            type=target.type,
            filter=None,
            sort_by=None,
            start_index=1,
            count=most,
            wanted=wanted,
            cursor=None,
        )
        try:
            answer = await search(inner, target, self.context, self.run)
        except Unsupported as error:
            raise (refusal if error.code.code == "GW202" else error) from None
        if (answer.total or 0) > most:
            raise refusal
        return [str(each["id"]) for each in answer.resources or ()]

    async def rows(self, finding: Finding, hits: list[Hit], total: int) -> Answer:
        """The page's rows. One that is gone by then does not count."""
        return await shown_page(finding, hits, total, self.choice, self.request.wanted)

    def _page(self, hits: list[Hit], way: Way) -> list[Hit]:
        """The page of all hits, in the order asked for: without one, as the list has them, those of several calls by id."""
        several = not way.consistent or way.union or way.over is not None
        if self.request.sort_by is None and not several:
            return hits[self._slice()]
        by_face = {id(hit.face): hit for hit in hits}
        return [by_face[id(face)] for face in self._sorted([hit.face for hit in hits])[self._slice()]]

    def _sorted(self, resources: list[Resource]) -> list[Resource]:
        """The resources in the order asked for, else by id."""
        return ordered(resources, self.request.sort_by or Attr("id"), self.request.descending, self.mapping.type)

    def _slice(self) -> slice:
        start = self.request.start_index - 1
        return slice(start, start + max(0, self.request.count))

    def nothing_open(self, plan: SearchPlan) -> Exception:
        """Why no route can answer: what nevisIDM said, or what to add."""
        if self.lessons.refusals:
            return self.lessons.refusals[0]
        if self.lessons.closed:
            return Unavailable("GW503", "nevisIDM's search is not available at the moment. Try again.", retry_after=5)
        needs = [each.reason.partition("needs ")[2] for each in plan.rejected if "needs " in each.reason]
        if needs:
            return Unsupported("GW202", f"nevisIDM lists these only by {' or '.join(needs)}. Add that condition.")
        return Unsupported(
            "GW204", f"This nevisIDM has no call by which {self.mapping.name} resources could be listed."
        )
