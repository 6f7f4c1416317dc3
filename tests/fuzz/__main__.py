"""`make fuzz`: generated inputs by the million, with a report in docs/fuzz.md.

    python -m tests.fuzz --count 1000000                # goes on where the last run with this seed stopped
    python -m tests.fuzz --seed 7 --count 20000 --minutes 5 --no-report
    python -m tests.fuzz --only 4711                    # one input again, as it was

Exit status: 0 nothing found, 1 findings, 2 memory grew.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import click

from tests.fuzz.report import GROWTH, written
from tests.fuzz.runner import Runner, Tally, runner

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".fuzz"


@click.command()
@click.option("--count", default=1_000_000, show_default=True, help="Inputs in all.")
@click.option("--seed", default=1, show_default=True, help="Which inputs.")
@click.option("--whole-every", default=10, show_default=True, help="Every so many go through the whole gateway, too.")
@click.option("--minutes", default=0.0, help="Stop after so many minutes; the next run goes on.")
@click.option("--only", type=int, default=None, help="Just the input of that number.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write docs/fuzz.md.")
@click.option("--again", is_flag=True, help="Begin anew.")
def main(
    count: int, seed: int, whole_every: int, minutes: float, only: int | None, *, report: bool, again: bool
) -> None:
    """Fuzz the gateway."""
    KEPT.mkdir(exist_ok=True)
    state = KEPT / f"seed-{seed}-{whole_every}.json"
    if again:
        state.unlink(missing_ok=True)
    tally = Tally.load(state, seed, whole_every) if only is None else Tally(seed, 1)
    until = time.monotonic() + minutes * 60 if minutes else float("inf")

    def save(done: Tally) -> None:
        done.save(state)
        if done.done % 50_000 == 0:
            click.echo(
                f"{done.done} inputs, {done.whole} whole, {done.done / done.seconds:.0f}/s, {len(done.failures)} findings"
            )

    async def go() -> Tally:
        made, whole = await runner(tally)
        try:
            return await (_one(made, only) if only is not None else made.run(count, until=until, saved=save))
        finally:
            whole.close()

    done = asyncio.run(go())
    if only is None:
        done.save(state)
    for each in done.failures[:20]:
        click.echo(f"{each['where']} {each['number']}: {each['what']}\n    {each['input'][:600]}")
    text = written(done, count)
    if report and only is None:
        (ROOT / "docs" / "fuzz.md").write_text(text, encoding="utf-8")
    click.echo(text if only is None else str(dict(done.outcomes)))
    sys.exit(1 if done.failures else 2 if done.rss_end - done.rss_start > GROWTH and only is None else 0)


async def _one(made: Runner, number: int) -> Tally:
    await made.one(number)
    return made.tally


if __name__ == "__main__":
    main()
