"""`python -m benchmarks.wire [--quick] [--write]`: whole gateways, as ratios to R."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.request import Request, urlopen

import click

from benchmarks.asking import Ask
from benchmarks.contest import PEOPLE, prepare
from benchmarks.page import put
from benchmarks.people import NEVIS, USER, person
from benchmarks.wire.contest import CONNECTIONS, CONTENDER, LOAD, Contender, Score, Total, ours, running, total, turn
from benchmarks.wire.stub import proxy, recorded, stub
from benchmarks.works import works

ASKED = (
    "GET one user",
    "list of 50 users",
    "list of 50, attributes=userName",
    "search userName eq",
    "search, 1 condition asked, 2 checked on 103 rows",
)
BY_HAND = ASKED[:2]
PORT = 18_400
R, GATEWAY = "R", "the gateway"


@click.command()
@click.option("--quick", is_flag=True, help="Two short rounds: enough to see that it works.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
def main(quick: bool, write: bool) -> None:
    """Whole gateways over sockets, as ratios to R."""
    missing = [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]
    if missing:
        click.echo(
            f"Not measured: {', '.join(missing)} not found. On Debian: apt-get install nginx-light wrk util-linux"
        )
        sys.exit(0)
    rounds, seconds = (2, 1) if quick else (5, 3)
    shown = _table(asyncio.run(compete(rounds, seconds)), rounds, seconds)
    click.echo(shown)
    if write:
        put("whole gateways", shown)


async def compete(rounds: int, seconds: int) -> dict[tuple[str, str], Total]:
    """Every contender at every work, by work and contender."""
    ground = await prepare()
    chosen = tuple(work for work in works(ground.person) if work.name in ASKED)
    tape, behind = await recorded(ground, chosen)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, upstream = Path(name), f"http://127.0.0.1:{PORT}"
        os.chmod(name, 0o755)  # nginx works as another user
        stack.enter_context(running(stub(folder, tape, PORT), LOAD, upstream))
        asks = {work.name: work.asks[0] for work in chosen}
        scores: dict[tuple[str, str], list[Score]] = {}
        processes = {}
        contenders = _contenders(folder, upstream, asks, behind)
        for each in contenders:
            url = f"http://127.0.0.1:{each.port}/"
            processes[each.name] = stack.enter_context(running(each.command, CONTENDER, url))
        if os.environ.get("SCIM2_SERVER"):
            contenders.append(stack.enter_context(_in_memory(os.environ["SCIM2_SERVER"], processes)))
        for number in range(rounds + 1):
            for each in contenders[:: -1 if number % 2 else 1]:
                for work, ask in each.asks.items():
                    score = turn(processes[each.name], each.port, ask, seconds)
                    if number:  # the first round warms up
                        scores.setdefault((work, each.name), []).append(score)
        return {(work, who): total(processes[who], turns) for (work, who), turns in scores.items()}


def _contenders(folder: Path, upstream: str, asks: Mapping[str, Ask], behind: Mapping[str, Ask]) -> list[Contender]:
    by_hand = {work: asks[work] for work in BY_HAND}
    one = {work: ask for work, ask in behind.items() if work in BY_HAND}
    return [
        Contender("nginx as reverse proxy", proxy(folder, PORT + 1, PORT), PORT + 1, one),
        Contender(R, ours("reference", PORT + 2, upstream), PORT + 2, by_hand),
        Contender(GATEWAY, ours("ours", PORT + 3, upstream), PORT + 3, asks),
        Contender("the gateway on plain httpx", ours("ours-httpx", PORT + 4, upstream), PORT + 4, asks),
    ]


@contextmanager
def _in_memory(command: str, processes: dict[str, subprocess.Popen[bytes]]) -> Iterator[Contender]:
    """scim2-server with people of its own: the same but for our extension, no nevisIDM behind it."""
    port, users = PORT + 5, "/v2/Users"
    started = [command, "--port", str(port)]
    with running(started, CONTENDER, f"http://127.0.0.1:{port}/") as process:
        processes["scim2-server"] = process
        ids = [_join(f"http://127.0.0.1:{port}{users}", number) for number in range(PEOPLE)]
        page = Ask("GET", users, (("startIndex", "4"), ("count", "50")))
        yield Contender("scim2-server", started, port, {ASKED[0]: Ask("GET", f"{users}/{ids[7]}"), ASKED[1]: page})


def _join(url: str, number: int) -> str:
    body = {name: value for name, value in person(number).items() if name != NEVIS} | {"schemas": [USER]}
    asked = Request(url, json.dumps(body).encode(), {"Content-Type": "application/scim+json"})
    with urlopen(asked) as answer:
        return str(json.load(answer)["id"])


def _table(found: Mapping[tuple[str, str], Total], rounds: int, seconds: int) -> str:
    """Markdown: each work with its contenders, CPU in units of R's GET one user and, where R can do it, of R's same work."""
    unit = found[ASKED[0], R]
    lines = [
        "| work | contender | CPU, × R's GET one | × R's same | req/s, × R's GET one | p50 ms | p99 ms | RSS MiB |",
        "| --- | --- | --: | --: | --: | --: | --: | --: |",
    ]
    for work in ASKED:
        for (one, who), each in found.items():
            if one == work:
                same = f"{each.cpu / found[work, R].cpu:.2f}" if (work, R) in found else ""
                lines.append(
                    f"| {work} | {who} | {each.cpu / unit.cpu:.2f} | {same} | {each.rate / unit.rate:.2f} "
                    f"| {each.p50:.1f} | {each.p99:.1f} | {each.rss:.0f} |"
                )
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("uvicorn", "uvloop", "httptools", "aiohttp", "starlette")
    )
    return "\n".join(lines) + (
        f"\n\nR's GET one user was {unit.cpu * 1e6:.0f} µs of CPU and {unit.rate:.0f} requests a second. {rounds} rounds of {seconds} s,"
        f" {CONNECTIONS} connections, medians. Python {platform.python_version()}, {versions}."
    )


if __name__ == "__main__":
    main()
