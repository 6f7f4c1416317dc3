"""What a lens is: the contract between the mapping language and everybody who uses values.

A lens turns a stored nevisIDM value into a shown SCIM value and back, and says what a comparison of the shown value means for the
stored one. The lenses themselves stand in `lenses.py`; the laws they keep (GetPut, PutGet, Ask, One-way) in tests/laws/test_lenses.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on the stored value that holds for every stored value whose shown value fits.

    `op` "in": equal to one of `values`. `case`: "as_is" compares exactly as nevisIDM does plainly, "ignore" without case.
    `exact`: the reverse holds too; otherwise it is a superset.
    """

    op: Operator | Literal["in"]
    values: tuple[str, ...] = field(repr=False)
    case: Literal["as_is", "ignore"] = "as_is"
    exact: bool = True


class Lens(Protocol):
    """Three pure functions. `shows` is the SCIM type it shows ("string" unless it says otherwise).

    `targets` names the stored fields of a lens that has several (`verifier`); empty for all others. Then `put` returns a map of
    them and `get` receives one. `shows_many` True: the shown value is a list (`split`).
    """

    name: str
    shows: Kind
    shows_many: bool
    read_only: bool
    targets: tuple[str, ...]

    def get(self, stored: Json, now: datetime) -> Json:
        """What is shown; None if nothing is."""
        ...

    def put(self, shown: Json, stored: Json) -> Json:
        """What to store, given what is stored now (None on create). Raises ValueError if `shown` has no stored form."""
        ...

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """The condition on the stored value, or None: cannot."""
        ...
