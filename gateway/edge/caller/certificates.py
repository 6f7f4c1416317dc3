"""Client certificates (mutual TLS): of our own TLS, or in the header of a proxy that is trusted.

TLS has verified the certificate by then, here or at the proxy; what is left is whose it is. A header counts only when the message comes
from an address of that proxy, otherwise anybody could write it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.edge.caller.account import Account, Admission
from gateway.edge.message import Message
from gateway.errors import Denied

Form = Literal["rfc9440", "pem", "xfcc"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A header with the client's certificate and where it may come from.

    `form`: "rfc9440" (`Client-Cert: :base64 DER:`), "pem" (URL-encoded PEM, as nginx and Apache write it), "xfcc" (Envoy's `Cert=`).
    """

    header: str
    form: Form
    addresses: tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A caller and what its certificate says: `subject=<RFC 4514>`, `dns=`, `uri=`, or `sha256=<hex>`."""

    account: Account
    says: str


class Certificates:
    """Admits those who hold a known certificate."""

    scheme = ""

    def __init__(self, holders: Iterable[Holder], proxy: Proxy | None = None) -> None:
        self._holders = {_normal(each.says): each.account for each in holders}
        self._proxy = proxy

    async def admit(self, message: Message) -> Admission | None:
        """See Guard. A certificate that nobody here is known by proves nothing: another guard may know the caller."""
        certificate = self._of(message)
        if certificate is None:
            return None
        known = (self._holders.get(name) for name in names(certificate))
        account = next((each for each in known if each is not None), None)
        return Admission(account) if account is not None else None

    def _of(self, message: Message) -> x509.Certificate | None:
        if message.certificate is not None:
            return x509.load_pem_x509_certificate(message.certificate.encode())
        if self._proxy is None or not _comes_from(message.peer, self._proxy):
            return None
        value = message.headers.get(self._proxy.header.lower())
        if not value:
            return None
        try:
            return _read(value, self._proxy.form)
        except (ValueError, binascii.Error):
            raise Denied("GW301", "The proxy's certificate header cannot be read.") from None


def names(certificate: x509.Certificate) -> list[str]:
    """Everything that a certificate can be known by, in the form of `Holder.says`."""
    found = [f"subject={certificate.subject.rfc4514_string()}", f"sha256={certificate.fingerprint(SHA256()).hex()}"]
    try:
        told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [_normal(name) for name in found]
    found += [f"dns={name}" for name in told.get_values_for_type(x509.DNSName)]
    found += [f"uri={name}" for name in told.get_values_for_type(x509.UniformResourceIdentifier)]
    return [_normal(name) for name in found]


def _normal(says: str) -> str:
    kind, _, value = says.partition("=")
    kind = kind.strip().lower()
    if kind == "sha256":
        value = value.replace(":", "").lower()
    elif kind == "dns":
        value = value.lower()
    elif kind == "subject":
        value = ",".join(part.strip() for part in value.split(","))
    return f"{kind}={value}"


def _comes_from(address: str, proxy: Proxy) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxy.addresses)


def _read(value: str, form: Form) -> x509.Certificate:
    if form == "rfc9440":
        return x509.load_der_x509_certificate(base64.b64decode(value.strip().strip(":"), validate=True))
    if form == "xfcc":
        first = value.partition(",")[0]
        pairs = dict(part.split("=", 1) for part in first.split(";") if "=" in part)
        value = pairs.get("Cert", "").strip('"')
    return x509.load_pem_x509_certificate(unquote_to_bytes(value))
