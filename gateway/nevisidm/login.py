"""How the gateway, or a caller in self-service, logs in to nevisIDM: the headers that go with each call.

Secrets stand in no repr and no exception text. A login is not asked twice without need: what it fetched (OAuth2) is kept until shortly
before it expires, or until nevisIDM refuses it. A secret in a file is read again when the file changes, and once more when nevisIDM
refuses what was made of it (`login_of.py` makes logins from settings).
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus, urlencode

import orjson

from gateway.nevisidm.engine import Engine, Exchange, Timeouts
from gateway.nevisidm.secret import Given, Secret


class LoginRefused(Exception):
    """The token endpoint did not give a token; `status` is what it answered."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the token endpoint answered {status} without a token")
        self.status = status


class Login(Protocol):
    """Who speaks."""

    async def headers(self, engine: Engine) -> Mapping[str, str]:
        """The headers of one call. Raises LoginRefused, or what the engine raises."""
        ...

    def at_hand(self) -> Mapping[str, str] | None:
        """The same where nobody needs to be asked for them now; nobody may change them."""
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """nevisIDM said 401 to these headers: forget them. True if other ones can be had."""
        ...


@dataclass(frozen=True, slots=True)
class StaticLogin:
    """The same header with every call: a bearer token, basic credentials, or a header of the installation's own."""

    name: str
    value: str = field(repr=False)
    _header: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_header", {self.name: self.value})

    async def headers(self, engine: Engine) -> Mapping[str, str]:  # noqa: ARG002
        """See Login."""
        return self._header

    def at_hand(self) -> Mapping[str, str]:
        """See Login."""
        return self._header

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See Login: nothing else could be sent."""
        return False


class Renewed:
    """A header made of a secret that may change: `form` says how."""

    def __init__(self, form: Callable[[str], StaticLogin], secret: Secret) -> None:
        self._form = form
        self._secret = secret

    async def headers(self, engine: Engine) -> Mapping[str, str]:
        """See Login."""
        return await self._form(self._secret.value()).headers(engine)

    def at_hand(self) -> Mapping[str, str]:
        """See Login."""
        return self._form(self._secret.value()).at_hand()

    def refused(self, headers: Mapping[str, str]) -> bool:
        """See Login: true if the secret has become another one since those headers were made."""
        now = self._form(self._secret.value(anew=True))
        return headers.get(now.name) != now.value


class NoHeader:
    """A login without a header: our certificate says who we are (mutual TLS)."""

    async def headers(self, engine: Engine) -> Mapping[str, str]:  # noqa: ARG002
        """See Login."""
        return {}

    def at_hand(self) -> Mapping[str, str]:
        """See Login."""
        return {}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See Login: nothing else could be shown."""
        return False


def bearer(token: str) -> StaticLogin:
    """A bearer token."""
    return StaticLogin("Authorization", f"Bearer {token}")


def nevis_id(user: str, credential: str, secret: str) -> StaticLogin:
    """A technical user with a device password (reference, section 3): unpadded base64 of userExtId:credentialExtId:secret."""
    return bearer(_base64(f"{user}:{credential}:{secret}").rstrip("="))


def basic(user: str, secret: str) -> StaticLogin:
    """HTTP basic authentication (RFC 7617)."""
    return StaticLogin("Authorization", f"Basic {_base64(f'{user}:{secret}')}")


def caller(authorization: str) -> StaticLogin:
    """A caller's own login, handed through as it came (self-service)."""
    return StaticLogin("Authorization", authorization)


class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 section 4.4). One fetch at a time; a token is renewed before it expires."""

    LEEWAY = 30.0
    LIFETIME = 300.0  # when the endpoint does not say

    def __init__(
        self,
        token_url: str,
        client_id: str,
        secret: str | Secret,
        scope: str,
        *,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = token_url
        self._client_id = client_id
        self._secret: Secret = Given(secret) if isinstance(secret, str) else secret
        self._form = urlencode({"grant_type": "client_credentials", **({"scope": scope} if scope else {})}).encode()
        self._timeouts = timeouts or Timeouts(total=10.0)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: StaticLogin | None = None
        self._until = 0.0

    async def headers(self, engine: Engine) -> Mapping[str, str]:
        """See Login."""
        async with self._lock:
            if self._token is None or self._clock() >= self._until:
                self._token, self._until = await self._fetch(engine)
            return await self._token.headers(engine)

    def at_hand(self) -> Mapping[str, str] | None:
        """See Login: the token as long as it is good."""
        return self._token.at_hand() if self._token is not None and self._clock() < self._until else None

    def refused(self, headers: Mapping[str, str]) -> bool:
        """See Login: a new token may be had; one that somebody else has fetched meanwhile stays."""
        if self._token is not None and headers.get(self._token.name) == self._token.value:
            self._token = None
        return True

    async def _fetch(self, engine: Engine) -> tuple[StaticLogin, float]:
        asked = self._clock()
        secret = self._secret.value()
        answer = await self._ask(engine, secret)
        if answer.status in (400, 401) and (other := self._secret.value(anew=True)) != secret:
            answer = await self._ask(engine, other)
        try:
            said = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise LoginRefused(answer.status) from None
        token = said.get("access_token") if isinstance(said, dict) else None
        if answer.status != 200 or not isinstance(token, str) or not token or not presentable(token):
            raise LoginRefused(answer.status)
        lifetime = said.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, int | float) and lifetime > 0 else self.LIFETIME
        return bearer(token), asked + max(seconds - self.LEEWAY, seconds / 2)

    async def _ask(self, engine: Engine, secret: str) -> Exchange:
        client = basic(quote_plus(self._client_id), quote_plus(secret))  # encoded first: RFC 6749 section 2.3.1
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers = {**await client.headers(engine), **form}
        return await engine.exchange("POST", self._url, headers, self._form, self._timeouts)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def sendable(text: str) -> bool:
    """Whether a text can stand in a header line once it is encoded."""
    return text.isprintable() and text == text.strip()


def presentable(value: str) -> bool:
    """Whether a value can stand in a header line as it is."""
    return value.isascii() and sendable(value)
