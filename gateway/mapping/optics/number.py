"""Lenses on properties, which are texts in nevisIDM: `number` and `flag`.

A number has many spellings (`1.5`, `1.50`), so `eq` asks for the texts that begin like it and leaves the rest to the check on the hits.
Order is never asked: text order lies.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import Example
from gateway.mapping.optics.plain import Plain
from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DIGITS = 15  # a decimal of so many digits survives the way through a float
_LONGEST = 40


class Number(Plain):
    """A text that is a JSON number without exponent, of at most 15 digits (whole numbers: 40). Other texts are not shown."""

    name = "number"
    shows: Kind = "decimal"
    examples = (
        Example("number", "42", 42),
        Example("number", "-1.50", -1.5, written="-1.5"),
        Example("number", "n/a", None),
        Example("number", "007", None),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """The number, or None where the text is none."""
        text = stored if isinstance(stored, str) else _spelt(stored)
        if text is None or len(text) > _LONGEST or not _NUMBER.fullmatch(text):
            return None
        if "." not in text:
            return None if text == "-0" else int(text)
        digits = len(text.replace(".", "").lstrip("-0"))
        value = float(text)
        return None if digits > _DIGITS or (value == 0 and text.startswith("-")) else value

    def put(self, shown: Json, stored: Json) -> Json:
        """Its shortest spelling. Raises ValueError for what is no number or has too many digits."""
        if shown is None:
            return None
        text = _spelt(shown)
        if text is None or self.get(text, datetime.min) is None:
            raise ValueError(f"give a number of at most {_DIGITS} digits")
        return text

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: begins with the number's shortest spelling."""
        text = _spelt(value)
        return Asked("sw", (text,), exact=False) if op == "eq" and text is not None else None


class Flag(Plain):
    """A text that is `true` or `false`, in whatever case. Other texts are not shown."""

    name = "flag"
    shows: Kind = "boolean"
    examples = (
        Example("flag", "true", True),
        Example("flag", "FALSE", False, written="false"),
        Example("flag", "1", None),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """The boolean, or None where the text is none."""
        if isinstance(stored, bool):
            return stored
        return {"true": True, "false": False}.get(stored.lower()) if isinstance(stored, str) else None

    def put(self, shown: Json, stored: Json) -> Json:
        """`true` or `false`."""
        if shown is None:
            return None
        if not isinstance(shown, bool):
            raise ValueError("give true or false")
        return "true" if shown else "false"

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: the word, in whatever case."""
        word = self.get(value, datetime.min)
        return Asked("eq", (self.put(word, None),), "ignore") if op == "eq" and word is not None else None


def _spelt(value: Json) -> str | None:
    """A number in its shortest spelling without exponent; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST else None
    if value == int(value):
        return str(int(value)) if abs(value) < 10**_LONGEST else None
    return format(Decimal(format(value, f".{_DIGITS}g")), "f")
