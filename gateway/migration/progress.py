"""How far a load is: a bar with rate and time left on a terminal, a plain line every ten seconds elsewhere, nothing if nobody wants it."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol, TextIO

EVERY = 10.0
"""Seconds between plain lines."""


class Watcher(Protocol):
    """Who shows how far a load is."""

    def begin(self, what: str, size: int | None) -> None:
        """A pass begins, over so many rows."""

    def step(self) -> None:
        """A row has ended."""

    def end(self) -> None:
        """The pass has ended."""


class Silent:
    """Shows nothing."""

    def begin(self, what: str, size: int | None) -> None:
        """See Watcher."""

    def step(self) -> None:
        """See Watcher."""

    def end(self) -> None:
        """See Watcher."""


class Bar:
    """A bar on a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._bar: Any = None

    def begin(self, what: str, size: int | None) -> None:
        """A bar for the pass."""
        from tqdm import tqdm

        self._bar = tqdm(total=size, desc=what, unit=" rows", file=self._out, dynamic_ncols=True, mininterval=0.25)

    def step(self) -> None:
        """One further."""
        self._bar.update()

    def end(self) -> None:
        """It stays there."""
        self._bar.close()


class Plain:
    """Lines."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._what, self._done = "", 0
        self._size: int | None = None
        self._began = self._told = 0.0

    def begin(self, what: str, size: int | None) -> None:
        """Note what it is about."""
        self._what, self._size, self._done = what, size, 0
        self._began = self._told = time.monotonic()

    def step(self) -> None:
        """A line now and then."""
        self._done += 1
        now = time.monotonic()
        if now - self._told >= EVERY:
            self._told = now
            self._say(now)

    def end(self) -> None:
        """A last line."""
        self._say(time.monotonic())

    def _say(self, now: float) -> None:
        rate = self._done / max(now - self._began, 1e-6)
        of = f" of {self._size:,}" if self._size is not None else ""
        left = (
            f", {(self._size - self._done) / rate:,.0f} s left"
            if self._size and rate and self._size > self._done
            else ""
        )
        print(f"{self._what}: {self._done:,}{of}, {rate:,.0f} a second{left}", file=self._out, flush=True)


def watcher(out: TextIO | None = None) -> Watcher:
    """What suits the place that standard error leads to."""
    where = out or sys.stderr
    return Bar(where) if where.isatty() else Plain(where)
