"""HTTP messages as values: a request read within its limits, a reply written once.

ASGI only; no framework object travels further than this file, `app.py` and `door.py`.
"""

from __future__ import annotations

import asyncio
import functools
import random
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from gateway.edge.whole import Pairs, Whole, lines
from gateway.errors import BadRequest
from gateway.scim.reply import Headers, Reply
from gateway.swift import swift

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SAFE_ID = re.compile(r"^[A-Za-z0-9._:/+=-]{1,128}$")
_BODILESS = frozenset(("GET", "HEAD"))
_OURS = frozenset(("Cache-Control", "Content-Type", "Expires", "Pragma", "X-Content-Type-Options", "X-XSS-Protection"))
"""Headers whose few values are ours."""
_LINES: dict[tuple[str, str], str] = {}
"""Those as they are sent, each once it has been said."""
_FRAMING = frozenset((b"connection", b"content-length", b"transfer-encoding"))


class Known(tuple[tuple[bytes, bytes], ...]):
    """The headers of a scope that stand for others like them, too: they know how they read."""

    decoded: dict[str, str]


@swift
@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request. Header names are lower case; of a repeated header the last value counts, as proxies put theirs behind."""

    method: str
    path: str
    query: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    address: str
    scheme: str
    host: str
    request_id: str
    peer: str = ""
    """The address that the connection came from, whatever a proxy says of its client's."""
    certificate: str | None = field(default=None, repr=False)
    """The client's certificate (PEM), where our own TLS asked for one (ASGI TLS extension)."""


def read_head(scope: Scope) -> Message:
    """The request's head. The path is as sent (percent-encoded), so that an encoded slash in an id stays one."""
    pairs = scope["headers"]
    headers = pairs.decoded if type(pairs) is Known else decoded(pairs)
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    address = client[0] if client else ""
    shown = scope.get("extensions") or {}
    tls, peer = shown.get("tls"), shown.get("peer")
    return Message(
        scope["method"],
        (raw.partition(b"?")[0] if b"?" in raw else raw).decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        headers,
        address,
        scope.get("scheme", "http"),
        headers.get("host", "localhost"),
        request_id(headers),
        peer["address"] if peer else address,
        next(iter(tls.get("client_cert_chain", ())), None) if tls else None,
    )


def decoded(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their names in lower case; of a repeated one the last value."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def request_id(headers: dict[str, str]) -> str:
    """The caller's id for this request if it is harmless, else a new one."""
    offered = headers.get("opc-request-id") or headers.get("x-request-id") or ""
    return offered if offered and _SAFE_ID.match(offered) else f"{random.getrandbits(128):032x}"  # no secret


def check_coding(headers: dict[str, str]) -> None:
    """Raises BadRequest GW102 for a body in a content coding: nothing is unpacked here (RFC 9110 section 15.5.16)."""
    if "content-encoding" not in headers:
        return
    if headers["content-encoding"].strip().lower() not in ("identity", ""):
        raise BadRequest("GW102", "Content-Encoding is not understood here. Send the body as it is.")


def has_body(message: Message) -> bool:
    """Whether a body may come: of a read only where its head says so (RFC 9112 section 6.3)."""
    headers = message.headers
    return message.method not in _BODILESS or "content-length" in headers or "transfer-encoding" in headers


async def read_body(receive: Receive, headers: dict[str, str], limit: int, seconds: float = 30.0) -> bytes:
    """The whole body.

    Raises BadRequest GW103 as soon as it is known to be larger than `limit` bytes, GW127 when it does not come within `seconds`.
    """
    declared = headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared[:19]) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, limit)
    except TimeoutError:
        raise BadRequest("GW127", f"The body did not come within {seconds:g} seconds.") from None


async def _whole(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise ConnectionResetError
        chunk = part.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not part.get("more_body"):
            return b"".join(chunks)


def _too_large(limit: int) -> BadRequest:
    return BadRequest("GW103", f"The body is larger than {limit} bytes. Split the request.")


async def write(
    reply: Reply,
    send: Send,
    *,
    head_only: bool = False,
    also: Headers = (),
    unless_said: Pairs = (),
    whole: Whole | None = None,
) -> None:
    """Send the reply; for HEAD everything but the body. `also`: further headers; `unless_said`: those it has unless it says them itself.

    `whole`: the server's way to take all at once, if it has one.
    """
    body = reply.body or b""
    told = (*reply.headers, *also)
    besides, block = _besides(tuple([name for name, _ in told]), unless_said)
    sized = reply.status not in (204, 304)  # 304: the length would be that of the body that is not sent
    sent = b"" if head_only else body
    if whole is not None and block is not None:
        said = [_LINES.get(header) or _line(header) for header in told]
        if sized:
            said.append(f"content-length: {len(body)}\r\n")
        under_way = whole(reply.status, lines(said) + block, sent)
        if under_way is not None:
            await under_way
        return
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in told]
    if sized:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": [*headers, *besides]})
    await send({"type": "http.response.body", "body": sent})


def _line(header: tuple[str, str]) -> str:
    """A header as it is sent."""
    name, value = header
    line = f"{name.lower()}: {value}\r\n"
    if name in _OURS:
        _LINES[header] = line
    return line


@functools.lru_cache(256)
def _besides(names: tuple[str, ...], unless_said: Pairs) -> tuple[Pairs, bytes | None]:
    """What is not among these names, and the same as lines: None where one of the names is about how the answer is sent."""
    said = {name.lower().encode("latin-1") for name in names}
    left = tuple(each for each in unless_said if each[0] not in said)
    return left, b"".join([b"%b: %b\r\n" % each for each in left]) if said.isdisjoint(_FRAMING) else None
