"""The contenders, each started alone and asked in turn; what one cost is read from its own process's accounting.

Load and stub share a core, the contender has the other. Medians over rounds; any answer that is an error ends the run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.asking import TOKEN, Ask
from benchmarks.wire.stub import wait_for

TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 32
CONTENDER, LOAD = "0", "1"
"""Cores."""


@dataclass(frozen=True, slots=True)
class Contender:
    """How it is started, where it listens, and what it is asked for each work that it can do."""

    name: str
    command: Sequence[str]
    port: int
    asks: Mapping[str, Ask]


@dataclass(frozen=True, slots=True)
class Score:
    """One turn: requests a second, milliseconds, and CPU seconds per request."""

    rate: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Total:
    """The medians of a contender's turns at one work, and its memory in MiB after the last."""

    rate: float
    p50: float
    p99: float
    cpu: float
    rss: float


@contextmanager
def running(command: Sequence[str], core: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, until something answers at the URL, and to its end."""
    process = subprocess.Popen(["taskset", "-c", core, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(url, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def turn(process: subprocess.Popen[bytes], port: int, ask: Ask, seconds: float) -> Score:
    """One turn of load. Raises RuntimeError for any answer that is an error."""
    url = f"http://127.0.0.1:{port}{ask.path}" + (f"?{ask.text}" if ask.text else "")
    before = _cpu(process.pid)
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    said = subprocess.run(
        ["taskset", "-c", LOAD, *load, "-H", f"Authorization: Bearer {TOKEN}", url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    spent = _cpu(process.pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url}: {said}")
    count = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index] # wrk says so
    return Score(count / seconds, _latency(said, "50%"), _latency(said, "99%"), spent / max(1, count))


def total(process: subprocess.Popen[bytes], scores: Sequence[Score]) -> Total:
    """The medians."""
    found = (median(getattr(score, name) for score in scores) for name in ("rate", "p50", "p99", "cpu"))
    return Total(*found, rss=_rss(process.pid))


def ours(kind: str, port: int, stub: str) -> Sequence[str]:
    """The command of a contender of this package."""
    return [sys.executable, "-m", "benchmarks.wire.contender", kind, str(port), stub]


def _latency(said: str, share: str) -> float:
    number, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr] # wrk says so
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def _family(pid: int) -> Iterator[int]:
    """A process and its children: nginx works in a second one."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _cpu(pid: int) -> float:
    fields = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in _family(pid)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def _rss(pid: int) -> float:
    texts = (Path(f"/proc/{each}/status").read_text() for each in _family(pid))
    return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in texts) / 1024  # type: ignore[index] # Linux says so
