"""Pages that nevisIDM makes: limit, offset, order and total are its own.

A total is believed once every parameter it depends on was seen to be heeded: nevisIDM may ignore one that it does not know, and then its
total is that of everybody, whatever the rows of this page look like. An order that may not be RFC 7644's own is used for many rows only.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.operation.again import Again
from gateway.operation.context import Context
from gateway.operation.finding import Finding, once
from gateway.operation.hit import Hit
from gateway.operation.proof import note, prove, proved
from gateway.plan.paging import OFFSET
from gateway.plan.way import Pushed
from gateway.scim.request import ScimRequest

LARGEST_OFFSET = 2_000_000_000
TOTAL = ("returnTotalResultCount", "true")


@dataclass(frozen=True, slots=True)
class NevisPage:
    """What came of it. `few`: so few rows that they are sorted here instead; `hits` are then all of them, or not to be used (None)."""

    hits: list[Hit] | None
    total: int
    few: bool = False


async def nevis_page(finding: Finding, request: ScimRequest, context: Context) -> NevisPage:
    """The rows of the page and nevisIDM's total. Raises Again if that cannot be believed."""
    way, listing = finding.way, finding.way.listings[0]
    lookup = finding.lookup(listing.fixed, None)
    sort = (("sortBy", way.paging.sort),) if way.paging.sort is not None else ()
    start = min(request.start_index - 1, LARGEST_OFFSET)
    found: list[Hit] = []
    seen = gone = 0
    while True:
        offset = ((OFFSET, str(start + seen)),) if start + seen else ()
        page = await finding.reader.page(listing, lookup, ("limit", str(way.limit)), *offset, *sort, TOTAL)
        if page.total is None:
            raise Again(no_totals=True)
        if offset and page.rows:
            await _believe_offset(finding, context)
        hits = [finding.judge.hit(listing, row, listing.fixed) for row in page.rows]
        fitting = await finding.judged(hits)
        lost = sum(1 for hit in hits if not hit.face)
        if len(fitting) + lost < len(hits):
            raise Again(no_totals=True)  # a row does not fit and no parameter is to blame: count here
        found += fitting
        gone += lost
        seen += len(hits)
        if not way.paging.sure and page.total <= way.scan and request.count:
            whole = seen >= page.total and start == 0
            return NevisPage(once(found) if whole else None, len(found), few=True)
        if not hits or seen >= request.count or start + seen >= page.total:
            break
    if page.total > seen:
        await believe(finding, listing.pushed, context)
    return NevisPage(once(found)[: request.count], page.total - gone)


async def _believe_offset(finding: Finding, context: Context) -> None:
    """Far behind all rows there is none. Raises Again if there is: the offset is ignored, and every page would be the first."""
    listing, known = finding.way.listings[0], (finding.mapping.name, finding.way.route.name)
    if OFFSET in proved(context.trust, *known):
        return
    lookup = finding.lookup(listing.fixed, None)
    page = await finding.reader.page(listing, lookup, ("limit", "1"), (OFFSET, str(LARGEST_OFFSET)), TOTAL)
    if page.rows:
        raise Again(doubted=(OFFSET,))
    if page.total:
        note(context.trust, *known, OFFSET)


async def believe(finding: Finding, pushed: tuple[Pushed, ...], context: Context) -> bool:
    """Prove the parameters that are not proved yet; True if there were any. Raises Again for those that are ignored."""
    route, listing = finding.way.route.name, finding.way.listings[0]
    known = proved(context.trust, finding.mapping.name, route)
    unproved = [each for each in pushed if each.place == "query" and each.parameter not in known]
    lookup = finding.lookup(listing.fixed, None)
    ignored = await prove(unproved, finding.mapping.name, route, listing, finding.run, lookup, context)
    if ignored:
        raise Again(doubted=ignored)
    return bool(unproved)
