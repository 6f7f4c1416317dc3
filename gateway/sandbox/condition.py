"""Conditions of a list, and how SQLite is to meet them.

A page is found in one of two ways: by what a condition selects, sorted afterwards, when that is little; or by walking an index in the
list's order and checking each row, when it is much. SQLite cannot know which without statistics, so a condition that spans a range is
probed first, and a `+` keeps the index out of use that would be the wrong one. Either way costs about the same in a small and in a very
large directory.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .store import Store
from .table import Column, Table

FEW = 2000  # rows that are sorted rather than walked to


@dataclass(frozen=True, slots=True)
class Condition:
    """`sql` may use an index; `walked` is the same for a row at hand; `column` is what a range spans ("" when it spans none)."""

    sql: str
    params: tuple[Column, ...]
    walked: str = ""
    column: str = ""


def equal(sql: str, value: Column) -> Condition:
    """Equality; its index goes on in the list's order, so there is nothing to decide."""
    return Condition(f"{sql} = ?", (value,))


def between(sql: str, low: Column, high: Column) -> Condition:
    """From `low` up to, not including, `high` (None: no end)."""
    params = (low,) if high is None else (low, high)
    text = "{0} >= ?" if high is None else "{0} >= ? AND {0} < ?"
    plain = sql.isidentifier()
    return Condition(text.format(sql), params, text.format(f"+{sql}") if plain else "", sql if plain else "")


def with_property(table: Table, name: str, value: str, client: str, *, folded: bool = False) -> Condition:
    """The document has this value of a property; `folded`: in whatever case, the value being given in small letters."""
    where = f"scope = ? AND name = ? AND {'fold(value)' if folded else 'value'} = ? AND client = ?"
    owned = f"SELECT owner FROM property_values WHERE {where}"  # noqa: S608
    walked = f"EXISTS ({owned} AND owner = {table.name}.ext_id)"
    return Condition(f"ext_id IN ({owned})", (table.scope, name, value, client), walked, "ext_id")


def among(column: str, values: Collection[str]) -> Condition:
    """One of these values; none of them when there are none."""
    return Condition(f"{column} IN ({', '.join('?' * len(values))})", tuple(sorted(values)))


def holds(sql: str, *params: Column) -> Condition:
    """Anything else, checked row by row."""
    return Condition(sql, params)


@dataclass(slots=True)
class Statement:
    """A list's conditions and order, all of one client; `base` holds what the kept totals know already."""

    client: str
    base: str = "client = ?"
    conditions: list[Condition] = field(default_factory=list)
    order: Sequence[str] = ("created", "ext_id")
    descending: bool = False
    narrowed: bool = False

    def add(self, condition: Condition) -> None:
        """One more condition, which the kept totals do not know."""
        self.conditions.append(condition)
        self.narrowed = True

    @property
    def in_order(self) -> bool:
        """Whether this is the order that continuation tokens are made for."""
        return tuple(self.order) == ("created", "ext_id") and not self.descending

    def where(self) -> tuple[str, list[Column]]:
        """All conditions, for counting."""
        return self._joined([(one.sql, one.params) for one in self.conditions])

    def planned(self, store: Store, table: Table) -> tuple[str, list[Column], str]:
        """The conditions and the ORDER BY of a page, put so that the right index is used."""
        direction = " DESC" if self.descending else ""
        spans = [one for one in self.conditions if one.column and one.column != self.order[0]]
        few = any(self._selects_few(store, table, one) for one in spans)
        parts = [
            (one.walked or one.sql if one in spans and not few else one.sql, one.params) for one in self.conditions
        ]
        sql, params = self._joined(parts)
        return sql, params, ", ".join(f"{'+' if few else ''}{name}{direction}" for name in self.order)

    def _selects_few(self, store: Store, table: Table, one: Condition) -> bool:
        sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {table.name} WHERE {self.base} AND {one.sql} LIMIT ?)"  # noqa: S608
        count = store.connection.execute(sql, (self.client, *one.params, FEW + 1)).fetchone()[0]
        return bool(count <= FEW)

    def _joined(self, parts: Sequence[tuple[str, tuple[Column, ...]]]) -> tuple[str, list[Column]]:
        sql = " AND ".join([self.base, *(text for text, _ in parts)])
        return sql, [self.client, *(param for _, params in parts for param in params)]
