"""The one small interface to what processes share, and how things are named there.

Two implementations keep it: `in_process.py` for a gateway of one process, `in_redis.py` for replicas; `falling.py` is the second as long as
it answers, and the first meanwhile. Names are tuples whose first part says what for; what is kept is a keyed digest of the whole, since
names hold callers, addresses and what people typed.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from gateway.shared.rate import Rate

Name = tuple[str | bytes, ...]


class Lost(Exception):
    """What is shared cannot be reached. `reason` is a kind of fault, without names or values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Shared(Protocol):
    """What processes know together. Every step is one that nobody can come between; everything ends by itself."""

    def digest(self, *parts: str | bytes) -> bytes:
        """A keyed digest (32 bytes), the same in every process that shares this; no two lists of parts look alike."""

    async def take(self, name: Name, rates: tuple[Rate, ...], cost: int = 1) -> float:
        """0.0 and counted, where all rates have room for `cost`; else the seconds until they have, and nothing counted.

        A token bucket for each rate (GCRA): so many at once, then as many as come back in time. Cost 0 only looks.
        """

    async def attempt(self, name: Name, rate: Rate) -> float:
        """As `take`, but exact: never more than allowed in any span of so many seconds. For small numbers."""

    async def seen(self, name: Name, seconds: float) -> bool:
        """Whether the name came here before, within the seconds that were said then."""

    async def claim(self, name: Name, value: bytes, seconds: float) -> bytes | None:
        """Keep a value unless there is one already, which is returned. Raises Lost."""

    async def find(self, name: Name) -> bytes | None:
        """The value that is kept. Raises Lost."""

    async def keep(self, name: Name, value: bytes, seconds: float) -> None:
        """Keep a value in place of what was there. Raises Lost."""

    async def drop(self, name: Name) -> None:
        """As if nothing had been kept. Raises Lost."""

    async def check(self) -> None:
        """Raises Lost when it does not answer."""

    async def aclose(self) -> None:
        """Close what is open."""


def keyed(key: bytes, parts: Name) -> bytes:
    """See `Shared.digest`."""
    texts = [part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part for part in parts]
    whole = b"".join([piece for text in texts for piece in (len(text).to_bytes(8, "big"), text)])
    return hashlib.blake2b(whole, key=key, digest_size=32).digest()
