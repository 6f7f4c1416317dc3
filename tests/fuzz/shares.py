"""The inputs of a run shared among processes, one for each core; each keeps what it has done in a file and goes on from there."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import click

from tests.fuzz.runner import Tally, runner, together

KEPT = Path(__file__).parents[2] / ".fuzz"


def all_shares(count: int, seed: int, whole_every: int, workers: int, minutes: float, *, again: bool) -> Tally:
    """Every share in a process of its own."""
    KEPT.mkdir(exist_ok=True)
    bounds = [count * number // workers for number in range(workers + 1)]
    files = [KEPT / f"seed-{seed}-{whole_every}-{start}-of-{count}.json" for start in bounds[:-1]]
    if again:
        for file in files:
            file.unlink(missing_ok=True)
    kept = [Tally.load(file, seed, whole_every, start) for file, start in zip(files, bounds[:-1], strict=True)]
    sizes = [upper - lower for lower, upper in pairwise(bounds)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return together(list(pool.map(share, kept, sizes, [minutes] * workers, files)))


def share(tally: Tally, count: int, minutes: float, state: Path | None) -> Tally:
    """One process's share, kept in a file as it goes."""
    until = time.monotonic() + minutes * 60 if minutes else float("inf")

    def save(done: Tally) -> None:
        if state is not None:
            done.save(state)
        if done.done % 50_000 == 0:
            rate, found = done.done / done.seconds, len(done.failures)
            click.echo(f"from {done.start}: {done.done} inputs, {done.whole} whole, {rate:.0f}/s, {found} findings")

    async def go() -> Tally:
        made, whole = await runner(tally)
        try:
            return await made.run(count, until=until, saved=save)
        finally:
            whole.close()

    done = asyncio.run(go())
    save(done)
    return done
