"""What lenses show of a value, as an expression for written lines: where most values need no call, none is made.

An expression shows what the lens shows, and None for nothing; a law holds that (`tests/laws/test_rows.py`). A memory of what was shown
has instants in it and nothing else: nobody is told by them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.mapping.digest import NOTHING
from gateway.mapping.lens import Lens
from gateway.mapping.optics.choice import Choice
from gateway.mapping.optics.phone import Phone, is_usual
from gateway.mapping.optics.plain import Plain
from gateway.mapping.optics.text import Lower, Upper
from gateway.mapping.optics.time import Instant
from gateway.mapping.source import Source

_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_MOST = 10_000
_LONGEST = 40
"""Letters of a text that is kept; an instant has twenty to thirty."""


class _Instants(dict[Any, Any]):
    """Instants that were shown, by what is stored."""

    def __init__(self, lens: Instant) -> None:
        self._lens = lens

    def __missing__(self, stored: Any) -> Any:
        shown = self._lens.get(stored, _SOME_TIME)
        if shown is not None and len(stored) < _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[stored] = shown
        return shown


_INSTANTS = _Instants(Instant())


def inlined(lens: Lens, value: str, source: Source) -> str | None:
    """The expression for what is shown of the variable `value`, one value that is not None nor empty; None for a lens to which nothing
    says something."""
    kind = type(lens)
    if kind is Plain:
        return value
    if kind is Instant:
        return f"{source.value('INSTANTS', _INSTANTS)}[{value}]"
    if lens.get(None, _SOME_TIME) is not None:
        return None
    call = f"{source.value(lens.name, lens.get)}({value}, now)"
    if isinstance(lens, Choice) and not any(shown in NOTHING[1:] for shown in (*lens.table.values(), lens.otherwise)):
        table = source.value("CHOICES", lens.table)
        return f"{table}[{value}] if {value} in {table} else {call}"
    if kind is Phone:
        return f"{value} if type({value}) is str and {source.value('is_usual', is_usual)}({value}) else {call}"
    if kind is Lower or kind is Upper:
        return f"{value}.{lens.name}() if type({value}) is str and {value}.isascii() else {call}"
    name = source.name("shown")
    return f"{name} if ({name} := {call}) or {name} not in NOTHING else None"
