"""`python -m benchmarks.growth [--quick] [--million] [--write]`: one table, and what was to be reached."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import click

from benchmarks.asking import TOKEN
from benchmarks.figure import Figure, summary
from benchmarks.growth.files import file_of, made
from benchmarks.growth.works import EQ, FIRST, HELD, KEY, LAST, MIDDLE, NOBODY, PAGE, asks, last_cursor, shown
from benchmarks.load import Score, turn
from benchmarks.page import put
from benchmarks.process import CONTENDER, LOAD, Process, cpu, running
from benchmarks.wire.contest import ours
from gateway.mapping.load import find_mappings, load

PORT = 18_440
SIZES, MILLION = (1_000, 100_000), 1_000_000
CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request: seconds of the gateway's CPU and of the sandbox's, and how long it took in milliseconds."""

    gateway: float
    sandbox: float
    p50: float


Found = Mapping[int, Mapping[str, Cost]]


@click.command()
@click.option("--quick", is_flag=True, help="A thousand and a hundred thousand people, one short round.")
@click.option("--million", is_flag=True, help="Make the file with a million people, if it is not there.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
def main(quick: bool, million: bool, write: bool) -> None:
    """The gateway before directories of growing size."""
    reached = bench(quick=quick, million=million, write=write)
    click.echo(f"\n{summary(reached)}")


def bench(*, quick: bool, million: bool, write: bool) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached. Nothing where a program is missing."""
    if missing := [name for name in ("wrk", "taskset") if shutil.which(name) is None]:
        click.echo(f"Growth is not measured: {', '.join(missing)} not found. On Debian: apt-get install wrk util-linux")
        return []
    large = million or (not quick and file_of(MILLION).exists())
    sizes = (*SIZES, MILLION) if large else SIZES
    found = measured(sizes, rounds=1 if quick else 7)
    click.echo(table(found))
    if write:
        put("growth", table(found))
    return figures(found)


def measured(sizes: Sequence[int], rounds: int) -> Found:
    """Every size with a sandbox and a gateway of its own; works in turn, sizes in turn, medians."""
    scores: dict[int, dict[str, list[tuple[Score, float]]]] = {}
    with ExitStack() as stack:
        stages = {size: _stage(stack, size, PORT + 2 * number) for number, size in enumerate(sizes)}
        for number in range(rounds):
            for size, (gateway, nevis, port, work) in list(stages.items())[:: -1 if number % 2 else 1]:
                for name, requests in work.items():
                    before = cpu(nevis.pid)
                    score = turn(gateway.pid, port, requests, 1, CONNECTIONS)
                    spent = (cpu(nevis.pid) - before) / max(1.0, score.rate)
                    scores.setdefault(size, {}).setdefault(name, []).append((score, spent))
    return {size: {name: _usual(turns) for name, turns in of.items()} for size, of in scores.items()}


def _usual(turns: Sequence[tuple[Score, float]]) -> Cost:
    usual = Score.usual([score for score, _ in turns])
    return Cost(usual.cpu, sorted(spent for _, spent in turns)[len(turns) // 2], usual.p50)


def _stage(stack: ExitStack, size: int, port: int) -> tuple[Process, Process, int, Mapping[str, Sequence]]:
    """A sandbox over the file of this size, a gateway before it, and what is asked; each has been asked once."""
    nevis, gateway = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    command = [sys.executable, "-m", "gateway", "sandbox", "--db", str(made(size)), "--users", "0"]
    command += ["--port", str(port), "--token", TOKEN]
    behind = stack.enter_context(running(command, LOAD, f"{nevis}/"))
    more = json.dumps({"cursors": {"key": KEY}, "nevisidm": {"login": {"token": TOKEN}, "client_name": "Default"}})
    before = stack.enter_context(running(ours("ours", port + 1, nevis, more), CONTENDER, f"{gateway}/"))
    work = asks(size, last_cursor(gateway, nevis, size, load(find_mappings())))
    for name, expected in ((FIRST, PAGE), (MIDDLE, PAGE), (LAST, PAGE), (EQ, 1), (NOBODY, 0)):
        if (there := shown(gateway, work[name])) != expected:
            raise RuntimeError(f"{name} of {size}: {there} resources")
    return before, behind, port + 1, work


def figures(found: Found) -> list[Figure]:
    """The largest against the smallest."""
    small, large = min(found), max(found)
    return [
        Figure(
            f"{name}: gateway's CPU at {large:,} people over {small:,}",
            cost.gateway / found[small][name].gateway,
            1.1,
            "×",
        )
        for name, cost in found[large].items()
    ]


def table(found: Found) -> str:
    """Markdown."""
    sizes = sorted(found)
    lines = [
        f"| | {' | '.join(f'{size:,} people: gateway | sandbox | p50 ms' for size in sizes)} | gateway, largest over smallest |",
        f"| --- | {' | '.join('--: | --: | --:' for _ in sizes)} | --: |",
    ]
    for name in HELD:
        costs = [found[size][name] for size in sizes]
        cells = [f"{each.gateway * 1e6:.0f} | {each.sandbox * 1e6:.0f} | {each.p50:.1f}" for each in costs]
        lines.append(f"| {name} | {' | '.join(cells)} | {costs[-1].gateway / costs[0].gateway:.2f} |")
    return "\n".join(lines) + f"\n\nµs of CPU per request; {CONNECTIONS} connections, each answer checked once."


if __name__ == "__main__":
    sys.exit(main())
