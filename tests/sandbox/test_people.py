"""The sample people: always the same, valid in nevisIDM's own eyes, and varied enough to meet every mapping."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from gateway.sandbox.credential_types import TYPES
from gateway.sandbox.document import given
from gateway.sandbox.installation import APPLICATION_ROLES, BUNDLES, DEFINED, UNIT_TREE
from gateway.sandbox.people import APP_PASSWORDS, GUIDE, OWN_PASSWORDS, SHARED_PASSWORD, apps, fill, password_of, people
from gateway.sandbox.people_credentials import RECOVERY_CODES
from gateway.sandbox.people_first import FIRST
from gateway.sandbox.switches import Switches
from gateway.sandbox.table import CREDENTIALS, PROFILES, USERS
from gateway.sandbox.user_rules import PATCH_USER

NOW = datetime(2026, 1, 12, 8, 15, 30, tzinfo=UTC)
LOGIN = "/nevisidm/api/auth/v1/100/users/"


@pytest.fixture(scope="module")
def some() -> list[dict[str, Any]]:
    return list(people(120, now=NOW))


@pytest.fixture
async def filled(nevis: Any) -> Any:
    assert fill(nevis.box, 50) == 52
    return nevis


def by_login(some: list[dict[str, Any]], login: str) -> dict[str, Any]:
    return next(person for person in some if person["loginId"] == login)


def test_they_are_the_same_every_time() -> None:
    assert list(people(70, now=NOW))[:60] == list(people(60, now=NOW))


def test_as_many_come_as_were_asked_for() -> None:
    assert [len(list(people(n, now=NOW))) for n in (0, 3, 50, 51)] == [0, 3, 50, 51]


def test_names_follow_the_guide(some: list[dict[str, Any]]) -> None:
    assert [person["extId"] for person in some] == [f"u-{number}" for number in range(1001, 1121)]
    assert (some[0]["loginId"], some[50]["loginId"]) == ("bjensen", "user1051")
    assert (password_of("u-1001"), password_of(f"u-{1001 + OWN_PASSWORDS}")) == ("Welcome-1001", SHARED_PASSWORD)
    for text in (
        "u-1001",
        "bjensen",
        "Welcome-1001",
        "user1051",
        SHARED_PASSWORD,
        *APP_PASSWORDS,
        *APP_PASSWORDS.values(),
    ):
        assert text in GUIDE
    assert len(FIRST) == 50


def test_what_must_be_unique_is(some: list[dict[str, Any]]) -> None:
    everybody = [*some, *apps(now=NOW)]
    for name in ("extId", "loginId"):
        assert not [value for value, count in Counter(person[name] for person in everybody).items() if count > 1]
    credentials = [credential for person in everybody for credential in person["credentials"]]
    assert len({credential["extId"] for credential in credentials}) == len(credentials)
    generic = [credential["identification"] for credential in credentials if credential["type"] == "Generic"]
    assert len(set(generic)) == len(generic)
    assert len({person["contacts"]["email"].lower() for person in everybody}) == len(everybody)


def test_every_field_is_one_a_client_could_have_sent(some: list[dict[str, Any]]) -> None:
    ours = {"extId", "created", "profiles", "credentials", "isTechnicalUser"}
    for person in [*some, *apps(now=NOW)]:
        body = {name: value for name, value in person.items() if name not in ours and name[0] != "_"}
        assert given(PATCH_USER, body, Switches()) == body


def test_units_roles_and_properties_are_those_of_the_installation(some: list[dict[str, Any]]) -> None:
    roles = {f"{app}-{role}".lower() for app, names in APPLICATION_ROLES.items() for role in names}
    bundles = {name.lower() for name in BUNDLES}
    for person in [*some, *apps(now=NOW)]:
        assert set(person["properties"]) <= set(DEFINED["USER_GLOBAL"])
        for profile in person["profiles"]:
            assert profile["unitExtId"] in UNIT_TREE
            assert set(profile.get("properties", {})) <= set(DEFINED["PROFILE_GLOBAL"])
            assert {role["roleExtId"] for role in profile.get("authorizations", ())} <= roles
            assert {role["enterpriseRoleExtId"] for role in profile.get("eauthorizations", ())} <= bundles
        for credential in person["credentials"]:
            scope = CREDENTIALS.scope_of({"_type": credential["type"]})
            assert set(credential.get("properties", {})) <= set(DEFINED[scope])


def test_the_first_fifty_meet_every_situation(some: list[dict[str, Any]]) -> None:
    first = some[:50]
    states = {credential.get("stateName") for person in first for credential in person["credentials"]}
    assert {"tmp-locked", "fail-locked", "initial", "admin-changed", "reset-code", "disabled"} <= states
    assert {person["userState"] for person in first} == {"active", "disabled", "archived"}
    assert {len(person["profiles"]) for person in first} == {0, 1, 2}
    types = {credential["type"] for person in first for credential in person["credentials"]}
    assert types == TYPES.keys() - {"DevicePassword", "Vasco"}
    assert {person["languageCode"] for person in first} == {"DE", "FR", "IT", "EN"}
    assert sum(any(credential["type"] == "SecurId" for credential in person["credentials"]) for person in first) >= 5
    names = " ".join(value for person in first for value in person["name"].values())
    for text in ('"', "\\", "'", " and ", " or ", "(", "[", "%", "+", "😀", "山", "И", "ع", "\u0308", "ë", "*", "_"):
        assert text in names, text


def test_two_login_ids_differ_only_by_case(some: list[dict[str, Any]]) -> None:
    logins = Counter(person["loginId"].lower() for person in some)
    assert [login for login, count in logins.items() if count > 1] == ["csmith"]


def test_verifiers_are_four_and_no_two_alike(some: list[dict[str, Any]]) -> None:
    databases = [
        c for person in some for c in person["credentials"] if c.get("identification", "").startswith("scim-db-")
    ]
    values = [
        c["properties"][name] for c in databases for name in ("dbPassword", "dbSalt", "dbMixedPassword", "dbMixedSalt")
    ]
    assert len(databases) > 5
    assert len(set(values)) == len(values)
    assert not [person for person in some if any(password_of(person["extId"]) in value for value in values)]


async def test_everybody_s_password_is_the_guide_s(filled: Any) -> None:
    codes = {1001: 5, 1014: 5, 1025: 9, 1026: None, 1027: None, 1028: 5, 1033: None, 1034: None}
    for number, code in codes.items():
        body = {"password": password_of(f"u-{number}")}
        reply = await filled("POST", f"{LOGIN}u-{number}/password/login", body)
        assert reply.json().get("statusCode") == code, number


async def test_a_lock_for_now_is_over_in_an_hour(filled: Any) -> None:
    filled.later(hours=1)
    reply = await filled("POST", f"{LOGIN}u-1025/password/login", {"password": password_of("u-1025")})
    assert reply.json()["statusCode"] == 5


async def test_apps_log_in_with_their_device_passwords(filled: Any) -> None:
    for name, secret in APP_PASSWORDS.items():
        [device] = (await filled.seen(f"100/users/app-{name}/device-password"))["items"]
        body = {"password": secret, "credentialExtId": device["extId"]}
        assert (await filled("POST", f"{LOGIN}app-{name}/device-password/login", body)).json()["statusCode"] == 5
        user = await filled.seen(f"100/users/app-{name}")
        assert (user["isTechnicalUser"], user["userState"]) == (True, "disabled" if name == "legacy-app" else "active")


async def test_everybody_can_be_read_by_every_call_a_mapping_makes(filled: Any) -> None:
    for number in range(1001, 1051):
        user = f"100/users/u-{number}"
        for path in ("", "/profiles", "/credentials", "/generic-credentials"):
            await filled.seen(user + path)
        for profile in (await filled.seen(f"{user}/profiles"))["items"]:
            for path in ("", "/properties", "/roles", "/eauthorizations", "/authorizations"):
                await filled.seen(f"100/profiles/{profile['extId']}{path}")


async def test_everybody_can_be_changed_and_changed_back(filled: Any) -> None:
    """So their values satisfy nevisIDM's own rules."""
    for number in range(1001, 1051):
        if number == 1032:
            continue  # archived
        path = f"100/users/u-{number}"
        user = await filled.seen(path)
        body = {name: user[name] for name in ("name", "contacts", "properties", "languageCode")}
        changed = await filled.changed(path, {**body, "modificationComment": "looked at"})
        assert {name: changed[name] for name in body} == body


async def test_they_are_in_the_search_index(filled: Any) -> None:
    reply = await filled("GET", "/nevisidm/api/query/v1/users?q=loginid:bjensen")
    assert [hit["extid"] for hit in reply.json()["response"]["hits"]] == ["u-1001"]


async def test_filling_twice_changes_nothing(filled: Any) -> None:
    assert fill(filled.box, 50) == 0
    assert filled.box.store.count(USERS, "100") == 52


async def test_counts_follow_the_bulk(nevis: Any) -> None:
    fill(nevis.box, 300)
    store = nevis.box.store
    assert store.count(USERS, "100") == 302
    assert store.count(USERS, "100", ["disabled"]) == len(store.rows(USERS, "client = '100' AND state = 'disabled'"))
    assert store.count(CREDENTIALS, "100", ["DevicePassword"]) == 2
    assert len(store.rows(PROFILES, "client = '100'")) == 305


def test_the_generator_does_not_hold_them_all() -> None:
    endless = people(10**9, now=NOW)
    assert len(list(islice(endless, 100))) == 100


async def test_everything_has_a_credential_of_every_type(filled: Any) -> None:
    path = "100/users/u-1050"
    listed = (await filled.seen(f"{path}/credentials"))["items"]
    missing = {"VASCO"}  # which nobody can be given
    assert {item["typeName"] for item in listed} == {kind.label for kind in TYPES.values()} - missing - {
        "Device Password"
    }
    for kind in (kind for kind in TYPES.values() if kind.name not in ("Vasco", "DevicePassword", "Generic")):
        one = await filled.seen(f"{path}/{kind.segment}")
        assert len(one["items"]) == 1 if kind.many else one["userExtId"] == "u-1050"
    login = await filled(
        "POST", f"{LOGIN}u-1050/context-password/login", {"password": "context-1050", "context": "mainframe"}
    )
    code = await filled("POST", f"{LOGIN}u-1050/recovery-codes/login", {"code": RECOVERY_CODES[7]})
    assert (login.json()["statusCode"], code.status_code) == (5, 204)
