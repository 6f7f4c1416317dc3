"""Members of groups: each kept below its user and listed nowhere by nevisIDM (mapping-format, section 7 of the design).

What is promised: one member costs the same in any group; the whole list is exact, or refused; a change happens wholly or not at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest

from gateway.sandbox.people import people
from gateway.sandbox.table import EAUTHORIZATIONS
from tests.conftest import NOW

Make = Callable[..., Awaitable[Any]]
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
EVERYBODY = "/scim/v2/Groups/employee"


def values(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"value": name, "type": "User"} for name in names]


def operation(op: str, path: str | None = "members", value: Any = None) -> dict[str, Any]:
    return {"op": op} | ({"path": path} if path else {}) | ({"value": value} if value is not None else {})


async def patch(world: Any, *operations: Any, at: str = EVERYBODY) -> Any:
    return await world.send("PATCH", at, {"schemas": [PATCH_OP], "Operations": list(operations)})


def holders(world: Any, role: str = "employee") -> set[str]:
    """Who holds an enterprise role, as nevisIDM has it: the extIds of profiles lead to their users."""
    rows = world.box.store.rows(EAUTHORIZATIONS, "client = ? AND erole = ?", ("100", role))
    assert len({row.parent for row in rows}) == len(rows)
    return {row.parent.removesuffix("-p0") for row in rows}


async def cost(world: Any, *operations: Any, at: str = EVERYBODY) -> int:
    """The nevisIDM calls of a PATCH that succeeds."""
    world.box.journal.clear()
    world.box.journal.on = True
    answer = await patch(world, *operations, at=at)
    assert answer.status_code == 200, answer.text
    return len(world.box.journal())


def crowd(size: int) -> Iterator[Any]:
    """So many people, all of them employees."""
    for person in people(size + 50, now=NOW):
        if int(person["extId"].removeprefix("u-")) > 1050:
            person["profiles"][0]["eauthorizations"] = [{"enterpriseRoleExtId": "employee"}]
            yield person


@pytest.mark.parametrize("size", [10, 1_000, 10_000])
async def test_one_member_costs_the_same_in_any_group(size: int, make_world: Make) -> None:
    world = await make_world()
    world.box.store.add_users("100", crowd(size))
    before = holders(world)
    assert len(before) >= size
    assert await cost(world, operation("add", value=values(["u-1001"]))) == 4
    assert await cost(world, operation("add", value=values(["u-1001"]))) == 3
    assert holders(world) == before | {"u-1001"}
    assert await cost(world, operation("remove", 'members[value eq "u-1001"]')) == 4
    assert await cost(world, operation("Remove", value=values(["u-1001"]))) == 3
    assert holders(world) == before
    everybody = [f"u-{number}" for number in range(1001, 1011)]
    assert await cost(world, operation("add", value=values(everybody))) == 1 + 3 * len(
        set(everybody) - before
    ) + 2 * len(set(everybody) & before)
    one = (await world.send("GET", f'{EVERYBODY}?attributes=members[value eq "u-1051"]')).json()
    assert [each["value"] for each in one["members"]] == ["u-1051"]


async def test_a_large_group_is_never_loaded_and_its_list_refused_with_a_cure(make_world: Make) -> None:
    world = await make_world()
    world.box.store.add_users("100", crowd(2_000))
    for path in (EVERYBODY, "/scim/v2/Groups"):
        answer = await world.send("GET", f"{path}?attributes=members")
        assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
        assert "members[startIndex=1&count=10]" in answer.json()["detail"]
    before = holders(world)
    for edit in (operation("replace", value=values(["u-1001"])), operation("remove")):
        answer = await patch(world, edit)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
    assert (await world.send("DELETE", EVERYBODY)).status_code == 409
    assert holders(world) == before


async def test_pages_inside_the_attribute_are_in_order_and_end_early(make_world: Make) -> None:
    world = await make_world()
    world.box.store.add_users("100", crowd(400))
    seen: list[str] = []
    for start in (1, 8, 15):
        world.box.journal.clear()
        world.box.journal.on = True
        wish = f"members[startIndex={start}%26count=7]"
        page = (await world.send("GET", f"/admin/v1/Groups/employee?attributes={wish}")).json()["members"]
        seen += [each["value"] for each in page]
        assert len(world.box.journal()) < 2 * (52 + start + 7 + 16)
    assert len(seen) == 21
    assert seen == sorted(holders(world))[:21]


async def test_the_list_is_exact_where_it_can_be_had(world: Any) -> None:
    everybody = [f"u-{number}" for number in range(1001, 1020)]
    await patch(world, operation("replace", value=values(everybody)))
    assert holders(world) == set(everybody)
    shown = (await world.send("GET", f"{EVERYBODY}?attributes=members")).json()["members"]
    assert [each["value"] for each in shown] == everybody
    await patch(world, operation("remove", "members[value eq \"u-1001\" or value eq 'x']".replace("'x'", '"x"')))
    await patch(world, operation("remove", 'members[type eq "User"]'))
    assert holders(world) == set()


async def test_a_put_replaces_the_members_it_sends_and_leaves_alone_those_it_does_not(world: Any) -> None:
    before = holders(world)
    body = {"schemas": [GROUP], "displayName": "Employee"}
    assert (await world.send("PUT", EVERYBODY, body)).status_code == 200
    assert holders(world) == before
    assert (await world.send("PUT", EVERYBODY, body | {"members": values(["u-1001", "u-1004"])})).status_code == 200
    assert holders(world) == {"u-1001", "u-1004"}


async def test_a_hundred_members_come_side_by_side_and_go_together(make_world: Make) -> None:
    world = await make_world(users=200)
    hundred = [f"u-{number}" for number in range(1051, 1151)]
    before = holders(world)
    assert await cost(world, operation("add", value=values(hundred))) == 1 + 3 * 100
    assert holders(world) == before | set(hundred)
    assert await cost(world, *(operation("remove", f'members[value eq "{name}"]') for name in hundred)) == 1 + 3 * 100
    assert holders(world) == before


async def test_when_one_member_fails_the_others_are_taken_back(make_world: Make) -> None:
    world = await make_world(users=60)
    before = holders(world)
    several = [f"u-{number}" for number in range(1036, 1050)]
    answer = await patch(world, operation("add", value=values([*several[:7], "u-1032", *several[7:]])))  # archived
    assert answer.status_code == 409
    assert holders(world) == before
    await patch(world, operation("add", value=values(several)))
    assert holders(world) == before | set(several)


async def test_a_group_that_cannot_have_all_its_members_is_not_made(world: Any) -> None:
    body = {"schemas": [GROUP], "displayName": "Ghosts", "members": values(["u-1001", "u-1032"])}
    assert (await world.send("POST", "/scim/v2/Groups", body)).status_code == 409
    found = (await world.send("GET", '/scim/v2/Groups?filter=displayName eq "Ghosts"')).json()
    assert found["totalResults"] == 0


async def test_filters_on_members_are_exact(world: Any) -> None:
    both = await found(world, 'members.value eq "u-1004"')
    assert both == {"employee", "accountant"}
    everything = await found(world, "displayName pr")
    assert await found(world, 'not (members.value eq "u-1004")') == everything - both
    assert await found(world, 'members.value eq "u-1001" or displayName sw "Comm"') == {"communicator"}
    assert await found(world, 'members.value eq "u-1004" and members.value eq "u-1001"') == set()
    assert await found(world, "members pr") == both
    assert await found(world, 'id eq "employee" and members.value eq "u-1004"') == {"employee"}
    assert await found(world, 'members.value eq "nobody"') == set()


async def found(world: Any, text: str) -> set[str]:
    answer = await world.send("GET", f"/scim/v2/Groups?filter={text}")
    assert answer.status_code == 200, answer.text
    return {each["id"] for each in answer.json()["Resources"]}


async def test_doubles_that_others_made_are_one_member_and_go_together(world: Any) -> None:
    for name in ("one", "two"):
        body = {"extId": name, "enterpriseRoleExtId": "employee"}
        world.box.store.insert(EAUTHORIZATIONS, "100", name, body, parent="u-1001-p0")
    shown = (await world.send("GET", f'{EVERYBODY}?attributes=members[value eq "u-1001"]')).json()["members"]
    assert len(shown) == 1
    await patch(world, operation("remove", 'members[value eq "u-1001"]'))
    rows = world.box.store.rows(EAUTHORIZATIONS, "client = ? AND parent = ?", ("100", "u-1001-p0"))
    assert not [row for row in rows if row.doc["enterpriseRoleExtId"] == "employee"]


async def test_members_of_a_bulk_are_known_by_their_bulk_ids(world: Any) -> None:
    person = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "new.one",
        "name": {"givenName": "New", "familyName": "One"},
        "emails": [{"value": "new.one@example.org", "type": "work"}],
    }
    group = {"schemas": [GROUP], "displayName": "New ones", "members": [{"value": "bulkId:one", "type": "User"}]}
    operations = [
        {"method": "POST", "path": "/Groups", "bulkId": "group", "data": group},
        {"method": "POST", "path": "/Users", "bulkId": "one", "data": person},
    ]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    answer = (await world.send("POST", "/scim/v2/Bulk", body)).json()
    assert [each["status"] for each in answer["Operations"]] == ["201", "201"]
    made = {each["bulkId"]: each["location"].rpartition("/")[2] for each in answer["Operations"]}
    assert await found(world, f'members.value eq "{made["one"]}"') == {made["group"]}


async def test_groups_of_a_user_and_members_of_groups_tell_the_same(world: Any) -> None:
    for name in ("u-1001", "u-1004", "u-1035"):
        user = (await world.send("GET", f"/scim/v2/Users/{name}?attributes=groups")).json()
        own = {each["value"] for each in user.get("groups", ())}
        assert own == await found(world, f'members.value eq "{name}"')
        assert all(each["display"] and each["$ref"].endswith(each["value"]) for each in user.get("groups", ()))
    answer = await world.send("GET", '/scim/v2/Users?filter=groups.value eq "employee"')
    assert answer.json()["scimType"] == "tooMany"  # 52 users, two calls each, are more than its search may spend
    few = await world.send("GET", '/scim/v2/Users?filter=groups.value eq "employee" and userName sw "g"')
    assert {each["id"] for each in few.json()["Resources"]} == {"u-1004"}


async def test_a_write_is_done_whatever_its_answer_can_show(make_world: Make) -> None:
    world = await make_world()
    world.box.store.add_users("100", crowd(2_000))
    answer = await patch(world, operation("add", value=values(["u-1001"])), at=f"{EVERYBODY}?attributes=members")
    assert answer.status_code == 200
    assert "members" not in answer.json()
    assert "u-1001" in holders(world)


async def test_so_many_at_once_are_refused_before_anything_is_read(world: Any) -> None:
    answer = await patch(world, operation("add", value=values(f"x-{number}" for number in range(600))))
    assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
    assert "500" in answer.json()["detail"]


async def test_what_the_mapping_allows_to_spend_bounds_a_walk(world: Any) -> None:
    mapping = world.context.mappings.by_name["Group"]
    poor = dataclasses.replace(mapping, search=dataclasses.replace(mapping.search, calls=60))
    mappings = dataclasses.replace(world.context.mappings, by_name={**world.context.mappings.by_name, "Group": poor})
    world.change(mappings=mappings)
    assert (await world.send("GET", f"{EVERYBODY}?attributes=members")).json()["scimType"] == "tooMany"
    few = await world.send("GET", f"{EVERYBODY}?attributes=members[startIndex=1%26count=1]")
    assert [each["value"] for each in few.json()["members"]] == ["u-1004"]


async def test_a_version_speaks_of_members_only_where_all_of_them_were_shown(world: Any) -> None:
    everything = f"{EVERYBODY}?attributes=members"
    first = (await world.send("GET", everything)).headers["etag"]
    page = await world.send("GET", f"{EVERYBODY}?attributes=members[startIndex=1%26count=1]")
    assert "etag" not in page.headers
    bare = (await world.send("GET", EVERYBODY)).headers["etag"]
    body = {"schemas": [PATCH_OP], "Operations": [operation("add", value=values(["u-1001"]))]}
    assert (await world.send("PATCH", EVERYBODY, body, If_Match=first)).status_code == 200
    assert (await world.send("PATCH", EVERYBODY, body, If_Match=first)).status_code == 412
    assert (await world.send("PATCH", EVERYBODY, body, If_Match=bare)).status_code == 200
    assert (await world.send("GET", everything, If_None_Match=first)).status_code == 200
    now = (await world.send("GET", everything)).headers["etag"]
    assert (await world.send("GET", everything, If_None_Match=now)).status_code == 304
    assert (await world.send("DELETE", EVERYBODY, If_Match=first)).status_code == 412
    assert (await world.send("DELETE", EVERYBODY, If_Match=now)).status_code == 204
