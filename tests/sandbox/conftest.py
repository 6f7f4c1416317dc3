"""A sandbox to talk to: in memory, installed, with a clock that stands still until a test moves it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.sandbox.account import Account
from gateway.sandbox.app import sandbox
from gateway.sandbox.box import Sandbox

CORE = "/nevisidm/api/core/v1/"


@dataclass
class Nevis:
    """The sandbox over HTTP; paths without a leading slash are below core/v1. `token` may name another account."""

    http: httpx.AsyncClient
    box: Sandbox
    now: datetime = field(default=datetime(2026, 1, 12, 8, 15, 30, tzinfo=UTC))

    async def __call__(
        self, method: str, path: str, body: Any = None, *, token: str = "all", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        url = path if path.startswith("/") else CORE + path
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self.http.request(method, url, json=body, headers=sent)

    async def made(self, path: str, body: Any = None) -> str:
        """A POST that has to succeed; answers the Location."""
        reply = await self("POST", path, body)
        assert reply.status_code == 201, reply.text
        return reply.headers["location"]

    async def seen(self, path: str) -> Any:
        """A GET that has to succeed; answers its JSON."""
        reply = await self("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def changed(self, path: str, body: Any) -> Any:
        """A PATCH that has to succeed; answers its JSON."""
        reply = await self("PATCH", path, body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def switch(self, **values: Any) -> None:
        self.box.switches = replace(self.box.switches, **values)

    def account(self, token: str, **values: Any) -> None:
        self.box.accounts[token] = Account(**values)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    async def user(self, ext_id: str = "user-123", **fields: Any) -> str:
        """A valid user in client 100; answers its extId."""
        person = {
            "extId": ext_id,
            "loginId": f"{ext_id}-login",
            "name": {"firstName": "Martina", "familyName": "Muster"},
            "contacts": {"email": f"{ext_id}@example.org"},
        }
        await self.made("100/users", {**person, **fields})
        return ext_id


@pytest.fixture
async def nevis() -> AsyncIterator[Nevis]:
    clock: list[Nevis] = []
    app = sandbox(token="all", clock=lambda: clock[0].now if clock else datetime(2026, 1, 12, 8, 15, 30, tzinfo=UTC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://nevis") as http:
        made = Nevis(http, app.state.sandbox)
        clock.append(made)
        yield made
    app.state.sandbox.store.close()


def error(reply: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal with one error."""
    [only] = reply.json()["errors"]
    return reply.status_code, only["code"], only["message"]


@pytest.fixture
def refusal() -> Any:
    return error
