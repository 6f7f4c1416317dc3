"""Request bodies as JSON objects: the one place where a client's bytes become values.

Nothing deep, large or malformed gets past: the size is checked before anything else, the depth before the JSON reader runs, so that no
later stage needs to fear recursion. NUL characters are refused, because no SCIM value needs one and stores disagree about them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

from gateway.errors import BadRequest
from gateway.scim.request import Json, Resource
from gateway.scim.syntax import QUERY_LIMITS, SEARCH_LIMITS, FilterLimits

_MEDIA_TYPES = frozenset(("application/json", "application/scim+json"))
_CHARSETS = frozenset(("utf-8", "utf8", "us-ascii"))
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large (bytes) and how deep (levels, the outermost object is the first) a body may be, and how much of a filter.

    `filter` is for query strings, `search` for the bodies of `.search`.
    """

    body_bytes: int = 1_048_576
    body_depth: int = 10
    filter: FilterLimits = QUERY_LIMITS
    search: FilterLimits = SEARCH_LIMITS


def read_json(body: bytes, content_type: str | None, limits: Limits) -> Resource:
    """The body's JSON object. Raises GW102 (media type), GW103 (size), GW118 (depth), GW101 (no JSON object, a NUL character)."""
    _check_media_type(content_type)
    if len(body) > limits.body_bytes:
        raise BadRequest("GW103", f"The body has {len(body)} bytes; {limits.body_bytes} are allowed.")
    if _deeper_than(limits.body_depth, body):
        raise BadRequest(
            "GW118", f"The body is nested more than {limits.body_depth} levels deep; no resource needs more."
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            "GW101", f"The body is not JSON (line {error.lineno}, column {error.colno}). Send one JSON object."
        ) from None
    if not isinstance(value, dict):
        raise BadRequest("GW101", "The body must be one JSON object.")
    if rb"\u0000" in body and _has_nul(value):
        raise BadRequest("GW101", "The body contains a NUL character; leave it out.")
    return value


def _check_media_type(content_type: str | None) -> None:
    """RFC 7644 section 3.1 and IDCS: mandatory, one of two; text is UTF-8."""
    if not content_type or not content_type.strip():
        raise BadRequest("GW102", "Content-Type is missing; send application/json or application/scim+json.")
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type not in _MEDIA_TYPES:
        raise BadRequest("GW102", "Content-Type must be application/json or application/scim+json.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(" \"'") not in _CHARSETS:
            raise BadRequest("GW102", "The charset of the body must be utf-8.")


def _deeper_than(limit: int, body: bytes) -> bool:
    """Whether brackets outside strings open more than `limit` levels. Few brackets can't, so most bodies aren't scanned."""
    if body.count(b"{") + body.count(b"[") <= limit:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))
