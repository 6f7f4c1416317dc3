"""Searching all types through the whole gateway: every page sequence visits everything once, and totals are those of the types."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.events import RequestEnded

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ROOTS = ["/admin/v1", "/scim/v2"]


async def found(world: Any, root: str = "/scim/v2", **asked: Any) -> Any:
    answer = await world.send("POST", f"{root}/.search", {"schemas": [SEARCH], **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def keys(page: Any) -> list[tuple[str, str]]:
    return [(each["meta"]["resourceType"], each["id"]) for each in page["Resources"]]


async def every_type(world: Any, root: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for name, mapping in world.context.mappings.by_name.items():
        if "search" in mapping.type.verbs and not (mapping.type.alone or mapping.type.own_only):
            page = await world.send("GET", f"{root}{mapping.type.endpoint}?count=0")
            totals[name] = page.json()["totalResults"] if page.status_code != 501 else 0  # a later release has them
    return totals


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("order", [{}, {"sortBy": "meta.created"}, {"sortBy": "id", "sortOrder": "descending"}])
async def test_pages_visit_everything_once_and_in_order(root: str, order: dict[str, str], make_world: Any) -> None:
    world = await make_world(users=3)
    totals = await every_type(world, root)
    whole = keys(await found(world, root, count=1000, attributes="meta", **order))
    assert len(whole) == len(set(whole)) == sum(totals.values()) > 8
    assert {name: len([key for key in whole if key[0] == name]) for name in totals} == totals
    turned: list[tuple[str, str]] = []
    while page := keys(
        await found(world, root, startIndex=len(turned) + 1, count=40, attributes="meta.resourceType", **order)
    ):
        turned += page
    assert turned == whole


@pytest.mark.parametrize("descending", [False, True])
async def test_a_sorted_answer_is_sorted_across_types(descending: bool, make_world: Any) -> None:
    world = await make_world(users=3)
    order = {"sortBy": "id", "sortOrder": "descending" if descending else "ascending"}
    ids = [each["id"] for each in (await found(world, count=1000, attributes="userName", **order))["Resources"]]
    assert ids == sorted(ids, reverse=descending)


@pytest.mark.parametrize("root", ROOTS)
async def test_resources_look_as_their_own_type_shows_them(root: str, world: Any) -> None:
    page = await found(world, root, filter='user.value eq "u-1001" or userName eq "bjensen"')
    assert {"User", "UserDbCredentials"} <= {each["meta"]["resourceType"] for each in page["Resources"]}
    assert page["totalResults"] == len(page["Resources"])
    for each in page["Resources"]:
        assert (await world.client.get(each["meta"]["location"])).json() == each


async def test_a_condition_on_the_type_asks_no_other_type(world: Any) -> None:
    world.box.journal.on = True
    page = await found(world, filter='meta.resourceType eq "User" and id eq "u-1001"')
    assert keys(page) == [("User", "u-1001")]
    assert len(list(world.box.journal())) == 1


async def test_what_a_person_has_is_found_under_its_own_type_and_once(world: Any) -> None:
    theirs = 'user.value eq "u-1002"'
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:nevisidm:2.0:UserKerberosCredentials"],
        "user": {"value": "u-1002"},
    }
    made = (await world.send("POST", "/scim/v2/UserKerberosCredentials", {**body, "principal": "bob@REALM"})).json()
    page = await found(world, filter=theirs, attributes="principal")
    assert [each["principal"] for each in page["Resources"] if each["id"] == made["id"]] == ["bob@REALM"]
    ids = [each["id"] for each in page["Resources"] if each["id"] != "u-1002~db-1002"]  # which is a generic one, too
    assert len(ids) == len(set(ids)) > 3


async def test_a_second_view_is_asked_when_a_filter_names_types(world: Any) -> None:
    theirs = 'user.value eq "u-1001" and meta.created pr'
    assert "UserCredentials" not in {name for name, _ in keys(await found(world, filter=theirs))}
    for naming in ('meta.resourceType eq "UserCredentials"', 'META.resourcetype sw "UserCred"'):
        assert {name for name, _ in keys(await found(world, filter=f"{theirs} and {naming}"))} == {"UserCredentials"}


async def test_a_type_that_came_later_has_nothing_unless_it_is_named(make_world: Any) -> None:
    world = await make_world(users=2)
    cards = {"schemas": [SEARCH], "filter": 'meta.resourceType eq "UserOtpCardCredentials"'}
    answer = await world.send("POST", "/scim/v2/.search", cards)
    assert (answer.status_code, "UserOtpCardCredentials" in answer.text) == (501, True)
    await found(world, filter="user.value pr")


async def test_what_one_type_cannot_answer_exactly_is_refused(make_world: Any) -> None:
    world = await make_world(users=200)
    walked = {"schemas": [SEARCH], "filter": 'meta.resourceType eq "UserSecurIdCredentials"'}
    answer = await world.send("POST", "/scim/v2/.search", walked)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
    far = await world.send("POST", "/scim/v2/.search", {"schemas": [SEARCH], "sortBy": "id", "startIndex": 1000})
    assert (far.status_code, far.json()["scimType"]) == (400, "tooMany")


@pytest.mark.parametrize("root", ROOTS)
async def test_the_endpoint_says_what_it_offers_and_tells_one_line(root: str, world: Any) -> None:
    assert (await world.send("OPTIONS", f"{root}/.search")).headers["allow"] == "POST, OPTIONS"
    refused = await world.send("GET", f"{root}/.search")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST, OPTIONS")
    world.events.clear()
    await found(world, root, filter='meta.resourceType eq "User" and id eq "u-1001"')
    (ended,) = [each for each in world.events if isinstance(each, RequestEnded)]
    assert (ended.operation, ended.status, ended.calls) == ("search", 200, 1)


async def test_an_older_nevisidm_is_searched_for_what_it_has(make_world: Any) -> None:
    old = "7.2405"
    world = await make_world(users=2, switches={"release": old}, capabilities={"release": old})
    names = {name for name, _ in keys(await found(world, count=1000, attributes="meta.resourceType"))}
    assert {"User", "Group"} <= names
    assert "UserTicketCredentials" not in names
