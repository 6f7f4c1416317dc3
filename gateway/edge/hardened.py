"""Headers that every answer carries, whoever wrote it: nothing is stored on the way, guessed at, framed or run.

HSTS goes with our own TLS only: behind a proxy that ends TLS, the proxy says it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp

from gateway.edge.message import Receive, Scope, Send
from gateway.edge.whole import Pairs

ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
OVER_TLS = ((b"strict-transport-security", b"max-age=31536000"),)
BOTH = ALWAYS + OVER_TLS


def hardening(scope: Scope) -> Pairs:
    """The headers for an answer to this request."""
    return BOTH if "tls" in (scope.get("extensions") or ()) else ALWAYS


class Hardened:
    """An ASGI application, such as a framework's, whose answers carry the headers; what an answer says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = hardening(scope)

        async def harder(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told = list(message.get("headers", ()))
                said = {name for name, _ in told}
                message["headers"] = told + [each for each in wanted if each[0] not in said]
            await send(message)

        await self._app(scope, receive, harder)
