"""The addresses of the token endpoint, as IDCS has them. Errors are OAuth's (RFC 6749 section 5.2), not SCIM's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.edge.caller.account import Admission
from gateway.edge.caller.jwt import Jwt, peek
from gateway.edge.issuing.asking import Asked, Asking
from gateway.edge.issuing.server import INTROSPECT, METHODS, TOKEN, Minting, TokenServer
from gateway.edge.issuing.signing import ALGORITHM, Signing
from gateway.edge.message import read_body, read_head
from gateway.errors import BadRequest, ScimError

MOST = 64_000
"""Longest form, in bytes."""
NOBODY = "invalid_client"
_PRIVATE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"), ("X-Content-Type-Options", "nosniff"))


class Issuing:
    """The endpoints over one server. `guard` verifies our own tokens, here as at the gate."""

    def __init__(self, server: TokenServer, signing: Signing, minting: Minting, guard: Jwt, asking: Asking) -> None:
        self._server = server
        self._asking = asking
        self._signing = signing
        self._minting = minting
        self._guard = guard

    def routes(self) -> list[Route]:
        """All addresses; the keys and the discovery document are public."""
        return [
            Route(TOKEN, _Address(self.token, ("POST",))),
            Route(INTROSPECT, _Address(self.introspect, ("POST",))),
            Route("/admin/v1/SigningCert/jwk", _Address(self.keys, ("GET", "HEAD"))),
            Route("/.well-known/openid-configuration", _Address(self.discovery, ("GET", "HEAD"))),
        ]

    async def token(self, request: Request) -> Response:
        """POST /oauth2/v1/token."""
        form = await _form(request)
        if form is None:
            return _said(400, {"error": "invalid_request", "error_description": "Send a form, each field once."})
        try:
            async with self._asking.of(request, form) as asked:
                status, body, headers = await asyncio.to_thread(self._server.answer, form, dict(request.headers))
                await asked.ended(refused=_names_nobody(body))
        except ScimError as error:
            return _busy(error)
        return _said(status, body, headers)

    async def introspect(self, request: Request) -> Response:
        """POST /oauth2/v1/introspect (RFC 7662): what a token of ours says, to clients of ours; anything else is not active."""
        form = await _form(request)
        try:
            async with self._asking.of(request, form or {}) as asked:
                await self._known(form or {}, request, asked)
        except OAuth2Error as error:
            status, body, headers = error()
            return _said(status, body, headers)
        except ScimError as error:
            return _busy(error)
        if form is None or not form.get("token"):
            return _said(400, {"error": "invalid_request", "error_description": "Send the token."})
        return _said(200, await self._told(request, form["token"]))

    async def keys(self, request: Request) -> Response:  # noqa: ARG002 — Starlette's signature
        """GET /admin/v1/SigningCert/jwk."""
        return _said(200, self._signing.published(), (("Cache-Control", "public, max-age=300"),))

    async def discovery(self, request: Request) -> Response:  # noqa: ARG002 — Starlette's signature
        """GET /.well-known/openid-configuration."""
        issuer = self._minting.issuer
        base = issuer.rstrip("/")
        document = {
            "issuer": issuer,
            "token_endpoint": base + TOKEN,
            "introspection_endpoint": base + INTROSPECT,
            "jwks_uri": f"{base}/admin/v1/SigningCert/jwk",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": [*METHODS[:2], "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
        return _said(200, document, (("Cache-Control", "public, max-age=300"),))

    async def _known(self, form: Mapping[str, str], request: Request, asked: Asked) -> None:
        """Raises OAuth2Error where no client of ours asks."""
        try:
            await asyncio.to_thread(self._server.known, form, dict(request.headers))
        except OAuth2Error as error:
            await asked.ended(refused=error.error == NOBODY)
            raise
        await asked.ended(refused=False)

    async def _told(self, request: Request, token: str) -> Mapping[str, Any]:
        shown = [(b"authorization", b"Bearer " + token.encode("latin-1", "replace"))]
        message = read_head({**request.scope, "headers": shown})
        try:
            admission: Admission | None = await self._guard.admit(message)
        except ScimError:
            admission = None
        if admission is None:
            return {"active": False}
        return {"active": True, "token_type": "Bearer", **peek(token)[1]}


@dataclass(frozen=True, slots=True)
class _Address:
    """An ASGI application that takes these methods, says so to OPTIONS, and refuses any other in OAuth's words."""

    answer: Callable[[Request], Awaitable[Response]]
    methods: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow = ", ".join((*self.methods, "OPTIONS"))
        method = scope["method"]
        if method == "OPTIONS":
            response = Response(b"", 200, {"allow": allow, "cache-control": "no-store"})
        elif method in self.methods:
            response = await self.answer(Request(scope, receive))
        else:
            body = {"error": "invalid_request", "error_description": f"This address takes {allow}."}
            response = _said(405, body, (("Allow", allow),))
        if method == "HEAD":
            response.body = b""  # its length stays said in the header
        await response(scope, receive, send)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form; None where it is none, too long, or has a field twice (RFC 6749 section 3.2)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        body = await read_body(request.receive, dict(request.headers), MOST)
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50)
    except (BadRequest, ValueError):
        return None
    return dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else None


def _names_nobody(body: Any) -> bool:
    """Whether an answer says that no client proved itself."""
    return isinstance(body, dict) and body.get("error") == NOBODY


def _busy(error: ScimError) -> Response:
    """429 and 503 in OAuth's words."""
    told = {"error": "temporarily_unavailable", "error_description": error.detail}
    return _said(error.status, told, (("Retry-After", str(error.retry_after or 1)),))


def _said(status: int, body: Any, headers: Iterable[tuple[str, str]] = ()) -> Response:
    named = {name.lower(): value for name, value in (*_PRIVATE, *headers)}
    named["content-type"] = "application/json"
    return Response(orjson.dumps(dict(body) if not isinstance(body, dict) else body), status, named)
