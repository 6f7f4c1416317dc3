"""JSON Schemas (2020-12, as OpenAPI 3.1 uses it) of resources: what an answer holds, and what a body may say.

An answer is described closely, since the gateway makes it. A body is described as its plainest spelling; the gateway also takes names in
any case, the flat `URN:attribute` keys and the other leniencies of its dialect, so bodies are left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gateway.scim.discovery.declared import Table
from gateway.scim.request import Resource
from gateway.scim.schema import Attribute, Kind, ResourceType

Tables = Mapping[str, Table]
_KINDS: Mapping[Kind, Resource] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "dateTime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "reference": {"type": "string"},
}


def answered(kind: ResourceType, tables: Tables, *, closed: bool = True) -> Resource:
    """A resource in an answer; nothing but `id` is always there, as a request chooses its attributes.

    `closed`: what is not declared does not come.
    """
    found = _answered_object(tables[kind.schema].values(), closed)
    for urn in kind.extensions:
        found["properties"][urn] = _answered_object(tables[urn].values(), closed)
    identified = "get" in kind.verbs and "id" in kind.core
    return found | {"required": ["id"]} if identified else found


def sent(kind: ResourceType, tables: Tables) -> Resource:
    """A resource in a body of POST or PUT."""
    found = _sent_object(tables[kind.schema].values())
    for urn in kind.extensions:
        found["properties"][urn] = _sent_object(tables[urn].values())
    required = [*found.pop("required", ()), *(urn for urn in kind.extensions if urn in kind.required_extensions)]
    found["properties"]["schemas"] |= {"minItems": 1, "contains": {"const": kind.schema}}
    return found | {"required": required}


def _answered_object(attributes: Iterable[Attribute], closed: bool) -> Resource:
    leaving = [each for each in attributes if each.returned != "never"]
    properties = {each.name: _value(each, _answered_single(each, closed)) for each in leaving}
    found: Resource = {"type": "object", "properties": properties}
    return found | {"additionalProperties": False} if closed else found


def _answered_single(attribute: Attribute, closed: bool) -> Resource:
    if attribute.type != "complex":
        return dict(_KINDS[attribute.type])
    found = _answered_object(attribute.subs.values(), closed)
    return found | {"additionalProperties": _free(attribute)} if attribute.open else found


def _sent_object(attributes: Iterable[Attribute]) -> Resource:
    taken = [each for each in attributes if each.mutability != "readOnly"]
    found: Resource = {
        "type": "object",
        "properties": {each.name: _value(each, _sent_single(each, each.multi_valued)) for each in taken},
    }
    required = [each.name for each in taken if each.required]
    return found | {"required": required} if required else found


def _sent_single(attribute: Attribute, many: bool) -> Resource:
    if attribute.type != "complex":
        return dict(_KINDS[attribute.type]) | _limits(attribute)
    # the types of a multi-valued attribute are suggestions (RFC 7643 section 2.4)
    subs = [_suggested(sub) if many and sub.name == "type" else sub for sub in attribute.subs.values()]
    found = _sent_object(subs)
    return found | {"additionalProperties": _free(attribute)} if attribute.open else found


def _suggested(attribute: Attribute) -> Attribute:
    return replace(attribute, canonical=())


def _limits(attribute: Attribute) -> Resource:
    found: Resource = {}
    if attribute.canonical and attribute.type == "string":
        found["enum"] = list(attribute.canonical)
    if attribute.min_length is not None:
        found["minLength"] = attribute.min_length
    if attribute.max_length is not None:
        found["maxLength"] = attribute.max_length
    if attribute.default is not None:
        found["default"] = attribute.default
    return found


def _value(attribute: Attribute, single: Resource) -> Resource:
    """One value or an array of them, with what people should know."""
    found: Resource = {"type": "array", "items": single} if attribute.multi_valued else single
    if attribute.description:
        found["description"] = attribute.description
    if attribute.mutability == "readOnly":
        found["readOnly"] = True
    if attribute.mutability == "writeOnly":
        found["writeOnly"] = True
    return found


def _free(attribute: Attribute) -> Resource:
    text: Resource = {"type": "string"}
    return {"type": "array", "items": text} if attribute.open_multi else text
