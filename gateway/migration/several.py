"""Several files as one source: a folder, or a ZIP such as IDCS's export jobs leave (Users.csv, Groups.csv, AppRoleMembership.csv)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from collections.abc import Mapping as Map

from gateway.migration.row import Row, Unreadable
from gateway.migration.source import Source


class Several:
    """The rows of all, one source after the other."""

    def __init__(self, name: str, sources: Sequence[Source], named: Map[str, str]) -> None:
        self.name = name
        self.named = named
        self._sources = sources

    async def types(self) -> tuple[str, ...]:
        """Those of all."""
        return tuple(dict.fromkeys([kind for source in self._sources for kind in await source.types()]))

    async def size(self, type: str) -> int | None:  # noqa: A002 — as in Source
        """Of all together; None if one does not know."""
        sizes = [await source.size(type) for source in self._sources]
        return None if None in sizes else sum(each or 0 for each in sizes)

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """One after the other."""
        behind = after is None
        for source in self._sources:
            async for found in source.rows(type):
                if behind:
                    yield found
                elif isinstance(found, Row):
                    behind = found.key == after

    async def aclose(self) -> None:
        """Close all."""
        for source in self._sources:
            await source.aclose()
