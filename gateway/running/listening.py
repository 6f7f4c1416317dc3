"""Listening: the port of the gateway (or of the sandbox), and beside it the admin port, with a stop that loses no request."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn

from gateway.edge.connection import Protocol, Tls
from gateway.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Stop:
    """How to stop on SIGTERM: `draining` is told at once, then `drain` seconds go by as before, then requests get `grace` to finish."""

    drain: float = 0.0
    grace: int | None = None
    draining: Callable[[], None] = lambda: None


class Announcing(uvicorn.Server):
    """A uvicorn server that says when it is ready, with its real port, and drains before it stops."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None], stop: Stop) -> None:
        super().__init__(config)
        self._announce = announce
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then announce the URL."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._announce(f"{'https' if self.config.is_ssl else 'http'}://{shown}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains first; a second signal, or one from the keyboard, does not wait."""
        if sig != signal.SIGTERM or self._asked or self._loop is None or not self._stop.drain:
            self._stop.draining()
            super().handle_exit(sig, frame)
            return
        self._asked = True
        self._stop.draining()
        self._loop.call_soon_threadsafe(self._loop.call_later, self._stop.drain, super().handle_exit, sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Both signals lead here while it serves, and end nothing else afterwards: what stands behind `listen` is still to be closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


class Beside(uvicorn.Server):
    """A second server in the same process, which leaves the signals to the first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield


def configuration(
    app: Any, host: str, port: int, tls: Tls | None = None, grace: int | None = None, connections: int | None = None
) -> uvicorn.Config:
    """How we run uvicorn: its access log is off (URLs hold filter values), its header does not name us.

    `connections`: how many at once; beyond, uvicorn itself answers 503.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        limit_concurrency=connections,
        ssl_context_factory=(lambda *_: tls.context) if tls is not None else None,
        timeout_graceful_shutdown=grace,
    )


def _settle() -> None:
    """The collector never looks again at what is there by now, and seldom at what comes: the objects of a request go by themselves.

    Measured: at Python's own thresholds it took 4 % of a list of 50, at these nothing that shows.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def listen(
    app: Any,
    host: str,
    port: int,
    announce: Callable[[str], None],
    *,
    tls: Tls | None = None,
    stop: Stop | None = None,
    beside: uvicorn.Config | None = None,
    connections: int | None = None,
) -> None:
    """Serve until stopped; `beside` is served for as long. Raises ConfigError GW003 if an address cannot be had."""
    chosen = stop or Stop()
    server = Announcing(configuration(app, host, port, tls, chosen.grace, connections), announce, chosen)
    watch = asyncio.create_task(tls.keep()) if tls is not None else None
    _settle()
    try:
        async with _alongside(beside):
            await server.serve()
    except SystemExit:
        raise _in_use(host, port) from None
    finally:
        if watch is not None:
            watch.cancel()
    if not server.started:
        raise _in_use(host, port)


@asynccontextmanager
async def _alongside(config: uvicorn.Config | None) -> AsyncIterator[None]:
    """Serve that, too, meanwhile."""
    if config is None:
        yield
        return
    try:
        taken = socket.create_server((config.host, config.port), family=_family(config.host))
    except OSError:
        raise _in_use(config.host, config.port) from None
    server = Beside(config)
    task = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_use(host: str, port: int) -> ConfigError:
    return ConfigError(f"cannot listen on {host}:{port}: is the port in use?", code="GW003")
