"""Bodies of nevisIDM calls from changed fields: the smallest one that means the change, whatever nevisIDM does with nested objects.

Whether a PATCH merges or replaces a nested object is not documented (gap 17), so an object is sent complete, made of the last read and
the change. How a scalar is cleared (null or "") is the installation's affair (gap 18).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from collections.abc import Mapping as Map
from typing import Any, Literal

from gateway.nevisidm.call import Call
from gateway.nevisidm.template import walk

Json = Any
Values = Map[tuple[str, ...], Json]
Clear = Literal["null", "empty"]


def nest(values: Values) -> dict[str, Json]:
    """Dotted values as nested objects: {("name","firstName"): "A"} → {"name": {"firstName": "A"}}."""
    body: dict[str, Json] = {}
    for keys, value in values.items():
        put(body, keys, value)
    return body


def put(body: dict[str, Json], keys: tuple[str, ...], value: Json) -> None:
    """Set one value below nested objects, making those that are missing."""
    for key in keys[:-1]:
        inner = body.get(key)
        if not isinstance(inner, dict):
            inner = body[key] = {}
        body = inner
    body[keys[-1]] = value


def created(values: Values) -> dict[str, Json]:
    """The body of a create: what is absent is not sent."""
    return nest({keys: value for keys, value in values.items() if value is not None})


def updated(values: Values, stored: Json, clear: Clear) -> dict[str, Json]:
    """The body of an update: changed scalars, and every changed object complete as it was read with the change in it."""
    empty = None if clear == "null" else ""
    body: dict[str, Json] = {}
    for keys, value in values.items():
        if len(keys) > 1 and keys[0] not in body:
            before = stored.get(keys[0]) if isinstance(stored, Map) else None
            body[keys[0]] = copy.deepcopy(before) if isinstance(before, dict) else {}
        put(body, keys, empty if value is None else value)
    return body


def restored(values: Values, stored: Json) -> Values:
    """What the same fields held before: the values of the update that takes this one back."""
    return {keys: walk(stored, keys) for keys in values}


def without_holes(values: Values, record: str, call: Call) -> Values:
    """The values that are not already in the call's path (mapping-format, section 3.1)."""
    holes = set(call.path.holes)
    return {keys: value for keys, value in values.items() if ".".join((record, *keys)) not in holes}


def flat(record: str, values: Values) -> Iterable[tuple[str, Json]]:
    """The values under their hole names: ("user.extId", "u1") …"""
    return ((".".join((record, *keys)), value) for keys, value in values.items())
