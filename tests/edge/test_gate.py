"""The gate: what the settings make of it, who comes in through a whole gateway, and what those read who do not."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

import pytest

from gateway.edge.admission import gate_for
from gateway.edge.caller.passwords import hashed
from gateway.edge.caller.tokens import digest
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.settings import Settings
from tests.edge.issuer import NAME, Issuer

pytestmark = pytest.mark.anyio


def gate(**said: Any) -> Any:
    return gate_for(Settings(**said), None, Events(logging.debug), Issuer().engine)


@pytest.mark.parametrize(
    ("callers", "cure"),
    [
        ([], "nobody could come in"),
        ([{"subject": "hr"}], "cannot prove who it is"),
        ([{"subject": "hr", "user": "hr"}], "user and password_hash together"),
        ([{"subject": "hr", "user": "hr", "password_hash": "plain"}], "scim-nevisidm hash"),
        ([{"subject": "hr", "key_id": "a/b/c"}], "key_id and public_key_file together"),
        (
            [{"subject": "hr", "key_id": "a/b/c", "public_key_file": "/nowhere.pem", "roles": ["Reader"]}],
            "not a public key",
        ),
        ([{"subject": "hr", "token": "x"}], "may do nothing"),
        ([{"subject": "hr", "token": "x", "roles": ["Raeder"]}], "there is no role 'Raeder'"),
    ],
)
def test_a_caller_that_could_not_come_in_is_a_finding(callers: list[dict[str, Any]], cure: str) -> None:
    with pytest.raises(ConfigError, match=cure) as refused:
        gate(callers=callers)
    assert "plain" not in str(refused.value)


def test_an_issuer_without_roles_is_a_finding() -> None:
    with pytest.raises(ConfigError, match="may do nothing"):
        gate(issuers=[{"issuer": NAME, "audience": ["scim"]}])


def test_a_key_that_is_too_short_or_no_key_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN PUBLIC KEY-----\nrubbish\n-----END PUBLIC KEY-----\n")
    with pytest.raises(ConfigError, match="not a public key"):
        gate(callers=[{"subject": "hr", "key_id": "a/b/c", "public_key_file": str(file), "roles": ["Reader"]}])


@pytest.mark.parametrize(
    "said",
    [
        {"issuers": [{"issuer": NAME, "audience": []}]},
        {"issuers": [{"issuer": NAME, "audience": ["scim"], "algorithms": ["HS256"]}]},
        {"issuers": [{"issuer": NAME, "audience": ["scim"], "algorithms": ["none"]}]},
        {"issuers": [{"issuer": NAME, "audience": ["scim"], "jwks_url": "http://idp.example.org/jwks"}]},
        {"introspection": [{"url": "http://idp.example.org/introspect", "client_id": "x"}]},
        {"tls": {"certificate_file": "a", "key_file": "b", "clients": "required"}},
        {"certificate_proxy": {"addresses": []}},
    ],
)
def test_what_would_not_be_safe_is_no_setting(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"validation error"):
        Settings(**said)


async def test_every_way_leads_in_and_is_named_in_the_audit(make_world: Any) -> None:
    callers = [
        {"subject": "by-token", "token_sha256": digest("t0ken"), "roles": ["Identity Domain Administrator"]},
        {"subject": "by-password", "user": "app", "password_hash": hashed("pass"), "roles": ["Reader"]},
    ]
    world = await make_world(users=3, callers=callers)
    basic = "Basic " + base64.b64encode(b"app:pass").decode()
    for authorization in ("Bearer t0ken", basic):
        answer = await world.send("GET", "/scim/v2/Users?count=1", Authorization=authorization)
        assert answer.status_code == 200, answer.text
    refused = await world.send("GET", "/scim/v2/Users", Authorization="Basic " + base64.b64encode(b"app:no").decode())
    assert refused.status_code == 401
    offered = refused.headers.get_list("www-authenticate")
    assert offered == ['Bearer realm="scim"', 'Basic realm="scim", charset="UTF-8"']
    wrong = await world.send("GET", "/scim/v2/Users", Authorization="Bearer nobody")
    assert wrong.headers.get_list("www-authenticate")[0] == 'Bearer realm="scim", error="invalid_token"'
    assert wrong.json()["status"] == "401"


async def test_the_audit_names_the_caller(make_world: Any) -> None:
    world = await make_world(
        users=1,
        callers=[{"subject": "by-token", "token_sha256": digest("t0ken"), "roles": ["Identity Domain Administrator"]}],
    )
    found = (await world.send("GET", "/scim/v2/Users?count=1")).json()["Resources"][0]["id"]
    answer = await world.send("DELETE", f"/scim/v2/Users/{found}", Authorization="Bearer t0ken")
    assert answer.status_code == 204
    assert [event.subject for event in world.events if type(event).__name__ == "Changed"] == ["by-token"]
