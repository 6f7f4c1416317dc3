"""`python -m benchmarks.wire [--quick] [--write]`: whole gateways, as ratios to R."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import click

from benchmarks.asking import Ask
from benchmarks.contest import PEOPLE, prepare
from benchmarks.figure import Figure, summary
from benchmarks.page import put
from benchmarks.people import NEVIS, USER, person
from benchmarks.process import CONTENDER, LOAD, running
from benchmarks.wire.contest import Contender, Pace, contest, ours
from benchmarks.wire.report import FLOOR, GATEWAY, HTTPX, PEER, Found, R, figures, told
from benchmarks.wire.stub import proxy, recorded, stub
from benchmarks.wire.works import GET, LIST, Work, group_works, populate, works

PORT = 18_400
QUICK, FULL = Pace(1, 1), Pace(5, 2)
PEER_COMMAND = Path(__file__).parents[2] / ".venv-bench" / "bin" / "scim2-server"


@click.command()
@click.option("--quick", is_flag=True, help="One short round: enough to see that it works.")
@click.option("--write", is_flag=True, help="Also put the table into docs/performance.md.")
@click.option("--only", multiple=True, help="Only works whose name begins so; GET one user is always there.")
def main(quick: bool, write: bool, only: tuple[str, ...]) -> None:
    """Whole gateways over sockets, as ratios to R."""
    reached = bench(quick=quick, write=write, only=only)
    click.echo(f"\n{summary(reached)}")


def bench(*, quick: bool, write: bool, only: Sequence[str] = ()) -> list[Figure]:
    """Measure, print the table, write it if wanted; what was to be reached. Nothing where a program is missing."""
    if missing := [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]:
        click.echo(
            f"Not measured: {', '.join(missing)} not found. On Debian: apt-get install nginx-light wrk util-linux"
        )
        return []
    pace = QUICK if quick else FULL
    found = asyncio.run(compete(pace, tuple(only)))
    click.echo(told(found, pace))
    if write:
        put("whole gateways", told(found, pace))
    return figures(found)


async def compete(pace: Pace, only: tuple[str, ...] = ()) -> Found:
    """Every contender at every work, by work and contender."""
    ground = await prepare()
    usual, groups = works(ground), group_works(ground)
    tape, behind = await recorded(ground, usual)
    await populate(ground)
    more, _ = await recorded(ground, groups)
    chosen = [each for each in (*usual, *groups) if not only or each.name == GET or each.name.startswith(only)]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, upstream = Path(name), f"http://127.0.0.1:{PORT}"
        os.chmod(name, 0o755)  # nginx works as another user
        stack.enter_context(running(stub(folder, tape + more, PORT), LOAD, upstream))
        contenders = _contenders(stack, folder, upstream, chosen, behind)
        return contest(contenders, [each.name for each in chosen], pace)


def _contenders(
    stack: ExitStack, folder: Path, upstream: str, chosen: Sequence[Work], behind: Mapping[str, str]
) -> list[Contender]:
    """All that can be had, started."""
    by_hand = {each.name: each for each in chosen if each.reference}
    through = {name: Work(name, (Ask("GET", behind[name]),)) for name in by_hand}
    everything = {each.name: each for each in chosen}
    started = [
        (FLOOR, proxy(folder, PORT + 1, PORT), PORT + 1, through),
        (R, ours("reference", PORT + 2, upstream), PORT + 2, by_hand),
        (GATEWAY, ours("ours", PORT + 3, upstream), PORT + 3, everything),
        (HTTPX, ours("ours-httpx", PORT + 4, upstream), PORT + 4, everything),
    ]
    made = [
        Contender(name, stack.enter_context(running(command, CONTENDER, f"http://127.0.0.1:{port}/")), port, can)
        for name, command, port, can in started
    ]
    peer = os.environ.get("SCIM2_SERVER") or str(PEER_COMMAND)
    if shutil.which(peer) is None:
        click.echo("scim2-server does not take part: `make bench` installs it, or SCIM2_SERVER names its command.")
        return made
    return [*made, stack.enter_context(_in_memory(peer))]


@contextmanager
def _in_memory(command: str) -> Iterator[Contender]:
    """scim2-server with people of its own: the same but for our extension, no nevisIDM behind it."""
    port, users = PORT + 5, "/v2/Users"
    with running([command, "--port", str(port)], CONTENDER, f"http://127.0.0.1:{port}/") as process:
        ids = [_join(f"http://127.0.0.1:{port}{users}", number) for number in range(PEOPLE)]
        page = Ask("GET", users, (("startIndex", "4"), ("count", "50")))
        can = {GET: Work(GET, (Ask("GET", f"{users}/{ids[7]}"),)), LIST: Work(LIST, (page,))}
        yield Contender(PEER, process, port, can)


def _join(url: str, number: int) -> str:
    body = {name: value for name, value in person(number).items() if name != NEVIS} | {"schemas": [USER]}
    asked = Request(url, json.dumps(body).encode(), {"Content-Type": "application/scim+json"})
    with urlopen(asked) as answer:
        return str(json.load(answer)["id"])


if __name__ == "__main__":
    sys.exit(main())
