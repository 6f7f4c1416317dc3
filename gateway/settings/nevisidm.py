"""The settings of the way to nevisIDM: where it is, how to log in, how long to wait."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from gateway.settings.callers import Section

_HERE = frozenset(("localhost", "127.0.0.1", "::1"))


class LoginSettings(Section):
    """How the gateway logs in to nevisIDM."""

    mode: Literal["bearer", "nevis_id", "basic", "header", "oauth2", "certificate"] = Field(
        "bearer", description="Kind of login; certificate: by mutual TLS alone."
    )
    token: SecretStr | None = Field(
        None, description="Static bearer token (mode bearer), or the header's value (mode header)."
    )
    token_file: Path | None = Field(None, description="File with the token instead; read again when it changes.")
    header: str = Field("Authorization", description="Header name (mode header).")
    user: str = Field("", description="User extId (nevis_id) or user name (basic).")
    credential: str = Field("", description="Credential extId (nevis_id).")
    secret: SecretStr | None = Field(None, description="Secret of user or OAuth2 client (nevis_id, basic, oauth2).")
    secret_file: Path | None = Field(None, description="File with the secret instead; read again when it changes.")
    token_url: str = Field("", description="Token endpoint (oauth2).")
    client_id: str = Field("", description="OAuth2 client id (oauth2).")
    scope: str = Field("nevis", description="OAuth2 scope (oauth2).")
    certificate_file: Path | None = Field(
        None, description="Our certificate chain for mutual TLS (PEM), in any mode; read again when it changes."
    )
    key_file: Path | None = Field(None, description="Its private key (PEM, not encrypted).")


class NevisSettings(Section):
    """Which nevisIDM, which of its clients, and how to reach it."""

    url: str | None = Field(None, description="Base URL, any prefix before /nevisidm/api. None: the embedded sandbox.")
    fallback_urls: tuple[str, ...] = Field(
        (), description="Further base URLs of the same nevisIDM, used in this order while the ones before are away."
    )
    plain_http: bool = Field(
        False, description="Allow http:// beyond this machine: logins and people go over the network unprotected."
    )
    api: str = Field("/nevisidm/api", description="Path of the REST APIs below the URL.")
    client: str = Field("100", description="extId of the nevisIDM client (tenant) that requests are bound to.")
    client_name: str | None = Field(None, description="Its name; None: asked from nevisIDM at start.")
    login: LoginSettings = Field(default_factory=LoginSettings, description="How the gateway logs in.")
    ca_file: Path | None = Field(None, description="Own CA certificates (PEM).")
    engine: Literal["direct", "aiohttp"] = Field(
        "direct",
        description="What speaks HTTP with nevisIDM: connections of our own, or the library aiohttp, at four times the cost.",
    )
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to connect.")
    read_timeout: float = Field(10.0, gt=0, description="Seconds without a byte.")
    total_timeout: float = Field(30.0, gt=0, description="Seconds for one SCIM request's nevisIDM calls together.")
    bulk_timeout: float = Field(
        300.0, gt=0, description="Seconds for one bulk; operations that have not begun by then answer 504."
    )
    max_connections: int = Field(64, gt=0, description="Calls to nevisIDM under way at once.")
    max_waiting: int = Field(512, ge=0, description="Calls that may wait for a place; beyond: 503 with Retry-After.")
    max_reply_bytes: int = Field(16_000_000, gt=0, description="A larger reply is refused as broken.")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        """What would send a login unprotected, or twice, or nowhere, is refused here."""
        addresses = [each for each in (self.url, *self.fallback_urls) if each is not None]
        for address in (*addresses, *filter(None, (self.login.token_url,))):
            _check_address(address, plain=self.plain_http)
        if self.fallback_urls and self.url is None:
            raise ValueError("fallback_urls need url")
        if len({each.rstrip("/") for each in addresses}) < len(addresses):
            raise ValueError("url and fallback_urls must differ from each other")
        if (self.login.certificate_file is None) != (self.login.key_file is None):
            raise ValueError("login.certificate_file and login.key_file belong together")
        if self.login.mode == "certificate" and not all(each.startswith("https://") for each in addresses):
            raise ValueError("login.mode certificate needs https:// addresses")
        return self


def _check_address(address: str, *, plain: bool) -> None:
    """Raises ValueError for an address that is none, or that a login must not be sent to."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("an address cannot be read; write https://host/prefix") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("an address must begin with https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an address must not hold a user, a query or a fragment; logins belong into login")
    if parts.scheme == "http" and host not in _HERE and not plain:
        raise ValueError("http:// beyond this machine sends logins unprotected: use https://, or set plain_http")
