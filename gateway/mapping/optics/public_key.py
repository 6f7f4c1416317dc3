"""The lenses `publicKey` and `fingerprint`: a public key in PEM, and the name it goes by.

The fingerprint is the one of Oracle's clients: MD5 of the key's DER form, as pairs of hexadecimal digits with colons between them. It names
a key and proves nothing. Whether the numbers in a key are a good key is for whoever checks signatures with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.plain import Plain
from gateway.scim.tree import Operator, Value

Json = Any
_ARMOUR = re.compile(r"\s*-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----\s*")
_SEQUENCE = 0x30
_SAMPLE = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"


class PublicKey(Plain):
    """A public key in PEM (BEGIN PUBLIC KEY), as it was sent."""

    name = "publicKey"
    examples = (Example("publicKey", _SAMPLE, _SAMPLE),)

    def put(self, shown: Json, stored: Json) -> Json:
        """The text. Raises ValueError for what is no such key."""
        if shown is not None and _der(shown) is None:
            raise ValueError("give a public key in PEM, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----")
        return shown

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot: line breaks may be spelt otherwise."""
        return None


class Fingerprint(Plain):
    """MD5 of a public key's DER form, as `12:34:…`. What is no public key is not shown."""

    name = "fingerprint"
    read_only = True
    examples = (
        Example("fingerprint", _SAMPLE, "40:d2:ec:76:80:a1:b7:4e:7a:31:bb:62:46:f3:a9:a0", written=NEVER),
        Example("fingerprint", "no key", None, written=NEVER),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """The fingerprint of the stored key."""
        der = _der(stored)
        return hashlib.md5(der, usedforsecurity=False).digest().hex(":") if der is not None else None

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot: nothing leads back to the key."""
        return None


def _der(text: Json) -> bytes | None:
    """The key in its binary form: one ASN.1 sequence that is as long as it says."""
    found = _ARMOUR.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return der if len(der) > 2 and der[0] == _SEQUENCE and _length(der) == len(der) else None


def _length(der: bytes) -> int:
    """How long the outermost value says that it is, with its own head (X.690 section 8.1.3)."""
    first = der[1]
    if first < 0x80:
        return 2 + first
    size = first & 0x7F
    return 2 + size + int.from_bytes(der[2 : 2 + size], "big")
