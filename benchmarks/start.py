"""Start and memory: `python -m benchmarks.start [--quick] [--write]`.

The command as an operator runs it, with the shipped mappings, in front of a nevisIDM elsewhere: how long until it answers, what it holds
when idle, and what while it serves lists of a thousand.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from statistics import median

import click

from benchmarks.asking import TOKEN, Ask
from benchmarks.canned import Tape
from benchmarks.contest import prepare
from benchmarks.figure import Figure, summary, verdict
from benchmarks.load import turn
from benchmarks.page import put
from benchmarks.process import CONTENDER, LOAD, cpu, forget_peak, installed, peak, rss, running
from benchmarks.wire.stub import recorded, stub
from benchmarks.wire.works import Work
from gateway.running.serving import run
from gateway.sandbox.people import people

PORT = 18_460
CLIENTS = 8
SETTINGS = {
    "nevisidm": {"url": f"http://127.0.0.1:{PORT}", "client_name": "Default", "login": {"token": "stub"}},
    "probe": False,
    "rates": {"tier": "none"},
    "callers": [
        {"subject": "bench", "token_sha256": sha256(TOKEN.encode()).hexdigest(), "roles": ["User Administrator"]}
    ],
}
LIST = Work("a list of 1,000", (Ask("GET", "/scim/v2/Users", (("count", "1000"),)),))


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until it answered, by the clock and of CPU, and MiB a second later."""

    wall: float
    cpu: float
    idle: float


@click.command()
@click.option("--quick", is_flag=True, help="Once each.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
def main(quick: bool, write: bool) -> None:
    """Start and memory of the gateway."""
    click.echo(f"\n{summary(bench(quick=quick, write=write))}")


def bench(*, quick: bool, write: bool) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached. Nothing where a program is missing."""
    if missing := [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]:
        click.echo(
            f"Start and memory are not measured: {', '.join(missing)} not found. On Debian: apt-get install nginx-light wrk"
        )
        return []
    times = 1 if quick else 5
    started()  # writes the bytecode, as an installation does
    starts = [started() for _ in range(times)]
    serving = served(2 if quick else 6)
    figures = [
        Figure("serve: wall until it answers", median(each.wall for each in starts), 1, "s"),
        Figure("serve: CPU until it answers", median(each.cpu for each in starts), 1, "s"),
        Figure("--help: CPU", median(helped() for _ in range(times)), 0.3, "s"),
        Figure("RSS when idle", median(each.idle for each in starts), 80, "MiB"),
        Figure(f"RSS at most while {CLIENTS} callers read lists of 1,000", serving, 130, "MiB"),
    ]
    click.echo(table(figures))
    if write:
        put("start and memory", table(figures))
    return figures


def started() -> Start:
    """One start, on the core of the contenders."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        began = time.monotonic()
        process = stack.enter_context(running(_serve(Path(folder)), CONTENDER, f"http://127.0.0.1:{PORT + 1}/"))
        wall, spent = time.monotonic() - began, cpu(process.pid)
        time.sleep(1)
        return Start(wall, spent, rss(process.pid))


def served(seconds: int) -> float:
    """The most that was held while lists of a thousand were read."""
    tape = run(_thousand())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        os.chmod(name, 0o755)  # nginx works as another user
        stack.enter_context(running(stub(folder, tape, PORT), LOAD, f"http://127.0.0.1:{PORT}/"))
        process = stack.enter_context(running(_serve(folder), CONTENDER, f"http://127.0.0.1:{PORT + 1}/"))
        forget_peak(process.pid)
        turn(process.pid, PORT + 1, LIST.asks, seconds, CLIENTS)
        return peak(process.pid)


def helped() -> float:
    """Seconds of CPU of `scim-nevisidm --help`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*_command(), "--help"], stdout=subprocess.DEVNULL, env=installed(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _thousand() -> Tape:
    """nevisIDM's answer to that list."""
    ground = await prepare()
    box = ground.inside.app.state.sandbox
    box.store.add_users("100", islice(people(1_100, now=box.clock()), 100, None))
    tape, _ = await recorded(ground, [LIST])
    return tape


def _command() -> list[str]:
    """The gateway's command, as it is installed."""
    return [sys.executable, "-m", "gateway"]


def _serve(folder: Path) -> list[str]:
    config = folder / "gateway.yaml"
    config.write_text(json.dumps(SETTINGS), encoding="utf-8")  # which is YAML, too
    return [*_command(), "serve", "--config", str(config), "--port", str(PORT + 1)]


def table(figures: list[Figure]) -> str:
    """Markdown."""
    lines = ["| | found | to reach | |", "| --- | --: | --: | --- |"]
    lines += [f"| {each.name} | {each.shown} | {each.wanted} | {verdict(each.met)} |" for each in figures]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
