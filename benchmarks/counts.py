"""Instructions of the pure parts, by callgrind: `python -m benchmarks.counts [--write]`. The same wherever the versions are the same.

The program under valgrind marks where a part begins and ends by a call that nothing else makes; callgrind writes down what came between.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from benchmarks.contest import prepare
from benchmarks.page import put
from benchmarks.pieces import pieces

MARK = "getpgrp"
WARM, TIMES = 3, 20
INSIDE = "--inside"


@click.command()
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
@click.option(INSIDE, is_flag=True, hidden=True)
def main(write: bool, inside: bool) -> None:
    """Count what the pure parts take."""
    if inside:
        count()
    else:
        bench(write=write)


def bench(*, write: bool) -> None:
    """Count, print the table, write it if wanted. One line where valgrind is missing."""
    if shutil.which("valgrind") is None:
        click.echo("Instructions are not counted: valgrind not found. On Debian: apt-get install valgrind")
        return
    shown = table(counted())
    click.echo(shown)
    if write:
        put("instructions", shown)


def counted() -> dict[str, float]:
    """Instructions of one call of each part."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={MARK}"]
        run = subprocess.run(
            [*tool, sys.executable, "-m", "benchmarks.counts", INSIDE],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
        names = json.loads(run.stdout.splitlines()[-1])
        # every second one is what came before a part: its warming up
        return {name: total(Path(f"{out}.{2 * number + 2}")) / TIMES for number, name in enumerate(names)}


def total(dump: Path) -> int:
    """All instructions of one of callgrind's files. Raises ValueError where it says none."""
    found = re.search(r"^(?:summary|totals): (\d+)", dump.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{dump}: no total")
    return int(found[1])


def count() -> None:
    """Under valgrind: call every part, between marks; then say their names."""

    async def made() -> Mapping[str, Callable[[], object]]:
        ground = await prepare(people=8)
        return pieces(ground, await ground.stored_person())

    parts = asyncio.run(made())
    gc.disable()
    for part in parts.values():
        _again(part, WARM)
        os.getpgrp()
        _again(part, TIMES)
        os.getpgrp()
    print(json.dumps(list(parts)))


def _again(part: Callable[[], object], times: int) -> None:
    for _ in range(times):
        part()


def table(counts: Mapping[str, float]) -> str:
    """Markdown."""
    lines = ["| part | thousand instructions |", "| --- | --: |"]
    lines += [f"| {name} | {instructions / 1000:.0f} |" for name, instructions in counts.items()]
    return (
        "\n".join(lines) + f"\n\nPer call, mean of {TIMES}. Python {platform.python_version()}, {platform.machine()}."
    )


if __name__ == "__main__":
    main()
