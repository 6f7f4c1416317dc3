"""Ranges on instants, answered by order: the list read from its end until rows stop fitting.

An order is believed while the rows stand in it, and, when rows stay unread, once the far end of the list lies beyond those that were read:
a nevisIDM that ignores `sortBy` begins the other way round with the same row.
"""

from __future__ import annotations

from itertools import pairwise

from gateway.operation.again import Again
from gateway.operation.context import Context
from gateway.operation.finding import Finding, once
from gateway.operation.hit import Hit
from gateway.operation.listing import Page
from gateway.operation.paged import TOTAL
from gateway.operation.proof import note, proved
from gateway.plan.way import Order


async def in_order(finding: Finding, order: Order, context: Context) -> list[Hit]:
    """The rows that fit. Raises Again if they do not come in order."""
    still = finding.judge.holding("stop", order.stop)
    fitting: list[Hit] = []
    read: list[Hit] = []
    while True:
        page = await _page(finding, order.parameter, len(read), finding.way.bulk)
        hits = finding.judge.hits(finding.way.listings[0], page.rows, {})
        finding.budget.rows(len(hits))
        _check_order(finding, order, read[-1:] + hits)
        if read and any(hit.id == read[0].id for hit in hits):
            raise Again(doubted=(order.parameter,))  # the first page again: the offset is ignored
        fitting += await finding.judged(hits)
        read += hits
        if not hits or (page.total is not None and len(read) >= page.total):
            return once(fitting)
        if not all(map(still, hits)):
            await _look_behind(finding, order, read, context)
            return once(fitting)


async def _page(finding: Finding, sort: str, offset: int, limit: int) -> Page:
    listing = finding.way.listings[0]
    extra = [("limit", str(limit)), ("sortBy", sort)]
    if offset:
        extra.append(("offset", str(offset)))
    if finding.way.counted:
        extra.append(TOTAL)
    return await finding.reader.page(listing, finding.lookup(listing.fixed, None), *extra)


def _check_order(finding: Finding, order: Order, hits: list[Hit]) -> None:
    """Raise Again unless the rows stand in the order that was asked for; a row without a value: the field is not always set after all."""
    moments = finding.judge.moments(hits, order.attr)
    if order.descending:
        moments.reverse()
    if None in moments or any(later < earlier for earlier, later in pairwise(moments)):
        raise Again(doubted=(order.parameter,))


async def _look_behind(finding: Finding, order: Order, read: list[Hit], context: Context) -> None:
    """One row from the far end: it must lie beyond the rows that were read, or the order was ignored."""
    route = finding.way.route.name
    if order.parameter in proved(context.trust, finding.mapping.name, route):
        return
    page = await _page(finding, order.backwards, 0, 1)
    far = [finding.judge.hit(finding.way.listings[0], row, {}) for row in page.rows[:1]]
    if not far or far[0].id == read[0].id:
        raise Again(doubted=(order.parameter,))
    _check_order(finding, order, [read[-1], far[0]])
    note(context.trust, finding.mapping.name, route, order.parameter)
