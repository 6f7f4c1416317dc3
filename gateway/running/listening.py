"""Listening: the port of the gateway (or of the sandbox), and beside it the admin port, with a stop that loses no request."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from gateway.edge.connection import Leaving, Protocol, Tls
from gateway.edge.turnstile import turnstile
from gateway.errors import ConfigError
from gateway.running.collector import settle
from gateway.running.usher import MOST, SHARED, Usher, wanted


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
        self._ushers: list[Usher] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then announce the URL."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if wanted(self._loop):
            listening = [each for server in self.servers for each in server.sockets]
            most = MOST if sockets is None else SHARED
            self._ushers = [Usher(each.dup(), self._protocol, self.config.ssl, most) for each in listening]
        if self.started and self.servers:
            self._announce(shown("https" if self.config.is_ssl else "http", self.servers[0].sockets[0]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, then let what is under way end."""
        for each in self._ushers:
            each.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """What speaks with one connection, as uvicorn makes it for those that it accepts."""
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=self._loop
        )
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains first; a second signal, or one from the keyboard, does not wait.

        From the first on each answer closes its connection, so that who keeps connections finds another process for the next request.
        """
        if isinstance(self.config, Configuration):
            self.config.leaving.set()
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


def shown(scheme: str, listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


class Configuration(uvicorn.Config):
    """How one server runs, and whether it is about to stop."""

    leaving: Leaving


class Beside(uvicorn.Server):
    """A second server in the same process, which leaves the signals to the first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield


def configuration(
    app: Any, host: str, port: int, tls: Tls | None = None, grace: int | None = None, connections: int | None = None
) -> Configuration:
    """How we run uvicorn: its access log is off (URLs hold filter values), its header does not name us.

    `connections`: how many at once, for an application that has a crowd; beyond, those of the crowd's turnstile are told 503.
    """
    leaving = Leaving()
    crowd = getattr(getattr(app, "state", None), "crowd", None)
    kind = turnstile(crowd, connections) if crowd is not None else Protocol
    made = Configuration(
        app,
        host=host,
        port=port,
        http=partial(kind, leaving),  # type: ignore[arg-type]  # a factory does as well as a class
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        ssl_context_factory=(lambda *_: tls.context) if tls is not None else None,
        timeout_graceful_shutdown=grace,
    )
    made.leaving = leaving
    return made


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
    taken: socket.socket | None = None,
    taken_beside: socket.socket | None = None,
) -> None:
    """Serve until stopped; `beside` is served for as long. Raises ConfigError GW003 if an address cannot be had.

    `taken`, `taken_beside`: sockets that listen already, in place of the addresses.
    """
    chosen = stop or Stop()
    server = Announcing(configuration(app, host, port, tls, chosen.grace, connections), announce, chosen)
    watch = asyncio.create_task(tls.keep()) if tls is not None else None
    settle()
    try:
        async with alongside(beside, taken_beside):
            await server.serve([taken] if taken is not None else None)
    except SystemExit:
        raise _in_use(host, port) from None
    finally:
        if watch is not None:
            watch.cancel()
    if not server.started:
        raise _in_use(host, port)


@asynccontextmanager
async def alongside(config: uvicorn.Config | None, taken: socket.socket | None = None) -> AsyncIterator[None]:
    """Serve that, too, meanwhile; on the socket where there is one. Raises ConfigError GW003."""
    if config is None:
        yield
        return
    taken = taken or bound(config.host, config.port)
    server = Beside(config)
    task = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ConfigError GW003."""
    try:
        return socket.create_server((host, port), family=_family(host), backlog=2048)
    except OSError:
        raise _in_use(host, port) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_use(host: str, port: int) -> ConfigError:
    return ConfigError(f"cannot listen on {host}:{port}: is the port in use?", code="GW003")
