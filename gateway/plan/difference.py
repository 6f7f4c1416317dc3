"""Two JSON values side by side: what a test expected and what came, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any
_NOTHING = object()


def difference(expected: Json, found: Json, path: str = "") -> Iterator[str]:
    """One text per place where they differ. true is not 1, an absent key is not null."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*expected, *found)):
            inner = f"{path}.{key}" if path else str(key)
            yield from difference(expected.get(key, _NOTHING), found.get(key, _NOTHING), inner)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from difference(one, other, f"{path}[{index}]")
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{path or 'value'}: expected {_text(expected)}, got {_text(found)}"


def _text(value: Json) -> str:
    return "nothing" if value is _NOTHING else repr(value)
