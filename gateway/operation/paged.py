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
from gateway.swift import swift

LARGEST_OFFSET = 2_000_000_000
TOTAL = ("returnTotalResultCount", "true")


@swift
@dataclass(frozen=True, slots=True)
class NevisPage:
    """What came of it. `few`: so few rows that they are sorted here instead; `hits` are then all of them, or not to be used (None).

    `ahead`: the row behind the page, if one was asked for and is there.
    """

    hits: list[Hit] | None
    total: int
    few: bool = False
    ahead: Hit | None = None


@swift
@dataclass(frozen=True, slots=True)
class Rows:
    """One reply of an ordered list: every row as a hit, in order, those that are gone without a face; `fitting` are the others."""

    hits: list[Hit]
    fitting: list[Hit]
    total: int


async def nevis_page(finding: Finding, request: ScimRequest, context: Context, *, ahead: bool = False) -> NevisPage:
    """The rows of the page and nevisIDM's total; `ahead`: one row more, if that takes no further call.

    Raises Again if it cannot be believed.
    """
    way = finding.way
    limit = min(way.bulk, request.count + 1) if ahead else way.limit
    start = min(request.start_index - 1, LARGEST_OFFSET)
    found: list[Hit] = []
    seen = gone = 0
    while True:
        rows = await read_rows(finding, start + seen, limit, context)
        found += rows.fitting
        gone += len(rows.hits) - len(rows.fitting)
        seen += len(rows.hits)
        if not way.paging.sure and rows.total <= way.scan and request.count:
            whole = seen >= rows.total and start == 0
            return NevisPage(once(found) if whole else None, len(found), few=True)
        if not rows.hits or seen >= request.count or start + seen >= rows.total:
            break
    if rows.total > seen:
        await believe(finding, way.listings[0].pushed, context)
    shown = once(found)
    following = shown[request.count] if len(shown) > request.count else None
    return NevisPage(shown[: request.count], rows.total - gone, ahead=following)


async def read_rows(finding: Finding, start: int, limit: int, context: Context) -> Rows:
    """At most `limit` rows of the list in nevisIDM's order, from an offset. Raises Again if offset or total cannot be believed."""
    way, listing = finding.way, finding.way.listings[0]
    sort = (("sortBy", way.paging.sort),) if way.paging.sort is not None else ()
    offset = ((OFFSET, str(start)),) if start else ()
    lookup = finding.lookup(listing.fixed, None)
    page = await finding.reader.page(listing, lookup, ("limit", str(limit)), *offset, *sort, TOTAL)
    if page.total is None:
        raise Again(no_totals=True)
    if offset and page.rows:
        await _believe_offset(finding, context)
    fitting = finding.judge.at_once(listing, page.rows)
    if fitting is not None:
        hits, there = fitting, len(page.rows)
    else:
        hits = finding.judge.hits(listing, page.rows, listing.fixed)
        fitting = await finding.judged(hits)
        there = sum(1 for hit in hits if hit.face)
    if len(fitting) < there:
        raise Again(no_totals=True)  # a row does not fit and no parameter is to blame: count here
    return Rows(hits, fitting, page.total)


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
