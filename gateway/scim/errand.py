"""What a request is by its method, its address but for the id, and its query but for the filter: worked out once, for requests repeat.

Only what was right is kept; what is wrong is found out anew each time. And nothing is kept that says whom or what somebody looks for:
no id, no filter (be it one within an attribute's name), no cursor, no parameter that means nothing here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_plus

from gateway.scim.address import Place, locate, operation_at
from gateway.scim.binding import bind_sort
from gateway.scim.dialect import Dialect
from gateway.scim.filter import parse_attr
from gateway.scim.finish import Identified
from gateway.scim.ocid import attr_for
from gateway.scim.query import Chosen, Parameters, Sought, chosen, query_parameters, sought, unsought
from gateway.scim.request import Operation, Wanted
from gateway.scim.rights import check_verb
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr
from gateway.scim.wanted import bind_wanted
from gateway.swift import swift

_KEPT = frozenset(
    ("attributes", "excludedattributes", "attributesets", "sortby", "sortorder", "startindex", "count", "limit")
)
"""Parameters that say what an answer looks like, not what it is about."""
_FILTER = "filter="
_NONE: Parameters = {}
_MOST = 256
_LONGEST = 512
"""Letters of a query that is kept."""


@swift
@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks of its type: the attributes of the answer, its page and its order; `filter` as typed."""

    wanted: Wanted
    seeking: Sought
    sort_by: Attr | None
    filter: str | None = field(repr=False)


@swift
@dataclass(frozen=True, slots=True)
class Errand:
    """An operation at a place, without the id. `asked`: without the filter; None where its body says it (`POST .search`)."""

    place: Place
    operation: Operation
    asked: Asked | None


@swift
@dataclass(frozen=True, slots=True)
class Sent:
    """An errand, and what it is about: the id in its address, the filter in its query, and all of that if it holds more than is kept."""

    errand: Errand
    id: str | None
    filter: str | None = field(repr=False)
    parameters: Parameters = field(repr=False)


_Key = tuple[str, str, bool, str, int, int]
ERRANDS: dict[_Key, tuple[Errand, Mapping[str, ResourceType], Dialect]] = {}
"""Those that are known, each beside what its key knows by identity."""


def sent_on(method: str, tail: str, query: str, types: Mapping[str, ResourceType], dialect: Dialect) -> Sent:
    """What a request is sent on. Raises what `read_anew` raises."""
    name, _, below = tail[1:].partition("/")
    rest, text = _apart(query) if query else ("", None)
    if rest is None or (below and not _is_plain(below)):
        return read_anew(method, tail, query, types, dialect)
    key = (method, name, below != "", rest, id(types), id(dialect))
    known = ERRANDS.get(key)
    if known is not None:
        errand = known[0]
        return Sent(errand, below or None, text if errand.operation == "search" else None, _NONE)
    sent = read_anew(method, tail, query, types, dialect)
    if _may_be_kept(sent, rest, text):
        if len(ERRANDS) >= _MOST:
            ERRANDS.clear()
        ERRANDS[key] = sent.errand, types, dialect
    return sent


def read_anew(method: str, tail: str, query: str, types: Mapping[str, ResourceType], dialect: Dialect) -> Sent:
    """As `sent_on`, from the parts. Raises BadRequest GW113 to GW116 and GW124, Denied GW302."""
    place = locate(tail, types)
    operation = operation_at(method.upper(), place, dialect)
    check_verb(place.type, operation)
    nameless = dataclasses.replace(place, id=None)
    if place.kind == "search":
        return Sent(Errand(nameless, operation, None), None, None, _NONE)
    parameters = query_parameters(query)
    asked = asked_of(parameters, operation, place.type, dialect)
    errand = Errand(nameless, operation, dataclasses.replace(asked, filter=None))
    return Sent(errand, place.id, asked.filter, parameters)


def asked_of(parameters: Parameters, operation: Operation, kind: ResourceType, dialect: Dialect) -> Asked:
    """What parameters ask, of a query or of a SearchRequest. Raises GW113, GW124, and as names of attributes do."""
    wanted = _wanted(chosen(parameters, dialect), kind)
    if operation != "search":
        return Asked(wanted, unsought(dialect), None, None)
    seeking = sought(parameters, dialect)
    return Asked(wanted, dataclasses.replace(seeking, filter=None), _sort_by(seeking, kind, dialect), seeking.filter)


def _apart(query: str) -> tuple[str | None, str | None]:
    """A query without its filter, as sent, and the filter's text; None where the two are not as simple to tell apart."""
    if "ilter" not in query:
        return query, None
    pairs = query.split("&")
    found = [each for each in pairs if each.startswith(_FILTER)]
    if len(found) != 1:
        return None, None
    pairs.remove(found[0])
    try:
        return "&".join(pairs), unquote_plus(found[0][len(_FILTER) :], errors="strict")
    except UnicodeDecodeError:
        return None, None


def _is_plain(below: str) -> bool:
    """Whether what stands below a type's address is an id as it is spelled."""
    return not ("%" in below or "/" in below or "?" in below or "\0" in below or below[0] == ".")


def _may_be_kept(sent: Sent, rest: str, text: str | None) -> bool:
    """Whether nothing of it is about anybody. A filter in the query is one that was told apart."""
    if sent.errand.asked is None:
        return not rest
    parameters = sent.parameters
    if len(parameters.get("filter", ())) != (text is not None) or len(rest) > _LONGEST:
        return False
    others = parameters.keys() - {"filter"}
    return others <= _KEPT and not any("[" in each for name in others for each in parameters[name])


def _wanted(names: Chosen, kind: ResourceType) -> Wanted:
    """What the answer shall carry. Names without a filter are bound once: by `POST .search` they come here each time."""
    attributes, excluded, sets = names.attributes, names.excluded, names.sets
    if any("[" in each for each in (*(attributes or ()), *excluded)):
        return bind_wanted(attributes, excluded, sets, kind)
    return _bound_once(attributes, excluded, sets, Identified(kind))


@lru_cache(maxsize=256)
def _bound_once(
    attributes: tuple[str, ...] | None, excluded: tuple[str, ...], sets: frozenset[str], kind: Identified
) -> Wanted:
    return bind_wanted(attributes, excluded, sets, kind.type)


def _sort_by(seeking: Sought, kind: ResourceType, dialect: Dialect) -> Attr | None:
    """The sort attribute. Pages by cursor have no other order than is asked for: the list's own costs least from page to page."""
    if seeking.sort_by is not None:
        return bind_sort(attr_for(parse_attr(seeking.sort_by), dialect), kind)
    return Attr(dialect.default_sort) if dialect.default_sort and seeking.cursor is None else None
