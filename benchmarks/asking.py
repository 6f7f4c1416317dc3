"""Requests to an ASGI application in this process, at the price of a dictionary: an HTTP client would cost more than what it asks."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp

HOST = "gateway.example"
TOKEN = "benchmark"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()
    authorization: str = f"Bearer {TOKEN}"

    @property
    def bytes(self) -> bytes:
        """The body as sent."""
        if self.form:
            return urlencode(self.form).encode()
        return b"" if self.body is None else json.dumps(self.body).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers as sent, but for host and length."""
        headers = {"authorization": self.authorization, "accept": "application/scim+json", "user-agent": "bench"}
        if self.form or self.body is not None:
            headers["content-type"] = "application/x-www-form-urlencoded" if self.form else "application/scim+json"
        return headers

    @property
    def text(self) -> str:
        """The query as sent."""
        return urlencode(self.query, quote_via=quote)


@dataclass(slots=True)
class Told:
    """What came back."""

    status: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Asker:
    """A caller of one application that asks the same few requests again and again."""

    app: ASGIApp
    asks: tuple[Ask, ...]
    _scopes: list[dict[str, Any]] = field(default_factory=list)
    _bodies: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scopes.extend(_scope(ask) for ask in self.asks)
        self._bodies.extend(ask.bytes for ask in self.asks)

    async def __call__(self, times: int) -> None:
        """Ask so many times, in turn. Raises RuntimeError as soon as an answer is an error."""
        for number in range(times):
            told = await self.one(number % len(self.asks))
            if told.status >= 400:
                raise RuntimeError(f"{self.asks[number % len(self.asks)].path}: {told.status} {told.body!r}")

    async def one(self, number: int = 0) -> Told:
        """Ask one of the requests."""
        told, body = Told(), self._bodies[number]

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
            else:
                told.body += message.get("body", b"")

        await self.app(dict(self._scopes[number]), receive, send)
        return told


def _scope(ask: Ask) -> dict[str, Any]:
    headers = {"host": HOST, **ask.headers}
    if ask.bytes:
        headers["content-length"] = str(len(ask.bytes))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": ask.path,
        "raw_path": quote(ask.path).encode(),
        "query_string": ask.text.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": (HOST, 80),
    }
