"""Opaque bearer tokens, asked about at their issuer (RFC 7662).

An answer is believed for a short time, never beyond the token's own end. A token that is not active is remembered, too, so that repeating
it does not load the issuer; an address that keeps sending such tokens waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from gateway.edge.caller.account import Account, Admission, credentials
from gateway.edge.caller.attempts import Attempts, Bounds
from gateway.edge.caller.jwt import account_of, at
from gateway.edge.caller.remembered import Remembered
from gateway.edge.message import Message
from gateway.errors import Denied, Unavailable
from gateway.nevisidm.engine import Engine, EngineError, Timeouts
from gateway.nevisidm.login import StaticLogin

NO_LONGER = 5.0
"""Seconds that a token's being inactive is remembered."""
AWAY = 3.0
"""Seconds for which an issuer that did not answer is not asked again: who comes meanwhile is told so at once."""


@dataclass(frozen=True, slots=True)
class Introspector:
    """Where to ask, and what of the answer counts. `seconds`: how long an answer is believed."""

    url: str
    audience: tuple[str, ...] = ()
    subject: str = "sub"
    roles: str | None = None
    tenant: str | None = None
    granted: frozenset[str] = frozenset()
    seconds: float = 30.0


class Introspection:
    """Admits the bearers of tokens that their issuer calls active."""

    scheme = "Bearer"

    def __init__(
        self,
        asked: Introspector,
        login: StaticLogin,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        attempts: Attempts | None = None,
    ) -> None:
        self._asked = asked
        self._login = login
        self._engine = engine
        self._clock = clock
        self._attempts = attempts or Attempts(asked.url, Bounds(None, None, None), at_once=16)
        self._known: Remembered[Account | None] = Remembered(asked.seconds, clock=clock)
        self._dead: Remembered[bool] = Remembered(NO_LONGER, clock=clock)
        self._away_until = 0.0

    async def admit(self, message: Message) -> Admission | None:
        """See Guard. Raises Unavailable GW503 when the issuer does not answer, and what `Attempts.weighed` raises."""
        token = credentials(message, "bearer")
        if token is None or self._dead.get(token):
            return None
        known = self._known.get(token)
        if known is not None:
            return Admission(known)
        async with self._attempts.weighed("", message.address, token):
            said = await self._ask(token)
            if said.get("active") is not True:
                await self._attempts.failed("", message.address)
                self._dead.put(token, True)
                return None
        account = self._account(said)
        expires = said.get("exp")
        self._known.put(token, account, expires - self._clock() if isinstance(expires, int | float) else None)
        return Admission(account)

    def _account(self, said: Mapping[str, Any]) -> Account:
        audience = said.get("aud")
        meant = {audience} if isinstance(audience, str) else set(audience) if isinstance(audience, list) else set()
        if self._asked.audience and not meant & set(self._asked.audience):
            raise Denied("GW301", "The token is for another audience.")
        subject = at(said, self._asked.subject) or said.get("client_id")
        if not isinstance(subject, str) or not subject:
            raise Denied("GW301", "The token does not say whose it is.")
        return account_of(said, subject, self._asked.roles, self._asked.tenant, self._asked.granted)

    async def _ask(self, token: str) -> Mapping[str, Any]:
        if self._clock() < self._away_until:
            raise Unavailable("GW503", "Tokens cannot be checked at the moment.", retry_after=5)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers = {**form, **await self._login.headers(self._engine)}
        body = urlencode({"token": token, "token_type_hint": "access_token"}).encode()
        try:
            answer = await self._engine.exchange("POST", self._asked.url, headers, body, Timeouts(3.0, 5.0, 8.0))
            said = orjson.loads(answer.body) if answer.status == 200 else None
        except (EngineError, orjson.JSONDecodeError):
            said = None
        if not isinstance(said, dict):
            self._away_until = self._clock() + AWAY
            raise Unavailable("GW503", "Tokens cannot be checked at the moment.", retry_after=5)
        return said
