"""The command `load`: from its options to a load, and from its outcome to a report and an exit status.

Exit status: 0 everything is in nevisIDM, 1 rows were refused or wait for others, 3 it could not start, 4 it stopped before its end.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import click
import orjson

from gateway.assembly import context_for, mappings_for
from gateway.errors import ConfigError
from gateway.events import Events
from gateway.mapping.model import Mappings
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Existing, Manner
from gateway.migration.following import with_changes
from gateway.migration.loading import Enters, Loading, Stopped
from gateway.migration.opened import Form, How, open_source
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import watcher
from gateway.migration.references import in_order
from gateway.migration.refusals import Refusals
from gateway.migration.rehearsal import Held, Rehearsing
from gateway.migration.report import Report
from gateway.migration.source import SourceError
from gateway.migration.stopping import stopping
from gateway.observe.log import log_events
from gateway.operation.context import Context
from gateway.running.collector import settle
from gateway.settings import Settings

UNFINISHED = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. Paths that are None stand beside the source."""

    source: str
    form: Form | None = None
    type: str | None = None
    attributes: Path | None = None
    refer: tuple[str, ...] = ()
    checkpoint: Path | None = None
    refused: Path | None = None
    report: Path | None = None
    resume: bool = False
    dry: bool = False
    online: bool = False
    at_once: int = 32
    drop: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    existing: Existing = "merge"
    keep_ids: bool = False
    only: tuple[str, ...] = ()
    tenant: str | None = None
    patience: float = 600.0
    most_refused: int | None = None

    def beside(self, ending: str) -> Path:
        """A file that belongs to the source. What an earlier load refused belongs to that load's source."""
        name = self.source.replace("://", "-").replace("/", "-") if "://" in self.source else self.source
        return Path(name.removesuffix(REFUSED).rstrip("/-") + ending)

    @property
    def checkpoint_file(self) -> Path:
        """Where what was loaded is noted."""
        return self.checkpoint or self.beside(".checkpoint")

    @property
    def refused_file(self) -> Path:
        """Where refused rows go: never onto the file that is being read."""
        again = REFUSED.removesuffix(".jsonl") + "-again.jsonl" if self.source.endswith(REFUSED) else REFUSED
        return self.refused or self.beside(again)


REFUSED = ".refused.jsonl"


async def load(settings: Settings, options: Options, mappings: Mappings | None = None) -> int:
    """Load, and print the report. `mappings`: those of the settings, if somebody has read them. Raises ConfigError where it cannot
    start.
    """
    if settings.nevisidm.url is None and not (options.dry and not options.online):
        raise ConfigError("nevisidm.url is not set: there is nothing to load into (--dry-run needs none)")
    try:
        return await _load(settings, options, mappings or mappings_for(settings))
    except SourceError as error:
        raise ConfigError(str(error), code="GW003") from None


async def _load(settings: Settings, options: Options, mappings: Mappings) -> int:
    how = How(options.form, options.type, options.attributes)
    source = open_source(options.source, mappings, settings.migration, how)
    file = options.checkpoint_file
    checkpoint = Checkpoint(None, file) if options.dry else Checkpoint(file)
    if checkpoint.interrupted and not options.resume:
        checkpoint.close()
        raise ConfigError(f"the last load with {file} did not come to its end: --resume goes on with it", code="GW003")
    pace = Pace(options.at_once)
    context = await _context(settings, mappings, options, pace)
    refusals = Refusals(None if options.dry and options.refused is None else options.refused_file, more=options.resume)
    loading = Loading(
        source,
        checkpoint,
        Preparing(mappings, Dropping(options.drop)),
        _enters(context, options, checkpoint.salt, settings),
        pace,
        refusals,
        watcher(),
        lambda kinds: in_order(kinds, mappings),
        patience=options.patience,
        most_refused=options.most_refused,
        only=frozenset(options.only) or None,
        named={**getattr(source, "named", {}), **pairs("refer", options.refer, mappings)},
    )
    try:
        return await _told(loading, checkpoint, options)
    finally:
        checkpoint.close()
        refusals.close()
        await source.aclose()
        await context.client.aclose()
        await context.shared.aclose()


async def _told(loading: Loading, checkpoint: Checkpoint, options: Options) -> int:
    """Run it, and tell what came of it."""
    stopped, meanwhile = "", None
    checkpoint.begin()
    settle()
    with stopping(lambda: loading.stop("interrupted; go on with --resume")):
        try:
            meanwhile = await with_changes(loading, checkpoint)
            checkpoint.end()
        except Stopped as stop:
            stopped = str(stop)
    report = loading.report
    for line in report.lines(dry=options.dry):
        click.echo(line)
    if meanwhile is not None and not options.dry:
        did = ", ".join(f"{meanwhile.total(name):,} {name}" for name in ("created", "changed", "refused"))
        click.echo(f"\nChanged at the source meanwhile: {did}. scim-nevisidm delta goes on from there.")
    if loading.refusals.count and loading.refusals.path is not None:
        click.echo(
            f"\nRefused rows with their reasons: {loading.refusals.path}. Correct them there, and load that file."
        )
    if options.report is not None:
        facts = {**report.facts(dry=options.dry), "stopped": stopped or None}
        options.report.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2))
    if stopped:
        click.echo(f"Stopped: {stopped}", err=True)
        return UNFINISHED
    return 1 if _incomplete(report) or (meanwhile is not None and _incomplete(meanwhile)) else 0


def _incomplete(report: Report) -> bool:
    return bool(report.total("refused") or report.total("waiting") or report.missing)


async def _context(settings: Settings, mappings: Mappings, options: Options, pace: Pace) -> Context:
    """The gateway that rows go through: the same as serves requests, with as many places as rows may need."""
    if options.dry and not options.online:
        quiet = settings.model_copy(update={"probe": False, "audit": None, "journal": None})
        context = await context_for(quiet, None, Events(), mappings)
        await context.client.aclose()
        return dataclasses.replace(context, client=Held(None))
    chosen = settings.model_copy(update={"audit": None, "journal": None}) if options.dry else settings
    context = (await context_for(chosen, None, Events(pace, log_events("error")), mappings)).of_tenant(options.tenant)
    return dataclasses.replace(context, client=Held(context.client)) if options.dry else context


def _enters(context: Context, options: Options, salt: str, settings: Settings) -> Enters:
    match = matching(options.match, context.mappings)
    base = settings.base_url or "https://localhost"
    entering = Entering(context, Manner(options.existing, match, options.keep_ids, base), salt)
    return Rehearsing(entering, online=options.online) if options.dry else entering


def matching(said: tuple[str, ...], mappings: Mappings) -> dict[str, tuple[str, ...]]:
    """What `--match` says, by type. Raises ConfigError."""
    return {kind: tuple(names.split(",")) for kind, names in pairs("match", said, mappings).items()}


def pairs(option: str, said: tuple[str, ...], mappings: Mappings) -> dict[str, str]:
    """TYPE=ATTRIBUTE, as often as it was said. Raises ConfigError."""
    found = dict(each.partition("=")[::2] for each in said)
    for kind, names in found.items():
        if kind not in mappings.by_name or not names:
            raise ConfigError(f"--{option} {kind}={names}: write TYPE=ATTRIBUTE, as in User=externalId")
    return found
