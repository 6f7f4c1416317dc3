"""Requests that the resource types alone can answer: discovery (RFC 7644 section 4) and OPTIONS (IDCS section 1). No nevisIDM call.

Decided here:

- Sorting, paging and `attributes` are ignored on the RFC's three endpoints and a filter is 403, as RFC 7644 section 4 says, in both
  dialects; IDCS's rows are searched like any resource.
- `POST …/.search` asks the same as GET. Whatever would write is 405, also where the dialect says 501 for verbs that a type lacks.
- A caller with its own nevisIDM login has not been checked yet (nevisIDM does that with its first call, and there is none here), so it is
  refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import orjson

from gateway.errors import BadRequest, Denied, Unsupported
from gateway.scim.address import allowed_methods, locate
from gateway.scim.body import read_json
from gateway.scim.bulk import is_bulk
from gateway.scim.dialect import Dialect
from gateway.scim.discovery.declared import is_oracle
from gateway.scim.discovery.provider import service_provider_config
from gateway.scim.discovery.rows import ROWS, resource_type_schema_attributes
from gateway.scim.discovery.schemas import resource_type, resource_types, schema, schemas
from gateway.scim.everywhere import is_everywhere
from gateway.scim.match import matches
from gateway.scim.order import ordered
from gateway.scim.query import query_parameters, search_parameters
from gateway.scim.question import Question
from gateway.scim.reply import LIST_RESPONSE, Reply, list_reply, no_content
from gateway.scim.request import Json, Resource
from gateway.scim.schema import ResourceType

__all__ = ["TOLD", "Question", "answer_discovery"]

READ = ("GET", "HEAD")


_Answer = Callable[[Question], Reply]


def answer_discovery(question: Question) -> Reply | None:
    """The reply if the request is about discovery or OPTIONS, else None: then it is about resources.

    Raises BadRequest GW114 (no such schema or type), GW115 (no such endpoint), GW116 (405), Unsupported GW201 as 403 (a filter) and
    Denied GW303 (a caller with its own login).
    """
    endpoint = _endpoint(question)
    if question.method != "OPTIONS" and endpoint is None:
        return None
    if question.caller.is_self:
        raise Denied("GW303", "Discovery is for the gateway's own callers: send a token of theirs, without X-Token.")
    return endpoint(question) if endpoint is not None and question.method != "OPTIONS" else _options(question)


def _endpoint(question: Question) -> _Answer | None:
    name = question.steps[0]
    return None if name == _ROWS_ENDPOINT and not is_oracle(question.dialect) else _ENDPOINTS.get(name)


def _options(question: Question) -> Reply:
    """200, empty, with the address's methods (IDCS section 1). Raises GW115 where there is no address."""
    if is_bulk(question.tail) or is_everywhere(question.tail):
        methods: tuple[str, ...] = ("POST",)
    elif _endpoint(question) is not None:
        methods = _offered(question)
    else:
        methods = allowed_methods(locate(question.tail, question.types))
    allow = ", ".join((*methods, "OPTIONS"))
    return Reply(200, (("Allow", allow), ("Access-Control-Allow-Methods", allow), *no_content().headers), b"")


def _offered(question: Question) -> tuple[str, ...]:
    return ("POST",) if _is_search(question) else READ


def _is_search(question: Question) -> bool:
    return len(question.steps) == 2 and question.steps[1].lower() == ".search"


def _provider(question: Question) -> Reply:
    _check_method(question, READ)
    if len(question.steps) > 1:
        raise BadRequest("GW115", "There is one ServiceProviderConfig; read it without anything behind its address.")
    _refuse_filter(query_parameters(question.query))
    return _json(question, service_provider_config(question.types, question.dialect, question.base, question.offer))


def _schemas(question: Question) -> Reply:
    return _collection(question, schemas, schema, "schema")


def _resource_types(question: Question) -> Reply:
    return _collection(question, resource_types, resource_type, "resource type")


_All = Callable[[Mapping[str, ResourceType], Dialect, str], list[Resource]]
_One = Callable[[str, Mapping[str, ResourceType], Dialect, str], Resource | None]


def _collection(question: Question, all_of: _All, one_of: _One, what: str) -> Reply:
    _check_method(question, _offered(question))
    place = (question.types, question.dialect, question.base)
    if len(question.steps) > 1 and not _is_search(question):
        found = one_of("/".join(question.steps[1:]), *place)
        if found is None:
            raise BadRequest("GW114", f"There is no such {what}; {question.base}/{_LISTS[what]} lists them.")
        return _json(question, found)
    _refuse_filter(_parameters(question))
    return _json(question, _list(all_of(*place)))


def _rows(question: Question) -> Reply:
    """IDCS's rows: searched, sorted, paged and cut down like resources."""
    request = dataclasses.replace(question, types={_ROWS_ENDPOINT: ROWS}).read()
    rows = resource_type_schema_attributes(question.types, question.dialect)
    if request.filter is not None:
        rows = [row for row in rows if matches(request.filter, row, ROWS)]
    if request.sort_by is not None:
        rows = ordered(rows, request.sort_by, request.descending, ROWS)
    first = request.start_index - 1
    return list_reply(rows[first : first + request.count], len(rows), request)


def _check_method(question: Question, allowed: tuple[str, ...]) -> None:
    if question.method not in allowed:
        raise BadRequest(
            "GW116",
            f"Discovery only tells; here it offers {', '.join(allowed)}.",
            status=405,
            allow=(*allowed, "OPTIONS"),
        )


def _parameters(question: Question) -> Mapping[str, tuple[str, ...]]:
    if not _is_search(question):
        return query_parameters(question.query)
    return search_parameters(read_json(question.body, question.headers.get("content-type"), question.limits))


def _refuse_filter(parameters: Mapping[str, tuple[str, ...]]) -> None:
    """So that nobody believes in conditions that were not applied (RFC 7644 section 4)."""
    if "filter" in parameters:
        raise Unsupported(
            "GW201", "Discovery cannot be filtered (RFC 7644 section 4). Leave the filter out.", status=403
        )


def _list(resources: list[Resource]) -> Resource:
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources),
        "Resources": resources,
        "startIndex": 1,
        "itemsPerPage": len(resources),
    }


def _json(question: Question, value: Json) -> Reply:
    headers = (("Content-Type", question.dialect.media_type), *no_content().headers)
    return Reply(200, headers, orjson.dumps(value))


_ROWS_ENDPOINT = ROWS.endpoint.strip("/").lower()
_LISTS = {"schema": "Schemas", "resource type": "ResourceTypes"}
_ENDPOINTS: Mapping[str, _Answer] = {
    "schemas": _schemas,
    "resourcetypes": _resource_types,
    "serviceproviderconfig": _provider,
    _ROWS_ENDPOINT: _rows,
}
TOLD = frozenset(_ENDPOINTS)
"""The names of addresses, in lower case, about which there may be something to tell."""
