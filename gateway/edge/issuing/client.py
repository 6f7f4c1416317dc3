"""An OAuth client: a caller that may fetch a token of ours, and what its scopes mean (reference, section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from authlib.oauth2.rfc6749 import ClientMixin, InvalidScopeError

from gateway.edge.caller.account import Account
from gateway.edge.caller.passwords import SECONDS, matches
from gateway.edge.caller.remembered import Remembered

MINE = "urn:opc:idm:__myscopes__"
ROLE = "urn:opc:idm:role."
EXPIRY = "urn:opc:resource:expiry="
ELSEWHERE = "urn:opc:resource:consumer::all"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a scope text asks for: roles (None: all that the client has), and a lifetime in seconds (None: the usual one)."""

    roles: frozenset[str] | None
    seconds: int | None = None


def read_scope(text: str | None) -> Scope:
    """The meaning of a scope. Raises InvalidScopeError for one that nobody knows, or that contradicts itself."""
    names = (text or MINE).split()
    if ELSEWHERE in names:
        if len(names) > 1:
            raise InvalidScopeError()
        return Scope(frozenset())
    roles = [unquote(name.removeprefix(ROLE)) for name in names if name.startswith(ROLE)]
    lifetimes = [name.removeprefix(EXPIRY) for name in names if name.startswith(EXPIRY)]
    strange = [name for name in names if name != MINE and not name.startswith((ROLE, EXPIRY))]
    if strange or len(lifetimes) > 1 or not all(each.isdigit() and int(each) > 0 for each in lifetimes):
        raise InvalidScopeError()
    seconds = int(lifetimes[0]) if lifetimes else None
    return Scope(None if MINE in names or not roles else frozenset(roles), seconds)


@dataclass(frozen=True)
class OAuthClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """A caller, its client id, and how it proves to be that client: a secret, or assertions signed by its key."""

    account: Account
    client_id: str
    secret_hash: str | None = field(default=None, repr=False)
    key: Any = field(default=None, repr=False)
    _right: Remembered[bool] = field(
        default_factory=lambda: Remembered(SECONDS, 8), init=False, repr=False, compare=False
    )

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right; as slow as scrypt is meant to be, unless it was right a moment ago."""
        if self.secret_hash is None:
            return False
        if self._right.get(client_secret):
            return True
        right = matches(client_secret, self.secret_hash)
        if right:
            self._right.put(client_secret, True)
        return right

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 — Authlib's signature
        """Secrets where there is one, assertions where there is a key."""
        return self.key is not None if method == "client_assertion_jwt" else self.secret_hash is not None

    def check_grant_type(self, grant_type: str) -> bool:
        """Programs only: no person stands behind a client."""
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str) -> str:
        """Its scopes as they are: what they mean is `read_scope`'s affair."""
        return scope
