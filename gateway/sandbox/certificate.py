"""Reading X.509 certificates: what nevisIDM's server takes out of a PEM text."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1

from . import problem


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a credential shows of a certificate, and until when that one is valid."""

    subject: str
    issuer: str
    fingerprint: str
    serial: str
    key_identifier: str
    begin: datetime
    end: datetime


def read_certificate(pem: str) -> Certificate:
    """The certificate in a PEM text; 422 errors.invalidParameter for anything else. The fingerprint is SHA-1 in hexadecimal."""
    try:
        read = x509.load_pem_x509_certificate(pem.encode("ascii"))
        key = x509.SubjectKeyIdentifier.from_public_key(read.public_key()).digest.hex()
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType):
        raise problem.invalid_parameter("The certificate is not an X.509 certificate in PEM format.") from None
    return Certificate(
        read.subject.rfc4514_string(),
        read.issuer.rfc4514_string(),
        read.fingerprint(SHA1()).hex(),  # noqa: S303
        str(read.serial_number),
        key,
        read.not_valid_before_utc.astimezone(UTC),
        read.not_valid_after_utc.astimezone(UTC),
    )
