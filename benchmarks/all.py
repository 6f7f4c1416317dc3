"""`python -m benchmarks.all [--quick] [--million] [--write]`: every bench in turn, and at the end what is met and what is not.

What `make bench` and `make bench-quick` call. A bench whose programs are missing says so and is left out; one that fails ends the run.
"""

from __future__ import annotations

import os
import platform
import time

import click

from benchmarks import __main__ as alone
from benchmarks import counts, loading, start
from benchmarks.figure import Figure, summary
from benchmarks.growth import __main__ as growth
from benchmarks.overload import __main__ as overload
from benchmarks.page import put
from benchmarks.wire import __main__ as wire


@click.command()
@click.option("--quick", is_flag=True, help="Little of each, two minutes at most: enough to see what is badly wrong.")
@click.option(
    "--million", is_flag=True, help="Make the file with a million people, if it is not there: three minutes, 2.7 GB."
)
@click.option("--write", is_flag=True, help="Also put all tables into docs/performance.md.")
def main(quick: bool, million: bool, write: bool) -> None:
    """Measure everything."""
    began, cores = time.monotonic(), os.sched_getaffinity(0)
    reached: list[Figure] = []
    click.echo("## Whole gateways\n")
    reached += wire.bench(quick=quick, write=write, only=QUICK if quick else ())
    click.echo("\n## Overload\n")
    reached += overload.bench(quick=quick, write=write)
    os.sched_setaffinity(0, cores)  # the callers of that kept to one
    if not quick or million:
        click.echo("\n## Growth\n")
        reached += growth.bench(quick=quick, million=million, write=write)
    click.echo("\n## Start and memory\n")
    reached += start.bench(quick=quick, write=write)
    click.echo("\n## The gateway alone\n")
    reached += alone.bench(quick=quick, write=write)
    if not quick:
        click.echo("\n## Loading\n")
        reached += loading.bench(write=write)
        click.echo("\n## Instructions\n")
        counts.bench(write=write)
    shown = f"{summary(reached)}\n\n{_made(time.monotonic() - began)}"
    click.echo(f"\n## Figures\n\n{shown}")
    if write:
        put("figures", shown)


QUICK = ("GET one", "list of 50 users", "search userName", "PATCH", "add 1 member")
"""What a quick run asks over sockets."""


def _made(seconds: float) -> str:
    met = f"`python -m benchmarks.all`, {seconds / 60:.0f} minutes"
    return f"{met}; Python {platform.python_version()}, Linux {platform.release()}, {os.cpu_count()} cores."


if __name__ == "__main__":
    main()
