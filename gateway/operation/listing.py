"""Reading lists of nevisIDM page by page: core lists by token or offset, the query service by from and size.

Each function answers raw rows and knows no mapping. What a reply must look like is checked here; a reply that looks otherwise closes the
route. `Budget` keeps a search within the mapping's `scan` and `calls`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.row import Pagination, Rows
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call, Refusal, Reply
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import Lookup, walk
from gateway.operation.again import Again, after_refusal
from gateway.plan.lucene import with_scope
from gateway.plan.way import Listing, Way
from gateway.swift import swift

Json = Any


class TooMany(Unsupported):
    """Answering exactly would read more than the mapping allows (GW202). `total`: nevisIDM's own count, if that told."""

    def __init__(self, detail: str, *, total: int | None = None) -> None:
        super().__init__("GW202", detail)
        self.total = total


@dataclass(slots=True)
class Budget:
    """What one search may still read."""

    name: str
    hint: str
    scan: int
    calls: int
    rows_read: int = 0
    calls_made: int = 0

    def rows(self, count: int) -> None:
        """Count rows that were read. Raises TooMany."""
        self.rows_read += count
        if self.rows_read > self.scan:
            raise self.too_many_rows()

    def expect(self, total: int | None) -> None:
        """What nevisIDM says is to come. Raises TooMany at once if that cannot be read."""
        if total is not None and total > self.scan:
            raise self.too_many_rows(total)

    def call(self, count: int = 1) -> None:
        """Count calls before they are made. Raises TooMany."""
        self.calls_made += count
        if self.calls_made > self.calls:
            raise TooMany(
                f"Answering exactly would take more than {self.calls} nevisIDM calls. Add a condition such as {self.hint}."
            )

    def too_many_rows(self, total: int | None = None) -> TooMany:
        """The refusal, with what to add."""
        return TooMany(
            f"Answering exactly would read more than {self.scan} {self.name} resources. Add a condition such as {self.hint}.",
            total=total,
        )


@swift
@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and what the reply says beyond them."""

    rows: list[Json] = field(repr=False)
    total: int | None = None
    token: str | None = None


@swift
@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the listings of one way. `rows`: how the rows of its lists are decoded; None: they are plain records."""

    way: Way
    run: Run
    budget: Budget
    rows: Rows | None = None

    async def scan(self, listing: Listing, lookup: Lookup) -> AsyncIterator[list[Json]]:
        """All rows of a core list, page after page."""
        token: str | None = None
        while True:
            extra = [("limit", str(self.way.bulk))]
            if token is not None:
                extra.append(("continuationToken", token))
            elif self.way.counted:
                extra.append(("returnTotalResultCount", "true"))
            page = await self.page(listing, lookup, *extra)
            self.budget.expect(page.total)
            self.budget.rows(len(page.rows))
            yield page.rows
            if not page.token or not page.rows or page.token == token:
                return
            token = page.token

    async def page(self, listing: Listing, lookup: Lookup, *extra: tuple[str, str]) -> Page:
        """One page of a core list; an empty one if a value of the filter stands in the path and is not there."""
        parameters = [(each.parameter, each.value) for each in listing.pushed if each.place == "query"]
        reader = self.rows.read if self.rows is not None else None
        call = listing.call.asking((*listing.call.query, *parameters, *extra), reader)
        reply = await self._reply(call, lookup, by_path=bool(listing.fixed) or self.way.over is not None)
        if reply is None:
            return Page([])
        if self.rows is not None and type(reply.json) is self.rows.page:
            return _page(reply.json.items, reply.json.pagination)
        if isinstance(reply.json, Map) and (self.way.selfread or self._is_one(call)):
            return Page([reply.json])
        rows = walk(reply.json, ("items",))
        if not isinstance(rows, list) or not all(isinstance(row, Map) for row in rows):
            raise Again(closed="broken", refusal=Refusal(call.name, "broken", reply.status, why=reply.oddity))
        return _page(rows, reply.json.get("_pagination"))

    def _is_one(self, call: Call) -> bool:
        """Whether the call answers one record and no list: a profile has one unit."""
        entry = catalogue.find(call.method, call.path.text)
        return self.way.route.style == "plain" and entry is not None and bool(entry.reply) and not entry.many

    async def hits(self, listing: Listing, lookup: Lookup) -> list[Json]:
        """All hits of the query service. Raises Again when it is rebuilding its index, or answers anything but hits."""
        found: list[Json] = []
        while True:
            rows, total = await self._window(listing, listing.lucene or "", lookup, len(found), self.way.bulk)
            self.budget.expect(total)
            self.budget.rows(len(rows))
            found += rows
            if not rows or len(found) >= total:
                return found

    async def first(self, listing: Listing, lookup: Lookup) -> list[Json]:
        """One hit of the route's scope alone."""
        rows, _ = await self._window(listing, "", lookup, 0, 1)
        return rows

    async def _window(
        self, listing: Listing, text: str, lookup: Lookup, start: int, size: int
    ) -> tuple[list[Json], int]:
        try:
            asked = with_scope(text, self.way.route.scope, lookup)
        except KeyError:
            raise Again(closed="the tenant's name is not known") from None
        query = (("q", asked), ("from", str(start)), ("size", str(size)))
        call = listing.call.asking((*listing.call.query, *query), None)
        return _response(call, await self._reply(call, lookup, by_path=False))

    async def _reply(self, call: Call, lookup: Lookup, *, by_path: bool) -> Reply | None:
        self.budget.call()
        try:
            return await self.run.call(call, lookup)
        except Refusal as refusal:
            again = after_refusal(refusal, self.way.route.style, by_path=by_path)
        if again is not None:
            raise again
        return None


def _page(rows: list[Json], said: Json) -> Page:
    """Rows with what the reply says beyond them, decoded or not."""
    if type(said) is dict:
        said = Pagination(said.get("totalResult"), said.get("continuationToken"))
    elif type(said) is not Pagination:
        return Page(rows)
    token = said.continuationToken
    return Page(rows, said.totalResult if type(said.totalResult) is int else None, str(token) if token else None)


def _response(call: Call, reply: Reply | None) -> tuple[list[Json], int]:
    """Hits and total of the query service's envelope (reference/nevisidm/query-service.md)."""
    hits = walk(reply.json, ("response", "hits")) if reply is not None else None
    infos = walk(reply.json, ("messages", "infos")) if reply is not None else None
    if infos and not hits:
        raise Again(closed="the index is being rebuilt")
    total = walk(reply.json, ("response", "totalResults")) if reply is not None else None
    if not isinstance(hits, list) or type(total) is not int or not all(isinstance(hit, Map) for hit in hits):
        raise Again(closed="broken", refusal=Refusal(call.name, "broken", reply.status if reply is not None else None))
    return hits, total
