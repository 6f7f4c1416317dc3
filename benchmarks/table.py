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


def told(lines: str, unit: Cost, pace: Pace) -> str:
    """The table, and what it was made with."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    made = f"R was {unit.seconds * 1e6:.0f} µs of CPU here; {pace.rounds} rounds. Python {platform.python_version()}, {versions}."
    return f"{lines}\n\n{made}"
