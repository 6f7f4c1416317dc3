"""Pages by cursor (RFC 9865; OCI's opc-next-page): the same searches, each page beginning where the one before ended.

Where the next page begins is decided by the way that answers:

- One list of the resources themselves, no order asked for: nevisIDM's continuation token. A page costs the same from the first to the
  last. So also where rows are dropped here and there are too many to read all of them: what pages by index refuse (tooMany), pages by
  cursor walk through, in the list's order.
- An order that nevisIDM makes: its offset, and marks of the rows before it, by which the place is found again when others wrote
  (`within.py`).
- Everything else (several calls, the index, a walk, ids in the filter, an order made here): all hits are found as for an index page; the
  page is what stands behind the last resource of the page before, in the order asked for, else by id. No row is lost or doubled by others
  that come and go.

Every resource comes exactly once and in order, whatever the sizes of the pages and whoever is created or deleted meanwhile. One whose
sort value is changed meanwhile comes where it then stands: twice, or not at all.
"""

from __future__ import annotations

import dataclasses

from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.operation.again import Again
from gateway.operation.context import Answer, Context
from gateway.operation.cursor import Behind, Onward, Position, Within, bound_to, invalid_cursor
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit
from gateway.operation.listing import TooMany
from gateway.operation.onward import read_on
from gateway.operation.paged import nevis_page
from gateway.operation.search import Searching
from gateway.operation.within import Part, Resumption, lost, mark, marks
from gateway.plan.way import SearchPlan, Way
from gateway.scim.order import behind, leading, ordered
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.tree import Attr


async def search_page(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """One page of a search, by index or by cursor. Raises what `search` raises, BadRequest GW122 and GW123 for a cursor."""
    if request.cursor is not None or (request.dialect.opc_pages and request.count):
        return await Walking(request, mapping, context, run).answer()
    return await Searching(request, mapping, context, run, final=True).answer()


class Walking(Searching):
    """One page by cursor, or one by index that a cursor leads on from (OCI)."""

    def __init__(self, request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> None:
        self.position = _opened(request, context)
        self.asked = request
        if isinstance(self.position, Within) and request.sort_by is None:
            request = dataclasses.replace(request, sort_by=Attr("id"))
        super().__init__(request, mapping, context, run, final=True)
        if isinstance(self.position, Onward):
            routes = mapping.search.routes if mapping.search is not None else ()
            self.lessons.closed |= {route.name for route in routes if route.name != self.position.route}
            self.lessons.bare |= {self.position.route} if self.position.bare else set()

    async def get(self, plan: SearchPlan) -> Answer:
        """The page of the resources whose ids the filter fixes."""
        if isinstance(self.position, Onward):
            raise invalid_cursor()
        found = await self.known(plan)
        page, end = self._part(found)
        return self._to(Answer(200, resources=tuple(page), total=len(found)), end)

    async def by(self, plan: SearchPlan, chosen: Way) -> Answer | None:
        """The answer of the plan: on from a token, or all hits found; where those are too many, on from the list's beginning."""
        if not isinstance(self.position, Onward):
            try:
                return await super().by(plan, chosen)
            except TooMany:
                if self.position is not None or self.request.sort_by is not None or plan.steady is None:
                    raise
        if plan.steady is None:
            raise invalid_cursor()
        try:
            return await self._onward(plan, plan.steady)
        except Again as again:
            self.lessons.learn(again, self.mapping.name, plan.steady.route.name, self.context)
            return None

    async def go(self, plan: SearchPlan, way: Way) -> Answer:
        """Answer by one way."""
        first, unsorted = self.position is None, self.request.sort_by is None
        if first and unsorted and way is plan.steady and way.whole:
            return await self._onward(plan, way)
        finding = self.finding(plan, way)
        if isinstance(self.position, Within):
            if way.paging.pushed:
                return await self._within(finding, self.position)
            if not self.position.sure:
                raise lost()
        hits: list[Hit] | None = None
        if first and not unsorted and way.paging.pushed:
            page = await nevis_page(finding, self.request, self.context, ahead=self._by != Attr("id"))
            hits = page.hits
            if hits is not None and not page.few:
                end = self.request.start_index - 1 + self.request.count
                return await self._pushed(finding, Part(hits, end, page.total, page.ahead))
        return await self._behind(finding, hits if hits is not None else await self.all(finding))

    async def _within(self, finding: Finding, position: Within) -> Answer:
        """The page of nevisIDM's order behind a position."""
        place = Resumption(finding, position, self._by, self.request.descending, self.context)
        return await self._pushed(finding, await place.page(self.request.count))

    async def _pushed(self, finding: Finding, part: Part) -> Answer:
        answer = await self.rows(finding, part.hits, part.total)
        before = self.position if isinstance(self.position, Within) else None
        if part.end >= part.total:
            return answer
        faces = [hit.face for hit in part.hits if hit.face]
        ahead = mark(part.ahead.face, self._by) if part.ahead is not None and part.ahead.face else None
        if not faces:
            moved = dataclasses.replace(before, rows=part.end, ahead=ahead) if before is not None else None
            return self._to(answer, moved)
        known = marks(faces, self._by, before.marks if before is not None else ())
        value, sure = leading(faces[-1], self._by), finding.way.paging.sure
        return self._to(answer, Within(value, str(faces[-1]["id"]), part.end, known, ahead, sure))

    async def _onward(self, plan: SearchPlan, way: Way) -> Answer:
        finding = self.finding(plan, way)
        start = self.position if isinstance(self.position, Onward) else None
        read = await read_on(finding, self.request.count, start, self.context)
        answer = dataclasses.replace(await self.rows(finding, read.hits, 0), total=read.total)
        bare = way.route.name in self.lessons.bare
        return self._to(answer, Onward(way.route.name, read.token, read.total, bare) if read.token else None)

    async def _behind(self, finding: Finding, found: list[Hit]) -> Answer:
        by_face = {id(hit.face): hit for hit in found}
        page, end = self._part([hit.face for hit in found])
        return self._to(await self.rows(finding, [by_face[id(face)] for face in page], len(found)), end)

    def _part(self, found: list[Resource]) -> tuple[list[Resource], Behind | None]:
        """The page, and where the next one begins if there is one."""
        by, down, kind = self._by, self.request.descending, self.mapping.type
        if isinstance(self.position, Behind):
            rest = behind(found, by, down, kind, (self.position.value, self.position.id))
        else:
            rest = ordered(found, by, down, kind)[self.request.start_index - 1 :]
        page = rest[: self.request.count]
        end = Behind(leading(page[-1], by), str(page[-1]["id"])) if len(rest) > len(page) else None
        return page, end

    @property
    def _by(self) -> Attr:
        return self.request.sort_by or Attr("id")

    def _to(self, answer: Answer, position: Position | None) -> Answer:
        return answer if position is None else _leading_to(answer, position, self.asked, self.context)


def _opened(request: ScimRequest, context: Context) -> Position | None:
    """Where the page begins; None: at the beginning."""
    if not request.cursor:
        return None
    return context.cursors.open(request.cursor, bound_to(request, context.tenant.ext_id), context.now())


def _leading_to(answer: Answer, position: Position, request: ScimRequest, context: Context) -> Answer:
    bound = bound_to(request, context.tenant.ext_id)
    return dataclasses.replace(answer, next_cursor=context.cursors.seal(position, bound, context.now()))
