"""How many requests are under way at once: beyond that a quick no is worth more than a late answer for everybody."""

from __future__ import annotations

from gateway.errors import Unavailable


class Crowd:
    """As a context manager around each request; raises Unavailable GW509 when it is full."""

    def __init__(self, most: int) -> None:
        self._left = most

    def __enter__(self) -> None:
        if self._left <= 0:
            raise Unavailable("GW509", "The gateway has too many requests under way. Try again.", retry_after=1)
        self._left -= 1

    def __exit__(self, *_: object) -> None:
        self._left += 1
