"""What every test shares: asyncio, a whole gateway over an embedded sandbox in one fixture, and `--accept` for golden files."""

from __future__ import annotations

import dataclasses
import functools
import gc
import itertools
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

NOW = datetime(2026, 1, 15, 10, 0, 0, tzinfo=UTC)
TOKEN = "caller-token"


sys.dont_write_bytecode = False  # compiled once, whatever the shell says: not again by every worker and by
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every process that tests start, where it takes half of the time
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # httpx would search the disk for it at every request
gc.set_threshold(50_000, 20, 50)  # many worlds live at once here; looking them all over took a fifth of the time


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write what came out as the new expectation of golden files")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class World:
    """A gateway, the sandbox behind it, and a client in front of it, all in this process, with a clock that stands still."""

    client: httpx.AsyncClient
    box: Any
    inner: Any
    app: Any
    events: list[Any]
    state: dict[str, Any] = field(default_factory=dict)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request with the caller's token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            return await self.client.request(method, path, json=body, headers=named)
        return await self.client.request(method, path, headers=named)

    @property
    def context(self) -> Any:
        return self.state["context"]

    def change(self, **fields: Any) -> None:
        """Replace fields of the context, as a reload would."""
        self.state["context"] = dataclasses.replace(self.state["context"], **fields)


Make = Callable[..., Awaitable[World]]


@functools.cache
def shipped() -> Any:
    """The shipped mappings, read once: they never change, and reading them takes longer than most tests."""
    from gateway.mapping.load import find_mappings, load

    return load(find_mappings())


@pytest.fixture
async def make_world() -> AsyncIterator[Make]:
    """A factory of worlds; `users` sample people, `switches` of the sandbox, `settings` of the gateway."""
    from gateway.assembly import Embedded, application, context_for
    from gateway.events import Events
    from gateway.mapping.kept import forget
    from gateway.sandbox.app import sandbox
    from gateway.sandbox.people import fill
    from gateway.sandbox.switches import Switches
    from gateway.settings import Settings

    made: list[World] = []

    async def make(users: int = 50, switches: dict[str, Any] | None = None, **settings: Any) -> World:
        events: list[Any] = []
        inner = sandbox(switches=Switches(**(switches or {})), token="technical", clock=lambda: NOW)
        box = inner.state.sandbox
        numbers = itertools.count(1)
        box.new_id = lambda: f"box-{next(numbers):04}"
        if users:
            fill(box, users)
        settings.setdefault("rates", {"tier": "none"})  # many tests ask quicker than any client may
        chosen = Settings(**settings)
        known = shipped() if {"mappings", "variants", "names"}.isdisjoint(settings) else None
        context = await context_for(chosen, Embedded(inner, "technical"), Events(events.append), known)
        ids = itertools.count(1)
        context = dataclasses.replace(context, now=lambda: NOW, new_id=lambda: f"id-{next(ids):04}")
        state = {"context": context}
        app = application(chosen, context, TOKEN)
        for route in (each for each in app.routes if hasattr(each.app, "context")):
            object.__setattr__(route.app, "context", lambda: state["context"])
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://gateway.example",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        world = World(client, box, inner, app, events, state)
        made.append(world)
        return world

    yield make
    for world in made:
        await world.client.aclose()
        await world.context.client.aclose()
        await world.context.shared.aclose()
        if world.context.mappings is not shipped():
            forget()  # or a test run would hold every mapping that a test made


@pytest.fixture
async def world(make_world: Make) -> World:
    """The usual world: fifty sample people, every switch at its default."""
    return await make_world()
