"""What an address below a dialect's root names, and which method means which operation there.

RFC 7644 section 3.2. Addresses are `/Type`, `/Type/{id}` and `/Type/.search`, and the same for the address where callers find what is
theirs, which is one resource without an id at `/Me` (section 3.11); type names ignore case, ids do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from gateway.errors import BadRequest
from gateway.scim.dialect import Dialect
from gateway.scim.request import Operation
from gateway.scim.schema import ResourceType
from gateway.swift import swift


@swift
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
_ACTIONS: Mapping[str, tuple[tuple[str, Operation], ...]] = {"collection": (("POST", "act"),), "search": (), "item": ()}


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


def first_name(tail: str) -> str:
    """The first segment of the path below the root, decoded and in lower case; never raises."""
    name = tail.strip("/").partition("/")[0]
    return (unquote(name) if "%" in name else name).lower()


def is_own(name: str, types: Mapping[str, ResourceType]) -> bool:
    """Whether an address that begins with that name is one where callers find what is theirs."""
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


def operation_at(method: str, place: Place, dialect: Dialect) -> Operation:
    """The operation that a method means at an address.

    Raises GW116: 405 where the address never takes the method, the dialect's status where the type lacks it.
    """
    asked = "GET" if method == "HEAD" else method
    verb = next((operation for name, operation in _offered(place) if name == asked), None)
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


def _decoded(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BadRequest("GW114", "There is no such resource. Search for it; ids never change.")
    return text
