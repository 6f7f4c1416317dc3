"""From an address such as `scim+https://idcs-x.identity.oraclecloud.com/admin/v1` to a source that can be read."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from gateway.errors import ConfigError
from gateway.migration.live.connection import Connection
from gateway.migration.live.live import Live
from gateway.migration.live.provider import IDCS_ROOT
from gateway.nevisidm.engine_aiohttp import AiohttpEngine
from gateway.nevisidm.login import ClientCredentials, Login, Renewed, bearer, presentable, sendable
from gateway.nevisidm.secret import Given, InFile, Secret
from gateway.nevisidm.tls import Trust
from gateway.scim.schema import ResourceType
from gateway.settings.migration import MigrationSettings

_HERE = frozenset(("localhost", "127.0.0.1", "::1"))
_FORM = re.compile(r"scim\+(https?://.+)", re.IGNORECASE)


def is_live(address: str) -> bool:
    """Whether a source is an address and no file."""
    return _FORM.fullmatch(address) is not None


def live(address: str, said: MigrationSettings, types: Iterable[ResourceType]) -> Live:
    """The source at an address. `types`: those of the mappings. Raises ConfigError."""
    base = _base(address)
    try:
        trust = Trust(said.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"migration.ca_file: {said.ca_file}: {type(error).__name__}") from None
    engine = AiohttpEngine(trust=trust, connections=16, max_bytes=64_000_000)
    return Live(Connection(base, engine, _login(base, said), patience=said.patience), types)


def _base(address: str) -> str:
    """The address of the API without its mark. Raises ConfigError for one that a token must not be sent to."""
    found = _FORM.fullmatch(address)
    parts = urlsplit(found[1].rstrip("/")) if found is not None else None
    if parts is None or not parts.hostname:
        raise ConfigError(
            "a live source is written scim+https://host/path, e.g. scim+https://idcs.example.org/admin/v1"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(
            "the address of a live source must not hold a login, a query or a fragment; a login stands in the settings"
        )
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise ConfigError("a live source must be scim+https://; scim+http:// is for this machine itself only")
    return parts.geturl()


def _login(base: str, said: MigrationSettings) -> Login:
    """Client credentials, or a token. Raises ConfigError where neither is set, or what is set cannot be sent."""
    if said.client_id:
        secret = _secret("client_secret", said, sendable)
        return ClientCredentials(said.token_url or _token_url(base), said.client_id, secret, said.scope)
    if said.token is None and said.token_file is None:
        raise ConfigError(
            "a live source needs a login: set migration.client_id and migration.client_secret, or migration.token "
            "(GATEWAY_MIGRATION__TOKEN_FILE=… reads it from a file)"
        )
    return Renewed(bearer, _secret("token", said, presentable))


def _secret(name: str, said: MigrationSettings, fit: Callable[[str], bool]) -> Secret:
    path = getattr(said, f"{name}_file")
    if path is not None:
        return InFile(path, f"migration.{name}_file", fit=lambda text: bool(text) and fit(text))
    value: str = getattr(said, name).get_secret_value()
    if not value or not fit(value):
        raise ConfigError(f"migration.{name} must be printable text without line ends")
    return Given(value)


def _token_url(base: str) -> str:
    parts = urlsplit(base)
    if not parts.path.endswith(IDCS_ROOT):
        raise ConfigError("migration.token_url must be set: only IDCS is known to have it at /oauth2/v1/token")
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(IDCS_ROOT)}/oauth2/v1/token"
