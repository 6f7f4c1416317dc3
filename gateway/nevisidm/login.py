"""How the gateway, or a caller in self-service, logs in to nevisIDM: the headers that go with each call.

Secrets stand in no repr and no exception text. A login is not asked twice without need: what it fetched (OAuth2) is kept until shortly
before it expires, or until nevisIDM refuses it.
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

from gateway.errors import ConfigError
from gateway.nevisidm.engine import Engine, Timeouts


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

    def refused(self, headers: Mapping[str, str]) -> bool:
        """nevisIDM said 401 to these headers: forget them. True if other ones can be had."""
        ...


@dataclass(frozen=True, slots=True)
class StaticLogin:
    """The same header with every call: a bearer token, basic credentials, or a header of the installation's own."""

    name: str
    value: str = field(repr=False)

    async def headers(self, engine: Engine) -> Mapping[str, str]:  # noqa: ARG002
        """See Login."""
        return {self.name: self.value}

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See Login: nothing else could be sent."""
        return False


def bearer(token: str) -> StaticLogin:
    """A token that never changes."""
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
        secret: str,
        scope: str,
        *,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = token_url
        self._client = basic(quote_plus(client_id), quote_plus(secret))  # encoded first: RFC 6749 section 2.3.1
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

    def refused(self, headers: Mapping[str, str]) -> bool:
        """See Login: a new token may be had; one that somebody else has fetched meanwhile stays."""
        if self._token is not None and headers.get(self._token.name) == self._token.value:
            self._token = None
        return True

    async def _fetch(self, engine: Engine) -> tuple[StaticLogin, float]:
        asked = self._clock()
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers = {**await self._client.headers(engine), **form}
        answer = await engine.exchange("POST", self._url, headers, self._form, self._timeouts)
        try:
            said = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise LoginRefused(answer.status) from None
        token = said.get("access_token") if isinstance(said, dict) else None
        if answer.status != 200 or not isinstance(token, str) or not presentable(token):
            raise LoginRefused(answer.status)
        lifetime = said.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, int | float) and lifetime > 0 else self.LIFETIME
        return bearer(token), asked + max(seconds - self.LEEWAY, seconds / 2)


def login_from(
    *,
    mode: str,
    token: str = "",
    header: str = "Authorization",
    user: str = "",
    credential: str = "",
    secret: str = "",
    token_url: str = "",
    client_id: str = "",
    scope: str = "",
) -> Login:
    """The login that the settings describe. Raises ConfigError naming what is missing or cannot be sent, never its value."""
    said = {
        "token": token,
        "header": header,
        "user": user,
        "credential": credential,
        "secret": secret,
        "token_url": token_url,
        "client_id": client_id,
    }
    missing = [name for name in _NEEDS[mode] if not said[name]]
    if missing:
        raise ConfigError(f"nevisidm.login: mode {mode} needs {' and '.join(missing)}")
    encoded = mode in ("basic", "nevis_id", "oauth2")
    unfit = [name for name in _NEEDS[mode] if not (_sendable if encoded else presentable)(said[name])]
    if unfit:
        raise ConfigError(f"nevisidm.login: {' and '.join(unfit)} must be printable text without line ends")
    makers: dict[str, Callable[[], Login]] = {
        "bearer": lambda: bearer(token),
        "header": lambda: StaticLogin(header, token),
        "nevis_id": lambda: nevis_id(user, credential, secret),
        "basic": lambda: basic(user, secret),
        "oauth2": lambda: ClientCredentials(token_url, client_id, secret, scope),
    }
    return makers[mode]()


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "bearer": ("token",),
    "header": ("header", "token"),
    "nevis_id": ("user", "credential", "secret"),
    "basic": ("user", "secret"),
    "oauth2": ("token_url", "client_id", "secret"),
}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _sendable(text: str) -> bool:
    """Whether a text can stand in a header line."""
    return text.isprintable() and text == text.strip()


def presentable(value: str) -> bool:
    """Whether a value can stand in a header line as it is."""
    return value.isascii() and _sendable(value)
