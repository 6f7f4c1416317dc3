"""Starting servers: the gateway, and the emulator alone. Everything that a person reads at start is printed here."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import uvicorn

from gateway.edge.connection import Protocol, Tls
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.observe.log import log_events
from gateway.settings import Settings

Result = TypeVar("Result")


class Announcing(uvicorn.Server):
    """A uvicorn server that says when it is ready, with its real port."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then announce the URL."""
        await super().startup(sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._announce(f"{'https' if self.config.is_ssl else 'http'}://{host}:{port}")


def configuration(app: Any, host: str, port: int, tls: Tls | None = None) -> uvicorn.Config:
    """How we run uvicorn: its access log is off (URLs hold filter values), its header does not name us."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        ssl_context_factory=(lambda *_: tls.context) if tls is not None else None,
    )


async def serve(app: Any, host: str, port: int, announce: Callable[[str], None], tls: Tls | None = None) -> None:
    """Serve until stopped. Raises ConfigError GW003 if the address cannot be had."""
    server = Announcing(configuration(app, host, port, tls), announce)
    watch = asyncio.create_task(tls.keep()) if tls is not None else None
    gc.freeze()
    try:
        await server.serve()
    except SystemExit as stop:
        raise ConfigError(
            f"cannot listen on {host}:{port}: is the port in use? (status {stop.code})", code="GW003"
        ) from None
    finally:
        if watch is not None:
            watch.cancel()
    if not server.started:
        raise ConfigError(f"cannot listen on {host}:{port}: is the port in use?", code="GW003")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def sandbox_banner(users: int) -> str:
    """What is said loudly when no nevisIDM is configured."""
    line = "*" * 78
    text = f"SANDBOX: no nevisIDM behind this gateway, only an emulator with {users} sample people."
    return click.style(
        f"{line}\n{text}\nNothing is kept when it stops. Set nevisidm.url for a real one.\n{line}", fg="yellow"
    )


async def serve_gateway(settings: Settings, host: str, port: int, *, people: int | None, token: str | None) -> None:
    """Assemble and serve the gateway; `people` None means the configured nevisIDM, else the embedded sandbox with so many."""
    from gateway.assembly import application, context_for, embedded

    inside = embedded(people) if people is not None else None
    context = await context_for(settings, inside, Events(log_events(settings.log_level)))
    app = application(settings, context, token)
    if people is not None:
        click.echo(sandbox_banner(people), err=True)

    def announce(url: str) -> None:
        if token:
            click.echo(f"Token: {token}")
        click.echo(f"Ready: {url}/admin/v1 (IDCS) and {url}/scim/v2 (RFC 7644)")

    tls = Tls(settings.tls) if settings.tls is not None else None
    try:
        await serve(app, host, port, announce, tls)
    finally:
        await context.client.aclose()


async def serve_sandbox(
    host: str, port: int, *, db: Path | None, users: int, token: str, switches: tuple[str, ...]
) -> None:
    """Serve the emulator alone. `users` sample people are added unless the store has some."""
    from gateway.sandbox.app import sandbox
    from gateway.sandbox.people import fill
    from gateway.sandbox.store import Store
    from gateway.sandbox.switches import SwitchError, Switches

    try:
        chosen = Switches.parse(switches)
    except SwitchError as error:
        raise ConfigError(str(error)) from None
    app = sandbox(switches=chosen, store=Store(str(db)) if db else None, token=token)
    if users:
        fill(app.state.sandbox, users)

    def announce(url: str) -> None:
        click.echo(f"Token: {token}")
        click.echo(f"Ready: {url}/nevisidm/api (nevisIDM emulator)")

    await serve(app, host, port, announce)
