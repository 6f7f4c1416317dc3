"""How a table looks: aligned and with a head on a terminal, plain lines with tabs elsewhere, so that `grep` and `cut` have an easy life.

Colours are click's: it leaves them out where no terminal is, and the command's root where `NO_COLOR` says so (gateway/cli/group.py).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

import click

GAP = "  "
WIDEST = 60
"""Characters of a column that is not the last."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; on a terminal what does not fit is cut."""
    if not sys.stdout.isatty():
        yield from ("\t".join(row) for row in rows)
        return
    widths = [min(WIDEST, max(map(len, column))) for column in zip(heads, *rows, strict=True)][:-1]
    room = max(20, shutil.get_terminal_size().columns - sum(widths) - len(GAP) * len(widths))
    yield click.style(GAP.join(_fitted(heads, widths, room)).rstrip(), bold=True)
    for row in rows:
        yield GAP.join(_fitted(row, widths, room)).rstrip()


def _fitted(row: Sequence[str], widths: Sequence[int], room: int) -> Iterator[str]:
    for cell, width in zip(row, (*widths, room), strict=True):
        yield (cell if len(cell) <= width else f"{cell[: width - 1]}…").ljust(width)
