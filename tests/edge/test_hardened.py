"""Headers of every answer, whoever writes it: SCIM, errors, the token endpoint, the description, and what is no address at all."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.nevisidm.engine import Timeouts
from tests.nevisidm.sockets import says, server

HARD = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/scim/v2/Users?count=1"),
        ("GET", "/admin/v1/Users/nobody"),
        ("DELETE", "/scim/v2/Schemas"),
        ("GET", "/scim/v2/Schemas"),
        ("GET", "/openapi.json"),
        ("HEAD", "/scim/v2/Users/u-1001"),
        ("OPTIONS", "/admin/v1/Users"),
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("POST", "/oauth2/v1/token"),
        ("GET", "/oauth2/v1/token"),
    ],
)
async def test_every_answer_is_hardened(make_world: Any, method: str, path: str) -> None:
    world = await make_world(users=3, token_endpoint={"issuer": "https://gateway.example"})
    for login in ({}, {"Authorization": "Bearer wrong"}):
        answer = await world.send(method, path, **login)
        assert {name: answer.headers.get(name) for name in HARD} == HARD
        assert "no-store" in answer.headers["cache-control"]
        assert not {"server", "x-powered-by", "strict-transport-security"} & set(answer.headers)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/admin/v1/SigningCert/jwk"])
async def test_what_is_public_may_be_kept_for_a_while(make_world: Any, path: str) -> None:
    world = await make_world(users=0, token_endpoint={"issuer": "https://gateway.example"})
    answer = await world.send("GET", path)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert {name: answer.headers.get(name) for name in HARD} == HARD


async def test_what_asks_issuers_is_closed_at_the_end(make_world: Any) -> None:
    issuer = {"issuer": "http://127.0.0.1:9/i", "audience": ["scim"], "roles": ["Reader"]}
    world = await make_world(users=0, issuers=[issuer])
    gate = next(route.app.gate for route in world.app.routes if hasattr(route.app, "gate"))
    engine = gate._asking[-1]
    async with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as url:
        await engine.exchange("GET", url, {}, None, Timeouts())
        kept = engine._servers[url].idle[0]
        await world.app.state.aclose()
        assert not kept.reusable
