"""From resources and errors to HTTP replies: status, headers and the JSON body, serialised once.

Resources come in as a mapping has shown them; they are finished and cut down here, so that nothing leaves unprojected and `ETag` and
`Location` are there even when the body is narrowed. The dialect decides the media type, the error envelope and what `itemsPerPage`
means. Answers hold personal data, so none may be cached (IDCS section 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import orjson

from gateway.errors import ScimError
from gateway.scim.conditional import names
from gateway.scim.dialect import Dialect
from gateway.scim.finish import finish, finisher
from gateway.scim.project import projector
from gateway.scim.request import Json, Resource, ScimRequest
from gateway.swift import swift

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ORACLE_ERROR = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"
RETRY_AFTER = 5
"""Seconds told with 503 and 429 when the error names none."""

Headers = tuple[tuple[str, str], ...]

_PRIVATE: Headers = (
    ("Cache-Control", "no-cache, no-store, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-XSS-Protection", "1; mode=block"),
)
encode_finished = msgspec.json.Encoder().encode
"""JSON of what may have structs in it (`mapping/shown.py`); of all else the same bytes as orjson's, but for
numbers such as 1e+16, which nevisIDM does not have; a law holds that."""
_MINIMAL = ("Preference-Applied", "return=minimal")


@swift
@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply without its length. `body` None: there is none."""

    status: int
    headers: Headers
    body: bytes | None = field(default=None, repr=False)


class Answered(Protocol):
    """What an operation found: a page of resources with their total, one resource, or nothing."""

    @property
    def status(self) -> int: ...
    @property
    def resource(self) -> Resource | None: ...
    @property
    def resources(self) -> Sequence[Resource] | None: ...
    @property
    def total(self) -> int | None: ...
    @property
    def next_cursor(self) -> str | None: ...
    @property
    def finished(self) -> bool: ...


def reply_to(answer: Answered, request: ScimRequest) -> Reply:
    """The reply for an operation's answer."""
    if answer.resources is not None:
        return list_reply(answer.resources, answer.total, request, answer.next_cursor, finished=answer.finished)
    if answer.resource is not None:
        return resource_reply(answer.resource, request, answer.status, finished=answer.finished)
    return no_content()


def resource_reply(resource: Resource, request: ScimRequest, status: int = 200, *, finished: bool = False) -> Reply:
    """One resource: finished, then what the request wants of it (RFC 7644 sections 3.3 to 3.5).

    A read that has it already is told 304 (section 3.14), a write that wants nothing back 204, or 201 without a body (RFC 7240).
    `finished`: it is what the client reads.
    """
    whole = resource if finished else finish(resource, request.type, request.dialect, request.base)
    meta = whole.get("meta") or {}
    location, version = meta.get("location"), meta.get("version")
    headers: Headers = () if location is None else (("Location", str(location)),)
    if version is not None:
        headers += (("ETag", str(version)),)
    if request.if_none_match and request.operation == "get" and names(request.if_none_match, version):
        return Reply(304, (*headers, *_PRIVATE))
    if request.minimal:
        return Reply(204 if status == 200 else status, (*headers, _MINIMAL, *_PRIVATE))
    shown = whole if finished else projector(request.wanted, request.type, request.dialect)(whole)
    return _json(status, request.dialect.media_type, shown, headers, finished=finished)


def list_reply(
    resources: Sequence[Resource],
    total: int | None,
    request: ScimRequest,
    next_cursor: str | None = None,
    *,
    finished: bool = False,
) -> Reply:
    """A page (RFC 7644 section 3.4.2, RFC 9865 section 2), members in the order that IDCS documents.

    A page by cursor has no startIndex, and no totalResults (`total` None) where counting would cost. OCI's clients find cursor and
    total in headers. `finished`: the resources are what the client reads.
    """
    shown = list(resources) if finished else _shown(resources, request)
    by_index = request.cursor is None
    message: Resource = {"schemas": [LIST_RESPONSE]}
    if total is not None:
        message["totalResults"] = total
    message["Resources"] = shown
    if by_index:
        message["startIndex"] = request.start_index
    message["itemsPerPage"] = request.count if request.dialect.echo_count and by_index else len(shown)
    if next_cursor is not None and not by_index:
        message["nextCursor"] = next_cursor
    headers = _opc(total, next_cursor) if request.dialect.opc_pages else ()
    return _json(200, request.dialect.media_type, message, headers, finished=finished)


def _shown(resources: Sequence[Resource], request: ScimRequest) -> list[Resource]:
    cut = projector(request.wanted, request.type, request.dialect)
    finish_ = finisher(request.type, request.dialect, request.base)
    return [cut(finish_(each)) for each in resources]


def _opc(total: int | None, next_cursor: str | None) -> Headers:
    """The headers by which OCI's clients page."""
    named = (("opc-total-items", total), ("opc-next-page", next_cursor))
    return tuple((name, str(value)) for name, value in named if value is not None)


def no_content() -> Reply:
    """204: done, nothing to say."""
    return Reply(204, _PRIVATE)


def error_reply(error: ScimError, dialect: Dialect, challenges: Iterable[str] = ('Bearer realm="scim"',)) -> Reply:
    """A SCIM Error (RFC 7644 section 3.12) in the dialect's envelope; `log` stays here. `challenges` go with a 401."""
    headers: Headers = (("Proxy-Status", f'scim-gateway; details="{error.code.code}"'),)
    if error.status == 401:
        headers += tuple(("WWW-Authenticate", challenge) for challenge in challenges)
    if error.allow:
        headers += (("Allow", ", ".join(error.allow)),)
    if error.retry_after is not None or error.status in (429, 503):
        headers += (("Retry-After", str(RETRY_AFTER if error.retry_after is None else error.retry_after)),)
    return _json(error.status, dialect.error_media_type, _envelope(error, dialect), headers)


def _envelope(error: ScimError, dialect: Dialect) -> Resource:
    extension: Resource = {}
    if dialect.envelope in ("idcs", "both"):
        if error.message_id is not None:
            extension["messageId"] = error.message_id
        if error.data:
            extension["additionalData"] = dict(error.data)
    envelope: Resource = {"schemas": [ERROR, ORACLE_ERROR] if extension else [ERROR]}
    if error.scim_type is not None and dialect.envelope in ("rfc", "both"):
        envelope["scimType"] = error.scim_type
    envelope |= {"detail": error.detail, "status": str(error.status)}
    return envelope | ({ORACLE_ERROR: extension} if extension else {})


def _json(status: int, media_type: str, value: Json, headers: Headers = (), *, finished: bool = False) -> Reply:
    body = encode_finished(value) if finished else orjson.dumps(value)
    return Reply(status, (("Content-Type", media_type), *headers, *_PRIVATE), body)
