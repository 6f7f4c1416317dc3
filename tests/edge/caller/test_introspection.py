"""Opaque tokens: asked about once in a while, refused when they are not active, and no guess when nobody answers."""

from __future__ import annotations

import pytest

from gateway.edge.caller.introspection import AWAY, NO_LONGER, Introspection, Introspector
from gateway.edge.message import Message
from gateway.errors import Denied, Unavailable
from gateway.nevisidm.login import basic
from tests.edge.issuer import NAME, NOW, Issuer

pytestmark = pytest.mark.anyio
PATH = "/issuer/introspect"


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def issuer() -> Issuer:
    found = Issuer()
    found.active["good"] = {"active": True, "sub": "hr-app", "aud": "scim", "scope": "Reader Help", "exp": NOW + 20}
    found.active["strange"] = {"active": True, "sub": "hr-app", "aud": ["other"]}
    found.active["nobody"] = {"active": True, "aud": "scim"}
    found.active["program"] = {"active": True, "client_id": "batch", "aud": "scim"}
    found.active["sly"] = {"active": "true", "sub": "sly", "aud": "scim"}
    return found


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def guard(issuer: Issuer, clock: Hands) -> Introspection:
    asked = Introspector(f"{NAME}/introspect", ("scim",), roles="scope")
    return Introspection(asked, basic("gateway", "knock+knock"), issuer.engine(), clock)


def bearing(token: str) -> Message:
    return Message("GET", "/scim/v2/Users", "", {"authorization": f"Bearer {token}"}, "::1", "https", "h", "r")


async def test_an_active_token_comes_in_and_is_asked_about_once(
    guard: Introspection, issuer: Issuer, clock: Hands
) -> None:
    for _ in range(5):
        admitted = await guard.admit(bearing("good"))
        assert admitted is not None
        assert (admitted.account.subject, admitted.account.roles) == ("hr-app", {"Reader", "Help"})
    assert issuer.asked[PATH] == 1
    clock.time += 21  # beyond its end, though an answer is believed for thirty seconds
    issuer.active.clear()
    assert await guard.admit(bearing("good")) is None
    assert issuer.asked[PATH] == 2


async def test_a_program_is_known_by_its_client_id(guard: Introspection) -> None:
    admitted = await guard.admit(bearing("program"))
    assert admitted is not None
    assert admitted.account.subject == "batch"


async def test_an_inactive_token_is_not_asked_about_all_the_time(
    guard: Introspection, issuer: Issuer, clock: Hands
) -> None:
    for _ in range(5):
        assert await guard.admit(bearing("gone")) is None
    assert issuer.asked[PATH] == 1
    clock.time += NO_LONGER + 1
    issuer.active["gone"] = {"active": True, "sub": "back", "aud": "scim"}
    assert await guard.admit(bearing("gone")) is not None


async def test_only_true_is_true(guard: Introspection) -> None:
    assert await guard.admit(bearing("sly")) is None


@pytest.mark.parametrize(("token", "why"), [("strange", "another audience"), ("nobody", "whose it is")])
async def test_what_the_answer_must_say(guard: Introspection, token: str, why: str) -> None:
    with pytest.raises(Denied, match=why):
        await guard.admit(bearing(token))


async def test_when_nobody_answers_it_is_503_and_not_401(guard: Introspection, issuer: Issuer) -> None:
    issuer.down = True
    with pytest.raises(Unavailable) as refused:
        await guard.admit(bearing("good"))
    assert refused.value.status == 503
    assert "good" not in str(refused.value)


async def test_an_issuer_that_did_not_answer_is_left_alone_for_a_moment(
    guard: Introspection, issuer: Issuer, clock: Hands
) -> None:
    issuer.down = True
    for number in range(5):
        with pytest.raises(Unavailable):
            await guard.admit(bearing(f"invented-{number}"))
    assert issuer.asked[PATH] == 1
    issuer.down = False
    clock.time += AWAY + 0.1
    assert await guard.admit(bearing("good")) is not None


async def test_a_wrong_client_secret_is_no_ones_401_but_ours(issuer: Issuer) -> None:
    guard = Introspection(Introspector(f"{NAME}/introspect"), basic("gateway", "wrong"), issuer.engine())
    with pytest.raises(Unavailable):
        await guard.admit(bearing("good"))
