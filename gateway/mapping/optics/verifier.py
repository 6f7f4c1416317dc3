"""The lens `verifier`: a secret comes in, one-way values of it are stored, and nothing leads back.

Two targets or four: `hash` of the secret in capitals with its own `salt`, `mixedHash` of the secret as typed with `mixedSalt`; IDCS keeps
both of database passwords. Each is PBKDF2-HMAC-SHA-512 in base64 (88 characters), each salt 16 random bytes in base64 (24 characters):
within the 12 to 128 characters of the IDCS document. Nothing of the secret is ever in an error.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.plain import Plain
from gateway.scim.tree import Operator, Value

Json = Any
ITERATIONS = 210_000
"""OWASP's advice for PBKDF2-HMAC-SHA-512."""
TARGETS = ("hash", "salt", "mixedHash", "mixedSalt")
_SALT_BYTES = 16


class Verifier(Plain):
    """Salted one-way values of one secret. `random_bytes` is the only source of chance; `iterations` the cost of one value."""

    name = "verifier"
    examples = (Example("verifier", "c2VjcmV0", "c2VjcmV0", written=NEVER),)

    def __init__(
        self,
        targets: tuple[str, ...] = TARGETS,
        iterations: int = ITERATIONS,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.targets = targets
        self._iterations = iterations
        self._random_bytes = random_bytes

    def put(self, shown: Json, stored: Json) -> Json:
        """All targets. Writing back what is shown (the stored first target) changes nothing."""
        if shown is None:
            return dict.fromkeys(self.targets)
        if not isinstance(shown, str):
            raise ValueError("give a text")
        if isinstance(stored, Map) and stored.get(self.targets[0]) == shown:
            return {target: stored.get(target) for target in self.targets}
        made: dict[str, str] = {}
        for hashed, salted in (("hash", "salt"), ("mixedHash", "mixedSalt")):
            if hashed not in self.targets:
                continue
            salt = self._random_bytes(_SALT_BYTES)
            made[salted] = base64.b64encode(salt).decode()
            made[hashed] = self._derive(_typed(shown, hashed), salt)
        return {target: made[target] for target in self.targets}

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot, and must not."""
        return None

    def verify(self, clear: str, stored: Map[str, Json]) -> bool:
        """Whether every stored value is one of this secret (`hash` in whatever case it was typed)."""
        pairs = [pair for pair in (("hash", "salt"), ("mixedHash", "mixedSalt")) if pair[0] in self.targets]
        return all(
            self._fits(_typed(clear, hashed), stored.get(hashed), stored.get(salted)) for hashed, salted in pairs
        )

    def _fits(self, secret: str, hashed: Json, salted: Json) -> bool:
        if not isinstance(hashed, str) or not isinstance(salted, str):
            return False
        try:
            salt = base64.b64decode(salted, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(self._derive(secret, salt).encode(), hashed.encode())

    def _derive(self, secret: str, salt: bytes) -> str:
        # "surrogatepass": a lone surrogate is a legal JSON string and must not end in a traceback with the secret in it.
        derived = hashlib.pbkdf2_hmac("sha512", secret.encode("utf-8", "surrogatepass"), salt, self._iterations)
        return base64.b64encode(derived).decode()


def _typed(secret: str, hashed: str) -> str:
    return secret.upper() if hashed == "hash" else secret


def checked_targets(targets: Map[str, Any] | None) -> tuple[str, ...]:
    """The targets of a mapping's `idm`. Raises ValueError where they are not this lens's."""
    names = tuple(targets or ())
    strange = [name for name in names if name not in TARGETS]
    pairs = tuple(name for pair in (TARGETS[:2], TARGETS[2:]) if pair[0] in names for name in pair)
    if strange or not names or set(names) != set(pairs) or names[0] != pairs[0]:
        raise ValueError("verifier needs `idm: { hash: …, salt: … }`, `{ mixedHash: …, mixedSalt: … }` or both")
    return names
