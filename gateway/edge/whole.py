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
Whole = Callable[[int, list[tuple[bytes, bytes]], bytes], Awaitable[None]]
"""Takes status, headers with lower-case names (the length among them, where there is one) and the body that is to be sent."""
_CLOSE = (b"connection", b"close")


async def send_whole(cycle: RequestResponseCycle, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send it. Raises RuntimeError for a header that would become another one on the way, as uvicorn does."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    lines: list[Any] = [STATUS_LINE[status]]
    for each in (cycle.default_headers, headers):
        lines += [b"%b: %b\r\n" % header for header in each]
    if _CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    head = b"".join(lines)
    if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
        raise RuntimeError("a header that cannot be written")
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%b\r\n%b" % (head, body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
