"""Lenses on one text that is two: `before` and `after` a separator, such as an issuer and a subject that one field holds together.

What stands before the first separator cannot contain it, what follows may. Two attributes write the same field, each its own half; a filter
that fixes both is equality of the whole (`plan/resolve.py`).
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


class Half(Plain, ABC):
    """One half of a text; nothing is shown of a text without the separator."""

    def __init__(self, separator: str) -> None:
        self.separator = separator

    @abstractmethod
    def _chosen(self, halves: tuple[str, str]) -> str:
        """The half that is shown."""

    @abstractmethod
    def _put(self, shown: str, halves: tuple[str, str]) -> tuple[str, str]:
        """The halves with the shown one in its place."""

    def get(self, stored: Json, now: datetime) -> Json:
        """The half, None where there is no separator or nothing on this side of it."""
        if not isinstance(stored, str) or self.separator not in stored:
            return None
        return self._chosen(self._halves(stored)) or None

    def put(self, shown: Json, stored: Json) -> Json:
        """The whole text, the other half as it is stored. Raises ValueError where it would come back as another."""
        if shown is None:
            return None
        if not isinstance(shown, str):
            raise ValueError("give a text")
        return self.separator.join(self._put(shown, self._halves(stored)))

    def whole(self, first: str, second: str) -> str:
        """The stored text of two halves."""
        return f"{first}{self.separator}{second}"

    def _halves(self, stored: Json) -> tuple[str, str]:
        if not isinstance(stored, str) or self.separator not in stored:
            return "", ""
        first, _, second = stored.partition(self.separator)
        return first, second


class Before(Half):
    """What stands before the first separator of a text that is two. Nothing is shown of a text without it."""

    name = "before"
    examples = (
        Example({"before": "|"}, "idp|b", "idp", written="idp|"),
        Example({"before": "|"}, "b", None, written=None),
    )

    def _chosen(self, halves: tuple[str, str]) -> str:
        return halves[0]

    def _put(self, shown: str, halves: tuple[str, str]) -> tuple[str, str]:
        if self.separator in shown:
            raise ValueError(f'it may not contain "{self.separator}", which ends it')
        return shown, halves[1]

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: the stored text begins with it and the separator."""
        if op != "eq" or not isinstance(value, str) or not value:
            return None
        if self.separator in value:
            return Asked("in", ())
        caseless = self.separator.lower() == self.separator.upper()
        return Asked("sw", (value + self.separator,), as_case(case_exact), exact=case_exact or caseless)


class After(Half):
    """What follows the first separator of a text that is two. Nothing is shown of a text without it."""

    name = "after"
    examples = (
        Example({"after": "|"}, "idp|b", "b", written="|b"),
        Example({"after": "|"}, "b", None, written=None),
    )

    def _chosen(self, halves: tuple[str, str]) -> str:
        return halves[1]

    def _put(self, shown: str, halves: tuple[str, str]) -> tuple[str, str]:
        return halves[0], shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot: no list is asked by the end of a text. With the other half, the whole is known."""
        return None
