"""Static bearer tokens: kept, and looked up, as SHA-256 digests.

For programs that cannot do better, and for the demo. A token is 32 random bytes or more, so a plain digest is enough.
"""

from __future__ import annotations

import hashlib
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
        self._admissions: dict[str, Admission] = {}
        for each in passes:
            self._admissions.setdefault(each.digest, Admission(each.account))

    async def admit(self, message: Message) -> Admission | None:
        """See Guard."""
        token = credentials(message, "bearer")
        if token is None:
            return None
        # found by its digest, which nobody can choose: how long a look takes tells nothing of those that are known
        return self._admissions.get(digest(token))
