"""`delta`: what changes at the source comes to nevisIDM, round after round, until the switch-over.

A round asks the source what was changed since the last one began (by the source's own clock, and some way back), and enters it as `load`
does: what is as the checkpoint knows it costs no call, so an overlap costs nothing. Now and then a sweep goes through the keys of
everybody: who is not known comes, who is gone is asked for once more and then taken away, if that was asked for. Types with lists that a
change may not date (the members of groups) are read whole in a sweep. The source is only ever read: what is written here never comes back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from gateway.migration.checkpoint import Checkpoint
from gateway.migration.live.live import Live, Undated
from gateway.migration.loading import Loading, Stopped
from gateway.migration.report import COLUMNS, Report
from gateway.migration.row import Row, Unreadable

Deletes = Literal["disable", "delete"]
SINCE = "source clock"
"""What a checkpoint calls the moment, by the source's clock, up to which everything has been followed."""


BEGUN = "source clock at begin"
"""What it calls the moment at which a load of a live source began that may have been killed since."""


async def with_changes(loading: Loading, checkpoint: Checkpoint) -> Report | None:
    """Run a load; of a live source then what changed there meanwhile, and note from when on it is to be followed.

    The report of what changed; None for a source that stands still. Raises Stopped, SourceError.
    """
    source = loading.source
    if not isinstance(source, Live):
        await loading.run()
        return None
    began = checkpoint.said(BEGUN) if checkpoint.interrupted else None
    began = began or (await source.now()).isoformat()
    checkpoint.say(BEGUN, began)
    await loading.run()
    checkpoint.begin()
    whole, loading.report = loading.report, Report()
    loading.source = Changes(source, datetime.fromisoformat(began))
    try:
        return await loading.run()
    finally:
        loading.source, loading.report = source, whole
        checkpoint.say(SINCE, began)


class Loads(Protocol):
    """Enters the rows of a source, as `load` does."""

    async def __call__(self, source: Changes) -> Report:
        """Enter all of them. Raises Stopped, SourceError."""
        ...


class Removes(Protocol):
    """Takes a resource away."""

    async def __call__(self, type: str, id_: str, how: Deletes) -> bool:  # noqa: A002
        """Whether it is gone, or disabled. Raises ScimError."""
        ...


class Changes:
    """The part of a source that a round is about: what changed since a moment, or these keys, or all of some types."""

    def __init__(self, source: Live, since: datetime | None, whole: frozenset[str] = frozenset()) -> None:
        self.name = source.name
        self.undated: set[str] = set()
        self.strangers: dict[str, list[str]] = {}
        self._source = source
        self._since = since
        self._whole = whole

    async def types(self) -> tuple[str, ...]:
        """Those of the source."""
        return await self._source.types()

    async def size(self, type: str) -> int | None:  # noqa: A002, ARG002 — as in Source
        """Nobody knows before they have come."""
        return None

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002, ARG002
        """The rows of this round."""
        if self._since is None or type in self._whole or type in self.undated:
            async for row in self._source.rows(type):
                yield row
            return
        came: set[str] = set()
        try:
            async for row in self._source.changed(type, self._since):
                if isinstance(row, Row):
                    came.add(row.key)
                yield row
        except Undated:
            self.undated.add(type)
            async for row in self._source.rows(type):
                yield row
            return
        for key in self.strangers.get(type, ()):
            found = await self._source.again(type, key) if key not in came else None
            if found is not None:
                yield found

    async def aclose(self) -> None:
        """The source outlives its rounds."""


@dataclass(slots=True)
class Following:
    """The rounds. `deletes` None: who is gone at the source stays; `most_deletes`: more at once are taken for a mistake."""

    source: Live
    checkpoint: Checkpoint
    loads: Loads
    removes: Removes
    order: Callable[[tuple[str, ...]], tuple[str, ...]]
    tells: Callable[[dict[str, Any]], None]
    only: frozenset[str] | None = None
    deletes: Deletes | None = None
    most_deletes: int = 100
    whole: Callable[[str], bool] = lambda _: False
    stopped: bool = False
    number: int = 0
    """How many rounds there were."""
    _undated: set[str] = field(default_factory=set)

    async def round(self, *, sweep: bool) -> Report:
        """One round. Raises Stopped, SourceError."""
        self.number += 1
        began, since = await self.source.now(), self._since()
        kinds = self.order(await self.source.types())
        kinds = tuple(each for each in kinds if self.only is None or each in self.only)
        whole = frozenset(each for each in kinds if sweep and self.whole(each))
        changes = Changes(self.source, since, whole)
        changes.undated |= self._undated
        gone: list[tuple[str, str, str]] = []
        if sweep and since is not None:
            gone = await self._swept(kinds, changes)
        report = await self.loads(changes)
        self._undated |= changes.undated
        deleted = await self._take_away(gone) if self.deletes is not None else 0
        self.checkpoint.say(SINCE, began.isoformat())
        self.checkpoint.commit()
        self._tell(began, since, report, sweep=sweep, gone=len(gone), deleted=deleted)
        return report

    def _since(self) -> datetime | None:
        said = self.checkpoint.said(SINCE)
        return None if said is None else datetime.fromisoformat(said)

    async def _swept(self, kinds: tuple[str, ...], changes: Changes) -> list[tuple[str, str, str]]:
        """(type, key, id) of those that are gone, the last types first; strangers are noted for this round."""
        gone: list[tuple[str, str, str]] = []
        self.checkpoint.begin()
        for kind in kinds:
            strangers: list[str] = []
            async for key in self.source.keys(kind):
                if self.checkpoint.id_of(kind, key) is None:
                    strangers.append(key)
                else:
                    self.checkpoint.seen(kind, key)
                if self.stopped:
                    raise Stopped("interrupted; the next start goes on where this one was")
            changes.strangers[kind] = strangers
            gone = [(kind, key, id_) for key, id_ in self.checkpoint.gone(kind)] + gone
        self.checkpoint.commit()
        return gone

    async def _take_away(self, gone: list[tuple[str, str, str]]) -> int:
        """Take away who is gone, each asked for once more before. Raises Stopped where they are more than can be meant."""
        assert self.deletes is not None
        sure = [each for each in gone if await self.source.again(each[0], each[1]) is None]
        if len(sure) > self.most_deletes:
            raise Stopped(
                f"{len(sure):,} are gone at the source, more than --most-deletes {self.most_deletes}: nothing was taken away. "
                "Look whether the source still shows everybody."
            )
        done = 0
        for kind, key, id_ in sure:
            if await self.removes(kind, id_, self.deletes):
                self.checkpoint.forget(kind, key)
                done += 1
            self.checkpoint.commit()
        return done

    def _tell(
        self, began: datetime, since: datetime | None, report: Report, *, sweep: bool, gone: int, deleted: int
    ) -> None:
        """A line about the round. `lag`: how old the youngest change may be that is not in nevisIDM yet."""
        lag = (self.source.clock or datetime.now(UTC)) - began
        self.tells(
            {
                "round": self.number,
                "at": began.isoformat().replace("+00:00", "Z"),
                "since": None if since is None else since.isoformat().replace("+00:00", "Z"),
                "sweep": sweep,
                **{name: report.total(name) for name in COLUMNS},
                "gone": gone if sweep else None,
                "deleted": deleted,
                "seconds": round(report.seconds, 3),
                "lag": round(max(0.0, lag.total_seconds()), 1),
            }
        )
