"""From the parts of an HTTP request to a `ScimRequest`; what its address and method mean is said in `address.py`.

Behind this file nothing sees a method, a header or a query string, and every name is bound to the resource type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.errors import BadRequest
from gateway.scim.address import Place, locate, operation_at
from gateway.scim.binding import bind_sort
from gateway.scim.body import Limits, read_json
from gateway.scim.conditional import wants_minimal
from gateway.scim.dialect import Dialect
from gateway.scim.filter import FilterLimits, parse_attr
from gateway.scim.finish import Identified
from gateway.scim.intake import read_resource, require
from gateway.scim.matching import read_match
from gateway.scim.ocid import attr_for
from gateway.scim.patch import read_edits
from gateway.scim.query import Chosen, Sought, chosen, posted_parameters, query_parameters, sought, unsought
from gateway.scim.request import Caller, Edit, Operation, Resource, ScimRequest, Wanted
from gateway.scim.rights import check_mentions, check_verb
from gateway.scim.schema import ResourceType
from gateway.scim.shaped import read_bound
from gateway.scim.specified import with_specified
from gateway.scim.tree import Attr, Filter
from gateway.scim.wanted import bind_wanted
from gateway.swift import swift

__all__ = ["Limits", "read_request"]

VERSION_ONLY = Wanted(include=(Attr("meta", "version"),))
"""What is still read for an answer without representation: its ETag."""

_VERSION = re.compile(r"0*[1-9][0-9]{0,8}")


_REPRESENTED = frozenset(("create", "replace", "modify"))
_READS = frozenset(("get", "search", "delete"))
"""Operations without a body."""


def read_request(
    method: str,
    tail: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    types: Mapping[str, ResourceType],
    dialect: Dialect,
    base: str,
    caller: Caller,
    request_id: str,
    limits: Limits,
) -> ScimRequest:
    """The request as a value. Raises BadRequest (GW1xx), Unsupported (GW2xx) and Denied GW302 only.

    `tail` is the path below the dialect's root as sent (percent-encoded), `query` the text after `?`, header names are lower case.
    `types` has the lower-case first segment of each type's address. The required attributes of a new resource are checked here, except
    where the caller acts for itself: the operation then adds what identifies the caller, and calls `require`. Those of a PUT are
    checked against what is stored (`scim/mutability.py`), since a client cannot send what it cannot see; where a PUT is all that the
    type offers, nothing can be seen at all, and what is required must come with it.
    """
    place = locate(tail, types)
    operation = operation_at(method.upper(), place, dialect)
    check_verb(place.type, operation)
    _check_version(headers.get("resource_type_schema_version"))
    by_post = place.kind == "search"
    sent = read_json(body, headers.get("content-type"), limits) if _has_body(operation, by_post) else {}
    parameters = posted_parameters(sent, query, dialect) if by_post else query_parameters(query)
    names = chosen(parameters, dialect)
    wanted = _wanted(names, place.type)
    minimal = operation in _REPRESENTED and wants_minimal(headers.get("prefer"))
    seeking = sought(parameters, dialect) if operation == "search" else unsought(dialect)
    brought = _brought(sent, operation, place, dialect, caller)
    if operation in _REPRESENTED:
        wanted = VERSION_ONLY if minimal else with_specified(wanted, place.type, brought.resource, brought.edits)
    return ScimRequest(
        operation=operation,
        type=place.type,
        dialect=dialect,
        base=base,
        caller=caller,
        request_id=request_id,
        id=place.id,
        filter=_filter(seeking.filter, place.type, dialect, limits.search if by_post else limits.filter),
        sort_by=_sort_by(seeking, place.type, dialect) if operation == "search" else None,
        descending=seeking.descending,
        start_index=seeking.start_index,
        count=seeking.count,
        wanted=wanted,
        body=brought.resource,
        edits=brought.edits,
        if_match=headers.get("if-match"),
        if_none_match=headers.get("if-none-match"),
        own=place.own,
        minimal=minimal,
        left_out=brought.left_out,
        cursor=seeking.cursor,
        match=read_match(parameters, place.type, brought.resource) if operation == "create" else None,
    )


@swift
@dataclass(frozen=True, slots=True)
class _Brought:
    """What a body brings: a whole resource, or the edits of one; `left_out` names what its type has no attribute for."""

    resource: Resource = field(repr=False)
    edits: tuple[Edit, ...] = ()
    left_out: tuple[str, ...] = ()


def _brought(sent: Resource, operation: Operation, place: Place, dialect: Dialect, caller: Caller) -> _Brought:
    if operation in _READS:
        return _Brought({})
    left_out: list[str] = []
    resource = _resource(sent, operation, place, dialect, caller, left_out)
    edits = read_edits(sent, place.type, dialect) if operation == "modify" else ()
    check_mentions(place.type, resource, edits, whole=operation == "replace")
    return _Brought(resource, tuple(edits), tuple(left_out))


def _wanted(names: Chosen, kind: ResourceType) -> Wanted:
    """What the answer shall carry. Requests repeat: names without a filter are bound once."""
    attributes, excluded, sets = names.attributes, names.excluded, names.sets
    if any("[" in each for each in (*(attributes or ()), *excluded)):
        return bind_wanted(attributes, excluded, sets, kind)
    return _bound_once(attributes, excluded, sets, Identified(kind))


@lru_cache(maxsize=256)
def _bound_once(
    attributes: tuple[str, ...] | None, excluded: tuple[str, ...], sets: frozenset[str], kind: Identified
) -> Wanted:
    return bind_wanted(attributes, excluded, sets, kind.type)


def _has_body(operation: Operation, by_post: bool) -> bool:
    return by_post or operation in ("create", "replace", "modify", "act")


def _resource(
    sent: Resource, operation: Operation, place: Place, dialect: Dialect, caller: Caller, left_out: list[str]
) -> Resource:
    """The body as a resource. An action leaves nothing out: what it does not know may be a condition."""
    if operation not in ("create", "replace", "act"):
        return {}
    changing = operation == "create" or (operation == "replace" and not place.type.put_only)
    spare = left_out if changing else None
    resource = read_resource(sent, place.type, dialect, creating=operation == "create", left_out=spare)
    complete = operation != "replace" and not caller.is_self and not place.own
    if complete or (operation == "replace" and place.type.put_only):
        require(resource, place.type)
    return resource


def _filter(text: str | None, kind: ResourceType, dialect: Dialect, limits: FilterLimits) -> Filter | None:
    return None if text is None else read_bound(text, limits, kind, dialect)


def _sort_by(seeking: Sought, kind: ResourceType, dialect: Dialect) -> Attr | None:
    """The sort attribute. Pages by cursor have no other order than is asked for: the list's own costs least from page to page."""
    if seeking.sort_by is not None:
        return bind_sort(attr_for(parse_attr(seeking.sort_by), dialect), kind)
    return Attr(dialect.default_sort) if dialect.default_sort and seeking.cursor is None else None


def _check_version(version: str | None) -> None:
    """IDCS: the schema version that a client was written for. Ours only grow, so any from the first on is served."""
    if version is not None and not _VERSION.fullmatch(version.strip()):
        raise BadRequest("GW113", "RESOURCE_TYPE_SCHEMA_VERSION must be a whole number from 1 on.")
