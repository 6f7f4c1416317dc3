"""What `check` does: print every finding, return the exit status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import click

from gateway.assembly import Embedded, context_for, embedded, mappings_for
from gateway.command.inventory import calls_of, calls_table, capabilities_table, show
from gateway.command.linting import lint_folder
from gateway.edge.admission import roles_for
from gateway.edge.sharing import shared_for
from gateway.errors import ConfigError
from gateway.events import SILENT, Events, Learnt, Probed
from gateway.mapping.definitions import Definition, missing, needed
from gateway.nevisidm.definitions import Unknown, defined
from gateway.nevisidm.endpoints import look
from gateway.operation.context import Context
from gateway.settings import Settings
from gateway.settings.source import load_settings
from gateway.shared.state import Lost


def check_all(config: Path | None, *, online: bool = False) -> int:
    """Settings, then the mappings they name, then (`online`) the installation; 1 if anything is wrong."""
    try:
        settings = load_settings(config)
    except ConfigError as error:
        for finding in error.findings:
            click.echo(f"{error.code.code} {finding}")
        return 1
    click.echo("settings: fine")
    status = lint_folder(settings.mappings, "text") or _check_roles(settings)
    return asyncio.run(_check_online(settings)) if online and status == 0 else status


async def _check_online(settings: Settings) -> int:
    return max(await check_shared(settings), await check_installation(settings))


async def check_shared(settings: Settings) -> int:
    """Whether the Redis that replicas share answers, where the settings name one; 1 if it does not."""
    if settings.shared.redis is None:
        return 0
    shared = shared_for(settings.shared, SILENT)
    try:
        await shared.check()
    except Lost as lost:
        click.echo(f"redis: does not answer ({lost.reason}); each process would count for itself")
        return 1
    finally:
        await shared.aclose()
    click.echo("redis: answers")
    return 0


def _check_roles(settings: Settings) -> int:
    """Whether the rules of roles speak of what is there."""
    try:
        roles_for(settings, mappings_for(settings))
    except ConfigError as error:
        for finding in error.findings:
            click.echo(f"{error.code.code} {finding}")
        return 1
    return 0


async def check_installation(settings: Settings, inside: Embedded | None = None) -> int:
    """What the installation can do, which calls it has, and which property definitions it lacks, with the bodies that make them.

    1 if it lacks a definition; a call that is not there makes one operation 501, which an operator may well accept.

    Only reads are sent. Without a nevisIDM in the settings, or with one given as `inside`, a sandbox is asked.
    """
    if inside is None and settings.nevisidm.url is None:
        inside = embedded(users=50)
        click.echo("no nevisidm.url is set: asking a sandbox of its own")
    learnt: list[Learnt] = []
    context = await context_for(settings, inside, Events(_show_probed, lambda event: _keep(event, learnt)))
    try:
        await _show_inventory(context, learnt)
        there = await defined(context.client, settings.nevisidm.client)
    except Unknown as unknown:
        click.echo(f"property definitions: not known, {unknown}")
        click.echo("these must be there:")
        return _show_definitions(needed(context.mappings), 0)
    finally:
        await context.client.aclose()
    lacking = tuple(missing(needed(context.mappings), there))
    if not lacking:
        click.echo(f"property definitions: all {len(needed(context.mappings))} are there")
        return 0
    click.echo(
        f"property definitions: {len(lacking)} are missing. Take their lines out of the mapping, or define them by"
    )
    click.echo("POST /core/v1/properties (right AccessControl.PropertyCreate), one body a line:")
    return _show_definitions(lacking, 1)


def _keep(event: object, learnt: list[Learnt]) -> None:
    if isinstance(event, Learnt):
        learnt.append(event)


async def _show_inventory(context: Context, learnt: list[Learnt]) -> None:
    """Capabilities and calls, each with how it is known."""
    if learnt:
        show(capabilities_table(learnt))
    seen = await look(context.client, context.tenant.ext_id, calls_of(context.mappings))
    show(calls_table(seen, context.capabilities.release))
    gone = sum(each.there is False for each in seen)
    asked = sum(each.how.startswith("asked") for each in seen)
    click.echo(f"calls: {len(seen)} are made by the mappings, {asked} were asked, {gone} of them are not there")


def _show_definitions(definitions: Iterable[Definition], status: int) -> int:
    for each in definitions:
        click.echo(json.dumps(each.body(), ensure_ascii=False))
    return status


def _show_probed(event: object) -> None:
    if isinstance(event, Probed):
        click.echo(f"nevisIDM: {event.finding}")
