"""Bearer tokens that are JWTs (RFC 7519, RFC 9068) of an issuer that the site trusts.

The algorithms are pinned by the settings and always asymmetric; issuer, audience, expiry and not-before are checked with a little leeway.
A token of another issuer is left to the other guards. One that was good is not verified again for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from gateway.edge.caller.account import Account, Admission, credentials
from gateway.edge.caller.keys import Keys, NoKeys
from gateway.edge.caller.remembered import Remembered
from gateway.edge.message import Message
from gateway.errors import Denied, Unavailable

SECONDS = 60.0
MOST = 8192
"""Longest token, in characters."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whom to believe, and what of its tokens. Claims are named by paths with dots; `roles` and `tenant` may be absent."""

    name: str
    audience: tuple[str, ...]
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    leeway: int = 30
    subject: str = "sub"
    roles: str | None = None
    tenant: str | None = None
    granted: frozenset[str] = frozenset()


class Jwt:
    """Admits the bearers of one issuer's tokens."""

    scheme = "Bearer"

    def __init__(self, issuer: Issuer, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._keys = keys
        self._clock = clock
        self._good: Remembered[Account] = Remembered(SECONDS, clock=clock)
        self._registry = JWSRegistry(algorithms=list(issuer.algorithms))

    async def admit(self, message: Message) -> Admission | None:
        """See Guard. Raises Unavailable GW503 when the issuer's keys cannot be had."""
        token = credentials(message, "bearer")
        if token is None or len(token) > MOST or token.count(".") != 2:
            return None
        known = self._good.get(token)
        if known is not None:
            return Admission(known)
        header, claims = peek(token)
        if claims.get("iss") != self._issuer.name:
            return None
        account, until = self._account(self._verified(token, await self._find(header)))
        self._good.put(token, account, until - self._clock())
        return Admission(account)

    async def aclose(self) -> None:
        """Look for no keys any more."""
        await self._keys.aclose()

    async def _find(self, header: Mapping[str, Any]) -> list[Key]:
        if header.get("alg") not in self._issuer.algorithms:
            raise Denied("GW301", "The token is signed by an algorithm that is not accepted here.")
        kid = header.get("kid")
        try:
            return await self._keys.find(kid if isinstance(kid, str) else None)
        except NoKeys:
            raise Unavailable("GW503", "The issuer's keys cannot be had at the moment.", retry_after=10) from None

    def _verified(self, token: str, keys: list[Key]) -> Mapping[str, Any]:
        for key in keys:
            try:
                return jwt.decode(token, key, registry=self._registry).claims
            except (JoseError, ValueError, TypeError):
                continue
        raise Denied("GW301", "The token's signature cannot be verified.")

    def _account(self, claims: Mapping[str, Any]) -> tuple[Account, float]:
        """Who the claims are about, and until when they hold. Raises Denied."""
        now, leeway = self._clock(), self._issuer.leeway
        expires, begins = _number(claims.get("exp")), _number(claims.get("nbf", 0))
        if expires is None or now > expires + leeway:
            raise Denied("GW301", "The token has expired. Ask for a new one.")
        if begins is None or now < begins - leeway:
            raise Denied("GW301", "The token is not valid yet.")
        audience = claims.get("aud")
        meant = {audience} if isinstance(audience, str) else set(_texts(audience))
        if not meant & set(self._issuer.audience):
            raise Denied("GW301", "The token is for another audience.")
        return self.account(claims), expires

    def account(self, claims: Mapping[str, Any]) -> Account:
        """Whom verified claims speak of. Raises Denied."""
        subject = at(claims, self._issuer.subject)
        if not isinstance(subject, str) or not subject:
            raise Denied("GW301", "The token does not say whose it is.")
        return account_of(claims, subject, self._issuer.roles, self._issuer.tenant, self._issuer.granted)


def account_of(
    claims: Mapping[str, Any], subject: str, roles: str | None, tenant: str | None, granted: frozenset[str]
) -> Account:
    """The account that claims describe. Raises Denied where a tenant is to be named and none is."""
    found = at(claims, roles) if roles else None
    named = frozenset(found.split() if isinstance(found, str) else _texts(found))
    bound = at(claims, tenant) if tenant else None
    if tenant and (not isinstance(bound, str) or not bound):
        raise Denied("GW301", "The token does not say which tenant it is for.")
    return Account(subject, granted | named, bound if isinstance(bound, str) else None)


def at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name or, where there is none of that name, by a path with dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def peek(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, unverified: only to see whose token it is. Two empty ones if it is no JWT."""
    try:
        header, claims = (orjson.loads(urlsafe_b64decode(part.encode())) for part in token.split(".")[:2])
    except ValueError:
        return {}, {}
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else ({}, {})
