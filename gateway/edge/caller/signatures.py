"""OCI request signatures (version 1, a profile of draft-cavage-http-signatures), so that an unmodified `oci` SDK or CLI comes in.

A signature covers date, request target and host, and with a body its length, type and SHA-256. The date may be five minutes off. That the
body is the one that was signed is checked when it has been read: `Admission.body_sha256`.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.edge.caller.account import Account, Admission, credentials
from gateway.edge.message import Message
from gateway.errors import Denied

SKEW = 300.0
"""Seconds that the date may be off."""

ALWAYS = ("(request-target)", "host")
WITH_BODY = (*ALWAYS, "content-length", "content-type", "x-content-sha256")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Signer:
    """A caller, its key id (`tenancy/user/fingerprint`) and its public key."""

    account: Account
    key_id: str
    key: RSAPublicKey


class Signatures:
    """Admits those who sign with a known key."""

    scheme = "Signature"

    def __init__(self, signers: Iterable[Signer], clock: Callable[[], float] = time.time) -> None:
        self._signers = {each.key_id: each for each in signers}
        self._clock = clock

    async def admit(self, message: Message) -> Admission | None:
        """See Guard."""
        sent = credentials(message, "signature")
        if sent is None:
            return None
        parameters = dict(_PARAMETER.findall(sent))
        signer = self._signers.get(parameters.get("keyId", ""))
        if signer is None or parameters.get("algorithm") != "rsa-sha256":
            raise Denied("GW301", "The request is signed with a key that is not known here.")
        named = parameters.get("headers", "").lower().split()
        wanted = WITH_BODY if message.method in ("POST", "PUT", "PATCH") else ALWAYS
        dated = next((name for name in ("x-date", "date") if name in named), "")
        if missing := [*([] if dated else ["date"]), *(name for name in wanted if name not in named)]:
            raise Denied("GW301", f"The signature must cover {', '.join(missing)}.")
        self._check_date(message.headers.get(dated, ""))
        _verify(signer.key, parameters.get("signature", ""), signed_text(message, named))
        return Admission(signer.account, message.headers.get("x-content-sha256") if wanted is WITH_BODY else None)

    def _check_date(self, text: str) -> None:
        try:
            sent = parsedate_to_datetime(text)
        except ValueError:
            raise Denied("GW301", "The date of the signed request cannot be read.") from None
        if abs(sent.timestamp() - self._clock()) > SKEW:
            raise Denied("GW301", "The date of the signed request is more than five minutes off.")


def signed_text(message: Message, named: Iterable[str]) -> bytes:
    """What was signed: one line per header named; the target exactly as it was sent. Raises Denied where one is absent."""
    lines = []
    for name in named:
        if name == "(request-target)":
            query = f"?{message.query}" if message.query else ""
            value = f"{message.method.lower()} {message.path}{query}"
        elif (found := message.headers.get(name)) is not None:
            value = found
        else:
            raise Denied("GW301", f"The signature covers {name}, which was not sent.")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("latin-1")


def _verify(key: RSAPublicKey, signature: str, text: bytes) -> None:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise Denied("GW301", "The signature is wrong. Check the clock, the key and what lies between.") from None
