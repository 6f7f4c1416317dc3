"""Python that is written at run time: readable, in tracebacks with its lines, every name an identifier and every value a literal.

What stands in a mapping becomes code only as a literal (`repr`) or as a letter-by-letter cleaned name, so no text of it can be code.
"""

from __future__ import annotations

import builtins
import keyword
import linecache
import re
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

_NO_LETTER = re.compile(r"\W+", re.ASCII)
_numbers = count(1)


class Source:
    """The lines of one function that is being written, and the values that it knows by name."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = dict(known)
        self._taken = {*known, *keyword.kwlist, *dir(builtins)}

    def name(self, *hints: str) -> str:
        """A new variable, called after the hints."""
        base = _NO_LETTER.sub("_", "_".join(hints)).strip("_") or "value"
        name = f"v_{base}" if base[0].isdigit() else base
        taken = self._taken
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    def value(self, hint: str, value: Any) -> str:
        """A name for a value that is no literal."""
        name = self.name(hint)
        self._known[name] = value
        return name

    def put(self, name: str, value: Any) -> None:
        """Say what a name stands for that was given before its value was there."""
        self._known[name] = value

    def function(self, title: str, head: str, lines: list[str]) -> Callable[..., Any]:
        """The function `def {head}:` with these lines. `title` says in tracebacks whose it is."""
        text = "\n".join((f"def {head}:", *(f"    {line}" for line in lines), ""))
        place = f"<{title} #{next(_numbers)}>"
        linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
        exec(compile(text, place, "exec"), self._known)  # noqa: S102 — names and literals only, see above
        made: Callable[..., Any] = self._known[head.partition("(")[0]]
        weakref.finalize(made, linecache.cache.pop, place, None)
        return made


def source_of(function: Callable[..., Any]) -> str:
    """The text of a function that was made here."""
    return "".join(linecache.getlines(function.__code__.co_filename))
