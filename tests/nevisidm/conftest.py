"""A nevisIDM of a few lines: says what it is told to say, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest

from gateway.events import Event, Events
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Upstream:
    """`says` queues an answer for any call, `on` one for a certain call; the last one for a certain call stays."""

    seen: list[Seen] = field(default_factory=list)
    queue: deque[Any] = field(default_factory=deque)
    routes: dict[str, deque[Any]] = field(default_factory=dict)
    under_way: int = 0
    most_under_way: int = 0
    gate: asyncio.Event | None = None  # while set and closed, calls hang

    def says(self, status: int = 200, body: Any = None, kind: str = "application/json", **headers: str) -> None:
        self.queue.append((status, body, kind, headers))

    def breaks(self, error: Exception | None = None) -> None:
        self.queue.append(error or ConnectionResetError())

    def on(
        self, call: str, status: int = 200, body: Any = None, kind: str = "application/json", **headers: str
    ) -> None:
        self.routes.setdefault(call, deque()).append((status, body, kind, headers))

    def breaks_on(self, call: str) -> None:
        self.routes.setdefault(call, deque()).append(ConnectionResetError())

    def hangs_on(self, call: str) -> None:
        self.routes.setdefault(call, deque()).append(TimeoutError())

    @property
    def calls(self) -> list[str]:
        return [str(seen) for seen in self.seen]

    def _next(self, seen: Seen) -> Any:
        answers = self.routes.get(str(seen))
        if answers is None:
            return self.queue.popleft()
        return answers.popleft() if len(answers) > 1 else answers[0]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        text = (await receive())["body"]
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        body = orjson.loads(text) if headers.get("content-type") == "application/json" else text
        path = scope["raw_path"].decode().removeprefix("/nevisidm/api")
        self.seen.append(Seen(scope["method"], path, query, headers, body))
        answer = self._next(self.seen[-1])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        finally:
            self.under_way -= 1
        if isinstance(answer, TimeoutError):
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        status, said, kind, extra = answer
        raw = b"" if said is None else said if isinstance(said, bytes) else orjson.dumps(said)
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in extra.items()]
        if raw:
            lines.append((b"content-type", kind.encode()))
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": raw})


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def happened() -> list[Event]:
    return []


@pytest.fixture
def client_to(happened: list[Event]) -> Callable[..., Client]:
    """A client of an ASGI application, without pauses between tries."""

    def make(app: Any, **settings: Any) -> Client:
        engine = HttpxEngine(httpx.ASGITransport(app=app))
        settings.setdefault("timeouts", Timeouts(0.2, 0.2))
        settings.setdefault("login", bearer("gateway-token"))
        return Client(engine, "http://nevis", events=Events(happened.append), pause=lambda: 0.0, **settings)

    return make


@pytest.fixture
def client(upstream: Upstream, client_to: Callable[..., Client]) -> Client:
    return client_to(upstream)
