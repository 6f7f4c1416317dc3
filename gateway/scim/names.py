"""The answer to a name that does not exist: what was asked for, where, and the nearest name that would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from gateway.errors import BadRequest

_SHOWN = 100  # a longer name is no typing mistake
_NAME = re.compile(r"[\w$:.\-]{1,200}", re.ASCII)


def unknown_attribute(code: str, name: str, place: str, known: Iterable[str]) -> BadRequest:
    """GW105 (in a filter) or GW108 (in a path): `place` has no attribute `name`; did the client mean one of `known`?"""
    near = _nearest(name[-_SHOWN:], list(known))
    cure = f'did you mean "{near}"?' if near else "/Schemas lists its attributes."
    return BadRequest(code, f'{place} has no attribute "{name[:_SHOWN]}"; {cure}')


def nameable(key: str) -> str:
    """A key of a client's as it may stand in a log: itself where it has the form of a name, since anything else may hold a value."""
    return key if _NAME.fullmatch(key) else "?"


def _nearest(name: str, known: list[str]) -> str | None:
    """The name most like the one asked for, case ignored. URNs are left out: they all look alike."""
    spellings = {_bare(each): each for each in reversed(known)}  # of equal ones the first
    close = difflib.get_close_matches(_bare(name), spellings, n=1)
    return spellings[close[0]] if close else None


def _bare(name: str) -> str:
    return name.rpartition(":")[2].lower()
