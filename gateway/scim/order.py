"""Sorts resources (RFC 7644 section 3.4.2.3): by one attribute, deterministic, so that pages neither repeat nor lose anybody.

A multi-valued attribute sorts by its primary value, or else its first. Resources without a value stand last in ascending order
and first in descending order. Equal ones stand by ascending `id` in both directions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from gateway.errors import Fault
from gateway.scim.comparison import Comparable, comparable
from gateway.scim.match import values
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

_Key = tuple[bool, Comparable]


def ordered(resources: Iterable[Resource], by: Attr, descending: bool, kind: ResourceType) -> list[Resource]:
    """The resources in order of a bound attribute (`bind_sort`). Raises Fault GW901 if the type does not have it."""
    schema = kind.attribute(by)
    if schema is None:
        raise Fault("GW901", "Resources were sorted before the attribute was looked up.")
    by_id = sorted(resources, key=lambda resource: str(resource.get("id", "")))
    return sorted(by_id, key=lambda resource: _key(resource, by, schema), reverse=descending)


def behind(
    resources: Iterable[Resource], by: Attr, descending: bool, kind: ResourceType, last: tuple[Json, str]
) -> list[Resource]:
    """Those of the resources, in order, that stand behind one with that value (as `leading` gives it) and id, be it still there or not."""
    schema = kind.attribute(by)
    if schema is None:
        raise Fault("GW901", "Resources were sorted before the attribute was looked up.")
    value, id_ = last
    place = _ranked(value, schema)

    def later(resource: Resource) -> bool:
        key = _key(resource, by, schema)
        return str(resource.get("id", "")) > id_ if key == place else (key > place) != descending

    return [resource for resource in ordered(resources, by, descending, kind) if later(resource)]


def place(
    resources: Sequence[Resource], by: Attr, descending: bool, kind: ResourceType, last: tuple[Json, str]
) -> int | None:
    """Where in a list that somebody else sorted the first stands that comes behind one with that value and id.

    None if that cannot be told: the list stands in another order than this, or holds others with the same value.
    """
    schema = kind.attribute(by)
    if schema is None:
        raise Fault("GW901", "Resources were sorted before the attribute was looked up.")
    keys = [_key(resource, by, schema) for resource in resources]
    if descending:
        keys.reverse()
    gone = _ranked(last[0], schema)
    if gone in keys or any(later < earlier for earlier, later in pairwise(keys)):
        return None
    found = bisect_left(keys, gone)
    return len(keys) - found if descending else found


def _key(resource: Resource, by: Attr, schema: Attribute) -> _Key:
    return _ranked(leading(resource, by), schema)


def _ranked(found: Json, schema: Attribute) -> _Key:
    value = comparable(found, schema)
    return (True, "") if value is None else (False, value)


def leading(resource: Resource, by: Attr) -> Json:
    """The value that stands for the attribute: of the primary element, or else of the first."""
    elements = list(values(resource, Attr(by.name, urn=by.urn)))
    primary = (element for element in elements if isinstance(element, dict) and element.get("primary") is True)
    chosen = next(primary, elements[0] if elements else None)
    if by.sub is None:
        return chosen
    found = chosen.get(by.sub) if isinstance(chosen, dict) else None
    return found[0] if isinstance(found, list) and found else found
