"""Pages by cursor (RFC 9865; OCI's opc-next-page): the same searches, each page beginning where the one before ended.

Where the next page begins is decided by the way that answers:

- One list of the resources themselves, no order asked for: nevisIDM's continuation token. A page costs the same from the first to the
  last. So also where rows are dropped here and there are too many to read all of them: what pages by index refuse (tooMany), pages by
  cursor walk through, in the list's order.
- An order that nevisIDM makes, for more rows than can be sorted here: its offset.
- Everything else (several calls, the index, a walk, ids in the filter, an order made here): all hits are found as for an index page; the
  page is what stands behind the last resource of the page before, in the order asked for, else by id. No row is lost or doubled by others
  that come and go.

Over a directory that does not change, every resource comes exactly once and in order, whatever the sizes of the pages.
"""

from __future__ import annotations

import dataclasses

from gateway.mapping.model import Mapping
from gateway.nevisidm.run import Run
from gateway.operation.again import Again
from gateway.operation.context import Answer, Context
from gateway.operation.cursor import Behind, Offset, Onward, Position, bound_to, invalid_cursor
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit
from gateway.operation.listing import TooMany
from gateway.operation.onward import read_on
from gateway.operation.paged import nevis_page
from gateway.operation.search import Searching, search
from gateway.plan.way import SearchPlan, Way
from gateway.scim.order import behind, leading, ordered
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.tree import Attr


async def search_page(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """One page of a search, by index or by cursor. Raises what `search` raises, BadRequest GW122 and GW123 for a cursor."""
    if request.cursor is not None:
        return await Walking(request, mapping, context, run).answer()
    answer = await search(request, mapping, context, run)
    rows = request.start_index - 1 + request.count
    if not request.dialect.opc_pages or not request.count or rows >= (answer.total or 0):
        return answer
    return _leading_to(answer, Offset(rows), request, context)


class Walking(Searching):
    """One page by cursor."""

    def __init__(self, request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> None:
        self.position = _opened(request, context)
        self.asked = request
        if isinstance(self.position, Offset):
            order = request.sort_by or Attr("id")
            request = dataclasses.replace(request, sort_by=order, start_index=self.position.rows + 1)
        super().__init__(request, mapping, context, run)
        if isinstance(self.position, Onward):
            routes = mapping.search.routes if mapping.search is not None else ()
            self.lessons.closed |= {route.name for route in routes if route.name != self.position.route}
            self.lessons.bare |= {self.position.route} if self.position.bare else set()

    async def get(self, plan: SearchPlan) -> Answer:
        """The page of the resources whose ids the filter fixes."""
        if isinstance(self.position, Onward):
            raise invalid_cursor()
        found = await self.known(plan)
        if isinstance(self.position, Offset):
            page = self._sorted(found)[self._slice()]
            return self._by_offset(Answer(200, resources=tuple(page), total=len(found)))
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
        if isinstance(self.position, Offset):
            return self._by_offset(await super().go(plan, way))
        first, unsorted = self.position is None, self.request.sort_by is None
        if first and unsorted and way is plan.steady and way.whole:
            return await self._onward(plan, way)
        finding = self.finding(plan, way)
        hits: list[Hit] | None = None
        if first and not unsorted and way.paging.pushed:
            page = await nevis_page(finding, self.request, self.context)
            hits = page.hits
            if hits is not None and not page.few:
                return self._by_offset(await self.rows(finding, hits, page.total))
        return await self._behind(finding, hits if hits is not None else await self.all(finding))

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
        by, down, kind = self.request.sort_by or Attr("id"), self.request.descending, self.mapping.type
        if isinstance(self.position, Behind):
            rest = behind(found, by, down, kind, (self.position.value, self.position.id))
        else:
            rest = ordered(found, by, down, kind)
        page = rest[: self.request.count]
        end = Behind(leading(page[-1], by), str(page[-1]["id"])) if len(rest) > len(page) else None
        return page, end

    def _by_offset(self, answer: Answer) -> Answer:
        rows = self.request.start_index - 1 + self.request.count
        return self._to(answer, Offset(rows) if rows < (answer.total or 0) else None)

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
