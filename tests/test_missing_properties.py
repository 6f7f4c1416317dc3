"""An installation that lacks property definitions: `check --online` says which and prints what makes them, a client reads whom to ask."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.assembly import Embedded
from gateway.command.checking import check_installation
from gateway.sandbox.account import Account
from gateway.sandbox.table import DEFINITIONS
from gateway.settings import Settings

Make = Callable[..., Awaitable[Any]]
API = "/nevisidm/api/core/v1/properties"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CURE = "`scim-nevisidm check --online` tells an operator what to define."


def forget(world: Any, *names: str) -> None:
    """Take the definitions of user properties away, as where nobody made them."""
    for row in world.box.store.rows(DEFINITIONS, "client = ''"):
        if row.doc["scope"] == "USER_GLOBAL" and row.doc["name"] in names:
            world.box.store.delete(DEFINITIONS, row)


async def check(world: Any) -> int:
    return await check_installation(Settings(probe=False), Embedded(world.inner, "technical"))


async def test_nothing_is_said_where_all_are_there(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await check(world) == 0
    assert "are there" in capsys.readouterr().out


async def test_what_is_printed_defines_what_is_missing(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    forget(world, "phonePager", "uidNumber", "building")
    assert await check(world) == 1
    lines = capsys.readouterr().out.splitlines()
    bodies = [json.loads(line) for line in lines if line.startswith("{")]
    assert [each["name"] for each in bodies] == ["phonePager", "uidNumber"]
    assert bodies[0]["description"] == "SCIM User phoneNumbers.value"
    assert bodies[1]["uniquenessScope"] == "inClient"
    assert [await sent_by_an_operator(world, body) for body in bodies] == [201, 201]
    assert await check(world) == 0


async def sent_by_an_operator(world: Any, body: Any) -> int:
    """The status with which nevisIDM answers a printed body."""
    transport = httpx.ASGITransport(app=world.inner)
    async with httpx.AsyncClient(transport=transport, base_url="http://nevis") as operator:
        answer = await operator.post(API, json=body, headers={"Authorization": "Bearer technical"})
    return answer.status_code


async def test_an_older_release_cannot_say_so_all_are_listed(
    make_world: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    world = await make_world(switches={"release": "8.2511"})
    assert await check(world) == 0
    out = capsys.readouterr().out
    assert "not known, this nevisIDM has no call that lists property definitions" in out
    assert '"name": "scimExternalId"' in out


async def test_a_right_that_is_missing_is_named(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.box.accounts["technical"] = Account(rights=frozenset())
    assert await check(world) == 0
    assert "AccessControl.PropertyView" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "value", "name", "attribute"),
    [
        ("nickName", "Babs", "nickName", "nickName"),
        ('phoneNumbers[type eq "pager"].value', "+41310000001", "phonePager", "phoneNumbers.value"),
        (f"{ENTERPRISE}:costCenter", "CC-1", "costCenter", f"{ENTERPRISE}:costCenter"),
        (f"{NEVIS}:properties.shoeSize", "42", "shoeSize", f"{NEVIS}:properties.shoeSize"),
    ],
)
async def test_a_patch_reads_which_attribute_has_no_property(
    path: str, value: str, name: str, attribute: str, world: Any
) -> None:
    forget(world, name)
    operation = {"op": "add", "path": path, "value": value}
    answer = await world.send("PATCH", "/scim/v2/Users/u-1003", {"schemas": [PATCH_OP], "Operations": [operation]})
    assert answer.status_code == 400
    assert answer.json()["scimType"] == "invalidValue"
    assert answer.json()["detail"].startswith(f'nevisIDM has no property "{name}" to keep {attribute} in')
    assert answer.json()["detail"].endswith(CURE)


async def test_a_post_reads_it_too_and_leaves_nothing_behind(world: Any) -> None:
    forget(world, "department")
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "newcomer@example.org"}],
        "nickName": "Newbie",
        ENTERPRISE: {"department": "Tours"},
    }
    answer = await world.send("POST", "/scim/v2/Users", body)
    assert answer.status_code == 400
    assert f'no property "department" to keep {ENTERPRISE}:department in' in answer.json()["detail"]
    found = (await world.send("GET", '/scim/v2/Users?filter=userName eq "newcomer"')).json()
    assert found["totalResults"] == 0


async def test_a_value_that_is_taken_is_told_with_its_attribute(world: Any) -> None:
    operation = {"op": "replace", "path": "externalId", "value": "ext-1001"}
    answer = await world.send("PATCH", "/scim/v2/Users/u-1050", {"schemas": [PATCH_OP], "Operations": [operation]})
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("The value of externalId is taken already.")
