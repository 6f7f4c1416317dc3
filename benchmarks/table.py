"""The one table, and the page of it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.measure import Cost, Pace

PACKAGES = ("starlette", "orjson", "scim2-filter-parser", "uvloop", "pydantic")


@dataclass(frozen=True, slots=True)
class Row:
    """One line, in units of R: a request or a part of one, and for a request also what stands beside it."""

    name: str
    alone: float
    calls: int | None = None
    by_hand: float | None = None
    emulator: float | None = None


def table(rows: Iterable[Row]) -> str:
    """Markdown."""
    lines = [
        "| work | nevisIDM calls | gateway alone, × R | × the same by hand | emulator beside it, × R |",
        "| --- | --: | --: | --: | --: |",
    ]
    for row in rows:
        cells = (
            row.name,
            "" if row.calls is None else str(row.calls),
            *map(_ratio, (row.alone, row.by_hand, row.emulator)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def page(lines: str, unit: Cost, pace: Pace, command: str) -> str:
    """docs/performance.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"""\
# What the gateway costs

Written by `{command}`; `make bench` prints the table on your machine. The unit is **R**: the CPU time that GET one user costs
a gateway written straight down by hand for this one request, without authentication, planning, checks and events
(`benchmarks/reference.py`).

Everything runs in one process and without sockets, contenders in turn, {pace.rounds} rounds; a figure is the median of the ratios within a
round. *Gateway alone*: nevisIDM's answers are recorded and replayed. *Emulator beside it*: what the embedded sandbox adds when it answers.
HTTP server and client are in neither, so a whole gateway stands closer to a whole R than these figures say.

{lines}

R was {unit.seconds * 1e6:.0f} µs of CPU here. Python {platform.python_version()}, {versions}.
"""
