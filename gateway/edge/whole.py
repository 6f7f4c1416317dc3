"""A whole answer, head and body, in one piece: what an application may say where the server offers it, instead of ASGI's two messages.

uvicorn looks at each header of an answer with two regular expressions and writes twice; a SCIM answer has a dozen headers. Here the head is
put together once and looked at once. What a server offers stands in the scope's extensions; who finds nothing there sends as ASGI says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

WHOLE = "scim.whole"
"""The name of the extension: a `Whole`."""
Whole = Callable[[int, bytes, bytes], Awaitable[None] | None]
"""Takes status, the lines of the headers and the body that is to be sent; what it returns is to be awaited.

The lines are the caller's care: each is one header and ends in CRLF (`lines`); the length is among them, `Connection` is not.
"""
Pairs = tuple[tuple[bytes, bytes], ...]


def lines(said: list[str]) -> bytes:
    """Lines of headers, each with its CRLF, as they are sent. Raises RuntimeError for one that would become another on the way."""
    head = "".join(said).encode("latin-1", "replace")
    if head.count(b"\n") != len(said) or head.count(b"\r") != len(said) or b"\0" in head:
        raise RuntimeError("a header that cannot be written")
    return head


def send_whole(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> Awaitable[None] | None:
    """Send it, at once where the connection takes it."""
    if cycle.flow.write_paused and not cycle.disconnected:
        return _patiently(cycle, status, head, body)
    if not cycle.disconnected:
        _send(cycle, status, head, body)
    return None


async def _patiently(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    await cycle.flow.drain()
    if not cycle.disconnected:
        _send(cycle, status, head, body)


def _send(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join((STATUS_LINE[status], _usual(cycle.default_headers), head, end, body)))
    waited_for = cycle.__dict__.get("message_event")  # who has none has nobody who waits for it
    if waited_for is not None:
        waited_for.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    extensions: dict[str, Any] = cycle.scope["extensions"]
    extensions.pop(WHOLE, None)  # it holds the cycle, which holds the scope: without this only the collector could tell


_LAST: list[Any] = [None, b""]
"""The headers that uvicorn adds to every answer, a new list once a second, and their lines."""


def _usual(headers: list[tuple[bytes, bytes]]) -> bytes:
    if _LAST[0] is not headers:
        _LAST[:] = headers, b"".join([b"%b: %b\r\n" % each for each in headers])
    known: bytes = _LAST[1]
    return known
