"""Starting servers: the gateway, and the emulator alone. Everything that a person reads at start is printed here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.edge.connection import Tls
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.observe.log import log_events
from gateway.observe.standing import Standing
from gateway.running.listening import Stop, configuration, listen
from gateway.running.reloading import Held, Read
from gateway.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from starlette.routing import Route

    from gateway.console.recent import Recent
    from gateway.observe.metrics import Metrics
    from gateway.observe.spans import Spans

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Given:
    """What a worker has from its parent: sockets that listen already, and whom to tell that it serves."""

    port: socket.socket
    admin: socket.socket | None
    ready: Callable[[], None]

    def ready_at(self, url: str) -> None:
        """Tell the parent; it knows where."""
        del url
        self.ready()


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


async def serve_gateway(
    settings: Settings,
    host: str,
    port: int,
    *,
    people: int | None,
    token: str | None,
    again: Read | None = None,
    files: tuple[Path, ...] = (),
    given: Given | None = None,
) -> None:
    """Assemble and serve the gateway; `people` None means the configured nevisIDM, else the embedded sandbox with so many.

    `again` reads the settings anew, `files` are those that they were read from. `given`: what a worker has from its parent.
    """
    from gateway.assembly import application, context_for, embedded

    inside = embedded(people) if people is not None else None
    heard = _consumers(settings, sandbox=inside is not None)
    held = Held(settings, await context_for(settings, inside, heard.events(settings)), again, files)
    console = _console(settings, held, heard.recent, sandbox=inside is not None)
    own = console if inside is not None else []
    app = application(settings, held.context, token, lambda: held.context, own)
    held.entrance = app.state.entrance
    if people is not None:
        click.echo(sandbox_banner(people), err=True)
    tls = Tls(settings.tls, held.context.events) if settings.tls is not None else None
    held.also += [tls.renew] if tls is not None else []
    try:
        async with held.kept():
            await listen(
                app,
                host,
                port,
                given.ready_at if given is not None else partial(_announce, token, console=bool(own)),
                tls=tls,
                stop=Stop(settings.stop.drain_seconds, settings.stop.grace_seconds, heard.standing.drain),
                beside=_admin(settings, held, heard, console),
                connections=settings.limits.connections,
                taken=given.port if given is not None else None,
                taken_beside=given.admin if given is not None else None,
            )
    finally:
        await app.state.aclose()
        await held.context.client.aclose()
        await held.context.shared.aclose()
        heard.close()


def _announce(token: str | None, url: str, *, console: bool) -> None:
    """Tell who started it where it answers."""
    if token:
        click.echo(f"Token: {token}")
    if console:
        click.echo(f"Console: {url}/console")
    click.echo(f"Ready: {url}/admin/v1 (IDCS) and {url}/scim/v2 (RFC 7644)")


@dataclass(frozen=True, slots=True)
class _Consumers:
    """Who hears of events besides the log."""

    standing: Standing
    metrics: Metrics | None
    spans: Spans | None
    recent: Recent | None

    def events(self, settings: Settings) -> Events:
        """What tells them all, and the log."""
        consumers = (log_events(settings.log_level), self.standing, self.metrics, self.spans, self.recent)
        return Events(*(each for each in consumers if each is not None))

    def close(self) -> None:
        """Send what is still to be sent."""
        if self.spans is not None:
            self.spans.close()


def _consumers(settings: Settings, *, sandbox: bool) -> _Consumers:
    return _Consumers(Standing(), _metrics(settings), _spans(settings), _recent(settings, sandbox=sandbox))


def _metrics(settings: Settings) -> Metrics | None:
    """What counts, where a port shows it."""
    if settings.admin is None:
        return None
    from gateway.observe.metrics import Metrics  # its library is loaded only where it is used

    return Metrics()


def _spans(settings: Settings) -> Spans | None:
    """What traces, where the settings name a collector. Raises ConfigError where its library is not installed."""
    if settings.traces is None:
        return None
    try:
        from gateway.observe.spans import Spans, exporter_for
    except ImportError:
        raise ConfigError("traces: its library is missing; install scim-nevisidm-gateway[otlp]") from None
    return Spans(exporter_for(settings.traces), settings.traces.name)


def _recent(settings: Settings, *, sandbox: bool) -> Recent | None:
    """What the console's live view shows, where there is one. Raises ConfigError for one that would show too much."""
    from gateway.console.recent import Recent
    from gateway.console.wanted import is_wanted

    return Recent() if is_wanted(settings, sandbox=sandbox) else None


def _console(settings: Settings, held: Held, recent: Recent | None, *, sandbox: bool) -> list[Route]:
    """The console's addresses, where there is one."""
    if recent is None:
        return []
    from gateway.console.assembled import console_for

    return console_for(settings, lambda: held.context, recent, sandbox=sandbox).routes()


def _admin(settings: Settings, held: Held, heard: _Consumers, beside: list[Route]) -> uvicorn.Config | None:
    """The admin port, where the settings want one."""
    if settings.admin is None or heard.metrics is None:
        return None
    from gateway.edge.admin import Admin

    app = Admin(
        heard.standing.told, heard.metrics.scrape, lambda: held.context.mappings, heard.standing.capabilities
    ).app(beside)
    return configuration(app, settings.admin.host, settings.admin.port)


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

    await listen(app, host, port, announce)
