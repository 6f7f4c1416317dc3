"""How many calls are under way at once, and how many may wait for a place.

Under overload an immediate no is worth more than a late one (measured: shed answers in 5 ms, full speed a second after): beyond
`waiting` nobody queues, and nobody queues for long.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class Full(Exception):
    """No place, and none in time."""


class Places:
    """`at_once` places, and room for `waiting` more to queue."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._room = waiting

    def taken(self, patience: float) -> Place:
        """One place for the length of the block. Raises Full after `patience` seconds, or at once when the queue has no room."""
        return Place(self, patience)

    async def take(self, patience: float) -> None:
        """See `taken`; must be followed by `give_back`."""
        if self._places.locked():
            await self._queue(patience)
        else:
            await self._places.acquire()

    def give_back(self) -> None:
        """The place is free again."""
        self._places.release()

    async def _queue(self, patience: float) -> None:
        if self._room <= 0:
            raise Full
        self._room -= 1
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError:
            raise Full from None
        finally:
            self._room += 1


class Place:
    """One place, as a block."""

    __slots__ = ("_patience", "_places")

    def __init__(self, places: Places, patience: float) -> None:
        self._places = places
        self._patience = patience

    async def __aenter__(self) -> None:
        await self._places.take(self._patience)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.give_back()
