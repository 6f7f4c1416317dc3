"""One of several processes behind a port: a whole gateway whose sockets are its parent's. Not for people to start.

It takes its orders as one argument (which settings file, which inherited sockets), a secret that all workers share as the first line of
standard input, and ends when that is closed: a parent that was killed leaves no worker behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from pydantic import SecretStr

from gateway.errors import ConfigError
from gateway.running.reloading import Read
from gateway.running.serving import Given, run, serve_gateway
from gateway.settings import Settings
from gateway.settings.source import Told, read_settings

READY = "ready"
"""What it prints when it serves."""


@dataclass(frozen=True, slots=True)
class Orders:
    """`config`: the settings file; `port` and `admin`: numbers of inherited sockets, -1 for none."""

    config: str | None
    port: int
    admin: int = -1

    def arguments(self) -> list[str]:
        """The command line of a worker with these orders."""
        return [sys.executable, "-m", "gateway.running.worker", json.dumps(asdict(self))]


def main() -> None:
    """Serve until the parent says otherwise, or is no more."""
    orders = Orders(**json.loads(sys.argv[1]))
    key = SecretStr(sys.stdin.readline().strip())

    def read() -> tuple[Settings, Told]:
        settings, told = read_settings(Path(orders.config) if orders.config else None)
        return with_key(settings, key), told

    try:
        settings, told = read()
        admin = socket.socket(fileno=orders.admin) if orders.admin >= 0 else None
        given = Given(socket.socket(fileno=orders.port), admin, lambda: click.echo(READY))
        run(_serve(settings, told, given, read))
    except ConfigError as error:
        for finding in error.findings:
            click.echo(f"{error.code.code} {finding}", err=True)
        sys.exit(3)


def with_key(settings: Settings, key: SecretStr) -> Settings:
    """The settings with a key for cursors, where they have none: a page may be asked of one worker, and the next one of another."""
    if settings.cursors.key is not None:
        return settings
    return settings.model_copy(update={"cursors": settings.cursors.model_copy(update={"key": key})})


async def _serve(settings: Settings, told: Told, given: Given, read: Read) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _orphaned)
    await serve_gateway(settings, "", 0, people=None, token=None, again=read, files=told.files, given=given)


def _orphaned() -> None:
    """Standard input is closed: stop as if told to."""
    with suppress(OSError):
        if os.read(sys.stdin.fileno(), 1024):
            return
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
