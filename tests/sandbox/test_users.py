"""Users: what may be created, how a PATCH changes them, and what their states do to what is below."""

from typing import Any

import pytest

LOCKED = (409, "errors.optimisticLockingFailure")


async def test_a_created_user_is_answered_without_body_and_read_back_whole(nevis: Any) -> None:
    body = {
        "extId": "u-1001",
        "loginId": "mmuster",
        "languageCode": "de",
        "isTechnicalUser": False,
        "name": {"title": "Dr.", "firstName": "Martina", "familyName": "Muster"},
        "gender": "female",
        "birthDate": "1985-04-09",
        "address": {"city": "Zürich", "countryCode": "ch", "postOfficeBoxNumber": 12},
        "contacts": {"email": "martina.muster@example.org", "mobile": "+41790000001"},
        "validity": {"from": "2026-01-12T01:00:00+01:00"},
        "properties": {"employee_id": "123"},
    }
    reply = await nevis("POST", "100/users", body)
    assert (reply.status_code, reply.content) == (201, b"")
    assert reply.headers["location"] == "http://nevis/nevisidm/api/core/v1/100/users/u-1001"

    assert await nevis.seen("100/users/u-1001") == body | {
        "created": "2026-01-12T08:15:30Z",
        "lastModified": "2026-01-12T08:15:30Z",
        "version": 1,
        "clientExtId": "100",
        "userState": "active",
        "languageCode": "DE",
        "validity": {"from": "2026-01-12T00:00:00Z"},
    }


async def test_an_ext_id_is_generated_when_none_is_chosen(nevis: Any) -> None:
    nevis.box.new_id = lambda: "generated-1"
    location = await nevis.made(
        "100/users", {"loginId": "a", "name": {"firstName": "A", "familyName": "B"}, "contacts": {"email": "a@b"}}
    )
    assert location.endswith("/100/users/generated-1")


VALID = {"loginId": "new", "name": {"firstName": "A", "familyName": "B"}, "contacts": {"email": "a@b.ch"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": {"firstName": "A"}}, "userNameNull"),
        ({"name": {"familyName": "B"}}, "userFirstNameNull"),
        ({"contacts": {}}, "userEmailNull"),
        ({"contacts": {"email": "nowhere"}}, "userEmailFormat"),
        ({"loginId": None}, "userLoginIdNull"),
        ({"loginId": "x" * 301}, "identifierPolicyViolated"),
        ({"loginId": "has space"}, "identifierPolicyViolated"),
        ({"loginId": "taken"}, "duplicateName"),
        ({"extId": "taken"}, "duplicateName"),
        ({"extId": "y" * 130}, "identifierPolicyViolated"),
        ({"userState": "asleep"}, "invalidParameter"),
        ({"languageCode": "tlh"}, "invalidParameter"),
        ({"birthDate": "yesterday"}, "invalidDate"),
        ({"validity": {"from": "soon"}}, "invalidDateOrDateTime"),
        ({"validity": {"from": "2027-01-01", "to": "2026-01-01"}}, "invalidDateInterval"),
        ({"address": {"city": "x" * 51}}, "invalidParameter"),
        ({"properties": {"nothing": "x"}}, "invalidData"),
        ({"properties": {"employmentType": "boss"}}, "invalidData"),
        ({"isTechnicalUser": "yes"}, "deserialization"),
        ({"name": "Muster"}, "deserialization"),
        ({"nickname": "Tina"}, "deserialization"),
        ([], "deserialization"),
    ],
)
async def test_a_user_against_the_rules_is_refused_and_not_made(nevis: Any, change: Any, code: str) -> None:
    await nevis.user("taken", loginId="taken")
    reply = await nevis("POST", "100/users", {**VALID, **change} if change != [] else change)
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, f"errors.{code}")
    assert len((await nevis.seen("clients/100/users"))["items"]) == 1


@pytest.mark.parametrize(
    ("parameters", "change", "code"),
    [
        ({"validation.user.email.unique": "true"}, {"contacts": {"email": "USER-123@example.org"}}, "duplicateEmail"),
        ({"validation.user.mobile.unique": "true"}, {"contacts": {"email": "a@b", "mobile": "+41"}}, "duplicateMobile"),
        ({"validation.user.mobile.mandatory": "true"}, {}, "userMobileNull"),
        ({"validation.user.sex.mandatory": "true"}, {}, "userSexNull"),
        ({"validation.user.country.mandatory": "true"}, {}, "userCountryNull"),
        (
            {"validation.user.phone.regex": r"\+[0-9]+"},
            {"contacts": {"email": "a@b", "telephone": "044"}},
            "userPhoneFormat",
        ),
        ({"validation.user.gender.other": "false"}, {"gender": "other"}, "otherGenderPolicyDisabled"),
    ],
)
async def test_the_client_policy_decides(nevis: Any, parameters: Any, change: Any, code: str) -> None:
    await nevis.user("user-123", contacts={"email": "user-123@example.org", "mobile": "+41"})
    assert (await nevis("POST", "100/users", {**VALID, "extId": "before", **change})).status_code == 201
    await nevis("DELETE", "100/users/before")

    await nevis.changed("100/policies/100-ClientPolicy", {"parameters": parameters})

    reply = await nevis("POST", "100/users", {**VALID, **change})
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, f"errors.{code}")


async def test_the_same_names_are_free_in_another_client(nevis: Any) -> None:
    await nevis.user("user-123")
    await nevis.made("30/users", {"extId": "user-123", "loginId": "user-123-login"})


async def test_a_patch_changes_what_it_names_and_raises_the_version(nevis: Any) -> None:
    await nevis.user(properties={"employee_id": "1", "department": "Sales"}, remarks="keep")
    nevis.later(hours=1)
    patch = {"version": 1, "name": {"familyName": "Neu"}, "properties": {"employee_id": "", "jobTitle": "Chef"}}
    user = await nevis.changed("100/users/user-123", patch)
    assert user["name"] == {"firstName": "Martina", "familyName": "Neu"}
    assert user["properties"] == {"department": "Sales", "jobTitle": "Chef"}
    assert (user["remarks"], user["version"], user["lastModified"]) == ("keep", 2, "2026-01-12T09:15:30Z")
    assert await nevis.seen("100/users/user-123") == user


async def test_a_patch_that_changes_nothing_keeps_the_version(nevis: Any) -> None:
    await nevis.user(remarks="keep")
    assert (await nevis.changed("100/users/user-123", {"version": 1, "remarks": "keep"}))["version"] == 1


async def test_a_stale_version_is_refused(nevis: Any, refusal: Any) -> None:
    await nevis.user()
    await nevis.changed("100/users/user-123", {"version": 1, "remarks": "first"})
    assert refusal(await nevis("PATCH", "100/users/user-123", {"version": 1, "remarks": "second"}))[:2] == LOCKED
    assert (await nevis.seen("100/users/user-123"))["remarks"] == "first"


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"extId": "other"}, "modifyExtId"),
        ({"isTechnicalUser": True}, "modifyReadonlyData"),
        ({"loginId": "taken"}, "duplicateName"),
        ({"contacts": {"email": ""}}, "userEmailNull"),
        ({"version": "1"}, "deserialization"),
    ],
)
async def test_a_patch_against_the_rules_changes_nothing(nevis: Any, patch: Any, code: str) -> None:
    await nevis.user("user-124", loginId="taken")
    await nevis.user()
    before = await nevis.seen("100/users/user-123")
    reply = await nevis("PATCH", "100/users/user-123", {"remarks": "x", **patch})
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, f"errors.{code}")
    assert await nevis.seen("100/users/user-123") == before


async def _with_everything(nevis: Any) -> None:
    await nevis.user()
    await nevis.made("100/users/user-123/profiles", {"extId": "p-1", "unitExtId": "sales"})
    await nevis.made("100/profiles/p-1/authorizations", {"roleExtId": "portal-reader"})
    await nevis.made("100/users/user-123/password", {"password": "Geheim-2026"})
    await nevis.made("100/users/user-123/generic-credentials", {"identification": "g"})


async def test_disabling_a_user_disables_its_profiles(nevis: Any) -> None:
    await _with_everything(nevis)
    await nevis.changed("100/users/user-123", {"userState": "disabled"})
    assert (await nevis.seen("100/profiles/p-1"))["profileState"] == "disabled"
    assert len((await nevis.seen("100/users/user-123/credentials"))["items"]) == 2


@pytest.mark.parametrize("by_patch", [True, False])
async def test_archiving_is_final_and_takes_the_credentials(nevis: Any, refusal: Any, by_patch: bool) -> None:
    await _with_everything(nevis)
    if by_patch:
        await nevis.changed("100/users/user-123", {"userState": "archived"})
    else:
        assert (await nevis("POST", "100/users/user-123/archive")).status_code == 204
    assert (await nevis.seen("100/users/user-123"))["userState"] == "archived"
    assert (await nevis.seen("100/profiles/p-1"))["profileState"] == "archived"
    assert (await nevis.seen("100/users/user-123/credentials"))["items"] == []
    codes = [
        refusal(await nevis("PATCH", "100/users/user-123", {"userState": "active"}))[1],
        refusal(await nevis("PATCH", "100/users/user-123/properties", {"jobTitle": "x"}))[1],
        refusal(await nevis("PATCH", "100/profiles/p-1", {"remarks": "x"}))[1],
        refusal(await nevis("POST", "100/users/user-123/password", {"password": "Geheim-2027"}))[1],
        refusal(await nevis("POST", "100/users", {**VALID, "loginId": "user-123-login"}))[1],
    ]
    assert codes == [
        *("errors.modifyArchivedUser", "errors.modifyArchivedUser", "errors.modifyArchivedProfile"),
        *("errors.modifyArchivedUser", "errors.duplicateName"),
    ]


async def test_deleting_a_user_takes_everything_below_along(nevis: Any) -> None:
    await _with_everything(nevis)
    assert (await nevis("DELETE", "100/users/user-123")).status_code == 204
    assert [(await nevis("GET", path)).status_code for path in ("100/users/user-123", "100/profiles/p-1")] == [404, 404]
    assert (await nevis.seen("clients/100/generic-credentials"))["items"] == []
    await nevis.user()  # the names are free again
    assert (await nevis.seen("100/users/user-123/profiles"))["items"] == []


async def test_an_identity_is_made_whole_or_not_at_all(nevis: Any, refusal: Any) -> None:
    body = {"user": {**VALID, "extId": "u-1"}, "profile": {"extId": "p-1", "unitExtId": "legacy"}}
    assert refusal(await nevis("POST", "100/identity", body))[1] == "errors.assignDisabledUnit"
    assert (await nevis("GET", "100/users/u-1")).status_code == 404
    body["profile"]["unitExtId"] = "sales"
    assert (await nevis.made("100/identity", body)).endswith("/100/users/u-1")
    assert (await nevis.seen("100/profiles/p-1"))["isDefaultProfile"] is True


async def test_property_updates_keep_the_others_and_tell_the_classifications(nevis: Any) -> None:
    await nevis.user(properties={"employee_id": "1", "department": "Sales"})
    changed = await nevis.changed("100/users/user-123/properties", {"department": None, "jobTitle": "Chef"})
    assert changed == {"employee_id": "1", "jobTitle": "Chef", "_classifications": {"employee_id": ["internal"]}}
    assert await nevis.seen("100/users/user-123/properties") == changed


async def test_a_unique_value_is_free_again_once_its_owner_gave_it_up(nevis: Any) -> None:
    await nevis.user("user-123", properties={"employee_id": "1"})
    await nevis.user("user-124")
    assert (await nevis("PATCH", "100/users/user-124/properties", {"employee_id": "1"})).status_code == 422
    await nevis.changed("100/users/user-123/properties", {"employee_id": "2"})
    await nevis.changed("100/users/user-124/properties", {"employee_id": "1"})


async def test_uniqueness_in_a_client_does_not_reach_the_next_one(nevis: Any) -> None:
    await nevis.user("user-123", properties={"scimExternalId": "x"})
    assert (await nevis("POST", "100/users", {**VALID, "properties": {"scimExternalId": "x"}})).status_code == 422
    await nevis.made("30/users", {"loginId": "a", "properties": {"scimExternalId": "x"}})
