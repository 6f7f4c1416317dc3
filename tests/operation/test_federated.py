"""Federated identities of a user, and groups written through it: lists of records that nevisIDM keeps below the user.

What is promised: one value costs one write; what is there already costs none; all of a request happens or nothing; who has an identity
is found exactly, or refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox.table import CREDENTIALS, EAUTHORIZATIONS

Make = Callable[..., Awaitable[Any]]
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
LIST, MEMBER_OF = f"{NEVIS}:federatedIdentities", f"{NEVIS}:memberOf"
IDP = "https://idp.example.org"
GENERIC = {"kind": "generic", "provider": IDP, "subject": "bj-17"}
SAML = {"kind": "saml", "provider": IDP, "subject": "bj@idp"}
ANN = "/scim/v2/Users/u-1001"
ROOTS = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])


def somebody(**nevis: Any) -> dict[str, Any]:
    return {
        "schemas": [USER, NEVIS],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": "newcomer@example.org", "type": "work", "primary": True}],
        NEVIS: nevis,
    }


async def patch(world: Any, op: str, path: str, value: Any = None, at: str = ANN) -> Any:
    operation = {"op": op, "path": path} | ({"value": value} if value is not None else {})
    return await world.send("PATCH", at, {"schemas": [PATCH_OP], "Operations": [operation]})


async def shown(world: Any, at: str = ANN) -> list[dict[str, Any]]:
    answer = await world.send("GET", f"{at}?attributes={LIST}")
    return list(answer.json().get(NEVIS, {}).get("federatedIdentities", []))


def stored(world: Any, user: str = "u-1001") -> list[dict[str, Any]]:
    """The federated credentials of a user as nevisIDM has them."""
    rows = world.box.store.rows(CREDENTIALS, "client = '100' AND parent = ?", (user,))
    wanted = ("identification", "subjectNameId", "issuerNameId")
    docs = [{key: row.doc[key] for key in wanted if key in row.doc} for row in rows]
    return [doc for doc in docs if "issuerNameId" in doc or "|" in doc.get("identification", "")]


async def writes(world: Any, *request: Any) -> list[str]:
    """The nevisIDM writes of a request that succeeds."""
    world.box.journal.clear()
    world.box.journal.on = True
    answer = await request[0](world, *request[1:])
    assert answer.status_code == 200, answer.text
    return [f"{each.method} {each.path.partition('/v1/')[2]}" for each in world.box.journal() if each.method != "GET"]


async def test_an_identity_comes_stays_and_goes(world: Any) -> None:
    for value in (GENERIC, SAML):
        assert (await patch(world, "add", LIST, [value])).status_code == 200
    assert stored(world) == [
        {"identification": f"{IDP}|bj-17"},
        {"subjectNameId": "bj@idp", "issuerNameId": IDP},
    ]
    seen = {each["kind"]: each for each in await shown(world)}
    assert seen["generic"] == {**GENERIC, **{name: seen["generic"][name] for name in ("state", "value", "$ref")}}
    assert seen["saml"]["subjectFormat"].endswith(":persistent")
    for each in seen.values():
        found = await world.client.get(each["$ref"])
        assert (found.status_code, found.json()["id"]) == (200, each["value"])
    assert await writes(world, patch, "add", LIST, [GENERIC, SAML]) == []
    assert len(await writes(world, patch, "remove", f'{LIST}[kind eq "saml" and subject eq "bj@idp"]')) == 1
    assert stored(world) == [{"identification": f"{IDP}|bj-17"}]
    assert len(await writes(world, patch, "remove", LIST)) == 1
    assert stored(world) == []


async def test_what_changes_of_an_identity_is_one_update(world: Any) -> None:
    await patch(world, "add", LIST, [GENERIC, SAML])
    one = f'{LIST}[kind eq "generic"]'
    assert len(await writes(world, patch, "replace", f"{one}.state", "disabled")) == 1
    assert len(await writes(world, patch, "replace", f"{one}.validTo", "2031-01-01T00:00:00.000Z")) == 1
    assert {each["kind"]: each["state"] for each in await shown(world)} == {"saml": "active", "generic": "disabled"}
    assert await writes(world, patch, "remove", f"{one}.validTo") != []
    assert "validTo" not in {name for each in await shown(world) for name in each}
    own = next(each["value"] for each in await shown(world) if each["kind"] == "generic")
    again = {**GENERIC, "subject": "bj|18", "value": own}
    changed = await writes(world, patch, "replace", LIST, [again, SAML])
    assert [each.split()[0] for each in changed] == ["PATCH"]
    assert {"identification": f"{IDP}|bj|18"} in stored(world)


@ROOTS
async def test_a_create_and_a_put_carry_them(world: Any, root: str) -> None:
    answer = await world.send(
        "POST", f"{root}/Users", somebody(federatedIdentities=[GENERIC, SAML], memberOf=[{"value": "employee"}])
    )
    assert answer.status_code == 201, answer.text
    user = answer.json()["id"]
    assert len(stored(world, user)) == 2
    profile = world.box.store.rows(EAUTHORIZATIONS, "client = '100' AND erole = 'employee'")[-1].parent
    groups = await world.send("GET", f'{root}/Groups?filter=members.value eq "{user}"')
    assert [each["id"] for each in groups.json()["Resources"]] == ["employee"], profile
    at = f"{root}/Users/{user}"
    read = (await world.send("GET", f"{at}?attributeSets=all&attributes={LIST},{MEMBER_OF}")).json()
    whole = (await world.send("GET", at)).json()
    whole[NEVIS] = {**whole.get(NEVIS, {}), **read[NEVIS]}
    whole["schemas"] = [USER, NEVIS]
    assert await writes(world, _put, at, whole) == []
    whole[NEVIS]["federatedIdentities"] = [SAML]
    whole[NEVIS]["memberOf"] = []
    del whole[NEVIS]["memberOf"]
    assert len(await writes(world, _put, at, whole)) == 1
    assert [each["kind"] for each in await shown(world, at)] == ["saml"]


async def _put(world: Any, at: str, body: Any) -> Any:
    return await world.send("PUT", at, body)


async def test_groups_are_written_through_the_user(world: Any) -> None:
    before = {each["value"] for each in (await world.send("GET", f"{ANN}?attributes=groups")).json().get("groups", [])}
    assert "accountant" not in before
    added = await writes(world, patch, "add", MEMBER_OF, [{"value": "accountant"}])
    assert len(added) == 1
    assert await writes(world, patch, "add", MEMBER_OF, [{"value": "accountant"}]) == []
    seen = (await world.send("GET", f"{ANN}?attributes=groups,{MEMBER_OF}")).json()
    assert {each["value"] for each in seen["groups"]} == {*before, "accountant"}
    assert {each["value"] for each in seen[NEVIS]["memberOf"]} == {*before, "accountant"}
    assert len(await writes(world, patch, "remove", f'{MEMBER_OF}[value eq "accountant"]')) == 1
    answer = await patch(world, "add", MEMBER_OF, [{"value": "nothing-of-the-kind"}])
    assert answer.status_code == 400, answer.text


async def test_all_or_nothing(world: Any) -> None:
    """An identity that somebody else has is refused by nevisIDM, and what the request did before is taken back."""
    await patch(world, "add", LIST, [GENERIC], "/scim/v2/Users/u-1002")
    body = {"schemas": [PATCH_OP], "Operations": [
        {"op": "replace", "path": "nickName", "value": "Bibi"}, {"op": "add", "path": LIST, "value": [SAML, GENERIC]},
    ]}  # fmt: skip
    answer = await world.send("PATCH", ANN, body)
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness"), answer.text
    assert "federatedIdentities" in answer.json()["detail"]
    assert stored(world) == []
    assert "nickName" not in (await world.send("GET", ANN)).json()
    created = await world.send("POST", "/scim/v2/Users", somebody(federatedIdentities=[GENERIC]))
    assert created.status_code == 409
    assert (await world.send("GET", '/scim/v2/Users?filter=userName eq "newcomer"')).json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"provider": IDP, "subject": "x"}, "kind"),
        ({"kind": "oidc", "provider": IDP, "subject": "x"}, "kind"),
        ({"kind": "generic", "provider": IDP}, "subject"),
        ({"kind": "generic", "provider": "a|b", "subject": "x"}, "provider"),
        ({"kind": "generic", "provider": IDP, "subject": "x", "subjectFormat": "y"}, "subjectFormat"),
    ],
)
async def test_what_has_no_place_is_refused(world: Any, value: Any, named: str) -> None:
    answer = await patch(world, "add", LIST, [value])
    assert (answer.status_code, named in answer.json()["detail"]) == (400, True), answer.text
    assert stored(world) == []


@ROOTS
async def test_who_has_an_identity(make_world: Make, root: str) -> None:
    world = await make_world(users=400)
    await patch(world, "add", LIST, [GENERIC, {**GENERIC, "provider": "https://other.example"}], f"{root}/Users/u-1003")
    await patch(world, "add", LIST, [{**GENERIC, "subject": "bj-1"}], f"{root}/Users/u-1004")
    test = f'kind eq "generic" and provider eq "{IDP}" and subject eq "bj-17"'
    world.box.journal.clear()
    world.box.journal.on = True
    answer = await world.send("GET", f"{root}/Users?filter={LIST}[{test}]&attributes=userName")
    assert [each["id"] for each in answer.json()["Resources"]] == ["u-1003"], answer.text
    assert len(world.box.journal()) <= 4
    posted = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": f"{LIST}[{test}]"}
    answer = await world.send("POST", f"{root}/Users/.search", posted)
    assert answer.json()["totalResults"] == 1
    nobody = await world.send("GET", f"{root}/Users?filter={LIST}[{test.replace('bj-17', 'bj')}]")
    assert nobody.json()["totalResults"] == 0
    # nevisIDM lists no SAML credentials across users, and 400 people are more than a search may ask one by one
    for rest in (test.replace("generic", "saml"), f'provider eq "{IDP}" and subject eq "bj-17"'):
        answer = await world.send("GET", f"{root}/Users?filter={LIST}[{rest}]")
        assert (answer.status_code, answer.headers["proxy-status"].partition('"')[2][:5]) == (400, "GW202"), answer.text
    narrowed = await world.send("GET", f'{root}/Users?filter=userName eq "nobody" and {LIST}[provider eq "{IDP}"]')
    assert (narrowed.status_code, narrowed.json()["totalResults"]) == (200, 0)
