"""Groups that are units (variant `groups-as-units`): everybody is in one, so coming to one group is leaving another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox.table import PROFILES
from tests.operation.test_groups import GROUP, cost, found, operation, patch, values

Make = Callable[..., Awaitable[Any]]
HR = "/scim/v2/Groups/hr"


@pytest.fixture
async def units(make_world: Make) -> Any:
    return await make_world(variants=("groups-as-units",), variables={"default_unit": "root"})


def standing(world: Any, unit: str) -> set[str]:
    """Whose default profile stands in a unit, as nevisIDM has it."""
    rows = world.box.store.rows(PROFILES, "client = ? AND unit = ?", ("100", unit))
    return {row.parent for row in rows if row.doc["isDefaultProfile"]}


async def test_who_is_added_leaves_another_unit_and_who_is_removed_goes_to_the_default_one(units: Any) -> None:
    before = standing(units, "hr")
    assert "u-1001" not in before
    assert await cost(units, operation("add", value=values(["u-1001"])), at=HR) == 3
    assert await cost(units, operation("add", value=values(["u-1001"])), at=HR) == 2
    assert standing(units, "hr") == before | {"u-1001"}
    assert await found(units, 'members.value eq "u-1001"') == {"hr"}
    assert await cost(units, operation("remove", 'members[value eq "u-1001"]'), at=HR) == 3
    assert standing(units, "hr") == before
    assert "u-1001" in standing(units, "root")


@pytest.mark.parametrize("query", [True, False])
async def test_the_members_are_exact_with_and_without_the_index(query: bool, make_world: Make) -> None:
    world = await make_world(users=200, variants=("groups-as-units",), capabilities={"query_enabled": query})
    answer = await world.send("GET", f"{HR}?attributes=members")
    assert answer.status_code == 200, answer.text
    assert {each["value"] for each in answer.json()["members"]} == standing(world, "hr")
    page = await world.send("GET", f"{HR}?attributes=members[startIndex=2%26count=3]")
    assert [each["value"] for each in page.json()["members"]] == sorted(standing(world, "hr"))[1:4]
    several = (await world.send("GET", "/scim/v2/Groups?attributes=members")).json()["Resources"]
    assert {each["id"]: {one["value"] for one in each.get("members", ())} for each in several} == {
        each["id"]: standing(world, each["id"]) for each in several
    }


async def test_a_list_that_is_written_is_never_the_indexs(make_world: Make) -> None:
    world = await make_world(users=200, variants=("groups-as-units",), variables={"default_unit": "root"})
    world.box.journal.on = True
    assert (await patch(world, operation("replace", value=values(["u-1001", "u-1002"])), at=HR)).status_code == 200
    assert not [entry for entry in world.box.journal() if "/query/" in entry.path]
    assert standing(world, "hr") == {"u-1001", "u-1002"}


async def test_nobody_can_be_removed_where_nothing_says_where_to(make_world: Make) -> None:
    world = await make_world(variants=("groups-as-units",))
    before = standing(world, "hr")
    answer = await patch(world, operation("remove", f'members[value eq "{min(before)}"]'), at=HR)
    assert answer.status_code == 400
    assert "variables.default_unit" in answer.json()["detail"]
    assert standing(world, "hr") == before


async def test_what_fails_later_puts_everybody_back(units: Any) -> None:
    everywhere = {name: standing(units, name) for name in ("hr", "it", "sales", "root")}
    body = {"schemas": [GROUP], "displayName": "New", "members": values(["u-1001", "u-1002", "u-1032"])}  # archived
    assert (await units.send("POST", "/scim/v2/Groups", body)).status_code == 409
    assert {name: standing(units, name) for name in everywhere} == everywhere
    assert await found(units, 'displayName eq "New"') == set()


async def test_a_unit_is_deleted_once_its_members_are_elsewhere(units: Any) -> None:
    body = {"schemas": [GROUP], "externalId": "fresh", "displayName": "Fresh", "members": values(["u-1001"])}
    assert (await units.send("POST", "/scim/v2/Groups", body)).status_code == 201
    own = (await units.send("GET", "/scim/v2/Users/u-1001?attributes=groups")).json()["groups"]
    assert [(each["value"], each["display"]) for each in own] == [("fresh", "Fresh")]
    assert (await units.send("DELETE", "/scim/v2/Groups/fresh")).status_code == 204
    assert "u-1001" in standing(units, "root")
