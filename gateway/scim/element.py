"""One value among those of a multi-valued attribute: which other value it equals, and what a list becomes when values come and go.

Two complex values are the same when their composite key is (RFC 7643 section 2.4, IDCS `idcsCompositeKey`); without any part of that key
they are the same when they are equal. Strings compare as their attribute's `caseExact` says.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

from gateway.errors import BadRequest
from gateway.scim.comparison import comparable
from gateway.scim.request import Json
from gateway.scim.schema import Attribute
from gateway.scim.tree import And, Compare, Filter
from gateway.scim.value import utc_text


def same(one: Json, other: Json, attribute: Attribute) -> bool:
    """Whether two values are one and the same."""
    return one == other or _identity(one, attribute) == _identity(other, attribute)


def updated(old: list[Json], values: list[Json], attribute: Attribute) -> list[Json]:
    """The list after `add`: a value that is there is brought up to date, others are appended."""
    result = list(old)
    places = {_identity(each, attribute): place for place, each in enumerate(result)}
    for value in values:
        place = places.setdefault(_identity(value, attribute), len(result))
        if place == len(result):
            result.append(value)
        elif isinstance(value, dict) and isinstance(result[place], dict):
            result[place] = {**result[place], **value}
    return result


def without(old: list[Json], values: list[Json], attribute: Attribute) -> list[Json]:
    """The list after `remove` with a value: all but those that the given values describe."""
    return [each for each in old if not any(_describes(value, each, attribute) for value in values)]


def one_primary(new: list[Json], old: Json, label: str) -> list[Json]:
    """The list with one primary value: the one that became it. Raises GW111 if several did."""
    primary = [place for place, each in enumerate(new) if isinstance(each, dict) and each.get("primary") is True]
    before = old if isinstance(old, list) else []
    fresh = [place for place in primary if new[place] not in before]
    if len(primary) < 2 or not fresh:
        return new
    if len(fresh) > 1:
        raise BadRequest("GW111", f"{label} would have more than one primary value; mark one at most.")
    return [
        {**each, "primary": False} if place in primary and place not in fresh else each
        for place, each in enumerate(new)
    ]


def constants(selection: Filter, attribute: Attribute) -> Json:
    """The value that a filter made of `eq` describes, without what it leaves open; None for any other filter."""
    terms = selection.terms if isinstance(selection, And) else (selection,)
    described: dict[str, Json] = {}
    for term in terms:
        if not isinstance(term, Compare) or term.op != "eq" or term.attr.name in described:
            return None
        described[term.attr.name] = utc_text(term.value) if isinstance(term.value, datetime) else term.value
    return described if attribute.type == "complex" else described.get("value")


def _describes(given: Json, value: Json, attribute: Attribute) -> bool:
    """Whether a value given for removal means that value: by the parts of the composite key it has, else by all it says."""
    if not isinstance(given, dict) or not isinstance(value, dict):
        return same(given, value, attribute)
    names = [name for name in attribute.composite_key if given.get(name) is not None] or list(given)
    return bool(names) and all(
        _form(given.get(name), name, attribute) == _form(value.get(name), name, attribute) for name in names
    )


def _identity(value: Json, attribute: Attribute) -> Hashable:
    if not isinstance(value, dict):
        return _plain(value, attribute)
    key = tuple(_form(value.get(name), name, attribute) for name in attribute.composite_key)
    if any(part is not None for part in key):
        return key
    return frozenset((name, _form(inner, name, attribute)) for name, inner in value.items())


def _form(value: Json, name: str, attribute: Attribute) -> Hashable:
    sub = attribute.sub(name)
    return _plain(value, sub) if sub is not None else _frozen(value)


def _plain(value: Json, attribute: Attribute) -> Hashable:
    """A value as it compares; one of another type than declared compares by itself."""
    found = comparable(value, attribute)
    return found if found is not None else _frozen(value)


def _frozen(value: Json) -> Hashable:
    if isinstance(value, dict):
        return frozenset((name, _frozen(inner)) for name, inner in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
