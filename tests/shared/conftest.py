"""A Redis, and gateways that share it over one sandbox."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.assembly import Embedded, application, context_for
from gateway.events import Events
from gateway.sandbox.misbehave import Misbehaviour
from gateway.settings import Settings
from gateway.settings.limits import SharedSettings
from tests.conftest import TOKEN, shipped
from tests.shared.redis_server import MISSING, RedisServer, is_there

KEY = "k" * 32


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A skip for want of Redis is said loudly."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(MISSING, red=True, bold=True)


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if not is_there():
        pytest.skip(MISSING)
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """The Redis of all tests; each uses a prefix of its own."""
    if running_redis._running is None:
        running_redis.start()
    return running_redis


@pytest.fixture
def shared(redis: RedisServer) -> dict[str, Any]:
    """Settings for it."""
    return {"redis": redis.url, "key": KEY, "prefix": f"test-{secrets.token_hex(4)}:"}


@dataclass
class Replica:
    """One of several gateways over the same nevisIDM."""

    client: httpx.AsyncClient
    context: Any
    events: list[Any]

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers=named)


Replicas = Callable[..., Awaitable[list[Replica]]]


@pytest.fixture
def nevis(world: Any) -> Misbehaviour:
    """The nevisIDM of all replicas, whose faults a test may set."""
    return Misbehaviour(world.inner)


@pytest.fixture
async def replicas(nevis: Misbehaviour, shared: dict[str, Any]) -> AsyncIterator[Replicas]:
    """A factory of gateways over one sandbox."""
    made: list[Replica] = []

    async def make(count: int = 2, sharing: dict[str, Any] | None = None, **settings: Any) -> list[Replica]:
        said = SharedSettings(**{**shared, **(sharing or {})})
        chosen = Settings(**{"probe": False, "rates": {"tier": "none"}, **settings, "shared": said})
        for _ in range(count):
            events: list[Any] = []
            inside = Embedded(nevis, "technical")
            context = await context_for(chosen, inside, Events(events.append), shipped())
            app = application(chosen, context, TOKEN)
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),
                base_url="http://gateway.example",
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            made.append(Replica(client, context, events))
        return made[-count:]

    yield make
    for replica in made:
        await replica.client.aclose()
        await replica.context.client.aclose()
        await replica.context.shared.aclose()
