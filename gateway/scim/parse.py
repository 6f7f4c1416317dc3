"""From the parts of an HTTP request to a `ScimRequest`: the only place that knows which method at which address means what.

RFC 7644 section 3.2. Addresses below the dialect's root are `/Type`, `/Type/{id}` and `/Type/.search`, and the same for the address where
callers find what is theirs, which is one resource without an id at `/Me` (section 3.11); type names ignore case, ids do not. Behind this
file nothing sees a method, a header or a query string, and every name is bound to the resource type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from gateway.errors import BadRequest
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.body import Limits, read_json
from gateway.scim.conditional import wants_minimal
from gateway.scim.dialect import Dialect
from gateway.scim.filter import FilterLimits, parse_attr, parse_filter
from gateway.scim.intake import read_resource, require
from gateway.scim.matching import read_match
from gateway.scim.ocid import attr_for, filter_for
from gateway.scim.patch import read_edits
from gateway.scim.query import Sought, chosen, posted_parameters, query_parameters, sought
from gateway.scim.request import Caller, Operation, Resource, ScimRequest, Wanted
from gateway.scim.rights import check_mentions, check_verb
from gateway.scim.schema import ResourceType
from gateway.scim.specified import with_specified
from gateway.scim.tree import Attr, Filter
from gateway.scim.wanted import bind_wanted

__all__ = ["Limits", "allowed_methods", "is_own", "locate", "read_request"]

VERSION_ONLY = Wanted(include=(Attr("meta", "version"),))
"""What is still read for an answer without representation: its ETag."""

_VERSION = re.compile(r"0*[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names: a collection, its `.search`, one resource, or the caller's one resource (`me`).

    `own`: the address is the one where callers find what is theirs.
    """

    type: ResourceType
    kind: Literal["collection", "search", "item", "me"]
    id: str | None = None
    own: bool = False

    @property
    def verbs(self) -> frozenset[str]:
        """The operations that the type offers at this address."""
        return self.type.own.verbs if self.own and self.type.own is not None else self.type.verbs

    @property
    def endpoint(self) -> str:
        """The address of the type that was used."""
        return self.type.own.endpoint if self.own and self.type.own is not None else self.type.endpoint


_ITEM: tuple[tuple[str, Operation], ...] = (
    ("GET", "get"),
    ("PUT", "replace"),
    ("PATCH", "modify"),
    ("DELETE", "delete"),
)
_METHODS: Mapping[str, tuple[tuple[str, Operation], ...]] = {
    "collection": (("GET", "search"), ("POST", "create")),
    "search": (("POST", "search"),),
    "item": _ITEM,
    "me": _ITEM,
}
_REPRESENTED = frozenset(("create", "replace", "modify"))
_ACTIONS: Mapping[str, tuple[tuple[str, Operation], ...]] = {"collection": (("POST", "act"),), "search": (), "item": ()}


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
    operation = _operation(method.upper(), place, dialect)
    check_verb(place.type, operation)
    _check_version(headers.get("resource_type_schema_version"))
    by_post = place.kind == "search"
    sent = read_json(body, headers.get("content-type"), limits) if _has_body(operation, by_post) else {}
    parameters = posted_parameters(sent, query, dialect) if by_post else query_parameters(query)
    names = chosen(parameters, dialect)
    wanted = bind_wanted(names.attributes, names.excluded, names.sets, place.type)
    minimal = operation in _REPRESENTED and wants_minimal(headers.get("prefer"))
    seeking = (
        sought(parameters, dialect) if operation == "search" else Sought(None, None, False, 1, dialect.default_count)
    )
    left_out: list[str] = []
    resource = _resource(sent, operation, place, dialect, caller, left_out)
    edits = read_edits(sent, place.type, dialect) if operation == "modify" else ()
    check_mentions(place.type, resource, edits, whole=operation == "replace")
    match = read_match(parameters, place.type, resource) if operation == "create" else None
    if operation in _REPRESENTED:
        wanted = VERSION_ONLY if minimal else with_specified(wanted, place.type, resource, edits)
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
        body=resource,
        edits=edits,
        if_match=headers.get("if-match"),
        if_none_match=headers.get("if-none-match"),
        own=place.own,
        minimal=minimal,
        left_out=tuple(left_out),
        cursor=seeking.cursor,
        match=match,
    )


def locate(tail: str, types: Mapping[str, ResourceType]) -> Place:
    """What the path below the root names. Raises GW115 (no such endpoint), GW114 (an id that cannot be one)."""
    endpoint, *rest = tail.split("?", 1)[0].strip("/").split("/")
    name = _decoded(endpoint).lower()
    kind = types.get(name)
    own = kind is None or kind.own_only
    kind = _owned(name, types) if kind is None else kind
    single = own and kind is not None and kind.own is not None and kind.own.single
    if kind is None or len(rest) > (0 if single else 1):
        raise BadRequest("GW115", "There is no such endpoint; /ResourceTypes lists them.")
    if not rest:
        return Place(kind, "me" if single else "collection", own=own)
    if rest[0].lower() == ".search":
        return Place(kind, "search", own=own)
    return Place(kind, "item", _decoded(rest[0]), own)


def is_own(tail: str, types: Mapping[str, ResourceType]) -> bool:
    """Whether the path is below an address where callers find what is theirs; never raises."""
    name = unquote(tail.strip("/").split("/")[0]).lower()
    return types[name].own_only if name in types else _owned(name, types) is not None


def _owned(name: str, types: Mapping[str, ResourceType]) -> ResourceType | None:
    """The type whose callers' own resources stand at that address. A type's usual address comes first, so nothing can hide one."""
    return next((each for each in types.values() if each.own and each.own.endpoint.strip("/").lower() == name), None)


def allowed_methods(place: Place) -> tuple[str, ...]:
    """The methods that an address offers: the Allow header."""
    allowed: list[str] = []
    for method, verb in _offered(place):
        if verb in place.verbs:
            allowed += [method, "HEAD"] if method == "GET" else [method]
    return tuple(allowed)


def _offered(place: Place) -> tuple[tuple[str, Operation], ...]:
    """Method and operation pairs; an action that also says `replace` is done by PUT on an item."""
    if "act" not in place.type.verbs:
        return _METHODS[place.kind]
    if "replace" in place.type.verbs:
        return (("PUT", "act"),) if place.kind == "item" else ()
    return _ACTIONS[place.kind]


def _operation(method: str, place: Place, dialect: Dialect) -> Operation:
    """The operation meant. Raises GW116: 405 where the address never takes the method, the dialect's status where the type lacks it."""
    verb = dict(_offered(place)).get("GET" if method == "HEAD" else method)
    if verb is not None and verb in place.verbs:
        return verb
    allowed = allowed_methods(place)
    raise BadRequest(
        "GW116",
        f"{place.endpoint} does not offer {method if method.isalpha() else 'this method'} here"
        + (f"; it offers {', '.join(allowed)}." if allowed else "."),
        status=405 if verb is None else dialect.missing_verb,
        allow=(*allowed, "OPTIONS"),
    )


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
    return (
        None if text is None else bind_filter(filter_for(parse_filter(text, limits), dialect), kind, dialect.leniencies)
    )


def _sort_by(seeking: Sought, kind: ResourceType, dialect: Dialect) -> Attr | None:
    """The sort attribute. Pages by cursor have no other order than is asked for: the list's own costs least from page to page."""
    if seeking.sort_by is not None:
        return bind_sort(attr_for(parse_attr(seeking.sort_by), dialect), kind)
    return Attr(dialect.default_sort) if dialect.default_sort and seeking.cursor is None else None


def _check_version(version: str | None) -> None:
    """IDCS: the schema version that a client was written for. Ours only grow, so any from the first on is served."""
    if version is not None and not _VERSION.fullmatch(version.strip()):
        raise BadRequest("GW113", "RESOURCE_TYPE_SCHEMA_VERSION must be a whole number from 1 on.")


def _decoded(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BadRequest("GW114", "There is no such resource. Search for it; ids never change.")
    return text
