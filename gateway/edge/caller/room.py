"""Room for what is slow on purpose: a few at once, a few more may wait, the rest is refused at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.errors import Unavailable

WAITING = 64


class Room:
    """`at_once` places, and `waiting` who may queue for one."""

    def __init__(self, at_once: int, waiting: int = WAITING) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._waiting = waiting

    @asynccontextmanager
    async def taken(self, *, sure: bool = False) -> AsyncIterator[None]:
        """One place for the length of the block. Raises Unavailable GW509 where too many wait, unless it is `sure` to be right."""
        if self._waiting <= 0 and not sure:
            raise Unavailable("GW509", "Too many logins are being checked. Try again.", retry_after=1)
        self._waiting -= 1
        try:
            await self._places.acquire()
        finally:
            self._waiting += 1
        try:
            yield
        finally:
            self._places.release()
