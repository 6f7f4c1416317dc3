"""`python -m benchmarks [--quick] [--write]`: one table of ratios, measured in turn within one run."""

from __future__ import annotations

import click

from benchmarks.asking import Asker
from benchmarks.contest import ROOT, Ground, prepare
from benchmarks.figure import Figure, summary
from benchmarks.measure import FULL, QUICK, Cost, Pace, Run, measure, repeated
from benchmarks.page import put
from benchmarks.pieces import AGAIN, pieces
from benchmarks.reference import reference
from benchmarks.table import Row, table, told
from benchmarks.works import LONG, Work, works
from gateway.running.serving import run

UNIT = "GET one user"


@click.command()
@click.option("--quick", is_flag=True, help="Few rounds: enough to see what is badly wrong.")
@click.option("--write", is_flag=True, help="Also write docs/performance.md.")
def main(quick: bool, write: bool) -> None:
    """What the gateway costs, as ratios to a gateway written by hand."""
    click.echo(f"\n{summary(bench(quick=quick, write=write))}")


def bench(*, quick: bool, write: bool) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached."""
    pace = QUICK if quick else FULL
    rows, costs = run(compete(pace))
    unit = costs[f"R {UNIT}"]
    click.echo(f"{table(rows)}\n\nR: {unit.seconds * 1e6:.0f} µs of CPU")
    if write:
        put("the gateway alone", told(table(rows), unit, pace))
    share = 100 * costs[AGAIN].over(costs[f"alone {LONG}"])
    return [Figure("parse and plan of nine terms, known shape and new texts: of the request's CPU", share, 5, "%")]


async def compete(pace: Pace) -> tuple[list[Row], dict[str, Cost]]:
    """Every row, and what each contender costs."""
    ground = await prepare()
    done = works(ground.person)
    contenders: dict[str, Run] = {}
    calls: dict[str, int] = {}
    for work in done:
        calls[work.name] = await enter(work, ground, contenders)
    parts = pieces(ground, await ground.stored_person())
    contenders |= {name: repeated(function) for name, function in parts.items()}
    costs = await measure(contenders, pace)
    unit = costs[f"R {UNIT}"]
    rows = [_row(work, calls[work.name], costs, unit) for work in done]
    return [*rows, *(Row(name, costs[name].over(unit)) for name in parts)], costs


async def enter(work: Work, ground: Ground, contenders: dict[str, Run]) -> int:
    """Add those who do this work: the gateway alone, with the emulator, and R where it can. The number of nevisIDM calls."""
    canned, calls = await ground.recorded(work)
    contenders[f"alone {work.name}"] = Asker(ground.gateway(canned), work.asks)
    contenders[f"whole {work.name}"] = Asker(ground.gateway(), work.asks)
    if work.reference:
        contenders[f"R {work.name}"] = Asker(reference(canned, f"{ROOT}/nevisidm/api"), work.asks)
    return calls


def _row(work: Work, calls: int, costs: dict[str, Cost], unit: Cost) -> Row:
    alone, whole = costs[f"alone {work.name}"], costs[f"whole {work.name}"]
    by_hand = alone.over(costs[f"R {work.name}"]) if work.reference else None
    return Row(work.name, alone.over(unit), calls, by_hand, whole.minus(alone).over(unit))


if __name__ == "__main__":
    main()
