"""`make fuzz`: generated inputs by the million, with a report in docs/fuzz.md.

    python -m tests.fuzz --count 1000000                # goes on where the last run with this seed stopped
    python -m tests.fuzz --seed 7 --count 20000 --minutes 5 --no-report
    python -m tests.fuzz --only 4711                    # one input again, as it was

Exit status: 0 nothing found, 1 findings, 2 memory grew.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tests.fuzz.report import GROWTH, written
from tests.fuzz.runner import Tally
from tests.fuzz.shares import all_shares, share

ROOT = Path(__file__).parents[2]


@click.command()
@click.option("--count", default=1_000_000, show_default=True, help="Inputs in all.")
@click.option("--seed", default=1, show_default=True, help="Which inputs.")
@click.option("--whole-every", default=10, show_default=True, help="Every so many go through the whole gateway, too.")
@click.option(
    "--workers", default=os.cpu_count() or 1, help="Processes that share the inputs [default: one for each core]."
)
@click.option("--minutes", default=0.0, help="Stop after so many minutes; the next run goes on.")
@click.option("--only", type=int, default=None, help="Just the input of that number.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write docs/fuzz.md.")
@click.option("--again", is_flag=True, help="Begin anew.")
def main(
    count: int,
    seed: int,
    whole_every: int,
    workers: int,
    minutes: float,
    only: int | None,
    *,
    report: bool,
    again: bool,
) -> None:
    """Fuzz the gateway."""
    everything = (count, seed, whole_every, workers, minutes)
    done = share(Tally(seed, 1, only), 1, 0.0, None) if only is not None else all_shares(*everything, again=again)
    for each in done.failures[:20]:
        click.echo(f"{each['where']} {each['number']}: {each['what']}\n    {each['input'][:600]}")
    text = written(done, count)
    if report and only is None:
        (ROOT / "docs" / "fuzz.md").write_text(text, encoding="utf-8")
    click.echo(text if only is None else str(dict(done.outcomes)))
    sys.exit(1 if done.failures else 2 if done.rss_end - done.rss_start > GROWTH and only is None else 0)


if __name__ == "__main__":
    main()
