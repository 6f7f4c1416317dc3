"""From settings to a gateway that can answer: engine, login, client, capabilities, mappings, callers, application.

The one place that knows which parts there are; everything else receives what it needs.
"""

from __future__ import annotations

import dataclasses
import secrets
import ssl
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from gateway.app import create_app
from gateway.edge.admission import roles_for
from gateway.edge.entrance import Entrance
from gateway.edge.sharing import rates_for, retries_for, shared_for
from gateway.edge.tenancy import Tenancy
from gateway.errors import ConfigError
from gateway.events import SILENT, DoneWithout, Events, Learnt, Probed, heard
from gateway.ledger import Ledger
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.mapping.named import with_names
from gateway.nevisidm import login as logins
from gateway.nevisidm import tls
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine, Timeouts
from gateway.nevisidm.journal import Journal, Seal
from gateway.nevisidm.login import Login
from gateway.nevisidm.login_of import Said, login_of
from gateway.nevisidm.probe import client_name, probe
from gateway.operation.audit import Audit
from gateway.operation.context import Context, Tenant, Trust
from gateway.operation.cursor import Cursors
from gateway.operation.rate import Rates
from gateway.operation.uniform import Uniform
from gateway.scim.dialect import IDCS, RFC, USUAL_LENIENCIES, Dialect
from gateway.scim.parse import Limits
from gateway.scim.syntax import FilterLimits
from gateway.settings import CursorSettings, Settings
from gateway.settings.callers import TenantSettings
from gateway.settings.limits import LimitSettings
from gateway.settings.nevisidm import NevisSettings
from gateway.settings.running import AuditSettings, JournalSettings
from gateway.shared.rate import parse_rate
from gateway.trace import Tracing


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


def engine_for(nevis: NevisSettings, inside: Embedded | None, events: Events = SILENT) -> Engine:
    """The way to nevisIDM: in process to the emulator, else over the network."""
    if inside is not None:
        import httpx

        from gateway.nevisidm.engine_httpx import HttpxEngine

        return HttpxEngine(httpx.ASGITransport(app=inside.app, raise_app_exceptions=False))
    login = nevis.login
    shown = (login.certificate_file, login.key_file) if login.certificate_file and login.key_file else None
    return network_engine(nevis, events, shown)


def network_engine(nevis: NevisSettings, events: Events, shown: tuple[Path, Path] | None = None) -> Engine:
    """The way to others over the network; `shown`: our certificate and its key. Raises ConfigError for files of no use."""
    try:
        trust = tls.Trust(nevis.ca_file, shown, missed=heard(events, "nevisidm: TLS"))
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(each) for each in (nevis.ca_file, *(shown or ())) if each)
        raise ConfigError(f"nevisidm: TLS files cannot be used: {files}: {type(error).__name__}") from None
    if nevis.engine == "aiohttp":
        from gateway.nevisidm.engine_aiohttp import AiohttpEngine

        return AiohttpEngine(trust=trust, connections=nevis.max_connections, max_bytes=nevis.max_reply_bytes)
    from gateway.nevisidm.engine_direct import DirectEngine

    return DirectEngine(trust=trust, connections=nevis.max_connections, max_bytes=nevis.max_reply_bytes)


def login_for(nevis: NevisSettings, inside: Embedded | None, events: Events = SILENT) -> Login:
    """How the gateway itself logs in. Raises ConfigError."""
    if inside is not None:
        return logins.bearer(inside.token)
    said = nevis.login
    described = Said(
        said.mode,
        said.token.get_secret_value() if said.token else "",
        said.token_file,
        said.header,
        said.user,
        said.credential,
        said.secret.get_secret_value() if said.secret else "",
        said.secret_file,
        said.token_url,
        said.client_id,
        said.scope,
        shows_certificate=said.certificate_file is not None,
    )
    return login_of(described, heard(events, "nevisidm.login: secret"))


async def context_for(
    settings: Settings, inside: Embedded | None, events: Events, mappings: Mappings | None = None
) -> Context:
    """Everything an operation needs. Asks nevisIDM what it can do when `probe` is on. Raises ConfigError."""
    nevis = settings.nevisidm
    known = with_names(mappings, settings.names) if mappings is not None else mappings_for(settings)
    roles = roles_for(settings, known)
    client = Client(
        engine_for(nevis, inside, events),
        "http://sandbox" if inside is not None else (nevis.url or ""),
        login_for(nevis, inside, events),
        fallback_urls=() if inside is not None else nevis.fallback_urls,
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
        for each in dataclasses.fields(capabilities):
            events.emit(Learnt(each.name, str(getattr(capabilities, each.name)), found.known[each.name]))
    shared = shared_for(settings.shared, events)
    context = Context(
        mappings=known,
        client=client,
        tenant=Tenant(nevis.client, name or "", settings.variables),
        capabilities=capabilities,
        events=events,
        now=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid.uuid4()),
        shared=shared,
        rates=Rates(shared, parse_rate(failed) if (failed := settings.rates.failed_checks) is not None else None),
        cursors=cursors_for(settings.cursors, events),
        audit=audit_for(settings.audit, events),
        journal=journal_for(settings.journal, events),
        disclosure=settings.disclosure,
        uniform=Uniform(settings.uniform.decoy, settings.uniform.floor),
        verifiers=settings.verifiers.shown,
        roles=roles,
    )
    others = {each.client: await _neighbour(context, each, settings) for each in settings.tenants}
    return dataclasses.replace(context, others=others)


def audit_for(said: AuditSettings | None, events: Events) -> Audit:
    """Where audit lines go. Raises ConfigError GW003 when that file cannot be written: better no start than writes refused later."""
    if said is None:
        return Audit(events=events)
    ledger = Ledger(said.file, sync=said.sync)
    try:
        ledger.append({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "result": "started"})
    except OSError as error:
        raise ConfigError(f"audit.file: {said.file}: {error.strerror}", code="GW003") from None
    return Audit(ledger, said.required, events)


def journal_for(said: JournalSettings | None, events: Events) -> Journal | None:
    """Where writes under way are noted. Raises ConfigError GW003 when that folder cannot be written to."""
    if said is None:
        return None
    if said.key is None:
        events.emit(DoneWithout("journal.key", "Changes of a killed process can be named, not taken back."))
    try:
        return Journal(said.folder, seal_for(said), events)
    except OSError as error:
        raise ConfigError(f"journal.folder: {said.folder}: {error.strerror}", code="GW003") from None


def seal_for(said: JournalSettings) -> Seal | None:
    """What seals former values in the journal."""
    return Seal(said.key.get_secret_value()) if said.key is not None else None


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
    return dataclasses.replace(context, tenant=tenant, trust=Trust())


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
    inline = FilterLimits(settings.filter_length, settings.filter_terms, settings.filter_depth)
    posted = FilterLimits(settings.search_length, settings.search_terms, settings.filter_depth)
    return Limits(settings.body_bytes, settings.body_depth, inline, posted)


def application(
    settings: Settings,
    context: Context,
    token: str | None,
    current: Callable[[], Context] | None = None,
    beside: Sequence[Route] = (),
) -> Starlette:
    """The ASGI application over an assembled context; `current` is asked for it at each request, where it can be swapped.

    `beside`: addresses that are not SCIM's, such as the console's.
    `state.entrance` makes anew who may come in, `state.aclose` closes what asks issuers.
    """
    endpoint = None
    rates = rates_for(settings, context.shared)
    if settings.token_endpoint is not None or any(each.client_id for each in settings.callers):
        from gateway.edge.issuing.assembled import token_endpoint_for  # its library is slow to load

        endpoint = token_endpoint_for(settings, context.events, context.shared, rates)
    entrance = Entrance(
        settings,
        token,
        context.events,
        lambda: network_engine(settings.nevisidm, context.events),
        endpoint,
        context.shared,
        rates,
    )
    app = create_app(
        current or (lambda: context),
        entrance.gate,
        limits_for(settings.limits),
        total_timeout=settings.nevisidm.total_timeout,
        bulk_timeout=settings.nevisidm.bulk_timeout,
        uri_bytes=settings.limits.uri_bytes,
        body_seconds=settings.limits.body_seconds,
        retries=retries_for(settings, context.shared),
        rates=rates,
        requests=settings.limits.requests,
        base_url=settings.base_url,
        tenancy=tenancy_for(settings),
        tracing=Tracing(settings.traces.ratio) if settings.traces is not None else Tracing(),
        beside=[*beside, *(endpoint.issuing.routes() if endpoint is not None else ())],
        dialects={each.root: each for each in (dialect_for(settings, IDCS), dialect_for(settings, RFC))},
    )
    app.state.entrance = entrance
    return app


def dialect_for(settings: Settings, dialect: Dialect) -> Dialect:
    """The dialect as the site wants it: the form of errors, and which leniencies it has."""
    chosen = settings.leniencies.idcs if dialect.name == "idcs" else settings.leniencies.rfc
    most = settings.limits
    return dataclasses.replace(
        dialect,
        max_count=most.page_size,
        default_count=min(dialect.default_count, most.page_size),
        bulk_operations=most.bulk_operations or dialect.bulk_operations,
        bulk_bytes=most.bulk_bytes or dialect.bulk_bytes,
        envelope=dialect.envelope if settings.envelope == "dialect" else settings.envelope,
        leniencies=USUAL_LENIENCIES if chosen is None else frozenset(chosen),
    )


def mappings_folder(given: Path | None) -> Path:
    """The folder of mapping files: the given one, or the shipped one."""
    return given or find_mappings()
