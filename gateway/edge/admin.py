"""The admin port: what runs, whether it lives, whether it is ready, what it counts. For operators and probes, on an address of its own.

Nothing here but the console (which has rules of its own) shows a person, a filter or a secret, and nothing can be changed; still it is not
for the public: it listens on loopback unless a setting says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.mapping.model import Mappings

NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Admin:
    """What the admin port asks. `standing`: ready or not, with a report; `metrics`: a scrape's text and its content type."""

    standing: Callable[[], tuple[bool, Map[str, object]]]
    metrics: Callable[[], tuple[bytes, str]]
    mappings: Callable[[], Mappings]
    capabilities: Callable[[], Map[str, object]]

    def app(self, beside: Sequence[Route] = ()) -> Starlette:
        """The ASGI application of the admin port. `beside`: what else stands there, such as the console."""
        routes = {
            "/live": self._live,
            "/ready": self._ready,
            "/metrics": self._metrics,
            "/version": self._version,
            "/mappings": self._mappings,
            "/capabilities": self._capabilities,
        }
        own = [Route(path, endpoint, methods=["GET"]) for path, endpoint in routes.items()]
        return Starlette(routes=[*own, *beside])

    async def _live(self, _: Request) -> Response:
        """The process answers at all."""
        return _json({"live": True})

    async def _ready(self, _: Request) -> Response:
        """Whether requests should be sent here: 200 or 503, with what a person wants to know."""
        ready, report = self.standing()
        return _json(report, 200 if ready else 503)

    async def _metrics(self, _: Request) -> Response:
        text, kind = self.metrics()
        return Response(text, headers={"content-type": kind, **NO_STORE})

    async def _version(self, _: Request) -> Response:
        return _json({"version": version("scim-nevisidm-gateway")})

    async def _capabilities(self, _: Request) -> Response:
        """What nevisIDM is taken to be able to do, and how each of it is known."""
        return _json(self.capabilities())

    async def _mappings(self, _: Request) -> Response:
        """Which resource types are served, where, from which file, and with which verbs."""
        held = self.mappings()
        rows = [
            {
                "resource": name,
                "endpoint": mapping.type.endpoint,
                "schema": mapping.type.schema,
                "file": mapping.place.file,
                "verbs": sorted(mapping.type.verbs),
            }
            for name, mapping in sorted(held.by_name.items())
        ]
        return _json({"resources": rows, "absent": dict(held.absent)})


def _json(body: object, status: int = 200) -> Response:
    return JSONResponse(body, status, headers=NO_STORE)
