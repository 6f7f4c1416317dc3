"""What an HTTP answer of nevisIDM, or of whatever stands before it, means: a Reply or a Refusal.

Only a body that is nevisIDM's own (an ErrorDTO, or the Query service's envelope) makes a 4xx its word. Proxies and servlet containers
speak HTML: a 404 of theirs is a wrong address and not a missing person (gap 57), their other 4xx are "broken". nevisIDM's messages and
stack traces go no further than `Refusal.words`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.engine import Exchange

Json = Any

_LONGEST_WAIT = 3600
_SPEAK_FOR_THEMSELVES = frozenset({401, 404, 405, 408, 429})  # and every 5xx: their status says enough, whoever sent it
_LOST_BEHIND_A_PROXY = frozenset({500, 502, 504})  # without nevisIDM's own words, a write may have taken effect


def understand(request: Request, exchange: Exchange) -> Reply:
    """The reply that `exchange` is. Raises Refusal for everything that is not a 2xx with JSON or without a body."""
    if request.reader is not None and exchange.status == 200 and _is_json(exchange):
        try:
            return Reply(200, request.reader(exchange.body), exchange.headers.get("location"))
        except ValueError:
            pass  # it is none of those that the reader is for
    body = _json(exchange)
    if 200 <= exchange.status < 300:
        if body is None and exchange.body.strip():
            unknown = request.method != "GET"
            raise Refusal(request.name, "broken", exchange.status, unknown_outcome=unknown, why=_why(exchange))
        return Reply(exchange.status, body, exchange.headers.get("location"))
    raise _refusal(request, exchange, body)


def _json(exchange: Exchange) -> Json:
    """The body, if it is JSON in name and in fact."""
    if not _is_json(exchange):
        return None
    try:
        return orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        return None


def _is_json(exchange: Exchange) -> bool:
    said = exchange.headers.get("content-type", "")
    if said == "application/json":
        return True
    kind = said.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _refusal(request: Request, exchange: Exchange, body: Json) -> Refusal:
    status = exchange.status
    errors = _errors(body)
    own = bool(errors) or _is_envelope(body)
    if not own and status not in _SPEAK_FOR_THEMSELVES and status < 500:
        return Refusal(request.name, "broken", status, why=_why(exchange))
    words: dict[str, str] = {}
    for code, message in errors:
        words.setdefault(code, message)
    return Refusal(
        request.name,
        "http",
        status,
        codes=tuple(words),
        words=words,
        rules=_rules(body),
        json=own,
        retry_after=retry_after(exchange.headers),
        unknown_outcome=request.method != "GET" and not own and status in _LOST_BEHIND_A_PROXY,
        why="" if own else _why(exchange),
    )


def _why(exchange: Exchange) -> str:
    """What an answer is that nevisIDM has not written, for the operator: never a word of it."""
    if 300 <= exchange.status < 400:
        return "redirect"
    if not exchange.body.strip():
        return "empty"
    kind = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return "html"
    if kind == "application/json" or kind.endswith("+json"):
        return "unexpected json" if _json(exchange) is not None else "not json"
    return "wrong content type" if kind else "no content type"


def _errors(body: Json) -> list[tuple[str, str]]:
    """Code and message of each error of an ErrorDTO."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if not isinstance(errors, list):
        return []
    return [
        (error["code"], text if isinstance(text := error.get("message"), str) else "")
        for error in errors
        if isinstance(error, Mapping) and isinstance(error.get("code"), str)
    ]


def _is_envelope(body: Json) -> bool:
    """Whether it is the Query service's way to refuse (query-service.md): an envelope with messages.errors."""
    messages = body.get("messages") if isinstance(body, Mapping) else None
    return isinstance(messages, Mapping) and bool(messages.get("errors"))


def _rules(body: Json) -> tuple[str, ...]:
    """The displayName of each violated policy element, with its limit if that is a number; nothing else of it may leave."""
    violations = body.get("policyViolations") if isinstance(body, Mapping) else None
    if not isinstance(violations, list):
        return ()
    return tuple(text for each in violations if isinstance(each, Mapping) and (text := _rule(each)))


def _rule(violation: Mapping[str, Json]) -> str:
    name, limit = violation.get("displayName"), violation.get("limitValue")
    if not isinstance(name, str) or not name:
        return ""
    bounded = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
    return f"{name} ({limit})" if bounded else name


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3: seconds or a date), at most an hour; None when absent or nonsense."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(0, round(seconds)), _LONGEST_WAIT)
