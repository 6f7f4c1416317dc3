"""Every type of credential by the table of its family: made, seen, listed, changed, deleted; rights, self-admin, locking, refusals."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.sandbox import authenticators, certificates, handed_out, outside, questions
from gateway.sandbox.account import full_name
from gateway.sandbox.family import Family

U = "100/users/user-123"
FIDO2 = {
    "aaguid": "9ddd1817-af5a-4672-a2b9-3e3dd95000a9",
    "authenticator": "Security key",
    "attestationConveyancePreference": "direct",
    "hashedCredentialId": "a1b2",
    "rpId": "example.org",
    "residentKeyRequirement": "required",
    "userVerificationRequirement": "preferred",
    "userFriendlyName": "Blue key",
}
UAF = {"aaid": "4711#0A1b", "keyId": "A" * 43, "appId": "https://example.org/uaf", "userFriendlyName": "Phone"}
SAML = {
    "subjectNameId": "mmuster",
    "subjectNameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "issuerNameId": "https://idp.example.org",
    "issuerNameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:entity",
}
SIGNATURE = {"identificator": "mid-1", "msspIdentifier": "http://mid.example.org/", "msisdn": "41790000001"}


KEY = ec.derive_private_key(4711, ec.SECP256R1())


def pem(subject: str, *, days: int = 3650) -> str:
    """A certificate that is valid from 2025 for so many days."""
    name, begin = x509.Name.from_rfc4514_string(subject), datetime(2025, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    dated = made.serial_number(4711).not_valid_before(begin - timedelta(days=20))
    return dated.not_valid_after(begin + timedelta(days=days)).sign(KEY, SHA256()).public_bytes(Encoding.PEM).decode()


PEM = pem("CN=Martina Muster,O=Beispiel AG")
CODE = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")


@dataclass(frozen=True)
class Sample:
    """A body that makes a credential, a change it takes, wrong bodies and what is told once."""

    body: dict[str, Any]
    change: dict[str, Any]
    wrong: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    other: Callable[[int], dict[str, Any]] = lambda _: {}  # what a further one of the user must have differently


SAMPLES = {
    "securid": Sample({"username": "token-1"}, {"username": "token-2"}, [({"username": None}, "nullParameter")]),
    "safeword": Sample({"username": "safe-1"}, {"username": "safe-2"}),
    "kerberos": Sample(
        {"kerberosId": "mm@EXAMPLE.ORG"},
        {"kerberosId": "mx@EXAMPLE.ORG"},
        other=lambda number: {"kerberosId": f"mb@{number}"},
    ),
    "samlFederation": Sample(
        SAML, {"subjectNameId": "martina"}, [({"subjectNameIdFormat": "persistent"}, "samlAttributeFormat")]
    ),
    "mobileSignature": Sample(
        SIGNATURE,
        {"stateName": "disabled"},
        [
            ({"msspIdentifier": None}, "msspIdentifierMissing"),
            ({"msisdn": "079-abc"}, "msisdnFormat"),
            ({"signerCert": "no certificate"}, "invalidParameter"),
            ({"identificator": None}, "nullParameter"),
        ],
        {"identificator"},
    ),
    "mtan": Sample(
        {"mobileNumber": "+41790000001"},
        {"mobileNumber": "+41790000002"},
        [
            ({"mobileNumber": "call me"}, "mtanFormatViolated"),
            ({"mobileNumber": "079 000 00 01"}, "mtanFormatE164Violated"),
        ],
    ),
    "oath": Sample({"label": "My phone"}, {"label": "Old phone"}, [({"label": ""}, "nullParameter")], {"uri"}),
    "fido2": Sample(
        FIDO2,
        {"userFriendlyName": "Red key"},
        [({"rpId": None}, "nullParameter"), ({"residentKeyRequirement": "preferred"}, "invalidParameter")],
    ),
    "fidoUaf": Sample(
        UAF,
        {"stateName": "disabled"},
        [
            ({"aaid": "4711"}, "credentialFidoUaf.invalidAaidFormat"),
            ({"keyId": "short"}, "credentialFidoUaf.invalidKeyIdFormat"),
            ({"publicKeyAlgorithm": "rot13!"}, "credentialFidoUaf.invalidPublicKeyAlgorithm"),
            ({"authenticatorVersion": "one"}, "credentialFidoUaf.invalidAuthVersionFormat"),
            ({"appId": None}, "credentialFidoUaf.emptyAppId"),
        ],
        other=lambda number: {"keyId": "XBC"[number] * 43},
    ),
    "otp": Sample({}, {"stateName": "disabled"}),
    "certificate": Sample(
        {"certificate": PEM},
        {"stateName": "disabled"},
        [
            ({"certificate": None}, "nullParameter"),
            ({"certificate": "-----BEGIN CERTIFICATE-----"}, "invalidParameter"),
            ({"certificate": pem("CN=Old", days=-10)}, "certificatePolicyViolated"),
        ],
        other=lambda number: {"certificate": pem(f"CN={number}")},
    ),
    "urlTicket": Sample(
        {"urlPrefix": "https://example.org/ticket?t=", "identification": "invitation"},
        {"stateName": "disabled"},
        [({"urlPrefix": None}, "urlTicketMissingURLPrefix"), ({"urlPrefix": "javascript:"}, "urlTicket.invalidFormat")],
        {"personifiedLink"},
    ),
    "ticket": Sample({"identification": "desk 4", "context": "helpdesk"}, {"stateName": "disabled"}, told={"ticket"}),
    "recoveryCodes": Sample({}, {}),
    "tempStrong": Sample({}, {"stateName": "disabled"}, told={"tempStrongPassword"}),
    "puk": Sample({}, {"stateName": "disabled"}),
    "securityQuestions": Sample(
        {"questions": [{"question": "Pet?", "answer": "Bello"}, {"questionExtId": "q-2", "answer": "Bern"}]},
        {"stateName": "disabled"},
        [
            ({"questions": None}, "nullParameter"),
            ({"questions": [{"question": "Pet?"}]}, "nullParameter"),
            ({"questions": [{"pet": "Bello"}]}, "deserialization"),
            ({"questions": "Pet?"}, "deserialization"),
            ({"questions": [{"question": "Pet?", "answer": "Bello"}] * 6}, "securityQuestionsMaxReached"),
        ],
    ),
}
TABLES = (outside.FAMILIES, authenticators.FAMILIES, handed_out.FAMILIES, (certificates.FAMILY, questions.FAMILY))
FAMILIES = {family.id: family for table in TABLES for family in table}
each = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@pytest.fixture
async def user(nevis: Any) -> Any:
    await nevis.user("user-123", loginId="mmuster")
    return nevis


def without_answers(body: dict[str, Any]) -> dict[str, Any]:
    """What of a body may be seen again."""
    asked = [{name: one[name] for name in one if name != "answer"} for one in body.get("questions", ())]
    return {**body, "questions": asked} if asked else body


def path(family: Family, *rest: str) -> str:
    return "/".join((U, family.type.segment, *(rest if family.type.many else ())))


async def code(nevis: Any, *call: Any, **more: Any) -> Any:
    return (await nevis(*call, **more)).json()["errors"][0]["code"].removeprefix("errors.")


def test_there_is_a_sample_of_each_family() -> None:
    assert SAMPLES.keys() == FAMILIES.keys()


@each
async def test_it_is_made_seen_and_listed(user: Any, family: Family) -> None:
    sample = SAMPLES[family.id]
    reply = await user("POST", path(family), {"extId": "one", **sample.body})
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == f"http://nevis/nevisidm/api/core/v1/{path(family, 'one')}"
    assert sample.told <= (reply.json().keys() if reply.content else set())
    assert bool(reply.content) is bool(sample.told)
    seen = await user.seen(path(family, "one"))
    assert without_answers(sample.body).items() <= seen.items()
    assert (seen["extId"], seen["userExtId"], seen["version"], seen["stateName"]) == ("one", "user-123", 1, "active")
    assert seen.get("policyExtId") == (family.type.policy and f"100-{family.type.policy}")
    assert not any(name.startswith("_") for name in seen)
    if family.type.many:
        assert (await user.seen(path(family)))["items"] == [seen]
    [listed] = (await user.seen(f"{U}/credentials"))["items"]
    assert (listed["extId"], listed["typeName"]) == ("one", family.type.label)


@each
async def test_it_is_changed_and_deleted(user: Any, family: Family) -> None:
    sample = SAMPLES[family.id]
    await user.made(path(family), {"extId": "one", **sample.body})
    item = path(family, "one")
    if "update" in family.calls:
        await it_is_changed(user, item, sample)
    assert (await user("DELETE", item)).status_code == 204
    assert await code(user, "GET", item) == "noRecord"
    assert (await user("GET", item)).json()["errors"][0]["message"] == (
        f"User with extId user-123 has no {family.type.noun} credential"
    )


async def it_is_changed(user: Any, item: str, sample: Sample) -> None:
    changed = await user.changed(item, {"version": 1, "modificationComment": "why", **sample.change})
    assert sample.change.items() <= changed.items()
    assert (changed["version"], changed["modificationComment"]) == (2, "why")
    assert await code(user, "PATCH", item, {"version": 1, **sample.change}) == "optimisticLockingFailure"
    assert await code(user, "PATCH", item, {"extId": "two"}) == "modifyExtId"
    assert await code(user, "PATCH", item, {"stateName": "asleep"}) == "invalidParameter"
    assert await code(user, "PATCH", item, {"shoeSize": "44"}) == "deserialization"


@each
async def test_a_wrong_body_makes_nothing(user: Any, family: Family) -> None:
    sample = SAMPLES[family.id]
    base = [({"stateName": "asleep"}, "invalidParameter"), ({"extId": "x" * 130}, "identifierPolicyViolated")]
    policies = [
        ({"policyExtId": "nothing"}, "invalidParameter"),
        ({"policyExtId": "100-ClientPolicy"}, "invalidParameter"),
    ]
    for wrong, expected in (*base, *sample.wrong, *(policies if family.type.policy else ())):
        assert await code(user, "POST", path(family), {**sample.body, **wrong}) == expected, wrong
    assert (await user.seen(f"{U}/credentials"))["items"] == []


@each
async def test_how_many_a_user_may_have(user: Any, family: Family) -> None:
    sample = SAMPLES[family.id]
    await user.made(path(family), {"extId": "one", **sample.body})
    assert await code(user, "POST", path(family), {"extId": "one", **sample.body}) == "duplicateName"
    most = (family.most or 3) if family.type.many else 1
    for number in range(1, most):
        await user.made(path(family), {**sample.body, **sample.other(number)})
    reply = await user("POST", path(family), {**sample.body, **sample.other(0)})
    bounded = (not family.type.many and not family.replaces) or family.most is not None
    assert (reply.status_code, bounded) in [(422, True), (201, False)]
    if bounded:
        assert reply.json()["errors"][0]["code"] == f"errors.{family.taken[0]}"


@each
async def test_an_archived_one_is_frozen(user: Any, family: Family) -> None:
    await user.made(path(family), {"extId": "one", **SAMPLES[family.id].body})
    item = path(family, "one")
    if "update" not in family.calls:
        assert (await user("PATCH", item, {})).status_code == 404
    elif family.id == "securid":  # its documented states end before archived
        assert await code(user, "PATCH", item, {"stateName": "archived"}) == "archiveCredentialDenied"
    else:
        await user.changed(item, {"stateName": "archived"})
        assert await code(user, "PATCH", item, {"stateName": "active"}) == "modifyArchivedCredential"


@each
async def test_who_acts_on_itself_may_look_and_delete_with_a_token(user: Any, family: Family) -> None:
    sample = SAMPLES[family.id]
    await user.made(path(family), {"extId": "one", **sample.body})
    user.account("self", client="100", user="user-123", rights=frozenset(), self_admin=True)
    item = path(family, "one")
    seen = await user("GET", item, token="self")
    assert (seen.status_code, "createdBy" in seen.json()) == (200, False)
    if "update" in family.calls:
        assert (await user("PATCH", item, sample.change, token="self")).status_code == 403
    assert await code(user, "DELETE", item, token="self") == "invalidJWTToken"
    made = await user("POST", path(family), {**sample.body, **sample.other(0)}, token="self")
    assert made.json()["errors"][0]["code"] == (
        "errors.invalidJWTToken" if family.own_create else "errors.insufficientRightsFunction"
    )


@each
async def test_it_came_with_its_release(user: Any, family: Family) -> None:
    user.switch(release="2.70")
    assert (await user("GET", path(family, "one"))).headers["content-type"].startswith("text/html")
    user.switch(release=family.since_of("create"))
    assert await code(user, "POST", "100/users/nobody/" + family.type.segment, {}) == "noRecord"


@each
async def test_a_state_in_the_body_may_need_a_right(user: Any, family: Family) -> None:
    user.account("maker", rights=frozenset(full_name(right) for right in family.creating))
    body = {**SAMPLES[family.id].body, "stateName": "disabled"}
    reply = await user("POST", path(family), body, token="maker")
    assert reply.status_code == (403 if family.changes_state else 201)


async def test_the_secret_of_an_oath_app_is_told_once_unless_the_policy_shares_it(user: Any) -> None:
    reply = await user("POST", f"{U}/oath-credentials", {"extId": "app", "label": "My phone"})
    uri = reply.json()["uri"]
    assert re.fullmatch(r"otpauth://totp/My%20phone:mmuster\?secret=[A-Z2-7]{32}&issuer=My%20phone", uri)
    assert "uri" not in await user.seen(f"{U}/oath-credentials/app")
    await user.changed("100/policies/100-OathPolicy", {"parameters": {"secretReshareable": "true"}})
    assert (await user.seen(f"{U}/oath-credentials/app"))["uri"] == uri


async def test_the_same_kerberos_principal_or_uaf_key_is_taken_in_the_whole_client(user: Any) -> None:
    await user.user("user-124")
    other = "100/users/user-124"
    await user.made(f"{U}/kerberos", {"extId": "k", "kerberosId": "mm@EXAMPLE.ORG"})
    assert await code(user, "POST", f"{other}/kerberos", {"kerberosId": "mm@EXAMPLE.ORG"}) == "kerberosExists"
    await user.changed(f"{U}/kerberos/k", {"kerberosId": "mm@EXAMPLE.ORG", "modificationComment": "same"})
    await user.made(f"{U}/fido-authenticators", UAF)
    assert await code(user, "POST", f"{other}/fido-authenticators", UAF) == "credentialFidoUaf.notUnique"
    await user.made(f"{other}/fido-authenticators", {**UAF, "aaid": "4711#0000"})


async def test_a_saml_credential_may_change_its_policy(user: Any) -> None:
    await user.made("100/policies", {"extId": "own", "policyType": "SAMLFederationPolicy", "name": "Own"})
    await user.made(f"{U}/saml-credentials", {"extId": "s", **SAML})
    assert (await user.changed(f"{U}/saml-credentials/s", {"policyExtId": "own"}))["policyExtId"] == "own"
    assert await code(user, "PATCH", f"{U}/saml-credentials/s", {"policyExtId": "100-PwdPolicy"}) == "invalidParameter"


async def test_fido2_over_all_users_filters_sorts_pages_and_counts(user: Any) -> None:
    await user.user("user-124")
    for owner, ext_id, name in (
        ("user-123", "f1", "Alpha"),
        ("user-124", "f2", "beta"),
        ("user-123", "f3", "alphabet"),
    ):
        body = {**FIDO2, "extId": ext_id, "userFriendlyName": name, "hashedCredentialId": f"hash-{ext_id}"}
        await user.made(f"100/users/{owner}/fido2", body)
        user.later(seconds=1)
    await user.made(f"{U}/oath-credentials", {"extId": "f0", "label": "Alpha"})
    await user.changed("100/users/user-124/fido2/f2", {"stateName": "disabled"})

    async def found(query: str) -> Any:
        page = await user.seen(f"clients/100/fido2?returnTotalResultCount=true&{query}")
        return " ".join(item["extId"] for item in page["items"]), page["_pagination"]["totalResult"]

    assert await found("") == ("f1 f2 f3", 3)
    assert await found("limit=1&offset=1") == ("f2", 3)
    assert await found("userFriendlyName=beta") == ("f2", 1)
    assert await found("userFriendlyName_IEQ=ALPHA") == ("f1", 1)
    assert await found("userFriendlyName_SW=alpha") == ("f3", 1)
    assert await found("hashedCredentialId=hash-f3") == ("f3", 1)
    assert await found("stateName=disabled") == ("f2", 1)
    assert await found("sortBy=userFriendlyName_DESC") == ("f2 f3 f1", 3)
    item = (await user.seen("clients/100/fido2?extId=f2"))["items"][0]
    assert (item["userExtId"], item["rpId"]) == ("user-124", "example.org")
