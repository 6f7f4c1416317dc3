"""The lens `choice`: a table from stored to shown values.

Several stored values may look alike (`disabled` and `archived` are both `active: false`); `write` then names the way back. A filter asks
for the inverse image, so `active eq false` finds both. With `else` every other stored value has a face too, and there is no way back.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.plain import Plain, same_text, text_of
from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any
_STATES = {"active": True, "disabled": False, "archived": False}
_BACK = {True: "active", False: "disabled"}


class Choice(Plain):
    """A table. Stored values outside it are not shown, unless `otherwise` says what they look like."""

    name = "choice"
    examples = (
        Example({"choice": _STATES, "write": _BACK}, "active", True),
        Example({"choice": _STATES, "write": _BACK}, "archived", False, written="disabled"),
        Example({"choice": {"nevisIdm": True}, "else": False}, "shop", False, written=NEVER),
    )

    def __init__(self, table: Map[Json, Json], write: Map[Json, Json] | None = None, otherwise: Json = None) -> None:
        self.table = {text_of(stored): shown for stored, shown in table.items()}
        self._stored = {text_of(stored): stored for stored in table}
        self.otherwise = otherwise
        self.read_only = otherwise is not None
        self._write = self._checked(write or {})
        self.shows = _kind([*self.table.values(), *([] if otherwise is None else [otherwise])])

    def _checked(self, write: Map[Json, Json]) -> dict[str, Json]:
        if write and self.read_only:
            raise ValueError("`else` shows values that cannot be written back: leave out `write`, or `else`")
        faces = {text_of(shown) for shown in self.table.values()}
        for shown, stored in write.items():
            if text_of(shown) not in faces:
                raise ValueError(f'`write` names "{text_of(shown)}", which `choice` never shows: {_listed(faces)}')
            if text_of(self.table.get(text_of(stored))) != text_of(shown):
                raise ValueError(f'writing "{text_of(shown)}" as "{text_of(stored)}" does not read back as it')
        return {text_of(shown): self._stored[text_of(stored)] for shown, stored in write.items()}

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """The shown values that several stored ones have and `write` does not decide (lint M311)."""
        faces = [text_of(shown) for shown in self.table.values()]
        return tuple(dict.fromkeys(face for face in faces if faces.count(face) > 1 and face not in self._write))

    def get(self, stored: Json, now: datetime) -> Json:
        """What the table says."""
        if type(stored) is str:
            return self.table.get(stored, self.otherwise)
        return None if stored is None else self.table.get(text_of(stored), self.otherwise)

    def put(self, shown: Json, stored: Json) -> Json:
        """The stored value that looks like this: what is stored already if it does, else `write`, else the only one."""
        if shown is None:
            return None
        if stored is not None and self.get(stored, datetime.min) == shown:
            return stored
        faces = list(self.table.values())
        wanted = next((face for exact in (True, False) for face in faces if _same(face, shown, exact)), None)
        if wanted is None:
            raise ValueError(f"takes only {_listed(map(text_of, faces))}")
        if text_of(wanted) in self._write:
            return self._write[text_of(wanted)]
        ways = [self._stored[key] for key, face in self.table.items() if face == wanted]
        if len(ways) > 1:
            raise ValueError(f'"{text_of(wanted)}" cannot be written: the mapping does not say as which stored value')
        return ways[0]

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: one of the stored values that look like this; no values at all where nothing does."""
        if op != "eq" or value is None or (self.otherwise is not None and _same(self.otherwise, value, case_exact)):
            return None
        stored = tuple(key for key, face in self.table.items() if _same(face, value, case_exact))
        return Asked("eq" if len(stored) == 1 else "in", stored)


def _same(face: Json, value: Json, case_exact: bool) -> bool:
    if isinstance(face, str) and isinstance(value, str):
        return same_text(face, value, case_exact)
    return isinstance(face, bool) == isinstance(value, bool) and bool(face == value)


def _kind(faces: list[Json]) -> Kind:
    if all(isinstance(face, bool) for face in faces):
        return "boolean"
    if all(isinstance(face, int) and not isinstance(face, bool) for face in faces):
        return "integer"
    if all(isinstance(face, str) for face in faces):
        return "string"
    raise ValueError("`choice` shows values of different types: make them all texts, all booleans or all numbers")


def _listed(texts: Any) -> str:
    return ", ".join(f'"{text}"' for text in dict.fromkeys(texts))
