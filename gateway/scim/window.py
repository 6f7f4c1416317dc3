"""Pages inside an attribute: an entry of `attributes` such as `members[startIndex=1&count=10]` (IDCS section 3).

The part of an attribute's values that an answer shall carry, counted after the value filters of the same request. Decided here: either
parameter may be missing, a startIndex below 1 is 1, a count of 0 shows no value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.errors import BadRequest

_Value = TypeVar("_Value")
_PAGED = re.compile(r'([^\["]*)\[\s*((?:startIndex|count)\s*=[^\]]*)\](.*)', re.IGNORECASE | re.DOTALL)
_BEGUN = re.compile(r'[^\["]*\[\s*(?:startIndex|count)\s*=', re.IGNORECASE)
_PART = re.compile(r"\s*(startIndex|count)\s*=\s*([0-9]{1,9})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Window:
    """`count` values (None: all that follow) from the `start`th on, the first being 1."""

    start: int = 1
    count: int | None = None

    def of(self, values: Sequence[_Value]) -> list[_Value]:
        """The values in the window."""
        begin = self.start - 1
        return list(values[begin:] if self.count is None else values[begin : begin + self.count])


def cut_window(entry: str, parameter: str) -> tuple[str, Window | None]:
    """An entry without its page, and the page if it has one. Raises GW113 for a page that cannot be read."""
    found = _PAGED.fullmatch(entry)
    if found is None:
        if _BEGUN.match(entry):
            raise _unreadable(parameter)
        return entry, None
    named: dict[str, int] = {}
    for part in found[2].split("&"):
        said = _PART.fullmatch(part)
        if said is None or said[1].lower() in named:
            raise _unreadable(parameter)
        named[said[1].lower()] = int(said[2])
    return found[1] + found[3], Window(max(1, named.get("startindex", 1)), named.get("count"))


def _unreadable(parameter: str) -> BadRequest:
    return BadRequest(
        "GW113",
        f"{parameter}: a page inside an attribute is written members[startIndex=1&count=10], in a URL with %26.",
    )
