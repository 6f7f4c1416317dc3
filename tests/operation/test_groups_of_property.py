"""Groups whose members a property of users names (variant `groups-as-property`): nevisIDM's own list finds them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox.table import EAUTHORIZATIONS
from tests.operation.test_groups import EVERYBODY, GROUP, cost, found, operation, patch, values

Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def named(make_world: Make) -> Any:
    return await make_world(users=200, variants=("groups-as-property",))


async def members(world: Any, at: str = EVERYBODY) -> list[str]:
    answer = await world.send("GET", f"{at}?attributes=members")
    assert answer.status_code == 200, answer.text
    return [each["value"] for each in answer.json().get("members", ())]


async def test_members_come_and_go_and_are_listed_without_a_walk(named: Any) -> None:
    some = [f"u-{number}" for number in range(1001, 1011)]
    assert await cost(named, operation("add", value=values(some))) == 1 + 2 * len(some)
    assert await cost(named, operation("add", value=values(some[:1]))) == 2
    named.box.journal.clear()
    assert await members(named) == some
    assert len(named.box.journal()) < 10 + 2 * len(some)
    assert await cost(named, operation("remove", 'members[value eq "u-1001"]')) == 3
    assert await members(named) == some[1:]
    await patch(named, operation("replace", value=values(["u-1050", "u-1002"])))
    assert await members(named) == ["u-1002", "u-1050"]


async def test_who_comes_to_one_group_leaves_another(named: Any) -> None:
    await patch(named, operation("add", value=values(["u-1001", "u-1002"])))
    await patch(named, operation("add", value=values(["u-1001"])), at="/scim/v2/Groups/accountant")
    assert await members(named) == ["u-1002"]
    assert await found(named, 'members.value eq "u-1001"') == {"accountant"}
    own = (await named.send("GET", "/scim/v2/Users/u-1001?attributes=groups")).json()["groups"]
    assert [(each["value"], each["display"]) for each in own] == [("accountant", "Accountant")]
    people = (await named.send("GET", '/scim/v2/Users?filter=groups.value eq "employee"')).json()
    assert [each["id"] for each in people["Resources"]] == ["u-1002"]


async def test_nobody_is_left_in_between_when_one_fails(named: Any) -> None:
    await patch(named, operation("add", value=values(["u-1001"])), at="/scim/v2/Groups/accountant")
    answer = await patch(named, operation("add", value=values(["u-1001", "u-1032"])))  # archived
    assert answer.status_code == 409
    assert await members(named) == []
    assert await members(named, "/scim/v2/Groups/accountant") == ["u-1001"]


async def test_a_group_that_goes_leaves_no_mark_on_anybody(named: Any) -> None:
    await patch(named, operation("add", value=values(["u-1001", "u-1002"])), at="/scim/v2/Groups/communicator")
    for row in named.box.store.rows(EAUTHORIZATIONS, "client = ? AND erole = ?", ("100", "communicator")):
        named.box.store.delete(EAUTHORIZATIONS, row)
    assert (await named.send("DELETE", "/scim/v2/Groups/communicator")).status_code == 204
    body = {"schemas": [GROUP], "externalId": "communicator", "displayName": "Another"}
    assert (await named.send("POST", "/scim/v2/Groups", body)).status_code == 201
    assert await members(named, "/scim/v2/Groups/communicator") == []
