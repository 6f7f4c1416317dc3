"""How many rows are under way at once: more while nevisIDM keeps up, fewer when it slows down or says that it has too much to do.

Additive increase, multiplicative decrease, as TCP does it. Each row that ends well adds its share of one more place. Places are cut by 3/10
when calls take more than four times as long as the quickest second did (and more than 50 ms longer), and by half on 429, 503, a
time-out or a lost connection; then there is a pause, too, twice as long each time, until a row ends well. One cut per second at most:
what was under way then comes back slow by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gateway.events import CallEnded, Event, Shed

SLOWER = 4.0
LATER = 0.05  # seconds
LONGEST_PAUSE = 30.0  # seconds
_BUSY = frozenset((429, 503, None))


class Pace:
    """Places for rows under way. `most`: never more than so many; `start`: how many there are at first."""

    def __init__(self, most: int = 32, start: int = 4, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.limit = float(min(start, most))
        self.under_way = 0
        self.cuts = 0
        self._clock = clock
        self._wake = asyncio.Event()
        self._usual = 0.0
        self._floor = float("inf")
        self._cut_at = -1.0
        self._pause = 0.0
        self._until = 0.0

    def __call__(self, event: Event) -> None:
        """A consumer of events: each call to nevisIDM tells how it fares."""
        if isinstance(event, Shed) or (isinstance(event, CallEnded) and event.status in _BUSY):
            self.busy()
        elif isinstance(event, CallEnded):
            self._took(event.seconds)

    async def take(self) -> None:
        """Wait for a place."""
        while True:
            wait = self._until - self._clock()
            if wait > 0:
                await asyncio.sleep(min(wait, 1.0))
            elif self.under_way < int(self.limit):
                self.under_way += 1
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    def give_back(self, *, well: bool) -> None:
        """A row has ended."""
        self.under_way -= 1
        if well:
            self._pause = 0.0
            self.limit = min(float(self.most), self.limit + 1.0 / max(1.0, self.limit))
        self._wake.set()

    @property
    def waits(self) -> float:
        """Seconds that the present pause still lasts."""
        return max(0.0, self._until - self._clock())

    def busy(self, seconds: float | None = None) -> None:
        """nevisIDM has too much to do, or is away: half as much at once, after a pause (`seconds`, if it says how long)."""
        if self._cut(0.5):
            self._pause = min(LONGEST_PAUSE, max(0.5, self._pause * 2))
            self._until = self._clock() + max(self._pause, seconds or 0.0)

    def _took(self, seconds: float) -> None:
        self._usual = seconds if self._usual == 0.0 else 0.95 * self._usual + 0.05 * seconds
        self._floor = min(self._floor * 1.0005, self._usual)
        if self._usual > SLOWER * self._floor and self._usual > self._floor + LATER:
            self._cut(0.7)

    def _cut(self, share: float) -> bool:
        now = self._clock()
        if now - self._cut_at < 1.0:
            return False
        self._cut_at = now
        self.cuts += 1
        self.limit = max(1.0, self.limit * share)
        return True
