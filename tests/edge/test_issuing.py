"""The token endpoint: what an IDCS application sends, what it gets, and what its token is good for."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from gateway.edge.caller.account import Account
from gateway.edge.caller.passwords import hashed
from gateway.edge.issuing.client import OAuthClient
from gateway.errors import ConfigError

pytestmark = pytest.mark.anyio

ISSUER = "https://gateway.example"
MINE = "urn:opc:idm:__myscopes__"
SECRET = "s3cret-of-the-app"
KEY = RSAKey.generate_key(2048)
Fetch = Callable[..., Awaitable[Any]]


@pytest.fixture
async def world(make_world: Any, tmp_path: Path) -> Any:
    (tmp_path / "client.pem").write_bytes(KEY.as_pem(private=False))
    (tmp_path / "sign.pem").write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    made = await make_world(
        users=4,
        token_endpoint={"issuer": ISSUER, "key_files": [str(tmp_path / "sign.pem")]},
        callers=[
            {
                "subject": "HR",
                "client_id": "hr app:1",
                "client_secret_hash": hashed(SECRET),
                "roles": ["Reader", "User Administrator"],
            },
            {
                "subject": "Robot",
                "client_id": "robot",
                "client_key_file": str(tmp_path / "client.pem"),
                "roles": ["Reader"],
            },
        ],
    )
    made.keys = tmp_path / "sign.pem"
    return made


def basic(client: str = "hr%20app%3A1", secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


@pytest.fixture
def fetch(world: Any) -> Fetch:
    """Asks for a token."""

    async def fetched(scope: str | None = MINE, headers: dict[str, str] | None = None, **more: str) -> Any:
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope is not None else {}), **more}
        usual = basic() if headers is None else headers
        return await world.client.post("/oauth2/v1/token", data=form, headers=usual)

    return fetched


async def use(world: Any, answer: Any, method: str = "GET", path: str = "/admin/v1/Users?count=1") -> Any:
    return await world.send(method, path, Authorization=f"Bearer {answer.json()['access_token']}")


async def test_a_token_is_had_and_is_good(world: Any, fetch: Fetch) -> None:
    answer = await fetch()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    said = answer.json()
    assert (said["token_type"], said["expires_in"], set(said)) == (
        "Bearer",
        3600,
        {"access_token", "token_type", "expires_in"},
    )
    assert (await use(world, answer)).status_code == 200


async def test_it_says_what_resource_servers_look_at(world: Any, fetch: Fetch) -> None:
    answer = await fetch()
    keys = KeySet.import_key_set((await world.client.get("/admin/v1/SigningCert/jwk")).json())
    assert not any("d" in key.as_dict() for key in keys)
    token = jwt.decode(answer.json()["access_token"], keys, algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    claims = token.claims
    assert claims["iss"] == claims["aud"] == ISSUER
    assert (claims["sub"], claims["sub_type"], claims["client_id"], claims["client_name"], claims["tok_type"]) == (
        "hr app:1",
        "client",
        "hr app:1",
        "HR",
        "AT",
    )
    assert claims["exp"] - claims["iat"] == 3600


async def test_roles_and_lifetime_can_be_narrowed(world: Any, fetch: Fetch) -> None:
    narrow = await fetch("urn:opc:idm:role.Reader urn:opc:resource:expiry=300")
    assert narrow.json()["expires_in"] == 300
    assert (await use(world, narrow)).status_code == 200
    assert (await use(world, narrow, "DELETE", "/admin/v1/Users/u-1001")).status_code == 403
    twice_encoded = await fetch("urn:opc:idm:role.User%20Administrator")
    assert (await use(world, twice_encoded, "DELETE", "/admin/v1/Users/u-1001")).status_code == 204
    elsewhere = await fetch("urn:opc:resource:consumer::all")
    assert (await use(world, elsewhere)).status_code == 403
    assert (await fetch(f"{MINE} urn:opc:resource:expiry=999999")).json()["expires_in"] == 3600


@pytest.mark.parametrize(
    "scope",
    [
        "openid",
        f"{MINE} urn:opc:resource:consumer::all",
        "urn:opc:idm:role.Security%20Administrator",
        "urn:opc:idm:role.Nobody",
        "urn:opc:resource:expiry=0",
        "urn:opc:resource:expiry=soon",
        "urn:opc:resource:expiry=1 urn:opc:resource:expiry=2",
    ],
)
async def test_a_scope_that_cannot_be_had_is_told_in_oauths_words(fetch: Fetch, scope: str) -> None:
    answer = await fetch(scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert "schemas" not in answer.json()


@pytest.mark.parametrize("headers", [{}, basic(secret="wrong"), basic("nobody"), {"Authorization": "Basic %%%"}])
async def test_who_is_not_known_gets_nothing(fetch: Fetch, headers: dict[str, str]) -> None:
    answer = await fetch(headers={"Authorization": "", **headers})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert SECRET not in answer.text


async def test_a_secret_may_stand_in_the_form(world: Any, fetch: Fetch) -> None:
    answer = await fetch(headers={"Authorization": ""}, client_id="hr app:1", client_secret=SECRET)
    assert answer.status_code == 200


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "", "nonsense"])
async def test_other_grants_are_not_offered(world: Any, grant: str) -> None:
    answer = await world.client.post("/oauth2/v1/token", data={"grant_type": grant}, headers=basic())
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_what_is_no_form_is_refused(world: Any) -> None:
    for content, kind in (
        (b"{}", "application/json"),
        (b"grant_type=client_credentials&grant_type=password", "application/x-www-form-urlencoded"),
        (b"x=" + b"y" * 70_000, "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
    ):
        headers = {**basic(), "content-type": kind}
        answer = await world.client.post("/oauth2/v1/token", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) in (
            (400, "invalid_request"),
            (400, "unsupported_grant_type"),
        )


def assertion(key: RSAKey = KEY, **changed: Any) -> str:
    now = int(time.time())
    usual = {
        "iss": "robot",
        "sub": "robot",
        "aud": f"{ISSUER}/oauth2/v1/token",
        "exp": now + 60,
        "jti": str(time.monotonic_ns()),
    }
    return jwt.encode({"alg": "RS256"}, {k: v for k, v in (usual | changed).items() if v is not None}, key)


def asserted(token: str) -> dict[str, str]:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"client_id": "robot", "client_assertion_type": kind, "client_assertion": token}


async def test_an_assertion_does_instead_of_a_secret_once(world: Any, fetch: Fetch) -> None:
    token = assertion()
    first = await fetch(headers={"Authorization": ""}, **asserted(token))
    assert first.status_code == 200, first.text
    assert (await use(world, first)).status_code == 200
    again = await fetch(headers={"Authorization": ""}, **asserted(token))
    assert again.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": RSAKey.generate_key(2048)},
        {"exp": 1},
        {"exp": None},
        {"aud": "https://elsewhere"},
        {"sub": "hr app:1"},
        {"iss": "hr app:1"},
        {"jti": None},
        {"exp": int(time.time()) + 10 * 86_400},
    ],
)
async def test_a_wrong_assertion_is_none(fetch: Fetch, wrong: dict[str, Any]) -> None:
    answer = await fetch(headers={"Authorization": ""}, **asserted(assertion(**wrong)))
    assert answer.json()["error"] == "invalid_client"
    assert answer.status_code in (400, 401)


async def test_introspection_tells_clients_and_nobody_else(world: Any, fetch: Fetch) -> None:
    token = (await fetch()).json()["access_token"]

    async def told(text: str, headers: dict[str, str]) -> Any:
        return await world.client.post("/oauth2/v1/introspect", data={"token": text}, headers=headers)

    good = (await told(token, basic())).json()
    assert (good["active"], good["client_id"], good["iss"]) == (True, "hr app:1", ISSUER)
    assert (await told(token + "x", basic())).json() == {"active": False}
    assert (await told("opaque", basic())).json() == {"active": False}
    assert (await told(token, {"Authorization": ""})).status_code == 401
    assert (await told("", basic())).status_code == 400


async def test_discovery_leads_to_the_keys(world: Any) -> None:
    found = (await world.client.get("/.well-known/openid-configuration")).json()
    assert found["issuer"] == ISSUER
    assert found["jwks_uri"] == f"{ISSUER}/admin/v1/SigningCert/jwk"
    assert found["token_endpoint"] == f"{ISSUER}/oauth2/v1/token"


async def test_keys_rotate_without_a_restart(world: Any, fetch: Fetch) -> None:
    old = await fetch()
    world.keys.write_text("half a fi")
    assert (await use(world, await fetch())).status_code == 200
    before = (await world.client.get("/admin/v1/SigningCert/jwk")).json()["keys"][0]["kid"]
    world.keys.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    new = await fetch()
    assert (await use(world, new)).status_code == 200
    after = (await world.client.get("/admin/v1/SigningCert/jwk")).json()["keys"][0]["kid"]
    assert before != after
    assert old.json()["access_token"] != new.json()["access_token"]


@pytest.mark.parametrize(
    ("caller", "endpoint", "cure"),
    [
        ({"client_id": "x", "client_secret_hash": hashed("x")}, None, "only with token_endpoint"),
        ({"client_id": "x"}, {"issuer": ISSUER}, "needs client_secret_hash or client_key_file"),
        ({"client_id": "x", "client_secret_hash": "plain"}, {"issuer": ISSUER}, "scim-nevisidm hash"),
        ({"client_id": "x", "client_key_file": "/nowhere"}, {"issuer": ISSUER}, "not a public key"),
        ({"token": "x"}, {"issuer": ISSUER, "key_files": ["/nowhere"]}, "key file cannot be used"),
    ],
)
async def test_half_of_a_client_is_a_finding(
    make_world: Any, caller: dict[str, Any], endpoint: dict[str, Any] | None, cure: str
) -> None:
    with pytest.raises(ConfigError, match=cure):
        await make_world(users=0, callers=[{"subject": "x", "roles": ["Reader"], **caller}], token_endpoint=endpoint)


async def test_without_it_there_are_no_such_addresses(make_world: Any) -> None:
    plain = await make_world(users=0)
    for path in ("/oauth2/v1/token", "/oauth2/v1/introspect", "/.well-known/openid-configuration"):
        assert (await plain.client.post(path)).status_code in (404, 405)


def test_a_secret_that_was_right_is_not_hashed_again_and_a_wrong_one_always_is(monkeypatch: pytest.MonkeyPatch) -> None:
    client = OAuthClient(Account("hr"), "hr", hashed(SECRET))
    assert client.check_client_secret(SECRET)
    looked: list[str] = []
    monkeypatch.setattr("gateway.edge.issuing.client.matches", lambda secret, _: bool(looked.append(secret)))
    assert client.check_client_secret(SECRET)
    assert not client.check_client_secret("wrong")
    assert not client.check_client_secret("wrong")
    assert looked == ["wrong", "wrong"]
