"""The table of whole gateways, and the figures that are to be reached."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from benchmarks.figure import Figure, number, verdict
from benchmarks.wire.contest import Pace, Total
from benchmarks.wire.works import EQ, GET, LIST, NAMES, SIZES, TOKEN, joining

R, GATEWAY, HTTPX = "R", "the gateway", "the gateway on plain httpx"
PEER, FLOOR = "scim2-server", "nginx as reverse proxy"

Found = Mapping[tuple[str, str], Total]


def figures(found: Found) -> list[Figure]:
    """Every figure of the gateway that a contender at hand gives a measure for."""
    return [*_by_reference(found), *_by_others(found), *_by_itself(found)]


def _by_reference(found: Found) -> Iterator[Figure]:
    """CPU per request over R's: what is asked, of whom R does what, and how many times that."""
    for work, measure, most in ((GET, GET, 1.3), (LIST, LIST, 1.0), (NAMES, LIST, 0.5), (EQ, GET, 1.3)):
        if (work, GATEWAY) in found and (measure, R) in found:
            cost = found[work, GATEWAY].score.cpu / found[measure, R].score.cpu
            yield Figure(f"{work}: CPU over R's {measure}", cost, most, "×")


def _by_others(found: Found) -> Iterator[Figure]:
    """Requests a second over those of others."""
    for work, who in found:
        if (who == HTTPX and work != TOKEN) or (who == PEER and work == LIST):
            rate = found[work, GATEWAY].score.rate / found[work, who].score.rate
            yield Figure(f"{work}: req/s over {who}", rate, 4 if who == HTTPX else 10, "×", at_least=True)


def _by_itself(found: Found) -> Iterator[Figure]:
    if (GET, GATEWAY) in found:
        score = found[GET, GATEWAY].score
        yield Figure(f"{GET}: p99 over p50 at 32 connections", score.p99 / score.p50, 2, "×")
    small, large = joining(SIZES[0]), joining(SIZES[-1])
    if (large, GATEWAY) in found:
        cost = found[large, GATEWAY].score.cpu / found[small, GATEWAY].score.cpu
        yield Figure(f"{large}: CPU over {SIZES[0]} members", cost, 1.1, "×")


def table(found: Found) -> str:
    """Markdown: each work with its contenders, CPU in units of R's GET one user and, where R can do it, of R's same work."""
    unit = found[GET, R].score
    reached = _reached(found)
    lines = [
        "| work | contender | CPU µs | × R's GET one | × R's same | req/s | p50 ms | p99 ms | RSS MiB | to reach |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |",
    ]
    for (work, who), total in found.items():
        score = total.score
        same = number(score.cpu / found[work, R].score.cpu) if (work, R) in found else ""
        lines.append(
            f"| {work} | {who} | {score.cpu * 1e6:.0f} | {score.cpu / unit.cpu:.2f} | {same} | {score.rate:.0f} "
            f"| {score.p50:.1f} | {score.p99:.1f} | {total.rss:.0f} | {reached.get((work, who), '')} |"
        )
    return "\n".join(lines)


def _reached(found: Found) -> dict[tuple[str, str], str]:
    """What stands beside a row of the gateway's: its targets, what came out, and the verdict."""
    rows: dict[tuple[str, str], list[str]] = {}
    for figure in figures(found):
        work, _, what = figure.name.partition(": ")
        rows.setdefault((work, GATEWAY), []).append(f"{what} {figure.wanted}: {figure.shown}, {verdict(figure.met)}")
    return {row: "; ".join(said) for row, said in rows.items()}


def told(found: Found, pace: Pace) -> str:
    """The table, and what it was made with."""
    packages = ("uvicorn", "uvloop", "httptools", "aiohttp", "starlette", "orjson")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{table(found)}\n\n{pace.rounds} rounds of {pace.seconds} s, 32 connections (2 for the bulk), medians. "
        f"Python {platform.python_version()}, {versions}."
    )
