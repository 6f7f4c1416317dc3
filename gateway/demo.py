"""`make demo`: the five source documents' requests through a real socket, each shown with the nevisIDM calls it became.

Starts the embedded sandbox and the gateway, plays the requests, prints request, calls and answer, and keeps serving.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from typing import Any
from urllib.parse import unquote_plus

import click
import httpx

from gateway.assembly import Embedded, application, context_for, embedded
from gateway.console.assembled import console_for
from gateway.console.examples import Example, documents
from gateway.console.recent import Recent
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.observe.log import log_events
from gateway.running.listening import listen
from gateway.running.serving import run, sandbox_banner
from gateway.settings.source import load_settings

PEOPLE = 50
API = "/nevisidm/api"


def _block(colour: str, lines: list[str]) -> None:
    for line in lines:
        click.echo(click.style("  │ ", fg=colour) + line)


def _json(value: Any) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False).splitlines()


def _masked(body: Any) -> Any:
    return {name: "***" if name == "password" else value for name, value in body.items()} if body else body


def show(scene: Example, journal: Any, response: httpx.Response) -> None:
    """Print one request, the calls it became, and its answer."""
    click.echo(click.style(f"\n{scene.title}", bold=True))
    click.echo("  SCIM request")
    _block("cyan", [f"{scene.method} {unquote_plus(scene.path)}", *(_json(_masked(scene.body)) if scene.body else [])])
    click.echo("  nevisIDM calls")
    for entry in journal():
        query = f"?{unquote_plus(entry.query)}" if entry.query else ""
        body = f"  {json.dumps(entry.body, ensure_ascii=False)}" if entry.body else ""
        _block("magenta", [f"{entry.method} {entry.path.removeprefix(API)}{query}{body}  → {entry.status}"])
    click.echo("  SCIM answer")
    _block("green" if response.is_success else "red", [f"{response.status_code}"])
    _block("green" if response.is_success else "red", _json(response.json()) if response.content else [])


async def play(url: str, token: str, inside: Embedded) -> bool:
    """Send every request through the socket; True if none of them met a fault (5xx)."""
    journal = inside.app.state.sandbox.journal
    fine = True
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        for scene in documents():
            journal.clear()
            journal.on = True
            response = await client.request(scene.method, scene.path, json=scene.body)
            journal.on = False
            show(scene, journal, response)
            fine = fine and response.status_code < 500
    return fine


async def demonstrate(host: str, port: int, token: str, *, keep: bool) -> None:
    """Serve, play, and go on serving if `keep`."""
    settings = load_settings(None, {})
    inside, recent = embedded(PEOPLE), Recent()
    context = await context_for(settings, inside, Events(log_events("warning"), recent))
    page = console_for(settings, lambda: context, recent, sandbox=True).routes()
    click.echo(sandbox_banner(PEOPLE))
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(
        listen(application(settings, context, token, beside=page), host, port, ready.set_result)
    )

    def ended(task: asyncio.Task[None]) -> None:
        if not ready.done():
            ready.set_exception(task.exception() or ConfigError("the server stopped before it was ready", code="GW003"))

    server.add_done_callback(ended)
    url = await ready
    fine = await play(url, token, inside)
    click.echo(f"\nServing {url}/admin/v1 (IDCS) and {url}/scim/v2 (RFC 7644). Stop with Ctrl-C.")
    click.echo(f"Console: {url}/console")
    click.echo(f"Token: {token}")
    click.echo(f"Try:   curl -H 'Authorization: Bearer {token}' '{url}/admin/v1/Users?filter=userName+sw+%22b%22'")
    sys.stdout.flush()
    if not keep:
        server.cancel()
        sys.exit(0 if fine else 1)
    await server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--token", default=None, help="Bearer token [default: random].")
@click.option("--once", is_flag=True, help="Stop after the last request.")
def main(host: str, port: int, token: str | None, once: bool) -> None:
    """The five source documents over real HTTP; then keep serving."""
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
    try:
        run(demonstrate(host, port, token or secrets.token_urlsafe(24), keep=not once))
    except ConfigError as error:
        click.echo("\n".join(error.findings), err=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
