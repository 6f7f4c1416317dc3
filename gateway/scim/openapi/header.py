"""The headers of answers, told once per dialect as components (OpenAPI 3.1 section 4.8.21); Content-Type is left to the content itself."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.scim.dialect import Dialect
from gateway.scim.request import Resource

_TEXTS = {
    "Server-Timing": "Milliseconds spent on each stage of the answer.",
    "Cache-Control": "Answers hold personal data and are not kept.",
    "Pragma": "The same for old caches.",
    "Expires": "The same for old caches.",
    "X-Content-Type-Options": "The content is what it says.",
    "X-XSS-Protection": "For old browsers.",
    "Content-Security-Policy": "Nothing in an answer is to be run or framed.",
    "Referrer-Policy": "No address is told on.",
    "Strict-Transport-Security": "Where the gateway ends TLS itself.",
    "ETag": "The resource's version, where it has one.",
    "Location": "The resource's address.",
    "Preference-Applied": "The Prefer that was followed.",
    "Proxy-Status": "The gateway's code, such as GW104.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "Bearer.",
    "opc-total-items": "How many resources there are on all pages, where that is known.",
    "opc-next-page": "What to send as page for the next one; absent on the last.",
}
_ALWAYS = (
    *("Server-Timing", "Cache-Control", "Pragma", "Expires"),
    *("X-Content-Type-Options", "X-XSS-Protection", "Content-Security-Policy", "Referrer-Policy"),
)
_OVER_TLS = "Strict-Transport-Security"
_WAITS = frozenset((409, 429, 503, 504))


def request_id(dialect: Dialect) -> str:
    """The header that names a request, in both directions."""
    return "opc-request-id" if dialect.name == "idcs" else "X-Request-Id"


def headers(dialect: Dialect) -> Resource:
    """Every header of answers, by component name."""
    texts = _TEXTS | {request_id(dialect): "The request's name; without one from the client, one made here."}
    return {
        f"{dialect.name}.{name}": {"description": text, "schema": {"type": "string"}, "required": name in _ALWAYS}
        for name, text in texts.items()
    }


def answer_headers(names: Iterable[str], dialect: Dialect) -> Resource:
    """The headers object of an answer: these, and those of every answer."""
    found = (*names, request_id(dialect), *_ALWAYS, _OVER_TLS)
    return {name: {"$ref": f"#/components/headers/{dialect.name}.{name}"} for name in found}


def failure_headers(status: int) -> tuple[str, ...]:
    """What a failure of that status says besides."""
    retry = ("Retry-After",) if status in _WAITS else ()
    return ("Proxy-Status", *retry, *(("WWW-Authenticate",) if status == 401 else ()))
