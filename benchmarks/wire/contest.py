"""The contenders, each started alone and asked in turn; what one cost is read from its own process's accounting.

Load and stub share a core, the contender has the other. Medians over rounds; any answer that is an error ends the run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.load import Score, turn
from benchmarks.process import Process, rss
from benchmarks.wire.works import Work

ENOUGH, LONGEST = 25, 6
"""Requests that a turn should count, and the seconds that it may take for that."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A process that listens, and the works that it can do, by name."""

    name: str
    process: Process
    port: int
    works: Mapping[str, Work]


@dataclass(frozen=True, slots=True)
class Total:
    """The medians of a contender's turns at one work, and its memory in MiB after the last."""

    score: Score
    rss: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Rounds, and seconds of each turn; before them everybody warms up for a second."""

    rounds: int
    seconds: int

    def long(self, rate: float) -> int:
        """The seconds of a turn of who does so many a second: the slow have longer, for a count that means something."""
        return (
            self.seconds
            if rate * self.seconds >= ENOUGH
            else min(LONGEST, max(self.seconds, 1 + int(ENOUGH / max(rate, 1))))
        )


def contest(contenders: Sequence[Contender], works: Sequence[str], pace: Pace) -> dict[tuple[str, str], Total]:
    """By work and contender. Work by work, contenders in turn, every other round backwards."""
    found = {}
    for work in works:
        entered = [each for each in contenders if work in each.works]
        warm = {each.name: _turn(each, each.works[work], 1) for each in entered}
        scores: dict[str, list[Score]] = {each.name: [] for each in entered}
        for number in range(pace.rounds):
            for each in entered[:: -1 if number % 2 else 1]:
                scores[each.name].append(_turn(each, each.works[work], pace.long(warm[each.name].rate)))
        found |= {(work, each.name): Total(Score.usual(scores[each.name]), rss(each.process.pid)) for each in entered}
    return found


def ours(kind: str, port: int, stub: str, *more: str) -> Sequence[str]:
    """The command of a contender of this package."""
    return [sys.executable, "-m", "benchmarks.wire.contender", kind, str(port), stub, *more]


def _turn(contender: Contender, work: Work, seconds: int) -> Score:
    try:
        return turn(contender.process.pid, contender.port, work.asks, seconds, work.connections)
    except RuntimeError as error:
        raise RuntimeError(f"{contender.name}, {work.name}: {error}") from None
