"""The lens that changes nothing, and what all lenses have in common.

An attribute without `as` shows what is stored, so every operator that nevisIDM has means the same on both sides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import Example
from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any


class Plain:
    """Shows what is stored, stores what is sent; compares as nevisIDM does. The other lenses start from here."""

    name = "identity"
    shows: Kind = "string"
    shows_many = False
    read_only = False
    targets: tuple[str, ...] = ()
    examples: tuple[Example, ...] = (Example(None, "Jensen", "Jensen"), Example("identity", True, True))

    def get(self, stored: Json, now: datetime) -> Json:
        """The stored value."""
        return stored

    def put(self, shown: Json, stored: Json) -> Json:
        """The shown value."""
        return shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """The same comparison; order only of texts, since text order lies about numbers and dates."""
        if op in ("ne", "ew") or value is None or isinstance(value, datetime):
            return None
        if isinstance(value, str):
            return Asked(op, (value,), as_case(case_exact))
        return Asked(op, (text_of(value),)) if op == "eq" else None

    def __repr__(self) -> str:
        return f"<lens {self.name}>"


def as_case(case_exact: bool) -> Any:
    """How a condition treats case, from how the attribute does."""
    return "as_is" if case_exact else "ignore"


def text_of(value: Json) -> str:
    """A scalar as nevisIDM spells it in a parameter: booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def same_text(one: str, other: str, case_exact: bool) -> bool:
    """Whether two texts are equal for an attribute that does or does not mind case (by `lower`, as nevisIDM and the matcher do)."""
    return one == other if case_exact else one.lower() == other.lower()
