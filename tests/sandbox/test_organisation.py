"""Profiles and what they are given, and the clients, units, applications, roles, policies and definitions around them."""

from typing import Any

import pytest

from gateway.sandbox.credential_types import TYPES

U = "100/users/user-123"


@pytest.fixture
async def user(nevis: Any) -> Any:
    await nevis.user()
    return nevis


async def code(nevis: Any, *call: Any) -> Any:
    return (await nevis(*call)).json()["errors"][0]["code"].removeprefix("errors.")


async def names(nevis: Any, path: str, field: str = "extId") -> list[str]:
    return [item[field] for item in (await nevis.seen(path))["items"]]


async def test_a_profile_has_its_documented_defaults(user: Any) -> None:
    location = await user.made(f"{U}/profiles", {"extId": "p-1"})
    assert location == "http://nevis/nevisidm/api/core/v1/100/profiles/p-1"
    assert await user.seen("100/profiles/p-1") == {
        "created": "2026-01-12T08:15:30Z",
        "lastModified": "2026-01-12T08:15:30Z",
        "version": 1,
        "extId": "p-1",
        "userExtId": "user-123",
        "clientExtId": "100",
        "unitExtId": "root",
        "profileState": "active",
        "name": "user-123-login",
        "isDefaultProfile": True,
    }


async def test_a_user_has_one_default_profile(user: Any) -> None:
    for ext_id in ("p-1", "p-2", "p-3"):
        await user.made(f"{U}/profiles", {"extId": ext_id, "isDefaultProfile": ext_id == "p-2"})
    assert await names(user, f"{U}/profiles", "isDefaultProfile") == [False, True, False]
    await user.changed("100/profiles/p-3", {"isDefaultProfile": True})
    assert await names(user, f"{U}/profiles", "isDefaultProfile") == [False, False, True]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"unitExtId": "legacy"}, "assignDisabledUnit"),
        ({"unitExtId": "board"}, "assignProfilelessUnit"),
        ({"unitExtId": "nowhere"}, "invalidParameter"),
        ({"extId": "taken"}, "duplicateName"),
        ({"profileState": "asleep"}, "invalidParameter"),
        ({"validity": {"from": "2027-01-01", "to": "2026-01-01"}}, "invalidDateInterval"),
    ],
)
async def test_a_profile_against_the_rules_is_refused(user: Any, body: Any, expected: str) -> None:
    await user.made(f"{U}/profiles", {"extId": "taken"})
    assert await code(user, "POST", f"{U}/profiles", body) == expected
    assert await names(user, f"{U}/profiles") == ["taken"]


async def test_a_technical_user_has_one_profile(nevis: Any) -> None:
    await nevis.user(isTechnicalUser=True)
    await nevis.made(f"{U}/profiles", {})
    assert await code(nevis, "POST", f"{U}/profiles", {}) == "techUser.oneProfile"


async def test_a_profile_moves_to_another_unit_by_its_link_only(user: Any) -> None:
    await user.made(f"{U}/profiles", {"extId": "p"})
    assert (await user("PUT", "100/profiles/p/unit/sales-emea")).status_code == 204
    assert (await user.seen("100/profiles/p/unit"))["hierarchicalName"] == "root/sales/sales-emea"
    assert await code(user, "PUT", "100/profiles/p/unit/legacy") == "assignDisabledUnit"
    assert (await user("PUT", "100/profiles/p/unit/nowhere")).status_code == 404


async def test_profile_properties_are_not_in_the_profile(user: Any) -> None:
    await user.made(f"{U}/profiles", {"extId": "p"})
    changed = await user.changed("100/profiles/p/properties", {"costCentre": "4711", "signingRight": "joint"})
    assert changed == {
        "costCentre": "4711",
        "signingRight": "joint",
        "_classifications": {"costCentre": ["internal", "finance"]},
    }
    assert await user.seen("100/profiles/p/properties") == changed
    assert "properties" not in await user.seen("100/profiles/p")


async def test_a_profiles_roles_come_from_authorizations_and_enterprise_roles_once_each(user: Any) -> None:
    await user.made(f"{U}/profiles", {"extId": "p"})
    given = [
        await user.made("100/profiles/p/authorizations", {"roleExtId": role})
        for role in ("portal-reader", "portal-editor")
    ]
    await user.made("100/profiles/p/eauthorizations", {"extId": "e", "enterpriseRoleExtId": "accountant"})
    everything = ["payments-approver", "payments-viewer", "portal-editor", "portal-reader"]
    assert sorted(await names(user, "100/profiles/p/roles")) == everything
    assert set(await names(user, "100/profiles/p/authorizations", "roleExtId")) == {"portal-reader", "portal-editor"}

    editor = given[1].removeprefix("http://nevis")
    assert (await user.changed(editor, {"version": 1, "unitGlobal": True}))["unitGlobal"] is True
    assert (await user("DELETE", editor)).status_code == 204
    assert (await user("DELETE", "100/profiles/p/eauthorizations/e")).status_code == 204
    assert await names(user, "100/profiles/p/roles") == ["portal-reader"]
    assert await code(user, "POST", "100/profiles/p/authorizations", {"roleExtId": "nothing"}) == "invalidParameter"
    assert (
        await code(user, "POST", "100/profiles/p/eauthorizations", {"enterpriseRoleExtId": "x"}) == "invalidParameter"
    )


async def test_a_deleted_profile_takes_its_authorizations_along(user: Any) -> None:
    await user.made(f"{U}/profiles", {"extId": "p"})
    await user.made("100/profiles/p/authorizations", {"roleExtId": "portal-editor"})
    assert await code(user, "DELETE", "applications/portal/roles/portal-editor") == "undeletedDependencies"
    assert (await user("DELETE", "100/profiles/p")).status_code == 204
    assert (await user("DELETE", "applications/portal/roles/portal-editor")).status_code == 204


async def test_the_installation_is_there(nevis: Any) -> None:
    assert await names(nevis, "clients", "name") == ["Default", "API", "Admin"]
    assert set(await names(nevis, "applications", "name")) == {"nevisIdm", "Portal", "Payments"}
    assert "SelfAdmin" in await names(nevis, "applications/nevisidm/roles", "name")
    assert set(await names(nevis, "clients/100/eroles")) == {"employee", "accountant", "communicator"}
    types = {kind.policy for kind in TYPES.values() if kind.policy} | {"ClientPolicy"}
    assert set(await names(nevis, "clients/100/policies", "policyType")) == types
    assert await names(nevis, "100/units/root/children") == ["board", "hr", "it", "legacy", "sales"]


async def test_units_make_a_tree_that_can_be_rearranged(nevis: Any) -> None:
    body = {"extId": "team", "parentUnitExtId": "sales-emea", "name": "Team", "profileless": False}
    await nevis.made("100/units", body)
    assert (await nevis.seen("100/units/team"))["hierarchicalName"] == "root/sales/sales-emea/team"
    await nevis.changed("100/units/sales-emea", {"parentUnitExtId": "it"})
    assert (await nevis.seen("100/units/team"))["hierarchicalName"] == "root/it/sales-emea/team"
    assert await code(nevis, "PATCH", "100/units/it", {"parentUnitExtId": "team"}) == "assignSubunitAsParent"
    assert await code(nevis, "DELETE", "100/units/it") == "undeletedDependencies"
    assert (await nevis("DELETE", "100/units/team")).status_code == 204
    assert await code(nevis, "POST", "100/units", {"name": "x"}) == "nullParameter"


async def test_siblings_have_different_names(nevis: Any) -> None:
    same = {"parentUnitExtId": "root", "name": "Sales", "profileless": False}
    assert await code(nevis, "POST", "100/units", same) == "duplicateName"
    await nevis.made("100/units", {**same, "parentUnitExtId": "it"})
    assert await code(nevis, "POST", "applications/portal/roles", {"name": "Reader"}) == "duplicateName"
    await nevis.made("applications/payments/roles", {"name": "Reader"})
    assert await code(nevis, "POST", "clients", {"name": "Default"}) == "duplicateName"


async def test_enterprise_roles_bundle_all_roles_but_nevisidms(nevis: Any) -> None:
    await nevis.made("100/eroles", {"extId": "boss", "name": "Boss", "displayName": {"DE": "Chef"}})
    for _ in range(2):
        assert (await nevis("PUT", "100/eroles/boss/roles/portal-reader")).status_code == 204
    assert await code(nevis, "PUT", "100/eroles/boss/roles/nevisidm-selfadmin") == "invalidAssignIdmroleToErole"
    assert (await nevis("DELETE", "100/eroles/boss/roles/portal-reader")).status_code == 204
    assert (await nevis.changed("100/eroles/boss", {"displayName": {"FR": "Chef"}}))["displayName"] == {
        "DE": "Chef",
        "FR": "Chef",
    }
    assert (await nevis.changed("100/eroles/boss", {"displayName": {"DE": None}}))["displayName"] == {"FR": "Chef"}
    assert (await nevis("DELETE", "100/eroles/boss")).status_code == 204
    assert (await nevis("GET", "100/eroles/boss")).status_code == 404


async def test_a_new_default_policy_takes_over(nevis: Any) -> None:
    body = {"extId": "strict", "policyType": "PwdPolicy", "defaultPolicy": True, "parameters": {"minLength": "20"}}
    await nevis.made("100/policies", body)
    assert (await nevis.seen("100/policies/100-PwdPolicy"))["defaultPolicy"] is False
    await nevis.user()
    assert await code(nevis, "POST", f"{U}/password", {"password": "Geheim-2026"}) == "pwdPolicyViolated"
    await nevis.made(f"{U}/password", {"password": "Geheim-2026", "policyExtId": "100-PwdPolicy"})
    assert await code(nevis, "DELETE", "100/policies/strict") == "deleteDefaultEntityFailure"
    assert await code(nevis, "DELETE", "100/policies/100-PwdPolicy") == "undeletedDependencies"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"policyType": "ClientPolicy"}, "pcyconf.multipleClientPolicy"),
        ({"policyType": "PwdPolicy", "parameters": {"minLenght": "8"}}, "pcyconf.invalidParamName"),
        ({"policyType": "PwdPolicy", "parameters": {"minLength": "eight"}}, "pcyconf.invalidParamValue"),
        ({"policyType": "PwdPolicy", "parameters": {"minLength": "9", "maxLength": "8"}}, "policyInconsistency"),
        (
            {"policyType": "PwdPolicy", "parameters": {"minDigits": "5", "minUpperCase": "5", "maxLength": "9"}},
            "policyInconsistency",
        ),
        ({"policyType": "Nonsense"}, "invalidParameter"),
        ({}, "nullParameter"),
    ],
)
async def test_a_policy_against_the_rules_is_refused(nevis: Any, body: Any, expected: str) -> None:
    assert await code(nevis, "POST", "100/policies", body) == expected


async def test_parameters_of_a_policy_are_replaced_as_a_whole(nevis: Any) -> None:
    await nevis.changed("100/policies/100-PwdPolicy", {"parameters": {"minDigits": "1"}})
    assert (await nevis.seen("100/policies/100-PwdPolicy"))["parameters"] == {"minDigits": "1"}


async def test_definitions_are_found_by_scope_type_client_and_part_of_the_name(nevis: Any) -> None:
    own = {"name": "badge", "type": "STRING", "scope": "USER_GLOBAL", "clientExtId": "30"}
    await nevis.made("properties", own)
    assert await names(nevis, "properties?scope=USER_GLOBAL&type=ENUM", "name") == ["employmentType"]
    assert await names(nevis, "properties?scope=PROFILE_GLOBAL&name=EMPLOY", "name") == ["employee_id"]
    assert await names(nevis, "properties?name=badge&clientExtId=100", "name") == []
    assert await names(nevis, "properties?name=badge&clientExtId=30", "name") == ["badge"]


async def test_a_definition_of_one_client_counts_there_only(nevis: Any) -> None:
    location = await nevis.made(
        "properties",
        {"name": "badge", "type": "STRING", "scope": "USER_GLOBAL", "clientExtId": "100", "stringMaxLen": 3},
    )
    assert (await nevis.seen(location.removeprefix("http://nevis")))["stringMaxLen"] == 3
    await nevis.user(properties={"badge": "123"})
    assert await code(nevis, "PATCH", f"{U}/properties", {"badge": "1234"}) == "property.stringmaxlen"
    assert await code(nevis, "POST", "30/users", {"loginId": "a", "properties": {"badge": "1"}}) == "invalidData"


@pytest.mark.parametrize(("access", "expected"), [("accessCreate", "POST"), ("accessModify", "PATCH")])
async def test_read_only_properties_cannot_be_written(nevis: Any, access: str, expected: str) -> None:
    await nevis.made("properties", {"name": "badge", "type": "STRING", "scope": "USER_GLOBAL", access: "READ_ONLY"})
    base = {"extId": "u", "loginId": "a", "name": {"firstName": "A", "familyName": "B"}, "contacts": {"email": "a@b"}}
    reply = await nevis("POST", "100/users", {**base, "properties": {"badge": "1"}})
    if expected == "PATCH":
        reply = await nevis("PATCH", "100/users/u/properties", {"badge": "2"})
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "errors.modifyReadonlyData")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x", "type": "ENUM", "scope": "USER_GLOBAL"}, "invalidParameter"),
        (
            {"name": "x", "type": "ENUM", "scope": "USER_GLOBAL", "allowedValues": ["a"], "stringMaxLen": 3},
            "invalidParameter",
        ),
        ({"name": "x", "type": "STRING", "scope": "MOON"}, "invalidParameter"),
        ({"name": "x", "type": "STRING", "scope": "USER_GLOBAL", "stringRegex": "("}, "property.regexinv"),
        ({"name": "x", "type": "STRING", "scope": "USER_GLOBAL", "clientExtId": "1"}, "invalidParameter"),
        ({"name": "employee_id", "type": "STRING", "scope": "USER_GLOBAL"}, "duplicateName"),
        ({"name": "x", "type": "STRING"}, "nullParameter"),
        ({"name": "x", "type": "ENUM", "scope": "USER_GLOBAL", "allowedValues": "a"}, "deserialization"),
    ],
)
async def test_a_definition_against_the_rules_is_refused(nevis: Any, body: Any, expected: str) -> None:
    assert await code(nevis, "POST", "properties", body) == expected


async def test_a_client_can_be_made_changed_and_deleted_while_it_is_empty(nevis: Any) -> None:
    assert (await nevis.made("clients", {"extId": "70", "name": "New"})).endswith("/clients/70")
    assert (await nevis.changed("clients/70", {"name": "Newer", "version": 1}))["version"] == 2
    assert (await nevis("DELETE", "clients/70")).status_code == 204
    assert await code(nevis, "DELETE", "clients/100") == "undeletedDependencies"


@pytest.mark.parametrize(
    ("above", "own", "expected"),
    [
        (("2026-01-01", "2026-12-31"), ("2027-02-01", "2027-03-01"), "unitInvalidValidityPeriod"),
        (("2026-01-01", "2026-12-31"), ("2025-12-31", "2026-03-01"), "unitInvalidValidFromParameter"),
        (("2026-01-01", "2026-12-31"), ("2026-02-01", "2027-03-01"), "unitInvalidValidUntilParameter"),
        (("2026-01-01", "2026-12-31"), ("2026-01-01", "2026-12-31"), None),
        (("2026-01-01", "2026-12-31"), (None, None), None),
        ((None, None), ("2026-01-01", "2026-12-31"), None),
    ],
)
async def test_a_unit_is_valid_no_longer_than_the_one_above(nevis: Any, above: Any, own: Any, expected: Any) -> None:
    outer, inner = ({name: at for name, at in zip(("from", "to"), span, strict=True) if at} for span in (above, own))
    await nevis.changed("100/units/it", {"validity": outer})
    body = {"extId": "team", "parentUnitExtId": "it", "profileless": False, "validity": inner}
    reply = await nevis("POST", "100/units", body)
    assert reply.status_code == (422 if expected else 201)
    if expected:
        assert reply.json()["errors"][0]["code"] == f"errors.{expected}Parent"
        await nevis.changed("100/units/it", {"validity": {"from": None, "to": None}})
        await nevis.made("100/units", body)
        assert await code(nevis, "PATCH", "100/units/it", {"validity": outer}) == f"{expected}Child"


async def test_nobody_grants_more_than_it_has(user: Any) -> None:
    await user.made(f"{U}/profiles", {"extId": "p"})
    user.account("helper", rights=frozenset({"AccessControl.AuthorizationCreate"}))
    path = "100/profiles/p/authorizations"
    replies = [
        await user("POST", path, {"roleExtId": role}, token="helper")
        for role in ("nevisidm-clientroot", "nevisidm-selfadmin", "portal-reader")
    ]
    assert [reply.status_code for reply in replies] == [403, 201, 201]
    assert replies[0].json()["errors"][0]["code"] == "errors.potentialPrivilegeEscalation"


async def test_an_application_has_a_name(nevis: Any) -> None:
    assert await code(nevis, "POST", "applications", {"extId": "x"}) == "applicationNameNull"
    assert await code(nevis, "PATCH", "applications/portal", {"name": None}) == "applicationNameNull"
    await nevis.changed("applications/portal", {"description": "named still"})


async def test_a_mobile_number_is_kept_for_its_mtan(user: Any) -> None:
    await user.changed(U, {"contacts": {"mobile": "+41790000001"}})
    await user.made(f"{U}/mtans", {"mobileNumber": "+41790000001"})
    assert await code(user, "PATCH", U, {"contacts": {"mobile": None}}) == "mobileCannotBeDeleted"
    await user.changed(U, {"contacts": {"mobile": "+41790000002"}})
