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
from gateway.scim.openapi.header import headers
from gateway.scim.openapi.operation import Done, Facts, Sketch, failure_responses, operation, parameters, statuses
from gateway.scim.openapi.shape import answered, sent
from gateway.scim.request import Resource
from gateway.scim.schema import OwnAddress, ResourceType

Types = Mapping[str, ResourceType]
_LIST = ("filter", "sortBy", "sortOrder", "startIndex", "count")
_CONFLICTS = frozenset((404, 409, 412))
_REPEATED = frozenset((409,))
_FORBIDDEN = frozenset((403,))
_ONCE = "opc-retry-token"
_IF = ("If-Match", "If-None-Match")
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
    components: Resource = {"schemas": {}, "parameters": {}, "headers": {}, "responses": {}}
    for dialect in dialects:
        operations: list[Resource] = []
        for path, method, sketch in _sketches(types, dialect):
            told = operation(sketch, dialect, (facts or {}).get(sketch.tag, Facts()))
            paths.setdefault(f"{dialect.root}{path}", {})[method] = told
            operations.append(told)
        components["schemas"] |= _schemas(types, dialect)
        components["parameters"] |= parameters(dialect)
        components["headers"] |= headers(dialect)
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
    yield from _of_all(dialect)
    yield from _of_discovery(dialect)


def _of_all(dialect: Dialect) -> _Sketches:
    """What concerns all types: a bulk, and a search everywhere."""
    done = Done(dialect.bulk_status, "BulkResponse")
    bulk = f"{dialect.name}.bulk"
    yield "/Bulk", "post", Sketch(bulk, "Many operations", done, "All types", (_ONCE,), "BulkRequest", _REPEATED)
    page = Done(200, "Any.List")
    search = Sketch(f"{dialect.name}.searchByPost", "Search all types", page, "All types", body="SearchRequest")
    yield "/.search", "post", search


def _of_type(kind: ResourceType, dialect: Dialect) -> _Sketches:
    """A type's addresses: its own one, and where callers find what is theirs."""
    if not kind.own_only:
        yield from _below(kind, dialect, kind.endpoint, kind.verbs)
    if kind.own is not None:
        yield from _below(kind, dialect, kind.own.endpoint, kind.own.verbs, kind.own)


def _below(
    kind: ResourceType, dialect: Dialect, at: str, verbs: frozenset[str], own: OwnAddress | None = None
) -> _Sketches:
    """A collection, its `.search` and its items, as far as the verbs go; or the one resource without an id."""
    name, chosen = kind.name, _chosen(dialect)
    single = own is not None and own.single
    item = at if single else f"{at}/{{id}}"
    one, page = Done(200, name, tagged=True), Done(200, f"{name}.List", paged=True)
    known, quiet = (Done(304, tagged=True),), (Done(204, tagged=True),)
    changing = ("id", *_IF, "Prefer", _ONCE, *chosen)
    posted = ("limit", "page") if dialect.opc_pages else ()
    made = Done(201, name, tagged=True)
    matched = ("match", "existing") if kind.match and own is None else ()
    there = (one,) if matched else ()
    found: tuple[tuple[str, str, str, Done, tuple[str, ...], str | None, frozenset[int], tuple[Done, ...]], ...] = (
        (at, "get", "search", page, (*_LIST, *_walked(dialect), *chosen), None, frozenset(), ()),
        (f"{at}/.search", "post", "search", page, posted, "SearchRequest", frozenset(), ()),
        (
            at,
            "post",
            "create",
            made,
            ("Prefer", _ONCE, *matched, *chosen),
            f"{name}.Body",
            frozenset((404, 409)),
            there,
        ),
        (item, "get", "get", one, ("id", "If-None-Match", *chosen), None, frozenset((404,)), known),
        (item, "put", "replace", one, changing, f"{name}.Body", _CONFLICTS, quiet),
        (item, "patch", "modify", one, changing, "PatchOp", _CONFLICTS, quiet),
        (item, "delete", "delete", Done(204), ("id", *_IF, _ONCE), None, _CONFLICTS, ()),
    )
    for path, method, verb, done, asked, body, fails, also in found:
        if verb in verbs:
            how = ("ByPost" if path.endswith(".search") else "") + ("" if own is None else "Own")
            parameters_ = tuple(each for each in asked if each != "id" or not single)
            summary = f"{verb.capitalize()} {name}" + ("" if own is None else " as the caller")
            id_ = f"{dialect.name}.{verb}{how}.{name}"
            yield path, method, Sketch(id_, summary, done, name, parameters_, body, fails, also=also)


def _of_action(kind: ResourceType, dialect: Dialect) -> _Sketches:
    item = "replace" in kind.verbs
    done = Done(200 if item else 201, kind.name)
    summary = kind.description or kind.name
    path, method = (f"{kind.endpoint}/{{id}}", "put") if item else (kind.endpoint, "post")
    asked = (*(("id",) if item else ()), _ONCE, *_chosen(dialect))
    sketch = Sketch(
        f"{dialect.name}.act.{kind.name}", summary, done, kind.name, asked, f"{kind.name}.Body", frozenset((404, 409))
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
        page, fails = Done(200, f"{kind.name}.List", paged=searched), frozenset[int]() if searched else _FORBIDDEN
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


def _walked(dialect: Dialect) -> tuple[str, ...]:
    """The parameters of pages by cursor."""
    return ("cursor", "limit", "page") if dialect.opc_pages else ("cursor",)


def _chosen(dialect: Dialect) -> tuple[str, ...]:
    return ("attributes", "excludedAttributes", *(("attributeSets",) if dialect.attribute_sets else ()))


def _schemas(types: Types, dialect: Dialect) -> Resource:
    """The components, by name behind the dialect's."""
    found: Resource = {
        "Error": message.error(dialect),
        "SearchRequest": message.search_request(dialect),
        "PatchOp": message.patch_op(),
        "BulkRequest": message.bulk_request(dialect),
        "BulkResponse": message.bulk_response(),
        "Any.List": _list_of(dialect, *(kind.name for kind in types.values() if "search" in kind.verbs)),
    }
    for kind in types.values():
        tables = shown(kind, dialect, references(types))
        found |= {kind.name: answered(kind, tables), f"{kind.name}.Body": sent(kind, tables)}
        if "search" in kind.verbs:
            found[f"{kind.name}.List"] = _list_of(dialect, kind.name)
    for kind in own_types(dialect):
        found[kind.name] = answered(kind, {kind.schema: kind.core}, closed=False)
        if "search" in kind.verbs:
            found[f"{kind.name}.List"] = _list_of(dialect, kind.name)
    return {f"{dialect.name}.{name}": schema for name, schema in found.items()}


def _list_of(dialect: Dialect, *names: str) -> Resource:
    """A page of resources of these types."""
    kinds: list[Resource] = [{"$ref": f"#/components/schemas/{dialect.name}.{name}"} for name in names]
    return message.list_response(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
