"""Each switch has an effect: one question for each, answered one way by default and another way when it is turned."""

import base64
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.sandbox.switches import Switches
from tests.sandbox.test_credential_types import PEM

Question = Callable[[Any], Awaitable[Any]]
U = "100/users/user-123"
LIST = "clients/100/users"


async def ids(nevis: Any, query: str, path: str = LIST) -> Any:
    reply = await nevis("GET", f"{path}?{query}")
    return [item["extId"] for item in reply.json()["items"]] if reply.status_code == 200 else reply.status_code


async def two(nevis: Any) -> None:
    await nevis.user(
        "user-123", loginId="anna", languageCode="de", birthDate="1990-01-02", properties={"jobTitle": "Chef"}
    )
    await nevis.user("user-124", loginId="Berta")


def listed(query: str) -> Question:
    async def ask(nevis: Any) -> Any:
        await two(nevis)
        return await ids(nevis, query)

    return ask


def status(method: str, path: str, body: Any = None, headers: Any = None, token: str = "all") -> Question:
    async def ask(nevis: Any) -> int:
        await two(nevis)
        nevis.account("itself", client="100", user="user-123", rights=frozenset(), self_admin=True)
        return (await nevis(method, path, body, headers=headers, token=token)).status_code

    return ask


def field(name: str) -> Question:
    async def ask(nevis: Any) -> Any:
        await two(nevis)
        return (await nevis.seen(U)).get(name, "absent")

    return ask


async def logs_in(nevis: Any) -> int:
    await two(nevis)
    await nevis.made(f"{U}/password", {"extId": "pw", "password": "Geheim-2026", "stateName": "active"})
    token = base64.b64encode(b"user-123:pw:Geheim-2026").decode().rstrip("=")
    return int((await nevis("GET", U, token=token)).status_code)


async def unauthorized(nevis: Any) -> Any:
    return (await nevis("GET", U, token="wrong")).text[:9]


async def location(nevis: Any) -> Any:
    return (await nevis.made("100/eroles", {"extId": "e", "name": "E"}))[:12]


async def total(nevis: Any) -> Any:
    await two(nevis)
    return (await nevis.seen(f"{LIST}?returnTotalResultCount=true"))["_pagination"].get("totalResult")


async def page_size(nevis: Any) -> Any:
    return (await nevis.seen(LIST))["_pagination"]["limit"]


async def large_page_size(nevis: Any) -> Any:
    return (await nevis.seen(f"{LIST}?limit=5000"))["_pagination"]["limit"]


async def archived(nevis: Any) -> Any:
    await two(nevis)
    await nevis("POST", f"{U}/archive")
    return await ids(nevis, "")


async def listed_properties(nevis: Any) -> Any:
    await two(nevis)
    return (await nevis.seen(f"{LIST}?loginId=anna"))["items"][0].get("properties")


async def nested(nevis: Any) -> Any:
    await nevis.user(address={"city": "Bern", "street": "Gasse"})
    return (await nevis.changed(U, {"address": {"city": "Basel"}}))["address"]


async def cleared(nevis: Any) -> Any:
    await nevis.user(remarks="x", modificationComment="y")
    return [(await nevis("PATCH", U, body)).status_code for body in ({"remarks": None}, {"modificationComment": ""})]


async def duplicate(nevis: Any) -> Any:
    await nevis.user()
    return (await nevis("POST", "100/users", {"extId": "user-123", "loginId": "other"})).status_code


async def reactivated(nevis: Any) -> Any:
    await nevis.user()
    await nevis.made(f"{U}/profiles", {"extId": "p"})
    for state in ("disabled", "active"):
        await nevis.changed(U, {"userState": state})
    return (await nevis.seen("100/profiles/p"))["profileState"]


async def hyphen(nevis: Any) -> Any:
    return (await nevis("POST", "100/eroles", {"extId": "a-b", "name": "E"})).status_code


async def profiles(nevis: Any) -> Any:
    await nevis.user()
    return len((await nevis.seen(f"{U}/profiles"))["items"])


async def version_after_properties(nevis: Any) -> Any:
    await nevis.user()
    await nevis.changed(f"{U}/properties", {"jobTitle": "x"})
    return (await nevis.seen(U))["version"]


async def long_property(nevis: Any) -> Any:
    await nevis.user()
    body = {"identification": "i", "properties": {"note": "x" * 200}}
    return (await nevis("POST", f"{U}/generic-credentials", body)).status_code


async def generic(nevis: Any, query: str = "") -> Any:
    await two(nevis)
    for number in ("1", "2"):
        await nevis.made(
            f"{U}/generic-credentials",
            {"extId": f"g{number}", "identification": f"i{number}", "properties": {"note": "n"}},
        )
    return await nevis("GET", f"clients/100/generic-credentials?{query}")


async def generic_list(nevis: Any) -> Any:
    return (await generic(nevis)).status_code


async def generic_filter(nevis: Any) -> Any:
    return [item["extId"] for item in (await generic(nevis, "identification=i1")).json()["items"]]


async def generic_properties(nevis: Any) -> Any:
    return (await generic(nevis)).json()["items"][0].get("properties")


async def same_identification(nevis: Any) -> Any:
    await generic(nevis)
    return (await nevis("POST", "100/users/user-124/generic-credentials", {"identification": "i1"})).status_code


async def discriminator(nevis: Any) -> Any:
    await generic(nevis)
    item = (await nevis.seen(f"{U}/credentials"))["items"][0]
    return sorted({"type", "typeName"} & item.keys())


async def with_password(nevis: Any) -> None:
    await nevis.user()
    await nevis.made(f"{U}/password", {"password": "Geheim-2026", "stateName": "active"})


async def state_after_change(nevis: Any) -> Any:
    await with_password(nevis)
    await nevis("POST", f"{U}/password/change", {"newPassword": "Geheim-2027"})
    return (await nevis.seen(f"{U}/password"))["stateName"]


async def password_change(nevis: Any) -> Any:
    await with_password(nevis)
    return (await nevis("POST", f"{U}/password/change", {"newPassword": "Geheim-2027"})).status_code


async def password_seen(nevis: Any) -> Any:
    await with_password(nevis)
    return (await nevis("GET", f"{U}/password")).status_code


async def login(nevis: Any, slash: str = "", before: Any = None) -> Any:
    if before is not None:
        await nevis.changed(f"{U}/password", {"stateName": before})
    path = f"/nevisidm/api/auth/v1/{U}/password/login{slash}"
    return (await nevis("POST", path, {"password": "Geheim-2026"})).status_code


async def login_without_slash(nevis: Any) -> Any:
    await with_password(nevis)
    return await login(nevis)


async def login_of_admin_changed(nevis: Any) -> Any:
    await with_password(nevis)
    return await login(nevis, before="admin-changed")


async def login_of_disabled(nevis: Any) -> Any:
    await with_password(nevis)
    return await login(nevis, before="disabled")


async def login_without_password(nevis: Any) -> Any:
    await nevis.user()
    return await login(nevis)


async def login_of_disabled_user(nevis: Any) -> Any:
    await with_password(nevis)
    await nevis.changed(U, {"userState": "disabled"})
    return await login(nevis)


async def recorded_login(nevis: Any) -> Any:
    await nevis.user()
    return (await nevis("POST", f"{U}/login-info", {"success": True})).json()["statusCode"]


async def made_application(nevis: Any) -> Any:
    await nevis.made("applications", {"extId": "shop", "name": "Shop"})
    there = (await nevis("GET", "clients/100/applications")).json()["items"]
    return "shop" in {each["extId"] for each in there}


async def eroles(nevis: Any) -> Any:
    return (await nevis("GET", "clients/100/eroles")).status_code


async def query_status(nevis: Any, text: str) -> Any:
    await two(nevis)
    reply = await nevis("GET", f"/nevisidm/api/query/v1/users?{text}")
    return reply.status_code, (reply.json().get("response") or {}).get("totalResults"), sorted(reply.json())


def searched(text: str) -> Question:
    async def ask(nevis: Any) -> Any:
        return await query_status(nevis, text)

    return ask


async def query_off(nevis: Any) -> Any:
    nevis.switch(query_enabled=False)
    return (await query_status(nevis, "q=anna"))[0]


async def roles_of_user(nevis: Any) -> Any:
    await nevis.user()
    seen = await nevis.seen(f"{U}/roles")
    return "array" if isinstance(seen, list) else seen.keys()


async def room(nevis: Any) -> Any:
    await nevis.user()
    await nevis.made(f"{U}/profiles", {"extId": "p"})
    place = await nevis.made("100/profiles/p/authorizations", {"roleExtId": "portal-reader"})
    return (await nevis("GET", place.removeprefix("http://nevis") + "/units")).status_code


async def puk(nevis: Any) -> Any:
    await nevis.user()
    return (await nevis("POST", f"{U}/puk", {})).status_code


async def shown_hash(nevis: Any) -> Any:
    await nevis.user()
    await nevis.made(f"{U}/tempstrong-password", {})
    return "tempStrongPassword" in await nevis.seen(f"{U}/tempstrong-password")


async def certificate_properties(nevis: Any) -> Any:
    await nevis.user()
    await nevis.made(f"{U}/certificates", {"extId": "c", "certificate": PEM})
    await nevis.changed(f"{U}/certificates/c/properties", {"purpose": "signing"})
    return (await nevis.seen(f"{U}/certificates/c")).get("properties")


async def recovery_codes(nevis: Any) -> Any:
    await nevis.user()
    made = await nevis("POST", f"{U}/recovery-codes")
    return b"codes" in made.content, "codes" in await nevis.seen(f"{U}/recovery-codes")


async def wrong_code(nevis: Any) -> Any:
    await nevis.user()
    await nevis.made(f"{U}/recovery-codes")
    return (await nevis("POST", f"/nevisidm/api/auth/v1/{U}/recovery-codes/login", {"code": "x"})).status_code


async def spelt_states(nevis: Any) -> Any:
    made = []
    for name, state in (("user-1", "tmp-locked"), ("user-2", "tmp_locked")):
        await nevis.user(name)
        body = {"urlPrefix": "https://example.org/", "stateName": state}
        made.append((await nevis("POST", f"100/users/{name}/url-ticket", body)).status_code)
    return tuple(made)


BOTH, SHOWN = ["user-123", "user-124"], ["messages", "response"]

# switch: (its other value, the question, the answer by default, the answer when turned)
EFFECTS: dict[str, tuple[Any, Question, Any, Any]] = {
    "release": ("2.82", status("GET", "properties"), 200, 404),
    "people_log_in": (False, logs_in, 200, 401),
    "unauthorized_body": ("empty", unauthorized, "<!DOCTYPE", ""),
    "x_token_status": (401, status("DELETE", f"{U}/securid", token="itself"), 422, 401),
    "location": ("path", location, "http://nevis", "/nevisidm/ap"),
    "extra_fields": (True, field("fieldOfALaterRelease"), "absent", {"note": "v1 may grow at any time"}),
    "empty_fields": ("null", field("address"), "absent", None),
    "modifiers_sw": (False, listed("loginId_SW=ann"), ["user-123"], BOTH),
    "modifiers_ieq": (False, listed("loginId_IEQ=ANNA"), ["user-123"], BOTH),
    "sw_ignores_case": (True, listed("loginId_SW=b"), [], ["user-124"]),
    "unknown_parameters": ("refuse", listed("nonsense=1"), BOTH, 422),
    "property_ieq": (True, listed("jobTitle_IEQ=CHEF"), BOTH, ["user-123"]),
    "property_prefix": ("properties.", listed("jobTitle=Chef"), ["user-123"], BOTH),
    "total_count": (False, total, 2, None),
    "offset": (False, listed("offset=1"), ["user-124"], BOTH),
    "default_limit": (7, page_size, 1000, 7),
    "max_limit": (9, large_page_size, 1000, 9),
    "sort_suffix": (False, listed("sortBy=loginId_ASC"), ["user-124", "user-123"], 422),
    "archived_listed": (False, archived, BOTH, ["user-124"]),
    "user_list_carries_properties": (False, listed_properties, {"jobTitle": "Chef"}, None),
    "unknown_fields": ("ignore", status("PATCH", U, {"nickname": "x"}), 422, 200),
    "delete_active": ("refused", status("DELETE", U), 204, 422),
    "patch_nested": ("replace", nested, {"city": "Basel", "street": "Gasse"}, {"city": "Basel"}),
    "clear_value": ("null", cleared, [200, 200], [200, 422]),
    "identifier_charset": ("printed", hyphen, 201, 422),
    "duplicate_status": (409, duplicate, 422, 409),
    "reactivate_profiles": (True, reactivated, "disabled", "active"),
    "language_case": ("lower", field("languageCode"), "DE", "de"),
    "birth_date": ("datetime", field("birthDate"), "1990-01-02", "1990-01-02T00:00:00Z"),
    "auto_profile": (True, profiles, 0, 1),
    "lock_status": (412, status("PATCH", U, {"version": 9}), 409, 412),
    "missing_version": ("refused", status("PATCH", U, {"remarks": "x"}), 200, 422),
    "properties_raise_version": (False, version_after_properties, 2, 1),
    "property_max_length": (100, long_property, 201, 422),
    "client_list_credentials": (False, generic_list, 200, 404),
    "client_list_filters": (False, generic_filter, ["g1"], ["g1", "g2"]),
    "list_items_carry_properties": (False, generic_properties, {"note": "n"}, None),
    "identification_scope": ("user", same_identification, 422, 201),
    "credential_discriminator": ("type", discriminator, ["typeName"], ["type"]),
    "password_create_status": (204, status("POST", f"{U}/password", {"password": "Geheim-2026"}), 201, 204),
    "password_change_path": (False, password_change, 204, 404),
    "password_get": (False, password_seen, 200, 404),
    "admin_change_state": ("active", state_after_change, "admin-changed", "active"),
    "new_application": ("nowhere", made_application, True, False),
    "eroles": (False, eroles, 200, 422),
    "initial_password_login": (False, login_of_admin_changed, 200, 422),
    "auth_trailing_slash": (True, login_without_slash, 200, 404),
    "login_missing_status": (422, login_without_password, 404, 422),
    "login_inactive_status": (404, login_of_disabled, 422, 404),
    "login_checks_user": (True, login_of_disabled_user, 200, 422),
    "guessed_credentials": (False, puk, 201, 404),
    "hashes_shown": (False, shown_hash, True, False),
    "certificate_properties": (False, certificate_properties, {"purpose": "signing"}, None),
    "recovery_codes_told": ("create", recovery_codes, (False, True), (True, False)),
    "recovery_code_status": (401, wrong_code, 422, 401),
    "url_ticket_states": ("underscores", spelt_states, (201, 422), (422, 201)),
    "user_roles": ("array", roles_of_user, {"items", "_pagination", "_classifications"}, "array"),
    "authorization_rooms": (False, room, 200, 404),
    "login_info_code": (0, recorded_login, 5, 0),
    "query_enabled": (False, searched("q=anna"), (200, 1, SHOWN), (404, None, ["errors"])),
    "query_disabled_status": (422, query_off, 404, 422),
    "query_rebuilding": (True, searched("q=anna"), (200, 1, SHOWN), (200, 0, SHOWN)),
    "query_leading_wildcard": (True, searched("q=loginid:*nna"), (400, None, SHOWN), (200, 1, SHOWN)),
    "query_lag_seconds": (60.0, searched("q=anna"), (200, 1, SHOWN), (200, 0, SHOWN)),
    "query_max_window": (5, searched("q=anna"), (200, 1, SHOWN), (422, None, ["errors"])),
    "query_error_shape": ("errors", searched("q="), (400, None, SHOWN), (400, None, ["errors"])),
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Switches)])
async def test_turning_a_switch_changes_the_answer(nevis: Any, name: str) -> None:
    value, ask, _, turned = EFFECTS[name]
    assert getattr(Switches(), name) != value
    nevis.switch(**{name: value})
    assert await ask(nevis) == turned


@pytest.mark.parametrize("name", EFFECTS)
async def test_the_default_answer_is_the_assumed_one(nevis: Any, name: str) -> None:
    _, ask, default, turned = EFFECTS[name]
    assert default != turned
    assert await ask(nevis) == default
