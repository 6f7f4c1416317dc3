"""Searches whose list hangs below another: the grants of a user's profiles, the groups of a member (mapping-format, sections 7 and 8)."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Unsupported
from gateway.mapping.folder import read_folder
from gateway.nevisidm.call import Call
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template
from gateway.operation.context import Answer
from gateway.operation.search import search
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_filter
from gateway.scim.request import Caller, ScimRequest

Make = Callable[..., Awaitable[Any]]
EXAMPLES = read_folder(Path(__file__).parents[1] / "plan" / "mappings").mappings().by_name


async def find(world: Any, name: str, text: str = "") -> tuple[Answer, int]:
    """The answer and the number of calls it took."""
    mapping = EXAMPLES[name]
    tree = bind_filter(parse_filter(text), mapping.type) if text else None
    request = ScimRequest("search", mapping.type, RFC, "https://x", Caller("tests"), "r", filter=tree, count=1000)
    run = Run(world.context.client, "r", world.context.events)
    return await search(request, mapping, world.context, run), run.calls


@pytest.fixture
async def few(make_world: Make) -> Any:
    return await make_world(users=10)


async def test_the_grants_of_one_user_are_those_of_all_its_profiles(few: Any) -> None:
    answer, calls = await find(few, "Grant", 'grantee.value eq "u-1001"')
    profiles = {each["id"].partition("~")[0] for each in answer.resources or ()}
    assert answer.total == len({each["id"] for each in answer.resources or ()})
    assert len(profiles) > 1
    assert {each["grantee"]["value"] for each in answer.resources or ()} == {"u-1001"}
    assert calls == 1 + 2 * len(profiles)  # profiles, grants of each, and once the roles of each


async def test_a_walk_over_all_users_finds_the_same(few: Any) -> None:
    everything, _ = await find(few, "Grant")
    own = {each["id"] for each in everything.resources or () if each["grantee"]["value"] == "u-1001"}
    one, _ = await find(few, "Grant", 'grantee.value eq "u-1001"')
    assert own == {each["id"] for each in one.resources or ()}
    narrowed, _ = await find(few, "Grant", 'entitlement.attributeValue eq "portal-reader"')
    fitting = {
        each["id"] for each in everything.resources or () if each["entitlement"]["attributeValue"] == "portal-reader"
    }
    assert {each["id"] for each in narrowed.resources or ()} == fitting


async def test_a_walk_that_would_not_end_says_so(make_world: Make) -> None:
    world = await make_world(users=60)
    with pytest.raises(Unsupported, match=r"GW202: .*grantee\.value eq"):
        await find(world, "Grant")


async def test_a_user_who_is_not_there_has_no_grants(few: Any) -> None:
    answer, calls = await find(few, "Grant", 'grantee.value eq "nobody"')
    assert (answer.total, calls) == (0, 1)


async def test_the_groups_of_a_member_take_no_walk(few: Any) -> None:
    profiles = (await call(few, "GET", "/core/v1/100/users/u-1001/profiles"))["items"]
    own = next(each for each in profiles if each.get("isDefaultProfile"))
    role = (await find(few, "Group"))[0].resources
    assert role
    before, _ = await find(few, "Group", 'members.value eq "u-1001"')
    body = {"extId": "ea-1", "enterpriseRoleExtId": role[0]["id"]}
    await call(few, "POST", f"/core/v1/100/profiles/{own['extId']}/eauthorizations", body)
    after, calls = await find(few, "Group", 'members[value eq "u-1001" and type eq "User"]')
    assert {each["id"] for each in after.resources or ()} == {
        *(each["id"] for each in before.resources or ()),
        role[0]["id"],
    }
    assert calls == 2 + (after.total or 0)


async def call(world: Any, method: Any, path: str, body: Any = None) -> Any:
    """One call straight to nevisIDM."""
    made = dataclasses.replace(Call("test", method, parse_template(path)), body=body)
    return (await Run(world.context.client, "r", world.context.events).call(made, lookup_in({}))).json
