"""What is shared in Redis, and what becomes of it while Redis is gone: no outage, and nothing that waits for a dead server.

Rates and attempts fall back to this process, each with its share of what is allowed; names that are good once are known here all along.
What a claim promises only Redis can: those raise Lost, and whoever claims decides. After a failure Redis is left alone for a moment,
then one request asks it again; the others do not wait. The loss and the return are events.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.events import Events, SharedBack, SharedLost
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate
from gateway.shared.state import Lost, Name, Shared

Result = TypeVar("Result")
PAUSE = 1.0
"""Seconds for which Redis is left alone after a failure."""


class Falling:
    """See `Shared`. `processes`: how many replicas there are, which share the rates while Redis is gone."""

    def __init__(
        self,
        far: Shared,
        near: InProcess,
        events: Events,
        *,
        processes: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._far = far
        self._near = near
        self._events = events
        self._processes = processes
        self._clock = clock
        self._lost: Lost | None = None
        self._since = 0.0
        self._again = 0.0

    def digest(self, *parts: str | bytes) -> bytes:
        """See `Shared`."""
        return self._far.digest(*parts)

    async def take(self, name: Name, rates: tuple[Rate, ...], cost: int = 1) -> float:
        """See `Shared`."""
        try:
            return await self._ask(lambda: self._far.take(name, rates, cost))
        except Lost:
            return await self._near.take(name, tuple(rate.part(self._processes) for rate in rates), cost)

    async def attempt(self, name: Name, rate: Rate) -> float:
        """See `Shared`."""
        try:
            return await self._ask(lambda: self._far.attempt(name, rate))
        except Lost:
            return await self._near.attempt(name, rate.part(self._processes))

    async def seen(self, name: Name, seconds: float) -> bool:
        """See `Shared`. A Redis that lost its memory, or is gone, forgets for the other processes only."""
        here = await self._near.seen(name, seconds)
        try:
            return await self._ask(lambda: self._far.seen(name, seconds)) or here
        except Lost:
            return here

    async def claim(self, name: Name, value: bytes, seconds: float) -> bytes | None:
        """See `Shared`."""
        return await self._ask(lambda: self._far.claim(name, value, seconds))

    async def find(self, name: Name) -> bytes | None:
        """See `Shared`."""
        return await self._ask(lambda: self._far.find(name))

    async def keep(self, name: Name, value: bytes, seconds: float) -> None:
        """See `Shared`."""
        await self._ask(lambda: self._far.keep(name, value, seconds))

    async def drop(self, name: Name) -> None:
        """See `Shared`."""
        await self._ask(lambda: self._far.drop(name))

    async def check(self) -> None:
        """See `Shared`."""
        await self._ask(self._far.check)

    async def aclose(self) -> None:
        """See `Shared`."""
        await self._far.aclose()

    async def _ask(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        if self._lost is not None:
            if self._clock() < self._again:
                raise Lost(self._lost.reason)
            self._again = self._clock() + PAUSE  # the others go on without it meanwhile
        try:
            result = await ask()
        except Lost as lost:
            self._note(lost)
            raise
        if self._lost is not None:
            self._events.emit(SharedBack(round(self._clock() - self._since, 3)))
            self._lost = None
        return result

    def _note(self, lost: Lost) -> None:
        self._again = self._clock() + PAUSE
        if self._lost is None:
            self._since = self._clock()
            self._events.emit(SharedLost(lost.reason))
        self._lost = lost
