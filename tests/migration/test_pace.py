"""How many rows are under way: more while it goes well, fewer when nevisIDM slows or says no, one cut a second, pauses that grow."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gateway.events import CallEnded, Shed
from gateway.migration.pace import Pace

pytestmark = pytest.mark.anyio


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def _call(status: int | None = 201, seconds: float = 0.01) -> CallEnded:
    return CallEnded("r", "user.create", status, seconds, 1)


async def _rows(pace: Pace, count: int, clock: Clock) -> None:
    for _ in range(count):
        await pace.take()
        pace(_call())
        clock.now += 0.01
        pace.give_back(well=True)


async def test_it_goes_up_to_the_most_while_all_is_well() -> None:
    clock = Clock()
    pace = Pace(16, clock=clock)
    await _rows(pace, 5, clock)
    assert 5 < pace.limit < 6
    await _rows(pace, 500, clock)
    assert (pace.limit, pace.cuts) == (16, 0)


@pytest.mark.parametrize("event", [_call(429), _call(503), _call(None), Shed("r", "user.create")])
async def test_half_of_it_goes_when_nevisidm_is_busy_and_a_pause_begins(event: CallEnded | Shed) -> None:
    clock = Clock()
    pace = Pace(16, start=16, clock=clock)
    pace(event)
    pace(event)  # of the same moment: it costs nothing more
    assert (pace.limit, pace.cuts, pace.waits) == (8, 1, 0.5)
    clock.now += 1
    pace(event)
    assert (pace.limit, pace.waits) == (4, 1.0)
    for _ in range(20):
        clock.now += 40
        pace(event)
    assert (pace.limit, pace.waits) == (1, 30)


async def test_nevisidm_may_say_how_long_to_wait() -> None:
    pace = Pace(clock=Clock())
    pace.busy(12)
    assert pace.waits == 12


async def test_it_gives_way_when_calls_take_much_longer_than_they_did() -> None:
    clock = Clock()
    pace = Pace(16, start=16, clock=clock)
    for _ in range(100):
        pace(_call(seconds=0.02))
    assert pace.cuts == 0
    for _ in range(100):
        clock.now += 0.1
        pace(_call(seconds=0.5))
    assert pace.cuts > 2
    assert pace.limit < 8


async def test_a_refused_row_makes_no_room() -> None:
    clock = Clock()
    pace = Pace(16, clock=clock)
    await pace.take()
    pace(_call(409))
    pace.give_back(well=False)
    assert (pace.limit, pace.under_way) == (4, 0)
