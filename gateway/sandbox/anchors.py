"""Where pages by offset begin, so that one in the middle of a large directory costs about what the first does.

SQLite counts up to an offset row by row. The first page behind so many rows leaves the key of every five-hundredth of them; pages after it
begin at the nearest one. Keys hold for one version of the data: whatever is written, by this process or another, they are forgotten, so
that a page always has the very rows that counting up would give.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence

from .table import Column

STEP = 500
LISTS = 16
"""Of how many lists (each with its conditions and its order) keys are kept: those that were asked for last."""
NEVER_NULL = frozenset({"created", "ext_id", "modified", "version"})
"""The columns whose order comparing with a key can follow."""

Key = tuple[Column, ...]
Version = tuple[int, int]
Asked = tuple[str, str, tuple[Column, ...], str]


class Anchors:
    """The keys of one connection's lists. `step`: between which rows."""

    def __init__(self, connection: sqlite3.Connection, step: int = STEP) -> None:
        self._connection = connection
        self._step = step
        self._version: Version | None = None
        self._begun = -1
        self._known: OrderedDict[Asked, list[Key]] = OrderedDict()

    def begin(self) -> None:
        """A transaction has begun."""
        self._begun = self._connection.total_changes

    def version(self) -> Version | None:
        """What tells one state of the data from every other; None inside a transaction that has written: it may yet be taken back."""
        if self._connection.in_transaction and self._connection.total_changes != self._begun:
            return None
        [outside] = self._connection.execute("PRAGMA data_version").fetchone()
        return self._connection.total_changes, outside

    def before(
        self,
        version: Version,
        table: str,
        where: str,
        params: Sequence[Column],
        order: Sequence[str],
        *,
        down: bool,
        offset: int,
    ) -> tuple[Key, int] | None:
        """The key of a row in this order, and how many rows end with it: at most `offset` of them; None where there is no such row.

        `order`: columns that are never null and together unique; `down`: descending. What is found holds while `version` does.
        """
        if offset < self._step or not NEVER_NULL.issuperset(order):
            return None
        keys = self._of(version, (table, where, tuple(params), f"{order} {down}"))
        columns, direction = ", ".join(order), " DESC" if down else ""
        sorted_by = ", ".join(f"{name}{direction}" for name in order)
        while len(keys) < offset // self._step:
            more, held = behind(order, keys[-1], down=down) if keys else ("", ())
            sql = f"SELECT {columns} FROM {table} WHERE {where}{more} ORDER BY {sorted_by} LIMIT 1 OFFSET ?"  # noqa: S608
            found = self._connection.execute(sql, (*params, *held, self._step - 1)).fetchone()
            if found is None:
                break
            keys.append(found)
        rows = min(len(keys), offset // self._step)
        return (keys[rows - 1], rows * self._step) if rows else None

    def _of(self, version: Version, asked: Asked) -> list[Key]:
        if version != self._version:
            self._version = version
            self._known.clear()
        keys = self._known.setdefault(asked, [])
        self._known.move_to_end(asked)
        if len(self._known) > LISTS:
            self._known.popitem(last=False)
        return keys


def behind(order: Sequence[str], key: Key, *, down: bool) -> tuple[str, Key]:
    """The condition that a row stands behind the one with this key, to be put behind others, and its parameters."""
    return f" AND ({', '.join(order)}) {'<' if down else '>'} ({', '.join('?' * len(key))})", key
