"""`python -m benchmarks.overload [--quick] [--write]`: one table, and what was to be reached."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence

import click

from benchmarks.asking import Ask
from benchmarks.canned import Tape
from benchmarks.contest import prepare
from benchmarks.figure import Figure, number, summary
from benchmarks.overload.scenarios import PLACES, SCENARIOS, Outcome, Scenario, play
from benchmarks.page import put
from benchmarks.process import LOAD
from benchmarks.wire.stub import ECHO, recorded
from benchmarks.wire.works import GET, Work, works
from gateway.running.serving import run


@click.command()
@click.option("--quick", is_flag=True, help="Only the first scenarios.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
@click.option("--only", multiple=True, help="Only scenarios whose name begins so.")
def main(quick: bool, write: bool, only: tuple[str, ...]) -> None:
    """The gateway before a slow nevisIDM and too many callers."""
    reached = bench(quick=quick, write=write, only=only)
    click.echo(f"\n{summary(reached)}")


def bench(*, quick: bool, write: bool, only: Sequence[str] = ()) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached. Nothing where a program is missing."""
    missing = [name for name in ("nginx", "taskset") if shutil.which(name) is None]
    if missing or not ECHO.exists():
        click.echo(
            "Overload is not measured: nginx with its module echo is missing. On Debian: apt-get install nginx-light"
        )
        return []
    outcomes = run(_played(SCENARIOS[:2] if quick else SCENARIOS, tuple(only)))
    click.echo(table(outcomes))
    if write:
        put("overload", table(outcomes))
    return [figure for each in outcomes for figure in figures(each)]


async def _played(scenarios: Sequence[Scenario], only: tuple[str, ...]) -> list[Outcome]:
    os.sched_setaffinity(0, {int(LOAD)})
    tape, path = await _one()
    return [await play(each, tape, path) for each in scenarios if not only or each.name.startswith(only)]


async def _one() -> tuple[Tape, str]:
    """What nevisIDM says to the reading of one user, and that user's address."""
    ground = await prepare()
    chosen: list[Work] = [each for each in works(ground) if each.name == GET]
    tape, _ = await recorded(ground, chosen)
    ask: Ask = chosen[0].asks[0]
    return tape, ask.path


def figures(outcome: Outcome) -> Iterator[Figure]:
    """What a scenario was to reach."""
    name = outcome.scenario.name
    if not outcome.scenario.halt:
        yield Figure(f"{name}: of what nevisIDM allows", 100 * outcome.share, 90, "%", at_least=True)
    yield Figure(f"{name}: errors", outcome.errors, 0)
    if outcome.scenario.beyond and not outcome.scenario.halt:
        yield Figure(f"{name}: p99 of a 503", outcome.refused_p99, 100, "ms")
    yield Figure(f"{name}: full throughput after the end", outcome.recovered, 2, "s")


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown."""
    lines = [
        "| | served/s | of what nevisIDM allows | refused/s | p99 of a 503, ms | errors | peak RSS, MiB | grown by | full again after, s "
        "| gateway's core | load's core | load late, ms |",
        "| --- | --: | --: | --: | --: | --- | --: | --: | --: | --: | --: | --: |",
    ]
    for each in outcomes:
        share = "" if each.scenario.halt else f"{100 * each.share:.0f} %"
        lines.append(
            f"| {each.scenario.name} | {each.rate:.0f} | {share} | {each.refused:.0f} | {each.refused_p99:.0f} "
            f"| {each.what or 'none'} | {each.memory:.0f} | {each.growth:.0f} | {number(each.recovered)} "
            f"| {100 * each.busy:.0f} % | {100 * each.load:.0f} % | {each.late:.0f} |"
        )
    return "\n".join(lines) + (
        f"\n\nGET one user; {PLACES} calls to nevisIDM at once; who is refused comes again after a second, unless it says otherwise. "
        "The gateway has one core, callers and nevisIDM's stub the other."
    )


if __name__ == "__main__":
    sys.exit(main())
