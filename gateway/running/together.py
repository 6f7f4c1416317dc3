"""The admin port of several workers: their readiness taken together, their counts added up, anything else asked of one of them.

What a worker had counted stays counted when it is gone: it is asked every few seconds, so that a killed one costs the counts of those
seconds and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.edge.admin import NO_STORE
from gateway.observe.summed import summed

EVERY, PATIENCE = 2.0, 2.0
"""Seconds between two looks at the counts, and seconds that a worker has to answer."""
LONG = 60.0
"""Seconds that it has for what is sent to it: the console's requests to nevisIDM."""
_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer"))


class Together:
    """`living`: the workers' own admin addresses; `own`: what the parent has counted itself; `wanted`: how many there should be."""

    def __init__(self, living: Callable[[], list[str]], own: Callable[[], tuple[bytes, str]], wanted: int) -> None:
        self.draining = False
        self._living = living
        self._own = own
        self._wanted = wanted
        self._last: dict[str, bytes] = {}
        self._gone = b""
        self._client = httpx.AsyncClient(timeout=PATIENCE)

    def app(self) -> Starlette:
        """The ASGI application of the parent's admin port."""
        return Starlette(
            routes=[
                Route("/live", self._live),
                Route("/ready", self._ready),
                Route("/metrics", self._metrics),
                Route("/{path:path}", self._forwarded, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    def gone(self, address: str | None) -> None:
        """A worker has ended: keep what it had counted."""
        if address is not None:
            self._gone = summed((self._gone, self._last.pop(address, b"")))

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Meanwhile the workers are asked for their counts."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()
            await self._client.aclose()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._look()

    async def _look(self) -> None:
        asked = self._living()
        for address, answer in zip(asked, await self._all(asked, "/metrics"), strict=True):
            if answer is not None and address in self._living():
                self._last[address] = answer.content

    async def _all(self, addresses: list[str], path: str) -> list[httpx.Response | None]:
        return await asyncio.gather(*(self._one(each, path) for each in addresses))

    async def _one(self, address: str, path: str) -> httpx.Response | None:
        try:
            return await self._client.get(address + path)
        except httpx.HTTPError:
            return None  # it is about to be noticed as gone

    async def _live(self, _: Request) -> Response:
        return JSONResponse({"live": True}, headers=NO_STORE)

    async def _ready(self, _: Request) -> Response:
        """Ready while one worker is: the others' connections go to it."""
        answers = [each for each in await self._all(self._living(), "/ready") if each is not None]
        serving = sum(each.status_code == 200 for each in answers)
        report: dict[str, object] = {}
        for each in answers:
            report = {**each.json(), **report}
        said = {each.json()["nevisidm"] for each in answers}
        report["nevisidm"] = next((word for word in ("fails", "answers") if word in said), "unknown")
        report["ready"] = serving > 0 and not self.draining
        report["workers"] = {"serving": serving, "wanted": self._wanted}
        if self.draining:
            report["reason"] = "it is stopping"
        return JSONResponse(report, 200 if report["ready"] else 503, headers=NO_STORE)

    async def _metrics(self, _: Request) -> Response:
        await self._look()
        own, kind = self._own()
        text = summed((own, self._gone, *self._last.values()))
        return Response(text, headers={"content-type": kind, **NO_STORE})

    async def _forwarded(self, request: Request) -> Response:
        """What one worker says stands for all. It sees the host that was asked for: the console answers to its own only."""
        for address in self._living():
            sent = self._client.build_request(
                request.method,
                f"{address}{request.url.path}?{request.url.query}".rstrip("?"),
                headers=[each for each in request.headers.items() if each[0] not in _HOP],
                content=await request.body(),
                timeout=PATIENCE if request.method == "GET" else LONG,
            )
            try:
                answer = await self._client.send(sent, stream=True)
            except httpx.HTTPError:
                continue
            headers = {name: value for name, value in answer.headers.items() if name not in _HOP}
            close = BackgroundTask(answer.aclose)
            return StreamingResponse(answer.aiter_raw(), answer.status_code, headers, background=close)
        return JSONResponse({"reason": "no worker answers"}, 503, headers=NO_STORE)
