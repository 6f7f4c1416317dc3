"""From the parts of an HTTP request to a `ScimRequest`; what its address and method mean is said in `address.py`.

Behind this file nothing sees a method, a header or a query string, and every name is bound to the resource type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import BadRequest
from gateway.scim.address import Place
from gateway.scim.body import Limits, read_json
from gateway.scim.conditional import wants_minimal
from gateway.scim.dialect import Dialect
from gateway.scim.errand import Asked, Sent, asked_of, sent_on
from gateway.scim.intake import read_resource, require
from gateway.scim.matching import read_match
from gateway.scim.patch import read_edits
from gateway.scim.query import posted_parameters
from gateway.scim.request import Caller, Edit, Operation, Resource, ScimRequest, Wanted
from gateway.scim.rights import check_mentions
from gateway.scim.schema import ResourceType
from gateway.scim.shaped import read_bound
from gateway.scim.specified import with_specified
from gateway.scim.tree import Attr, Filter
from gateway.swift import swift

__all__ = ["Limits", "read_request"]

VERSION_ONLY = Wanted(include=(Attr("meta", "version"),))
"""What is still read for an answer without representation: its ETag."""

_VERSION = re.compile(r"0*[1-9][0-9]{0,8}")
_Message = tuple[Dialect, str, Caller, str]
"""What a request has of the message that it came in: dialect, base, caller, id."""
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
    sent = sent_on(method, tail, query, types, dialect)
    errand = sent.errand
    place, operation, asked, text = errand.place, errand.operation, errand.asked, sent.filter
    kind, by_post = place.type, asked is None
    _check_version(headers.get("resource_type_schema_version"))
    content = read_json(body, headers.get("content-type"), limits) if by_post or operation not in _READS else {}
    if asked is None:
        asked = asked_of(posted_parameters(content, query, dialect), operation, kind, dialect)
        text = asked.filter
    tree = None if text is None else read_bound(text, limits.search if by_post else limits.filter, kind, dialect)
    message = (dialect, base, caller, request_id)
    if operation in _READS:
        return _reading(sent, asked, tree, message, headers)
    return _writing(sent, asked, _brought(content, operation, place, dialect, caller), message, headers)


def _reading(
    sent: Sent, asked: Asked, tree: Filter | None, message: _Message, headers: Mapping[str, str]
) -> ScimRequest:
    """A request without a body, or a search by POST."""
    place, seeking = sent.errand.place, asked.seeking
    return ScimRequest(
        sent.errand.operation,
        place.type,
        *message,
        sent.id,
        tree,
        asked.sort_by,
        seeking.descending,
        seeking.start_index,
        seeking.count,
        asked.wanted,
        if_match=headers.get("if-match"),
        if_none_match=headers.get("if-none-match"),
        own=place.own,
        cursor=seeking.cursor,
    )


def _writing(sent: Sent, asked: Asked, brought: _Brought, message: _Message, headers: Mapping[str, str]) -> ScimRequest:
    """A request that brings something."""
    place, operation, wanted = sent.errand.place, sent.errand.operation, asked.wanted
    minimal = operation in _REPRESENTED and wants_minimal(headers.get("prefer"))
    if minimal:
        wanted = VERSION_ONLY
    elif operation in _REPRESENTED:
        wanted = with_specified(wanted, place.type, brought.resource, brought.edits)
    return ScimRequest(
        operation,
        place.type,
        *message,
        sent.id,
        wanted=wanted,
        count=asked.seeking.count,
        body=brought.resource,
        edits=brought.edits,
        if_match=headers.get("if-match"),
        if_none_match=headers.get("if-none-match"),
        own=place.own,
        minimal=minimal,
        left_out=brought.left_out,
        match=read_match(sent.parameters, place.type, brought.resource) if operation == "create" else None,
    )


@swift
@dataclass(frozen=True, slots=True)
class _Brought:
    """What a body brings: a whole resource, or the edits of one; `left_out` names what its type has no attribute for."""

    resource: Resource = field(repr=False)
    edits: tuple[Edit, ...] = ()
    left_out: tuple[str, ...] = ()


def _brought(sent: Resource, operation: Operation, place: Place, dialect: Dialect, caller: Caller) -> _Brought:
    left_out: list[str] = []
    resource = _resource(sent, operation, place, dialect, caller, left_out)
    edits = read_edits(sent, place.type, dialect) if operation == "modify" else ()
    check_mentions(place.type, resource, edits, whole=operation == "replace")
    return _Brought(resource, tuple(edits), tuple(left_out))


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


def _check_version(version: str | None) -> None:
    """IDCS: the schema version that a client was written for. Ours only grow, so any from the first on is served."""
    if version is not None and not _VERSION.fullmatch(version.strip()):
        raise BadRequest("GW113", "RESOURCE_TYPE_SCHEMA_VERSION must be a whole number from 1 on.")
