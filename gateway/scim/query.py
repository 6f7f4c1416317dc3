"""What a request asks besides its resource: query parameters, and the same names in the body of `POST .search`.

RFC 7644 sections 3.4.2, 3.4.3 and 3.9, IDCS section 3. Both spellings become one table of texts by lower-case name; from it `chosen`
reads what the answer shall carry and `sought` which resources it shall hold. Unknown parameters are ignored, impossible values are
GW113.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl

from gateway.errors import BadRequest
from gateway.scim.dialect import Dialect
from gateway.scim.intake import check_message
from gateway.scim.request import Json, Resource
from gateway.swift import swift

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
Parameters = Mapping[str, tuple[str, ...]]
"""The values of each parameter, in order, by its lower-case name."""

_SETS = frozenset(("all", "always", "never", "request", "default"))
_LISTS = ("attributes", "excludedAttributes", "attributeSets")
_TEXTS = ("filter", "sortBy", "sortOrder", "cursor")
_NUMBERS = ("startIndex", "count")
_OPC = ("limit", "page")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")
_TOO_MANY = 100


@swift
@dataclass(frozen=True, slots=True)
class Chosen:
    """The attributes of the answer, as named by the client: `attributes` None if it named none."""

    attributes: tuple[str, ...] | None = field(repr=False)  # an entry may hold a filter
    excluded: tuple[str, ...]
    sets: frozenset[str]


_NOTHING_CHOSEN = Chosen(None, (), frozenset())


@swift
@dataclass(frozen=True, slots=True)
class Sought:
    """The resources of the answer: filter and sort attribute as typed, the page within the dialect's limits.

    `cursor`: where the page begins (RFC 9865), "" for the first one; None: `start_index` says it.
    """

    filter: str | None = field(repr=False)
    sort_by: str | None
    descending: bool
    start_index: int
    count: int
    cursor: str | None = None


def query_parameters(query: str) -> Parameters:
    """A URL's query. Raises GW113 if it is not UTF-8 or endless."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_TOO_MANY)
    except UnicodeDecodeError:
        raise BadRequest("GW113", "The query is not percent-encoded UTF-8; encode it so.") from None
    except ValueError:
        raise BadRequest("GW113", f"The query has more than {_TOO_MANY} parameters; send fewer.") from None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    return found


def posted_parameters(body: Resource, query: str, dialect: Dialect) -> Parameters:
    """What `POST .search` asks: a SearchRequest, and beside it the `limit` and `page` that OCI's clients write into the address.

    Raises as `search_parameters` and `query_parameters` do.
    """
    found = dict(search_parameters(body))
    if dialect.opc_pages and query:
        found |= {name: values for name, values in query_parameters(query).items() if name in _OPC}
    return found


def search_parameters(body: Resource) -> Parameters:
    """A SearchRequest (RFC 7644 section 3.4.3). Raises GW101 without its URN, GW113 for a member of the wrong type."""
    check_message(body, SEARCH_REQUEST, "SearchRequest")
    found: dict[str, tuple[str, ...]] = {}
    for key, value in body.items():
        texts = _texts(key, value)
        if texts is not None:
            found[key.lower()] = texts
    return found


def chosen(parameters: Parameters, dialect: Dialect) -> Chosen:
    """The attributes an answer shall carry. Raises GW113 for an unknown attribute set."""
    if not parameters:
        return _NOTHING_CHOSEN
    sets = (
        frozenset(name.lower() for name in _names(parameters, "attributeSets"))
        if dialect.attribute_sets
        else frozenset()
    )
    if not sets <= _SETS:
        raise BadRequest("GW113", "attributeSets must be some of all, always, never, request, default.")
    return Chosen(_names(parameters, "attributes") or None, _names(parameters, "excludedAttributes"), sets)


@cache
def unsought(dialect: Dialect) -> Sought:
    """Of a request that is no search."""
    return Sought(None, None, False, 1, dialect.default_count)


def sought(parameters: Parameters, dialect: Dialect) -> Sought:
    """The resources a search shall answer with. Raises GW113, GW124."""
    order = (_one(parameters, "sortOrder") or "ascending").strip().lower()
    if order not in ("ascending", "descending"):
        raise BadRequest("GW113", "sortOrder must be ascending or descending.")
    start = _number(parameters, "startIndex")
    sort_by = (_one(parameters, "sortBy") or "").strip()
    cursor, count = _cursor(parameters, dialect), _number(parameters, _size(parameters, dialect))
    if cursor is not None and start is not None:
        raise BadRequest("GW113", "Give startIndex or a cursor, not both.")
    if cursor is not None and count is not None and count < 1:
        raise BadRequest("GW124", f"A page by cursor holds 1 to {dialect.max_count} resources.")
    return Sought(
        filter=_one(parameters, "filter"),
        sort_by=sort_by or None,
        descending=order == "descending",
        start_index=max(1, start) if start is not None else 1,
        count=_count(count, dialect),
        cursor=cursor,
    )


def split_names(text: str) -> tuple[str, ...]:
    """The entries of a comma-separated list; commas in brackets and in quotes belong to an entry."""
    parts, start, depth, quoted, escaped = [], 0, 0, False, False
    for index, letter in enumerate(text):
        if quoted:
            escaped, quoted = letter == "\\" and not escaped, letter != '"' or escaped
        elif letter == '"':
            quoted = True
        elif letter in "[]":
            depth += 1 if letter == "[" else -1
        elif letter == "," and depth <= 0:
            parts.append(text[start:index])
            start = index + 1
    return tuple(entry for part in (*parts, text[start:]) if (entry := part.strip()))


def _names(parameters: Parameters, name: str) -> tuple[str, ...]:
    return tuple(entry for text in parameters.get(name.lower(), ()) for entry in split_names(text))


def _one(parameters: Parameters, name: str) -> str | None:
    values = parameters.get(name.lower(), ())
    if len(values) > 1:
        raise BadRequest("GW113", f"{name} is given {len(values)} times; give it once.")
    return values[0] if values else None


def _number(parameters: Parameters, name: str) -> int | None:
    text = (_one(parameters, name) or "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadRequest("GW113", f"{name} must be a whole number.")
    return int(text)


def _cursor(parameters: Parameters, dialect: Dialect) -> str | None:
    """Where a page by cursor begins. OCI's `page` is the same cursor; its `limit` without startIndex asks for the first page."""
    cursor = _one(parameters, "cursor")
    if cursor is not None or not dialect.opc_pages:
        return cursor
    page = _one(parameters, "page")
    first = page is None and parameters.get("limit") and not any(parameters.get("startindex", ()))
    return "" if first else page


def _size(parameters: Parameters, dialect: Dialect) -> str:
    return "limit" if dialect.opc_pages and parameters.get("limit") else "count"


def _count(asked: int | None, dialect: Dialect) -> int:
    if asked is None:
        return dialect.default_count
    if asked < 0:
        return dialect.default_count if dialect.negative_count == "default" else 0
    return min(asked, dialect.max_count)


def _texts(key: str, value: Json) -> tuple[str, ...] | None:
    """A member of a SearchRequest as parameter values; None for one that is absent or means nothing to us."""
    name = next((known for known in (*_LISTS, *_TEXTS, *_NUMBERS) if known.lower() == key.lower()), None)
    if name is None or value is None:
        return None
    if isinstance(value, str):
        return (value,)
    if name in _LISTS and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return (str(value),)
    expected = "an array of names" if name in _LISTS else "a string" if name in _TEXTS else "a whole number"
    raise BadRequest("GW113", f"{name} must be {expected}.")
