"""Names that are good once, asked in the thread that a token is made in, answered by the loop's side, which shares them with replicas."""

from __future__ import annotations

import asyncio

from gateway.shared.state import Shared

PATIENCE = 5.0
"""Seconds that the thread waits for the loop."""


class Once:
    """Says of each name whether it came before."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Answer threads from the loop that runs here."""
        self._loop = asyncio.get_running_loop()

    def __call__(self, name: str, seconds: float) -> bool:
        """Whether the name came before, of one that is of no use after so many seconds. Not to be called in the loop itself."""
        assert self._loop is not None
        asked = self._shared.seen(("assertion", name), seconds)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(PATIENCE)
