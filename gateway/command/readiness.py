"""What `ready` does: ask the admin port, print what it says, return the exit status."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import click

from gateway.errors import ConfigError

SECONDS = 3.0
"""A probe that waits longer is a failed one."""


def ask(config: Path | None, url: str | None) -> int:
    """0 if the gateway is ready, 1 if it says that it is not, or says nothing. Raises ConfigError where no admin port is known."""
    address = f"{(url or _configured(config)).rstrip('/')}/ready"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  # an address of the operator's own
            click.echo(answer.read().decode())
            return 0
    except urllib.error.HTTPError as refusal:
        click.echo(refusal.read().decode())
    except (OSError, ValueError) as error:
        click.echo(f"{address}: {type(error).__name__}", err=True)
    return 1


def _configured(config: Path | None) -> str:
    from gateway.settings.source import (
        load_settings,  # only where no address is given: reading the settings takes longer than asking
    )

    admin = load_settings(config).admin
    if admin is None:
        raise ConfigError("admin: there is no admin port; set admin.port, or say --url")
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(admin.host, admin.host)  # noqa: S104  # what it listens on, seen from inside
    return f"http://{f'[{loopback}]' if ':' in loopback else loopback}:{admin.port}"
