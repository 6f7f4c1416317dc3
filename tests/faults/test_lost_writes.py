"""When nevisIDM fails in the middle of a write: nothing is done twice, hidden, or left behind unsaid."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.events import Crashed
from gateway.sandbox.secret import verify_secret
from gateway.sandbox.table import CREDENTIALS, USERS

IDCS, RFC = "/admin/v1", "/scim/v2"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
CHECK = {
    "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
    "mappingAttribute": "userName",
    "mappingAttributeValue": "bjensen",
}


def somebody(name: str = "newcomer", **more: Any) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": f"{name}@example.org", "type": "work", "primary": True}],
        **more,
    }


def renamed(**values: Any) -> dict[str, Any]:
    return {**PATCH, "Operations": [{"op": "replace", "value": values}]}


ROOTS = pytest.mark.parametrize("root", [IDCS, RFC])


def code_of(answer: httpx.Response) -> str:
    return answer.headers["proxy-status"].partition('"')[2].rstrip('"')


def logins(world: Any) -> list[str]:
    return [user.doc["loginId"] for user in world.box.store.rows(USERS, "client = '100'")]


@pytest.fixture(autouse=True)
def nothing_crashes(request: pytest.FixtureRequest) -> Any:
    yield
    up = request.node.funcargs.get("upstream")
    if up is not None:
        assert not [event for event in up.world.events if isinstance(event, Crashed)]


# Creating


@pytest.mark.parametrize(
    ("effect", "how"),
    [("reset_after", {}), ("hang_after", {}), ("status_after", {"status": 502}), ("status_after", {"status": 504}),
     ("truncated", {}), ("not_json", {}), ("wrong_type", {}), ("empty", {})],
)  # fmt: skip
@ROOTS
async def test_a_create_whose_reply_is_lost_is_found_again_by_its_chosen_id_and_never_doubled(
    upstream: Any, root: str, effect: str, how: dict[str, Any]
) -> None:
    before = logins(upstream.world)
    upstream.fault(effect, method="POST", path="/identity$", **how)
    answer = await upstream.send("POST", f"{root}/Users", somebody())
    assert answer.status_code == 201, answer.text
    assert sorted(logins(upstream.world)) == sorted([*before, "newcomer"])
    assert upstream.calls("POST", "/identity") == ["POST identity 201"]
    again = await upstream.send("GET", f"{root}/Users/{answer.json()['id']}")
    assert again.json()["userName"] == "newcomer"


@pytest.mark.parametrize(("effect", "code"), [("reset_before", "GW503"), ("hang", "GW506")])
async def test_a_create_that_never_arrived_is_an_error_and_leaves_nothing(
    upstream: Any, effect: str, code: str
) -> None:
    """What was slow may still be on its way; a broken connection, after a look, is not."""
    before = logins(upstream.world)
    upstream.fault(effect, method="POST", path="/identity$", times=1)
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert code_of(answer) == code
    assert (logins(upstream.world), upstream.calls("POST")) == (before, [])
    assert (await upstream.send("POST", f"{IDCS}/Users", somebody())).status_code == 201


async def test_a_create_of_which_nobody_knows_says_so(upstream: Any) -> None:
    """The reply is lost, and so are the look and the undo: neither a success nor a failure may be claimed."""
    upstream.fault("reset_after", method="POST", path="/identity$")
    upstream.fault("reset_before", method="GET")
    upstream.fault("reset_before", method="DELETE")
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert (answer.status_code, code_of(answer)) == (502, "GW506")
    assert upstream.calls("POST") == ["POST identity 201"]


async def test_a_create_that_cannot_be_looked_for_is_taken_back(upstream: Any) -> None:
    """Its extId was just made up, so nobody else's can be hit."""
    upstream.fault("reset_after", method="POST", path="/identity$")
    upstream.fault("reset_before", method="GET")
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert (answer.status_code, code_of(answer)) == (503, "GW503")
    assert "newcomer" not in logins(upstream.world)


async def test_a_create_that_was_delivered_twice_is_one(upstream: Any) -> None:
    """A proxy repeats it, and only the second answer arrives: there is such a user, and it is the one that was asked for."""
    upstream.fault("twice", method="POST", path="/identity$")
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert (answer.status_code, logins(upstream.world).count("newcomer")) == (201, 1)
    again = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert (again.status_code, code_of(again)) == (409, "GW402")


async def test_a_change_that_was_delivered_twice_is_taken_back_whole(upstream: Any) -> None:
    """The second delivery is a conflict with the first; what fails after it must not leave the first behind."""
    upstream.fault("twice", method="PATCH", path="/users/u-1001$", times=1)
    upstream.fault("status", status=500, method="PATCH", path="/users/u-1001/properties$")
    change = renamed(**{"name.familyName": "Changed", "title": "Head"})
    assert (await upstream.send("PATCH", f"{IDCS}/Users/u-1001", change)).status_code == 500
    upstream.wrapper.clear()
    assert (await upstream.send("GET", f"{IDCS}/Users/u-1001")).json()["name"]["familyName"] == "Jensen"


async def test_a_conflict_with_itself_that_nobody_can_look_into_at_first_is_taken_back(upstream: Any) -> None:
    """Delivered twice, and the look at it fails: once it can be seen that it took effect, what it did is undone."""
    shown = await upstream.send("GET", f"{IDCS}/Users/u-1001")
    upstream.fault("twice", method="PATCH", path="/users/u-1001$", times=1)
    upstream.fault("status", status=500, method="GET", path="/users/u-1001$", skip=1, times=1)
    change = renamed(**{"name.familyName": "Changed", "title": "Head"})
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", change, **{"If-Match": shown.headers["etag"]})
    assert (answer.status_code, upstream.calls("PATCH")) == (
        412,
        ["PATCH u-1001 200", "PATCH u-1001 409", "PATCH u-1001 200"],
    )
    again = (await upstream.send("GET", f"{IDCS}/Users/u-1001")).json()
    assert (again["name"]["familyName"], again.get("title")) == ("Jensen", shown.json().get("title"))


@pytest.mark.parametrize("fresh", [True, False])
async def test_a_conflict_with_itself_that_stays_unseen_is_not_called_a_refusal(upstream: Any, fresh: bool) -> None:
    """Neither where the client's tag forbids to try again on fresh records, nor where those cannot be read."""
    tag = {} if fresh else {"If-Match": (await upstream.send("GET", f"{IDCS}/Users/u-1001")).headers["etag"]}
    upstream.fault("twice", method="PATCH", path="/users/u-1001$", times=1)
    upstream.fault("status", status=500, method="GET", path="/users/u-1001$", skip=1)
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", renamed(**{"name.familyName": "Changed"}), **tag)
    assert (answer.status_code, code_of(answer)) == (502, "GW506")


async def test_a_stranger_s_change_is_not_undone_for_a_conflict(upstream: Any) -> None:
    """A real conflict, into which nobody could look at first: what somebody else wrote meanwhile stays."""
    upstream.fault("status", status=409, code="errors.optimisticLockingFailure", method="PATCH", path="/users/u-1001$")
    upstream.fault("status", status=500, method="GET", path="/users/u-1001$", skip=1, times=1)
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", renamed(**{"name.familyName": "Changed"}))
    assert answer.status_code in (409, 412), answer.text
    assert upstream.calls("PATCH") == []


async def test_a_first_password_that_was_delivered_twice_is_set(upstream: Any) -> None:
    """The update finds none, the create of one arrives twice and is refused: the update is right after all."""
    made = (await upstream.send("POST", f"{IDCS}/Users", somebody())).json()["id"]
    upstream.fault("twice", method="POST", path="/password$")
    answer = await upstream.send("PATCH", f"{IDCS}/Users/{made}", renamed(password="Correct-Horse-17"))
    assert answer.status_code == 200, answer.text
    (row,) = upstream.world.box.store.rows(CREDENTIALS, "parent = ?", (made,))
    assert verify_secret("Correct-Horse-17", row.doc["_hash"])


async def test_a_first_password_that_may_have_been_set_is_not_called_refused(upstream: Any) -> None:
    made = (await upstream.send("POST", f"{IDCS}/Users", somebody())).json()["id"]
    upstream.fault("twice", method="POST", path="/password$")
    upstream.fault("reset_before", method="POST", path="/password/", skip=1)
    answer = await upstream.send("PATCH", f"{IDCS}/Users/{made}", renamed(password="Correct-Horse-17"))
    assert (answer.status_code, code_of(answer)) == (502, "GW506")


async def test_what_was_done_and_cannot_be_shown_is_no_failure(upstream: Any) -> None:
    upstream.fault("reset_before", method="GET")
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody())
    assert (answer.status_code, code_of(answer)) == (502, "GW508")
    assert "User id-0001" in answer.json()["detail"]
    assert "newcomer" in logins(upstream.world)


async def test_a_stranger_with_the_same_name_is_not_taken_for_the_new_one(upstream: Any) -> None:
    upstream.fault("reset_before", method="POST", path="/identity$")
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody("bjensen"))
    assert answer.status_code == 503
    assert logins(upstream.world).count("bjensen") == 1


# Undo


async def test_a_refused_password_takes_the_new_user_back(upstream: Any) -> None:
    before = logins(upstream.world)
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody(password="short"))
    assert answer.status_code == 400
    assert logins(upstream.world) == before
    assert [call.split()[0] for call in upstream.calls()] == ["POST", "POST", "DELETE"]
    assert upstream.half_done() == []


@pytest.mark.parametrize(("effect", "how"), [("status", {"status": 500}), ("reset_before", {}), ("hang", {})])
async def test_a_password_call_that_fails_takes_the_new_user_back(
    upstream: Any, effect: str, how: dict[str, Any]
) -> None:
    before = logins(upstream.world)
    upstream.fault(effect, method="POST", path="/password$", **how)
    answer = await upstream.send("POST", f"{IDCS}/Users", somebody(password="Correct-Horse-1"))
    assert answer.status_code >= 500
    assert (logins(upstream.world), upstream.half_done()) == (before, [])


@ROOTS
@pytest.mark.parametrize(
    ("effect", "how"), [("status", {"status": 500}), ("status", {"status": 403}), ("reset_before", {}), ("html404", {})]
)
async def test_an_undo_that_fails_too_is_said_by_name_and_announced(
    upstream: Any, root: str, effect: str, how: dict[str, Any]
) -> None:
    upstream.fault(effect, method="DELETE", **how)
    answer = await upstream.send("POST", f"{root}/Users", somebody(password="short"))
    assert (answer.status_code, code_of(answer)) == (502, "GW505")
    assert "user" in answer.json()["detail"]
    (half,) = upstream.half_done()
    assert ("user" in half.left, half.resource) == (True, "User")
    assert "newcomer" in logins(upstream.world), "it was left, and that is what was said"
    assert upstream.refusals()[0].alarm


async def test_a_change_in_several_calls_is_taken_back_when_the_second_fails(upstream: Any) -> None:
    shown = f"{IDCS}/Users/u-1001?attributes=userName,name,displayName,{NEVIS}:profile,{NEVIS}:properties"
    before = (await upstream.send("GET", shown)).json()
    change = renamed(**{"name.familyName": "Changed", NEVIS: {"profile": {"costCentre": "CC-1"}}})
    upstream.fault("status", status=500, method="PATCH", path="/profiles/.*/properties$")
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", change)
    assert answer.status_code == 500
    after = (await upstream.send("GET", shown)).json()
    assert {**after, "meta": None} == {**before, "meta": None}


async def test_a_change_that_cannot_be_taken_back_is_said(upstream: Any) -> None:
    change = renamed(**{"name.familyName": "Changed", NEVIS: {"profile": {"costCentre": "CC-1"}}})
    upstream.fault("none", method="PATCH", path="/profiles/.*/properties$", times=1)
    upstream.fault("status", status=500, method="PATCH")
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", change)
    assert (answer.status_code, code_of(answer)) == (502, "GW505")
    (half,) = upstream.half_done()
    assert half.left == ("profileProperties",)


# Changing and deleting


@pytest.mark.parametrize("effect", ["reset_after", "hang_after"])
async def test_a_change_whose_reply_is_lost_is_sent_once_and_looked_into(upstream: Any, effect: str) -> None:
    upstream.fault(effect, method="PATCH", times=1)
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", renamed(**{"name.familyName": "Changed"}))
    assert (answer.status_code, answer.json()["name"]["familyName"]) == (200, "Changed")
    assert upstream.calls("PATCH") == ["PATCH u-1001 200"]


async def test_a_change_that_shows_neither_old_nor_new_is_called_neither_done_nor_undone(upstream: Any) -> None:
    upstream.fault("reset_after", method="POST", path="/password/change$")
    answer = await upstream.send("PATCH", f"{IDCS}/Users/u-1001", renamed(password="Correct-Horse-1"))
    assert (answer.status_code, code_of(answer)) == (502, "GW506")


@pytest.mark.parametrize("effect", ["reset_after", "hang_after"])
async def test_a_delete_whose_reply_is_lost_is_looked_into(upstream: Any, effect: str) -> None:
    upstream.fault(effect, method="DELETE")
    answer = await upstream.send("DELETE", f"{IDCS}/Users/u-1001")
    assert (answer.status_code, upstream.calls("DELETE")) == (204, ["DELETE u-1001 204"])


async def test_a_delete_that_never_arrived_is_an_error(upstream: Any) -> None:
    upstream.fault("reset_before", method="DELETE")
    answer = await upstream.send("DELETE", f"{IDCS}/Users/u-1001")
    assert answer.status_code in (502, 503)
    assert "bjensen" in logins(upstream.world)


# Logging in


@pytest.mark.parametrize("effect", ["none", "reset_before", "reset_after", "hang", "hang_after", "empty", "not_json",
                                    "wrong_type", "html404"])  # fmt: skip
@pytest.mark.parametrize("secret", ["Welcome-1001", "wrong"])
async def test_a_login_is_sent_exactly_once_whatever_becomes_of_its_reply(
    upstream: Any, effect: str, secret: str
) -> None:
    fault = upstream.fault(effect, method="POST", path="/password/login/?$")
    answer = await upstream.send("POST", f"{IDCS}/PasswordAuthenticator", {**CHECK, "password": secret})
    sent = upstream.wrapper.struck(fault)
    assert sent == (2 if effect == "html404" else 1), "a page that is not nevisIDM's has counted nothing"
    if effect == "none":
        assert answer.status_code == (201 if secret == "Welcome-1001" else 400)
        return
    assert answer.status_code >= 500
    if effect in ("reset_after", "hang_after"):
        assert code_of(answer) == "GW506"


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_login_that_fails_is_never_a_wrong_password(upstream: Any, status: int) -> None:
    fault = upstream.fault("status", status=status, method="POST", path="/password/login/?$")
    answer = await upstream.send("POST", f"{IDCS}/PasswordAuthenticator", {**CHECK, "password": "Welcome-1001"})
    assert (answer.status_code >= 500, upstream.wrapper.struck(fault)) == (True, 1)


async def test_the_failure_counter_moves_once_when_the_reply_is_lost(upstream: Any) -> None:
    upstream.fault("reset_after", method="POST", path="/password/login/?$")
    await upstream.send("POST", f"{IDCS}/PasswordAuthenticator", {**CHECK, "password": "wrong"})
    (row,) = upstream.world.box.store.rows(CREDENTIALS, "client = '100' AND ext_id = 'pw-1001'")
    assert row.doc["failedLoginCount"] == 1
