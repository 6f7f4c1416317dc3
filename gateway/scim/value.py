"""A client's JSON value, held against the attribute it is meant for: checked, and brought to the one form that later stages compare.

Names take their declared case, dateTime values become UTC with milliseconds, `null`, `[]` and `{}` become absent (RFC 7643 section 2.5).
A value that does not fit is GW111 naming the attribute and what would fit, never the value itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.errors import BadRequest
from gateway.scim.comparison import instant
from gateway.scim.dialect import Dialect, Leniency
from gateway.scim.names import nameable, unknown_attribute
from gateway.scim.request import Json
from gateway.scim.schema import Attribute, Kind
from gateway.swift import swift

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")


@swift
@dataclass(frozen=True, slots=True)
class Reading:
    """How values are read.

    `creating`: what only the server writes is left out; otherwise it is kept as sent, for the one who compares. `keep_null`: a
    sub-attribute sent as null stays null (PATCH takes it away). `references_have_ocid`: IDCS shows one on every reference. `left_out`:
    takes the names of what the type does not have; None: that is refused.
    """

    leniencies: frozenset[Leniency]
    utc_millis: bool = True
    creating: bool = False
    keep_null: bool = False
    references_have_ocid: bool = False
    left_out: list[str] | None = None

    @classmethod
    def of(
        cls,
        dialect: Dialect,
        *,
        creating: bool = False,
        keep_null: bool = False,
        left_out: list[str] | None = None,
    ) -> Reading:
        """The way a dialect reads."""
        return cls(dialect.leniencies, dialect.utc_millis, creating, keep_null, dialect.common_attributes, left_out)


def read_value(raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
    """The value of an attribute, None if absent; a list if and only if the attribute is multi-valued."""
    if attribute.mutability == "readOnly":
        return _read_only(raw, attribute, label, how)
    if type(raw) is str and _takes_any_text(attribute):
        return raw
    return _checked(raw, attribute, label, how)


def _takes_any_text(attribute: Attribute) -> bool:
    """Whether every text is a value of it, as most values are."""
    return (
        attribute.type == "string"
        and not attribute.multi_valued
        and not attribute.canonical
        and attribute.max_length is None
        and attribute.min_length is None
    )


def read_values(raw: Json, attribute: Attribute, label: str, how: Reading) -> list[Json]:
    """The values of a multi-valued attribute. Raises GW111, also where two of them are primary."""
    if not isinstance(raw, list):
        raise wrong(label, "an array")
    values = [value for each in raw if (value := read_single(each, attribute, label, how)) is not None]
    if sum(isinstance(value, dict) and value.get("primary") is True for value in values) > 1:
        raise BadRequest("GW111", f"{label} has more than one primary value; mark one at most.")
    return values


def read_single(raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
    """One value of an attribute, of a multi-valued one: one of its values. None if absent."""
    if raw is None:
        return None
    if attribute.type == "complex":
        return _complex(raw, attribute, label, how) or None
    try:
        return _KINDS[attribute.type](raw, attribute, how)
    except ValueError as expected:
        raise wrong(label, str(expected)) from None


def fitting_sub(attribute: Attribute, sub: Attribute, raw: Json) -> Attribute:
    """The sub-attribute to hold a value against.

    The canonical types of a multi-valued attribute are suggestions (RFC 7643 section 2.4): whether there is a place decides later.
    """
    if not attribute.multi_valued or sub.name != "type":
        return sub
    if not sub.canonical:
        return sub
    known = isinstance(raw, str) and (raw in sub.canonical or raw.lower() in map(str.lower, sub.canonical))
    return sub if known else replace(sub, canonical=())


def wrong(label: str, expected: str) -> BadRequest:
    """GW111: what would have been right."""
    return BadRequest("GW111", f"{label} must be {expected}.")


def is_reference(attribute: Attribute) -> bool:
    """Whether a complex attribute refers to another resource: it has a value and an address (RFC 7643 section 2.4)."""
    return "value" in attribute.subs and (
        "$ref" in attribute.subs or attribute.name in ("idcsCreatedBy", "idcsLastModifiedBy")
    )


def _checked(raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
    if raw is None:
        return None
    if attribute.multi_valued:
        return read_values(raw, attribute, label, how) or None
    if isinstance(raw, list):
        if not raw:
            return None
        raise wrong(label, "a single value, not an array")
    return read_single(raw, attribute, label, how)


def _read_only(raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
    """What the server alone writes needs no check: dropped on create, else as sent, for comparison.

    One that always has the same value is kept, so that the mapping can refuse another: `primary: true` of a value that cannot be it.
    """
    if how.creating and attribute.default is None:
        return None
    try:
        return _checked(raw, attribute, label, how)
    except BadRequest:
        return raw


def _complex(raw: Json, attribute: Attribute, label: str, how: Reading) -> dict[str, Json]:
    if isinstance(raw, str) and "flat_values" in how.leniencies and _is_flat(attribute):
        raw = {"value": raw}
    if not isinstance(raw, dict):
        raise wrong(label, "an object")
    shown: dict[str, Json] = {}
    for key, inner in raw.items():
        sub = attribute.sub(key)
        if sub is None:
            if inner is None or _ignorable(key, attribute, how):
                continue
            if how.left_out is None:
                raise unknown_attribute("GW119", key, label, [each.name for each in attribute.subs.values()])
            how.left_out.append(f"{label}.{nameable(key)}")
            continue
        if sub.name in shown:
            raise BadRequest("GW101", f"{label}.{sub.name} stands in the body twice.")
        value = read_value(inner, fitting_sub(attribute, sub, inner), f"{label}.{sub.name}", how)
        if value is not None or (how.keep_null and sub.mutability != "readOnly"):
            shown[sub.name] = value
    return shown


def _is_flat(attribute: Attribute) -> bool:
    """Whether one text can stand for the attribute: Entra ID's `manager: "id"`."""
    return not attribute.multi_valued and not attribute.open and "value" in attribute.subs


def _ignorable(key: str, attribute: Attribute, how: Reading) -> bool:
    """Sub-attributes that an answer may have shown although the type does not declare them."""
    if attribute.mutability == "readOnly":
        return True
    return how.references_have_ocid and key.lower() == "ocid" and is_reference(attribute)


def _string(raw: Json, attribute: Attribute, _: Reading) -> str:
    if not isinstance(raw, str):
        raise ValueError("a string")
    low, high = attribute.min_length, attribute.max_length
    if (low is not None and len(raw) < low) or (high is not None and len(raw) > high):
        raise ValueError(_of_length(low, high))
    return _canonical(raw, attribute)


def _of_length(low: int | None, high: int | None) -> str:
    if high is None:
        return f"a string of at least {low} characters"
    return f"a string of {low} to {high} characters" if low else f"a string of at most {high} characters"


def _canonical(text: str, attribute: Attribute) -> str:
    """One of the canonical values, in its declared case unless case counts."""
    if not attribute.canonical or text in attribute.canonical:
        return text
    if not attribute.case_exact:
        for value in attribute.canonical:
            if value.lower() == text.lower():
                return value
    raise ValueError(f"one of {', '.join(attribute.canonical)}")


def _boolean(raw: Json, _: Attribute, how: Reading) -> bool:
    if isinstance(raw, str) and "boolean_strings" in how.leniencies:
        raw = {"true": True, "false": False}.get(raw.lower())
    if not isinstance(raw, bool):
        raise ValueError("true or false")
    return raw


def _integer(raw: Json, _: Attribute, __: Reading) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw != int(raw) or abs(raw) >= 2**63:
        raise ValueError("a whole number")
    return int(raw)


def _decimal(raw: Json, _: Attribute, __: Reading) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("a number")
    return raw


def _date_time(raw: Json, _: Attribute, how: Reading) -> str:
    try:
        moment = instant(raw) if isinstance(raw, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("a date and time such as 2030-12-31T23:59:59Z")
    return utc_text(moment) if how.utc_millis else raw


def utc_text(moment: datetime) -> str:
    """An aware moment as SCIM text: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _binary(raw: Json, _: Attribute, __: Reading) -> str:
    """Base64, plain or URL-safe (RFC 7643 section 2.3.6)."""
    if not isinstance(raw, str) or not _BASE64.fullmatch(raw):
        raise ValueError("a base64 text")
    try:
        base64.b64decode(raw.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        raise ValueError("a base64 text") from None
    return raw


_KINDS: Mapping[Kind, Callable[[Json, Attribute, Reading], Json]] = {
    "string": _string,
    "reference": _string,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "dateTime": _date_time,
    "binary": _binary,
}
