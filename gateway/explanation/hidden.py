"""What may be shown of values: secrets never, everything else or nothing but its shape.

`values` is for a sandbox, where nobody is a person, and for whoever typed the request at a terminal. `shapes` is for a console in front of
a real nevisIDM: which fields there are, and `***` in each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any, Literal

from gateway.mapping.model import Mapping
from gateway.mapping.records import all_leaves, storage
from gateway.scim.request import ScimRequest
from gateway.scim.schema import Attribute, ResourceType

Json = Any
Disclosure = Literal["values", "shapes"]
HIDDEN = "***"
PROTOCOL = frozenset(("schemas", "totalResults", "itemsPerPage", "startIndex", "resourceType"))
"""Of a SCIM answer, what says nothing of anybody."""
_SECRET = re.compile(r"(?:password|secret|hash|salt|puk|pin|seed|verifier|(?<!continuation)token)$", re.IGNORECASE)


def answer_shown(body: Json, kind: ResourceType, disclosure: Disclosure) -> Json:
    """A SCIM answer's body: a resource, a list, or an error, which holds nothing of anybody's."""
    if not isinstance(body, dict) or "detail" in body:
        return body
    if isinstance(rows := body.get("Resources"), list):
        shown = {**body, "Resources": [_resource(each, kind) for each in rows]}
    else:
        shown = _resource(body, kind)
    return shown if disclosure == "values" else shaped(shown, PROTOCOL)


def _resource(resource: Map[str, Json], kind: ResourceType) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, value in resource.items():
        urn = kind.urn(name) if ":" in name else None
        shown[name] = (
            _attributes(value, kind.extensions[urn]) if urn else _attribute(value, kind.core.get(name.lower()))
        )
    return shown


def _attributes(value: Json, table: Map[str, Attribute]) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: _attribute(inner, table.get(name.lower())) for name, inner in value.items()}


def _attribute(value: Json, schema: Attribute | None) -> Json:
    if schema is None:
        return value
    if schema.secret:
        return HIDDEN
    if isinstance(value, list):
        return [_attribute(each, schema) for each in value]
    return _attributes(value, schema.subs) if schema.subs else value


def body_shown(body: Json, record: str, mapping: Mapping, secrets: frozenset[str], disclosure: Disclosure) -> Json:
    """What was sent to nevisIDM or came from it. `record`: whose it is; `secrets`: what the request itself said in secret attributes."""
    if disclosure == "shapes":
        return shaped(body)
    tails = frozenset(tail for tail, hidden in _fields(mapping) if hidden)
    own = [hidden for tail, hidden in _fields(mapping, record)]
    return _hide(body, tails, secrets, everything=bool(own) and all(own))


def _fields(mapping: Mapping, record: str | None = None) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The keys of each mapped field with whether it is secret; those of one record, if it is named."""
    for leaf in all_leaves(mapping):
        for field in leaf.idm.values():
            if record is None or storage(mapping, field).record == record or field.record == record:
                yield field.keys, leaf.schema.secret


def _hide(
    value: Json,
    tails: frozenset[tuple[str, ...]],
    secrets: frozenset[str],
    path: tuple[str, ...] = (),
    *,
    everything: bool,
) -> Json:
    if isinstance(value, dict):
        return {key: _hide(each, tails, secrets, (*path, key), everything=everything) for key, each in value.items()}
    if isinstance(value, list):
        return [_hide(each, tails, secrets, path, everything=everything) for each in value]
    if value is None or isinstance(value, bool):
        return value
    named = any(tail and path[-len(tail) :] == tail for tail in tails)
    telling = isinstance(value, str) and bool(path) and _SECRET.search(path[-1]) is not None
    return HIDDEN if (everything and isinstance(value, str)) or named or telling or value in secrets else value


def shaped(value: Json, keep: frozenset[str] = frozenset()) -> Json:
    """The same with `***` for every value, but those under the names to keep; the length of a list stays."""
    if isinstance(value, dict):
        return {name: inner if name in keep else shaped(inner, keep) for name, inner in value.items()}
    if isinstance(value, list):
        return [shaped(each, keep) for each in value]
    return None if value is None else HIDDEN


def secrets_of(request: ScimRequest) -> frozenset[str]:
    """What the request says in secret attributes, to be shown nowhere."""
    found: set[str] = set()
    tables: list[tuple[Json, Map[str, Attribute]]] = [(request.body, request.type.core)]
    tables += [(request.body.get(urn), table) for urn, table in request.type.extensions.items()]
    for body, table in tables:
        _gather(body, table, found)
    for edit in request.edits:
        schema = request.type.attribute(edit.path.attr) if edit.path is not None else None
        if schema is None:
            _gather(edit.value, request.type.core, found)
        elif _secret(schema):
            found.update(_texts(edit.value))
    return frozenset(found)


def _gather(body: Json, table: Map[str, Attribute], found: set[str]) -> None:
    for name, value in body.items() if isinstance(body, dict) else ():
        schema = table.get(name.lower())
        if schema is not None and _secret(schema):
            found.update(_texts(value))
        elif schema is not None and schema.subs:
            for each in value if isinstance(value, list) else [value]:
                _gather(each, schema.subs, found)


def _secret(schema: Attribute) -> bool:
    return schema.secret or schema.mutability == "writeOnly"


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
