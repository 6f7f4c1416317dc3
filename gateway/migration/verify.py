"""The command `verify`: from its options to a comparison, and from its outcome to a report and an exit status.

Exit status: 0 nothing differs, 1 something does, 3 it could not start, 4 it stopped before its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import click

from gateway.assembly import context_for, mappings_for
from gateway.errors import ConfigError, ScimError
from gateway.events import Events
from gateway.mapping.model import Mappings
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Manner
from gateway.migration.load import UNFINISHED, Options, matching
from gateway.migration.opened import How, open_source
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import watcher
from gateway.migration.reading import Reading
from gateway.migration.references import in_order
from gateway.migration.source import Source, SourceError
from gateway.migration.stopping import stopping
from gateway.migration.verdict import Marks, Verdict, values
from gateway.migration.verifying import Verifying
from gateway.observe.log import log_events
from gateway.operation.context import Context
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Comparing:
    """What the command line says beside what it shares with `load`."""

    of: Options
    extra: bool = False
    values: bool = False


async def verify(settings: Settings, said: Comparing) -> int:
    """Compare, and print what came of it. Raises ConfigError where it cannot start."""
    if settings.nevisidm.url is None:
        raise ConfigError("nevisidm.url is not set: there is nothing to compare with")
    mappings = mappings_for(settings)
    check_types(said.of, mappings)
    try:
        return await _verify(settings, said, mappings)
    except SourceError as error:
        raise ConfigError(str(error), code="GW003") from None


def check_types(said: Options, mappings: Mappings) -> None:
    """Raises ConfigError for a type that no mapping has."""
    if strange := sorted(set(said.only) - set(mappings.by_name)):
        raise ConfigError(f"--only: no mapping is called {', '.join(strange)}")


async def _verify(settings: Settings, said: Comparing, mappings: Mappings) -> int:
    how = How(said.of.form, said.of.type, said.of.attributes)
    source = open_source(said.of.source, mappings, settings.migration, how)
    file = said.of.checkpoint_file
    checkpoint = Checkpoint(file) if file.exists() else None
    if checkpoint is None:
        click.echo(f"There is no {file}: who is whom is found out by names, which takes longer.", err=True)
    pace = Pace(said.of.at_once)
    context = await context_for(settings, None, Events(pace, log_events("error")), mappings)
    verifying = _made(said, source, checkpoint, context.of_tenant(said.of.tenant), pace, settings)
    try:
        return await _told(verifying, said, source)
    finally:
        verifying.balance.close()
        if checkpoint is not None:
            checkpoint.close()
        await source.aclose()
        await context.client.aclose()
        await context.shared.aclose()


def _made(
    said: Comparing, source: Source, checkpoint: Checkpoint | None, context: Context, pace: Pace, settings: Settings
) -> Verifying:
    mappings, dropping = context.mappings, Dropping(said.of.drop)
    base = settings.base_url or "https://localhost"
    return Verifying(
        source,
        checkpoint,
        Preparing(mappings, dropping),
        dropping,
        Entering(context, Manner(match=matching(said.of.match, mappings), base=base), ""),
        Reading(context, base, pace, said.of.patience),
        mappings,
        pace,
        watcher(),
        lambda kinds: in_order(kinds, mappings),
        values if said.values else Marks(),
        only=frozenset(said.of.only) or None,
        extra=said.extra,
    )


async def _told(verifying: Verifying, said: Comparing, source: Source) -> int:
    with stopping(verifying.stop):
        try:
            await verifying.run()
        except ScimError as error:
            click.echo(f"Stopped: {error.detail} {error.code.cure}", err=True)
            return UNFINISHED
    verdict = Verdict(verifying)
    for line in verdict.lines():
        click.echo(line)
    if said.of.report is not None:
        verdict.write(said.of.report, source.name)
    if verifying.stopped:
        click.echo("Stopped: interrupted; what is said above is of the rows that were compared.", err=True)
        return UNFINISHED
    return 0 if verdict.same else 1
