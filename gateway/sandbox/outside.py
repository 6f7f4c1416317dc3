"""Credentials that say who a user is elsewhere: SecurID, Safeword, Kerberos, SAML federation, mobile signature, mTAN.

There is nothing secret in them; each is a name, an address or a number of another system.
"""

import re
from collections.abc import Sequence

from . import problem
from .box import Sandbox
from .certificate import read_certificate
from .credential_types import KERBEROS, MOBILE_SIGNATURE, MTAN, SAFEWORD, SAML, SECURID
from .document import Document, text
from .endpoint import Call, Endpoint
from .family import Family, all_with, endpoints_of
from .policy import parameters
from .store import Row

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()/.-]*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")
_NAMES = ("subjectNameId", "subjectNameIdFormat", "issuerNameId", "issuerNameIdFormat")


def _never_archived(_: Call, __: Row, doc: Document, before: Row | None) -> None:
    if before and doc["stateName"] == "archived":
        raise problem.rule("archiveCredentialDenied", "A credential of this type must not be archived.")


def _new_principal(call: Call, user: Row, doc: Document, before: Row | None) -> None:
    name = doc["kerberosId"]
    if all_with(call, user.client, KERBEROS, "kerberosId", name, before):
        raise problem.rule("kerberosExists", "A Kerberos credential already exists with the same kerberosId.")


def _saml_formats(_: Call, __: Row, doc: Document, ___: Row | None) -> None:
    for name in ("subjectNameIdFormat", "issuerNameIdFormat"):
        if not _URI.fullmatch(doc[name]):
            raise problem.rule("samlAttributeFormat", f"The value of '{name}' is not a URI.")


def _signature(call: Call, user: Row, doc: Document, _: Row | None) -> None:
    if not doc.get("msspIdentifier") or not _URI.fullmatch(doc["msspIdentifier"]):
        raise problem.rule("msspIdentifierMissing", "The MSSP identifier is missing or not a URI.")
    rules = parameters(call.box.store, user.client, MOBILE_SIGNATURE.policy or "", doc.get("policyExtId"))
    if not re.fullmatch(rules["msisdnRegex"], doc["msisdn"]):
        raise problem.rule("msisdnFormat", "The MSISDN does not have the format that the policy asks for.")
    if "signerCert" in doc:
        read_certificate(doc["signerCert"])


def _mobile_number(_: Call, __: Row, doc: Document, ___: Row | None) -> None:
    number = doc["mobileNumber"]
    if not _NUMBER.fullmatch(number):
        raise problem.rule("mtanFormatViolated", "The mobile number has a wrong format.")
    if not _E164.fullmatch(number):
        raise problem.rule("mtanFormatE164Violated", "The mobile number is not in the format E.164.")


FAMILIES: Sequence[Family] = (
    Family(
        *("securid", SECURID, {"": "2.75.1", "update": "2.77", "delete": "2.79"}),
        *({"username": text()}, ("username",), ("username",)),
        taken=("securidExists", "The user already has a SecurId credential."),
        check=_never_archived,
    ),
    Family(
        *("safeword", SAFEWORD, {"": "2.79"}, {"username": text()}, ("username",), ("username",)),
        taken=("safewordExists", "The user already has a Safeword credential."),
    ),
    Family(
        *("kerberos", KERBEROS, {"": "2.79"}, {"kerberosId": text()}, ("kerberosId",), ("kerberosId",)),
        check=_new_principal,
    ),
    Family(
        *("samlFederation", SAML, {"": "8.2511"}, dict.fromkeys(_NAMES, text()), _NAMES, (*_NAMES, "policyExtId")),
        check=_saml_formats,
        creating=("CredentialCreate", "CredentialView"),
        changes_state=True,
    ),
    Family(
        *("mobileSignature", MOBILE_SIGNATURE, {"": "8.2605"}),
        {name: text() for name in ("identificator", "msspIdentifier", "signerCert", "msisdn")},
        ("identificator", "msisdn"),
        taken=("mobileSignatureExists", "The user already has a Mobile Signature credential."),
        check=_signature,
        make=lambda _, __, doc: (doc, {}),
    ),
    Family(
        *("mtan", MTAN, {"": "2.74"}, {"mobileNumber": text()}, ("mobileNumber",), ("mobileNumber",)),
        check=_mobile_number,
    ),
)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The calls of endpoints.yaml for these types."""
    return tuple(endpoint for family in FAMILIES for endpoint in endpoints_of(family))
