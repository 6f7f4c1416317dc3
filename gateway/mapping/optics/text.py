"""Lenses on texts: `trim`, `lower`, `upper`, `prefix` and `split`.

Normalising lenses show and write the normal form, while what is stored may be anything; so a comparison is asked more widely than it was
meant (a superset), never more narrowly. Case is changed only where it can be changed back, letter by letter: `ß` stays `ß` in capitals,
or `upper` would show what no search ignoring case could find.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import Example
from gateway.mapping.optics.plain import Plain, as_case
from gateway.scim.tree import Operator, Value

Json = Any


class Trim(Plain):
    """Without blanks around it. A stored value of blanks only is not shown."""

    name = "trim"
    examples = (Example("trim", " Jensen ", "Jensen", written="Jensen"), Example("trim", "   ", None))

    def get(self, stored: Json, now: datetime) -> Json:
        """The text without blanks around it."""
        return (stored.strip() or None) if isinstance(stored, str) else stored

    def put(self, shown: Json, stored: Json) -> Json:
        """The same, so that what is written is what is read."""
        return (shown.strip() or None) if isinstance(shown, str) else shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: the stored text contains it; blanks around it are not known."""
        if op != "eq" or not isinstance(value, str):
            return None
        return Asked("co", (value,), as_case(case_exact), exact=False)


class _Case(Plain, ABC):
    @abstractmethod
    def _change(self, text: str) -> str:
        """The text in this case, but for letters that could not be changed back."""

    def get(self, stored: Json, now: datetime) -> Json:
        """The text in this case."""
        return self._change(stored) if isinstance(stored, str) else stored

    def put(self, shown: Json, stored: Json) -> Json:
        """The same, so that what is written is what is read."""
        return self._change(shown) if isinstance(shown, str) else shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: equal without regard to case; a superset where the attribute minds case."""
        if op != "eq" or not isinstance(value, str):
            return None
        return Asked("eq", (value,), "ignore", exact=not case_exact)


class Lower(_Case):
    """In small letters."""

    name = "lower"
    examples = (Example("lower", "EN", "en", written="en"), Example("lower", "Äß", "äß", written="äß"))

    def _change(self, text: str) -> str:
        if text.isascii():
            return text.lower()
        return "".join(small if small.upper() == letter else letter for letter in text for small in (letter.lower(),))


class Upper(_Case):
    """In capitals."""

    name = "upper"
    examples = (Example("upper", "ch", "CH", written="CH"), Example("upper", "äß", "Äß", written="Äß"))

    def _change(self, text: str) -> str:
        if text.isascii():
            return text.upper()
        return "".join(great if great.lower() == letter else letter for letter in text for great in (letter.upper(),))


class Prefix(Plain):
    """Stored with a fixed beginning that is not shown. A stored value without it is not shown at all."""

    name = "prefix"
    examples = (Example({"prefix": "x-"}, "x-17", "17"), Example({"prefix": "x-"}, "17", None))

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def get(self, stored: Json, now: datetime) -> Json:
        """What follows the prefix."""
        if not isinstance(stored, str) or not stored.startswith(self._prefix):
            return None
        return stored[len(self._prefix) :] or None

    def put(self, shown: Json, stored: Json) -> Json:
        """The prefix and the text."""
        if not isinstance(shown, str):
            raise ValueError("give a text")
        return self._prefix + shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq` and `sw`: with the prefix before it; not exact where the prefix itself would match in another case."""
        if op not in ("eq", "sw") or not isinstance(value, str):
            return None
        caseless = self._prefix.lower() == self._prefix.upper()
        # `sw ""` fits every shown value, but nothing is shown for the bare prefix.
        exact = (case_exact or caseless) and value != ""
        return Asked(op, (self._prefix + value,), as_case(case_exact), exact=exact)


class Split(Plain):
    """One text that is a list with a separator. Blanks around the items and empty items are not shown."""

    name = "split"
    shows_many = True
    examples = (
        Example({"split": ","}, "a,b", ["a", "b"]),
        Example({"split": ","}, "a, b ,", ["a", "b"], written="a,b"),
        Example({"split": ","}, "", None, written=None),
    )

    def __init__(self, separator: str) -> None:
        self._separator = separator

    def get(self, stored: Json, now: datetime) -> Json:
        """The items."""
        if not isinstance(stored, str):
            return None
        return [item.strip() for item in stored.split(self._separator) if item.strip()] or None

    def put(self, shown: Json, stored: Json) -> Json:
        """The items with the separator between them; None for no items. Raises ValueError where an item contains it."""
        if shown is None:
            return None
        if not isinstance(shown, list) or not all(isinstance(item, str) for item in shown):
            raise ValueError("give a list of texts")
        items = [item.strip() for item in shown if item.strip()]
        text = self._separator.join(items)
        # Joined and taken apart again: an item that holds the separator, or makes one with its neighbour, would come back as others.
        if items and self.get(text, datetime.min) != items:
            raise ValueError(f'an item may not contain "{self._separator}", which separates the items')
        return text or None

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot."""
        return None
