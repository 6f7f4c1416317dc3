"""The command `delta`: rounds until somebody stops it, each a line of JSON on standard output.

Exit status: 0 it was stopped, or the one round of `--once` left nothing behind; 1 in that round rows were refused or wait for others; 3 it
could not start; 4 it stopped because it could not go on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from gateway.assembly import context_for, mappings_for
from gateway.errors import ConfigError, ScimError
from gateway.events import Events
from gateway.mapping.apart import aparts
from gateway.mapping.model import Mappings
from gateway.migration.checkpoint import Checkpoint
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Manner
from gateway.migration.following import Changes, Deletes, Following
from gateway.migration.live.opening import is_live, live
from gateway.migration.load import UNFINISHED, Options, matching
from gateway.migration.loading import Loading, Stopped
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import Silent
from gateway.migration.references import in_order
from gateway.migration.refusals import Refusals
from gateway.migration.removing import Removing
from gateway.migration.report import Report
from gateway.migration.source import SourceError
from gateway.migration.stopping import stopping
from gateway.migration.verify import check_types
from gateway.observe.log import log_events
from gateway.operation.context import Context
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the command line says beside what it shares with `load`. Seconds; `sweep` counts rounds, 0: never."""

    of: Options
    every: float = 30.0
    once: bool = False
    sweep: int = 20
    deletes: Deletes | None = None
    most_deletes: int = 100


async def delta(settings: Settings, said: Tracking) -> int:
    """Follow. Raises ConfigError where it cannot start."""
    if settings.nevisidm.url is None:
        raise ConfigError("nevisidm.url is not set: there is nothing to bring changes to")
    if not is_live(said.of.source):
        raise ConfigError(
            "delta follows a live source, scim+https://…; a file is loaded again with load, which sends what changed"
        )
    _check_direction(settings, said.of.source)
    mappings = mappings_for(settings)
    check_types(said.of, mappings)
    try:
        return await _delta(settings, said, mappings)
    except SourceError as error:
        raise ConfigError(str(error), code="GW003") from None


def _check_direction(settings: Settings, source: str) -> None:
    """Raises ConfigError where the source is this gateway: it would follow itself."""
    ours = [settings.base_url, *(each.base_url for each in settings.tenants)]
    hosts = {urlsplit(each).netloc.lower() for each in ours if each is not None}
    if urlsplit(source.partition("+")[2]).netloc.lower() in hosts:
        raise ConfigError("the source is this gateway itself (base_url): what delta writes would come back as a change")


async def _delta(settings: Settings, said: Tracking, mappings: Mappings) -> int:
    source = live(said.of.source, settings.migration, mappings.types().values())
    checkpoint = Checkpoint(said.of.checkpoint_file)
    pace = Pace(said.of.at_once)
    context = await context_for(settings, None, Events(pace, log_events("error")), mappings)
    tenant = context.of_tenant(said.of.tenant)
    refusals = Refusals(said.of.refused_file, more=True)
    base = settings.base_url or "https://localhost"
    entering = Entering(
        tenant, Manner(said.of.existing, matching(said.of.match, mappings), said.of.keep_ids, base), checkpoint.salt
    )
    loads = _Loads(said.of, checkpoint, tenant, entering, pace, refusals)
    following = Following(
        source,
        checkpoint,
        loads,
        Removing(tenant, base),
        lambda kinds: in_order(kinds, mappings),
        _print,
        only=frozenset(said.of.only) or None,
        deletes=said.deletes,
        most_deletes=said.most_deletes,
        whole=lambda kind: bool(aparts(mappings.by_name[kind])),
    )
    try:
        return await _rounds(following, loads, said)
    finally:
        checkpoint.close()
        refusals.close()
        await source.aclose()
        await context.client.aclose()
        await context.shared.aclose()


class _Loads:
    """A load for each round, and a way to stop the one that is under way."""

    def __init__(
        self,
        said: Options,
        checkpoint: Checkpoint,
        context: Context,
        entering: Entering,
        pace: Pace,
        refusals: Refusals,
    ) -> None:
        self._said = said
        self._checkpoint = checkpoint
        self._context = context
        self._entering = entering
        self._pace = pace
        self._refusals = refusals
        self._now: Loading | None = None

    async def __call__(self, source: Changes) -> Report:
        mappings = self._context.mappings
        self._checkpoint.begin()
        self._now = Loading(
            source,
            self._checkpoint,
            Preparing(mappings, Dropping(self._said.drop)),
            self._entering,
            self._pace,
            self._refusals,
            Silent(),
            lambda kinds: in_order(kinds, mappings),
            patience=self._said.patience,
            only=frozenset(self._said.only) or None,
        )
        report = await self._now.run()
        self._checkpoint.end()
        return report

    def stop(self) -> None:
        if self._now is not None:
            self._now.stop("interrupted; the next start goes on where this one was")


async def _rounds(following: Following, loads: _Loads, said: Tracking) -> int:
    """Round after round, until it is stopped."""
    woken = asyncio.Event()

    def stop() -> None:
        following.stopped = True
        loads.stop()
        woken.set()

    with stopping(stop):
        while not following.stopped:
            sweep = said.sweep > 0 and following.number % said.sweep == 0
            try:
                report = await following.round(sweep=sweep)
            except Stopped as stopped:
                return _ended(str(stopped), on_purpose=following.stopped)
            except SourceError as error:
                return _ended(str(error), on_purpose=following.stopped)
            except ScimError as error:
                why = f"{error.detail} {error.code.cure}"
                if said.once or (error.status < 500 and error.status != 429):
                    return _ended(why, on_purpose=False)
                click.echo(f"This round was not ended: {why}", err=True)  # the next one begins where it began
                report = Report()
            if said.once:
                return 1 if report.total("refused") or report.total("waiting") or report.missing else 0
            try:
                await asyncio.wait_for(woken.wait(), said.every)
            except TimeoutError:
                continue
    return 0


def _ended(why: str, *, on_purpose: bool) -> int:
    click.echo(f"Stopped: {why}", err=True)
    return 0 if on_purpose else UNFINISHED


def _print(facts: dict[str, Any]) -> None:
    click.echo(orjson.dumps(facts))
