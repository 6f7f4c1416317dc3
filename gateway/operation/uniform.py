"""One face for all failed checks, in work and time as in words: what `disclosure: uniform` asks beyond the text.

A check that ends early would tell by its speed that there is no such subject. So what it did not do is done to a decoy, and no failure
leaves before a floor; one that takes longer leaves at a multiple of it. What still shows is load that lasts longer than the floor.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from gateway.mapping.action import Action, Do, Find


@dataclass(frozen=True, slots=True)
class Uniform:
    """`decoy`: the extId of the user to whom the rest is done, None: to nobody. `floor` in seconds; `ticks` and `pause` are the clock."""

    decoy: str | None = None
    floor: float = 1.0
    ticks: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def wait(self, began: float) -> None:
        """Wait until the first multiple of the floor since `began` is over."""
        passed = self.ticks() - began
        await self.pause(max(1, math.ceil(passed / self.floor)) * self.floor - passed)


def left_out(action: Action, way: str, done: int) -> tuple[list[Find], list[Do]]:
    """What a check that failed in `way` after `done` calls has not done, compared with one of the first way that came to its last call.

    The searches of the ways that it did not come to, and the calls that are still to be made about a decoy.
    """
    names = list(action.ways)
    later = names[names.index(way) + 1 :] if way in names else []
    finds = [step for name in later for step in action.ways[name] if isinstance(step, Find)]
    calls = [step for step in action.ways[names[0]] if isinstance(step, Do)]
    return finds, calls[done:]


def subjects(action: Action) -> Iterator[Find]:
    """Who the first way is about."""
    yield from (step for step in next(iter(action.ways.values())) if isinstance(step, Find))
