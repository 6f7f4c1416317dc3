"""One operation of the document: its parameters, its body, and every status that it can answer with, each with its headers.

Statuses come from what exists: those that the gateway raises itself on the way of such a request (`errors.py`), and those that the error
rows of the mapping turn nevisIDM's refusals into (`Facts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from gateway.scim.dialect import Dialect
from gateway.scim.openapi.header import answer_headers, failure_headers, request_id
from gateway.scim.request import Resource

_ALWAYS = frozenset((400, 401, 414, 500))
_WITH_BODY = frozenset((413, 415))
_NEVISIDM = frozenset((403, 500, 501, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mapping knows of a type and the type does not say: the statuses of its refusals."""

    refusals: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Done:
    """Success: the status, a component's name (None: no body), whether it has an address and an entity tag, whether it is a page."""

    status: int
    component: str | None = None
    tagged: bool = False
    paged: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """An operation in short. `fails`: its own statuses besides those of every request; `body`: a component's name.

    `also`: other ends that are no failures, such as 304.
    """

    id: str
    summary: str
    done: Done
    tag: str
    parameters: tuple[str, ...] = ()
    body: str | None = None
    fails: frozenset[int] = frozenset()
    calls: bool = True
    also: tuple[Done, ...] = ()


def operation(sketch: Sketch, dialect: Dialect, facts: Facts) -> Resource:
    """The operation object (OpenAPI 3.1 section 4.8.10)."""
    told: Resource = {"operationId": sketch.id, "summary": sketch.summary, "tags": [sketch.tag]}
    asked = (*sketch.parameters, request_id(dialect))
    told["parameters"] = [_at("parameters", f"{dialect.name}.{name}") for name in asked]
    if sketch.body is not None:
        schema = _at("schemas", f"{dialect.name}.{sketch.body}")
        content = {kind: {"schema": schema} for kind in ("application/scim+json", "application/json")}
        told["requestBody"] = {"required": True, "content": content}
    told["responses"] = {str(done.status): _success(done, dialect) for done in (sketch.done, *sketch.also)} | {
        str(status): _at("responses", f"{dialect.name}.{status}") for status in sorted(_failures(sketch, facts))
    }
    return told


def failure_responses(dialect: Dialect, statuses: Iterable[int]) -> Resource:
    """The components that operations refer to: one response per status."""
    return {f"{dialect.name}.{status}": _failure(dialect, status) for status in sorted(statuses)}


def statuses(operations: Iterable[Resource]) -> set[int]:
    """All failures that some operations mention."""
    return {int(status) for each in operations for status, response in each["responses"].items() if "$ref" in response}


def _failures(sketch: Sketch, facts: Facts) -> frozenset[int]:
    found = _ALWAYS | sketch.fails
    if sketch.body is not None:
        found |= _WITH_BODY
    if sketch.calls:
        found |= _NEVISIDM | facts.refusals
    return found - {sketch.done.status}


def _success(done: Done, dialect: Dialect) -> Resource:
    told: Resource = {"description": HTTPStatus(done.status).phrase}
    told["headers"] = answer_headers(success_headers(done, dialect), dialect)
    if done.component is not None:
        schema = _at("schemas", f"{dialect.name}.{done.component}")
        told["content"] = {_plain(dialect.media_type): {"schema": schema}}
    return told


def _failure(dialect: Dialect, status: int) -> Resource:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": answer_headers(failure_headers(status), dialect),
        "content": {_plain(dialect.error_media_type): {"schema": _at("schemas", f"{dialect.name}.Error")}},
    }


def parameters(dialect: Dialect) -> Mapping[str, Resource]:
    """Every parameter that an operation can name, by component name."""
    number: Resource = {"type": "integer"}
    text: Resource = {"type": "string"}
    page = f"Resources in a page: {dialect.default_count} if not said, {dialect.max_count} at most."
    found = {
        "id": _parameter("id", "path", "The resource's id.", text | {"minLength": 1}),
        "filter": _parameter("filter", "query", "RFC 7644 section 3.4.2.2.", text),
        "sortBy": _parameter("sortBy", "query", "The attribute to sort by.", text),
        "sortOrder": _parameter("sortOrder", "query", "ascending or descending, in any case.", text),
        "startIndex": _parameter("startIndex", "query", "The first resource, counted from 1.", number),
        "count": _parameter("count", "query", page, number),
        "cursor": _parameter(
            "cursor", "query", "RFC 9865: empty for the first page, then each answer's nextCursor.", text
        ),
        "match": _parameter(
            "match", "query", "Attributes of the body, to look for a resource that is there first.", text
        ),
        "existing": _parameter(
            "existing", "query", "Beside match, what becomes of one that is there: merge, replace, keep.", text
        ),
        "attributes": _parameter("attributes", "query", "What the answer shall hold, with commas between.", text),
        "excludedAttributes": _parameter("excludedAttributes", "query", "What it shall not hold.", text),
        "attributeSets": _parameter("attributeSets", "query", "all, always, never, request, default.", text),
        "If-Match": _parameter("If-Match", "header", "The entity tag of the version to change.", text),
        "If-None-Match": _parameter("If-None-Match", "header", "The entity tag of the version that is known.", text),
        "Prefer": _parameter("Prefer", "header", "return=minimal: no resource in the answer (RFC 7240).", text),
        "opc-retry-token": _parameter(
            "opc-retry-token", "header", "A change that comes again with its token is done once and told again.", text
        ),
    }
    found[request_id(dialect)] = _parameter(request_id(dialect), "header", "A name for this request, told again.", text)
    if dialect.opc_pages:
        found["limit"] = _parameter("limit", "query", "The same as count, for pages by `page`.", number)
        found["page"] = _parameter("page", "query", "An opc-next-page of the answer before.", text)
    return {f"{dialect.name}.{name}": each for name, each in found.items()}


def success_headers(done: Done, dialect: Dialect) -> tuple[str, ...]:
    """The headers of an end that is no failure, besides those of every answer."""
    tagged = ("ETag", "Location") if done.tagged else ()
    minimal = ("Preference-Applied",) if done.tagged and done.status in (201, 204) else ()
    return (*tagged, *minimal, *(("opc-total-items", "opc-next-page") if done.paged and dialect.opc_pages else ()))


def _parameter(name: str, place: str, description: str, schema: Resource) -> Resource:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": schema,
    }


def _at(section: str, name: str) -> Resource:
    return {"$ref": f"#/components/{section}/{name}"}


def _plain(media_type: str) -> str:
    return media_type.split(";")[0]
