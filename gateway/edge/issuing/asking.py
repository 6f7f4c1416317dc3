"""Who asks at the token endpoint: failed logins are bounded, and so are the requests of clients that proved who they are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from starlette.requests import Request

from gateway.edge.caller.attempts import Attempts
from gateway.edge.caller.jwt import peek
from gateway.edge.issuing.client import OAuthClient
from gateway.edge.issuing.once import Once
from gateway.edge.rates import TOKEN, CallerRates
from gateway.scim.request import Caller


@dataclass(frozen=True, slots=True)
class Presented:
    """The client that a request claims to come from, and what is to prove it."""

    client_id: str
    proof: str = field(repr=False)
    address: str


class Asked:
    """One request at the endpoint; say how it ended."""

    def __init__(
        self, presented: Presented, attempts: Attempts, rates: CallerRates, client: OAuthClient | None
    ) -> None:
        self._presented = presented
        self._attempts = attempts
        self._rates = rates
        self._client = client

    async def ended(self, *, refused: bool) -> None:
        """`refused`: the proof was wrong. Raises Denied GW307 where a client that proved itself asks too often."""
        who = self._presented
        if refused or self._client is None:
            await self._attempts.failed(who.client_id, who.address)
            return
        await self._attempts.succeeded(who.client_id, who.address, who.proof)
        account = self._client.account
        await self._rates.check(Caller(account.subject, who.address, tenant=account.tenant), TOKEN)


@dataclass(frozen=True, slots=True)
class Asking:
    """What bounds those who ask. `once`: where assertions are remembered."""

    clients: Mapping[str, OAuthClient]
    attempts: Attempts
    rates: CallerRates
    once: Once

    @asynccontextmanager
    async def of(self, request: Request, form: Mapping[str, str]) -> AsyncIterator[Asked]:
        """Room for one request. Raises Denied GW308 and Unavailable GW509, see `Attempts`."""
        self.once.begin()
        presented = _presented(request, form)
        async with self.attempts.weighed(presented.client_id, presented.address, presented.proof):
            yield Asked(presented, self.attempts, self.rates, self.clients.get(presented.client_id))


def _presented(request: Request, form: Mapping[str, str]) -> Presented:
    """Basic comes first, as it does where it is checked (RFC 6749 section 2.3.1)."""
    address = request.client.host if request.client is not None else ""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, secret = base64.b64decode(sent.strip()).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = secret = ""
        return Presented(unquote_plus(user), secret, address)
    assertion = form.get("client_assertion", "")
    claimed = form.get("client_id") or _issuer(assertion)
    return Presented(claimed, assertion or form.get("client_secret", ""), address)


def _issuer(assertion: str) -> str:
    """Who an assertion says that it is from; unverified, so only worth a count."""
    return str(peek(assertion)[1].get("iss", "")) if assertion.count(".") == 2 else ""
