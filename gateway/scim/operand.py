"""What an attribute may be compared with: operators by type (RFC 7644 section 3.4.2.2, table 3) and values in the type's form.

Booleans and binary values have no order and no parts; numbers and dateTimes have an order, but no parts. A dateTime needs a time
zone: without one, client and gateway could mean two moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.errors import BadRequest
from gateway.scim.comparison import instant
from gateway.scim.dialect import Leniency
from gateway.scim.print import attr_text
from gateway.scim.schema import Attribute
from gateway.scim.tree import Attr, Compare, Operator, Value

_EQUAL: frozenset[Operator] = frozenset(("eq", "ne"))
_ORDER: frozenset[Operator] = _EQUAL | {"gt", "ge", "lt", "le"}
_PARTS: frozenset[Operator] = _ORDER | {"co", "sw", "ew"}
_OPERATORS: Mapping[str, frozenset[Operator]] = {
    "string": _PARTS,
    "reference": _PARTS,
    "binary": _EQUAL,
    "boolean": _EQUAL,
    "integer": _ORDER,
    "decimal": _ORDER,
    "dateTime": _ORDER,
    "complex": frozenset(),
}
_FORMS: Mapping[str, str] = {
    "string": "a string",
    "reference": "a string",
    "binary": "a string",
    "boolean": "true or false, without quotes",
    "integer": "an integer, without quotes",
    "decimal": "a number, without quotes",
    "dateTime": 'a dateTime with time zone, such as "2024-10-24T19:07:26Z"',
}


def typed_compare(attr: Attr, condition: Compare, schema: Attribute, leniencies: frozenset[Leniency]) -> Compare:
    """The comparison on the bound `attr` with its value in the type of `schema`. Raises BadRequest GW106."""
    if condition.op not in _OPERATORS[schema.type]:
        raise unsuitable(attr, f"a {schema.type} does not know the operator {condition.op}")
    value = _typed(condition.value, schema, leniencies)
    if value is None:
        raise unsuitable(attr, f"it is compared with {_FORMS[schema.type]}")
    return Compare(attr, condition.op, value)


def unsuitable(attr: Attr, cure: str) -> BadRequest:
    """GW106, without the value."""
    return BadRequest("GW106", f'The condition on "{attr_text(attr)}" is impossible: {cure}.')


def _typed(value: Value, schema: Attribute, leniencies: frozenset[Leniency]) -> Value:
    """The value in the attribute's type; None if it has none there."""
    match schema.type:
        case "string" | "reference" | "binary":
            return value if isinstance(value, str) else None
        case "boolean":
            return value if isinstance(value, bool) else _boolean_string(value, leniencies)
        case "integer":
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "decimal":
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "dateTime":
            return _moment(value)
        case "complex":
            return None


def _boolean_string(value: Value, leniencies: frozenset[Leniency]) -> bool | None:
    """Entra ID sends "True"."""
    if "boolean_strings" not in leniencies or not isinstance(value, str):
        return None
    return {"true": True, "false": False}.get(value.lower())


def _moment(value: Value) -> datetime | None:
    if not isinstance(value, str):
        return value if isinstance(value, datetime) else None
    try:
        return instant(value, need_zone=True)
    except ValueError:
        return None
