"""The command `scim-nevisidm`. Each verb imports what it needs when it runs, so that `--help` is quick.

Exit status: 0 fine, 1 findings, 2 wrong usage, 3 could not start.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def could_not_start(command: Command) -> Command:
    """Turn a ConfigError into its findings on standard error and exit status 3."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        from gateway.errors import ConfigError

        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            for finding in error.findings:
                click.echo(f"{error.code.code} {finding}", err=True)
            sys.exit(3)

    return guarded  # type: ignore[return-value]  # the same callable to click


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scim-nevisidm-gateway", prog_name="scim-nevisidm")
def main() -> None:
    """SCIM 2.0 and Oracle IDCS endpoints in front of nevisIDM."""


@main.command()
@click.option("--config", type=FILE, help="Settings file (YAML). Environment: GATEWAY_…")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port; 0 takes a free one.")
@click.option("--sandbox", "forced", is_flag=True, help="Use the embedded sandbox even if a nevisIDM is configured.")
@click.option("--users", type=click.IntRange(0), default=None, help="Sample people in the sandbox [default: 50].")
@click.option("--empty", is_flag=True, help="Leave the sandbox without people.")
@click.option("--token", default=None, help="Bearer token for callers (sandbox only) [default: random, printed].")
@could_not_start
def serve(
    config: Path | None, host: str, port: int, forced: bool, users: int | None, empty: bool, token: str | None
) -> None:
    """Serve /admin/v1 (IDCS) and /scim/v2 (RFC 7644)."""
    from gateway.serving import run, serve_gateway
    from gateway.settings.source import load_settings

    settings = load_settings(config)
    in_sandbox = forced or settings.nevisidm.url is None
    if not in_sandbox and (token or users is not None or empty):
        raise click.UsageError("--token, --users and --empty are only allowed with the sandbox")
    if empty and users:
        raise click.UsageError("--empty and --users contradict each other")
    people = (0 if empty else 50 if users is None else users) if in_sandbox else None
    secret = (token or secrets.token_urlsafe(24)) if in_sandbox else None
    run(serve_gateway(settings, host, port, people=people, token=secret))


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
    from gateway.serving import run, serve_sandbox

    run(serve_sandbox(host, port, db=db, users=users, token=token or secrets.token_urlsafe(24), switches=switches))


@main.command()
@click.argument("request", metavar="'METHOD /path?query'")
@click.option("--body", type=click.File("rb"), default=None, help="File with the JSON body, or - for standard input.")
@click.option("--header", "headers", multiple=True, metavar="'Name: value'", help="A header, such as If-Match.")
@click.option("--config", type=FILE, help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--run", "execute", is_flag=True, help="Also execute it, against the sandbox or the configured nevisIDM.")
@click.option("--write", "writes", is_flag=True, help="With --run: allow writes.")
@could_not_start
def explain(
    request: str, body: Any, headers: tuple[str, ...], config: Path | None, as_json: bool, execute: bool, writes: bool
) -> None:
    """What a request becomes: filter, routes, calls, cost. Nothing is sent without --run."""
    from gateway.explaining import explain_request

    payload = body.read() if body else b""
    sys.exit(explain_request(request, payload, config, headers, as_json=as_json, execute=execute, writes=writes))


@main.command()
@click.argument("directory", type=FOLDER, required=False)
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@could_not_start
def lint(directory: Path | None, form: str) -> None:
    """Check mapping files; every finding with file, line, column, code and cure."""
    from gateway.checking import lint_folder

    sys.exit(lint_folder(directory, form))


@main.command("test")
@click.argument("directory", type=FOLDER, required=False)
@could_not_start
def test_mappings(directory: Path | None) -> None:
    """Run the *.tests.yaml beside the mappings: pure, no network."""
    from gateway.checking import test_folder

    sys.exit(test_folder(directory))


@main.command()
@click.option("--config", type=FILE, help="Settings file.")
@click.option(
    "--online", is_flag=True, help="Also ask nevisIDM, by reads alone, whether it has what the mappings need."
)
@could_not_start
def check(config: Path | None, online: bool) -> None:
    """Check settings and mappings together."""
    from gateway.checking import check_all

    sys.exit(check_all(config, online=online))


@main.command()
@click.option("--config", type=FILE, help="Settings file: its admin.host and admin.port are asked.")
@click.option("--url", default=None, help="Address of the admin port, e.g. http://127.0.0.1:9090.")
@could_not_start
def ready(config: Path | None, url: str | None) -> None:
    """Ask the admin port whether the gateway is ready: exit status 0 if so, else 1. For probes where there is no curl."""
    from gateway.readiness import ask

    sys.exit(ask(config, url))


@main.command()
@click.option("--config", type=FILE, help="Settings file.")
@click.option("--dry-run", "dry", is_flag=True, help="Only look, and say what would be done.")
@click.option("--accept", multiple=True, metavar="WRITE", help="This one is right as it stands; may be repeated.")
@could_not_start
def repair(config: Path | None, dry: bool, accept: tuple[str, ...]) -> None:
    """Finish or take back what killed processes began, by the journal."""
    from gateway.repairing import repair as repair_writes
    from gateway.serving import run
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


if __name__ == "__main__":
    main()
