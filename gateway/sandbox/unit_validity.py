"""A unit is valid at most as long as the unit above it: what a new validity of a unit may be, seen from its parent and its children.

The six codes are nevisIDM's, their texts are not public: one each for a period that lies outside altogether, that begins too early, that
ends too late, for the unit itself (Parent) and for the units below it (Child).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from . import problem
from .clock import parse_moment

_ENDLESS = float("inf")


def check_within(doc: Mapping[str, Any], above: Mapping[str, Any] | None, below: Sequence[Mapping[str, Any]]) -> None:
    """422 errors.unitInvalid… for a unit with this document, between these."""
    if above is not None:
        _check(_span(doc), _span(above), "Parent", "the unit above")
    for child in below:
        _check(_span(child), _span(doc), "Child", "a unit below")


def _check(inner: tuple[float, float], outer: tuple[float, float], which: str, what: str) -> None:
    if inner[1] < outer[0] or outer[1] < inner[0]:
        raise problem.rule(f"unitInvalidValidityPeriod{which}", f"The validity does not overlap that of {what}.")
    if inner[0] < outer[0] and inner[0] != -_ENDLESS:
        raise problem.rule(
            f"unitInvalidValidFromParameter{which}", f"The validity and that of {what}: one begins too early."
        )
    if inner[1] > outer[1] and inner[1] != _ENDLESS:
        raise problem.rule(
            f"unitInvalidValidUntilParameter{which}", f"The validity and that of {what}: one ends too late."
        )


def _span(doc: Mapping[str, Any]) -> tuple[float, float]:
    validity = doc.get("validity") or {}
    begin, end = validity.get("from"), validity.get("to")
    return (parse_moment(begin) if begin else -_ENDLESS, parse_moment(end) if end else _ENDLESS)
