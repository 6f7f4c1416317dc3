"""Conditions on versions and the wish for no answer, through the whole gateway."""

from __future__ import annotations

from typing import Any

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ROOTS = ["/admin/v1", "/scim/v2"]


def title(text: str) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": text}]}


def made(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Newly", "familyName": "Made"},
        "emails": [{"type": "work", "value": f"{name}@made.example"}],
    }


async def tag(world: Any, root: str = "/scim/v2") -> str:
    return str((await world.send("GET", f"{root}/Users/u-1001")).headers["etag"])


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_the_version_already_is_told_304_without_a_body(root: str, method: str, world: Any) -> None:
    version = await tag(world, root)
    for condition in (version, f'"other", {version}', version.removeprefix("W/"), "*"):
        answer = await world.send(method, f"{root}/Users/u-1001", If_None_Match=condition)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == version
        assert answer.headers["location"] == f"http://gateway.example{root}/Users/u-1001"
        assert not {"content-length", "content-type"} & answer.headers.keys()


async def test_another_version_is_sent(world: Any) -> None:
    version = await tag(world)
    await world.send("PATCH", "/scim/v2/Users/u-1001", title("Changed"))
    answer = await world.send("GET", "/scim/v2/Users/u-1001", If_None_Match=version)
    assert (answer.status_code, answer.json()["title"]) == (200, "Changed")
    assert answer.headers["etag"] != version


async def test_a_narrowed_read_is_conditional_as_well(world: Any) -> None:
    answer = await world.send("GET", "/scim/v2/Users/u-1001?attributes=userName", If_None_Match=await tag(world))
    assert answer.status_code == 304


async def test_the_star_does_not_hide_that_there_is_nobody(world: Any) -> None:
    assert (await world.send("GET", "/scim/v2/Users/nobody", If_None_Match="*")).status_code == 404


async def test_lists_know_no_condition(world: Any) -> None:
    assert (await world.send("GET", "/scim/v2/Users?count=1", If_None_Match="*")).status_code == 200


@pytest.mark.parametrize("root", ROOTS)
async def test_a_read_of_what_has_changed_since_is_412(root: str, world: Any) -> None:
    before = await tag(world, root)
    for narrow in ("", "?attributes=userName", "?attributeSets=all"):
        for condition in (before, "*", f'"other", {before}'):
            answer = await world.send("GET", f"{root}/Users/u-1001{narrow}", If_Match=condition)
            assert (answer.status_code, answer.json()["id"]) == (200, "u-1001")
    await world.send("PATCH", f"{root}/Users/u-1001", title("Changed"))
    for narrow in ("", "?attributes=userName"):
        answer = await world.send("GET", f"{root}/Users/u-1001{narrow}", If_Match=before)
        assert (answer.status_code, answer.headers["proxy-status"]) == (412, 'scim-gateway; details="GW117"')


async def test_a_create_and_a_list_know_no_if_match_or_if_none_match(world: Any) -> None:
    for number, condition in enumerate(({"If_Match": '"other"'}, {"If_None_Match": "*"})):
        made_now = await world.send("POST", "/scim/v2/Users", made(f"unconditional-{number}"), **condition)
        assert made_now.status_code == 201
        assert (await world.send("GET", "/scim/v2/Users?count=1", **condition)).status_code == 200


@pytest.mark.parametrize(("method", "body"), [("PATCH", title("x")), ("PUT", made("bjensen")), ("DELETE", None)])
async def test_a_write_that_excludes_the_version_is_412_and_changes_nothing(method: str, body: Any, world: Any) -> None:
    before = await tag(world)
    for condition in ({"If_None_Match": before}, {"If_None_Match": "*"}, {"If_Match": '"other"'}, {"If_Match": ""}):
        answer = await world.send(method, "/scim/v2/Users/u-1001", body, **condition)
        assert (answer.status_code, answer.headers["proxy-status"]) == (412, 'scim-gateway; details="GW117"')
    assert await tag(world) == before


@pytest.mark.parametrize("condition", [{"If_Match": "*"}, {"If_None_Match": '"other"'}])
async def test_a_write_whose_condition_holds_is_done(condition: dict[str, str], world: Any) -> None:
    assert (await world.send("PATCH", "/scim/v2/Users/u-1001", title("x"), **condition)).status_code == 200


@pytest.mark.parametrize("root", ROOTS)
async def test_a_change_whose_sender_wants_nothing_back_is_204_with_its_new_version(root: str, world: Any) -> None:
    whole = (await world.send("GET", f"{root}/Users/u-1001")).json()
    whole = {name: value for name, value in whole.items() if name not in ("groups", "meta", "ocid")} | {"title": "Put"}
    for method, body in (("PATCH", title("Patched")), ("PUT", whole)):
        answer = await world.send(method, f"{root}/Users/u-1001", body, Prefer="return=minimal")
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["preference-applied"] == "return=minimal"
        assert answer.headers["etag"] == await tag(world, root)
        assert answer.headers["location"] == f"http://gateway.example{root}/Users/u-1001"
    assert (await world.send("GET", f"{root}/Users/u-1001")).json()["title"] == "Put"


async def test_a_create_whose_sender_wants_nothing_back_tells_where_it_is(world: Any) -> None:
    answer = await world.send("POST", "/scim/v2/Users", made("new"), Prefer="return=minimal")
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["preference-applied"] == "return=minimal"
    assert (await world.client.get(answer.headers["location"])).json()["userName"] == "new"


async def test_what_nobody_wants_back_is_not_read_back(world: Any) -> None:
    address = "/scim/v2/Users/u-1001?attributes=groups"
    world.box.journal.on = True
    await world.send("PATCH", address, title("a"))
    whole = len(list(world.box.journal()))
    world.box.journal.clear()
    await world.send("PATCH", address, title("b"), Prefer="return=minimal")
    assert len(list(world.box.journal())) < whole


@pytest.mark.parametrize("prefer", ["return=representation", "respond-async", "return=minimal2"])
async def test_other_preferences_change_nothing(prefer: str, world: Any) -> None:
    answer = await world.send("PATCH", "/scim/v2/Users/u-1001", title("x"), Prefer=prefer)
    assert (answer.status_code, answer.json()["title"]) == (200, "x")
    assert "preference-applied" not in answer.headers


async def test_reads_and_checks_have_nothing_to_leave_out(world: Any) -> None:
    check = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
        "mappingAttribute": "userName",
        "mappingAttributeValue": "bjensen",
        "password": "Welcome-1001",
    }
    read = await world.send("GET", "/scim/v2/Users/u-1001", Prefer="return=minimal")
    assert (read.status_code, read.json()["userName"]) == (200, "bjensen")
    assert (await world.send("POST", "/admin/v1/PasswordAuthenticator", check, Prefer="return=minimal")).content
