"""One value of an attribute: whether it is there, and the form in which two values are compared.

Matching, sorting and binding share these answers, so that a filter, an order and a PATCH path can never disagree about case, dates
or emptiness.

Case is ignored by `str.lower`, not by `str.casefold`: nevisIDM compares in lower case too, and what is pushed to it must find at
least what matches here. `casefold` equates more ("straße" with "STRASSE"), and those people would be lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gateway.scim.request import Json
from gateway.scim.schema import Attribute

Comparable = str | bool | int | float | datetime

_DATE_TIME = re.compile(r"(?i)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def instant(text: str, *, need_zone: bool = False) -> datetime:
    """The moment that a dateTime (RFC 7643 section 2.3.5) names, in UTC. Raises ValueError if it names none.

    A stored value without time zone is UTC. With `need_zone` it is refused, as a client that leaves the zone out may mean another.
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None or (need_zone and found[1] is None):
        raise ValueError("not a dateTime")
    moment = datetime.fromisoformat(text.upper())
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:  # the first and the last day of the calendar, with an offset
        raise ValueError("not a dateTime") from error


def is_present(value: Json) -> bool:
    """RFC 7644 `pr`: absent, null, "", [] and a complex value of nothing but those are one state, "not there"."""
    if isinstance(value, str):
        return value != ""
    if isinstance(value, list):
        return any(map(is_present, value))
    if isinstance(value, dict):
        return any(map(is_present, value.values()))
    return value is not None


def comparable(value: Json, schema: Attribute) -> Comparable | None:
    """The form of a resource's value that compares as RFC 7644 section 3.4.2.2 asks for its type; None: nothing to compare.

    A value of another type than declared compares with nothing.
    """
    match schema.type:
        case "string" | "reference" | "binary":
            return folded(value, schema) if isinstance(value, str) and value else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" | "decimal":
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "dateTime":
            return _stored_instant(value)
        case "complex":
            return None


def folded(text: str, schema: Attribute) -> str:
    """The text, or its lower case where the attribute ignores case. Binary values (base64) never do."""
    return text if schema.case_exact or schema.type == "binary" else text.lower()


def _stored_instant(value: Json) -> datetime | None:
    try:
        return instant(value) if isinstance(value, str) else None
    except ValueError:
        return None
