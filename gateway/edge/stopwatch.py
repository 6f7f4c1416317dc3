"""How long each stage of a request took: what the Server-Timing header and the operator's log tell."""

from __future__ import annotations

import time


class Stopwatch:
    """How long each stage took, in order, in seconds."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._first = self._last
        self.stages: list[tuple[str, float]] = []

    def lap(self, stage: str) -> None:
        """The stage that ends now."""
        now = time.perf_counter()
        self.stages.append((stage, now - self._last))
        self._last = now

    def split(self, stage: str, seconds: float) -> None:
        """Name a part of the last stage on its own, as nevisIDM's share of an operation."""
        name, whole = self.stages.pop()
        self.stages += [(name, max(0.0, whole - seconds)), (stage, seconds)]

    @property
    def total(self) -> float:
        """Seconds since the first moment."""
        return self._last - self._first

    def server_timing(self) -> str:
        """The Server-Timing header (W3C), milliseconds."""
        return ", ".join([f"{name};dur={seconds * 1000:.1f}" for name, seconds in self.stages])
