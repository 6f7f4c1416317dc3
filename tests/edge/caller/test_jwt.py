"""Bearer JWTs: what is believed, what is not, and what happens when the issuer rotates its keys or is away."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from gateway.edge.caller import jwt as guards
from gateway.edge.caller.keys import FRESH, STALE, Fetched, FromFile, jwks
from gateway.edge.message import Message
from gateway.errors import Denied, Unavailable
from gateway.nevisidm.engine import Unreachable
from tests.edge.issuer import NAME, NOW, Issuer, claims

pytestmark = pytest.mark.anyio


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def failures() -> list[str]:
    return []


@pytest.fixture
def guard(issuer: Issuer, clock: Hands, failures: list[str]) -> guards.Jwt:
    return made(issuer, clock, failures)


def made(issuer: Issuer, clock: Hands, failures: list[str], **said: Any) -> guards.Jwt:
    keys = Fetched(jwks(issuer.engine(), NAME, None), failures.append, clock)
    return guards.Jwt(guards.Issuer(NAME, ("scim",), **said), keys, clock)


def bearing(token: str) -> Message:
    return Message("GET", "/scim/v2/Users", "", {"authorization": f"Bearer {token}"}, "::1", "https", "h", "r")


async def subject(guard: guards.Jwt, token: str) -> str | None:
    admitted = await guard.admit(bearing(token))
    return admitted.account.subject if admitted else None


async def test_a_good_token_comes_in(guard: guards.Jwt, issuer: Issuer) -> None:
    assert await subject(guard, issuer.token()) == "hr-app"


async def test_an_audience_may_be_one_of_several(guard: guards.Jwt, issuer: Issuer) -> None:
    assert await subject(guard, issuer.token(aud=["other", "scim"])) == "hr-app"


async def test_roles_and_tenant_come_from_claims(issuer: Issuer, clock: Hands) -> None:
    guard = made(issuer, clock, [], roles="realm.roles", tenant="client", granted=frozenset({"Reader"}))
    admitted = await guard.admit(bearing(issuer.token(realm={"roles": ["User Administrator", 7]}, client="200")))
    assert admitted is not None
    assert admitted.account.roles == {"Reader", "User Administrator"}
    assert admitted.account.tenant == "200"
    with pytest.raises(Denied, match="which tenant"):
        await guard.admit(bearing(issuer.token()))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"exp": int(NOW) - 31}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": "9999999999"}, "expired"),
        ({"nbf": int(NOW) + 31}, "not valid yet"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"sub": None}, "whose it is"),
        ({"sub": ""}, "whose it is"),
    ],
)
async def test_what_claims_must_say(guard: guards.Jwt, issuer: Issuer, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(Denied, match=why):
        await guard.admit(bearing(issuer.token(**changed)))


async def test_clocks_may_differ_a_little(guard: guards.Jwt, issuer: Issuer) -> None:
    assert await subject(guard, issuer.token(exp=int(NOW) - 29, nbf=int(NOW) + 29)) == "hr-app"


async def test_tokens_of_others_are_left_to_others(guard: guards.Jwt, issuer: Issuer) -> None:
    for other in (issuer.token(iss="https://elsewhere.example"), "opaque", "a.b.c", "e30.e30.e30", "", "x" * 9000):
        assert await guard.admit(bearing(other)) is None
    assert not issuer.asked


async def test_a_forged_signature_is_refused(guard: guards.Jwt, issuer: Issuer) -> None:
    forger = RSAKey.generate_key(2048, {"kid": "first"})
    with pytest.raises(Denied, match="cannot be verified"):
        await guard.admit(bearing(issuer.token(forger)))


def unsigned(alg: str) -> str:
    parts = ({"alg": alg, "kid": "first"}, claims())
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + "."


@pytest.mark.parametrize("alg", ["none", "None", "HS256"])
async def test_no_token_goes_without_a_signature(guard: guards.Jwt, alg: str) -> None:
    with pytest.raises(Denied, match="algorithm"):
        await guard.admit(bearing(unsigned(alg)))


async def test_a_public_key_is_no_shared_secret(guard: guards.Jwt, issuer: Issuer) -> None:
    """The confusion of RS256 with HS256: a token signed with the public key's text."""
    text = unsigned("HS256").rstrip(".")
    seal = hmac.new(issuer.keys[0].as_pem(private=False), text.encode(), "sha256").digest()
    token = f"{text}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
    with pytest.raises(Denied, match="algorithm"):
        await guard.admit(bearing(token))


async def test_only_pinned_algorithms_count(issuer: Issuer, clock: Hands) -> None:
    guard = made(issuer, clock, [], algorithms=("ES256",))
    with pytest.raises(Denied, match="algorithm"):
        await guard.admit(bearing(issuer.token()))
    issuer.keys.append(ECKey.generate_key("P-256", {"kid": "curve"}))  # type: ignore[arg-type]
    token = issuer.token(issuer.keys[1], "ES256")
    assert await subject(guard, token) == "hr-app"


async def test_a_new_key_is_fetched_when_it_is_met(guard: guards.Jwt, issuer: Issuer, clock: Hands) -> None:
    assert await subject(guard, issuer.token()) == "hr-app"
    old = issuer.keys[0]
    issuer.rotate()
    clock.time += 11
    assert await subject(guard, issuer.token(sub="payroll")) == "payroll"
    with pytest.raises(Denied):
        await guard.admit(bearing(issuer.token(old, sub="late")))


async def test_invented_key_ids_do_not_knock_at_the_issuer_without_end(guard: guards.Jwt, issuer: Issuer) -> None:
    for number in range(20):
        with pytest.raises(Denied):
            await guard.admit(bearing(issuer.token(kid=f"invented-{number}")))
    assert issuer.asked["/issuer/jwks"] == 1


async def test_known_keys_outlive_an_outage(
    guard: guards.Jwt, issuer: Issuer, clock: Hands, failures: list[str]
) -> None:
    assert await subject(guard, issuer.token()) == "hr-app"
    issuer.down = True
    clock.time += FRESH + 1
    assert await subject(guard, issuer.token(exp=int(clock.time) + 60, sub="patient")) == "patient"
    await asyncio.sleep(0.02)  # nobody waited for the fetch
    assert failures == ["ValueError"]
    clock.time += STALE
    with pytest.raises(Unavailable) as refused:
        await guard.admit(bearing(issuer.token(exp=int(clock.time) + 60)))
    assert (refused.value.status, refused.value.retry_after) == (503, 10)


async def test_while_an_issuer_is_away_nobody_waits_for_it_but_the_first(issuer: Issuer, clock: Hands) -> None:
    """Tokens with invented key ids cost the issuer one question each ten seconds, and their senders no time."""
    asked, over = 0, asyncio.Event()

    async def hangs() -> Any:
        nonlocal asked
        asked += 1
        await over.wait()
        raise Unreachable("away", sent=False)

    fetch: list[Any] = [jwks(issuer.engine(), NAME, None)]
    keys = Fetched(lambda: fetch[0](), lambda _: None, clock)
    guard = guards.Jwt(guards.Issuer(NAME, ("scim",)), keys, clock)
    assert await subject(guard, issuer.token()) == "hr-app"
    fetch[0] = hangs
    clock.time += 11
    first = [asyncio.create_task(guard.admit(bearing(issuer.token(kid=f"k{number}")))) for number in range(5)]
    await asyncio.sleep(0.02)
    assert (asked, [each.done() for each in first]) == (1, [False] * 5)
    assert await subject(guard, issuer.token(sub="known")) == "known"
    over.set()
    outcomes = await asyncio.gather(*first, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in outcomes), "the keys may be new ones: no reason to say 401"
    over.clear()
    clock.time += 11
    began = time.monotonic()
    for number in range(5):
        with pytest.raises(Unavailable):
            await guard.admit(bearing(issuer.token(kid=f"l{number}")))
    assert await subject(guard, issuer.token(sub="another")) == "another"
    await asyncio.sleep(0.02)
    assert (asked, time.monotonic() - began < 0.5) == (2, True)
    fetch[0] = jwks(issuer.engine(), NAME, None)
    over.set()
    await asyncio.sleep(0.02)
    clock.time += 11
    with pytest.raises(Unavailable):
        await guard.admit(bearing(issuer.token(kid="m")))
    await asyncio.sleep(0.02)
    with pytest.raises(Denied):
        await guard.admit(bearing(issuer.token(kid="m")))


async def test_an_issuer_that_was_never_reached_is_no_reason_to_say_401(guard: guards.Jwt, issuer: Issuer) -> None:
    issuer.down = True
    with pytest.raises(Unavailable):
        await guard.admit(bearing(issuer.token()))


async def test_a_good_token_is_remembered_but_not_beyond_its_end(
    guard: guards.Jwt, issuer: Issuer, clock: Hands
) -> None:
    token = issuer.token(exp=int(NOW) + 5)
    for _ in range(3):
        assert await subject(guard, token) == "hr-app"
        clock.time += 1
    clock.time += 40
    with pytest.raises(Denied, match="expired"):
        await guard.admit(bearing(token))


async def test_keys_may_stand_in_a_file(issuer: Issuer, clock: Hands, tmp_path: Any) -> None:
    for name, content in (
        ("keys.json", json.dumps({"keys": [issuer.keys[0].as_dict(private=False)]}).encode()),
        ("key.pem", issuer.keys[0].as_pem(private=False)),
    ):
        (tmp_path / name).write_bytes(content)
        guard = guards.Jwt(guards.Issuer(NAME, ("scim",)), FromFile(tmp_path / name), clock)
        assert await subject(guard, issuer.token()) == "hr-app"


async def test_a_key_file_is_read_again_when_it_changes(issuer: Issuer, clock: Hands, tmp_path: Any) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [issuer.keys[0].as_dict(private=False)]}))
    guard = guards.Jwt(guards.Issuer(NAME, ("scim",)), FromFile(file), clock)
    assert await subject(guard, issuer.token()) == "hr-app"
    issuer.rotate()
    file.write_text(json.dumps({"keys": [issuer.keys[0].as_dict(private=False)], "renewed": True}))
    assert await subject(guard, issuer.token(sub="second")) == "second"
    file.write_text("{ half a fi")
    assert await subject(guard, issuer.token(sub="third")) == "third"
    file.unlink()
    assert await subject(guard, issuer.token(sub="fourth")) == "fourth"
