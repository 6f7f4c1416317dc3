"""What is shared, for one process: tables in memory, each bounded; what was used longest ago makes room."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.shared.rate import Rate
from gateway.shared.state import Name, keyed

Value = TypeVar("Value")


class Table(Generic[Value]):
    """Values by digest, each until its moment, at most `most` of them."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[Value, float]] = OrderedDict()

    def get(self, name: bytes) -> Value | None:
        """What is kept there and has not ended."""
        found = self._kept.get(name)
        if found is None:
            return None
        if found[1] <= self._clock():
            del self._kept[name]
            return None
        return found[0]

    def put(self, name: bytes, value: Value, until: float) -> None:
        """Keep it until a moment of the clock."""
        self._kept[name] = (value, until)
        self._kept.move_to_end(name)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def pop(self, name: bytes) -> None:
        """Keep it no longer."""
        self._kept.pop(name, None)

    def __len__(self) -> int:
        return len(self._kept)


class InProcess:
    """See `Shared`. Without `key` a random one: nobody else needs these digests."""

    def __init__(
        self, key: bytes | None = None, *, most: int = 100_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._key = key or secrets.token_bytes(32)
        self._clock = clock
        self._full: Table[float] = Table(most, clock)
        self._tried: Table[deque[float]] = Table(most, clock)
        self._values: Table[bytes] = Table(most, clock)

    def digest(self, *parts: str | bytes) -> bytes:
        """See `Shared`."""
        return keyed(self._key, parts)

    async def take(self, name: Name, rates: tuple[Rate, ...], cost: int = 1) -> float:
        """See `Shared`. Of each bucket only the moment is kept at which it will be whole again."""
        now = self._clock()
        after: list[tuple[bytes, float]] = []
        wait = 0.0
        named = keyed(self._key, name)
        for rate in rates:
            bucket = named + str(rate).encode()
            step = rate.seconds / rate.allowed
            whole = max(self._full.get(bucket) or now, now)
            wait = max(wait, whole + max(cost, 1) * step - now - rate.seconds)
            after.append((bucket, whole + cost * step))
        if wait > 1e-9:
            return wait
        if cost:
            for bucket, whole in after:
                self._full.put(bucket, whole, whole)
        return 0.0

    async def attempt(self, name: Name, rate: Rate) -> float:
        """See `Shared`."""
        now, key = self._clock(), keyed(self._key, name)
        times = self._tried.get(key) or deque()
        while times and times[0] <= now - rate.seconds:
            times.popleft()
        if len(times) >= rate.allowed:
            return times[0] + rate.seconds - now
        times.append(now)
        self._tried.put(key, times, now + rate.seconds)
        return 0.0

    async def seen(self, name: Name, seconds: float) -> bool:
        """See `Shared`."""
        return await self.claim(name, b"", seconds) is not None

    async def claim(self, name: Name, value: bytes, seconds: float) -> bytes | None:
        """See `Shared`."""
        key = keyed(self._key, name)
        known = self._values.get(key)
        if known is None:
            self._values.put(key, value, self._clock() + seconds)
        return known

    async def find(self, name: Name) -> bytes | None:
        """See `Shared`."""
        return self._values.get(keyed(self._key, name))

    async def keep(self, name: Name, value: bytes, seconds: float) -> None:
        """See `Shared`."""
        self._values.put(keyed(self._key, name), value, self._clock() + seconds)

    async def drop(self, name: Name) -> None:
        """See `Shared`."""
        self._values.pop(keyed(self._key, name))

    async def check(self) -> None:
        """See `Shared`."""

    async def aclose(self) -> None:
        """See `Shared`."""
