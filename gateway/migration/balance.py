"""The account of a comparison: every row with its fate, what differs, who is in which list, on disk and only for as long as it takes.

SQLite in a file of its own that nobody else can open and that vanishes with the process. So a million rows cost no memory, a row that comes
twice counts once, as it came last, and who is in nevisIDM only is a question to the database.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

Json = Any
Fate = Literal["same", "different", "missing", "refused"]
Side = Literal["source", "nevis"]

_MODULUS = 1 << 128
_TABLES = """
CREATE TABLE row (type TEXT, key TEXT, id TEXT, place TEXT, fate TEXT, source BLOB, nevis BLOB, PRIMARY KEY (type, key)) WITHOUT ROWID;
CREATE INDEX by_id ON row (type, id);
CREATE TABLE found (type TEXT, key TEXT, number INT, path TEXT, what TEXT, said TEXT, PRIMARY KEY (type, key, number)) WITHOUT ROWID;
CREATE TABLE element (list TEXT, owner TEXT, member TEXT, side TEXT, PRIMARY KEY (list, owner, member, side)) WITHOUT ROWID;
CREATE INDEX by_member ON element (list, member, side);
CREATE TABLE extra (type TEXT, id TEXT, PRIMARY KEY (type, id)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding about a row: where, what, and what is said of the values."""

    path: str
    what: str
    said: Json = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sums:
    """A type in numbers: rows of the source by fate, those of nevisIDM that belong to them, and the digests of both sides."""

    fates: dict[str, int]
    nevis: int
    extra: int
    source_digest: int
    nevis_digest: int

    @property
    def source(self) -> int:
        """How many rows the source has."""
        return sum(self.fates.values())


class Balance:
    """The account. Nothing of it outlives the process."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")  # a temporary file without a name
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.executescript(_TABLES)

    def row(
        self,
        kind: str,
        key: str,
        fate: Fate,
        *,
        id_: str | None = None,
        place: str = "",
        found: Iterable[Entry] = (),
        source: int = 0,
        nevis: int | None = None,
    ) -> None:
        """Note a row, in place of what was noted of it before."""
        sides = (source.to_bytes(16), None if nevis is None else nevis.to_bytes(16))
        self._db.execute(
            "INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", (kind, key, id_, place, fate, *sides)
        )
        self._db.execute("DELETE FROM found WHERE type = ? AND key = ?", (kind, key))
        for number, each in enumerate(found):
            self._found(kind, key, number, each)

    def id_of(self, kind: str, key: str) -> str | None:
        """The id in nevisIDM of a row that was noted."""
        found = self._db.execute("SELECT id FROM row WHERE type = ? AND key = ?", (kind, key)).fetchone()
        return None if found is None else found[0]

    def fate(self, kind: str, key: str) -> str | None:
        """What was noted of a row; None: nothing."""
        found = self._db.execute("SELECT fate FROM row WHERE type = ? AND key = ?", (kind, key)).fetchone()
        return None if found is None else found[0]

    def elements(self, name: str, owner: str | None, member: str | None, side: Side, values: Iterable[str]) -> None:
        """Who is in a list, as one side has it: the members of an owner, or the owners of a member; in place of what was noted before."""
        where, mine = ("owner", owner) if owner is not None else ("member", member)
        self._db.execute(f"DELETE FROM element WHERE list = ? AND side = ? AND {where} = ?", (name, side, mine))  # noqa: S608 — ours
        pairs = ((owner, each) if owner is not None else (each, member) for each in values)
        self._db.executemany(
            "INSERT OR IGNORE INTO element VALUES (?, ?, ?, ?)", ((name, *pair, side) for pair in pairs)
        )

    def note_extra(self, kind: str, ids: Iterable[str]) -> None:
        """Ids that nevisIDM has: those that belong to no row of the source are noted."""
        self._db.executemany(
            "INSERT OR IGNORE INTO extra SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM row WHERE type = ?1 AND id = ?2)",
            ((kind, each) for each in ids),
        )

    def settle(self, kind: str, name: str, path: str) -> None:
        """Find where the two sides of a list differ, for every owner that is a row of this type."""
        query = """SELECT row.key, sum(one.side = 'source'), sum(one.side = 'nevis')
            FROM element AS one JOIN row ON row.type = ? AND row.id = one.owner WHERE one.list = ?
            AND NOT EXISTS (SELECT 1 FROM element AS other WHERE other.list = one.list AND other.owner = one.owner
                AND other.member = one.member AND other.side != one.side) GROUP BY row.key"""
        for key, missing, extra in self._db.execute(query, (kind, name)).fetchall():
            for what, many in (("missing", missing), ("extra", extra)):
                if many:
                    self._append(kind, key, Entry(path, what, {"values": many}))

    def sums(self, kind: str, lists: Iterable[str]) -> Sums:
        """The numbers of a type; `lists`: those whose elements count into its digests."""
        fates: dict[str, int] = {}
        sides = [0, 0]
        there = 0
        for fate, source, nevis in self._db.execute("SELECT fate, source, nevis FROM row WHERE type = ?", (kind,)):
            fates[fate] = fates.get(fate, 0) + 1
            sides[0] += int.from_bytes(source)
            sides[1] += int.from_bytes(nevis or b"")
            there += nevis is not None
        for name in lists:
            query = "SELECT side, owner, member FROM element JOIN row ON row.type = ? AND row.id = owner WHERE list = ?"
            for side, owner, member in self._db.execute(query, (kind, name)):
                sides[side == "nevis"] += _pair(name, owner, member)
        (extra,) = self._db.execute("SELECT count(*) FROM extra WHERE type = ?", (kind,)).fetchone()
        return Sums(fates, there + extra, extra, sides[0] % _MODULUS, sides[1] % _MODULUS)

    def paths(self, kind: str) -> list[tuple[str, str, int]]:
        """(path, what, how many rows) of a type's findings, the most frequent first."""
        query = "SELECT path, what, count(*) AS many FROM found WHERE type = ? GROUP BY path, what ORDER BY many DESC, path, what"
        return self._db.execute(query, (kind,)).fetchall()

    def rows(self, kind: str) -> Iterator[Json]:
        """Every row of a type that is not the same, with its findings, by key; then who is in nevisIDM only."""
        query = "SELECT key, id, place, fate FROM row WHERE type = ? AND fate != 'same' ORDER BY key"
        for key, id_, place, fate in self._db.execute(query, (kind,)):
            found = self._db.execute(
                "SELECT path, what, said FROM found WHERE type = ? AND key = ? ORDER BY path, number", (kind, key)
            )
            told = [{"path": path, "what": what, **(orjson.loads(said) or {})} for path, what, said in found]
            yield {"type": kind, "key": key, "id": id_, "place": place, "is": fate, "differences": told}
        for (id_,) in self._db.execute("SELECT id FROM extra WHERE type = ? ORDER BY id", (kind,)):
            yield {"type": kind, "key": None, "id": id_, "place": None, "is": "extra", "differences": []}

    def close(self) -> None:
        """Throw it away."""
        self._db.close()

    def _append(self, kind: str, key: str, entry: Entry) -> None:
        (number,) = self._db.execute("SELECT count(*) FROM found WHERE type = ? AND key = ?", (kind, key)).fetchone()
        self._found(kind, key, number, entry)
        self._db.execute("UPDATE row SET fate = 'different' WHERE type = ? AND key = ? AND fate = 'same'", (kind, key))

    def _found(self, kind: str, key: str, number: int, entry: Entry) -> None:
        said = orjson.dumps(entry.said, default=str).decode()
        self._db.execute(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?)", (kind, key, number, entry.path, entry.what, said)
        )


def _pair(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b(orjson.dumps(parts), digest_size=16).digest())
