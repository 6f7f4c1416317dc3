"""Values that are made for every request: frozen for whoever reads or checks the code, as cheap as any other object when it runs.

A frozen dataclass writes each field through `object.__setattr__`: four times the cost of an assignment, and a request makes some thirty
such values. `@swift` above `@dataclass(frozen=True, slots=True)` gives the class a constructor of plain assignments. mypy goes on to refuse
every other assignment; the interpreter no longer does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")
_ABSENT, _GIVEN, _MADE = "_swift_absent", "_swift_default_", "_swift_factory_"
"""Names in the constructor beside those of fields, none of which begins so."""


def swift(kind: type[T]) -> type[T]:
    """The dataclass with a quick constructor. Its parameters and their defaults stay as they are."""
    known: dict[str, Any] = {_ABSENT: MISSING}
    chosen = [each for each in fields(kind) if each.init]  # type: ignore[arg-type] # a dataclass, says the docstring
    parameters = ", ".join(_parameter(each, known) for each in chosen)
    lines = "\n    ".join(_lines(chosen))
    exec(f"def __init__(self, {parameters}):\n    {lines}", known)  # noqa: S102 # made of the names of fields alone
    known["__init__"].__qualname__ = f"{kind.__qualname__}.__init__"
    setattr(kind, "__init__", known["__init__"])  # noqa: B010 # mypy forbids it otherwise
    for name in ("__setattr__", "__delattr__"):
        delattr(kind, name)
    return kind


def _parameter(field: Field[Any], known: dict[str, Any]) -> str:
    if field.default is not MISSING:
        known[f"{_GIVEN}{field.name}"] = field.default
        return f"{field.name}={_GIVEN}{field.name}"
    if field.default_factory is not MISSING:
        known[f"{_MADE}{field.name}"] = field.default_factory
        return f"{field.name}={_ABSENT}"
    return field.name


def _lines(chosen: list[Field[Any]]) -> Iterator[str]:
    for each in chosen:
        made = each.default is MISSING and each.default_factory is not MISSING
        given = f"{_MADE}{each.name}() if {each.name} is {_ABSENT} else {each.name}" if made else each.name
        yield f"self.{each.name} = {given}"
