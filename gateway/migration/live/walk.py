"""Walking through a list of a provider, page by page, while others change it: whoever is there from the first page to the last comes.

By cursor (RFC 9865) where the provider has cursors; else by key, each page being what comes behind the last id; else by index, each page
beginning with the last row of the one before, so that rows which move up when others are deleted are not stepped over. A way that turns
out not to be honoured (no order, a filter that is declined or ignored) is left for the next one; nobody comes twice for that.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from gateway.migration.live.connection import Connection, Declined, Parameters
from gateway.migration.source import SourceError

Json = Any
Pages = AsyncIterator[list[Json]]


IDLE = 3
"""Pages in a row that may bring nobody new, as where rows came or went before them; a provider that brings no more does not page."""


class _Unsteady(Exception):
    """This way has no steady order, so nothing is known of what it has passed."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One list: its address, what is asked with every page, which rows (`filter`), and how many at once."""

    connection: Connection
    endpoint: str
    parameters: Parameters
    filter: str | None
    count: int
    cursor: bool
    sorts: bool

    async def pages(self, after: str | None = None) -> Pages:
        """The rows in pages; `after`: those behind the row with this id. Raises Declined (from the first page only), SourceError."""
        begin, seen = after, Seen()
        ways: list[Callable[[str | None], Pages]] = [self._by_cursor, self._by_cursor] if self.cursor else []
        ways += [self._by_key] if self.sorts else []  # (a cursor may get too old once)
        ways += [self._by_index]
        for number, way in enumerate(ways):
            try:
                async for page in way(after):
                    if page:
                        yield [each for each in page if seen.new(str(each["id"]))]
                        after = str(page[-1]["id"])
                return
            except _Unsteady:
                after = begin
            except Declined as declined:
                if number == len(ways) - 1:
                    raise _told(self, declined) from None
        raise SourceError(f"{self.connection.host}: {self.endpoint} cannot be walked through: its pages do not go on.")

    async def _page(
        self, *more: tuple[str, str], only: str | None = None, count: int | None = None
    ) -> tuple[list[Json], Json]:
        tests = [f"({each})" if self.filter and only else each for each in (self.filter, only) if each is not None]
        filters = [("filter", " and ".join(tests))] if tests else []
        found = await self.connection.get(
            self.endpoint, (*self.parameters, *filters, *more, ("count", str(count or self.count)))
        )
        rows = [each for each in found.get("Resources") or () if isinstance(each, dict) and each.get("id")]
        return rows, found

    async def _by_cursor(self, after: str | None) -> Pages:
        """Cursors lead on from where they were made only: what came before is walked through again and left out."""
        cursor, behind = "", after is None
        while True:
            rows, found = await self._page(("cursor", cursor))
            if not behind:
                ids = [str(each["id"]) for each in rows]
                behind = after in ids
                rows = rows[ids.index(str(after)) + 1 :] if behind else []
            yield rows
            following = found.get("nextCursor")
            if not isinstance(following, str) or not following:
                break
            cursor = following
        if not behind:  # it is gone since: all of them once more
            async for page in self._by_cursor(None):
                yield page

    async def _by_key(self, after: str | None) -> Pages:
        """Where the order is not what it was said to be, rows are missing in the end; then the next way begins anew."""
        if not await self._sorts():
            raise _Unsteady
        last, seen, expected = after, 0, None
        while True:
            only = None if last is None else f"id gt {json.dumps(last)}"
            rows, found = await self._page(("sortBy", "id"), ("sortOrder", "ascending"), only=only)
            ids = [str(each["id"]) for each in rows]
            if ids != sorted(set(ids)) or (last is not None and ids and ids[0] <= last):
                raise _Unsteady
            yield rows
            total = found.get("totalResults")
            expected, seen = total if expected is None else expected, seen + len(rows)
            if not rows or (isinstance(total, int) and total <= len(rows)):
                break
            last = ids[-1]
        if isinstance(expected, int) and seen < expected:
            raise _Unsteady

    async def _sorts(self) -> bool:
        """Whether the order that is asked for makes a difference: whoever ignores it answers the same to both."""
        ends = [
            await self._page(("sortBy", "id"), ("sortOrder", each), count=1) for each in ("ascending", "descending")
        ]
        (first, found), (last, _) = ends
        several = found.get("totalResults") not in (0, 1) and len(first) > 0
        return not several or (len(last) > 0 and first[0]["id"] < last[0]["id"])

    async def _by_index(self, after: str | None) -> Pages:
        """Begins before the last row that is known and looks for it again; further back, where it is not there any more."""
        start, known, behind, idle = 1, {after} if after is not None else set(), after is None, 0
        while True:
            rows, found = await self._page(("startIndex", str(start)), ("sortBy", "id"))
            total = found.get("totalResults")
            ids = [str(each["id"]) for each in rows]
            met = [place for place, each in enumerate(ids) if each in known]
            at_end = not isinstance(total, int) or start + len(ids) > total or not ids
            if (
                not behind and not met
            ):  # what a resumed walk has had already; if its last row is gone, all of them once more
                start, behind, known = (1, True, set()) if at_end else (start + len(ids), False, known)
                continue
            if known and not met and behind and start > 1:
                start = max(1, start - self.count)
                known = known if start > 1 else set()
                continue
            behind = True
            fresh = rows[max(met) + 1 :] if met else rows
            idle = 0 if fresh or at_end else idle + 1
            if idle > IDLE:
                raise SourceError(f"{self.connection.host}: {self.endpoint} gives the same page again and again.")
            yield fresh
            if at_end:
                return
            known = set(ids)
            start += max(1, len(ids) - 1)


class Seen:
    """Who has come already, on disk, so that a long walk costs no memory; it vanishes with the walk."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def new(self, id_: str) -> bool:
        """Whether this one comes for the first time."""
        return self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (id_,)).rowcount == 1


def _told(walk: Walk, declined: Declined) -> Exception:
    return declined if declined.status in (400, 404, 405, 501) else _failed(walk, declined)


def _failed(walk: Walk, declined: Declined) -> SourceError:
    return SourceError(f"{walk.connection.host} answers {declined} to a list of {walk.endpoint}.")
