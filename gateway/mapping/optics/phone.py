"""The lens `phone`: a number is shown as `+` and digits, however it is stored.

The stored spelling is free (nevisIDM compares and keeps it as text), so nothing can be asked of it. What is no phone number is shown as it
is, because hiding it would lose it; it cannot be written.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import Example
from gateway.mapping.optics.plain import Plain
from gateway.scim.tree import Operator, Value

Json = Any
_SEPARATORS = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
_ASCII_SEPARATORS = str.maketrans("", "", "".join(each for each in map(chr, range(128)) if _SEPARATORS.match(each)))
_NUMBER = re.compile(r"\+?[0-9]{2,32}")
is_usual = re.compile(r"\+[0-9]{2,32}").fullmatch
"""Whether a text is in the normal form already."""


class Phone(Plain):
    """`+` and digits; `00` in front is `+`, a `(0)` after the country code is left out."""

    name = "phone"
    examples = (
        Example("phone", "+41 79 111 22 33", "+41791112233", written="+41791112233"),
        Example("phone", "0041 (0)79/111-22-33", "+41791112233", written="+41791112233"),
        Example("phone", "079 111 22 33", "0791112233", written="0791112233"),
        Example("phone", "+41791112233", "+41791112233"),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """The normal form, or the text itself where it is no phone number."""
        if type(stored) is str and is_usual(stored):
            return stored
        return _normal(stored) or stored if isinstance(stored, str) else stored

    def put(self, shown: Json, stored: Json) -> Json:
        """The normal form. Raises ValueError for what is no phone number."""
        if shown is None:
            return None
        number = _normal(shown) if isinstance(shown, str) else None
        if number is None:
            raise ValueError("give a phone number such as +41791112233")
        return number

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot: the stored spelling is free."""
        return None


def _normal(text: str) -> str | None:
    bare = text.strip().removeprefix("tel:")
    if bare.startswith(("+", "00")):
        bare = bare.replace("(0)", "", 1)
    digits = bare.translate(_ASCII_SEPARATORS) if bare.isascii() else _SEPARATORS.sub("", bare)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits if _NUMBER.fullmatch(digits) else None
