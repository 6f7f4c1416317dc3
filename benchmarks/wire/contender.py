"""One contender as a process: `python -m benchmarks.wire.contender KIND PORT STUB`, where KIND is reference, ours or ours-httpx."""

from __future__ import annotations

import dataclasses
import gc
import json
import sys
from collections.abc import Mapping
from typing import Any

import aiohttp
import uvicorn
import uvloop
from yarl import URL

from benchmarks.asking import TOKEN
from benchmarks.contest import hurried
from benchmarks.reference import reference
from benchmarks.wire.works import CLIENT
from gateway.assembly import application, context_for
from gateway.edge.caller.passwords import hashed
from gateway.events import Events
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Exchange, Timeouts
from gateway.nevisidm.login import bearer
from gateway.observe.log import log_events
from gateway.operation.rate import Rates
from gateway.running.listening import listen
from gateway.settings import Settings
from gateway.shared.in_process import InProcess


class Bare:
    """aiohttp as a tutorial uses it: what R asks nevisIDM with."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeouts: Timeouts,  # noqa: ARG002 — an engine's signature
    ) -> Exchange:
        """See Engine."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        async with self._session.request(method, URL(url, encoded=True), headers=headers, data=body) as response:
            return Exchange(response.status, {}, await response.read())

    async def aclose(self) -> None:
        """Ends with the process."""


def serve_reference(port: int, stub: str) -> None:
    """R over sockets, its collector tuned."""
    app = reference(Bare(), f"{stub}/nevisidm/api")
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="error")


async def serve_ours(port: int, stub: str, *, httpx: bool, more: Mapping[str, Any]) -> None:
    """The gateway with everything on, as `serve` has it: tokens of its own, rates of the usual tier (by a clock that leaps, so that none
    is ever used up). `more`: other settings."""
    nevis = {"url": stub, "client_name": "benchmark", "login": {"token": "stub"}, **more.get("nevisidm", {})}
    caller = {"subject": "bench", "client_id": CLIENT[0], "client_secret_hash": hashed(CLIENT[1])}
    settings = Settings.model_validate(
        {
            "probe": False,
            "token_endpoint": {"issuer": "https://gateway.example"},
            "callers": [{**caller, "roles": ["User Administrator"]}],
            **more,
            "nevisidm": nevis,
        }
    )
    context = await context_for(settings, None, Events(log_events(settings.log_level)))
    shared = InProcess(clock=hurried())
    context = dataclasses.replace(context, shared=shared, rates=Rates(shared))
    if httpx:
        client = Client(_plain_httpx(), stub, bearer("stub"), events=context.events)
        context = dataclasses.replace(context, client=client)
    await listen(
        application(settings, context, TOKEN),
        "127.0.0.1",
        port,
        lambda _: None,
        connections=settings.limits.connections,
    )


def _plain_httpx() -> Any:
    import httpx

    from gateway.nevisidm.engine_httpx import HttpxEngine

    return HttpxEngine(httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=64, max_keepalive_connections=64)))


if __name__ == "__main__":
    kind, port, stub = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    more = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    if kind == "reference":
        serve_reference(port, stub)
    else:
        uvloop.run(serve_ours(port, stub, httpx=kind == "ours-httpx", more=more))
