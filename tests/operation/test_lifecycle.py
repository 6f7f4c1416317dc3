"""Passwords, states and factors: what the one-verb addresses do to nevisIDM, seen at nevisIDM's own interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., Awaitable[Any]]
IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:"
USER = "/core/v1/100/users/u-1001"


async def nevisidm(world: Any, method: str, path: str, body: Any = None) -> httpx.Response:
    """A call of nevisIDM's own interface, past the gateway."""
    transport = httpx.ASGITransport(app=world.inner)
    login = {"Authorization": "Bearer technical"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=login) as client:
        return await client.request(method, f"/nevisidm/api{path}", json=body)


async def put(world: Any, resource: str, path: str, **body: Any) -> httpx.Response:
    answer: httpx.Response = await world.send("PUT", f"/admin/v1/{path}", {"schemas": [IDCS + resource], **body})
    return answer


async def post(world: Any, resource: str, **body: Any) -> httpx.Response:
    answer: httpx.Response = await world.send("POST", f"/admin/v1/{resource}", {"schemas": [IDCS + resource], **body})
    return answer


async def make_reset_codes(world: Any) -> None:
    """From here on the policy lets the server make passwords, and answers them."""
    policies = (await nevisidm(world, "GET", "/core/v1/clients/100/policies")).json()["items"]
    policy = next(each for each in policies if each["policyType"] == "PwdPolicy" and each["defaultPolicy"])
    parameters = {**policy.get("parameters", {}), "resetCodeEnabled": "true"}
    changed = await nevisidm(world, "PATCH", f"/core/v1/100/policies/{policy['extId']}", {"parameters": parameters})
    assert changed.status_code == 200


async def test_a_one_time_password_is_told_on_request_only_and_works_once_changed(world: Any) -> None:
    await make_reset_codes(world)
    quiet = await put(world, "UserPasswordResetter", "UserPasswordResetter/u-1001")
    assert "oneTimePassword" not in quiet.json()
    told = await put(world, "UserPasswordResetter", "UserPasswordResetter/u-1001?attributes=oneTimePassword")
    made = told.json()["oneTimePassword"]
    assert told.json() == {"id": "u-1001", "oneTimePassword": made}
    assert (await nevisidm(world, "GET", f"{USER}/password")).json()["stateName"] == "initial"
    check = await post(world, "PasswordAuthenticator", mappingAttributeValue="bjensen", password=made)
    assert check.json()["detail"] == "PASSWORD_MUST_CHANGE_RESPONSE"
    assert made not in repr(world.events)


async def test_where_nevisidm_makes_the_passwords_nobody_sets_one(world: Any) -> None:
    await make_reset_codes(world)
    answer = await put(world, "UserPasswordChanger", "UserPasswordChanger/u-1001", password="Correct-Horse-7")
    assert answer.status_code == 400
    assert "Correct-Horse-7" not in answer.text


async def test_an_installation_that_cannot_change_passwords_says_so(make_world: Make) -> None:
    world = await make_world(switches={"password_change_path": False})
    answer = await put(world, "UserPasswordChanger", "UserPasswordChanger/u-1001", password="Correct-Horse-7")
    assert answer.status_code in (501, 502)


async def test_a_lock_by_hand_lasts_until_it_is_taken_away(world: Any) -> None:
    assert (await post(world, "UserLockedStateChanger", userId="u-1001", locked=True)).status_code == 201
    assert (await nevisidm(world, "GET", f"{USER}/password")).json()["stateName"] == "fail-locked"
    assert (await post(world, "UserLockedStateChanger", userId="u-1001", locked=False)).json()["locked"] is False
    password = (await nevisidm(world, "GET", f"{USER}/password")).json()
    assert (password["stateName"], password["failedLoginCount"]) == ("active", 0)


LOCK = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User:locked.on"


async def patch_lock(world: Any, value: bool, user: str = "u-1001") -> httpx.Response:
    """A PATCH of the user's lock, whose answer shows it."""
    edit = {"op": "replace", "path": LOCK, "value": value}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [edit]}
    answer: httpx.Response = await world.send("PATCH", f"/admin/v1/Users/{user}?attributes={LOCK}", body)
    return answer


async def test_a_patch_of_the_lock_locks_and_unlocks_as_the_state_changer_does(world: Any) -> None:
    locked = await patch_lock(world, True)
    assert (locked.status_code, locked.json()[f"{IDCS}extension:userState:User"]) == (200, {"locked": {"on": True}})
    assert (await nevisidm(world, "GET", f"{USER}/password")).json()["stateName"] == "fail-locked"
    assert (await patch_lock(world, False)).json()[f"{IDCS}extension:userState:User"] == {"locked": {"on": False}}
    password = (await nevisidm(world, "GET", f"{USER}/password")).json()
    assert (password["stateName"], password["failedLoginCount"]) == ("active", 0)


async def test_who_has_no_password_has_nothing_to_lock(world: Any) -> None:
    assert (await nevisidm(world, "DELETE", f"{USER}/password")).status_code == 204
    refused = await patch_lock(world, True)
    assert (refused.status_code, "locked" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize(("locked", "password", "status"), [(True, True, 201), (False, False, 201), (True, False, 400)])
async def test_a_person_can_come_locked_if_with_a_password(
    locked: bool, password: bool, status: int, world: Any
) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", f"{IDCS}extension:userState:User"],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "new@example.org"}],
        f"{IDCS}extension:userState:User": {"locked": {"on": locked}},
        **({"password": "Correct-Horse-7"} if password else {}),
    }
    made = await world.send("POST", f"/admin/v1/Users?attributes={LOCK}", body)
    assert made.status_code == status, made.text
    found = await world.send("GET", '/admin/v1/Users?filter=userName eq "newcomer"')
    assert found.json()["totalResults"] == (1 if status == 201 else 0)
    if status == 201 and password:
        assert made.json()[f"{IDCS}extension:userState:User"] == {"locked": {"on": locked}}


async def test_all_second_factors_go_and_the_password_stays(world: Any) -> None:
    for number in (1, 2):
        body = {"extId": f"tan-{number}", "mobileNumber": f"+4179000000{number}"}
        assert (await nevisidm(world, "POST", f"{USER}/mtans", body)).status_code == 201
    answer = await post(world, "AuthenticationFactorsRemover", user={"value": "u-1001"})
    assert (answer.status_code, answer.json()["type"]) == (201, "MFA")
    assert (await nevisidm(world, "GET", f"{USER}/mtans")).json()["items"] == []
    assert (await nevisidm(world, "GET", f"{USER}/securid")).status_code == 404
    assert (await nevisidm(world, "GET", f"{USER}/password")).status_code == 200


@pytest.mark.parametrize("verb", ["GET", "POST", "PATCH", "DELETE"])
async def test_an_address_with_one_verb_has_no_other(verb: str, world: Any) -> None:
    for path in ("UserStatusChanger/u-1001", "UserPasswordResetter/u-1001", "MePasswordChanger"):
        body = {} if verb in ("POST", "PATCH") else None
        login = {"Authorization": "Bearer own-login"} if path.startswith("Me") else {}
        answer = await world.send(verb, f"/admin/v1/{path}", body, **login)
        assert (answer.status_code, answer.headers["allow"]) == (405, "PUT, OPTIONS")


@pytest.mark.parametrize("refused", [{"path": "password", "value": "x"}, {"path": "userName", "value": "mmuster"}])
async def test_what_nothing_leads_back_from_comes_last(refused: dict[str, str], world: Any) -> None:
    """An archived profile stays archived, so it is archived only when nothing can be refused any more: no write stays half done."""
    state = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User:defaultProfile.state"
    changes = [{"op": "replace", "path": state, "value": "archived"}, {"op": "replace", **refused}]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": changes}
    answer = await world.send("PATCH", "/scim/v2/Users/u-1001", body)
    assert answer.status_code in (400, 409)
    profiles = (await nevisidm(world, "GET", f"{USER}/profiles")).json()["items"]
    assert {each["profileState"] for each in profiles if each["isDefaultProfile"]} == {"active"}
    fine = {**body, "Operations": changes[:1]}
    assert (await world.send("PATCH", "/scim/v2/Users/u-1001", fine)).status_code == 200
    profiles = (await nevisidm(world, "GET", f"{USER}/profiles")).json()["items"]
    assert {each["profileState"] for each in profiles if each["isDefaultProfile"]} == {"archived"}


async def test_a_password_changes_only_when_nothing_else_can_be_refused(world: Any) -> None:
    """Nobody can give the former password back, so a group that is not there is found out before: this was half done once."""
    user = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
    value = {"password": "Good-enough-4711", user: {"memberOf": [{"value": "nobody-s-group"}]}}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "value": value}]}
    before = (await nevisidm(world, "GET", f"{USER}/password")).json()
    answer = await world.send("PATCH", "/scim/v2/Users/u-1001", body)
    assert answer.status_code == 400, answer.text
    assert (await nevisidm(world, "GET", f"{USER}/password")).json() == before
