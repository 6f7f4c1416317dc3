"""Which calls an installation has, found by reads alone, and what `check --online` shows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.assembly import Embedded
from gateway.command.checking import check_installation
from gateway.nevisidm.client import Client
from gateway.nevisidm.endpoints import Seen, look
from gateway.sandbox.app import sandbox
from gateway.sandbox.misbehave import Fault, Misbehaviour
from gateway.sandbox.people import fill
from gateway.sandbox.switches import Switches
from gateway.settings import Settings

USERS = ("GET", "/core/v1/clients/{client}/users")
PERSON = ("GET", "/core/v1/{client}/users/{user.extId}")
PUK = ("GET", "/core/v1/{client}/users/{user.extId}/puk")
ROLE = ("GET", "/core/v1/{client}/applications/{a}/roles/{r}")
QUERY = ("GET", "/query/v1/users")
WRITE = ("PATCH", "/core/v1/{client}/users/{user.extId}")


@pytest.fixture
def nevis() -> Misbehaviour:
    app = sandbox(switches=Switches(), token="gateway-token")
    fill(app.state.sandbox, 8)
    app.state.sandbox.journal.on = True
    return Misbehaviour(app, broken=httpx.ReadError)


async def seen(client: Client, *calls: tuple[str, str]) -> dict[str, Seen]:
    return {f"{each.method} {each.path}": each for each in await look(client, "100", calls)}


async def test_reads_are_asked_of_somebody_who_is_there_and_writes_are_not(
    nevis: Misbehaviour, client_to: Callable[..., Client]
) -> None:
    found = await seen(client_to(nevis), USERS, PERSON, PUK, ROLE, QUERY, WRITE, USERS)
    told = {name: (each.there, each.how) for name, each in found.items()}
    assert told == {
        " ".join(USERS): (True, "asked"),
        " ".join(PERSON): (True, "asked"),
        " ".join(PUK): (True, "asked, answers 404"),  # nobody has one: the address is right all the same
        " ".join(ROLE): (None, "not asked: it needs an id"),
        " ".join(QUERY): (True, "asked"),
        " ".join(WRITE): (None, "not asked: it writes"),
    }
    assert {entry.method for entry in nevis.app.state.sandbox.journal()} == {"GET"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("fault", "there", "how"),
    [
        (Fault("html404", path="/query/"), False, "asked, answers 404, and not as nevisIDM does"),
        (Fault("status", status=405, code="errors.x", path="/query/"), False, "asked, answers 405"),
        (Fault("status", status=501, code="errors.x", path="/query/"), False, "asked, answers 501"),
        (
            Fault("status", status=403, code="errors.x", path="/query/"),
            True,
            "right of the gateway's account is missing",
        ),
        (Fault("status", status=500, code="errors.x", path="/query/"), None, "asked, answers 500"),
        (Fault("wrong_type", path="/query/"), None, "asked, answers html"),
        (Fault("reset_before", path="/query/"), None, "asked, answers ReadError"),
    ],
)
async def test_what_an_answer_says_of_its_address(
    nevis: Misbehaviour, client_to: Callable[..., Client], fault: Fault, there: bool | None, how: str
) -> None:
    nevis.faults.append(fault)
    found = (await seen(client_to(nevis), QUERY))[" ".join(QUERY)]
    assert (found.there, how in found.how) == (there, True), found.how


async def test_the_check_shows_every_capability_and_every_call_of_the_mappings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = sandbox(switches=Switches(total_count=False), token="t")
    fill(app.state.sandbox, 8)
    status = await check_installation(Settings(capabilities={"max_limit": 500}), Embedded(app, "t"))
    said = capsys.readouterr().out
    lines = {line.split("  ")[0]: " ".join(line.split()) for line in said.splitlines()}
    assert status in (0, 1)
    assert lines["max_limit"] == "max_limit 500 set"
    assert lines["total"] == "total walk asked"
    assert lines["clear_value"] == "clear_value null assumed"
    calls = [
        " ".join(line.split()) for line in said.splitlines() if line.split()[:1] and line.split()[0] in ("GET", "POST")
    ]
    assert any(line.startswith("GET /core/v1/clients/{client}/users yes asked described") for line in calls), calls[:5]
    assert any("not asked: it writes" in line for line in calls)
    assert "calls: " in said


async def test_a_nevisidm_that_is_away_is_told_as_that(capsys: pytest.CaptureFixture[str]) -> None:
    async def away(scope: Any, receive: Any, send: Any) -> None:
        raise httpx.ConnectError("away")

    await check_installation(Settings(), Embedded(away, "t"))
    said = capsys.readouterr().out
    assert "nevisIDM was not asked what it can do" in said
    assert "0 of them are not there" in said
