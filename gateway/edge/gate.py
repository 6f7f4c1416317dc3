"""Who may come in: callers with static bearer tokens.

Tokens are kept as SHA-256 digests and compared in constant time; nothing here can print one. No caller configured means nobody comes in.
A request with X-Token acts with its sender's own rights: its Authorization is a nevisIDM login, handed through and checked there, never by
the gateway's account (mapping-format, section 3.7); which operations may do that, the mapping says. The same holds at addresses such as /Me
without X-Token, for any login that is no token of ours.
Further ways of authentication join here as further functions from headers to a caller.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import Denied
from gateway.scim.request import Caller


@dataclass(frozen=True, slots=True)
class Pass:
    """A caller's name and the digest of its token."""

    subject: str
    digest: str


def digest(token: str) -> str:
    """The form in which tokens are kept: SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


class Gate:
    """Admits callers by bearer token."""

    def __init__(self, passes: Iterable[Pass]) -> None:
        self._passes = tuple(passes)

    def admit(self, headers: Mapping[str, str], address: str, *, own: bool = False) -> Caller:
        """The caller of a request; `own`: to an address where people find what is theirs.

        Raises Denied GW301 when the token is missing or, elsewhere, unknown.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Denied("GW301", "Send Authorization: Bearer <token>.")
        x_token = headers.get("x-token")
        if x_token is not None:
            return Caller("self", address, headers["authorization"], x_token)
        offered = digest(token.strip())
        known = [each for each in self._passes if hmac.compare_digest(each.digest, offered)]
        if known:
            return Caller(known[0].subject, address)
        if own:
            return Caller("self", address, headers["authorization"])
        raise Denied("GW301", "The bearer token is not valid. Ask for a new one.")
