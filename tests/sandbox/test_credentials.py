"""Passwords, device passwords, generic and SecurID credentials of a user."""

from typing import Any

import pytest

from gateway.sandbox.table import CREDENTIALS

U = "100/users/user-123"
GENERIC = f"{U}/generic-credentials"
SECRET = "Geheim-2026"


@pytest.fixture
async def user(nevis: Any) -> Any:
    await nevis.user("user-123", loginId="mmuster")
    return nevis


async def code(nevis: Any, *call: Any, **more: Any) -> Any:
    return (await nevis(*call, **more)).json()["errors"][0]["code"].removeprefix("errors.")


async def login(nevis: Any, password: str) -> Any:
    return (await nevis("POST", f"/nevisidm/api/auth/v1/{U}/password/login", {"password": password})).json()[
        "statusCode"
    ]


async def test_a_password_is_made_once_and_never_shown(user: Any) -> None:
    await user.made(f"{U}/password", {"extId": "pw", "password": SECRET})
    assert await user.seen(f"{U}/password") == {
        "created": "2026-01-12T08:15:30Z",
        "lastModified": "2026-01-12T08:15:30Z",
        "version": 1,
        "extId": "pw",
        "userExtId": "user-123",
        "policyExtId": "100-PwdPolicy",
        "stateName": "initial",
        "successfulLoginCount": 0,
        "failedLoginCount": 0,
        "createdBy": "gateway",
        "modifiedBy": "gateway",
        "lastChangeDate": "2026-01-12T08:15:30Z",
    }
    assert await code(user, "POST", f"{U}/password", {"password": SECRET}) == "passwordExists"


async def test_no_table_of_the_store_holds_a_secret_in_clear_text(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET})
    stored = user.box.store.children(CREDENTIALS, "100", "user-123")[0].doc
    assert stored["_hash"].startswith("scrypt$")
    assert not any(SECRET in line for line in user.box.store.connection.iterdump())


@pytest.mark.parametrize(
    ("password", "violated"),
    [
        ("Kurz-1", ["minLength=8"]),
        ("x" * 129, ["maxLength=128"]),
        ("xMMusterx", ["allowLoginIdInPassword=false"]),
        ("mmuster", ["minLength=8", "allowLoginIdInPassword=false"]),
    ],
)
async def test_a_weak_password_is_refused_with_every_violation(user: Any, password: str, violated: list[str]) -> None:
    reply = await user("POST", f"{U}/password", {"password": password})
    body = reply.json()
    assert (reply.status_code, body["errors"][0]["code"]) == (422, "errors.pwdPolicyViolated")
    assert [violation["configString"] for violation in body["policyViolations"]] == violated
    assert {violation["suppliedValue"] for violation in body["policyViolations"]} == {password}
    assert set(body["policyViolation"]) == {
        *("cause", "stackTrace", "element", "suppliedValue", "actualvalue", "description", "message", "suppressed"),
        "localizedMessage",
    }
    assert body["policyViolation"]["stackTrace"][0]["className"].startswith("ch.nevis.idm.policy.")
    assert (await user("GET", f"{U}/password")).status_code == 404


@pytest.mark.parametrize(
    ("name", "password"), [("minDigits", "abcdefgh"), ("minUpperCase", "abcdefg1"), ("minSpecialChars", "Abcdefg1")]
)
async def test_character_classes_are_asked_for_by_the_policy(user: Any, name: str, password: str) -> None:
    await user.changed("100/policies/100-PwdPolicy", {"parameters": {name: "1"}})
    reply = await user("POST", f"{U}/password", {"password": password})
    assert [violation["configString"] for violation in reply.json()["policyViolations"]] == [f"{name}=1"]
    assert (await user("POST", f"{U}/password", {"password": "Abc-1234"})).status_code == 201


async def test_with_a_reset_code_the_server_makes_the_password(user: Any) -> None:
    await user.changed("100/policies/100-PwdPolicy", {"parameters": {"resetCodeEnabled": "true", "minDigits": "3"}})
    assert await code(user, "POST", f"{U}/password", {"password": SECRET}) == "invalidParameter"
    reply = await user("POST", f"{U}/password", {})
    assert reply.status_code == 201
    assert (await user.seen(f"{U}/password"))["stateName"] == "reset-code"
    assert await login(user, reply.json()["passwordFragment"]) == 5
    assert await code(user, "POST", f"{U}/password/change", {"newPassword": SECRET}) == "invalidParameter"
    again = await user("POST", f"{U}/password/reset")
    assert (again.status_code, await login(user, again.json()["passwordFragment"])) == (201, 5)


async def test_without_a_reset_code_a_password_must_be_sent(user: Any) -> None:
    assert await code(user, "POST", f"{U}/password", {}) == "nullParameter"


async def test_changing_a_password_replaces_it_and_ends_its_lock(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET, "stateName": "active"})
    for _ in range(3):
        await login(user, "wrong")
        user.later(minutes=5)
    assert (await user.seen(f"{U}/password"))["stateName"] == "fail-locked"

    assert (await user("POST", f"{U}/password/change", {"newPassword": "Anders-2026"})).status_code == 204

    seen = await user.seen(f"{U}/password")
    assert (seen["stateName"], seen["failedLoginCount"]) == ("admin-changed", 0)
    assert [await login(user, secret) for secret in ("Anders-2026", SECRET)] == [5, 2]
    assert await code(user, "POST", f"{U}/password/change", {"newPassword": "x"}) == "pwdPolicyViolated"


async def test_unlocking_makes_active_and_forgets_the_counts(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET, "stateName": "active"})
    await login(user, SECRET)
    await user.changed(f"{U}/password", {"stateName": "fail-locked"})
    assert (await user("POST", f"{U}/password/unlock")).status_code == 204
    seen = await user.seen(f"{U}/password")
    assert (seen["stateName"], seen["successfulLoginCount"], seen["failedLoginCount"]) == ("active", 0, 0)
    await user.changed(f"{U}/password", {"stateName": "disabled"})
    assert await code(user, "POST", f"{U}/password/unlock") == "invalidParameter"


async def test_a_reset_makes_the_old_password_useless(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET, "stateName": "active"})
    reply = await user("POST", f"{U}/password/reset")
    assert (reply.status_code, reply.content) == (204, b"")
    assert (await user.seen(f"{U}/password"))["stateName"] == "initial"
    assert await login(user, SECRET) == 2


async def test_resets_are_limited_by_the_policy(user: Any) -> None:
    await user.changed("100/policies/100-PwdPolicy", {"parameters": {"maxResetCount": "1"}})
    await user.made(f"{U}/password", {"password": SECRET})
    assert (await user("POST", f"{U}/password/reset")).status_code == 204
    assert await code(user, "POST", f"{U}/password/reset") == "maxResetCount"


async def test_an_archived_credential_is_frozen(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET})
    await user.changed(f"{U}/password", {"stateName": "archived"})
    codes = [
        await code(user, "PATCH", f"{U}/password", {"stateName": "active"}),
        await code(user, "POST", f"{U}/password/change", {"newPassword": "Anders-2026"}),
        await code(user, "POST", f"{U}/password/reset"),
    ]
    assert codes == ["modifyArchivedCredential"] * 3


async def test_device_passwords_are_many_and_long(user: Any) -> None:
    path = f"{U}/device-password"
    assert await code(user, "POST", path, {"password": "x" * 32}) == "nullParameter"
    assert await code(user, "POST", path, {"extId": "phone", "password": "short"}) == "pwdPolicyViolated"
    for name in ("phone", "tablet"):
        await user.made(path, {"extId": name, "password": name * 8})
    await user.changed(f"{path}/tablet", {"stateName": "disabled", "version": 1})
    assert [(item["extId"], item["stateName"]) for item in (await user.seen(path))["items"]] == [
        ("phone", "active"),
        ("tablet", "disabled"),
    ]
    assert (await user("POST", f"{path}/phone/change", {"newPassword": "y" * 32})).status_code == 204
    assert (await user("DELETE", f"{path}/phone")).status_code == 204
    assert (await user("GET", f"{path}/phone")).status_code == 404


async def test_a_generic_credential_keeps_all_its_fields(user: Any) -> None:
    body = {
        "extId": "gc-1",
        "identification": "dbuser",
        "stateName": "disabled",
        "policyExtId": "100-GenericCredentialPolicy",
        "validity": {"from": "2026-01-01T00:00:00Z", "to": "2030-12-31T23:59:59Z"},
        "properties": {"dbMixedSalt": "…", "environment": "test"},
    }
    reply = await user("POST", GENERIC, body)
    assert (reply.status_code, reply.content) == (201, b"")
    assert reply.headers["location"] == f"http://nevis/nevisidm/api/core/v1/{GENERIC}/gc-1"
    seen = await user.seen(f"{GENERIC}/gc-1")
    assert body.items() <= seen.items()
    assert (await user.seen(GENERIC))["items"] == [seen]


async def test_a_generic_credential_is_changed_by_what_is_named(user: Any) -> None:
    await user.made(GENERIC, {"extId": "gc", "identification": "a", "properties": {"note": "n", "system": "s"}})
    patch = {
        "version": 1,
        "identification": "b",
        "validity": {"to": "2030-01-01"},
        "properties": {"note": None, "environment": "test"},
    }
    seen = await user.changed(f"{GENERIC}/gc", patch)
    assert (seen["identification"], seen["validity"], seen["version"]) == ("b", {"to": "2030-01-01T00:00:00Z"}, 2)
    assert seen["properties"] == {"system": "s", "environment": "test"}
    changed = await user.changed(f"{GENERIC}/gc/properties", {"dbSalt": "x"})
    assert changed == {"system": "s", "environment": "test", "dbSalt": "x", "_classifications": {"dbSalt": ["secret"]}}
    assert await user.seen(f"{GENERIC}/gc/properties") == changed
    assert (await user("DELETE", f"{GENERIC}/gc")).status_code == 204
    assert (await user("DELETE", f"{GENERIC}/gc")).status_code == 404


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"identification": "taken"}, "duplicateValue"),
        ({"identification": ""}, "nullParameter"),
        ({"stateName": "x"}, "invalidParameter"),
        ({"policyExtId": "nothing"}, "invalidParameter"),
        ({"policyExtId": "100-PwdPolicy"}, "invalidParameter"),
        ({"properties": {"environment": "moon"}}, "invalidData"),
        ({"properties": {"employee_id": 5}}, "deserialization"),
        ({"validity": {"from": "2030-01-01", "to": "2029-01-01"}}, "invalidDateInterval"),
        ({"extId": "other"}, "modifyExtId"),
        ({"version": 7}, "optimisticLockingFailure"),
    ],
)
async def test_a_wrong_change_of_a_generic_credential_is_refused(user: Any, patch: Any, expected: str) -> None:
    await user.made(GENERIC, {"extId": "gc", "identification": "a"})
    await user.made(GENERIC, {"identification": "taken"})
    assert await code(user, "PATCH", f"{GENERIC}/gc", patch) == expected
    assert (await user.seen(f"{GENERIC}/gc"))["version"] == 1


async def test_another_users_credential_is_not_found_under_this_one(user: Any) -> None:
    await user.user("user-124")
    await user.made("100/users/user-124/generic-credentials", {"extId": "theirs", "identification": "a"})
    assert (await user("GET", f"{GENERIC}/theirs")).status_code == 404
    assert (await user("DELETE", f"{GENERIC}/theirs")).status_code == 404


async def test_an_ext_id_is_unique_over_all_types_of_credentials(user: Any) -> None:
    await user.made(GENERIC, {"extId": "one", "identification": "a"})
    assert await code(user, "POST", f"{U}/securid", {"extId": "one", "username": "x"}) == "duplicateName"


async def test_the_list_over_all_users_filters_sorts_pages_and_counts(user: Any) -> None:
    await user.user("user-124")
    for owner, ext_id, name in (
        ("user-123", "g1", "Alpha"),
        ("user-124", "g2", "beta"),
        ("user-123", "g3", "alphabet"),
    ):
        await user.made(
            f"100/users/{owner}/generic-credentials",
            {"extId": ext_id, "identification": name, "properties": {"system": owner}},
        )
        user.later(seconds=1)
    await user.made(f"{U}/securid", {"username": "x"})

    async def found(query: str) -> Any:
        page = await user.seen(f"clients/100/generic-credentials?returnTotalResultCount=true&{query}")
        return " ".join(item["extId"] for item in page["items"]), page["_pagination"]["totalResult"]

    assert await found("") == ("g1 g2 g3", 3)
    assert await found("limit=1&offset=1") == ("g2", 3)
    assert await found("limit=2&continuationToken=1768205730000_g1") == ("g2 g3", 3)
    assert await found("identification=beta") == ("g2", 1)
    assert await found("identification_IEQ=ALPHA") == ("g1", 1)
    assert await found("identification_SW=alpha") == ("g3", 1)
    assert await found("userExtId=user-123&sortBy=extId_DESC") == ("g3 g1", 2)
    assert await found("properties.system=user-124") == ("g2", 1)
    assert await found("stateName=disabled") == ("", 0)
    assert await found("extId=g3") == ("g3", 1)


async def test_all_credentials_of_a_user_come_with_their_type(user: Any) -> None:
    await user.made(f"{U}/password", {"password": SECRET})
    await user.made(GENERIC, {"identification": "a"})
    await user.made(f"{U}/securid", {"username": "x"})
    await user.made(f"{U}/device-password", {"extId": "d", "password": "z" * 32})
    page = await user.seen(f"{U}/credentials?limit=3")
    rest = await user.seen(f"{U}/credentials?continuationToken={page['_pagination']['continuationToken']}")
    labels = sorted(item["typeName"] for item in page["items"] + rest["items"])
    assert labels == ["Device Password", "Generic", "Password", "SecurID User Mapping"]


async def test_a_user_has_one_securid_credential_which_can_be_deleted(user: Any) -> None:
    await user.made(f"{U}/securid", {"username": "token-1"})
    assert await code(user, "POST", f"{U}/securid", {"username": "token-2"}) == "securidExists"
    assert (await user.changed(f"{U}/securid", {"username": "token-3"}))["username"] == "token-3"
    reply = await user("DELETE", f"{U}/securid")
    assert (reply.status_code, reply.content) == (204, b"")
    assert await code(user, "GET", f"{U}/securid") == "noRecord"
    assert await code(user, "POST", f"{U}/securid", {}) == "nullParameter"
