"""The sandbox's data: documents in SQLite, in memory or in a file, each under its client and extId.

A Row is a document with its bookkeeping (version, created, lastModified). Fields whose name begins with `_` are the sandbox's own (the
hash of a secret, a lock's end) and never leave: `Row.dto()` drops them. Values of properties are kept in a table of their own as well, so
that uniqueness and property filters are look-ups. Nothing here knows a rule of nevisIDM.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from .anchors import Anchors
from .bulk import add_people
from .clock import Clock, millis, stamp, utcnow
from .table import COUNTS, TABLES, VALUES, Column, Table, dump

Document = dict[str, Any]

_BULK = 50_000
_HEAD = "id, client, parent, ext_id, version, created, modified, doc"


@dataclass(frozen=True, slots=True)
class Row:
    """A stored document. `parent` is the extId of what it belongs to: a user, a profile, an application, the unit above."""

    id: int
    client: str
    parent: str
    ext_id: str
    version: int
    created: int
    modified: int
    doc: Document

    def dto(self) -> Document:
        """The document as nevisIDM shows it, without the sandbox's own fields."""
        shown = {name: value for name, value in self.doc.items() if name[0] != "_"}
        return {
            "created": stamp(self.created),
            "lastModified": stamp(self.modified),
            "version": self.version,
            **shown,
        }


class Store:
    """One SQLite database. All methods are synchronous and meant for one thread at a time."""

    def __init__(self, path: str = ":memory:", clock: Clock = utcnow) -> None:
        self.clock = clock
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.create_function("fold", 1, _fold, deterministic=True)
        self.anchors = Anchors(self.connection)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-65536"):
            self.connection.execute(f"PRAGMA {pragma}")
        for statement in (COUNTS, VALUES, *(made for table in TABLES for made in table.ddl())):
            self.connection.execute(statement)

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction it is part of that one."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        self.anchors.begin()
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def find(self, table: Table, client: str, ext_id: str) -> Row | None:
        """The document with this extId; tables without clients (clients, applications, roles, definitions) use client ""."""
        found = self.rows(table, "client = ? AND ext_id = ?", (client, ext_id))
        return found[0] if found else None

    def children(self, table: Table, client: str, parent: str) -> list[Row]:
        """All documents under a parent in the order they were created."""
        return self.rows(table, "client = ? AND parent = ? ORDER BY created, ext_id", (client, parent))

    def rows(self, table: Table, where: str, params: Sequence[Column] = ()) -> list[Row]:
        """Documents by a condition over the table's columns (with ORDER BY and LIMIT, if any, behind it)."""
        found = self.connection.execute(f"SELECT {_HEAD} FROM {table.name} WHERE {where}", params)  # noqa: S608
        return [_row(*columns) for columns in found]

    def count(self, table: Table, client: str, kinds: Sequence[str] = ()) -> int:
        """How many documents a client has (of some kinds: user states, credential types), without counting them."""
        sql = "SELECT COALESCE(SUM(n), 0) FROM counts WHERE tab = ? AND client = ?"
        if kinds:
            sql += f" AND kind IN ({', '.join('?' * len(kinds))})"
        return int(self.connection.execute(sql, (table.name, client, *kinds)).fetchone()[0])

    def insert(
        self, table: Table, client: str, ext_id: str, doc: Document, *, parent: str = "", created: int | None = None
    ) -> Row:
        """A new document with version 1. The caller has checked that the extId is free."""
        now = millis(self.clock()) if created is None else created
        cursor = self.connection.execute(table.insert(), table.values(client, parent, ext_id, now, doc))
        self._add_values(table, client, ext_id, doc)
        return Row(cursor.lastrowid or 0, client, parent, ext_id, 1, now, now, doc)

    def update(self, table: Table, row: Row, doc: Document, *, parent: str | None = None, quiet: bool = False) -> Row:
        """The document replaced; raises the version and lastModified unless `quiet`."""
        version = row.version + (not quiet)
        now = row.modified if quiet else millis(self.clock())
        above = row.parent if parent is None else parent
        search = [take(doc) for take in table.search.values()]
        sets = ", ".join(f"{name} = ?" for name in ("parent", "version", "modified", "doc", *table.search))
        sql = f"UPDATE {table.name} SET {sets} WHERE id = ?"  # noqa: S608
        self.connection.execute(sql, (above, version, now, dump(doc), *search, row.id))
        before, after = _properties(row.doc), _properties(doc)
        if before != after:
            self._drop_values(table, row)
            self._add_values(table, row.client, row.ext_id, doc)
        return Row(row.id, row.client, above, row.ext_id, version, row.created, now, doc)

    def delete(self, table: Table, row: Row) -> None:
        """The document and its property values gone."""
        self._drop_values(table, row)
        self.connection.execute(f"DELETE FROM {table.name} WHERE id = ?", (row.id,))  # noqa: S608

    def owners(self, scope: str, name: str, value: str) -> list[tuple[str, str]]:
        """(client, extId) of up to two documents that have this value of a property."""
        sql = "SELECT client, owner FROM property_values WHERE scope = ? AND name = ? AND value = ? LIMIT 2"
        return list(self.connection.execute(sql, (scope, name, value)))

    def _add_values(self, table: Table, client: str, owner: str, doc: Document) -> None:
        scope = table.scope_of(doc)
        rows = [(scope, name, value, client, owner) for name, value in _properties(doc).items()]
        self.connection.executemany("INSERT OR REPLACE INTO property_values VALUES (?, ?, ?, ?, ?)", rows)

    def _drop_values(self, table: Table, row: Row) -> None:
        scope = table.scope_of(row.doc)
        rows = [(scope, name, value, row.client, row.ext_id) for name, value in _properties(row.doc).items()]
        where = "scope = ? AND name = ? AND value = ? AND client = ? AND owner = ?"
        self.connection.executemany(f"DELETE FROM property_values WHERE {where}", rows)  # noqa: S608

    def add_users(self, client: str, people: Iterable[Mapping[str, Any]]) -> int:
        """Many users at once, unchecked, in transactions of 50,000; see `bulk.py` for the form of a person. Answers how many."""
        count, rest, now = 0, iter(people), millis(self.clock())
        while batch := list(islice(rest, _BULK)):
            with self.transaction():
                count += add_people(self.connection, client, batch, now)
        return count


def _row(
    number: int, client: str, parent: str, ext_id: str, version: int, created: int, modified: int, doc: str
) -> Row:
    return Row(number, client, parent, ext_id, version, created, modified, orjson.loads(doc))


def _properties(doc: Document) -> Mapping[str, str]:
    return doc.get("properties") or {}


def _fold(text: Column) -> Column:
    return text.lower() if isinstance(text, str) else text
