"""Two sides of a migration in one process: a gateway over a sandbox as the live source, and what compares it with another."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx

from gateway.migration.checkpoint import Checkpoint
from gateway.migration.difference import Difference
from gateway.migration.dropping import Dropping
from gateway.migration.entering import Entering, Manner
from gateway.migration.live.connection import Connection
from gateway.migration.live.live import Live
from gateway.migration.pace import Pace
from gateway.migration.preparing import Preparing
from gateway.migration.progress import Silent
from gateway.migration.reading import Reading
from gateway.migration.references import in_order
from gateway.migration.row import Row, Unreadable
from gateway.migration.verdict import Verdict, values
from gateway.migration.verifying import Verifying
from gateway.nevisidm.engine import Exchange
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from tests.conftest import TOKEN, World

TYPES = ("App", "AppRole", "User", "Group", "Grant")
BASE = "https://localhost"
OWN = ("urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User",)
"""What no IDCS has: the profiles, units and properties of the nevisIDM behind the source."""


class Listed:
    """Rows in memory, as a file would have them."""

    name = "rows"

    def __init__(self, rows: list[Row | Unreadable], spoken: frozenset[str] | None = None) -> None:
        self.held = rows
        self.spoken = spoken

    async def again(self, type: str, key: str) -> Row | Unreadable | None:  # noqa: A002
        return next(
            (each for each in self.held if isinstance(each, Row) and (each.type, each.key) == (type, key)), None
        )

    async def speaks(self, type: str) -> frozenset[str] | None:  # noqa: A002
        assert type
        return self.spoken

    async def types(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.type for each in self.held if isinstance(each, Row)))

    async def size(self, type: str) -> int | None:  # noqa: A002
        return sum(isinstance(each, Row) and each.type == type for each in self.held)

    async def rows(self, type: str, after: str | None = None) -> AsyncIterator[Row | Unreadable]:  # noqa: A002
        assert after is None
        for each in self.held:
            if isinstance(each, Unreadable) or each.type == type:
                yield each

    async def aclose(self) -> None:
        """Nothing is open."""


class Dated(HttpxEngine):
    """A world has no server that dates answers: here they bear the time of its nevisIDM."""

    def __init__(self, world: World) -> None:
        super().__init__(httpx.ASGITransport(app=world.app, raise_app_exceptions=False))
        self.world = world

    async def exchange(self, *asked: Any, **more: Any) -> Exchange:
        answer = await super().exchange(*asked, **more)
        return replace(
            answer, headers={**answer.headers, "date": format_datetime(self.world.box.store.clock(), usegmt=True)}
        )


def live_of(world: World) -> Live:
    """The gateway of a world as a live source, in the dialect of IDCS."""
    engine = Dated(world)
    types = [each.type for each in world.context.mappings.by_name.values()]
    return Live(Connection("http://gateway.example/admin/v1", engine, bearer(TOKEN), patience=5), types)


async def rows_of(world: World, *types: str) -> list[Row | Unreadable]:
    """What the live source has of these types, each row once."""
    source, found = live_of(world), {}
    for kind in types or TYPES:
        async for row in source.rows(kind):
            assert isinstance(row, Row)
            found[kind, row.key] = row
    return list(found.values())


def comparison(
    world: World,
    source: Any,
    checkpoint: Checkpoint | None = None,
    *,
    extra: bool = False,
    tells: Any = values,
    drop: Any = (),
) -> Verifying:
    """What compares a source with the nevisIDM of a world."""
    mappings, pace = world.context.mappings, Pace(8)
    return Verifying(
        source,
        checkpoint,
        Preparing(mappings, Dropping(drop)),
        Dropping(drop),
        Entering(world.context, Manner(base=BASE), "salt"),
        Reading(world.context, BASE, pace, patience=5),
        mappings,
        pace,
        Silent(),
        lambda kinds: in_order(kinds, mappings),
        tells,
        extra=extra,
    )


async def verdict(doing: Verifying) -> Verdict:
    await doing.run()
    return Verdict(doing)


def report_of(found: Verdict, folder: Path) -> Any:
    path = folder / "report.json"
    found.write(path, "test")
    return json.loads(path.read_text())


def planted(found: Verdict, kind: str) -> list[tuple[str, str]]:
    """Path and kind of every finding about a type."""
    return [(path, what) for path, what, _ in found._done.balance.paths(kind)]


__all__ = ["Difference", "Listed", "comparison", "live_of", "planted", "report_of", "rows_of", "verdict"]
