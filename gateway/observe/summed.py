"""Several scrapes as one: what the worker processes of a gateway have counted, added up.

Only counters and histograms are counted here, and both add up; `_created` series, which are moments of time, keep the earliest.
"""

from __future__ import annotations

from collections.abc import Iterable


def summed(scrapes: Iterable[bytes]) -> bytes:
    """The sum of scrapes in the text exposition format; families and series in the order in which they first come."""
    families: dict[str, dict[str, float]] = {}
    for scrape in scrapes:
        head: list[str] = []
        series: dict[str, float] = {}
        for line in scrape.decode().splitlines():
            if line.startswith("#"):
                if line.startswith("# HELP"):
                    head = []
                head.append(line)
                series = families.setdefault("\n".join(head), {})
                continue
            name, _, value = line.rpartition(" ")
            number = float(value)
            if name.partition("{")[0].endswith("_created"):
                series[name] = min(series.get(name, number), number)
            else:
                series[name] = series.get(name, 0.0) + number
    lines: list[str] = []
    for head_text, found in families.items():
        if "# TYPE" in head_text:
            lines += [head_text, *(f"{name} {value!r}" for name, value in found.items())]
    return ("\n".join(lines) + "\n").encode() if lines else b""
