"""The command `repair`: writes that were begun and not ended, found in the journal, are finished or taken back.

For after a process was killed, and for writes that stayed half done because taking them back failed, too. Each is recorded in the audit
log. Exit status: 0 nothing is left, 1 something is that a person must look at.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.assembly import audit_for, context_for, seal_for
from gateway.errors import ConfigError
from gateway.events import SILENT
from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.client import Client
from gateway.nevisidm.mending import Mended, mend
from gateway.nevisidm.unfinished import Unfinished, close, sweep, unfinished
from gateway.operation.audit import Audit
from gateway.settings import Settings

SECONDS = 60.0
"""For all calls about one write."""


async def repair(settings: Settings, *, dry: bool, accept: tuple[str, ...] = ()) -> int:
    """Repair all, or show what would be done. `accept`: writes whose state is right as it stands. Raises ConfigError."""
    if settings.journal is None:
        raise ConfigError("journal.folder is not set: without a journal nothing is known of writes under way")
    if settings.nevisidm.url is None:
        raise ConfigError("nevisidm.url is not set: there is nothing to repair in the embedded sandbox")
    folder = settings.journal.folder
    found = _found(folder, settings)
    if unknown := sorted(set(accept) - {write.name for write in found}):
        raise ConfigError(f"--accept: there is no open write {', '.join(unknown)}")
    context = await context_for(
        settings.model_copy(update={"probe": False, "journal": None, "audit": None}), None, SILENT
    )
    try:
        return await repair_all(found, context.client, audit_for(settings.audit, SILENT), dry=dry, accept=accept)
    finally:
        await context.client.aclose()
        sweep(folder)


async def repair_all(
    found: list[Unfinished], client: Client, audit: Audit, *, dry: bool, accept: tuple[str, ...] = ()
) -> int:
    """Go through the writes and print what becomes of each."""
    left = 0
    for write in found:
        if write.name in accept:
            close(write, "accepted", _now())
            click.echo(f"{_title(write)}\n  accepted as it stands")
            continue
        told = await _mended(write, client, dry=dry)
        _print(told, dry=dry)
        left += bool(told.left)
        if not dry:
            _record(told, audit)
            if not told.left:
                close(write, "repaired", _now())
    click.echo(f"{len(found)} unfinished, {left} to look at" if found else "No unfinished writes.")
    return 1 if left else 0


def _found(folder: Path, settings: Settings) -> list[Unfinished]:
    try:
        return unfinished(folder, seal_for(settings.journal) if settings.journal is not None else None)
    except OSError as error:
        raise ConfigError(f"journal.folder: {folder}: {error.strerror}") from None


async def _mended(write: Unfinished, client: Client, *, dry: bool) -> Mended:
    deadline = time.monotonic() + SECONDS

    async def ask(request: Request) -> Reply:
        return await client.send(request, request_id=f"repair-{write.name[:12]}", deadline=deadline)

    try:
        return await mend(write, ask, dry=dry)
    except Refusal as refusal:
        return Mended(write, left=[f"nevisIDM cannot be asked now ({refusal.status or refusal.kind}); try again later"])


def _title(write: Unfinished) -> str:
    said = write.said
    return f"{write.name}  {said.get('at')}  {said.get('resource')}  tenant {said.get('tenant')}  request {said.get('request')}"


def _print(told: Mended, *, dry: bool) -> None:
    click.echo(_title(told.write))
    for line in told.did:
        click.echo(f"  {'would ' if dry and ':' in line else ''}{line}")
    for line in told.left:
        click.echo(f"  LEFT  {line}")


def _record(told: Mended, audit: Audit) -> None:
    said = told.write.said
    names = dict.fromkeys(name for step in told.write.steps for name in step.said["attributes"])
    line = {
        "at": _now(),
        "request": said.get("request"),
        "who": "scim-nevisidm repair",
        "tenant": said.get("tenant"),
        "operation": "repair",
        "resource": said.get("resource"),
        "id": None,
        "attributes": list(names),
        "result": "half done" if told.left else "done",
        "write": told.write.name,
    }
    audit.end(line)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
