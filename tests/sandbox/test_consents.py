"""Terms and consents; roles of users; the data rooms of an authorization."""

from typing import Any

import pytest

from gateway.sandbox.people import fill

U = "100/users/user-123"


@pytest.fixture
async def user(nevis: Any) -> Any:
    await nevis.user("user-123")
    return nevis


async def code(nevis: Any, *call: Any, **more: Any) -> Any:
    return (await nevis(*call, **more)).json()["errors"][0]["code"].removeprefix("errors.")


async def names(nevis: Any, path: str) -> Any:
    return [item["extId"] for item in (await nevis.seen(path))["items"]]


async def test_terms_are_pending_until_their_version_is_accepted(user: Any) -> None:
    assert await names(user, f"{U}/terms-pending") == ["privacy", "terms-of-use"]
    assert await user.seen(f"{U}/consents") == []
    location = await user.made(f"{U}/consents", {"termsExtId": "terms-of-use"})
    assert location.endswith("/users/user-123/consents/terms-of-use")
    assert await user.seen(f"{U}/consents") == [
        {"termsExtId": "terms-of-use", "acceptanceDate": "2026-01-12T08:15:30Z", "termsVersion": "2"}
    ]
    pending = (await user.seen(f"{U}/terms-pending"))["items"]
    assert [(item["extId"], item["active"], item["termsVersion"]) for item in pending] == [("privacy", True, "1")]


async def test_only_active_terms_are_accepted_and_only_once(user: Any) -> None:
    await user.made(f"{U}/consents", {"termsExtId": "privacy"})
    tries = [{"termsExtId": name} for name in ("privacy", "terms-of-2020", "nothing", None)]
    assert [await code(user, "POST", f"{U}/consents", body) for body in tries] == [
        *("duplicateValue", "invalidParameter", "invalidParameter", "nullParameter")
    ]
    await user.user("user-124")
    await user.made("100/users/user-124/consents", {"termsExtId": "privacy"})
    assert (await user("DELETE", U)).status_code == 204
    await user.user("user-123")
    assert await user.seen(f"{U}/consents") == []


async def test_roles_of_all_profiles_of_a_user(user: Any) -> None:
    for profile, role in (("p", "portal-reader"), ("q", "payments-viewer")):
        await user.made(f"{U}/profiles", {"extId": profile})
        await user.made(f"100/profiles/{profile}/authorizations", {"roleExtId": role})
    await user.made("100/profiles/p/eauthorizations", {"enterpriseRoleExtId": "communicator"})
    assert await names(user, f"{U}/roles") == ["payments-viewer", "portal-editor", "portal-publisher", "portal-reader"]
    user.switch(user_roles="none")
    assert (await user("GET", f"{U}/roles")).status_code == 404


async def test_an_authorization_has_data_rooms(nevis: Any) -> None:
    fill(nevis.box, 1)
    [profile] = (await nevis.seen("100/users/app-reporting-app/profiles"))["items"]
    path = f"100/profiles/{profile['extId']}/authorizations"
    grants = {item["roleExtId"]: item["extId"] for item in (await nevis.seen(path))["items"]}
    found = [
        await names(nevis, f"{path}/{grants[role]}/clients") for role in ("nevisidm-soaptechaccess", "payments-viewer")
    ]
    assert found == [["100"], []]
    rooms = f"{path}/{grants['nevisidm-soaptechaccess']}"
    assert [await names(nevis, f"{rooms}/{part}") for part in ("units", "applications", "eroles")] == [[], [], []]
    assert (await nevis("GET", f"{path}/nothing/units")).status_code == 404
