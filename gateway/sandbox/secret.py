"""How the sandbox keeps secrets: salted and hashed, never in clear text, never returned.

scrypt with a small cost: an emulator checks sample passwords, and a test suite checks thousands of them.
"""

import base64
import hashlib
import hmac
import secrets

_COST, _BLOCK, _LANES = 2**6, 8, 1


def hash_secret(text: str) -> str:
    """The secret as stored: `scrypt$<salt>$<hash>`, both in hexadecimal."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_derive(text, salt).hex()}"


def verify_secret(text: str, stored: str) -> bool:
    """Whether `text` is the secret behind `stored`; compares in constant time."""
    scheme, salt, digest = stored.split("$")
    return scheme == "scrypt" and hmac.compare_digest(_derive(text, bytes.fromhex(salt)).hex(), digest)


def shown_hash(stored: str) -> str:
    """A stored secret as nevisIDM shows some: `{SSHA256}` and Base64. It must not get any further than the gateway."""
    _, salt, digest = stored.split("$")
    return "{SSHA256}" + base64.b64encode(bytes.fromhex(digest) + bytes.fromhex(salt)).decode()


def _derive(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=32)
