"""Several profiles of a person: each comes, changes and goes by itself, and what fails is taken back."""

from __future__ import annotations

from typing import Any

from tests.operation.test_lifecycle import nevisidm

URN = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PROFILES = f"{URN}:profiles"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "/core/v1/100/users/u-1010/profiles"


async def patch(world: Any, *operations: dict[str, Any]) -> Any:
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    return await world.send("PATCH", f"/scim/v2/Users/u-1010?attributes={PROFILES}", body)


def edit(op: str, path: str = "", value: Any = None) -> dict[str, Any]:
    return {"op": op, "path": PROFILES + path} | ({"value": value} if value is not None else {})


async def stored(world: Any) -> dict[str, dict[str, Any]]:
    items = (await nevisidm(world, "GET", LIST)).json()["items"]
    return {each["name"]: each for each in items}


async def test_a_further_profile_comes_changes_and_goes(world: Any) -> None:
    [default] = (await nevisidm(world, "GET", LIST)).json()["items"]
    unit = default["unitExtId"]
    new = {"name": "Deputy", "unit": unit, "validTo": "2030-01-01T00:00:00Z"}
    made = await patch(world, edit("add", value=[new]))
    assert made.status_code == 200, made.text
    shown = {each["name"]: each for each in made.json()[URN]["profiles"]}
    assert shown["Deputy"]["validTo"] == "2030-01-01T00:00:00.000Z"
    assert (await stored(world))["Deputy"]["unitExtId"] == unit
    key = shown["Deputy"]["value"]
    one = f'[value eq "{key}"]'
    world.box.journal.on = True
    changed = await patch(
        world, edit("replace", f"{one}.state", "disabled"), edit("replace", f"{one}.remarks", "holiday")
    )
    assert changed.status_code == 200, changed.text
    writes = [entry.path for entry in world.box.journal() if entry.method != "GET"]
    assert [path.rpartition("/")[2] for path in writes] == [key]
    deputy = (await stored(world))["Deputy"]
    assert (deputy["profileState"], deputy["remarks"], deputy["validity"]["to"]) == (
        "disabled",
        "holiday",
        "2030-01-01T00:00:00Z",
    )
    assert (await patch(world, edit("remove", f"{one}.remarks"))).status_code == 200
    assert "remarks" not in (await stored(world))["Deputy"]
    gone = await patch(world, edit("remove", one))
    assert [each["value"] for each in gone.json()[URN]["profiles"]] == [default["extId"]]
    assert set(await stored(world)) == {default["name"]}


async def test_the_unit_of_a_profile_is_chosen_when_it_is_made(world: Any) -> None:
    [default] = (await nevisidm(world, "GET", LIST)).json()["items"]
    refused = await patch(world, edit("replace", f'[value eq "{default["extId"]}"].unit', "elsewhere"))
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")


async def test_what_came_before_a_failure_goes_again(world: Any) -> None:
    before = await stored(world)
    [default] = before.values()
    good = {"name": "Deputy", "unit": default["unitExtId"]}
    refused = await patch(world, edit("add", value=[good, {"name": "Nowhere", "unit": "no-such-unit"}]))
    assert refused.status_code == 400, refused.text
    assert await stored(world) == before


async def test_a_new_person_can_come_with_several_profiles(world: Any) -> None:
    [default] = (await nevisidm(world, "GET", LIST)).json()["items"]
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", URN],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "new@example.org"}],
        URN: {"profiles": [{"name": "Deputy", "unit": default["unitExtId"]}]},
    }
    made = await world.send("POST", f"/scim/v2/Users?attributes={PROFILES}", body)
    assert made.status_code == 201, made.text
    assert {(each["name"], each["default"]) for each in made.json()[URN]["profiles"]} == {
        ("newcomer", True),
        ("Deputy", False),
    }


async def test_sending_back_what_is_there_writes_nothing(world: Any) -> None:
    shown = (await world.send("GET", f"/scim/v2/Users/u-1010?attributes={PROFILES}")).json()[URN]["profiles"]
    world.box.journal.on = True
    assert (await patch(world, edit("replace", value=shown))).status_code == 200
    assert all(entry.method == "GET" for entry in world.box.journal())
