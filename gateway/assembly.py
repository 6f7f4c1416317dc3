"""From settings to a gateway that can answer: engine, login, client, capabilities, mappings, callers, application.

The one place that knows which parts there are; everything else receives what it needs.
"""

from __future__ import annotations

import dataclasses
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from gateway.app import create_app
from gateway.edge.admission import gate_for, roles_for
from gateway.edge.tenancy import Tenancy
from gateway.errors import ConfigError
from gateway.events import DoneWithout, Events, Probed
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.mapping.named import with_names
from gateway.nevisidm import login as logins
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine, Timeouts
from gateway.nevisidm.login import Login
from gateway.nevisidm.probe import client_name, probe
from gateway.operation.context import Context, Tenant, Trust
from gateway.operation.cursor import Cursors
from gateway.operation.rate import Rates
from gateway.operation.uniform import Uniform
from gateway.scim.dialect import IDCS, RFC, USUAL_LENIENCIES, Dialect
from gateway.scim.parse import Limits
from gateway.settings import CursorSettings, LimitSettings, Settings
from gateway.settings_callers import TenantSettings
from gateway.settings_nevisidm import NevisSettings


@dataclass(frozen=True, slots=True)
class Embedded:
    """The emulator inside this process and the token that its technical account has."""

    app: Any
    token: str


def embedded(users: int, switches: Any = None) -> Embedded:
    """A fresh emulator in memory with `users` sample people."""
    from gateway.sandbox.app import sandbox
    from gateway.sandbox.people import fill
    from gateway.sandbox.switches import Switches

    token = secrets.token_urlsafe(32)
    app = sandbox(switches=switches or Switches(), token=token)
    if users:
        fill(app.state.sandbox, users)
    return Embedded(app, token)


def engine_for(nevis: NevisSettings, inside: Embedded | None) -> Engine:
    """The way to nevisIDM: in process to the emulator, else over the network."""
    if inside is not None:
        import httpx

        from gateway.nevisidm.engine_httpx import HttpxEngine

        return HttpxEngine(httpx.ASGITransport(app=inside.app, raise_app_exceptions=False))
    return network_engine(nevis)


def network_engine(nevis: NevisSettings) -> Engine:
    """The way to others over the network."""
    from gateway.nevisidm.engine_aiohttp import AiohttpEngine

    return AiohttpEngine(ca_file=nevis.ca_file, connections=nevis.max_connections, max_bytes=nevis.max_reply_bytes)


def login_for(nevis: NevisSettings, inside: Embedded | None) -> Login:
    """How the gateway itself logs in."""
    if inside is not None:
        return logins.bearer(inside.token)
    said = nevis.login
    secret = said.secret.get_secret_value() if said.secret else ""
    token = said.token.get_secret_value() if said.token else ""
    if said.mode == "bearer":
        return logins.bearer(_needed("token", token))
    if said.mode == "nevis_id":
        return logins.nevis_id(
            _needed("user", said.user), _needed("credential", said.credential), _needed("secret", secret)
        )
    if said.mode == "basic":
        return logins.basic(_needed("user", said.user), _needed("secret", secret))
    if said.mode == "header":
        return logins.StaticLogin(said.header, _needed("token", token))
    return logins.ClientCredentials(
        _needed("token_url", said.token_url),
        _needed("client_id", said.client_id),
        _needed("secret", secret),
        said.scope,
    )


def _needed(name: str, value: str) -> str:
    if not value:
        raise ConfigError(f"nevisidm.login.{name} is missing: the mode needs it")
    return value


async def context_for(
    settings: Settings, inside: Embedded | None, events: Events, mappings: Mappings | None = None
) -> Context:
    """Everything an operation needs. Asks nevisIDM what it can do when `probe` is on. Raises ConfigError."""
    nevis = settings.nevisidm
    client = Client(
        engine_for(nevis, inside),
        "http://sandbox" if inside is not None else (nevis.url or ""),
        login_for(nevis, inside),
        api=nevis.api,
        timeouts=Timeouts(nevis.connect_timeout, nevis.read_timeout),
        max_connections=nevis.max_connections,
        max_waiting=nevis.max_waiting,
        events=events,
    )
    capabilities = settings.capabilities
    name = nevis.client_name
    if settings.probe:
        found = await probe(client, nevis.client, capabilities, fixed=settings.given_capabilities)
        capabilities, name = found.capabilities, name or found.client_name
        for finding in found.findings:
            events.emit(Probed(finding))
    context = Context(
        mappings=with_names(mappings, settings.names) if mappings is not None else mappings_for(settings),
        client=client,
        tenant=Tenant(nevis.client, name or "", settings.variables),
        capabilities=capabilities,
        events=events,
        now=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid.uuid4()),
        cursors=cursors_for(settings.cursors, events),
        disclosure=settings.disclosure,
        uniform=Uniform(settings.uniform.decoy, settings.uniform.floor),
        verifiers=settings.verifiers.shown,
        roles=roles_for(settings),
    )
    others = {each.client: await _neighbour(context, each, settings) for each in settings.tenants}
    return dataclasses.replace(context, others=others)


def mappings_for(settings: Settings) -> Mappings:
    """The mappings that the settings name, in the variants that they choose. Raises ConfigError with every finding."""
    return with_names(load(mappings_folder(settings.mappings), settings.variants), settings.names)


async def _neighbour(context: Context, said: TenantSettings, settings: Settings) -> Context:
    """The same gateway for another tenant: nothing that was learnt of one is believed of another."""
    name = said.client_name
    if name is None and settings.probe:
        name = await client_name(context.client, said.client)
    if name is None:
        context.events.emit(Probed(f"tenant {said.client}: its name is not known, so the query service is not asked"))
    variables = {**settings.variables, **said.variables}
    tenant = Tenant(said.client, name or "", variables, said.base_url)
    return dataclasses.replace(context, tenant=tenant, trust=Trust(), rates=Rates())


def tenancy_for(settings: Settings) -> Tenancy:
    """Which address belongs to which tenant. Raises ConfigError where two claim the same."""
    served = [settings.nevisidm.client, *(each.client for each in settings.tenants)]
    hosts = [(host, each.client) for each in settings.tenants for host in each.hosts]
    prefixes = [(each.prefix, each.client) for each in settings.tenants if each.prefix is not None]
    for what in (served, [host for host, _ in hosts], [prefix for prefix, _ in prefixes]):
        if twice := sorted({each for each in what if what.count(each) > 1}):
            raise ConfigError(f"tenants: {', '.join(twice)} stands there twice")
    bound = [each.tenant for each in settings.callers if each.tenant is not None]
    if strangers := sorted(set(bound) - set(served)):
        raise ConfigError(f"callers: bound to {', '.join(strangers)}, which is not served; add it to tenants")
    return Tenancy(dict(hosts), dict(prefixes))


def cursors_for(settings: CursorSettings, events: Events) -> Cursors:
    """What seals cursors; says so when its key is random."""
    lifetime = timedelta(seconds=settings.lifetime)
    if settings.key is None:
        events.emit(
            DoneWithout(
                "cursors.key", "Cursors are good for this process only: not after a restart, nor with replicas."
            )
        )
    return Cursors(settings.key.get_secret_value() if settings.key is not None else None, lifetime)


def limits_for(settings: LimitSettings) -> Limits:
    """The limits of a request, as the parser wants them."""
    return Limits(settings.body_bytes, settings.body_depth)


def application(
    settings: Settings, context: Context, token: str | None, current: Callable[[], Context] | None = None
) -> Starlette:
    """The ASGI application over an assembled context; `current` is asked for it at each request, where it can be swapped."""
    endpoint = None
    if settings.token_endpoint is not None or any(each.client_id for each in settings.callers):
        from gateway.edge.issuing.assembled import token_endpoint_for  # its library is slow to load

        endpoint = token_endpoint_for(settings, context.events)
    own = endpoint.guard if endpoint is not None else None
    return create_app(
        current or (lambda: context),
        gate_for(settings, token, context.events, lambda: network_engine(settings.nevisidm), own),
        limits_for(settings.limits),
        total_timeout=settings.nevisidm.total_timeout,
        bulk_timeout=settings.nevisidm.bulk_timeout,
        uri_bytes=settings.limits.uri_bytes,
        base_url=settings.base_url,
        tenancy=tenancy_for(settings),
        beside=endpoint.issuing.routes() if endpoint is not None else [],
        dialects={each.root: each for each in (dialect_for(settings, IDCS), dialect_for(settings, RFC))},
    )


def dialect_for(settings: Settings, dialect: Dialect) -> Dialect:
    """The dialect as the site wants it: the form of errors, and which leniencies it has."""
    chosen = settings.leniencies.idcs if dialect.name == "idcs" else settings.leniencies.rfc
    return dataclasses.replace(
        dialect,
        envelope=dialect.envelope if settings.envelope == "dialect" else settings.envelope,
        leniencies=USUAL_LENIENCIES if chosen is None else frozenset(chosen),
    )


def mappings_folder(given: Path | None) -> Path:
    """The folder of mapping files: the given one, or the shipped one."""
    return given or find_mappings()
