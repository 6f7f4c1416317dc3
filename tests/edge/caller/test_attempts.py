"""Guessing a caller's password is slow, from one machine or many, and keeps the caller itself in."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.edge.caller.attempts import Attempts, Bounds
from gateway.edge.caller.passwords import hashed
from gateway.edge.caller.room import Room
from gateway.errors import Denied, Unavailable
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate

Make = Callable[..., Awaitable[Any]]
RIGHT = "correct horse"
HASH = hashed(RIGHT)
HERE, THERE = "192.0.2.1", "192.0.2.2"


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Door:
    """Asks as the guards do; the password is right or not."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.time = 0.0
        self.attempts = Attempts("test", bounds, InProcess(clock=lambda: self.time))

    async def knock(self, password: str, account: str = "hr", address: str = HERE) -> bool | int:
        """Whether it was right; the seconds to wait where it was not looked at."""
        try:
            async with self.attempts.weighed(account, address, password):
                if password == RIGHT:
                    await self.attempts.succeeded(account, address, password)
                else:
                    await self.attempts.failed(account, address)
                return password == RIGHT
        except Denied as refused:
            return (refused.retry_after or 0) if refused.code.code == "GW308" else -1


async def test_an_account_may_be_guessed_ten_times_a_minute_from_one_address() -> None:
    door = Door()
    assert [await door.knock(f"guess{number}") for number in range(12)] == [False] * 10 + [6, 6]
    assert await door.knock(RIGHT) == 6  # not even the right one is looked at, or it could be told from the others
    assert await door.knock(RIGHT, address=THERE) is True
    door.time = 6.1
    assert await door.knock("guess") is False


async def test_one_address_may_not_go_through_all_accounts() -> None:
    door = Door()
    found = [await door.knock("Spring2026!", account=f"user{number}") for number in range(62)]
    assert found == [False] * 60 + [1, 1]
    assert await door.knock("Spring2026!", account="user1", address=THERE) is False


async def test_many_addresses_may_not_go_through_one_account_and_lock_nobody_out() -> None:
    door = Door()
    await door.knock(RIGHT, address="198.51.100.7")
    door.time = 3600.0
    found = [await door.knock("guess", address=f"203.0.113.{number}") for number in range(122)]
    assert found == [False] * 120 + [1, 1]
    assert await door.knock(RIGHT, address="203.0.113.250") is True  # proved before, in this process
    assert await door.knock("mistyped", address="198.51.100.7") is False  # from where it came before
    other = Attempts("test", None, door.attempts._shared)  # after a restart, or another replica
    async with other.weighed("hr", "198.51.100.7", RIGHT):
        pass
    with pytest.raises(Denied, match="GW308"):
        async with other.weighed("hr", "203.0.113.251", RIGHT):
            pass


async def test_a_right_proof_is_looked_at_whatever_others_do_from_its_address() -> None:
    door = Door()
    await door.knock(RIGHT)
    for number in range(100):
        await door.knock(f"guess{number}")
    assert await door.knock(RIGHT) is True
    assert await door.knock("guess") == 6


async def test_none_means_no_bound() -> None:
    door = Door(Bounds(None, None, None))
    assert [await door.knock("guess") for _ in range(200)] == [False] * 200


async def test_many_at_once_are_not_looked_at_before_the_first_have_failed() -> None:
    looked = 0
    attempts = Attempts("test", Bounds(Rate(3, 60.0), None, None), InProcess(), at_once=1)

    async def knock() -> None:
        nonlocal looked
        async with attempts.weighed("hr", HERE, "guess"):
            looked += 1
            await asyncio.sleep(0)
            await attempts.failed("hr", HERE)

    ended = await asyncio.gather(*(knock() for _ in range(30)), return_exceptions=True)
    assert (looked, sum(isinstance(each, Denied) for each in ended)) == (3, 27)


async def test_who_would_wait_long_is_refused_at_once_but_for_the_sure() -> None:
    room = Room(1, waiting=2)
    ready = asyncio.Event()

    async def stay(sure: bool = False) -> None:
        async with room.taken(sure=sure):
            await ready.wait()

    staying = [asyncio.ensure_future(stay()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="GW509"):
        await stay()
    sure = asyncio.ensure_future(stay(sure=True))
    ready.set()
    await asyncio.gather(*staying, sure)
    await stay()


async def test_basic_callers_are_guarded_and_told_in_scim(make_world: Make) -> None:
    callers = [{"subject": "HR", "user": "hr", "password_hash": HASH, "roles": ["Reader"]}]
    world = await make_world(users=1, callers=callers, rates={"failed_logins": {"pair": "2/hour"}})
    codes = [
        (await world.send("GET", "/admin/v1/Users?count=0", **basic("hr", f"guess{number}"))).status_code
        for number in range(2)
    ]
    answer = await world.send("GET", "/admin/v1/Users?count=0", **basic("hr", RIGHT))
    assert (codes, answer.status_code, answer.headers["retry-after"]) == ([401, 401], 429, "1800")
    assert "tooManyRequests" in answer.text
    assert RIGHT not in answer.text


@pytest.mark.parametrize("path", ["/oauth2/v1/token", "/oauth2/v1/introspect"])
async def test_clients_are_guarded_and_told_in_oauth_s_words(make_world: Make, path: str) -> None:
    callers = [
        {"subject": name, "client_id": name, "client_secret_hash": HASH, "roles": ["Reader"]} for name in ("hr", "crm")
    ]
    world = await make_world(
        users=1,
        callers=callers,
        token_endpoint={"issuer": "https://gateway.example"},
        rates={"failed_logins": {"pair": "2/hour"}},
    )

    async def ask(client: str, secret: str, *, form: bool = False) -> Any:
        fields = {"grant_type": "client_credentials", "token": "x"}
        if form:
            fields |= {"client_id": client, "client_secret": secret}
        headers = {"Authorization": ""} if form else basic(client, secret)
        return await world.client.post(path, data=fields, headers=headers)

    assert (await ask("crm", RIGHT)).status_code == 200
    codes = [(await ask("hr", "guess")).status_code, (await ask("hr", "guess", form=True)).status_code]
    assert set(codes) <= {400, 401}
    refused = await ask("hr", RIGHT)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1800")
    assert refused.json()["error"] == "temporarily_unavailable"
    assert (await ask("crm", RIGHT)).status_code == 200


async def test_tokens_are_fetched_as_often_as_the_group_allows(make_world: Make) -> None:
    callers = [{"subject": "HR", "client_id": "hr", "client_secret_hash": HASH, "roles": ["Reader"]}]
    rates = {"tier": "none", "groups": {"token": ["2/hour"]}}
    world = await make_world(users=1, callers=callers, token_endpoint={"issuer": "https://g.example"}, rates=rates)
    form = {"grant_type": "client_credentials"}
    answers = [await world.client.post("/oauth2/v1/token", data=form, headers=basic("hr", RIGHT)) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 1700
    assert "access_token" not in answers[-1].text
