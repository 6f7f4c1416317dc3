"""Writers of one record wait for each other, and for nobody else, and not for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.errors import Unavailable
from gateway.nevisidm.run import Run
from gateway.operation.turn import Turns, turn


@pytest.fixture
def run(world: Any) -> Any:
    def make(seconds: float | None = None) -> Run:
        import time

        deadline = None if seconds is None else time.monotonic() + seconds
        return Run(world.context.client, "r", world.context.events, deadline=deadline)

    return make


async def test_who_comes_second_waits(world: Any, run: Any) -> None:
    user = world.context.mappings.by_name["User"]
    turns, told = Turns(), list[str]()

    async def writer(name: str, identifier: str) -> None:
        async with turn(turns, "100", user, identifier, run()):
            told.append(f"{name} in")
            await asyncio.sleep(0.01)
            told.append(f"{name} out")

    await asyncio.gather(writer("a", "u1"), writer("b", "u1"), writer("c", "u2"))
    assert told.index("b in") > told.index("a out")
    assert told.index("c in") < told.index("a out")
    assert len(turns) == 0


async def test_who_waits_too_long_is_told_that_nothing_was_done(world: Any, run: Any) -> None:
    user = world.context.mappings.by_name["User"]
    turns = Turns()
    async with turn(turns, "100", user, "u1", run()):
        with pytest.raises(Unavailable, match="nothing was changed"):
            async with turn(turns, "100", user, "u1", run(0.01)):
                pass
    async with turn(turns, "100", user, "u1", run(0.01)):
        pass
