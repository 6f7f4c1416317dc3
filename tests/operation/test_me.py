"""/Me and its like: people find what is theirs with their own nevisIDM login, and nobody else's; the gateway's account stays out of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import httpx
import pytest

from gateway.command.explaining import explain_request
from gateway.events import Changed
from gateway.mapping.load import find_mappings, load
from gateway.scim.address import first_name, is_own

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
DB = "urn:ietf:params:scim:schemas:oracle:idcs:UserDbCredentials"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ROOTS = ["/admin/v1", "/scim/v2"]
LOGIN = {"Authorization": "Bearer own-login"}


def edit(path: str, value: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": path, "value": value}]}


@pytest.fixture
def person(world: Any) -> Any:
    """The world, in which `Bearer own-login` is Barbara Jensen, who may nothing but administer herself."""
    technical = world.box.accounts["technical"]
    own = dataclasses.replace(technical, client="100", user="u-1001", rights=frozenset(), self_admin=True)
    world.box.accounts["own-login"] = own
    world.box.journal.on = True
    return world


async def token(world: Any) -> dict[str, str]:
    """Her login with a valid X-Token: she has just given her password again."""
    form = {"grant_type": "password", "username": "bjensen", "password": "Welcome-1001"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=world.inner), base_url="http://sandbox", headers=LOGIN
    ) as client:
        answer = await client.post("/nevisidm/api/principal/v1/token", json=form)
    return {**LOGIN, "X-Token": str(answer.json()["access_token"])}


async def send(world: Any, method: str, path: str, body: Any = None, head: dict[str, str] | None = None) -> Any:
    return await world.client.request(method, path, json=body, headers=head or LOGIN)


def calls(world: Any) -> list[str]:
    return [f"{each.method} {each.path.rpartition('/v1/')[2]}" for each in world.box.journal()]


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_person_reads_itself_and_is_told_its_permanent_address(root: str, method: str, person: Any) -> None:
    answer = await send(person, method, f"{root}/Me")
    assert answer.status_code == 200
    assert answer.headers["location"] == f"http://gateway.example{root}/Users/u-1001"
    if method == "GET":
        assert answer.json() == (await person.send("GET", f"{root}/Users/u-1001")).json()
    assert calls(person)[:2] == ["GET me", "GET 100/users/u-1001"]


async def test_a_read_of_oneself_can_be_narrowed_and_conditional(person: Any) -> None:
    answer = await send(person, "GET", "/scim/v2/me?attributes=userName")
    assert answer.json() == {"schemas": [USER], "id": "u-1001", "userName": "bjensen"} | (
        {"meta": answer.json()["meta"]} if "meta" in answer.json() else {}
    )
    again = await send(person, "GET", "/scim/v2/Me", head={**LOGIN, "If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_a_person_changes_itself_with_its_own_rights(person: Any) -> None:
    answer = await send(person, "PATCH", "/scim/v2/Me", edit("name.givenName", "Babs"))
    assert (answer.status_code, answer.json()["name"]["givenName"]) == (200, "Babs")
    assert answer.headers["location"] == "http://gateway.example/scim/v2/Users/u-1001"
    whole = {name: value for name, value in answer.json().items() if name != "meta"}
    whole["name"] = {"givenName": "Barbara", "familyName": "Jensen"}
    put = await send(person, "PUT", "/scim/v2/Me", whole)
    assert (put.status_code, put.json()["name"]["formatted"]) == (200, "Barbara Jensen")
    changed = [(each.subject, each.operation, each.id) for each in person.events if isinstance(each, Changed)]
    assert changed == [("self", "modify", "u-1001"), ("self", "replace", "u-1001")]


async def test_nevisidm_decides_what_needs_an_x_token(person: Any) -> None:
    body = edit('emails[type eq "work"].value', "babs@made.example")
    without = await send(person, "PATCH", "/scim/v2/Me", body)
    assert without.status_code in (401, 403)
    answer = await send(person, "PATCH", "/scim/v2/Me", body, await token(person))
    assert (answer.status_code, answer.json()["emails"][0]["value"]) == (200, "babs@made.example")


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/Me", None),
        ("PATCH", "/Me", edit("title", "x")),
        ("GET", "/MyUserDbCredentials", None),
        ("POST", "/MyUserDbCredentials", {"schemas": [DB]}),
        ("DELETE", "/MyUserDbCredentials/u-1001~db-1001", None),
    ],
)
async def test_a_program_has_nothing_of_its_own(root: str, method: str, path: str, body: Any, person: Any) -> None:
    answer = await person.send(method, f"{root}{path}", body)
    assert (answer.status_code, answer.headers["proxy-status"]) == (403, 'scim-gateway; details="GW305"')
    assert "your own nevisIDM login" in answer.json()["detail"]
    assert calls(person) == []


async def test_a_login_that_nevisidm_does_not_know_is_the_callers_401(person: Any) -> None:
    answer = await send(person, "GET", "/scim/v2/Me", head={"Authorization": "Bearer unknown"})
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_no_login_is_401_without_asking_nevisidm(person: Any) -> None:
    for head in ({"Authorization": ""}, {"Authorization": "Basic eDp5"}):
        assert (await send(person, "GET", "/scim/v2/Me", head=head)).status_code == 401
    assert calls(person) == []


async def test_an_own_login_opens_no_other_address(person: Any) -> None:
    for path in ("/scim/v2/Users/u-1001", "/scim/v2/Users", "/scim/v2/Schemas", "/scim/v2/Bulk"):
        assert (await send(person, "GET", path)).status_code == 401
    assert calls(person) == []


async def test_an_own_login_is_told_nothing_before_nevisidm_knows_it(person: Any) -> None:
    stranger = {"Authorization": "Bearer unknown"}
    assert (await send(person, "OPTIONS", "/scim/v2/Me", head=stranger)).status_code == 400
    assert (await person.send("OPTIONS", "/scim/v2/Me")).headers["allow"] == "GET, HEAD, PUT, PATCH, OPTIONS"


@pytest.mark.parametrize(
    ("root", "method", "path", "status"),
    [
        ("/admin/v1", "DELETE", "/Me", 405),
        ("/scim/v2", "DELETE", "/Me", 501),
        ("/scim/v2", "POST", "/Me", 405),
        ("/scim/v2", "GET", "/Me/u-1001", 404),
        ("/scim/v2", "POST", "/Me/.search", 404),
        ("/scim/v2", "PATCH", "/MyUserDbCredentials/u-1001~db-1001", 501),
    ],
)
async def test_an_own_address_offers_what_the_mapping_allows(
    root: str, method: str, path: str, status: int, person: Any
) -> None:
    answer = await send(person, method, f"{root}{path}", {} if method != "GET" else None)
    assert answer.status_code == status
    if status != 404:
        assert answer.json()["detail"].startswith(path[:3])


async def test_a_person_lists_makes_reads_and_deletes_its_own_cards_only(person: Any) -> None:
    head = await token(person)
    made = await send(
        person, "POST", "/scim/v2/MyUserDbCredentials", {"schemas": [DB], "dbPassword": "Made-1234"}, head
    )
    assert (made.status_code, made.json()["user"]["value"]) == (201, "u-1001")
    identifier = made.json()["id"]
    listed = (await send(person, "GET", "/scim/v2/MyUserDbCredentials", None, head)).json()
    assert {each["user"]["value"] for each in listed["Resources"]} == {"u-1001"}
    assert identifier in {each["id"] for each in listed["Resources"]}
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": f'id eq "{identifier}"'}
    found = await send(person, "POST", "/scim/v2/MyUserDbCredentials/.search", search, head)
    assert found.json()["totalResults"] == 1
    for path in (f"/scim/v2/MyUserDbCredentials/{identifier}", f"/scim/v2/UserDbCredentials/{identifier}"):
        read = await send(person, "GET", path, None, head)
        assert read.headers["location"] == f"http://gateway.example/scim/v2/UserDbCredentials/{identifier}"
    gone = await send(person, "DELETE", f"/scim/v2/MyUserDbCredentials/{identifier}", None, head)
    assert gone.status_code == 204


async def test_somebody_elses_card_is_403_and_cannot_be_made(person: Any) -> None:
    head = await token(person)
    body = {"schemas": [DB], "user": {"value": "u-1002"}, "dbPassword": "Made-1234"}
    assert (await send(person, "POST", "/scim/v2/MyUserDbCredentials", body, head)).status_code == 403
    assert (await send(person, "GET", "/scim/v2/MyUserDbCredentials/u-1002~db-1002", None, head)).status_code == 403
    found = await send(person, "GET", '/scim/v2/MyUserDbCredentials?filter=user.value eq "u-1002"', None, head)
    assert found.json()["totalResults"] == 0


async def test_a_bulk_runs_as_the_person_and_me_is_an_address_in_it(person: Any) -> None:
    body = {
        "schemas": [BULK],
        "Operations": [
            {"method": "PATCH", "path": "/Me", "bulkId": "me", "data": edit("name.givenName", "Babs")},
            {"method": "PATCH", "path": "/Users/u-1002", "data": edit("name.givenName", "Not")},
        ],
    }
    outcomes = (await send(person, "POST", "/scim/v2/Bulk", body, await token(person))).json()["Operations"]
    assert [each["status"] for each in outcomes] == ["200", "403"]
    assert outcomes[0]["location"] == "http://gateway.example/scim/v2/Users/u-1001"
    as_program = (await person.send("POST", "/scim/v2/Bulk", body)).json()["Operations"]
    assert [each["status"] for each in as_program] == ["403", "200"]


@pytest.mark.parametrize("request_line", ["GET /scim/v2/Me", "GET /admin/v1/MyUserDbCredentials"])
def test_explain_says_that_it_is_no_person(request_line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_request(request_line, b"", None, as_json=False, execute=False, writes=False) == 1
    assert capsys.readouterr().out.startswith("refused  403 GW305")


def test_own_addresses_are_told_apart_before_anybody_is_let_in() -> None:
    types = load(find_mappings()).types()
    assert all(is_own(first_name(tail), types) for tail in ("/Me", "/me/", "/Me/x", "/MyUserDbCredentials/1", "/M%65"))
    assert not any(
        is_own(first_name(tail), types)
        for tail in ("", "/", "/Users", "/Users/Me", "/Mee", "/Schemas", "/%ff", "/Bulk")
    )
