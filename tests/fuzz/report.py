"""The report of a fuzzing run, for docs/fuzz.md."""

from __future__ import annotations

from collections import Counter

from tests.fuzz.runner import DEADLINE, Tally
from tests.fuzz.stages import summed

GROWTH = 64 * 1024 * 1024
"""Bytes that the process may grow after it has warmed up: freed memory is not given back at once."""


def written(tally: Tally, wanted: int) -> str:
    """The page."""
    state = "complete" if tally.done >= wanted else f"{tally.done} of {wanted}: the next `make fuzz` goes on"
    lines = [
        "# Fuzzing",
        "",
        "Written by `make fuzz` (`python -m tests.fuzz`); a short run is part of `make test`. Filters, PATCH bodies, addresses and JSON",
        "documents are made by chance from the schemas of all shipped resource types, part of them damaged byte by byte, and sent through",
        "the pure stages (read, match against real resources, apply and settle a change, plan); a share goes through the whole gateway as",
        "well, from the ASGI scope to the sandbox's SQL. A finding is a 5xx but 501, an exception, a crash event, or more than",
        f"{DEADLINE:.0f} seconds of processor time for one input; memory that grows by more than {GROWTH // 2**20} MiB fails the run, too.",
        "An input is a function of seed and number: `python -m tests.fuzz --seed N --only NUMBER` makes it again.",
        "",
        "| | |",
        "| --- | --- |",
        f"| seed | {tally.seed} ({state}) |",
        f"| inputs | {tally.done:,} |",
        f"| of them through the whole gateway, too | {tally.whole:,} |",
        *(f"| {kind} | {number:,} |" for kind, number in sorted(tally.kinds.items())),
        f"| time | {tally.seconds:,.0f} s by the clock, {tally.processor:,.0f} s of processor ({tally.runs} runs) |",
        f"| slowest input, pure | {tally.slowest * 1000:.0f} ms of processor time (number {tally.slowest_number}) |",
        f"| memory when warm, at the end, at most | {_mb(tally.rss_start)}, {_mb(tally.rss_end)}, {_mb(tally.rss_most)} |",
        f"| findings | {len(tally.failures)} |",
        "",
        *_outcomes("pure", tally.outcomes),
        *_outcomes("whole", tally.outcomes),
    ]
    if tally.failures:
        lines += [
            "## Findings",
            "",
            *(f"- {each['where']} {each['number']}: {each['what']}" for each in tally.failures[:50]),
            "",
        ]
    return "\n".join(lines)


def _outcomes(where: str, outcomes: Counter[str]) -> list[str]:
    mine = Counter({name.partition(" ")[2]: count for name, count in outcomes.items() if name.startswith(f"{where} ")})
    title = {"pure": "The pure stages", "whole": "The whole gateway"}[where]
    rows = [f"| {name} | {count:,} |" for name, count in summed(mine)]
    return [f"## {title}", "", "| ended | inputs |", "| --- | --- |", *rows, ""]


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
