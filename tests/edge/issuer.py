"""An issuer of tokens as others run one: discovery, keys that rotate, introspection; reached as any other server is."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.nevisidm.engine_httpx import HttpxEngine

NAME = "http://127.0.0.1:9/issuer"
NOW = 1_800_000_000.0


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token says; None leaves a claim out."""
    usual = {"iss": NAME, "sub": "hr-app", "aud": "scim", "exp": int(NOW) + 600, "iat": int(NOW)}
    return {name: value for name, value in (usual | changed).items() if value is not None}


class Issuer:
    """The issuer. `asked` counts requests by path; `down` makes it answer 503; `active` are its opaque tokens."""

    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.asked: dict[str, int] = {}
        self.down = False
        self.active: dict[str, dict[str, Any]] = {}
        self.app = Starlette(
            routes=[
                Route("/issuer/.well-known/openid-configuration", self._discovery),
                Route("/issuer/jwks", self._jwks),
                Route("/issuer/introspect", self._introspect, methods=["POST"]),
            ]
        )

    def engine(self) -> HttpxEngine:
        """The way to it."""
        return HttpxEngine(httpx.ASGITransport(app=self.app))

    def rotate(self) -> None:
        """A new key; the old one is gone."""
        self.keys = [RSAKey.generate_key(2048, {"kid": f"key-{time.monotonic_ns()}", "use": "sig"})]

    def token(self, key: RSAKey | ECKey | None = None, alg: str = "RS256", kid: str | None = "", **changed: Any) -> str:
        """A signed token."""
        signing = key or self.keys[0]
        header = {"alg": alg, "kid": signing.kid if kid == "" else kid}
        named = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(named, claims(**changed), signing, algorithms=[alg])

    def _seen(self, request: Request) -> Response | None:
        self.asked[request.url.path] = self.asked.get(request.url.path, 0) + 1
        return Response("<html>", 503, media_type="text/html") if self.down else None

    async def _discovery(self, request: Request) -> Response:
        return self._seen(request) or JSONResponse({"issuer": NAME, "jwks_uri": f"{NAME}/jwks"})

    async def _jwks(self, request: Request) -> Response:
        strange = {"kty": "strange", "kid": "strange"}
        keys = [strange, *(key.as_dict(private=False) for key in self.keys)]
        return self._seen(request) or JSONResponse({"keys": keys})

    async def _introspect(self, request: Request) -> Response:
        refused = self._seen(request)
        if refused is not None:
            return refused
        expected = base64.b64encode(b"gateway:knock+knock").decode()
        if request.headers["authorization"] != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        form = await request.body()
        token = dict(httpx.QueryParams(form.decode()))["token"]
        return JSONResponse(self.active.get(token, {"active": False}))
