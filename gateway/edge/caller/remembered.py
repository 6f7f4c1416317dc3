"""What was proved a moment ago, so that the same proof costs nothing the next time: a bounded table that forgets.

A proof is remembered by a keyed hash with a key of this process, never as it was presented.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """At most `most` entries, each for at most `seconds`; the one used longest ago goes first."""

    def __init__(self, seconds: float, most: int = 4096, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[Value, float]] = OrderedDict()

    def get(self, proof: str) -> Value | None:
        """What was proved by this, if it still holds."""
        name = self._name(proof)
        found = self._kept.get(name)
        if found is None:
            return None
        value, until = found
        if self._clock() >= until:
            self._kept.pop(name, None)
            return None
        with suppress(KeyError):  # gone meanwhile: secrets are checked in threads
            self._kept.move_to_end(name)
        return value

    def put(self, proof: str, value: Value, seconds: float | None = None) -> None:
        """Remember it, for `seconds` if that is shorter than usual."""
        lifetime = self._seconds if seconds is None else min(self._seconds, seconds)
        if lifetime <= 0:
            return
        self._kept[self._name(proof)] = (value, self._clock() + lifetime)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: the keys that proved it have changed."""
        self._kept.clear()

    def _name(self, proof: str) -> bytes:
        return hashlib.blake2b(proof.encode("utf-8", "surrogateescape"), key=self._key, digest_size=32).digest()
