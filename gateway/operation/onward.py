"""Reading a list on from where a page ended: nevisIDM's continuation token goes in, the next one comes out.

Never more rows are asked for than the page still lacks, so that a page always ends where a nevisIDM page ends and the token alone says
where the next one begins: no row is read twice, and what is deleted or created meanwhile shifts nothing. Where rows are dropped here, a
page may stay short of its count, even empty, once it has read what one search may read; its cursor leads on all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import Unavailable
from gateway.operation.again import Again
from gateway.operation.context import Context
from gateway.operation.cursor import Onward, invalid_cursor
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit
from gateway.operation.listing import Page, TooMany
from gateway.operation.paged import TOTAL, believe


@dataclass(slots=True)
class Stretch:
    """What was read. `token` None: to the list's end. `total`: nevisIDM's own, if it is that of the answer."""

    hits: list[Hit]
    token: str | None
    total: int | None = None


async def read_on(finding: Finding, count: int, start: Onward | None, context: Context) -> Stretch:
    """The next rows that fit, at most `count`. Raises Again, TooMany, BadRequest GW122 if nevisIDM does not take the token any more."""
    read = Stretch([], start.token if start is not None else None, start.total if start is not None else None)
    first = True
    while first or (read.token is not None and len(read.hits) < count):
        limit = _limit(finding, count - len(read.hits))
        if limit < 1 and not first:
            break
        page = await _page(finding, max(1, limit), read.token, start if first else None)
        try:
            fitting = await finding.fitting(finding.way.listings[0], page.rows, {})
        except TooMany:
            if first:
                raise
            break
        if start is None and first and page.total is not None and len(fitting) == len(page.rows):
            read.total = await _total(finding, page, context)
        read.hits += fitting
        read.token = page.token if page.rows else None
        finding.budget.rows_read += len(page.rows)
        first = False
    return read


def _limit(finding: Finding, lacking: int) -> int:
    """How many rows to ask for: what the page lacks, as far as the search may still read and check rows."""
    budget, way = finding.budget, finding.way
    limit = min(lacking, way.bulk, budget.scan - budget.rows_read)
    left = budget.calls - budget.calls_made - 1
    each = sum(1 for read in way.before.reads if read.stands_in is None)
    if left < each:
        return 0
    return min(limit, left // each) if each else limit


async def _page(finding: Finding, limit: int, token: str | None, start: Onward | None) -> Page:
    """One page of the list. `start`: the token came from a client's cursor; a list that refuses it now refuses the cursor."""
    listing = finding.way.listings[0]
    extra = [("limit", str(limit))]
    if token is not None:
        extra.append(("continuationToken", token))
    elif finding.way.paging.pushed:
        extra.append(TOTAL)
    try:
        page = await finding.reader.page(listing, finding.lookup(listing.fixed, None), *extra)
    except Again as again:
        if start is not None and again.bare:
            raise invalid_cursor() from None
        raise
    if page.rows and token is not None and page.token == token:
        raise Unavailable("GW501", "nevisIDM's list does not go on from where a page ended.")
    return page


async def _total(finding: Finding, page: Page, context: Context) -> int | None:
    """nevisIDM's total, once what it depends on was seen to be heeded. Raises Again if that is ignored."""
    if page.total is not None and page.total > len(page.rows):
        await believe(finding, finding.way.listings[0].pushed, context)
    return page.total
