"""How each of nevisIDM's error codes is provoked that a rule of the sandbox refuses with: a SCIM request, and what must be so before.

Codes that are not here have no rule in the sandbox that the gateway could run into; they come by a fault (`test_error_codes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.raw_types import USER, Raw, of_user
from tests.sandbox.test_credential_types import PEM, SAML, SIGNATURE, UAF, pem

Call = tuple[str, str, Any]  # of nevisIDM, below core/v1: what was there before
SOMEBODY = "u-1001"
OF_USER = f"100/users/{SOMEBODY}"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"


@dataclass(frozen=True)
class Rule:
    """One SCIM request against nevisIDM as it was prepared, by the shipped mappings or a raw type."""

    method: str
    path: str
    body: Any = None
    raw: Raw | None = None
    before: Sequence[Call] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)
    rights: str | None = None  # the only right the gateway's account still has
    rooms: str | None = None  # the only unit it reaches
    as_self: bool = False  # the usual person acts on itself, with an X-Token that is none
    quicker: bool = False  # somebody else changes the user just before every PATCH

    @property
    def sent(self) -> Any:
        """The body with its schemas."""
        if self.body is None or "schemas" in self.body:
            return self.body
        return {"schemas": [self.raw.schema if self.raw else SCHEMAS[self.path.split("/")[1]]], **self.body}


SCHEMAS = {
    "Users": "urn:ietf:params:scim:schemas:core:2.0:User",
    "UserGenericCredentials": "urn:ietf:params:scim:schemas:nevisidm:2.0:UserGenericCredentials",
    "UserPasswordChanger": "urn:ietf:params:scim:schemas:oracle:idcs:UserPasswordChanger",
}


def patch(path: str, value: Any) -> dict[str, Any]:
    edit = {"op": "replace", "path": path, "value": value}
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [edit]}


def policy(kind: str, **parameters: str) -> Call:
    named = {name.replace("__", "."): value for name, value in parameters.items()}
    return "PATCH", f"100/policies/100-{kind}", {"parameters": named}


RAW_USER = Raw(
    "RawUser",
    {
        "read": "GET /core/v1/{client}/users/{it.extId}",
        "create": "POST /core/v1/{client}/users",
        "update": "PATCH /core/v1/{client}/users/{it.extId}",
    },
    (
        *("loginId", "name.firstName", "name.familyName", "contacts.email", "contacts.mobile", "contacts.telephone"),
        *("gender", "birthDate", "validity.from", "validity.to", "languageCode"),
    ),
    "{it.extId}",
)
PERSON = {
    "extId": "new-1",
    "loginId": "new-1",
    "name-firstName": "New",
    "name-familyName": "Person",
    "contacts-email": "new@example.org",
}


def person(*without: str, **more: Any) -> dict[str, Any]:
    given = {**PERSON, **{name.replace("__", "-"): value for name, value in more.items()}}
    return {name: value for name, value in given.items() if name not in without}


def raw_user(body: Mapping[str, Any], *before: Call) -> Rule:
    return Rule("POST", "/RawUser", body, RAW_USER, before)


def somebody(**more: Any) -> dict[str, Any]:
    return {
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": "newcomer@example.org", "type": "work", "primary": True}],
        **more,
    }


def mandatory(name: str) -> Call:
    return policy("ClientPolicy", **{f"validation__user__{name}__mandatory": "true"})


def extended(**more: Any) -> dict[str, Any]:
    return {NEVIS: more}


def credential(raw: Raw, body: Mapping[str, Any], *before: Call, **more: Any) -> Rule:
    """A raw credential of the usual person."""
    part = {"userExtId": SOMEBODY, **({"extId": "raw-1"} if "extId" in raw.id else {})}
    return Rule("POST", f"/{raw.name}", {**part, **body}, raw, before, **more)


def twice(raw: Raw, segment: str, body: Mapping[str, Any]) -> Rule:
    """The same credential once more."""
    return credential(raw, body, ("POST", f"{OF_USER}/{segment}", body))


SAFEWORD = of_user("RawSafeword", "safeword", "username", many=False)
SECURID = of_user("RawSecurId", "securid", "username", "stateName", many=False, update=True)
KERBEROS = of_user("RawKerberos", "kerberos", "kerberosId")
CERTIFICATE = of_user("RawCertificate", "certificates", "certificate")
FEDERATION = of_user("RawSaml", "saml-credentials", *SAML)
MOBILE = of_user("RawSignature", "mobile-signature", *SIGNATURE, many=False)
MTAN = of_user("RawMTan", "mtans", "mobileNumber")
OATH = of_user("RawOath", "oath-credentials", "label")
UAF_KEY = of_user("RawUaf", "fido-authenticators", *UAF, "publicKeyAlgorithm", "authenticatorVersion")
CARD = of_user("RawCard", "otp-credentials")
TICKET = of_user("RawTicket", "ticket", "identification", many=False)
LINK = of_user("RawLink", "url-ticket", "urlPrefix", many=False)
STRONG = of_user("RawStrong", "tempstrong-password", many=False)
PUK = of_user("RawPuk", "puk", many=False)
PASSWORD = of_user("RawPassword", "password", "password", many=False)
GENERIC = of_user("RawGeneric", "generic-credentials", "identification", "validity.from", "validity.to", "stateName")
QUESTIONS = of_user("RawQuestions", "security-questions", many=False)
PROFILE = Raw(
    "RawProfile",
    {"read": "GET /core/v1/{client}/profiles/{it.extId}", "create": f"POST {USER}/profiles"},
    ("unitExtId",),
    "{it.userExtId}~{it.extId}",
)
UNIT = Raw(
    "RawUnit",
    {
        "read": "GET /core/v1/{client}/units/{it.extId}",
        "create": "POST /core/v1/{client}/units",
        "update": "PATCH /core/v1/{client}/units/{it.extId}",
    },
    ("parentUnitExtId", "name", "profileless:type: boolean", "validity.from", "validity.to"),
    "{it.extId}",
)
POLICY = Raw(
    "RawPolicy",
    {
        "read": "GET /core/v1/{client}/policies/{it.extId}",
        "create": "POST /core/v1/{client}/policies",
        "delete": "DELETE /core/v1/{client}/policies/{it.extId}",
    },
    ("policyType", "name", "parameters.*"),
    "{it.extId}",
)
APPLICATION = Raw(
    "RawApplication",
    {
        "read": "GET /core/v1/applications/{it.extId}",
        "create": "POST /core/v1/applications",
        "delete": "DELETE /core/v1/applications/{it.extId}",
    },
    ("description",),
    "{it.extId}",
)
EROLE = Raw(
    "RawErole",
    {"read": "GET /core/v1/{client}/eroles/{it.extId}", "create": "POST /core/v1/{client}/eroles"},
    ("name",),
    "{it.extId}",
)
VASCO = Raw(
    "RawVasco",
    {"read": f"GET {USER}", "create": "POST /core/v1/{client}/vasco"},
    ("vascoTokens",),
    "{it.userExtId}~{it.extId}",
)


def done(name: str, call: str, *fields: str) -> Raw:
    """A type whose create is a call that makes nothing."""
    return Raw(name, {"read": f"GET {USER}", "create": call}, fields, "{it.userExtId}")


LOGIN = done("RawLogin", "POST /auth/v1/{client}/users/{it.userExtId}/password/login", "password")
CARD_LOGIN = done("RawCardLogin", "POST /auth/v1/{client}/users/{it.userExtId}/otp/login", "response")
CODE_LOGIN = done("RawCodeLogin", "POST /auth/v1/{client}/users/{it.userExtId}/recovery-codes/login", "code")
INFO = done("RawInfo", f"POST {USER}/login-info", "success:type: boolean", "credentialExtId")
RESET = done("RawReset", f"POST {USER}/password/reset")
GRANT = Raw(
    "RawGrant",
    {
        "read": "GET /core/v1/{client}/profiles/{it.userExtId}/authorizations/{it.extId}",
        "create": "POST /core/v1/{client}/profiles/{it.userExtId}/authorizations",
    },
    ("extId:returned: always", "roleExtId"),
)
VALID = {"validity": {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}}


def unit(begin: str, end: str) -> Rule:
    """A unit below one that is valid in 2026."""
    body = {"extId": "team", "parentUnitExtId": "it", "name": "Team", "profileless": False}
    span = {"validity-from": f"{begin}T00:00:00Z", "validity-to": f"{end}T00:00:00Z"}
    return Rule("POST", "/RawUnit", {**body, **span}, UNIT, [("PATCH", "100/units/it", VALID)])


def unit_above(begin: str, end: str) -> Rule:
    """A unit above one that is valid in 2026 gets this validity."""
    body = {"extId": "team", "parentUnitExtId": "it", "name": "Team", "profileless": False, **VALID}
    span = {"validity-from": f"{begin}T00:00:00Z", "validity-to": f"{end}T00:00:00Z"}
    edits = [{"op": "add", "value": span}]
    return Rule("PATCH", "/RawUnit/it", {**patch("x", 1), "Operations": edits}, UNIT, [("POST", "100/units", body)])


def uaf(**wrong: Any) -> Rule:
    return credential(UAF_KEY, {**UAF, **wrong})


def tokens(*data: str) -> Any:
    return {"vascoTokens": [{"authMode": mode, "data": one} for mode, one in zip("ABC", data, strict=False)]}


GENERIC_OF = {"user": {"value": SOMEBODY}, "identification": "raw-1"}
PROPERTY = f"{NEVIS}:properties"
RULES: Mapping[str, Rule] = {
    "errors.duplicateName": Rule("POST", "/Users", somebody(userName="mmuster")),
    "errors.duplicateEmail": Rule(
        *("POST", "/Users", somebody(emails=[{"value": "mmuster@example.org", "type": "work", "primary": True}])),
        before=[policy("ClientPolicy", validation__user__email__unique="true")],
    ),
    "errors.duplicateMobile": Rule(
        *("POST", "/Users", somebody(phoneNumbers=[{"value": "+41790001002", "type": "mobile"}])),
        before=[policy("ClientPolicy", validation__user__mobile__unique="true")],
    ),
    "errors.userLoginIdNull": raw_user(person("loginId")),
    "errors.userNameNull": raw_user(person("name-familyName")),
    "errors.userFirstNameNull": raw_user(person("name-firstName")),
    "errors.userEmailNull": raw_user(person("contacts-email")),
    "errors.userSexNull": raw_user(PERSON, mandatory("sex")),
    "errors.userCountryNull": raw_user(PERSON, mandatory("country")),
    "errors.userMobileNull": raw_user(PERSON, mandatory("mobile")),
    "errors.userEmailFormat": raw_user(person(contacts__email="nobody")),
    "errors.userPhoneFormat": raw_user(
        person(contacts__telephone="12"), policy("ClientPolicy", validation__user__phone__regex=r"\+[0-9]{11}")
    ),
    "errors.otherGenderPolicyDisabled": raw_user(
        person(gender="other"), policy("ClientPolicy", validation__user__gender__other="false")
    ),
    "errors.invalidDate": raw_user(person(birthDate="yesterday")),
    "errors.invalidDateOrDateTime": raw_user(person(validity__from="tomorrow")),
    "errors.invalidDateInterval": Rule(
        *("PATCH", f"/Users/{SOMEBODY}"),
        {
            **patch("x", 1),
            "Operations": [
                {
                    "op": "add",
                    "value": {NEVIS: {"validFrom": "2027-01-01T00:00:00Z", "validTo": "2026-01-01T00:00:00Z"}},
                }
            ],
        },
    ),
    "errors.identifierPolicyViolated": raw_user(person(extId="two words")),
    "errors.invalidParameter": Rule("POST", "/UserGenericCredentials", {**GENERIC_OF, "policy": "100-PwdPolicy"}),
    "errors.invalidData": Rule("PATCH", f"/Users/{SOMEBODY}", patch(f"{PROPERTY}.shoeSize", "44")),
    "errors.propertyUniquenessViolated": Rule("PATCH", f"/Users/{SOMEBODY}", patch(f"{PROPERTY}.employee_id", "1002")),
    "errors.property.stringmaxlen": Rule("PATCH", f"/Users/{SOMEBODY}", patch("title", "x" * 101)),
    "errors.property.stringregex": Rule("PATCH", f"/Users/{SOMEBODY}", patch("timezone", "half past nine")),
    "errors.modifyReadonlyData": Rule(
        *("PATCH", f"/Users/{SOMEBODY}", patch(f"{PROPERTY}.badge", "7")),
        before=[
            (
                *("POST", "properties"),
                {"name": "badge", "scope": "USER_GLOBAL", "type": "STRING", "accessCreate": "READ_ONLY"},
            )
        ],
    ),
    "errors.mobileCannotBeDeleted": Rule(
        *("PATCH", f"/Users/{SOMEBODY}"),
        {**patch("x", 1), "Operations": [{"op": "remove", "path": 'phoneNumbers[type eq "mobile"]'}]},
        before=[("POST", f"{OF_USER}/mtans", {"mobileNumber": "+41790001001"})],
    ),
    "errors.modifyArchivedUser": Rule(
        *("PATCH", f"/Users/{SOMEBODY}", patch("displayName", "New")),
        before=[("PATCH", OF_USER, {"userState": "archived"})],
    ),
    "errors.modifyArchivedProfile": Rule(
        *("PATCH", f"/Users/{SOMEBODY}", patch(f"{NEVIS}:profile.function", "New")),
        before=[("PATCH", "100/profiles/u-1001-p0", {"profileState": "archived"})],
    ),
    "errors.modifyArchivedCredential": Rule(
        *("PATCH", f"/UserGenericCredentials/{SOMEBODY}~badge-1001", patch("identification", "New")),
        before=[("PATCH", f"{OF_USER}/generic-credentials/badge-1001", {"stateName": "archived"})],
    ),
    "errors.undeletedDependencies": Rule("DELETE", "/RawApplication/portal", raw=APPLICATION),
    "errors.deleteDefaultEntityFailure": Rule("DELETE", "/RawPolicy/100-PwdPolicy", raw=POLICY),
    "errors.assignDisabledUnit": Rule("POST", "/Users", somebody(**extended(unit="legacy"))),
    "errors.assignProfilelessUnit": Rule("POST", "/Users", somebody(**extended(unit="board"))),
    "errors.techUser.oneProfile": Rule(
        "POST", "/RawProfile", {"userExtId": "app-reporting-app", "extId": "second", "unitExtId": "it"}, PROFILE
    ),
    "errors.duplicateValue": Rule(
        *("POST", "/UserGenericCredentials", {**GENERIC_OF, "identification": "badge-1001"}),
    ),
    "errors.noRecord": Rule("GET", "/Users/nobody"),
    "errors.insufficientRightsFunction": Rule("GET", f"/Users/{SOMEBODY}", rights="ClientView"),
    "errors.combinedDataroomDenied": Rule("GET", f"/Users/{SOMEBODY}", rooms="hr"),
    "errors.optimisticLockingFailure": Rule(
        "PATCH", f"/Users/{SOMEBODY}", patch("name.givenName", "New"), quicker=True
    ),
    "errors.enterpriseRolesDisabled": Rule(
        "POST", "/RawErole", {"extId": "new", "name": "New"}, EROLE, switches={"eroles": False}
    ),
    # secrets
    "errors.pwdPolicyViolated": Rule("PUT", f"/UserPasswordChanger/{SOMEBODY}", {"password": "Kurz-1"}),
    "errors.passwordExists": credential(PASSWORD, {"password": "Geheim-2026"}),
    "errors.maxResetCount": credential(RESET, {}, policy("PwdPolicy", maxResetCount="0")),
    "errors.credentialNotActive": credential(
        LOGIN, {"password": "Geheim-2026"}, ("PATCH", f"{OF_USER}/password", {"stateName": "disabled"})
    ),
    "error.login.userState": credential(
        LOGIN,
        {"password": "Welcome-1001"},
        ("PATCH", OF_USER, {"userState": "disabled"}),
        switches={"login_checks_user": True},
    ),
    "errors.userLoginFailed": credential(CODE_LOGIN, {"code": "wrong"}, ("POST", f"{OF_USER}/recovery-codes", None)),
    "errors.invalidJWTToken": Rule("DELETE", f"/UserSecurIdCredentials/{SOMEBODY}~~securid", as_self=True),
    "errors.modifyProtectedFieldInvalidJWTToken": Rule("PATCH", "/Me", patch("userName", "newlogin"), as_self=True),
    # credentials of nevisIDM's other types
    "errors.securidExists": credential(SECURID, {"username": "second"}),
    "errors.archiveCredentialDenied": Rule("PATCH", f"/RawSecurId/{SOMEBODY}", patch("stateName", "archived"), SECURID),
    "errors.safewordExists": twice(SAFEWORD, "safeword", {"username": "safe"}),
    "errors.kerberosExists": twice(KERBEROS, "kerberos", {"kerberosId": "mm@EXAMPLE.ORG"}),
    "errors.certificateExists": twice(CERTIFICATE, "certificates", {"certificate": PEM}),
    "errors.certificatePolicyViolated": credential(CERTIFICATE, {"certificate": pem("CN=Old", days=-10)}),
    "errors.samlAttributeFormat": credential(FEDERATION, {**SAML, "issuerNameIdFormat": "persistent"}),
    "errors.mobileSignatureExists": twice(MOBILE, "mobile-signature", SIGNATURE),
    "errors.msspIdentifierMissing": credential(MOBILE, {**SIGNATURE, "msspIdentifier": "no address"}),
    "errors.msisdnFormat": credential(MOBILE, {**SIGNATURE, "msisdn": "079-abc"}),
    "errors.mtanFormatViolated": credential(MTAN, {"mobileNumber": "call me"}),
    "errors.mtanFormatE164Violated": credential(MTAN, {"mobileNumber": "079 000 00 01"}),
    "errors.nullParameter": credential(OATH, {}),
    "errors.credentialFidoUaf.invalidAaidFormat": uaf(aaid="4711"),
    "errors.credentialFidoUaf.invalidKeyIdFormat": uaf(keyId="short"),
    "errors.credentialFidoUaf.invalidPublicKeyAlgorithm": uaf(publicKeyAlgorithm="rot13!"),
    "errors.credentialFidoUaf.invalidAuthVersionFormat": uaf(authenticatorVersion="one"),
    "errors.credentialFidoUaf.emptyAppId": credential(UAF_KEY, {"aaid": UAF["aaid"], "keyId": UAF["keyId"]}),
    "errors.credentialFidoUaf.notUnique": twice(UAF_KEY, "fido-authenticators", UAF),
    "errors.tooManyOTPCards": credential(
        CARD, {}, *(("POST", f"{OF_USER}/otp-credentials", {"extId": name}) for name in ("card-1", "card-2"))
    ),
    "errors.dimensionNotMatch": credential(
        CARD_LOGIN,
        {"response": "12"},
        ("POST", f"{OF_USER}/otp-credentials", {"extId": "card"}),
        ("POST", f"/nevisidm/api/auth/v1/{OF_USER}/otp/challenge", {}),
    ),
    "errors.ticketExists": twice(TICKET, "ticket", {"identification": "desk"}),
    "errors.URLTicketExists": twice(LINK, "url-ticket", {"urlPrefix": "https://example.org/"}),
    "errors.urlTicketMissingURLPrefix": credential(LINK, {}),
    "errors.urlTicket.invalidFormat": credential(LINK, {"urlPrefix": "javascript:"}),
    "errors.tempStrongPasswordExists": twice(STRONG, "tempstrong-password", {}),
    "errors.PUKExists": twice(PUK, "puk", {}),
    # the organisation
    "errors.assignSubunitAsParent": Rule("PATCH", "/RawUnit/sales", patch("parentUnitExtId", "sales-emea"), UNIT),
    "errors.profilelessFlagCannotBeSet": Rule("PATCH", "/RawUnit/sales", patch("profileless", True), UNIT),
    "errors.unitInvalidValidityPeriodParent": unit("2027-01-01", "2027-12-31"),
    "errors.unitInvalidValidFromParameterParent": unit("2025-01-01", "2026-06-30"),
    "errors.unitInvalidValidUntilParameterParent": unit("2026-07-01", "2027-06-30"),
    "errors.unitInvalidValidityPeriodChild": unit_above("2027-01-01", "2027-12-31"),
    "errors.unitInvalidValidFromParameterChild": unit_above("2026-07-01", "2027-06-30"),
    "errors.unitInvalidValidUntilParameterChild": unit_above("2025-01-01", "2026-06-30"),
    "errors.applicationNameNull": Rule("POST", "/RawApplication", {"extId": "new"}, APPLICATION),
    "errors.potentialPrivilegeEscalation": Rule(
        *("POST", "/RawGrant", {"userExtId": "u-1001-p0", "roleExtId": "nevisidm-clientroot"}),
        GRANT,
        rights="AuthorizationCreate",
    ),
    "errors.pcyconf.multipleClientPolicy": Rule(
        "POST", "/RawPolicy", {"extId": "new", "policyType": "ClientPolicy", "name": "Second"}, POLICY
    ),
    "errors.pcyconf.invalidParamName": Rule(
        *("POST", "/RawPolicy"),
        {"extId": "new", "policyType": "PwdPolicy", "name": "New", "parameters": {"shoeSize": "44"}},
        POLICY,
    ),
    "errors.pcyconf.invalidParamValue": Rule(
        *("POST", "/RawPolicy"),
        {"extId": "new", "policyType": "PwdPolicy", "name": "New", "parameters": {"minLength": "long"}},
        POLICY,
    ),
    "errors.policyInconsistency": Rule(
        *("POST", "/RawPolicy"),
        {"extId": "new", "policyType": "PwdPolicy", "name": "New", "parameters": {"minLength": "9", "maxLength": "8"}},
        POLICY,
    ),
}
