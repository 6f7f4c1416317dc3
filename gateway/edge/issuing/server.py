"""The OAuth 2.0 server (RFC 6749 section 4.4, RFC 7523, RFC 7662): Authlib's, told which clients there are and what a token holds."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, InvalidClientError, InvalidScopeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt

from gateway.edge.issuing.client import OAuthClient, read_scope
from gateway.edge.issuing.signing import ALGORITHM, Signing

Answer = tuple[int, Any, Iterable[tuple[str, str]]]
TOKEN = "/oauth2/v1/token"
INTROSPECT = "/oauth2/v1/introspect"
ASSERTED = "client_assertion_jwt"
METHODS = ("client_secret_basic", "client_secret_post", ASSERTED)
LEEWAY = 30
LONGEST = 86_400.0
"""Seconds that an assertion may live."""
_ANYWHERE = "https://gateway.invalid"
"""Authlib refuses plain HTTP by the address it is told; whether TLS ends here or before us is for the operator to say."""

logging.getLogger("authlib").setLevel(logging.WARNING)  # at debug it writes down whatever a client claims to be


@dataclass(frozen=True, slots=True)
class Minting:
    """What a token says beside its client: who issued it, for whom, and for how many seconds at most."""

    issuer: str
    audience: str
    lifetime: int = 3600


class TokenServer(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Gives tokens to known clients. Synchronous, and slow where a secret is checked: call it in a thread."""

    def __init__(
        self,
        clients: Mapping[str, OAuthClient],
        signing: Signing,
        minting: Minting,
        clock: Callable[[], float] = time.time,
        *,
        seen: Callable[[str, float], bool],
    ) -> None:
        """`seen`: whether an assertion with that name, which ends in so many seconds, came before."""
        super().__init__()
        self.clients = clients
        self._signing = signing
        self._minting = minting
        self._clock = clock
        self.register_grant(_Grant)
        self.register_client_auth_method(ASSERTED, _Assertion(minting, seen, clock))
        self.register_token_generator("default", self._mint)

    def answer(self, body: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """What the token endpoint says: status, body, headers."""
        answer: Answer = self.create_token_response((TOKEN, body, headers))
        return answer

    def known(self, body: Mapping[str, str], headers: Mapping[str, str]) -> OAuthClient:
        """The client that asks at another endpoint. Raises OAuth2Error."""
        request = self.create_oauth2_request((INTROSPECT, body, headers))
        found: OAuthClient = self.authenticate_client(request, METHODS)
        return found

    def query_client(self, client_id: str) -> OAuthClient | None:
        """See Authlib."""
        return self.clients.get(client_id)

    def save_token(self, token: Any, request: Any) -> None:
        """See Authlib: nothing is kept, a token says itself what it is."""

    def send_signal(self, name: str, *_: Any, **__: Any) -> None:
        """See Authlib: nobody listens."""

    def create_oauth2_request(self, request: tuple[str, Mapping[str, str], Mapping[str, str]]) -> OAuth2Request:
        """See Authlib."""
        path, body, headers = request
        named = {name.title(): value for name, value in headers.items()}
        made = OAuth2Request("POST", _ANYWHERE + path, headers=named)
        made.payload = BasicOAuth2Payload(dict(body))
        made._body = dict(body)
        return made

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Answer:
        """See Authlib."""
        return status, body, headers

    def _mint(self, client: OAuthClient, scope: str | None, **_: Any) -> dict[str, Any]:
        """A token (reference, section 8): RS256, the client as subject, the scope as it was asked for."""
        asked = read_scope(scope)
        held = client.account.roles
        roles = held if asked.roles is None else held & asked.roles
        if asked.roles and not asked.roles <= held:
            raise InvalidScopeError()
        seconds = min(asked.seconds or self._minting.lifetime, self._minting.lifetime)
        now = int(self._clock())
        claims = {
            "iss": self._minting.issuer,
            "sub": client.client_id,
            "sub_type": "client",
            "aud": self._minting.audience,
            "iat": now,
            "exp": now + seconds,
            "jti": secrets.token_hex(16),
            "scope": scope or "",
            "client_id": client.client_id,
            "client_name": client.account.subject,
            "tok_type": "AT",
            "roles": sorted(roles),
        }
        key = self._signing.current()
        token = jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "at+jwt"}, claims, key, algorithms=[ALGORITHM])
        return {"access_token": token, "token_type": "Bearer", "expires_in": seconds}


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_requested_scope(self) -> None:
        """A scope that nobody knows is refused before a token is made."""
        read_scope(self.request.payload.scope)


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib has no types
    """Clients that prove who they are by a JWT of their own (RFC 7523); each is good once."""

    def __init__(self, minting: Minting, seen: Callable[[str, float], bool], clock: Callable[[], float]) -> None:
        super().__init__(validate_jti=True, leeway=LEEWAY)
        self._minting = minting
        self._seen = seen
        self._clock = clock

    def get_audiences(self) -> list[str]:
        """Our issuer name, or the endpoint's address."""
        issuer = self._minting.issuer.rstrip("/")
        return [self._minting.issuer, issuer, issuer + TOKEN]

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        """Whether it has not been used before. Raises InvalidClientError for an assertion that would have to be remembered for days."""
        seconds = float(claims["exp"]) - self._clock() + LEEWAY
        if seconds > LONGEST:
            raise InvalidClientError(description="The assertion lives longer than a day.")
        return not self._seen(f"{claims['iss']} {jti}", max(1.0, seconds))

    def resolve_client_public_key(self, client: OAuthClient) -> Any:
        """The key whose private half the client signs with."""
        return client.key
