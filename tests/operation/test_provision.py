"""Just-in-time provisioning: one POST that finds, updates or creates, and can be sent again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.edge.caller.tokens import digest
from gateway.sandbox.table import EROLES, USERS
from tests.operation.test_federated import GENERIC, LIST, MEMBER_OF, NEVIS, PATCH_OP, SAML, USER, stored

ROOTS = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
EMPLOYEE = [{"value": "employee"}]


def person(**more: Any) -> dict[str, Any]:
    """What a federation front end knows of somebody who has just come."""
    return {
        "schemas": [USER, NEVIS],
        "externalId": "hr-4711",
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": "newcomer@example.org", "type": "work", "primary": True}],
        NEVIS: {"federatedIdentities": [GENERIC], "memberOf": EMPLOYEE},
        **more,
    }


async def send(world: Any, body: Any, root: str = "/scim/v2", by: str = LIST, **more: str) -> tuple[Any, list[str]]:
    """The answer, and the nevisIDM writes that it took."""
    world.box.journal.clear()
    world.box.journal.on = True
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    answer = await world.send("POST", f"{root}/Users?match={by}{asked}", body)
    return answer, [
        f"{each.method} {each.path.partition('/v1/')[2]}" for each in world.box.journal() if each.method != "GET"
    ]


def users(world: Any, name: str = "newcomer") -> list[str]:
    return [row.ext_id for row in world.box.store.rows(USERS, "client = '100'") if row.doc["loginId"] == name]


@ROOTS
@pytest.mark.parametrize("by", [LIST, "externalId", "userName", f"{LIST},userName", f'{LIST}[kind eq "generic"]'])
async def test_the_first_time_makes_and_the_second_finds(world: Any, root: str, by: str) -> None:
    first, writes = await send(world, person(), root, by)
    assert first.status_code == 201, first.text
    assert len(writes) == 3
    assert first.headers["location"].endswith(first.json()["id"])
    again, writes = await send(world, person(), root, by)
    assert (again.status_code, writes) == (200, []), again.text
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["etag"] == first.headers["etag"]
    assert users(world) == [first.json()["id"]]


@ROOTS
async def test_what_differs_is_set_and_the_rest_stays(world: Any, root: str) -> None:
    made, _ = await send(world, person(), root)
    at = f"{root}/Users/{made.json()['id']}"
    await world.send("PATCH", at, {"schemas": [PATCH_OP], "Operations": [
        {"op": "add", "path": "title", "value": "Guide"}, {"op": "add", "path": LIST, "value": [SAML]},
        {"op": "add", "path": "emails", "value": [{"type": "home", "value": "home@example.org"}]},
    ]})  # fmt: skip
    changed = person(
        userName="newcomer2",
        emails=[{"type": "work", "value": "other@example.org"}],
        addresses=[{"type": "work", "locality": "Bern"}],
    )
    changed[NEVIS]["memberOf"] = [{"value": "accountant"}]
    answer, writes = await send(world, changed, root)
    assert (answer.status_code, answer.json()["userName"]) == (200, "newcomer2"), answer.text
    assert len(writes) == 2
    assert {each["type"]: each["value"] for each in answer.json()["emails"]} == {
        "work": "other@example.org",
        "home": "home@example.org",
    }
    assert (answer.json()["title"], answer.json()["addresses"][0]["locality"]) == ("Guide", "Bern")
    rest = (await world.send("GET", f"{at}?attributes={LIST},{MEMBER_OF}")).json()[NEVIS]
    assert {each["kind"] for each in rest["federatedIdentities"]} == {"generic", "saml"}
    assert {each["value"] for each in rest["memberOf"]} == {"employee", "accountant"}
    assert (await send(world, changed, root))[1] == []
    # lists that are sent are to be exactly that; the identity that was looked for costs no other
    answer, writes = await send(world, changed, root, existing="replace")
    assert (answer.status_code, [each.split()[0] for each in writes]) == (200, ["PATCH", "DELETE"])
    rest = (await world.send("GET", f"{at}?attributes={LIST},{MEMBER_OF}")).json()[NEVIS]
    assert {each["value"] for each in rest["memberOf"]} == {"accountant"}
    assert len(rest["federatedIdentities"]) == 2
    assert [each["type"] for each in answer.json()["emails"]] == ["work"]


async def test_nothing_is_written_where_it_is_to_be_kept(world: Any) -> None:
    made, _ = await send(world, person(), existing="keep")
    assert made.status_code == 201
    answer, writes = await send(world, person(nickName="Bibi"), existing="keep")
    assert (answer.status_code, writes, "nickName" in answer.json()) == (200, [], False)


async def test_an_identity_is_linked_to_who_is_found_otherwise(world: Any) -> None:
    known = (await world.send("GET", "/scim/v2/Users/u-1001")).json()
    body = person(userName=known["userName"], name=known["name"], emails=known["emails"])
    del body["externalId"]
    refused, _ = await send(world, body)
    assert (refused.status_code, refused.json().get("scimType")) == (409, "uniqueness"), refused.text
    answer, writes = await send(world, body, by=f"{LIST},userName")
    assert (answer.status_code, answer.json()["id"]) == (200, "u-1001"), answer.text
    assert [each.rpartition("/")[2] for each in writes][:1] == ["generic-credentials"]
    assert stored(world) == [{"identification": f"{GENERIC['provider']}|{GENERIC['subject']}"}]
    assert (await send(world, body))[1] == []


async def test_several_are_not_one(world: Any) -> None:
    for number, user in enumerate(("u-1001", "u-1002")):
        operation = {"op": "add", "path": LIST, "value": [{**GENERIC, "subject": str(number)}]}
        await world.send("PATCH", f"/scim/v2/Users/{user}", {"schemas": [PATCH_OP], "Operations": [operation]})
    body = person()
    body[NEVIS]["federatedIdentities"] = [{**GENERIC, "subject": "0"}, {**GENERIC, "subject": "1"}]
    answer, writes = await send(world, body)
    assert (answer.status_code, writes) == (409, [])


@pytest.mark.parametrize(
    ("query", "change", "named"),
    [
        ("match=title", {"title": "x"}, "title"),
        ("match=groups", {}, "groups"),
        ("match=nothing", {}, "nothing"),
        ("match=externalId", {"externalId": None}, "externalId"),
        ("match=externalId&existing=some", {}, "existing"),
        ("existing=keep", {}, "existing"),
        (
            f"match={LIST}",
            {NEVIS: {"federatedIdentities": [{"kind": "generic", "provider": "x", "state": "active"}]}},
            "subject",
        ),
        ("match=externalId", {"password": "Secret-123"}, "password"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(world: Any, query: str, change: Any, named: str) -> None:
    answer = await world.send("POST", f"/scim/v2/Users?{query}", person(**change))
    assert (answer.status_code, named in answer.json()["detail"]) == (400, True), answer.text
    assert users(world) == []
    other = await world.send("POST", "/scim/v2/Groups?match=members", {"schemas": [], "displayName": "x"})
    assert other.status_code == 400


async def test_all_or_nothing_of_a_new_person(world: Any) -> None:
    body = person()
    body[NEVIS]["memberOf"] = [{"value": "no-such-group"}]
    answer, _ = await send(world, body)
    assert (answer.status_code, users(world)) == (400, []), answer.text


async def test_many_at_once_are_one(world: Any) -> None:
    answers = await asyncio.gather(*(send(world, person()) for _ in range(8)))
    told = [answer for answer, _ in answers]
    assert sorted(each.status_code for each in told) == [200] * 7 + [201], [each.text for each in told]
    assert len({each.json()["id"] for each in told}) == 1
    assert len(users(world)) == 1


async def test_in_a_bulk(world: Any) -> None:
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": f"/Users?match={LIST}", "bulkId": str(number), "data": person()} for number in range(2)
    ]}  # fmt: skip
    answer = (await world.send("POST", "/scim/v2/Bulk", body)).json()
    assert sorted(each["status"] for each in answer["Operations"]) == ["200", "201"], answer
    assert len({each["location"] for each in answer["Operations"]}) == 1
    assert len(users(world)) == 1


async def test_it_takes_the_rights_to_look_make_and_change(make_world: Any) -> None:
    """Who may only create must not learn who is there, nor change anybody; and nobody writes what its roles do not name."""
    may = {"maker": ["create"], "reader": ["create", "read"], "keeper": ["create", "read", "modify"]}
    rules: dict[str, Any] = {name: [{"types": ["User"], "may": verbs}] for name, verbs in may.items()}
    rules["narrow"] = [{"types": ["User"], "may": ["create", "read", "modify"], "never": [MEMBER_OF]}]
    callers = [{"subject": name, "token_sha256": digest(name), "roles": [name]} for name in rules]
    world = await make_world(users=3, callers=callers, roles=rules)

    async def told(who: str, query: str) -> int:
        answer = await world.send("POST", f"/scim/v2/Users?{query}", person(), Authorization=f"Bearer {who}")
        return int(answer.status_code)

    for query in (f"match={LIST}", f"match={LIST}&existing=keep"):
        assert await told("maker", query) == 403
    assert await told("reader", f"match={LIST}") == 403
    assert await told("narrow", f"match={LIST}") == 403
    assert users(world) == []
    assert await told("keeper", f"match={LIST}") == 201
    assert await told("reader", f"match={LIST}&existing=keep") == 200
    assert await told("keeper", "match=userName") == 200


@ROOTS
async def test_a_group_is_had_the_same_way(world: Any, root: str) -> None:
    """Nothing of it is about users: what a mapping says is all there is."""
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Auditors"}
    told = []
    for members in ([{"value": "u-1001"}], [{"value": "u-1001"}], [{"value": "u-1002"}]):
        for each in members:
            each["type"] = "User"
        told.append(await world.send("POST", f"{root}/Groups?match=displayName", {**group, "members": members}))
    assert [each.status_code for each in told] == [201, 200, 200], [each.text for each in told]
    seen = await world.send("GET", f"{root}/Groups/{told[0].json()['id']}?attributes=members[startIndex=1%26count=10]")
    assert {each["value"] for each in seen.json()["members"]} == {"u-1001", "u-1002"}
    only = await world.send(
        "POST",
        f"{root}/Groups?match=displayName&existing=replace",
        {**group, "members": [{"value": "u-1002", "type": "User"}]},
    )
    assert only.status_code == 200, only.text
    names = [row.doc["name"] for row in world.box.store.rows(EROLES, "client = '100'")]
    assert names.count("Auditors") == 1
