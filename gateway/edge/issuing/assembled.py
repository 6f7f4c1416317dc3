"""From settings to the token endpoint: its keys, its clients, and the guard that knows its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import Key

from gateway.edge.caller.account import Account
from gateway.edge.caller.attempts import Attempts
from gateway.edge.caller.keys import keys_from
from gateway.edge.caller.passwords import readable
from gateway.edge.issuing.asking import Asking
from gateway.edge.issuing.client import OAuthClient
from gateway.edge.issuing.endpoints import Issuing
from gateway.edge.issuing.once import Once
from gateway.edge.issuing.own import OwnTokens
from gateway.edge.issuing.server import Minting, TokenServer
from gateway.edge.issuing.signing import Signing
from gateway.edge.rates import CallerRates
from gateway.edge.sharing import bounds_for
from gateway.errors import ConfigError
from gateway.events import DoneWithout, Events
from gateway.settings import Settings
from gateway.settings.callers import CallerSettings
from gateway.shared.state import Shared


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """The endpoint and the guard that belong together."""

    issuing: Issuing
    guard: OwnTokens
    clients: dict[str, OAuthClient]

    def know(self, clients: Mapping[str, OAuthClient]) -> None:
        """From now on these are its clients: one dictionary is everybody's, and nobody keeps a part of it."""
        self.clients.clear()
        self.clients.update(clients)


def token_endpoint_for(settings: Settings, events: Events, shared: Shared, rates: CallerRates) -> TokenEndpoint | None:
    """The token endpoint that the settings ask for, if any; `rates` bounds its clients. Raises ConfigError."""
    clients = clients_for(settings)
    said = settings.token_endpoint
    if said is None:
        return None
    if not said.key_files:
        meaning = "Tokens are good for this process only: not after a restart, nor with replicas."
        events.emit(DoneWithout("token_endpoint.key_files", meaning))
    signing = Signing(said.key_files, events)
    minting = Minting(said.issuer, said.audience or said.issuer, said.lifetime)
    guard = OwnTokens(clients, signing, minting)
    once = Once(shared)
    asking = Asking(clients, Attempts("client", bounds_for(settings), shared), rates, once)
    server = TokenServer(clients, signing, minting, seen=once)
    return TokenEndpoint(Issuing(server, signing, minting, guard, asking), guard, clients)


def clients_for(settings: Settings) -> dict[str, OAuthClient]:
    """The token endpoint's clients, by their ids. Raises ConfigError, also where there is no endpoint for them."""
    clients = {each.client_id: each for each in _clients(settings)}
    if clients and settings.token_endpoint is None:
        raise ConfigError("callers: a client_id is of use only with token_endpoint")
    return clients


def _clients(settings: Settings) -> Iterator[OAuthClient]:
    seen: set[str] = set()
    for caller in settings.callers:
        if caller.client_id is None:
            continue
        if caller.client_id in seen:
            raise ConfigError(f"callers: client_id {caller.client_id} stands there twice")
        seen.add(caller.client_id)
        yield _client(caller, caller.client_id)


def _client(caller: CallerSettings, client_id: str) -> OAuthClient:
    hashed = caller.client_secret_hash.get_secret_value() if caller.client_secret_hash else None
    if (hashed is None) == (caller.client_key_file is None):
        raise ConfigError(f"callers: {caller.subject} needs client_secret_hash or client_key_file with its client_id")
    if hashed is not None and not readable(hashed):
        raise ConfigError(f"callers: {caller.subject}: client_secret_hash must be what `scim-nevisidm hash` prints")
    key = _key(caller.client_key_file, caller.subject) if caller.client_key_file is not None else None
    return OAuthClient(Account(caller.subject, frozenset(caller.roles), caller.tenant), client_id, hashed, key)


def _key(path: Path, subject: str) -> Key:
    try:
        return keys_from(path.read_bytes())[0]
    except (OSError, ValueError, JoseError) as error:
        raise ConfigError(f"callers: {subject}: {path}: {type(error).__name__}: not a public key") from None
