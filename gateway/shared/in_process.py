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
Bucket = tuple[bytes, float, float]
"""What one rate allows one name: the digest of both, the seconds that one takes to come back, and those in which all do."""
_OFTEN = 4096
"""Names whose buckets are remembered."""


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
        self._most = most
        self._full: OrderedDict[bytes, float] = OrderedDict()
        self._known: dict[tuple[int, int], tuple[tuple[Rate, ...], list[Bucket]]] = {}
        self._tried: Table[deque[float]] = Table(most, clock)
        self._values: Table[bytes] = Table(most, clock)

    def digest(self, *parts: str | bytes) -> bytes:
        """See `Shared`."""
        return keyed(self._key, parts)

    async def take(self, name: Name, rates: tuple[Rate, ...], cost: int = 1) -> float:
        """See `Shared`. Of each bucket only the moment is kept at which it will be whole again."""
        now, full = self._clock(), self._full
        wait = 0.0
        after: list[tuple[bytes, float]] = []
        for bucket, step, seconds in self._buckets(name, rates):
            whole = full.get(bucket, now)
            if whole < now:
                whole = now
            short = whole + (cost or 1) * step - now - seconds
            if short > wait:
                wait = short
            after.append((bucket, whole + cost * step))
        if wait > 1e-9:
            return wait
        if cost:
            for bucket, whole in after:
                full[bucket] = whole
                full.move_to_end(bucket)
            while len(full) > self._most:
                full.popitem(last=False)
        return 0.0

    def _buckets(self, name: Name, rates: tuple[Rate, ...]) -> list[Bucket]:
        """The buckets of a name, remembered for those who come often: by Python's own hash of it, which is 64 bits under a key of this
        process, so that no name is kept, nor can anybody choose one that is taken for another's."""
        key = hash(name), id(rates)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _OFTEN:
                self._known.clear()
            named = keyed(self._key, name)
            made = [(named + str(rate).encode(), rate.seconds / rate.allowed, rate.seconds) for rate in rates]
            found = self._known[key] = rates, made  # with the rates, so that their identity stays theirs
        return found[1]

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
