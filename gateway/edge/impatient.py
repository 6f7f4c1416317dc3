"""Those who come again sooner than they were told to, and would eat up the time of those who are served.

Their next no comes `HOLD` seconds after they asked: late enough that thousands of them leave room to serve, early enough for a no. As what
comes is mostly the very same request by the same connection, its bytes are kept: what they mean need not be read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, Protocol

AGAIN = 0.95
"""Seconds after a no before which nobody was to come again, with some allowance: Retry-After says 1."""
HOLD = 0.075
"""Seconds until who comes sooner hears the next one."""
LOOK = 0.002
"""Seconds between looks at who is to be told."""
STEP, LATE = 16, 0.004
"""How many are told in one turn of the loop, so that it comes back soon to those who are served, and by how long that may delay a no."""

ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=SimpleNamespace(set=lambda: None))
"""What uvicorn finds where a request was that has been answered."""


class Held:
    """Stands where uvicorn has a request, while its no is held back. `said`: how it goes out; `whose`: of whom it is; `asked`: its bytes.

    `disconnected` and `keep_alive` are set by uvicorn; the others are what it looks at.
    """

    __slots__ = (
        "asked",
        "disconnected",
        "keep_alive",
        "message_event",
        "more_body",
        "refusal",
        "response_complete",
        "said",
        "whose",
    )

    def __init__(self, refusal: tuple[bytes, bytes], said: tuple[bytes, bytes], whose: int) -> None:
        self.refusal, self.said, self.whose = refusal, said, whose
        self.asked: bytes | None = None
        self.keep_alive = self.more_body = True
        self.disconnected = self.response_complete = False
        self.message_event = ANSWERED.message_event


class Waits(Protocol):
    """Who is to be told."""

    def tell(self) -> None:
        """Say it now."""


class Impatient:
    """Those who came again too soon, in the order in which they are to be told."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, Waits]] = deque()

    def take(self, who: Waits, loop: asyncio.AbstractEventLoop) -> None:
        """Tell it in a while."""
        if not self._due:
            loop.call_later(HOLD, self._tell, loop)
        self._due.append((loop.time() + HOLD, who))

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        due, now = self._due, loop.time()
        told = 0
        while due and due[0][0] <= (now if told < STEP else now - LATE):
            due.popleft()[1].tell()
            told += 1
        if due and due[0][0] <= now:
            loop.call_soon(self._tell, loop)
        elif due:
            loop.call_later(LOOK, self._tell, loop)
