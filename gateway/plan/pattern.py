"""A plan with holes for texts of a filter or of bodies, written down as Python that fills them: what is the same for all is made once.

`pattern` takes a plan that was made for stand-ins, texts that stand nowhere else, and finds where they went: as they are, in small letters
or in capitals. Objects that were one and the same are so again in every plan that is filled.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.mapping.source import Source

T = TypeVar("T")
Fill = Callable[[Sequence[Any]], T]


def pattern(plan: T, stand_ins: Sequence[str]) -> Fill[T]:
    """From texts to the plan with these in the place of the stand-ins, in their order; values that stand alone need not be texts."""
    written: Fill[T] = _Writing(stand_ins).function(plan)
    return written


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands for an object: an expression, and whether there are texts in it."""

    text: str
    filled: bool


class _Writing:
    """A pattern on its way onto paper; every object is looked at once, by its identity."""

    def __init__(self, stand_ins: Sequence[str]) -> None:
        self._source = Source({"texts": None, "fill": None})
        self._lines: list[str] = []
        self._written: dict[int, _Written] = {}
        self._spelled: dict[str, str] = {}
        for number, text in enumerate(stand_ins):
            spellings = {text.upper(): ".upper()", text.lower(): ".lower()", text: ""}
            self._spelled |= {found: f"texts[{number}]{how}" for found, how in spellings.items()}
        self._any = re.compile("(" + "|".join(map(re.escape, self._spelled)) + ")")

    def function(self, plan: object) -> Fill[Any]:
        """The function, ready to run."""
        whole = self._put(plan).text
        return self._source.function("plan of one shape", "fill(texts)", [*self._lines, f"return {whole}"])

    def _put(self, value: Any) -> _Written:
        """The expression for a value; what holds texts is made in a line of its own."""
        if id(value) not in self._written:
            self._written[id(value)] = self._write(value)
        return self._written[id(value)]

    def _write(self, value: Any) -> _Written:
        made = self._text(value) if isinstance(value, str) else self._composed(value)
        if made is None:
            return _Written(self._source.value("same", value), filled=False)
        name = self._source.name(type(value).__name__.lower())
        self._lines.append(f"{name} = {made}")
        return _Written(name, filled=True)

    def _text(self, value: str) -> str | None:
        """A text with texts in it; None for any other."""
        parts = self._any.split(value)
        if len(parts) == 1:
            return None
        return " + ".join(self._spelled.get(part) or repr(part) for part in parts if part)

    def _composed(self, value: Any) -> str | None:
        """How an object is put together from parts of which some hold texts; None where none does."""
        if type(value) is tuple:
            made = self._parts(value)
            return f"({', '.join(made)},)" if made else None
        if type(value) is dict:
            made = self._parts(value.values())
            return (
                "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(value, made, strict=True)) + "}"
                if made
                else None
            )
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            made = self._parts([getattr(value, each.name) for each in dataclasses.fields(value)])
            return f"{self._source.value(type(value).__name__, type(value))}({', '.join(made)})" if made else None
        return None

    def _parts(self, values: Iterable[Any]) -> list[str]:
        """The expressions for several values; none at all where no text is in any of them."""
        written = [self._put(value) for value in values]
        return [each.text for each in written] if any(each.filled for each in written) else []
