"""The embedded nevisIDM as an ASGI app: `sandbox()` makes one, installed and ready, with its inner life at `app.state.sandbox`.

The table of endpoints is data: `app.state.endpoints` lists what is served, under the ids of reference/nevisidm/endpoints.yaml.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import (
    applications,
    authenticators,
    authorizations,
    certificates,
    clients,
    consents,
    credentials,
    data_rooms,
    definitions,
    eroles,
    generic,
    handed_out,
    login,
    login_info,
    outside,
    passwords,
    policies,
    principal,
    profiles,
    query,
    questions,
    roles,
    units,
    users,
    vasco,
)
from .account import Account
from .box import Journal, Sandbox
from .clock import Clock, utcnow
from .endpoint import Endpoint
from .front import serve
from .installation import install
from .router import Router
from .store import Store
from .switches import Switches
from .table import CLIENTS

_MODULES: Sequence[Callable[[Sandbox], Sequence[Endpoint]]] = (
    *(clients.routes, users.routes, profiles.routes, consents.routes),
    *(credentials.routes, passwords.routes, generic.routes, outside.routes, authenticators.routes),
    *(certificates.routes, handed_out.routes, questions.routes, vasco.routes),
    *(applications.routes, units.routes, eroles.routes, authorizations.routes, data_rooms.routes, roles.routes),
    *(policies.routes, definitions.routes, principal.routes, login.routes, login_info.routes, query.routes),
)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def sandbox(
    *, switches: Switches | None = None, store: Store | None = None, token: str | None = None, clock: Clock = utcnow
) -> Starlette:
    """The app. An empty store gets the installation; `token` is the bearer token of an account with all rights (made up when None)."""
    store = store or Store(clock=clock)
    if not store.rows(CLIENTS, "client = '' LIMIT 1"):
        install(store)
    accounts = {token or secrets.token_urlsafe(24): Account()}
    box = Sandbox(store, switches or Switches(), accounts, clock, Journal(), token_key=secrets.token_urlsafe(32))
    table = endpoints(box)
    box.known_rights = known_rights(table)
    router = Router(table)

    async def any_request(request: Request) -> Response:
        return await serve(box, router, request)

    app = Starlette(routes=[Route("/{path:path}", any_request, methods=_METHODS)], lifespan=_lifespan(store))
    app.state.sandbox = box
    app.state.endpoints = table
    return app


def endpoints(box: Sandbox) -> Sequence[Endpoint]:
    """Everything that is served, in the order of the modules."""
    return tuple(endpoint for routes in _MODULES for endpoint in routes(box))


def known_rights(table: Sequence[Endpoint]) -> frozenset[str]:
    """Every right some endpoint asks for, as principal/v1/permissions prints them for who has all."""
    names = {right for endpoint in table for right in (*endpoint.rights, *endpoint.conditional)}
    searched = {f"{kind}Search" for kind in ("User", "Client", "Application", "Unit", "Role")}
    return frozenset(f"AccessControl.{name}" for name in names | searched | {"SelfAdmin"})


def _lifespan(store: Store) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    return lifespan
