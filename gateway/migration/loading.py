"""`load`: all rows of a source into nevisIDM, type by type, many at once, and again for those whose references came later.

A row is prepared, noted, entered and noted again; one that is as the checkpoint knows it costs no call. What nevisIDM refuses is
written down and the load goes on; what it has no time for is tried again, more and more slowly; when it stays away the load stops, and
goes on another day. Memory does not grow with the source: a few hundred rows are held at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.errors import Refused, ScimError
from gateway.migration.checkpoint import Checkpoint, Known
from gateway.migration.entering import Entered, Moved, NoteElements
from gateway.migration.noting import UNSURE, Noting
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing, Ready
from gateway.migration.progress import Watcher
from gateway.migration.refusals import Refusals
from gateway.migration.report import Report
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import Source, chunks
from gateway.scim.tree import Attr

CHUNK = 256
"""Rows that are noted at once before their first calls."""

TRIES = 4
"""How often a row is tried whose call nevisIDM left unanswered, or answered with a fault of its own."""

_AWAY = frozenset(("GW503", "GW504", "GW509"))
_HOPELESS = frozenset(("GW502", "GW511"))


class Stopped(Exception):
    """The load cannot go on now; what was done is noted. The text says why, and the cure."""


class Enters(Protocol):
    """Who enters rows, or says what that would do."""

    async def enter(self, ready: Ready, known: Known | None) -> Entered:
        """See Entering."""
        ...

    async def elements(self, ready: Ready, id_: str, there: Map[Attr, set[str]], note: NoteElements) -> Moved:
        """See Entering."""
        ...

    async def named(self, kind: str, attr: str, value: str) -> str | None:
        """See Entering."""
        ...


@dataclass(slots=True)
class Loading:
    """One load. `patience`: seconds that nevisIDM may be away; `most_refused`: more refusals stop it; `only`: the types to load.

    `named`: by type, the attribute by which the source refers to what it does not have itself.
    """

    source: Source
    checkpoint: Checkpoint
    preparing: Preparing
    entering: Enters
    pace: Pace
    refusals: Refusals
    watcher: Watcher
    order: Callable[[Iterable[str]], tuple[str, ...]]
    report: Report = field(default_factory=Report)
    patience: float = 600.0
    most_refused: int | None = None
    only: frozenset[str] | None = None
    named: Map[str, str] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _stop: Stopped | None = None
    _well_at: float = 0.0

    @property
    def _notes(self) -> Noting:
        return Noting(self.checkpoint, self.report, self.refusals, self.most_refused, self.stop)

    def stop(self, why: str) -> None:
        """Begin nothing more; what is under way ends."""
        self._stop = self._stop or Stopped(why)

    async def run(self) -> Report:
        """Load everything. Raises Stopped, SourceError."""
        began = self._well_at = time.monotonic()
        try:
            kinds = self.order(await self.source.types())
            kinds = tuple(each for each in kinds if self.only is None or each in self.only)
            for kind in kinds:
                await self._pass(kind, again=False)
            for kind in kinds:
                if self.checkpoint.count(kind, "waiting"):
                    await self._pass(kind, again=True)
        finally:
            await self._ended()
            self.checkpoint.commit()
            self.report.seconds = time.monotonic() - began
            self.report.cuts = self.pace.cuts
        return self.report

    async def _pass(self, kind: str, *, again: bool) -> None:
        """All rows of a type; `again`: those that wait for others, for the second and last time."""
        size = await self.source.size(kind)
        self.watcher.begin(f"{kind} again" if again else kind, size)
        async for chunk in chunks(self.source.rows(kind), CHUNK):
            if again and self.named:
                await self._look_up(chunk)
            work = await self._work(chunk, again=again)
            self.checkpoint.commit()
            for ready, known in work:
                await self.pace.take()
                self._raise_if_stopped()
                task = asyncio.create_task(self._entered(ready, known, again=again))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            self._raise_if_stopped()
        await self._ended()
        self._raise_if_stopped()
        self.checkpoint.commit()
        self.watcher.end()

    async def _work(self, chunk: Iterable[Row | Unreadable], *, again: bool) -> list[tuple[Ready, Known | None]]:
        """What must be entered of these rows. What is under way goes on meanwhile: it would seem slow otherwise."""
        work = []
        for each in chunk:
            if (found := self._sorted_out(each, again=again)) is not None:
                work.append(found)
            await asyncio.sleep(0)
        return work

    async def _look_up(self, rows: Iterable[Row | Unreadable]) -> None:
        """Note who is meant by names that rows refer to and the source does not have."""
        for row in rows:
            known = self.checkpoint.get(row.type, row.key) if isinstance(row, Row) else None
            if not isinstance(row, Row) or known is None or known.state != "waiting":
                continue
            with suppress(ScimError):
                for each in self.preparing.ready(row, self.checkpoint.id_of).missing:
                    attr = self.named.get(each.type)
                    found = await self.entering.named(each.type, attr, each.key) if attr is not None else None
                    if found is not None:
                        self.checkpoint.note(each.type, each.key, "done", found)

    async def _ended(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _raise_if_stopped(self) -> None:
        if self._stop is not None:
            raise self._stop

    def _sorted_out(self, found: Row | Unreadable, *, again: bool) -> tuple[Ready, Known | None] | None:
        """What must be entered, noted as begun; None where nothing is to be done."""
        due = None
        if isinstance(found, Row):
            due = self._due(found, again=again)
        elif not again:
            self._notes.unreadable(found)
        if due is None:
            self.watcher.step()
        return due

    def _due(self, row: Row, *, again: bool) -> tuple[Ready, Known | None] | None:
        known = self.checkpoint.get(row.type, row.key)
        if again and (known is None or known.state != "waiting"):
            return None
        if known is not None and known.run == self.checkpoint.run and not again:
            self._notes.refused(
                row, Refused("GW402", f"Another {row.type} of the source has the same key. Give each its own.")
            )
            return None
        try:
            ready = self.preparing.ready(row, self.checkpoint.id_of)
        except ScimError as error:
            self._notes.refused(row, error)
            self.checkpoint.note(row.type, row.key, "refused", known.id if known else None)
            return None
        if not again:
            self._notes.not_sent(ready)
        if ready.blocked or (known is not None and known.digest == ready.digest and self._settled(ready, known)):
            self._notes.left(ready, known, again=again)
            return None
        if known is None or known.id is None:
            self.checkpoint.note(row.type, row.key, "begun", None, ready.digest)
        return ready, known if known is not None and (known.id is not None or known.state == "begun") else None

    def _settled(self, ready: Ready, known: Known) -> bool:
        """Whether an unchanged row needs nothing: it is as it should be, or waits for what is not there."""
        return known.id is not None and known.state == ("waiting" if ready.missing else "done")

    async def _entered(self, ready: Ready, known: Known | None, *, again: bool) -> None:
        """Enter one row, however often that takes."""
        well = False
        try:
            well = await self._insist(ready, known, again=again)
        except Stopped as stopped:
            self._stop = self._stop or stopped
        finally:
            self.pace.give_back(well=well)
            self.watcher.step()

    async def _insist(self, ready: Ready, known: Known | None, *, again: bool) -> bool:
        """Whether the row was entered. Raises Stopped where it makes no sense to go on."""
        failed = 0
        while True:
            try:
                entered = await self._enter(ready, known)
            except ScimError as error:
                code = error.code.code
                if code in _HOPELESS:
                    raise Stopped(f"{error.detail} {error.code.cure}") from None
                away = code in _AWAY or error.status == 429
                failed += not away
                if (away and time.monotonic() - self._well_at >= self.patience) or (
                    self._stop is not None and (away or code in UNSURE)
                ):
                    raise Stopped("nevisIDM has been away or busy for too long. Go on with --resume.") from None
                if away or (code in UNSURE and failed < TRIES):
                    self.pace.busy(error.retry_after)
                    await asyncio.sleep(self.pace.waits)
                    known = known or Known("begun", None, ready.digest, (), 0)
                    continue
                self._notes.badly(ready, known, error)
                return False
            self._well_at = time.monotonic()
            self._notes.well(ready, entered, known, again=again)
            return True

    async def _enter(self, ready: Ready, known: Known | None) -> Entered:
        entered = await self.entering.enter(ready, known)
        row = ready.row
        if not ready.apart:
            return entered
        there = {attr: self.checkpoint.elements(row.type, row.key, str(attr)) for attr in ready.apart}

        def note(name: str, now: Iterable[str], gone: Iterable[str]) -> None:
            self.checkpoint.note_elements(row.type, row.key, name, now, gone)

        moved = await self.entering.elements(ready, entered.id, there, note)
        did = "changed" if entered.did == "left" and moved.any else entered.did
        return replace(entered, did=did, problems=moved.problems)
