"""Secrets that the server makes, tells once and checks: tickets, codes, OTP cards, context passwords; certificates, VASCO tokens."""

import re
from typing import Any

import pytest

from gateway.sandbox.otp_card import answer_of
from gateway.sandbox.table import CREDENTIALS
from tests.sandbox.test_credential_types import CODE, PEM, pem

U = "100/users/user-123"
AUTH = f"/nevisidm/api/auth/v1/{U}"
SECRET = "Geheim-2026"
CONTEXTS = f"{U}/context-passwords"


@pytest.fixture
async def user(nevis: Any) -> Any:
    await nevis.user("user-123", loginId="mmuster")
    return nevis


async def code(nevis: Any, *call: Any, **more: Any) -> Any:
    return (await nevis(*call, **more)).json()["errors"][0]["code"].removeprefix("errors.")


async def outcome(nevis: Any, path: str, body: Any) -> Any:
    reply = await nevis("POST", f"{AUTH}/{path}", body)
    if reply.status_code == 204:
        return 204
    return reply.json()["statusCode"] if reply.status_code == 200 else reply.json()["errors"][0]["code"]


async def test_a_ticket_and_a_link_are_told_once_and_kept_as_hashes(user: Any) -> None:
    ticket = (await user("POST", f"{U}/ticket", {"identification": "desk"})).json()
    link = (await user("POST", f"{U}/url-ticket", {"urlPrefix": "https://example.org/t="})).json()
    assert re.fullmatch(r"[0-9a-f]{16}", ticket["ticket"])
    assert re.fullmatch(r"https://example\.org/t=[\w-]{32}", link["personifiedLink"])
    assert "ticket" not in await user.seen(f"{U}/ticket")
    assert "personifiedLink" not in await user.seen(f"{U}/url-ticket")
    dump = "\n".join(user.box.store.connection.iterdump())
    assert ticket["ticket"] not in dump
    assert link["personifiedLink"] not in dump


async def test_the_policy_may_have_the_prefix_of_links(user: Any) -> None:
    await user.changed("100/policies/100-URLTicketPolicy", {"parameters": {"urlPrefix": "https://portal.example.org/"}})
    made = (await user("POST", f"{U}/url-ticket", {})).json()
    assert made["personifiedLink"].startswith("https://portal.example.org/")


async def test_recovery_codes_work_once_each(user: Any) -> None:
    reply = await user("POST", f"{U}/recovery-codes")
    assert (reply.status_code, reply.content) == (201, b"")
    codes = (await user.seen(f"{U}/recovery-codes"))["codes"]
    assert (len(set(codes)), all(CODE.fullmatch(one) for one in codes)) == (16, True)
    tries = [codes[3], codes[3], codes[4], "abcd-efgh-1234-5678"]
    assert [await outcome(user, "recovery-codes/login", {"code": one}) for one in tries] == [
        *(204, "errors.userLoginFailed", 204, "errors.userLoginFailed")
    ]
    seen = await user.seen(f"{U}/recovery-codes")
    assert (len(seen["codes"]), seen["failedLoginCount"]) == (14, 1)


async def test_a_new_set_of_recovery_codes_replaces_the_old_one(user: Any) -> None:
    await user.made(f"{U}/recovery-codes")
    [old, *_] = (await user.seen(f"{U}/recovery-codes"))["codes"]
    await user.made(f"{U}/recovery-codes")
    assert old not in (await user.seen(f"{U}/recovery-codes"))["codes"]
    assert await outcome(user, "recovery-codes/login", {"code": old}) == "errors.userLoginFailed"
    assert len((await user.seen(f"{U}/credentials"))["items"]) == 1


async def test_wrong_recovery_codes_lock_them(user: Any) -> None:
    await user.made(f"{U}/recovery-codes")
    for _ in range(3):
        await outcome(user, "recovery-codes/login", {"code": "wrong"})
        user.later(minutes=5)
    assert (await user.seen(f"{U}/recovery-codes"))["stateName"] == "fail-locked"
    assert await outcome(user, "recovery-codes/login", {"code": "wrong"}) == "errors.credentialNotActive"


async def test_codes_told_by_the_create_are_kept_as_hashes(user: Any) -> None:
    user.switch(recovery_codes_told="create")
    codes = (await user("POST", f"{U}/recovery-codes")).json()["codes"]
    assert "codes" not in await user.seen(f"{U}/recovery-codes")
    assert not any(codes[0] in line for line in user.box.store.connection.iterdump())
    assert [await outcome(user, "recovery-codes/login", {"code": codes[0]}) for _ in range(2)] == [
        *(204, "errors.userLoginFailed")
    ]


async def test_a_temporary_strong_password_is_told_at_its_making_and_its_resets(user: Any) -> None:
    path = f"{U}/tempstrong-password"
    first = (await user("POST", path, {})).json()["tempStrongPassword"]
    assert (await user.seen(path))["tempStrongPassword"].startswith("{SSHA256}")
    again = await user("POST", f"{path}/reset")
    assert (again.status_code, again.json()["stateName"]) == (200, "initial")
    assert again.json()["tempStrongPassword"] != first
    await user.changed("100/policies/100-PUKPolicy", {"parameters": {"maxResetCount": "1"}})
    assert await code(user, "POST", f"{path}/reset") == "maxResetCount"
    await user.changed("100/policies/100-PUKPolicy", {"parameters": {}})
    await user.changed("100/policies/100-TempStrongPasswordPolicy", {"parameters": {"passwordExposed": "false"}})
    assert (await user("POST", f"{path}/reset")).status_code == 204


async def test_a_user_has_a_password_for_each_context(user: Any) -> None:
    await user.made(CONTEXTS, {"extId": "c1", "context": "mainframe", "password": SECRET})
    await user.made(CONTEXTS, {"extId": "c2", "context": "branch", "password": "Anders-2026"})
    assert await code(user, "POST", CONTEXTS, {"context": "branch", "password": SECRET}) == "duplicateValue"
    assert await code(user, "POST", CONTEXTS, {"password": SECRET}) == "nullParameter"
    assert await code(user, "POST", CONTEXTS, {"context": "x", "password": "short"}) == "pwdPolicyViolated"
    seen = await user.seen(f"{CONTEXTS}/c1")
    assert (seen["context"], seen["stateName"], seen["password"][:9]) == ("mainframe", "initial", "{SSHA256}")
    assert [item["extId"] for item in (await user.seen(CONTEXTS))["items"]] == ["c1", "c2"]
    assert await code(user, "PATCH", f"{CONTEXTS}/c1", {"context": "other"}) == "deserialization"

    tries = [
        {"password": SECRET, "context": "mainframe"},
        {"password": SECRET, "context": "branch"},
        {"password": "Anders-2026", "credentialExtId": "c2"},
        {"password": SECRET, "context": "moon"},
        {"password": SECRET},
    ]
    assert [await outcome(user, "context-password/login", body) for body in tries] == [
        *(5, 2, 5, "errors.noRecord", "errors.nullParameter")
    ]
    assert (await user("POST", f"{CONTEXTS}/c1/change", {"newPassword": "Neu-2026-x"})).status_code == 204
    assert await outcome(user, "context-password/login", {"password": "Neu-2026-x", "context": "mainframe"}) == 5
    reset = await user("POST", f"{CONTEXTS}/c1/reset")
    assert (reset.status_code, (await user.seen(f"{CONTEXTS}/c1"))["stateName"]) == (201, "initial")
    secret = reset.json()["passwordFragment"]
    assert await outcome(user, "context-password/login", {"password": secret, "context": "mainframe"}) == 5


async def test_a_card_answers_the_challenge_before(user: Any) -> None:
    assert await outcome(user, "otp/challenge", None) == "errors.noRecord"
    for card in ("card-1", "card-2"):
        await user.made(f"{U}/otp-credentials", {"extId": card})
    assert await outcome(user, "otp/login", {"response": "123456"}) == "errors.invalidParameter"
    asked = (await user("POST", f"{AUTH}/otp/challenge", {"credentialExtId": "card-2"})).json()
    right = {"credentialExtId": "card-2", "response": answer_of("card-2", asked["challenge"])}
    assert asked["credentialExtId"] == "card-2"
    assert await outcome(user, "otp/login", {**right, "response": "12"}) == "errors.dimensionNotMatch"
    assert await outcome(user, "otp/login", right) == 5
    wrong = f"{(int(right['response']) + 1) % 1_000_000:06}"
    assert await outcome(user, "otp/login", {**right, "response": wrong}) == 2
    assert (await user("POST", f"{AUTH}/otp/challenge")).json()["credentialExtId"] == "card-1"


async def test_a_certificate_is_read_by_the_server(user: Any) -> None:
    await user.made(f"{U}/certificates", {"extId": "c", "certificate": PEM})
    seen = await user.seen(f"{U}/certificates/c")
    assert (seen["subjectDn"], seen["issuerDn"]) == ("CN=Martina Muster,O=Beispiel AG",) * 2
    assert (seen["serialNumber"], len(seen["fingerprint"]), len(seen["subjectKeyIdentifier"])) == ("4711", 40, 40)
    await user.user("user-124")
    assert await code(user, "POST", "100/users/user-124/certificates", {"certificate": PEM}) == "certificateExists"
    await user.changed("100/policies/100-CertificatePolicy", {"parameters": {"checkValidity": "false"}})
    await user.made(f"{U}/certificates", {"certificate": pem("CN=Old", days=-10)})


async def test_properties_of_a_certificate_have_a_scope_of_their_own(user: Any) -> None:
    path = f"{U}/certificates/c"
    await user.made(f"{U}/certificates", {"extId": "c", "certificate": PEM})
    changed = await user.changed(f"{path}/properties", {"purpose": "signing", "device": "card"})
    assert changed == {"purpose": "signing", "device": "card", "_classifications": {}}
    await user.changed(f"{path}/properties", {"device": ""})
    assert (await user.seen(path))["properties"] == {"purpose": "signing"}
    assert await code(user, "PATCH", f"{path}/properties", {"dbSalt": "generic only"}) == "invalidData"
    owned = user.box.store.owners("CREDENTIAL_CERTIFICATE_GLOBAL", "purpose", "signing")
    assert owned == [("100", "c")]
    assert (await user("DELETE", path)).status_code == 204
    assert user.box.store.owners("CREDENTIAL_CERTIFICATE_GLOBAL", "purpose", "signing") == []


async def test_vasco_tokens_are_made_for_nobody_yet(user: Any) -> None:
    token = {"authMode": "RO", "data": "QUJD"}
    reply = await user("POST", "100/vasco", {"extId": "v", "vascoTokens": [token]})
    assert (reply.status_code, reply.json()["vascoTokens"], "userExtId" in reply.json()) == (201, [token], False)
    assert reply.headers["location"].endswith("/core/v1/100/vasco/v")
    tries = [[], [token], [{"authMode": "SG", "data": "no base64!"}], [{"authMode": "X", "data": "QUJE"}] * 2, ["x"]]
    assert [await code(user, "POST", "100/vasco", {"vascoTokens": tokens}) for tokens in tries] == [
        *("nullParameter", "vascoExists", "fileupload.vasco", "invalidParameter", "deserialization")
    ]
    assert (await user.seen(f"{U}/credentials"))["items"] == []
    assert user.box.store.find(CREDENTIALS, "100", "v").doc["stateName"] == "active"


async def test_many_outcomes_are_recorded_at_once(user: Any) -> None:
    await user.made(f"{U}/password", {"extId": "pw", "password": SECRET})
    await user.made(f"{U}/oath-credentials", {"extId": "app", "label": "App"})
    await user.made(f"{U}/oath-credentials", {"extId": "off", "label": "Off", "stateName": "disabled"})
    outcomes = [
        {"success": True, "credentialExtId": "pw"},
        {"success": False, "credentialExtId": "app"},
        {"success": True, "credentialExtId": "off"},
        {"success": True, "credentialExtId": "nothing"},
    ]
    path = f"{U}/bulk-login-info"
    answer = (await user("POST", path, {"userLoginSuccessful": True, "credentials": outcomes})).json()
    assert [(one["credentialExtId"], one["statusCode"]) for one in answer["successes"]] == [("pw", 5), ("app", 2)]
    assert [(one["identifier"]["extId"], one["code"]) for one in answer["failures"]] == [
        ("off", "errors.credentialNotActive"),
        ("nothing", "errors.noRecord"),
    ]
    assert (await user.seen(f"{U}/oath-credentials/app"))["failedLoginCount"] == 1
    assert await code(user, "POST", path, {"credentials": outcomes}) == "nullParameter"
    assert await code(user, "POST", path, {"userLoginSuccessful": True, "credentials": [{}]}) == "nullParameter"
