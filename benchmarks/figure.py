"""A figure to reach, what came out, and whether it was met: what every bench hands to the summary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`found` is held against `target`: at most so much, or `at_least`. `unit` stands behind both ("× R", "ms", "MiB")."""

    name: str
    found: float
    target: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.target if self.at_least else self.found <= self.target

    @property
    def wanted(self) -> str:
        """The target in words."""
        return f"{'≥' if self.at_least else '≤'} {number(self.target)}{_behind(self.unit)}"

    @property
    def shown(self) -> str:
        """What came out."""
        return f"{number(self.found)}{_behind(self.unit)}"


def number(value: float) -> str:
    """Three digits at most that mean something; whole numbers from a hundred on."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def verdict(met: bool) -> str:
    """One word for it."""
    return "met" if met else "**not met**"


def summary(figures: Iterable[Figure]) -> str:
    """Markdown: all of them, with the verdict."""
    lines = ["| figure | to reach | found | |", "| --- | --: | --: | --- |"]
    lines += [f"| {each.name} | {each.wanted} | {each.shown} | {verdict(each.met)} |" for each in figures]
    return "\n".join(lines)


def _behind(unit: str) -> str:
    return f" {unit}" if unit else ""
