"""`python -m benchmarks.loading [--count N] [--write]`: how near a load comes to what bare concurrent POSTs to nevisIDM's emulator reach.

The emulator has a core of its own, empty each time. First the calls of a load are recorded, by a load into nothing; then they are sent
as they are, so many at once, by the gateway's own HTTP client and nothing else; then the same people are loaded by `scim-nevisidm
load`. Both rates are those of the emulator under the same calls; their ratio is what the load costs beyond it. Also told: a
second load.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import orjson

from benchmarks.figure import Figure, summary
from benchmarks.page import put
from benchmarks.people import person
from benchmarks.process import CONTENDER, LOAD, cpu, running
from gateway.assembly import network_engine
from gateway.events import SILENT
from gateway.nevisidm.engine import Engine, Exchange, Timeouts
from gateway.settings.nevisidm import NevisSettings

PORT = 18_731
PEOPLE = 20_000
URL = f"http://127.0.0.1:{PORT}"
TOKEN = "technical"
PATIENT = Timeouts(10.0, 60.0)


class Recorder:
    """An engine that writes down what it is to send, and says that it was made."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("wb")

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        """201 for everything, after a turn of the loop."""
        del headers, timeouts
        await asyncio.sleep(0)
        self._file.write(orjson.dumps([method, url, (body or b"").decode()]) + b"\n")
        return Exchange(201, {"location": f"{url}/x", "content-type": "application/json"}, b"")

    async def aclose(self) -> None:
        """Close the file."""
        self._file.close()


@click.command()
@click.option("--count", default=PEOPLE, show_default=True, help="People to load.")
@click.option("--at-once", default=32, show_default=True, help="Calls, and rows, under way at most.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
def main(count: int, at_once: int, write: bool) -> None:
    """Record, send bare, load, and tell the ratio."""
    click.echo(f"\n{summary(bench(count, at_once, write=write))}")


def bench(count: int = PEOPLE, at_once: int = 32, *, write: bool) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached. This process keeps to the contender's core meanwhile."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(CONTENDER)})
    try:
        found = measured(count, at_once)
    finally:
        os.sched_setaffinity(0, cores)
    click.echo(told(found))
    if write:
        put("loading", told(found))
    return [Figure(f"load of {count:,} people: of what bare POSTs reach", found.of_bare, 80, "%", at_least=True)]


def measured(count: int, at_once: int) -> Found:
    """The calls sent bare, and the people loaded twice into another emulator."""
    with tempfile.TemporaryDirectory() as folder:
        source, calls = Path(folder) / "people.jsonl", Path(folder) / "calls"
        with source.open("wb") as file:
            file.writelines(orjson.dumps(person(number)) + b"\n" for number in range(count))
        made = asyncio.run(record(source, calls))
        with emulator() as process:
            began = cpu(process.pid)
            bare = asyncio.run(send(calls, at_once))
            there = cpu(process.pid) - began
        with emulator():
            return Found(count, made, at_once, bare, there, load(source, at_once), load(source, at_once))


def told(found: Found) -> str:
    """Markdown."""
    count, first, again = found.count, found.first, found.again
    rows = (
        ("bare", count / found.bare, "100 %", "", ""),
        (
            "load",
            count / first.seconds,
            f"{found.of_bare:.0f} %",
            f"{first.cpu / count * 1e3:.2f}",
            first.cuts,
        ),
        ("load again", count / again.seconds, "", f"{again.cpu / count * 1e3:.2f}", again.cuts),
    )
    lines = [
        "| | people a second | of bare | CPU of the load, ms each | gave way |",
        "| --- | --: | --: | --: | --: |",
    ]
    lines += [f"| {name} | {rate:,.0f} | {' | '.join(map(str, rest))} |" for name, rate, *rest in rows]
    emulated = f"a person costs the emulator {found.there / count * 1e3:.2f} ms of CPU"
    return "\n".join((*lines, "", f"{count:,} people, {found.calls:,} calls, {found.at_once} at once; {emulated}."))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load: seconds without the start of its process, seconds of CPU with it, how often it gave way."""

    seconds: float
    cpu: float
    cuts: int


@dataclass(frozen=True, slots=True)
class Found:
    """People, the calls that they take, how many at once; seconds of the bare calls and of the emulator's CPU under them; both loads."""

    count: int
    calls: int
    at_once: int
    bare: float
    there: float
    first: Loaded
    again: Loaded

    @property
    def of_bare(self) -> float:
        """The load's rate in per cent of that of the bare calls."""
        return 100 * self.bare / self.first.seconds


def emulator():  # type: ignore[no-untyped-def]
    """The emulator on the other core, empty."""
    command = [sys.executable, "-m", "gateway", "sandbox", "--port", str(PORT), "--users", "0", "--token", TOKEN]
    return running(command, LOAD, URL)


async def record(source: Path, calls: Path) -> int:
    """Write down the calls of a load; how many there were."""
    from gateway.assembly import context_for
    from gateway.events import Events
    from gateway.mapping.load import find_mappings, load
    from gateway.migration.checkpoint import Checkpoint
    from gateway.migration.dropping import Dropping
    from gateway.migration.entering import Entering, Manner
    from gateway.migration.lines import JsonLines, kinds_of
    from gateway.migration.loading import Loading
    from gateway.migration.pace import Pace
    from gateway.migration.preparing import Preparing
    from gateway.migration.progress import Silent
    from gateway.migration.references import in_order
    from gateway.migration.refusals import Refusals

    mappings = load(find_mappings())
    context = await context_for(settings(), None, Events(), mappings)
    recorder = Recorder(calls)
    context.client._engine = recorder
    checkpoint = Checkpoint(None)
    checkpoint.begin()
    loading = Loading(
        JsonLines(source, kinds_of(mappings.types().values())),
        checkpoint,
        Preparing(mappings, Dropping()),
        Entering(context, Manner(), checkpoint.salt),
        Pace(),
        Refusals(None),
        Silent(),
        lambda kinds: in_order(kinds, mappings),
    )
    report = await loading.run()
    await recorder.aclose()
    assert report.total("created") == report.rows, report.lines(dry=False)
    with calls.open("rb") as file:
        return sum(1 for _ in file)


async def send(calls: Path, at_once: int) -> float:
    """Seconds that the recorded calls take, so many at once, each sender with its next as soon as its last is answered."""
    engine: Engine = network_engine(NevisSettings(url=URL, plain_http=True), SILENT)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Accept": "application/json"}
    with calls.open("rb") as file:
        left: Iterator[bytes] = iter(file)

        async def sender() -> None:
            for line in left:
                method, url, body = orjson.loads(line)
                found = await engine.exchange(method, url, headers, body.encode() or None, PATIENT)
                assert found.status == 201, found.status

        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(at_once)))
        took = time.perf_counter() - began
    await engine.aclose()
    return took


def load(source: Path, at_once: int) -> Loaded:
    """The rows of the file, by the command."""
    report, config = source.with_name("report.json"), source.with_name("gateway.yaml")
    config.write_text(f"nevisidm: {{ url: '{URL}', plain_http: true, login: {{ mode: bearer, token: {TOKEN} }} }}\n")
    command = [sys.executable, "-m", "gateway", "load", str(source), "--config", str(config), "--report", str(report)]
    process = subprocess.Popen(
        ["taskset", "-c", CONTENDER, *command, "--at-once", str(at_once)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    said = orjson.loads(report.read_bytes())
    return Loaded(said["seconds"], usage.ru_utime + usage.ru_stime, said["cuts"])


def settings():  # type: ignore[no-untyped-def]
    """Where the emulator is."""
    from gateway.settings import Settings

    return Settings(nevisidm={"url": URL, "plain_http": True, "login": {"mode": "bearer", "token": TOKEN}}, probe=False)


if __name__ == "__main__":
    main()
