"""A create that is repeated with its opc-retry-token after the first process was killed: completed or told again, never made twice.

Nothing was remembered: the ids of what a create makes are made of caller, request and token.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.edge.retry import Retries
from gateway.sandbox.misbehave import Fault
from gateway.sandbox.secret import verify_secret
from gateway.sandbox.table import CREDENTIALS, USERS
from tests.faults.table import IDCS, SHAPES, differs, replaced, somebody, told
from tests.faults.test_every_fault import Table, worth_a_fault
from tests.faults.test_killed import Killed

TOKEN = "7f1c-token"
CREATES = ("a user", "a user with profile, properties and password", "a credential", "a group with members")


def forget(up: Any) -> None:
    """A new process remembers no tokens."""
    for route in up.world.app.routes:
        if hasattr(getattr(route, "app", None), "retries"):
            object.__setattr__(route.app, "retries", Retries())


@pytest.mark.parametrize("shape", CREATES)
async def test_whenever_the_first_was_killed_the_second_completes_it(make_upstream: Any, shape: str) -> None:
    up = await make_upstream(users=7)
    table = Table(up, shape)
    table.fresh()
    first = await up.send(table.method, table.path, table.body, opc_retry_token=TOKEN)
    assert first.status_code == 201, first.text
    after = table.judge.state()
    calls = [call.split()[0] for call in up.calls()]
    for place in worth_a_fault(calls):
        for effect in ("reset_before", "reset_after"):
            forget(up)
            table.fresh(Fault(effect, skip=place, times=1))
            up.wrapper.broken = Killed
            with pytest.raises(Killed):
                await up.send(table.method, table.path, table.body, opc_retry_token=TOKEN)
            up.wrapper.clear()
            forget(up)
            again = await up.send(table.method, table.path, table.body, opc_retry_token=TOKEN)
            assert (again.status_code, again.json()["id"]) == (201, first.json()["id"]), (place, effect, again.text)
            assert table.judge.state() == after, (place, effect, differs(table.judge.state(), after))


async def test_what_was_changed_since_stays_as_it_is(make_upstream: Any) -> None:
    """The password above all: a repetition hours later must not bring the first one back."""
    up = await make_upstream()
    body = somebody(password="Correct-Horse-1")
    first = (await up.send("POST", f"{IDCS}/Users", body, opc_retry_token=TOKEN)).json()["id"]
    await up.send(
        "PATCH", f"{IDCS}/Users/{first}", replaced(password="Correct-Horse-2", **{"name.familyName": "Later"})
    )
    forget(up)
    again = await up.send("POST", f"{IDCS}/Users", body, opc_retry_token=TOKEN)
    assert (again.status_code, again.json()["id"], again.json()["name"]["familyName"]) == (201, first, "Later")
    (password,) = up.world.box.store.rows(CREDENTIALS, "parent = ?", (first,))
    assert verify_secret("Correct-Horse-2", password.doc["_hash"])


async def test_a_repetition_that_fails_takes_nothing_back_that_was_acknowledged(make_upstream: Any) -> None:
    up = await make_upstream()
    body = somebody(password="Correct-Horse-1")
    await up.send("POST", f"{IDCS}/Users", body, opc_retry_token=TOKEN)
    forget(up)
    up.fault("status", status=500, path="/password$")
    again = await up.send("POST", f"{IDCS}/Users", body, opc_retry_token=TOKEN)
    assert told(again).code == "GW505"
    assert [row.doc["loginId"] for row in up.world.box.store.rows(USERS, "client = '100'")].count("newcomer") == 1


async def test_another_token_caller_or_body_is_another_request(make_upstream: Any) -> None:
    up = await make_upstream()
    await up.send("POST", f"{IDCS}/Users", somebody(), opc_retry_token=TOKEN)
    forget(up)
    assert told(await up.send("POST", f"{IDCS}/Users", somebody(), opc_retry_token="another")).code == "GW402"
    assert told(await up.send("POST", f"{IDCS}/Users", somebody(title="X"), opc_retry_token=TOKEN)).code == "GW402"
    assert told(await up.send("POST", f"{IDCS}/Users", somebody())).code == "GW402"


async def test_the_creates_of_a_bulk_are_found_again(make_upstream: Any) -> None:
    up = await make_upstream(users=7)
    method, path, body = SHAPES["a bulk"]
    first = await up.send(method, path, body, opc_retry_token=TOKEN)
    forget(up)
    again = await up.send(method, path, body, opc_retry_token=TOKEN)
    made = [answer.json()["Operations"][0] for answer in (first, again)]
    assert [(each["status"], each["location"]) for each in made] == [("201", made[0]["location"])] * 2
