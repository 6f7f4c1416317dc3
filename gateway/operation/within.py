"""Going on in an order that is nevisIDM's, while others write.

nevisIDM can be asked for the rows from an offset on, but not for those behind a value. So a cursor remembers how many rows it stood after,
and marks of the last of them: a mark knows a resource with its sort value again, and tells nobody who it was. The row before the offset
is read along with the page. Is it the last one marked, nothing has moved, and the page is what follows. Else the place is looked for around
it: behind the last marked row that is still there; when all of those are gone, at the row that came next; or else, in an order that is
surely RFC 7644's, where the last one would stand. A place that nobody can tell is refused: begin again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from gateway.errors import BadRequest
from gateway.operation.context import Context
from gateway.operation.cursor import Within
from gateway.operation.finding import Finding
from gateway.operation.hit import Hit
from gateway.operation.listing import TooMany
from gateway.operation.paged import believe, read_rows
from gateway.scim.order import leading, place
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

MARKS = 16
_REACH = (100, 400, 1600)
"""Rows to each side where a place is looked for, one after the other."""
_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one page, after how many rows it ends, nevisIDM's total, and the row behind the page as far as it was read."""

    hits: list[Hit]
    end: int
    total: int
    ahead: Hit | None


@dataclass(frozen=True, slots=True)
class _Window:
    """Some rows of the list as it stands now, from `start` on; `ends`: there are none behind them."""

    hits: list[Hit]
    start: int
    total: int
    ends: bool


@dataclass(frozen=True, slots=True)
class Resumption:
    """One page that begins at a position, in the order of `by`."""

    finding: Finding
    position: Within
    by: Attr
    descending: bool
    context: Context

    async def page(self, count: int) -> Part:
        """At most `count` rows that stand behind the position. Raises Again, BadRequest GW122 if the place cannot be told."""
        window = await self._from(self.position.rows, count)
        for _ in range(_ROUNDS):
            found = self._place(window)
            if found is None:
                window, found = await self._searched(min(self.position.rows, window.total))
            if window.ends or len(window.hits) - found >= count:
                return self._part(window, found, count)
            window = await self._from(window.start + found, count)
        raise lost()

    async def _searched(self, around: int) -> tuple[_Window, int]:
        """Rows among which the place is. Raises BadRequest GW122."""
        try:
            for reach in _REACH:
                window = await self._read(around - reach, around + reach)
                found = self._place(window)
                if found is not None:
                    return window, found
        except TooMany:
            raise lost() from None
        raise lost()

    async def _from(self, start: int, count: int) -> _Window:
        """A page's rows, the one before them, and the one behind them where that takes no further call and could be needed."""
        ahead = self.by != Attr("id") and count + 2 <= self.finding.way.bulk
        return await self._read(start - 1, start + count + ahead)

    def _part(self, window: _Window, found: int, count: int) -> Part:
        behind = window.hits[found : found + count]
        seen, gone = set(self.position.marks), sum(1 for hit in window.hits if not hit.face)
        hits = [hit for hit in behind if hit.face and mark(hit.face, self.by) not in seen]
        end = found + len(behind)
        ahead = window.hits[end] if end < len(window.hits) else None
        return Part(hits, window.start + end, window.total - gone, ahead)

    def _place(self, window: _Window) -> int | None:
        """The index of the first row behind the position."""
        known = [mark(hit.face, self.by) if hit.face else "" for hit in window.hits]
        shown = [index for index, each in enumerate(known) if each in self.position.marks]
        if shown:
            return shown[-1] + 1
        if self.position.ahead in known:
            return known.index(self.position.ahead)
        return self._by_value(window) if self.position.sure and all(known) else None

    def _by_value(self, window: _Window) -> int | None:
        """The index where the position is in an order that is made here, too; None: not among these rows."""
        faces = [hit.face for hit in window.hits]
        last = (self.position.value, self.position.id)
        found = place(faces, self.by, self.descending, self.finding.mapping.type, last)
        inside = found is not None and (found > 0 or window.start == 0) and (found < len(faces) or window.ends)
        return found if inside else None

    async def _read(self, start: int, end: int) -> _Window:
        """The rows from `start` up to `end`, in as many calls as nevisIDM takes."""
        start = max(0, start)
        hits: list[Hit] = []
        total, ends = 0, False
        while not ends and start + len(hits) < end:
            limit = min(self.finding.way.bulk, end - start - len(hits))
            rows = await read_rows(self.finding, start + len(hits), limit, self.context)
            hits, total = hits + rows.hits, rows.total
            ends = not rows.hits or start + len(hits) >= total
        if total > len(hits):
            await believe(self.finding, self.finding.way.listings[0].pushed, self.context)
        return _Window(hits, start, total, ends)


def marks(shown: Sequence[Resource], by: Attr, before: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The marks after a page: of its last rows, and where it is short those `before` it."""
    return (*before, *(mark(each, by) for each in shown[-MARKS:]))[-MARKS:]


def mark(resource: Resource, by: Attr) -> str:
    """By what a row is known again: its id and sort value, hashed."""
    said = orjson.dumps([str(resource.get("id", "")), leading(resource, by)])
    return base64.b64encode(hashlib.sha256(said).digest()[:6]).decode()


def lost() -> BadRequest:
    """So much was written that nobody can say where the walk goes on."""
    return BadRequest(
        "GW122", "Others have changed so much that nobody can tell where this search goes on. Begin again."
    )
