"""Verbs of whoever runs it: serve, sandbox, ready, repair, hash."""

from __future__ import annotations

import gc
import secrets
import sys
from functools import partial
from pathlib import Path

import click

from gateway.cli.group import FILE, could_not_start, main


def _epilogue() -> str:
    from gateway.sandbox.people import GUIDE
    from gateway.sandbox.switches import Switches

    switches = "\n".join(f"  {line}" for line in Switches.describe())
    return f"{GUIDE}\n\nSwitches for --set:\n{switches}"


class _WithGuide(click.Command):
    """The sandbox's help also tells who the sample people are and what can be switched."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Everything as it is, without re-wrapping."""
        del ctx
        formatter.write(f"\n{_epilogue()}\n")


@main.command()
@click.option("--config", type=FILE, help="Settings file (YAML). Environment: GATEWAY_…")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that share the port [default: setting workers, 1].")
@click.option("--sandbox", "forced", is_flag=True, help="Use the embedded sandbox even if a nevisIDM is configured.")
@click.option("--users", type=click.IntRange(0), default=None, help="Sample people in the sandbox [default: 50].")
@click.option("--empty", is_flag=True, help="Leave the sandbox without people.")
@click.option("--token", default=None, help="Bearer token for callers (sandbox only) [default: random, printed].")
@could_not_start
def serve(
    config: Path | None,
    host: str,
    port: int,
    workers: int | None,
    forced: bool,
    users: int | None,
    empty: bool,
    token: str | None,
) -> None:
    """Serve /admin/v1 (IDCS) and /scim/v2 (RFC 7644)."""
    gc.disable()  # nothing that is made until it serves is garbage; `listen` turns the collector on again
    from gateway.running.serving import run, serve_gateway
    from gateway.settings.source import read_settings

    settings, told = read_settings(config)
    in_sandbox = forced or settings.nevisidm.url is None
    if not in_sandbox and (token or users is not None or empty):
        raise click.UsageError("--token, --users and --empty are only allowed with the sandbox")
    if empty and users:
        raise click.UsageError("--empty and --users contradict each other")
    if (count := workers or settings.workers) > 1 and not forced:
        from gateway.running.workers import serve_workers

        gc.enable()
        sys.exit(run(serve_workers(settings, config, host, port, count)))
    people = (0 if empty else 50 if users is None else users) if in_sandbox else None
    secret = (token or secrets.token_urlsafe(24)) if in_sandbox else None
    again = partial(read_settings, config)
    run(serve_gateway(settings, host, port, people=people, token=secret, again=again, files=told.files))


@main.command("sandbox", cls=_WithGuide)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8989, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--db", type=click.Path(dir_okay=False, path_type=Path), default=None, help="SQLite file; absent: memory."
)
@click.option(
    "--users", type=click.IntRange(0), default=50, show_default=True, help="Sample people, when the store is new."
)
@click.option("--token", default=None, help="Bearer token of the technical account [default: random, printed].")
@click.option("--set", "switches", multiple=True, metavar="SWITCH=VALUE", help="How this nevisIDM behaves; see below.")
@could_not_start
def sandbox_alone(
    host: str, port: int, db: Path | None, users: int, token: str | None, switches: tuple[str, ...]
) -> None:
    """The nevisIDM emulator alone, over HTTP."""
    from gateway.running.serving import run, serve_sandbox

    run(serve_sandbox(host, port, db=db, users=users, token=token or secrets.token_urlsafe(24), switches=switches))


@main.command()
@click.option("--config", type=FILE, help="Settings file: its admin.host and admin.port are asked.")
@click.option("--url", default=None, help="Address of the admin port, e.g. http://127.0.0.1:9090.")
@could_not_start
def ready(config: Path | None, url: str | None) -> None:
    """Ask the admin port whether the gateway is ready: exit status 0 if so, else 1. For probes where there is no curl."""
    from gateway.command.readiness import ask

    sys.exit(ask(config, url))


@main.command()
@click.option("--config", type=FILE, help="Settings file.")
@click.option("--dry-run", "dry", is_flag=True, help="Only look, and say what would be done.")
@click.option("--accept", multiple=True, metavar="WRITE", help="This one is right as it stands; may be repeated.")
@could_not_start
def repair(config: Path | None, dry: bool, accept: tuple[str, ...]) -> None:
    """Finish or take back what killed processes began, by the journal."""
    from gateway.command.repairing import repair as repair_writes
    from gateway.running.serving import run
    from gateway.settings.source import load_settings

    sys.exit(run(repair_writes(load_settings(config), dry=dry, accept=accept)))


@main.command("hash")
@click.option("--secret", prompt=True, hide_input=True, confirmation_prompt=True, help="Better left out: it is asked.")
def hash_secret(secret: str) -> None:
    """Print how the settings hold a token or password."""
    from gateway.edge.caller.passwords import hashed
    from gateway.edge.caller.tokens import digest

    click.echo(f"token_sha256: {digest(secret)}")
    click.echo(f"password_hash: {hashed(secret)}")
