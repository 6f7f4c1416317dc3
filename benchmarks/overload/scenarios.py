"""The scenarios: how slow nevisIDM is, how many come, what they do when they are refused; and what came of each."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.asking import TOKEN
from benchmarks.canned import Tape
from benchmarks.overload.callers import Tally, press, share
from benchmarks.process import CONTENDER, LOAD, Process, cpu, forget_peak, peak, rss, running, tell
from benchmarks.wire.contest import ours
from benchmarks.wire.stub import stub

PORT = 18_420
PLACES = 64
"""Calls to nevisIDM under way at once: the gateway's usual setting, and here what nevisIDM allows."""
WARM, AFTER = 2.0, 4.0
"""Seconds before and after each scenario with as many callers as there are places."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`delay`: seconds that nevisIDM takes; `pause`: seconds after which who was refused comes again; `halt`: seconds that nevisIDM stands
    still; `beyond`: more come than can be served, so that refusals are no errors."""

    name: str
    delay: float
    connections: int
    seconds: float
    pause: float = 1.0
    beyond: bool = True
    halt: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`share`: of what nevisIDM allows; milliseconds; MiB; `recovered`: seconds until full throughput after the end.

    `busy`: the part of its core that the gateway used while they pressed; `load`: the part that callers and stub used of theirs; `late`: by
    how many milliseconds the callers' own loop came late, of a hundred times the second worst.
    """

    scenario: Scenario
    share: float
    rate: float
    refused: float
    refused_p99: float
    errors: int
    what: str
    memory: float
    growth: float
    recovered: float
    busy: float
    load: float
    late: float


SCENARIOS = (
    Scenario("500 callers, nevisIDM takes 50 ms", 0.05, 500, 5, beyond=False),
    Scenario("2,000 callers, 50 ms", 0.05, 2_000, 6),
    Scenario("2,000 callers who come again at once, 50 ms", 0.05, 2_000, 6, pause=0.0),
    Scenario("500 callers, 1 s", 1.0, 500, 8),
    Scenario("2,000 callers, 1 s", 1.0, 2_000, 8),
    Scenario("200 callers, nevisIDM stands still for 10 s", 0.05, 200, 3, halt=10.0),
)


def request(path: str) -> bytes:
    """GET, as bytes on the wire."""
    lines = (f"GET {path} HTTP/1.1", "Host: gateway.example", f"Authorization: Bearer {TOKEN}", "User-Agent: bench")
    return "\r\n".join((*lines, "", "")).encode()


@contextmanager
def stage(tape: Tape, delay: float) -> Iterator[tuple[Process, Process]]:
    """A slow nevisIDM and a gateway in front of it."""
    upstream = f"http://127.0.0.1:{PORT}"
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # nginx works as another user
        command = stub(Path(name), tape, PORT, delay=delay)
        url = f"http://127.0.0.1:{PORT + 1}/"
        with (
            running(command, LOAD, upstream) as behind,
            running(ours("ours", PORT + 1, upstream), CONTENDER, url) as gateway,
        ):
            yield behind, gateway


async def play(scenario: Scenario, tape: Tape, path: str) -> Outcome:
    """One scenario from its beginning to the end of its aftermath."""
    asked = request(path)
    with stage(tape, scenario.delay) as (behind, gateway):
        # as many callers as places, and as many again on the way: what this gateway can do here at its best
        before = await press(PORT + 1, asked, 2 * PLACES, WARM + 2 * scenario.delay)
        # at a second each answers come in bursts: more than nevisIDM allows is luck of the slice
        usual = min(before.rate(2 * scenario.delay, WARM + 2 * scenario.delay), PLACES / scenario.delay)
        if not usual:
            raise RuntimeError("the gateway served nobody")
        idle = rss(gateway.pid)
        forget_peak(gateway.pid)
        spent = Spent(behind, gateway)
        if scenario.halt:
            tally, recovered, length = await _halted(scenario, asked, behind, usual)
            busy, load = spent.shares()
        else:
            tally = await press(PORT + 1, asked, scenario.connections, scenario.seconds, scenario.pause)
            busy, load = spent.shares()
            after = await press(PORT + 1, asked, 2 * PLACES, AFTER)
            recovered, length = after.full_from(0.9 * usual, 0, AFTER), scenario.seconds
        return _outcome(scenario, tally, length, (peak(gateway.pid), idle), recovered, (busy, load))


class Spent:
    """What both cores have done since this was made."""

    def __init__(self, behind: Process, gateway: Process) -> None:
        self._behind, self._gateway = behind.pid, gateway.pid
        self._since = self._now()

    def shares(self) -> tuple[float, float]:
        """The part of its core that the gateway used, and that callers and stub used of theirs."""
        began, gateway, load = self._since
        now, gateway_now, load_now = self._now()
        return (gateway_now - gateway) / (now - began), (load_now - load) / (now - began)

    def _now(self) -> tuple[float, float, float]:
        return time.monotonic(), cpu(self._gateway), cpu(self._behind) + time.process_time()


async def _halted(scenario: Scenario, asked: bytes, behind: Process, usual: float) -> tuple[Tally, float, float]:
    """nevisIDM stands still in the middle, answers nothing and refuses nothing; then it goes on as if nothing had been."""
    begin, end = scenario.seconds, scenario.seconds + scenario.halt
    loop = asyncio.get_running_loop()
    loop.call_later(begin, tell, behind.pid, signal.SIGSTOP)
    loop.call_later(end, tell, behind.pid, signal.SIGCONT)
    length = end + AFTER
    tally = await press(PORT + 1, asked, scenario.connections, length, scenario.pause)
    return tally, tally.full_from(0.9 * usual, end, length), scenario.seconds


def _outcome(
    scenario: Scenario,
    tally: Tally,
    seconds: float,
    memory: tuple[float, float],
    recovered: float,
    shares: tuple[float, float],
) -> Outcome:
    settled = min(2 * scenario.delay, seconds / 2)
    rate = tally.rate(settled, seconds)
    other = dict(tally.other)
    if not scenario.beyond and tally.refused:
        other["503"] = len(tally.refused)
    if scenario.halt:
        other.pop("504", None)  # what hung when nevisIDM stood still is told so
    return Outcome(
        scenario,
        rate / (PLACES / scenario.delay),
        rate,
        len(tally.refused) / seconds,
        share(tally.refused, 0.99),
        sum(other.values()),
        ", ".join(f"{count} × {name}" for name, count in other.items()),
        memory[0],
        memory[0] - memory[1],
        recovered,
        *shares,
        share(tally.late, 0.99),
    )
