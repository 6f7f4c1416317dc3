"""How often: so many within so many seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Rate:
    """At most `allowed` within `seconds`."""

    allowed: int
    seconds: float

    def part(self, of: int) -> Rate:
        """The share of one of `of` processes, never less than one."""
        return Rate(max(1, self.allowed // of), self.seconds)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        unit = next((name for name, seconds in SECONDS.items() if seconds == self.seconds), f"{self.seconds:g} s")
        return f"{self.allowed}/{unit}"


def parse_rate(text: str) -> Rate:
    """`10/minute` as a rate. Raises ValueError."""
    number, _, unit = text.partition("/")
    if not (number.isascii() and number.isdigit()) or int(number) < 1 or unit not in SECONDS:
        raise ValueError(f"{text!r} is no rate: write a number, a slash and {', '.join(SECONDS)}, such as 10/minute")
    return Rate(int(number), float(SECONDS[unit]))


def whole_seconds(wait: float) -> int:
    """A wait as Retry-After tells it (RFC 9110 section 10.2.3)."""
    return max(1, math.ceil(wait))
