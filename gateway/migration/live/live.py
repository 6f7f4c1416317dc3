"""A live SCIM service provider as a source: IDCS, or any other.

Whoever is there all the time comes once, in whatever way the provider pages; who came or changed while the rest was read is what `changed`
tells afterwards. Long lists (the members of a group) are asked for in pages. What the provider does not list is told as Unreadable, once,
and the load goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from gateway.migration.live.connection import Connection, Declined, Parameters
from gateway.migration.live.provider import Kind, Provider, look
from gateway.migration.live.walk import Walk
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import SourceError
from gateway.scim.request import Resource
from gateway.scim.schema import ResourceType
from gateway.scim.value import utc_text

Json = Any

OVERLAP = timedelta(seconds=60)
"""How far back a look for changes goes: what was being written when the clock was read may be dated before."""

AT_ONCE = 8
"""How many resources have their long lists read side by side."""

VALUES = 1000
"""Values of a long list that are asked for at once; IDCS answers with ten thousand at most."""


class Live:
    """The provider behind a connection. `types`: the resource types of the mappings."""

    def __init__(self, connection: Connection, types: Iterable[ResourceType]) -> None:
        self.name = connection.base
        self._connection = connection
        self._types = tuple(types)
        self._provider: Provider | None = None

    async def types(self) -> tuple[str, ...]:
        """The types that both sides have and ours can create."""
        return tuple((await self._known()).kinds)

    async def size(self, type: str) -> int | None:  # noqa: A002 — as in Source
        """How many there are, by the provider's own word."""
        kind = (await self._known()).kinds.get(type)
        if kind is None:
            return 0
        try:
            found = await self._connection.get(kind.endpoint, (("attributes", "id"), ("count", "1")))
        except Declined:
            return None
        total = found.get("totalResults")
        return total if isinstance(total, int) else None

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """All of a type, each once."""
        kind = (await self._known()).kinds.get(type)
        if kind is None:
            return
        try:
            async for page in (await self._walk(kind)).pages(after):
                async for row in self._all(kind, page):
                    yield row
        except Declined as declined:
            why = f"{self._connection.host} does not list {kind.endpoint} ({declined}). Move these in another way."
            yield Unreadable(f"{self.name}{kind.endpoint}", why)

    async def changed(self, type: str, since: datetime) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """Those of a type that were created or changed since, and some from shortly before. Raises Undated where nobody can tell."""
        kind = (await self._known()).kinds.get(type)
        if kind is None:
            return
        try:
            walk = await self._walk(kind, f'meta.lastModified ge "{utc_text(since - OVERLAP)}"')
            async for page in walk.pages():
                async for row in self._all(kind, page):
                    yield row
        except Declined as declined:
            raise Undated(kind.type.name, declined.status) from None

    async def keys(self, type: str) -> AsyncIterator[str]:  # noqa: A002
        """The keys of all of a type: who is missing here has been deleted. Raises SourceError where they cannot be listed."""
        provider = await self._known()
        kind = provider.kinds[type]
        walk = self._list(provider, kind, (("attributes", "id"),), None)
        try:
            async for page in walk.pages():
                for each in page:
                    yield str(each["id"])
        except Declined as declined:
            raise SourceError(f"{self._connection.host} does not list {kind.endpoint} ({declined}).") from None

    async def again(self, type: str, key: str) -> Row | Unreadable | None:  # noqa: A002
        """One row as it is now; None if it is gone."""
        kind = (await self._known()).kinds[type]
        try:
            found = await self._connection.get(_address(kind, key), await self._parameters(kind))
        except Declined as declined:
            if declined.status == 404:
                return None
            raise SourceError(f"{self._connection.host} answers {declined} to one of {kind.endpoint}.") from None
        return await self._row(kind, found)

    async def speaks(self, type: str) -> frozenset[str] | None:  # noqa: A002
        """The top attributes that its rows of a type may have, in lower case; None where it does not describe them."""
        kind = (await self._known()).kinds.get(type)
        if kind is None or not kind.shown:
            return None
        return frozenset(each.lower() for each in (*kind.shown, *kind.asked))

    async def now(self) -> datetime:
        """The provider's clock."""
        await self._connection.get("/ServiceProviderConfig")
        if self._connection.clock is None:
            raise SourceError(
                f"{self._connection.host} does not tell its time (no Date header), so changes cannot be followed."
            )
        return self._connection.clock

    @property
    def clock(self) -> datetime | None:
        """The provider's clock, as its last answer had it."""
        return self._connection.clock

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.engine.aclose()

    async def _known(self) -> Provider:
        if self._provider is None:
            self._provider = await look(self._connection, self._types)
        return self._provider

    async def _walk(self, kind: Kind, filter_: str | None = None) -> Walk:
        provider = await self._known()
        return self._list(provider, kind, await self._parameters(kind), filter_)

    def _list(self, provider: Provider, kind: Kind, parameters: Parameters, filter_: str | None) -> Walk:
        ways = (provider.cursor, provider.sorts)
        return Walk(self._connection, kind.endpoint, parameters, filter_, provider.page, *ways)

    async def _parameters(self, kind: Kind) -> Parameters:
        """What makes the provider show what we want. IDCS adds what is named to the usual; others show what is named only."""
        if not kind.asked:
            return ()
        if (await self._known()).sets:
            return (("attributeSets", "default"), ("attributes", ",".join(kind.asked)))
        return (("attributes", ",".join((*kind.shown, *kind.asked))),)

    async def _all(self, kind: Kind, page: list[Json]) -> AsyncIterator[Row | Unreadable]:
        for start in range(0, len(page), AT_ONCE if kind.paged else len(page) or 1):
            part = page[start : start + AT_ONCE] if kind.paged else page
            for row in await asyncio.gather(*(self._row(kind, each) for each in part)):
                yield row

    async def _row(self, kind: Kind, resource: Resource) -> Row | Unreadable:
        key = str(resource["id"])
        place = f"{self.name}{_address(kind, key)}"
        for path in kind.paged:
            try:
                values = await self._values(kind, key, path)
            except Declined as declined:
                return Unreadable(place, f"Its {path} cannot be read: {self._connection.host} answers {declined}.")
            if values:
                urn, _, name = path.rpartition(":")
                (resource.setdefault(urn, {}) if urn else resource)[name] = values
        return Row(kind.type.name, key, resource, place)

    async def _values(self, kind: Kind, key: str, path: str) -> list[Json]:
        """All values of a long list, page after page. Who does not page answers with all of them, every time."""
        values: list[Json] = []
        while True:
            window = f"{path}[startIndex={len(values) + 1}&count={VALUES}]"
            found = await self._connection.get(_address(kind, key), (("attributes", window),))
            urn, _, name = path.rpartition(":")
            page = ((found.get(urn) or {}) if urn else found).get(name) or []
            if values and page[:1] == values[:1]:
                return values
            values += page
            if len(page) != VALUES:
                return values


class Undated(Exception):
    """The provider cannot tell which resources of a type have changed."""

    def __init__(self, type: str, status: int) -> None:  # noqa: A002
        super().__init__(f"{type}: {status}")
        self.type = type
        self.status = status


def _address(kind: Kind, key: str) -> str:
    return f"{kind.endpoint}/{quote(key, safe='')}"
