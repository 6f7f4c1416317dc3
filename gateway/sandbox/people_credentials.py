"""A credential of every other type, for the one sample person that has a bit of all.

In the form `bulk.py` takes: the type, the own fields of the document, and what is secret, which is hashed there. The secrets are fixed, so
that a test can use them: `context-<number>` for the context password, `ticket-<number>`, and the recovery codes below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .certificate import read_certificate
from .credential_types import TYPES

RECOVERY_CODES: Sequence[str] = tuple(f"abcd-efgh-1234-{place:04}" for place in range(16))
CERTIFICATE = (
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBYTCCAQegAwIBAgICBBowCgYIKoZIzj0EAwIwNzELMAkGA1UEBhMCQ0gxFDAS\n"
    "BgNVBAoMC0JlaXNwaWVsIEFHMRIwEAYDVQQDDAlTYW1wbGUgQ0EwHhcNMjQwMTAx\n"
    "MDAwMDAwWhcNNDkxMjMxMDAwMDAwWjA8MQswCQYDVQQGEwJDSDEUMBIGA1UECgwL\n"
    "QmVpc3BpZWwgQUcxFzAVBgNVBAMMDkV2ZSBFdmVyeXRoaW5nMFkwEwYHKoZIzj0C\n"
    "AQYIKoZIzj0DAQcDQgAEsjCEH6EDZDBg+jv0dRsvNyJzwmet8fPgP0NxllAQppOG\n"
    "hfH2kEWDPBSSQGxZqa2du+5asnsNPHAZEL0mSUXFKzAKBggqhkjOPQQDAgNIADBF\n"
    "AiBrcGlBEvAUL1b53jMoykLP12a45TI88KpD+zJxQbNtnQIhAPVdhAPU0USNpx9w\n"
    "fEL9L1bwmbeUUHSVLbq3UQp5xLE3\n"
    "-----END CERTIFICATE-----\n"
)


def of_every_type(number: int) -> list[dict[str, Any]]:
    """The credentials; passwords, generic ones and SecurID have their own words in `people.py`."""
    made = {**_plain(number), **_secret(number)}
    return [{"type": kind, **_head(kind, number), **fields} for kind, fields in made.items()]


def _head(kind: str, number: int) -> dict[str, Any]:
    policy = TYPES[kind].policy
    head = {"extId": f"{TYPES[kind].segment}-{number}", "successfulLoginCount": 0, "failedLoginCount": 0}
    return {**head, "policyExtId": f"100-{policy}"} if policy else head


def _plain(number: int) -> Mapping[str, Mapping[str, Any]]:
    """Those without a secret."""
    read = read_certificate(CERTIFICATE)
    name_id = "urn:oasis:names:tc:SAML:2.0:nameid-format"
    return {
        "CertInfo": {
            "certificate": CERTIFICATE,
            "subjectDn": read.subject,
            "issuerDn": read.issuer,
            "fingerprint": read.fingerprint,
            "serialNumber": read.serial,
            "subjectKeyIdentifier": read.key_identifier,
            "properties": {"purpose": "signing"},
        },
        "Fido2": {
            "aaguid": "9ddd1817-af5a-4672-a2b9-3e3dd95000a9",
            "authenticator": "Security key",
            "authenticatorAttachment": "crossplatform",
            "attestationConveyancePreference": "direct",
            "hashedCredentialId": f"{number:064x}",
            "rpId": "example.org",
            "residentKeyRequirement": "required",
            "userFriendlyName": "Blue key",
            "userVerificationRequirement": "preferred",
        },
        "FidoUaf": {
            "aaid": "4711#0A1B",
            "keyId": f"{number:043}",
            "appId": "https://example.org/uaf",
            "userFriendlyName": "Phone",
        },
        "OTP": {},
        "MTan": {"mobileNumber": f"+4179000{number}"},
        "SamlFederation": {
            "subjectNameId": f"person-{number}",
            "subjectNameIdFormat": f"{name_id}:persistent",
            "issuerNameId": "https://idp.example.org",
            "issuerNameIdFormat": f"{name_id}:entity",
        },
        "MobileSignature": {
            "identificator": f"mid-{number}",
            "msspIdentifier": "http://mid.example.org/",
            "msisdn": f"4179000{number}",
        },
        "Kerberos": {"kerberosId": f"person-{number}@EXAMPLE.ORG"},
        "SafeWordUser": {"username": f"safeword-{number}"},
    }


def _secret(number: int) -> Mapping[str, Mapping[str, Any]]:
    """Those that the server made, or that hide something."""
    oath = f"otpauth://totp/Phone:{number}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Phone"
    asked = [{"question": "The name of your first pet?"}, {"questionExtId": "birthplace"}]
    return {
        "Oath": {"label": "Phone", "_uri": oath},
        "ContextPassword": {"context": "mainframe", "secret": f"context-{number}"},
        "TempStrongPassword": {"secret": f"strong-{number}"},
        "Puk": {"secret": f"puk-{number}"},
        "Ticket": {"identification": "desk 4", "context": "helpdesk", "secret": f"ticket-{number}"},
        "UrlTicket": {"urlPrefix": "https://portal.example.org/ticket?t=", "secret": f"link-{number}"},
        "RecoveryCode": {"_codes": list(RECOVERY_CODES)},
        "SecurityQuestion": {"questions": asked, "secret": f"answers-{number}"},
    }
