"""What every source of a migration can do: JSON Lines, CSV, LDIF, an IDCS export, a live SCIM service provider.

A source is read in several passes, one for each type, since users are loaded before the groups that have them as members. Each pass has the
same order, and holds one row at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Protocol

from gateway.migration.row import Row, Unreadable


class Source(Protocol):
    """Where rows come from. Reading raises SourceError where the source as a whole cannot be read."""

    name: str
    """For people: a file's name, an address without its credentials."""

    async def types(self) -> tuple[str, ...]:
        """The resource types that it has rows of, as the mappings name them, in no order that matters."""
        ...

    async def size(self, type: str) -> int | None:  # noqa: A002 — a row's type has that name, too
        """How many rows of the type there are, by its own word; None where it does not know."""
        ...

    def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        """The rows of a type in a steady order; `after`: only those behind the one with this key.

        What is no resource comes as Unreadable, once: with the rows of the type that it stands among, or of the first type of all.
        """
        ...

    async def aclose(self) -> None:
        """Close files and connections."""
        ...


class SourceError(Exception):
    """A source that cannot be read at all, or no further: what is wrong and the cure, without personal data."""


def chosen(
    found: Iterable[Row | Unreadable], kind: str, after: str | None, *, told: bool
) -> Iterator[Row | Unreadable]:
    """Those of a type, behind the key `after` if there is one; what cannot be read stands among them where it is to be `told` with them."""
    behind = after is None
    for each in found:
        if each.type != kind if isinstance(each, Row) else not told:
            continue
        if behind:
            yield each
        elif isinstance(each, Row):
            behind = each.key == after


async def chunks(rows: AsyncIterator[Row | Unreadable], size: int) -> AsyncIterator[list[Row | Unreadable]]:
    """The rows, so many at a time."""
    chunk: list[Row | Unreadable] = []
    async for each in rows:
        chunk.append(each)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
