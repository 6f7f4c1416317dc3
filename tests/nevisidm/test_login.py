"""Logins: what stands in the headers, and that no secret stands anywhere else."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from gateway.errors import ConfigError
from gateway.nevisidm.engine import Exchange, Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import ClientCredentials, LoginRefused, caller
from gateway.nevisidm.login_of import Said, login_of

NOWHERE = HttpxEngine(httpx.ASGITransport(app=lambda *_: None))  # type: ignore[arg-type]


async def header(**settings: Any) -> Mapping[str, str]:
    return await login_of(Said(**settings)).headers(NOWHERE)


async def test_a_bearer_token_is_sent_as_it_is() -> None:
    assert await header(mode="bearer", token="t0ken") == {"Authorization": "Bearer t0ken"}


async def test_a_nevis_id_token_is_unpadded_base64_of_user_credential_and_secret() -> None:
    found = (await header(mode="nevis_id", user="u1", credential="c1", secret="s3cr"))["Authorization"]
    token = found.removeprefix("Bearer ")
    assert not token.endswith("=")
    assert base64.b64decode(token + "=" * (-len(token) % 4)) == b"u1:c1:s3cr"


async def test_basic_takes_any_printable_secret() -> None:
    found = (await header(mode="basic", user="gw", secret="sécret:x"))["Authorization"]
    assert base64.b64decode(found.removeprefix("Basic ")).decode() == "gw:sécret:x"


async def test_a_header_of_the_installation_s_own() -> None:
    assert await header(mode="header", header="X-Sec", token="v") == {"X-Sec": "v"}


async def test_a_caller_s_own_login_is_handed_through() -> None:
    assert await caller("Basic abc").headers(NOWHERE) == {"Authorization": "Basic abc"}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"mode": "bearer"}, "token"),
        ({"mode": "nevis_id", "user": "u"}, "credential and secret"),
        ({"mode": "oauth2", "client_id": "x", "secret": "s"}, "token_url"),
        ({"mode": "bearer", "token": "line\nend"}, "token"),
        ({"mode": "bearer", "token": "tökén"}, "token"),
        ({"mode": "basic", "user": "u", "secret": "s\n"}, "secret"),
    ],
)
def test_what_is_missing_or_cannot_be_sent_is_named_at_start(settings: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names) as caught:
        login_of(Said(**settings))
    assert settings.get("token", "tökén") not in str(caught.value)


def test_no_secret_stands_in_a_repr() -> None:
    every = {
        "token": "S3CRET",
        "user": "u",
        "credential": "c",
        "secret": "S3CRET",
        "token_url": "http://t",
        "client_id": "i",
    }
    for mode in ("bearer", "header", "basic", "nevis_id", "oauth2"):
        shown = repr(login_of(Said(mode=mode, **every)))
        assert "S3CRET" not in shown
        assert "Bearer" not in shown
        assert "Basic" not in shown


class TokenEndpoint:
    """An engine that is a token endpoint."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Mapping[str, str], bytes | None]] = []

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        assert (method, url) == ("POST", "http://as/token")
        assert timeouts.total
        self.asked.append((headers, body))
        await asyncio.sleep(0)
        status, said = self.answers.pop(0)
        return Exchange(status, {}, said if isinstance(said, bytes) else orjson.dumps(said))

    async def aclose(self) -> None: ...


def token(value: str, **more: Any) -> tuple[int, Any]:
    return 200, {"access_token": value, "token_type": "Bearer", **more}


async def test_client_credentials_are_asked_for_once_however_many_calls_wait() -> None:
    endpoint = TokenEndpoint(token("t1", expires_in=3600))
    login = ClientCredentials("http://as/token", "gw", "s&cret", "nevis")
    found = await asyncio.gather(*(login.headers(endpoint) for _ in range(5)))
    assert found == [{"Authorization": "Bearer t1"}] * 5
    [(headers, form)] = endpoint.asked
    assert parse_qs((form or b"").decode()) == {"grant_type": ["client_credentials"], "scope": ["nevis"]}
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"gw:s%26cret"


async def test_a_token_is_renewed_before_it_expires() -> None:
    now = 1000.0
    endpoint = TokenEndpoint(token("t1", expires_in=100), token("t2", expires_in=100))
    login = ClientCredentials("http://as/token", "gw", "s", "", clock=lambda: now)
    for moment, expected in ((1000.0, "t1"), (1069.0, "t1"), (1071.0, "t2")):
        now = moment
        assert await login.headers(endpoint) == {"Authorization": f"Bearer {expected}"}


async def test_a_short_lived_token_is_used_for_half_its_life() -> None:
    now = 0.0
    endpoint = TokenEndpoint(token("t1", expires_in=20), token("t2", expires_in=20))
    login = ClientCredentials("http://as/token", "gw", "s", "", clock=lambda: now)
    await login.headers(endpoint)
    now = 9.0
    assert await login.headers(endpoint) == {"Authorization": "Bearer t1"}
    now = 11.0
    assert await login.headers(endpoint) == {"Authorization": "Bearer t2"}


async def test_only_the_refused_token_is_forgotten() -> None:
    endpoint = TokenEndpoint(token("t1"), token("t2"))
    login = ClientCredentials("http://as/token", "gw", "s", "")
    old = await login.headers(endpoint)
    assert login.refused(old)
    new = await login.headers(endpoint)
    assert login.refused(old)  # a second call that was refused with the old one
    assert await login.headers(endpoint) == new
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [(401, {"error": "invalid_client"}), (200, {}), (200, b"<html>"), (200, ["t"]), token("two\nlines"), token(17)],  # type: ignore[arg-type]
)
async def test_an_answer_without_a_token_is_a_refused_login(answer: tuple[int, Any]) -> None:
    with pytest.raises(LoginRefused):
        await ClientCredentials("http://as/token", "gw", "s", "").headers(TokenEndpoint(answer))
