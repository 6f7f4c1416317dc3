"""CPU time per call of several contenders, measured in turn so that the machine's moods meet all of them alike.

One turn of a contender is a slice of fixed length; a round gives every contender one turn, every other round backwards. What is compared is
the median over rounds of the ratio within a round. Machines differ, ratios hardly do.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from statistics import median

Run = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure: rounds, and seconds of CPU per turn."""

    rounds: int
    turn: float


QUICK = Pace(3, 0.01)
FULL = Pace(15, 0.05)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU per call, one number per round."""

    rounds: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """The usual cost."""
        return median(self.rounds)

    def over(self, other: Cost) -> float:
        """How many times the other's cost, compared round by round."""
        return median(one / two for one, two in zip(self.rounds, other.rounds, strict=True))

    def minus(self, other: Cost) -> Cost:
        """What this one costs more."""
        return Cost(tuple(one - two for one, two in zip(self.rounds, other.rounds, strict=True)))


def repeated(function: Callable[[], object]) -> Run:
    """A plain function as a contender."""

    async def run(times: int) -> None:
        for _ in range(times):
            function()

    return run


async def measure(contenders: Mapping[str, Run], pace: Pace) -> dict[str, Cost]:
    """The cost of each contender. Collector as in `serve`: what exists before is frozen, what comes is collected as usual."""
    times = {name: await _times(run, pace.turn) for name, run in contenders.items()}
    gc.collect()
    gc.freeze()
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(pace.rounds):
        for name in list(contenders)[:: -1 if number % 2 else 1]:
            found[name].append(await _turn(contenders[name], times[name]))
    gc.unfreeze()
    return {name: Cost(tuple(rounds)) for name, rounds in found.items()}


async def _times(run: Run, turn: float) -> int:
    """How often a contender runs in one turn; an even number, for those that go to and fro. Warms it up as well."""
    times = 2
    while True:
        each = await _turn(run, times)
        if each * times > turn / 4:
            return max(2, round(turn / each / 2) * 2)
        times *= 4


async def _turn(run: Run, times: int) -> float:
    began = time.process_time()
    await run(times)
    return (time.process_time() - began) / times
