"""From settings to the guards that ask others: issuers of tokens, for their keys or about each token.

Loaded only where the settings name an issuer.
"""

from __future__ import annotations

from urllib.parse import quote_plus

from gateway.edge.caller.account import Asking, Guard
from gateway.edge.caller.attempts import Attempts, Bounds
from gateway.edge.caller.introspection import Introspection, Introspector
from gateway.edge.caller.jwt import Issuer, Jwt
from gateway.edge.caller.keys import Fetched, FromFile, Keys, jwks
from gateway.edge.sharing import bounds_for
from gateway.events import Events, KeysMissed
from gateway.nevisidm.engine import Engine
from gateway.nevisidm.login import basic
from gateway.settings import Settings
from gateway.settings.callers import IntrospectionSettings, IssuerSettings
from gateway.shared.state import Shared


def guards_for(
    settings: Settings, asking: Engine, events: Events, shared: Shared | None
) -> tuple[tuple[Guard, ...], tuple[Asking, ...]]:
    """The guards, and what is to be closed at the end. `asking`: by what others are asked."""
    known = [Jwt(_issuer(each), _keys(each, asking, events)) for each in settings.issuers]
    bounds = Bounds(None, bounds_for(settings).address, None)
    told = [_introspection(each, asking, Attempts(each.url, bounds, shared, 16)) for each in settings.introspection]
    return (*known, *told), (*known, asking)


def _issuer(said: IssuerSettings) -> Issuer:
    return Issuer(
        said.issuer,
        said.audience,
        said.algorithms,
        said.leeway,
        said.subject_claim,
        said.roles_claim,
        said.tenant_claim,
        frozenset(said.roles),
    )


def _keys(said: IssuerSettings, engine: Engine, events: Events) -> Keys:
    def missed(why: str) -> None:
        events.emit(KeysMissed(said.issuer, why))

    if said.jwks_file is not None:
        return FromFile(said.jwks_file, missed)
    return Fetched(jwks(engine, said.issuer, said.jwks_url), missed)


def _introspection(said: IntrospectionSettings, engine: Engine, attempts: Attempts) -> Introspection:
    asked = Introspector(
        said.url,
        said.audience,
        said.subject_claim,
        said.roles_claim,
        said.tenant_claim,
        frozenset(said.roles),
        said.seconds,
    )
    secret = said.client_secret.get_secret_value() if said.client_secret else ""
    return Introspection(asked, basic(quote_plus(said.client_id), quote_plus(secret)), engine, attempts=attempts)
