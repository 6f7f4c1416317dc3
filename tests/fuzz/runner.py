"""The runner: numbers of inputs through the stages, bounded in time each, counted, with memory watched, and taken up where it stopped.

A hang is told by processor time, so that a busy machine is no finding; what waits without computing is bounded by the clock.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import resource
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import FrameType
from typing import Any

from gateway.assembly import Embedded, application, context_for
from gateway.events import Event, Events
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.sandbox.switches import Switches
from gateway.settings import Settings
from tests.fuzz.grammar import KINDS, Grammar, Input
from tests.fuzz.stages import Failed, Samples, Stages, Whole, samples

TOKEN = "caller-token"
DEADLINE = 2.0
"""Seconds of processor time that one input may take."""
PATIENCE = 60.0
"""Seconds by the clock for one request through the whole gateway."""
WARM = 20_000
"""Inputs after which caches are full: memory is measured from there on."""


class Hang(Exception):
    """An input took longer than it may."""


@dataclass
class World:
    """A gateway over a sandbox, in this process."""

    app: Any
    box: Any
    events: list[Event]


@dataclass
class Tally:
    """What a run has done so far, from the number `start` on; it is kept in a file, so that the next run goes on."""

    seed: int
    whole_every: int
    start: int = 0
    done: int = 0
    whole: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    slowest: float = 0.0
    slowest_number: int = 0
    rss_start: int = 0
    rss_end: int = 0
    rss_most: int = 0
    runs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({each.name: getattr(self, each.name) for each in fields(self)}), encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path, seed: int, whole_every: int, start: int = 0) -> Tally:
        """The kept one, if it is of the same run."""
        if path.exists():
            said = json.loads(path.read_text(encoding="utf-8"))
            if (said["seed"], said["whole_every"], said["start"]) == (seed, whole_every, start):
                return cls(**{**said, "kinds": Counter(said["kinds"]), "outcomes": Counter(said["outcomes"])})
        return cls(seed, whole_every, start)


def together(tallies: Sequence[Tally]) -> Tally:
    """What several processes have done, each with its share; memory is that of the one that grew most."""
    first = max(tallies, key=lambda each: each.rss_end - each.rss_start)
    slow = max(tallies, key=lambda each: each.slowest)
    whole = Tally(first.seed, first.whole_every, runs=max(each.runs for each in tallies))
    whole.rss_start, whole.rss_end, whole.rss_most = first.rss_start, first.rss_end, first.rss_most
    whole.slowest, whole.slowest_number = slow.slowest, slow.slowest_number
    whole.seconds = max(each.seconds for each in tallies)
    for each in tallies:
        whole.done += each.done
        whole.whole += each.whole
        whole.processor += each.processor
        whole.kinds += each.kinds
        whole.outcomes += each.outcomes
        whole.failures += each.failures
    return whole


class Runner:
    """Sends inputs by their numbers. Every `whole_every`-th goes through the whole gateway, too."""

    def __init__(self, grammar: Grammar, stages: Stages, whole: Whole, tally: Tally) -> None:
        self._grammar = grammar
        self._stages = stages
        self._whole = whole
        self.tally = tally

    async def run(
        self, count: int, *, until: float = float("inf"), saved: Callable[[Tally], None] | None = None
    ) -> Tally:
        """Up to `count` inputs of its share, or until that moment of time.monotonic."""
        tally, began, busy = self.tally, time.monotonic(), time.process_time()
        before, computed = tally.seconds, tally.processor
        tally.runs += 1
        warm = tally.done + min(WARM, max(0, count - tally.done) // 5)
        while tally.done < count and time.monotonic() < until:
            await self.one(tally.start + tally.done)
            tally.done += 1
            if tally.done == warm:
                tally.rss_start = tally.rss_most = resident()
            if tally.done % 2000 == 0 or tally.done == count:
                tally.seconds = before + time.monotonic() - began
                tally.processor = computed + time.process_time() - busy
                tally.rss_most = max(tally.rss_most, resident(collected=False))
                tally.rss_end = resident() if tally.done == count else tally.rss_most
                if saved is not None:
                    saved(tally)
        tally.seconds = before + time.monotonic() - began
        tally.processor = computed + time.process_time() - busy
        tally.rss_end = resident()
        return tally

    async def one(self, number: int) -> None:
        """One input, counted."""
        sent = self._grammar.make(self.tally.seed, number)
        self.tally.kinds[sent.kind] += 1
        began = time.process_time()
        await self._tried(number, sent, "pure", self._pure)
        took = time.process_time() - began
        if took > self.tally.slowest:
            self.tally.slowest, self.tally.slowest_number = took, number
        every = self.tally.whole_every
        if number % every == number // every % len(KINDS) % every:  # of each kind as many
            self.tally.whole += 1
            await self._tried(number, sent, "whole", self._through)

    async def _pure(self, sent: Input) -> str:
        return self._stages.run(sent)

    async def _through(self, sent: Input) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self._whole.run(sent)

    async def _tried(self, number: int, sent: Input, where: str, run: Callable[[Input], Awaitable[str]]) -> None:
        try:
            with bounded(DEADLINE):
                outcome = await run(sent)
        except Exception as error:  # whatever it is: finding it is the purpose
            what = error.what if isinstance(error, Failed) else f"{type(error).__name__} {_place(error)}"
            self.tally.failures.append({"number": number, "where": where, "what": what, "input": repr(sent)[:2000]})
            outcome = "FAILED"
        self.tally.outcomes[f"{where} {outcome}"] += 1


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise Hang in the block after so many seconds of processor time."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def _place(error: BaseException) -> str:
    """Where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/gateway/')[2]}:{trace.tb_lineno}" if trace else ""


def resident(*, collected: bool = True) -> int:
    """Bytes of this process that are in memory."""
    if collected:
        gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


async def prepared(
    mappings: Mappings | None = None, people: int = 20, **settings: Any
) -> tuple[World, Mappings, Samples]:
    """A gateway that answers, and what it has."""
    known = mappings or load(find_mappings())
    inner = sandbox(switches=Switches(), token="technical")
    numbers = itertools.count(1)
    inner.state.sandbox.new_id = lambda: f"box-{next(numbers)}"
    fill(inner.state.sandbox, people)
    events: list[Event] = []
    # a generated input is to be read, not told to come later
    chosen = Settings(**{"rates": {"tier": "none", "failed_checks": None}, **settings})
    context = await context_for(chosen, Embedded(inner, "technical"), Events(events.append), known)
    world = World(application(chosen, context, TOKEN), inner.state.sandbox, events)
    return world, known, await samples(world, known)


async def runner(tally: Tally, **settings: Any) -> tuple[Runner, Whole]:
    """A runner over the shipped mappings, and what is to be closed."""
    world, mappings, found = await prepared(**settings)
    whole = Whole(world)
    return Runner(Grammar(mappings, found.ids), Stages(mappings, found), whole, tally), whole
