"""A gateway with its console, in process; the browser's own set-up stands in `browser.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from gateway.console.assembled import console_for
from gateway.console.recent import Recent
from gateway.settings import Settings
from tests.conftest import World

HEADERS = {"content-type": "application/json"}
Ask = Callable[..., httpx.Response]


class Page:
    """The console as a browser's page would ask it."""

    def __init__(self, client: httpx.AsyncClient, recent: Recent) -> None:
        self.client = client
        self.recent = recent

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(
            f"/console{path}", headers={name.replace("_", "-"): each for name, each in headers.items()}
        )

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): each for name, each in headers.items()}
        return await self.client.post(f"/console/api/{path}", json=body, headers=HEADERS | named)

    async def run(self, address: str, method: str = "GET", **more: Any) -> dict[str, Any]:
        answer = await self.post("run", {"method": method, "address": address, **more})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


Pages = Callable[..., Page]


@pytest.fixture
async def page_for(world: World) -> AsyncIterator[Pages]:
    """A factory of consoles over the usual world; `console`: its settings."""
    from starlette.applications import Starlette

    clients: list[httpx.AsyncClient] = []

    def make(sandbox: bool = True, **console: Any) -> Page:
        recent = Recent()
        settings = Settings(console=console)
        routes = console_for(settings, lambda: world.context, recent, sandbox=sandbox).routes()
        transport = httpx.ASGITransport(app=Starlette(routes=routes))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://localhost:9090"))
        return Page(clients[-1], recent)

    yield make
    for each in clients:
        await each.aclose()


@pytest.fixture
def page(page_for: Pages) -> Page:
    """The console over a sandbox, at its defaults."""
    return page_for()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A skip for want of a browser is said loudly."""
    from tests.console.browser import MISSING

    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(MISSING, red=True, bold=True)
