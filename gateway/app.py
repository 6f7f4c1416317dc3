"""The gateway as an ASGI application: both dialects' doors over the same resources, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from gateway.door import Door
from gateway.edge.crowd import Crowd
from gateway.edge.description import Description
from gateway.edge.gate import Gate
from gateway.edge.hardened import Hardened
from gateway.edge.message import Receive, Scope, Send
from gateway.edge.rates import CallerRates
from gateway.edge.retry import Retries
from gateway.edge.tenancy import Tenancy
from gateway.events import TurnedAway
from gateway.operation.context import Context
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.parse import Limits
from gateway.trace import Tracing


def create_app(
    context: Callable[[], Context],
    gate: Gate,
    limits: Limits,
    *,
    total_timeout: float = 30.0,
    bulk_timeout: float = 300.0,
    uri_bytes: int = 16_384,
    body_seconds: float = 30.0,
    base_url: str | None = None,
    dialects: Map[str, Dialect] | None = None,
    tenancy: Tenancy | None = None,
    tracing: Tracing | None = None,
    retries: Retries | None = None,
    rates: CallerRates | None = None,
    requests: int = 640,
    beside: Sequence[Route] = (),
) -> Starlette:
    """The whole application. `context` is asked once per request, so that mappings can be swapped between requests.

    `rates`: how often each caller may ask, None: as often as it likes; `requests`: how many may be under way at once.
    `beside`: addresses that are not SCIM's, such as those of the token endpoint.
    """
    chosen = dialects or {each.root: each for each in (IDCS, RFC)}
    bound = tenancy or Tenancy()
    again, often = retries or Retries(), rates or CallerRates()
    crowd = Crowd(requests, chosen.values(), lambda count: context().events.emit(TurnedAway(count)))
    times = (total_timeout, bulk_timeout)
    doors = {
        root: Door(
            *(dialect, context, gate, limits, *times, uri_bytes, body_seconds, base_url, again, bound),
            *(tracing or Tracing(), often, crowd),
        )
        for root, dialect in chosen.items()
    }
    places = [(f"{prefix}{root}", door) for prefix in ("", *bound.by_prefix) for root, door in doors.items()]
    # before the doors, which would take the address for a resource type's
    told = [("", tuple(chosen.values())), *((root, (dialect,)) for root, dialect in chosen.items())]
    documents = [
        Route(
            f"{prefix}{root}/openapi.json", endpoint=Description(each, context, gate, bound, prefix, base_url=base_url)
        )
        for prefix in ("", *bound.by_prefix)
        for root, each in told
    ]
    app = Front(routes=[*beside, *documents, *(Mount(place, app=door) for place, door in places)])
    app.places = tuple((f"{place}/", door) for place, door in places)
    app.beside = tuple(each.path.partition("{")[0] for each in (*beside, *documents))
    app.router.redirect_slashes = False
    app.add_middleware(Hardened)
    app.state.aclose = gate.aclose
    app.state.crowd = crowd
    app.router.default = _elsewhere(doors, app.router.default)
    return app


class Front(Starlette):
    """The doors' addresses go straight to them; all others go Starlette's way, through its routes and middleware.

    `beside`: how addresses begin that stand below a door's and are not its own.
    """

    places: tuple[tuple[str, Door], ...] = ()
    beside: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "http":
            path = scope["path"]
            for place, door in self.places:
                if path.startswith(place) and not path.startswith(self.beside):
                    await door(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


def _elsewhere(doors: Map[str, Door], otherwise: ASGIApp) -> ASGIApp:
    """What no route takes is a SCIM Error, too: other addresses, the bare root, a line end in an id (a route's pattern stops there)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await otherwise(scope, receive, send)
            return
        near = (door for root, door in doors.items() if scope["path"].startswith(root))
        await next(near, next(iter(doors.values())))(scope, receive, send)

    return answer
