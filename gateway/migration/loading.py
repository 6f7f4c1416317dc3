"""`load`: all rows of a source into nevisIDM, type by type, many at once, and again for those whose references came later.

A row is prepared, noted, entered and noted again; one that is as the checkpoint knows it costs no call. What nevisIDM refuses is
written down and the load goes on; what it has no time for is tried again, more and more slowly; when it stays away the load stops, and
goes on another day. Memory does not grow with the source: a few hundred rows are held at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from collections.abc import Mapping as Map
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.errors import Refused, ScimError
from gateway.migration.checkpoint import Checkpoint, Known, State
from gateway.migration.entering import Entered, Moved, NoteElements
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing, Ready
from gateway.migration.refusals import Refusals
from gateway.migration.report import Report
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import Source
from gateway.scim.tree import Attr

CHUNK = 256
"""Rows that are noted at once before their first calls."""

TRIES = 4
"""How often a row is tried whose call nevisIDM left unanswered, or answered with a fault of its own."""

_AWAY = frozenset(("GW503", "GW504", "GW509"))
_HOPELESS = frozenset(("GW502", "GW511"))
_AGAIN = frozenset(("GW501", "GW505", "GW506", "GW507", "GW508", "GW406"))


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


class Watcher(Protocol):
    """Who shows how far a load is."""

    def begin(self, what: str, size: int | None) -> None:
        """A pass begins, over so many rows."""

    def step(self) -> None:
        """A row has ended."""

    def end(self) -> None:
        """The pass has ended."""


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
        async for chunk in _chunks(self.source.rows(kind)):
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
            self._unreadable(found)
        if due is None:
            self.watcher.step()
        return due

    def _unreadable(self, found: Unreadable) -> None:
        self.report.refused("", "GW101", found.why)
        self.refusals.unreadable(found)

    def _due(self, row: Row, *, again: bool) -> tuple[Ready, Known | None] | None:
        known = self.checkpoint.get(row.type, row.key)
        if again and (known is None or known.state != "waiting"):
            return None
        if known is not None and known.run == self.checkpoint.run and not again:
            self._tell_refused(
                row, Refused("GW402", f"Another {row.type} of the source has the same key. Give each its own.")
            )
            return None
        try:
            ready = self.preparing.ready(row, self.checkpoint.id_of)
        except ScimError as error:
            self._tell_refused(row, error)
            self.checkpoint.note(row.type, row.key, "refused", known.id if known else None)
            return None
        if not again:
            self._count(ready)
        if ready.blocked or (known is not None and known.digest == ready.digest and self._settled(ready, known)):
            self._leave(ready, known, again=again)
            return None
        if known is None or known.id is None:
            self.checkpoint.note(row.type, row.key, "begun", None, ready.digest)
        return ready, known if known is not None and (known.id is not None or known.state == "begun") else None

    def _settled(self, ready: Ready, known: Known) -> bool:
        """Whether an unchanged row needs nothing: it is as it should be, or waits for what is not there."""
        return known.id is not None and known.state == ("waiting" if ready.missing else "done")

    def _leave(self, ready: Ready, known: Known | None, *, again: bool) -> None:
        """Nothing is sent for the row: it is as it should be, or waits for others; `again`: in vain."""
        row, id_ = ready.row, known.id if known is not None else None
        if not ready.missing:
            self.checkpoint.seen(row.type, row.key)
            self.report.did[row.type, "left"] += 1
            return
        digest, names = (known.digest, known.names) if known is not None and id_ is not None else (b"", ())
        self.checkpoint.note(row.type, row.key, "waiting", id_, digest, names)
        if again:
            self._in_vain(ready, counted=id_ is not None)
        elif id_ is not None:
            self.report.did[row.type, "left"] += 1

    def _in_vain(self, ready: Ready, *, counted: bool) -> None:
        """What the row refers to is not there, and everything has been loaded. `counted`: the row itself was written."""
        row = ready.row
        for each in ready.missing:
            self.report.missing[row.type, str(each.attr), each.type] += 1
        first = ready.missing[0]
        text = f"{first.attr} refers to a {first.type} that is neither loaded nor known. Load it, or correct the reference."
        self.refusals.row(row, Refused("GW405", text))
        if not counted:
            self.report.did[row.type, "waiting"] += 1

    def _count(self, ready: Ready) -> None:
        """What of the row is not sent."""
        kind = ready.row.type
        for name in ready.left_out:
            self.report.left_out[kind, name] += 1
            if name == "passwordHash":
                self.report.secrets[kind, "hashes, which nevisIDM does not take"] += 1
        for name in ready.made_there:
            self.report.made_there[kind, name] += 1

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
                if (away and not self._patient()) or (self._stop is not None and (away or code in _AGAIN)):
                    raise Stopped("nevisIDM has been away or busy for too long. Go on with --resume.") from None
                if away or (code in _AGAIN and failed < TRIES):
                    self.pace.busy(error.retry_after)
                    await asyncio.sleep(self.pace.waits)
                    known = known or Known("begun", None, ready.digest, (), 0)
                    continue
                self._entered_badly(ready, known, error)
                return False
            self._well_at = time.monotonic()
            self._entered_well(ready, entered, known, again=again)
            return True

    def _patient(self) -> bool:
        return time.monotonic() - self._well_at < self.patience

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

    def _entered_well(self, ready: Ready, entered: Entered, known: Known | None, *, again: bool) -> None:
        row = ready.row
        state: State = "refused" if entered.problems else "waiting" if ready.missing else "done"
        self.checkpoint.note(row.type, row.key, state, entered.id, ready.digest, ready.names)
        for error in entered.problems[:1]:
            more = f" ({len(entered.problems)} values were refused.)" if len(entered.problems) > 1 else ""
            self._tell_refused(row, Refused(error.code.code, error.detail + more, status=error.status))
        if not entered.problems and not (again and known is not None):
            self.report.did[row.type, entered.did] += 1
        if again and ready.missing:
            self._in_vain(ready, counted=True)
        for _ in ready.secrets if not again else ():
            self.report.secrets[row.type, "kept as they were" if entered.kept_secrets else "written"] += 1

    def _entered_badly(self, ready: Ready, known: Known | None, error: ScimError) -> None:
        row = ready.row
        half = error.code.code in _AGAIN
        id_ = known.id if known is not None else None
        self.checkpoint.note(row.type, row.key, "begun" if half and id_ is None else "refused", id_, ready.digest)
        self._tell_refused(row, error)

    def _tell_refused(self, row: Row, error: ScimError) -> None:
        self.report.refused(row.type, error.code.code, error.detail)
        self.refusals.row(row, error)
        if self.most_refused is not None and self.report.total("refused") >= self.most_refused:
            self.stop(
                f"{self.most_refused:,} rows were refused. See why in the report; correct it, and go on with --resume."
            )


async def _chunks(rows: AsyncIterator[Row | Unreadable]) -> AsyncIterator[list[Row | Unreadable]]:
    chunk: list[Row | Unreadable] = []
    async for each in rows:
        chunk.append(each)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
