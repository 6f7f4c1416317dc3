"""Static bearer tokens: kept as SHA-256 digests, compared in constant time.

For programs that cannot do better, and for the demo. A token is 32 random bytes or more, so a plain digest is enough.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.edge.caller.account import Account, Admission, credentials
from gateway.edge.message import Message


@dataclass(frozen=True, slots=True)
class Pass:
    """A caller and the digest of its token."""

    account: Account
    digest: str


def digest(token: str) -> str:
    """The form in which tokens are kept: SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens:
    """Admits those whose bearer token is known here; any other token may be known to another guard."""

    scheme = "Bearer"

    def __init__(self, passes: Iterable[Pass]) -> None:
        self._passes = tuple(passes)

    async def admit(self, message: Message) -> Admission | None:
        """See Guard."""
        token = credentials(message, "bearer")
        if token is None:
            return None
        offered = digest(token)
        known = [each for each in self._passes if hmac.compare_digest(each.digest, offered)]
        return Admission(known[0].account) if known else None
