"""The OpenAPI 3.1 document: every address of every resource type and of discovery, in one dialect or in several.

Component names begin with the dialect's, because the same resource looks different in each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gateway.scim.dialect import Dialect
from gateway.scim.discovery.declared import references, shown
from gateway.scim.discovery.schemas import own_types
from gateway.scim.finish import is_action
from gateway.scim.openapi import message
from gateway.scim.openapi.operation import Done, Facts, Sketch, failure_responses, operation, parameters, statuses
from gateway.scim.openapi.shape import answered, sent
from gateway.scim.request import Resource
from gateway.scim.schema import ResourceType

Types = Mapping[str, ResourceType]
_LIST = ("filter", "sortBy", "sortOrder", "startIndex", "count")
_CONFLICTS = frozenset((404, 409, 412))
_FORBIDDEN = frozenset((403,))
_Sketches = Iterator[tuple[str, str, Sketch]]
"""Path below the root, method in lower case, and the operation."""


def openapi(
    types: Types,
    dialects: Sequence[Dialect],
    origin: str,
    version: str,
    facts: Mapping[str, Facts] | None = None,
) -> Resource:
    """The document. `origin` is the address without a dialect's root; `facts` by resource type name."""
    paths: Resource = {}
    components: Resource = {"schemas": {}, "parameters": {}, "responses": {}}
    for dialect in dialects:
        operations: list[Resource] = []
        for path, method, sketch in _sketches(types, dialect):
            told = operation(sketch, dialect, (facts or {}).get(sketch.tag, Facts()))
            paths.setdefault(f"{dialect.root}{path}", {})[method] = told
            operations.append(told)
        components["schemas"] |= _schemas(types, dialect)
        components["parameters"] |= parameters(dialect)
        components["responses"] |= failure_responses(dialect, statuses(operations))
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SCIM gateway for nevisIDM",
            "version": version,
            "description": "SCIM 2.0 (RFC 7643, RFC 7644) over nevisIDM. Generated from the mappings.",
        },
        "servers": [{"url": origin}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": components,
    }


def _sketches(types: Types, dialect: Dialect) -> _Sketches:
    for kind in types.values():
        yield from _of_action(kind, dialect) if is_action(kind) else _of_type(kind, dialect)
    yield from _of_discovery(dialect)


def _of_type(kind: ResourceType, dialect: Dialect) -> _Sketches:
    """A type's collection, its `.search` and its items, as far as its verbs go."""
    name, at, chosen = kind.name, kind.endpoint, _chosen(dialect)
    item = f"{at}/{{id}}"
    one, page = Done(200, name, tagged=True), Done(200, f"{name}.List")
    found = (
        (at, "get", "search", page, (*_LIST, *chosen), None, frozenset[int]()),
        (f"{at}/.search", "post", "search", page, (), "SearchRequest", frozenset[int]()),
        (at, "post", "create", Done(201, name, tagged=True), chosen, f"{name}.Body", frozenset((404, 409))),
        (item, "get", "get", one, ("id", *chosen), None, frozenset((404,))),
        (item, "put", "replace", one, ("id", "If-Match", *chosen), f"{name}.Body", _CONFLICTS),
        (item, "patch", "modify", one, ("id", "If-Match", *chosen), "PatchOp", _CONFLICTS),
        (item, "delete", "delete", Done(204), ("id", "If-Match"), None, _CONFLICTS),
    )
    for path, method, verb, done, asked, body, fails in found:
        if verb in kind.verbs:
            id_ = f"{dialect.name}.{verb}{'ByPost' if path.endswith('.search') else ''}.{name}"
            yield path, method, Sketch(id_, f"{verb.capitalize()} {name}", done, name, asked, body, fails)


def _of_action(kind: ResourceType, dialect: Dialect) -> _Sketches:
    done = Done(201, kind.name)
    summary = kind.description or kind.name
    item = "replace" in kind.verbs
    path, method = (f"{kind.endpoint}/{{id}}", "put") if item else (kind.endpoint, "post")
    asked = (*(("id",) if item else ()), *_chosen(dialect))
    sketch = Sketch(
        f"{dialect.name}.act.{kind.name}", summary, done, kind.name, asked, f"{kind.name}.Body", frozenset((404,))
    )
    yield path, method, sketch


def _of_discovery(dialect: Dialect) -> _Sketches:
    """What the gateway tells about itself; no nevisIDM call."""
    for kind in own_types(dialect):
        if "search" not in kind.verbs:
            yield kind.endpoint, "get", _told(kind, dialect, "get", Done(200, kind.name), _FORBIDDEN)
            continue
        # only what has no items is searched like a resource (IDCS's rows); elsewhere a filter is refused
        searched = "get" not in kind.verbs
        page, fails = Done(200, f"{kind.name}.List"), frozenset[int]() if searched else _FORBIDDEN
        asked = (*_LIST, *_chosen(dialect)) if searched else ()
        yield kind.endpoint, "get", _told(kind, dialect, "list", page, fails, asked)
        by_post = _told(kind, dialect, "listByPost", page, fails)
        yield f"{kind.endpoint}/.search", "post", replace(by_post, body="SearchRequest")
        if not searched:
            one = _told(kind, dialect, "get", Done(200, kind.name), frozenset((404,)), ("id",))
            yield f"{kind.endpoint}/{{id}}", "get", one


def _told(
    kind: ResourceType, dialect: Dialect, verb: str, done: Done, fails: frozenset[int], asked: tuple[str, ...] = ()
) -> Sketch:
    return Sketch(
        f"{dialect.name}.{verb}.{kind.name}",
        f"Tell {kind.name}",
        done,
        "Discovery",
        asked,
        fails=fails,
        calls=False,
    )


def _chosen(dialect: Dialect) -> tuple[str, ...]:
    return ("attributes", "excludedAttributes", *(("attributeSets",) if dialect.attribute_sets else ()))


def _schemas(types: Types, dialect: Dialect) -> Resource:
    """The components, by name behind the dialect's."""
    found: Resource = {
        "Error": message.error(dialect),
        "SearchRequest": message.search_request(dialect),
        "PatchOp": message.patch_op(),
    }
    for kind in types.values():
        tables = shown(kind, dialect, references(types))
        found |= {kind.name: answered(kind, tables), f"{kind.name}.Body": sent(kind, tables)}
        if "search" in kind.verbs:
            found[f"{kind.name}.List"] = _list_of(kind.name, dialect)
    for kind in own_types(dialect):
        found[kind.name] = answered(kind, {kind.schema: kind.core}, closed=False)
        if "search" in kind.verbs:
            found[f"{kind.name}.List"] = _list_of(kind.name, dialect)
    return {f"{dialect.name}.{name}": schema for name, schema in found.items()}


def _list_of(name: str, dialect: Dialect) -> Resource:
    return message.list_response({"$ref": f"#/components/schemas/{dialect.name}.{name}"})
