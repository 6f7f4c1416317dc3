"""What scim2-tester is told before it judges: values that nevisIDM takes, by type and attribute, where a schema cannot say which they are.

A schema says what kind of value an attribute has. It has no words for what is true of an installation (its units, policies and properties),
for what a format asks (a certificate, a phone number), for which states lead back, and for what belongs together (a grant's profile is
one of its grantee's). An attribute that is immutable has one example only, because the judge changes it all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from httpx2 import Client

IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:extension"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0"

Examples = Mapping[str, tuple[Any, ...]]
FIRST = tuple(datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC) for year in (2021, 2022))
LAST = tuple(datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC) for year in (2031, 2032))
"""For each attribute that is an instant: beginnings and ends."""


class Word(str):
    """A boolean as an example: its text is sent, and it equals the boolean that comes back. To the judge, `False` itself is no example."""

    def __eq__(self, other: object) -> bool:
        return str(other).lower() == str(self)

    __hash__ = str.__hash__


NO, YES = Word("false"), Word("true")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "User": ("password",),  # without one there is no login that could be locked
    "UserContextPasswordCredentials": ("password",),
    "UserDevicePasswordCredentials": ("password",),
    "UserPasswordCredentials": ("password",),
    "UserUrlTicketCredentials": ("urlPrefix",),
}
"""What this installation's policies leave to the client; other policies choose it, and then it may not be sent."""

_WAYS_BACK = ("active", "disabled")  # from archived there is none
_PASSWORDS = ("Judge-and-jury-1", "Trial-by-fire-2")
_NUMBERS = ("+41441112233", "+41791112233")  # shown in one spelling
_URIS = ("urn:example:one", "urn:example:two")
_POLICIES = {
    "UserCertificateCredentials": "CertificatePolicy",
    "UserContextPasswordCredentials": "PwdPolicy",
    "UserDevicePasswordCredentials": "DevicePasswordPolicy",
    "UserGenericCredentials": "GenericCredentialPolicy",
    "UserMobileSignatureCredentials": "MobileSignaturePolicy",
    "UserMtanCredentials": "TANPolicy",
    "UserOathCredentials": "OathPolicy",
    "UserOtpCardCredentials": "OTPCardPolicy",
    "UserPasswordCredentials": "PwdPolicy",
    "UserPukCredentials": "PUKPolicy",
    "UserSamlFederationCredentials": "SAMLFederationPolicy",
    "UserTempStrongPasswordCredentials": "TempStrongPasswordPolicy",
    "UserTicketCredentials": "TicketPolicy",
    "UserUrlTicketCredentials": "URLTicketPolicy",
}

LEFT: Mapping[str, tuple[str, ...]] = {
    "User": (
        *(f"{NEVIS}:User:federatedIdentities.{name}" for name in ("providerFormat", "subjectFormat")),
        f"{NEVIS}:User:profiles",
    ),
}
"""Not tried, as the judge fills every sub-attribute of a value at once and knows one value only: what one kind of value has and the one
that is taught has not; and profiles, of which one is always the default one, so that a made-up one cannot stand in place of them all."""

TAUGHT: Mapping[str, Examples] = {
    "User": {
        "preferredLanguage": ("de", "fr", "it", "en"),  # nevisIDM's policy lists them
        "addresses.country": ("CH", "LI"),  # ISO 3166
        "emails.type": ("work",),  # of which one address is the primary one
        "emails.primary": (True,),
        "timezone": ("Europe/Zurich", "UTC"),  # a property with a pattern
        "password": _PASSWORDS,  # a password policy
        "phoneNumbers.value": _NUMBERS,
        f"{IDCS}:user:User:provider": ("judge",),
        f"{IDCS}:user:User:creationMechanism": ("import",),
        f"{IDCS}:userState:User:locked.on": (NO,),
        f"{NEVIS}:User:defaultProfile.state": ("active",),  # a disabled one takes no changes
        f"{NEVIS}:User:birthDate": ("2000-01-31", "1999-12-01"),  # a day
        f"{NEVIS}:User:unit": ("it", "hr"),  # the units that there are
        f"{NEVIS}:User:technicalUser": (NO,),
        f"{NEVIS}:User:federatedIdentities.kind": ("generic",),
        f"{NEVIS}:User:federatedIdentities.state": _WAYS_BACK,
        f"{NEVIS}:User:properties.costCentre": ("CC-1", "CC-2"),  # property definitions: values, lengths
        f"{NEVIS}:User:properties.employmentType": ("internal", "trainee"),
        f"{NEVIS}:User:profile.signingRight": ("none", "joint"),
    },
    "App": {"isAliasApp": (NO,), "isUnmanagedApp": (YES,)},
    "AppRole": {
        "displayName": ("Juror",),  # which the group's legacy name ends with
        **{"availableToUsers": (YES,), "availableToGroups": (NO,), "availableToClients": (NO,)},
    },
    "UserContextPasswordCredentials": {"password": _PASSWORDS},
    "UserDevicePasswordCredentials": {"password": tuple(each * 3 for each in _PASSWORDS)},
    "UserFidoUafCredentials": {
        "aaid": ("4711#0A1B", "4711#0A1C"),
        "keyId": ("A" * 22, "B" * 22),  # base64url
        "publicKeyAlgorithm": ("ALG_SIGN_SECP256R1_ECDSA_SHA256_RAW",),
        "authenticatorVersion": ("1.2", "1.3"),
    },
    "UserGenericCredentials": {"properties.environment": ("test", "production")},  # property definitions
    "UserMobileSignatureCredentials": {"provider": _URIS, "msisdn": ("41791112233", "41791112244")},
    "UserMtanCredentials": {"mobileNumber": _NUMBERS},
    "UserPasswordCredentials": {"password": _PASSWORDS},
    "UserSamlFederationCredentials": {"subjectFormat": _URIS, "issuerFormat": _URIS},
    "UserUrlTicketCredentials": {"urlPrefix": ("https://portal.example.org/?t=",)},
}


@dataclass(frozen=True)
class Witness:
    """Somebody whom the judge gives things to, with the default profile that groups and grants look at."""

    id: str
    profile: str


def call_witnesses(http: Client) -> list[Witness]:
    """Who they are: few, as a search in all types asks for what each of them has."""
    return [_witness(http, number) for number in range(1)]


def examples(http: Client, kind: str, people: list[Witness]) -> Examples:
    """What is taught of one type. What it refers to, such as an application for a role, is made here."""
    ids = tuple(each.id for each in people)
    common = {"user.value": ids, "members.value": ids, "state": _WAYS_BACK} if kind != "User" else {}
    policy = {"policy": (f"100-{_POLICIES[kind]}",)} if kind in _POLICIES else {}
    return {**common, **policy, **TAUGHT.get(kind, {}), **_MADE.get(kind, lambda *_: {})(http, people)}


def _person(http: Client, _: list[Witness]) -> Examples:
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Jury"}
    return {f"{NEVIS}:User:memberOf.value": (_post(http, "Groups", group)["id"],)}


def _role(http: Client, _: list[Witness]) -> Examples:
    app = _app(http, "Court")
    return {"app.value": (app,), "legacyGroupName": ("Court.Juror",)}


def _grant(http: Client, people: list[Witness]) -> Examples:
    app = _app(http, "Bench")
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:AppRole"], "displayName": "Usher"}
    role = _post(http, "AppRoles", {**body, "app": {"value": app}})["id"]
    grantee = people[0]
    return {
        "grantee.value": (grantee.id,),
        "app.value": (app,),
        "entitlement.attributeValue": (role,),
        f"{NEVIS}:Grant:profile": (grantee.profile,),
    }


def _app(http: Client, name: str) -> str:
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:App"], "displayName": name, "isAliasApp": False}
    return str(_post(http, "Apps", {**body, "basedOnTemplate": {"value": "CustomWebAppTemplateId"}})["id"])


def _certificate(_: Client, __: list[Witness]) -> Examples:
    return {"certificate": (_pem(),)}


def _key(_: Client, __: list[Witness]) -> Examples:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {"key": (public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),)}


def _signer(_: Client, __: list[Witness]) -> Examples:
    return {"signerCertificate": (_pem(),)}


_MADE = {
    "User": _person,
    "ApiKey": _key,
    "AppRole": _role,
    "Grant": _grant,
    "UserCertificateCredentials": _certificate,
    "UserMobileSignatureCredentials": _signer,
}


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Eye Witness")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(365))
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def _witness(http: Client, number: int) -> Witness:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"witness-{number}",
        "name": {"givenName": "Eye", "familyName": "Witness"},
        "emails": [{"type": "work", "value": f"witness-{number}@example.org"}],
    }
    urn = f"{NEVIS}:User"
    made = _post(http, f"Users?attributes={urn}:defaultProfile.value", body)
    return Witness(made["id"], made[urn]["defaultProfile"]["value"])


def _post(http: Client, address: str, body: dict[str, Any]) -> Any:
    return http.post(f"/{address}", json=body).raise_for_status().json()
