"""Every type of credential nevisIDM knows, as a table: where it lives, which policy it has, what it is called.

The names are those of the schemas of nevisIDM's SCIM API, without their prefix; they also are the literals of the index (gap 33). A type
without a policy needs none. Nouns and labels that no public page prints follow the manner of those that one does.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Type:
    """A type of credential: its name inside, its policy type, its path segment, its noun in a 404, its label in lists, and whether a
    user may have several of it (else the segment is the credential)."""

    name: str
    policy: str | None
    segment: str
    noun: str
    label: str
    many: bool = True


PASSWORD: Final = Type("Password", "PwdPolicy", "password", "Password", "Password", many=False)
DEVICE_PASSWORD: Final = Type(
    "DevicePassword", "DevicePasswordPolicy", "device-password", "Device Password", "Device Password"
)
CONTEXT_PASSWORD: Final = Type(
    "ContextPassword", "PwdPolicy", "context-passwords", "Context Password", "Context Password"
)
TEMP_STRONG: Final = Type(
    *("TempStrongPassword", "TempStrongPasswordPolicy", "tempstrong-password"),
    *("Temporary Strong Password", "Temporary Strong Password"),
    many=False,
)
PUK: Final = Type("Puk", "PUKPolicy", "puk", "PUK", "PUK", many=False)
CERTIFICATE: Final = Type("CertInfo", "CertificatePolicy", "certificates", "Certificate", "Certificate")
OATH: Final = Type("Oath", "OathPolicy", "oath-credentials", "Oath", "OATH")
OTP: Final = Type("OTP", "OTPCardPolicy", "otp-credentials", "OTP", "OTP Card")
FIDO_UAF: Final = Type("FidoUaf", None, "fido-authenticators", "FIDO UAF", "FIDO UAF")
FIDO2: Final = Type("Fido2", None, "fido2", "FIDO2", "FIDO2")
MTAN: Final = Type("MTan", "TANPolicy", "mtans", "mTAN", "mTAN")
TICKET: Final = Type("Ticket", "TicketPolicy", "ticket", "Ticket", "Ticket", many=False)
URL_TICKET: Final = Type("UrlTicket", "URLTicketPolicy", "url-ticket", "URL Ticket", "URL Ticket", many=False)
RECOVERY_CODES: Final = Type("RecoveryCode", None, "recovery-codes", "Recovery Code", "Recovery Code", many=False)
SAML: Final = Type("SamlFederation", "SAMLFederationPolicy", "saml-credentials", "SAML Federation", "SAML Federation")
MOBILE_SIGNATURE: Final = Type(
    *("MobileSignature", "MobileSignaturePolicy", "mobile-signature", "Mobile Signature", "Mobile Signature"),
    many=False,
)
KERBEROS: Final = Type("Kerberos", None, "kerberos", "Kerberos", "Kerberos")
SECURID: Final = Type("SecurId", None, "securid", "SecurId", "SecurID User Mapping", many=False)
SAFEWORD: Final = Type("SafeWordUser", None, "safeword", "Safeword", "Safeword User Mapping", many=False)
VASCO: Final = Type("Vasco", "VascoPolicy", "vasco", "VASCO", "VASCO")
SECURITY_QUESTIONS: Final = Type(
    *("SecurityQuestion", "SecurityQuestionsPolicy", "security-questions", "Security Questions", "Security Questions"),
    many=False,
)
GENERIC: Final = Type("Generic", "GenericCredentialPolicy", "generic-credentials", "Generic", "Generic")

TYPES: Final = {
    kind.name: kind
    for kind in (
        *(PASSWORD, DEVICE_PASSWORD, CONTEXT_PASSWORD, TEMP_STRONG, PUK, CERTIFICATE, OATH, OTP, FIDO_UAF, FIDO2),
        *(MTAN, TICKET, URL_TICKET, RECOVERY_CODES, SAML, MOBILE_SIGNATURE, KERBEROS, SECURID, SAFEWORD, VASCO),
        *(SECURITY_QUESTIONS, GENERIC),
    )
}
