"""Who may do what and where: rights, data rooms, self-admin and the principal API."""

import base64
from typing import Any

import pytest

from gateway.sandbox.account import Rooms, full_name
from gateway.sandbox.app import endpoints

U = "100/users/user-123"
SECRET = "Geheim-2026"


def rights(*names: str) -> frozenset[str]:
    return frozenset(full_name(name) for name in names)


async def denied(nevis: Any, *call: Any, **more: Any) -> Any:
    reply = await nevis(*call, **more)
    return (reply.status_code, reply.json()["errors"][0]["message"]) if reply.status_code == 403 else reply.status_code


def missing(right: str) -> tuple[int, str]:
    return (
        403,
        f"Permission denied: Caller does not have the required right 'AccessControl.{right}' to perform this action",
    )


async def test_every_endpoint_asks_for_each_of_its_rights(nevis: Any) -> None:
    served = [one for one in endpoints(nevis.box) if one.rights and one.served(nevis.box)]
    assert len(served) > 90
    for endpoint in served:
        path = endpoint.path.replace("{", "").replace("}", "")
        for right in endpoint.rights:
            nevis.account("poor", rights=rights(*(name for name in endpoint.rights if name != right)))
            reply = await nevis(
                endpoint.method, path, {} if endpoint.method in ("POST", "PATCH") else None, token="poor"
            )
            assert (reply.status_code, reply.json()["errors"][0]["message"]) == missing(right), endpoint.id


async def test_some_bodies_need_more_rights_than_others(nevis: Any) -> None:
    nevis.account("maker", rights=rights("UserCreate", "CredentialCreate"))
    base = {"loginId": "a", "name": {"firstName": "A", "familyName": "B"}, "contacts": {"email": "a@b"}}
    seen = [
        await denied(nevis, "POST", "100/users", {**base, **more}, token="maker")
        for more in ({"isTechnicalUser": True}, {"properties": {"jobTitle": "x"}}, {"extId": "user-123"})
    ]
    assert seen == [missing("UserCreateTechUser"), missing("PropertyValueCreate"), 201]
    password = {"password": SECRET, "stateName": "active"}
    assert await denied(nevis, "POST", f"{U}/password", password, token="maker") == missing("CredentialChangeState")
    assert await denied(nevis, "POST", f"{U}/password", {"password": SECRET}, token="maker") == 201


async def test_with_a_login_id_generator_choosing_one_needs_a_right(nevis: Any) -> None:
    await nevis.changed("100/policies/100-ClientPolicy", {"parameters": {"login.id.generator": "true"}})
    nevis.account("maker", rights=rights("UserCreate"))
    base = {"name": {"firstName": "A", "familyName": "B"}, "contacts": {"email": "a@b"}}
    assert await denied(nevis, "POST", "100/users", {**base, "loginId": "a"}, token="maker") == missing(
        "LoginIdOverride"
    )
    assert await denied(nevis, "POST", "100/users", base, token="maker") == 201


async def test_properties_are_left_out_for_who_may_not_see_them(nevis: Any) -> None:
    await nevis.user(properties={"jobTitle": "Chef"})
    nevis.account("reader", rights=rights("UserView", "ClientView"))
    user = (await nevis("GET", U, token="reader")).json()
    items = (await nevis("GET", "clients/100/users", token="reader")).json()["items"]
    assert ["properties" in one for one in (user, *items)] == [False, False]


async def test_a_unit_data_room_reaches_all_units_below_it(nevis: Any) -> None:
    for name, unit in (("a", "sales"), ("b", "sales-emea"), ("c", "it")):
        await nevis.user(f"user-{name}")
        await nevis.made(f"100/users/user-{name}/profiles", {"extId": f"p-{name}", "unitExtId": unit})
        await nevis.made(f"100/users/user-{name}/generic-credentials", {"identification": name})
    await nevis.user("user-d")
    nevis.account("seller", rooms=Rooms(units=frozenset({"sales"})))

    listed = (await nevis("GET", "clients/100/users?returnTotalResultCount=true", token="seller")).json()
    assert [item["extId"] for item in listed["items"]] == ["user-a", "user-b", "user-d"]
    assert listed["_pagination"]["totalResult"] == 3
    generic = (await nevis("GET", "clients/100/generic-credentials", token="seller")).json()["items"]
    assert sorted(item["identification"] for item in generic) == ["a", "b"]
    units = (await nevis("GET", "clients/100/units", token="seller")).json()["items"]
    assert [unit["extId"] for unit in units] == ["sales", "sales-emea"]

    seen = [
        await denied(nevis, method, path, body, token="seller")
        for method, path, body in (
            ("GET", "100/users/user-b", None),
            ("GET", "100/users/user-c", None),
            ("PATCH", "100/profiles/p-c", {}),
            ("GET", "100/units/it", None),
            ("POST", "100/users/user-a/profiles", {"unitExtId": "it"}),
            ("PUT", "100/profiles/p-a/unit/it", None),
        )
    ]
    assert seen == [
        200,
        *((403, f"Permission denied: AccessControl.{right}") for right in ("UserView", "ProfileModify", "UnitView")),
        *((403, f"Permission denied: AccessControl.{right}") for right in ("ProfileCreate", "ProfileModify")),
    ]


async def test_client_application_and_role_data_rooms(nevis: Any) -> None:
    await nevis.user()
    await nevis.made(f"{U}/profiles", {"extId": "p"})
    rooms = Rooms(clients=frozenset({"100"}), applications=frozenset({"portal"}), eroles=frozenset({"employee"}))
    nevis.account("one", rooms=rooms)
    lists = ["clients", "applications", "clients/100/applications", "clients/100/eroles"]
    found = [[item["extId"] for item in (await nevis("GET", path, token="one")).json()["items"]] for path in lists]
    assert found == [["100"], ["portal"], ["portal"], ["employee"]]
    seen = [
        await denied(nevis, method, path, body, token="one")
        for method, path, body in (
            ("GET", "clients/30", None),
            ("GET", "applications/payments", None),
            ("GET", "100/eroles/accountant", None),
            ("POST", "100/profiles/p/authorizations", {"roleExtId": "payments-viewer"}),
            ("POST", "100/profiles/p/authorizations", {"roleExtId": "portal-reader"}),
            ("POST", "100/profiles/p/eauthorizations", {"enterpriseRoleExtId": "accountant"}),
            ("POST", "100/profiles/p/eauthorizations", {"enterpriseRoleExtId": "employee"}),
        )
    ]
    assert [one if isinstance(one, int) else one[0] for one in seen] == [403, 403, 403, 403, 201, 403, 201]


@pytest.fixture
async def itself(nevis: Any) -> Any:
    await nevis.user("user-123", loginId="mmuster")
    await nevis.user("user-124")
    await nevis.made(f"{U}/password", {"password": SECRET, "stateName": "active"})
    nevis.account("itself", client="100", user="user-123", rights=frozenset(), self_admin=True)
    return nevis


async def prove(nevis: Any, password: str = SECRET, **change: str) -> Any:
    body = {"username": "mmuster", "password": password, "grant_type": "password", **change}
    return await nevis("POST", "/nevisidm/api/principal/v1/token", body, token="itself")


async def test_a_token_is_given_for_the_callers_own_password_only(itself: Any) -> None:
    reply = await prove(itself)
    assert (reply.status_code, reply.json()["token_type"], reply.headers["cache-control"]) == (
        200,
        "bearer",
        "no-store",
    )
    for wrong in (await prove(itself, "wrong"), await prove(itself, username="other")):
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (401, "errors.userLoginFailed")
        assert "www-authenticate" in wrong.headers
    assert (await prove(itself, grant_type="implicit")).status_code == 422


async def test_in_self_admin_a_credential_write_needs_a_token_that_is_ones_own_and_fresh(itself: Any) -> None:
    token = (await prove(itself)).json()["access_token"]
    body = {"identification": "mine"}

    async def write(value: str) -> int:
        headers = {"X-Token": value}
        return (await itself("POST", f"{U}/generic-credentials", body, token="itself", headers=headers)).status_code

    assert await write("") == 422
    assert await write(token[:-2] + ("AA" if token[-2:] != "AA" else "BB")) == 422
    assert await write(token) == 201
    itself.later(seconds=300)
    assert await write(token) == 422
    itself.account("itself", client="100", user="user-124", rights=frozenset(), self_admin=True)
    theirs = "100/users/user-124/generic-credentials"
    assert (await itself("POST", theirs, body, token="itself", headers={"X-Token": token})).status_code == 422


async def test_in_self_admin_only_ones_own_things_are_open(itself: Any) -> None:
    await itself.made(f"{U}/profiles", {"extId": "mine"})
    await itself.made("100/users/user-124/profiles", {"extId": "theirs"})
    seen = [
        (await itself("GET", path, token="itself")).status_code
        for path in (
            U,
            f"{U}/password",
            "100/profiles/mine",
            "100/users/user-124",
            "100/profiles/theirs",
            "clients/100/users",
        )
    ]
    assert seen == [200, 200, 200, 403, 403, 403]
    assert (await itself("DELETE", U, token="itself")).status_code == 403


async def test_in_self_admin_protected_fields_need_the_token_and_others_do_not(itself: Any) -> None:
    mail = {"contacts": {"email": "neu@example.org"}}
    assert (await itself("PATCH", U, {"remarks": "x"}, token="itself")).status_code == 200
    reply = await itself("PATCH", U, mail, token="itself")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (401, "errors.modifyProtectedFieldInvalidJWTToken")
    token = (await prove(itself)).json()["access_token"]
    assert (await itself("PATCH", U, mail, token="itself", headers={"X-Token": token})).status_code == 200


async def test_in_self_admin_a_password_is_changed_with_the_old_one_and_becomes_active(itself: Any) -> None:
    headers = {"X-Token": (await prove(itself)).json()["access_token"]}
    path = f"{U}/password/change"
    wrong = await itself(
        "POST", path, {"oldPassword": "wrong", "newPassword": "Neu-2026-x"}, token="itself", headers=headers
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "errors.userLoginFailed")
    body = {"oldPassword": SECRET, "newPassword": "Neu-2026-x"}
    assert (await itself("POST", path, body, token="itself", headers=headers)).status_code == 204
    seen = (await itself("GET", f"{U}/password", token="itself")).json()
    assert (seen["stateName"], "modifiedBy" in seen) == ("active", False)
    assert (await prove(itself, "Neu-2026-x")).status_code == 200


async def test_me_and_permissions_tell_who_the_caller_is(itself: Any) -> None:
    await itself.made(f"{U}/profiles", {"extId": "mine", "unitExtId": "sales"})
    reply = await itself("GET", "/nevisidm/api/principal/v1/me", token="itself")
    assert reply.json() == {
        "userExtId": "user-123",
        "loginId": "mmuster",
        "fullName": "Martina Muster",
        "email": "user-123@example.org",
        "clientExtId": "100",
        "clientName": "Default",
        "profileExtId": "mine",
        "unitExtId": "sales",
    }
    itself.account("two", rights=rights("UserView", "ClientView"))
    permissions = "/nevisidm/api/principal/v1/permissions"
    told = (await itself("GET", permissions, token="two")).json()
    assert told == {"elementaryPermissions": ["AccessControl.ClientView", "AccessControl.UserView"]}
    everything = (await itself("GET", permissions)).json()["elementaryPermissions"]
    assert {"AccessControl.UserSearch", "AccessControl.PropertyCreate", "AccessControl.UserArchiveTechUser"} < set(
        everything
    )


async def test_people_log_in_with_their_own_password_and_act_for_themselves_only(nevis: Any) -> None:
    await nevis.user("user-123")
    await nevis.user("user-124", loginId="other")
    await nevis.made(f"{U}/password", {"extId": "pw", "password": SECRET, "stateName": "active"})

    async def seen(user: str, text: str) -> int:
        token = base64.b64encode(text.encode()).decode().rstrip("=")
        return int((await nevis("GET", f"100/users/{user}", token=token)).status_code)

    right = f"user-123:pw:{SECRET}"
    assert await seen("user-123", right) == 200
    assert await seen("user-124", right) == 403
    for wrong in (
        "user-123:pw:guess",
        f"user-124:pw:{SECRET}",
        f"user-123:nothing:{SECRET}",
        "user-123:pw:",
        "nonsense",
    ):
        assert await seen("user-123", wrong) == 401
    await nevis.changed(f"{U}/password", {"stateName": "disabled"})
    assert await seen("user-123", right) == 401
