"""The auth API over HTTP: what an attempt answers, what it counts, when it locks and unlocks, and what cannot be attempted."""

from typing import Any

import pytest

AUTH = "/nevisidm/api/auth/v1/100/users/"
SECRET = "Correct-horse-1"
DEVICE = "a-device-password-of-enough-length-01"


@pytest.fixture
async def user(nevis: Any) -> str:
    """A user with an active password and a device password."""
    ext_id: str = await nevis.user("u1")
    await nevis.made(f"100/users/{ext_id}/password", {"password": SECRET, "stateName": "active", "extId": "pw"})
    await nevis.made(f"100/users/{ext_id}/device-password", {"password": DEVICE, "extId": "dev"})
    return ext_id


async def attempt(nevis: Any, user: str, password: str = SECRET) -> Any:
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": password})
    assert reply.status_code == 200, reply.text
    return reply.json()["statusCode"]


async def credential(nevis: Any, user: str) -> Any:
    return await nevis.seen(f"100/users/{user}/password")


async def test_the_right_password_is_ok(nevis: Any, user: str) -> None:
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert (reply.status_code, reply.json()) == (200, {"statusCode": 5, "description": "Login Ok"})
    seen = await credential(nevis, user)
    assert (seen["successfulLoginCount"], seen["lastSuccessfulLoginDate"]) == (1, "2026-01-12T08:15:30Z")


async def test_a_wrong_password_is_answered_200_and_counted_once(nevis: Any, user: str) -> None:
    assert await attempt(nevis, user, "wrong") == 2
    seen = await credential(nevis, user)
    assert (seen["failedLoginCount"], seen["lastFailedLoginDate"], seen["stateName"]) == (
        1,
        "2026-01-12T08:15:30Z",
        "active",
    )


async def test_a_success_sets_the_failures_back(nevis: Any, user: str) -> None:
    await attempt(nevis, user, "wrong")
    await attempt(nevis, user)
    assert (await credential(nevis, user))["failedLoginCount"] == 0


async def test_the_second_failure_locks_for_a_minute_in_which_nothing_counts(nevis: Any, user: str) -> None:
    await attempt(nevis, user, "wrong")
    assert await attempt(nevis, user, "wrong") == 9
    assert (await credential(nevis, user))["stateName"] == "tmp-locked"
    nevis.later(seconds=59)
    assert await attempt(nevis, user) == 9
    assert (await credential(nevis, user))["failedLoginCount"] == 2
    nevis.later(seconds=1)
    assert await attempt(nevis, user) == 5
    assert (await credential(nevis, user))["stateName"] == "active"


async def test_the_third_failure_locks_for_good_until_somebody_unlocks(nevis: Any, user: str, refusal: Any) -> None:
    await attempt(nevis, user, "wrong")
    await attempt(nevis, user, "wrong")
    nevis.later(minutes=1)
    assert await attempt(nevis, user, "wrong") == 4
    assert (await credential(nevis, user))["stateName"] == "fail-locked"
    nevis.later(days=365)
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert refusal(reply)[:2] == (422, "errors.credentialNotActive")
    assert (await nevis("POST", f"100/users/{user}/password/unlock")).status_code == 204
    assert await attempt(nevis, user) == 5


async def test_counting_leaves_the_version_and_a_lock_raises_it(nevis: Any, user: str) -> None:
    await attempt(nevis, user, "wrong")
    assert (await credential(nevis, user))["version"] == 1
    await attempt(nevis, user, "wrong")
    assert (await credential(nevis, user))["version"] == 2


@pytest.mark.parametrize("state", ["disabled", "archived", "fail-locked"])
async def test_a_state_that_allows_no_attempt_is_422(nevis: Any, user: str, refusal: Any, state: str) -> None:
    await nevis.changed(f"100/users/{user}/password", {"stateName": state})
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert refusal(reply)[:2] == (422, "errors.credentialNotActive")
    nevis.switch(login_inactive_status=404)
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert reply.status_code == 404


@pytest.mark.parametrize("state", ["initial", "admin-changed", "reset-code"])
async def test_a_password_that_must_be_changed_can_log_in_unless_switched_off(
    nevis: Any, user: str, refusal: Any, state: str
) -> None:
    await nevis.changed(f"100/users/{user}/password", {"stateName": state})
    assert await attempt(nevis, user) == 5
    assert (await credential(nevis, user))["stateName"] == state
    nevis.switch(initial_password_login=False)
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert refusal(reply)[:2] == (422, "errors.credentialNotActive")


async def test_an_outlived_password_is_422(nevis: Any, user: str, refusal: Any) -> None:
    nevis.later(days=3651)
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert refusal(reply)[:2] == (422, "errors.credentialNotActive")


@pytest.mark.parametrize("status", [404, 422])
async def test_a_missing_password_is_what_the_switch_says(nevis: Any, refusal: Any, status: int) -> None:
    await nevis.user("u2")
    nevis.switch(login_missing_status=status)
    reply = await nevis("POST", f"{AUTH}u2/password/login", {"password": SECRET})
    assert refusal(reply) == (status, "errors.noRecord", "User with extId u2 has no Password credential")


async def test_a_missing_user_is_404(nevis: Any, refusal: Any) -> None:
    reply = await nevis("POST", f"{AUTH}nobody/password/login", {"password": SECRET})
    assert refusal(reply) == (
        404,
        "errors.noRecord",
        "A user with extId 'nobody' doesn't exist on client with name Default",
    )


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": None}, {"password": 1}])
async def test_a_body_without_a_password_is_422_and_counts_nothing(nevis: Any, user: str, body: dict[str, Any]) -> None:
    assert (await nevis("POST", f"{AUTH}{user}/password/login", body)).status_code == 422
    assert (await credential(nevis, user))["failedLoginCount"] == 0


async def test_the_right_to_view_credentials_is_enough_and_needed(nevis: Any, user: str, refusal: Any) -> None:
    nevis.account("reader", rights=frozenset({"AccessControl.CredentialView"}))
    nevis.account("nobody", rights=frozenset())
    allowed = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET}, token="reader")
    assert allowed.json()["statusCode"] == 5
    denied = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET}, token="nobody")
    assert refusal(denied)[:2] == (403, "errors.insufficientRightsFunction")


async def test_user_state_and_validity_matter_only_by_the_switch(nevis: Any, user: str, refusal: Any) -> None:
    await nevis.changed(f"100/users/{user}", {"validity": {"to": "2026-01-01T00:00:00Z"}})
    assert await attempt(nevis, user) == 5
    nevis.switch(login_checks_user=True)
    reply = await nevis("POST", f"{AUTH}{user}/password/login", {"password": SECRET})
    assert refusal(reply)[:2] == (422, "error.login.userState")


async def test_the_slash_at_the_end_is_a_switch(nevis: Any, user: str) -> None:
    body = {"password": SECRET}
    assert (await nevis("POST", f"{AUTH}{user}/password/login/", body)).status_code == 404
    nevis.switch(auth_trailing_slash=True)
    without = await nevis("POST", f"{AUTH}{user}/password/login", body)
    assert (without.status_code, without.headers["content-type"][:9]) == (404, "text/html")
    assert (await nevis("POST", f"{AUTH}{user}/password/login/", body)).json()["statusCode"] == 5


async def test_a_device_password_is_named_by_its_ext_id(nevis: Any, user: str, refusal: Any) -> None:
    path = f"{AUTH}{user}/device-password/login"
    assert (await nevis("POST", path, {"password": DEVICE, "credentialExtId": "dev"})).json()["statusCode"] == 5
    assert (await nevis("POST", path, {"password": "wrong", "credentialExtId": "dev"})).json()["statusCode"] == 2
    for other in ("pw", "none"):
        reply = await nevis("POST", path, {"password": DEVICE, "credentialExtId": other})
        assert refusal(reply) == (404, "errors.noRecord", "User with extId u1 has no Device Password credential")
    assert (await nevis("POST", path, {"password": DEVICE})).status_code == 422


async def test_login_info_records_a_success(nevis: Any, user: str) -> None:
    reply = await nevis("POST", f"100/users/{user}/login-info", {"success": True, "credentialExtId": "pw"})
    assert reply.json() == {
        "statusCode": 5,
        "description": "Login successful.",
        "userExtId": user,
        "clientExtId": "100",
        "userLastLogin": "2026-01-12T08:15:30Z",
        "credentialExtId": "pw",
        "credentialType": "Password",
        "credentialLastLogin": "2026-01-12T08:15:30Z",
        "credentialSuccessCount": 1,
        "credentialFailureCount": 0,
    }
    nevis.switch(login_info_code=0)
    assert (await nevis("POST", f"100/users/{user}/login-info", {"success": True})).json()["statusCode"] == 0


async def test_login_info_failures_count_and_lock_like_attempts(nevis: Any, user: str) -> None:
    body = {"success": False, "credentialExtId": "pw"}
    replies = [(await nevis("POST", f"100/users/{user}/login-info", body)).json() for _ in range(2)]
    assert [reply["statusCode"] for reply in replies] == [2, 9]
    assert (replies[1]["credentialFailureCount"], replies[1]["userLastLoginFailure"]) == (2, "2026-01-12T08:15:30Z")
    assert await attempt(nevis, user) == 9


async def test_login_info_needs_its_fields_and_an_own_credential(nevis: Any, user: str, refusal: Any) -> None:
    assert refusal(await nevis("POST", f"100/users/{user}/login-info", {}))[:2] == (422, "errors.nullParameter")
    await nevis.user("u2")
    reply = await nevis("POST", "100/users/u2/login-info", {"success": True, "credentialExtId": "pw"})
    assert refusal(reply)[:2] == (404, "errors.noRecord")


@pytest.mark.parametrize(
    "value", [None, "", 0, True, [], {}, "\0", "x" * 100_000, {"password": {}}, {"password": "é\0😀"}]
)
@pytest.mark.parametrize(
    "path", [f"{AUTH}u1/password/login", f"{AUTH}u1/device-password/login", "100/users/u1/login-info"]
)
async def test_whatever_is_sent_is_answered(nevis: Any, user: str, path: str, value: Any) -> None:
    for body in (value, {"password": value, "credentialExtId": value}, {"success": value, "credentialExtId": value}):
        assert (await nevis("POST", path, body)).status_code < 500
