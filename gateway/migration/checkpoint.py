"""What has been loaded: for each row its key in the source, its id in nevisIDM, and a digest that tells whether the source has changed it.

One SQLite file. It makes a load go on where it was killed, a second load send only what changed, and references find whom they mean. It
holds keys and ids, digests and names of attributes, and nothing else of anybody: no names, no addresses, no passwords. Whoever loads from a
source whose keys are names of people (CSV, LDIF) has those in it. A row that is under way is noted before its first call, so what a killed
load may have begun is known.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.migration.source import SourceError

State = Literal["begun", "done", "waiting", "refused"]
"""`begun`: its calls may have been sent; `done`: as the source has it; `waiting`: done but for references to what was not there;
`refused`.
"""

_TABLES = """
CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row (type TEXT, key TEXT, state TEXT, id TEXT, digest BLOB, names TEXT, run INTEGER, PRIMARY KEY (type, key))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS element (type TEXT, key TEXT, list TEXT, value TEXT, PRIMARY KEY (type, key, list, value)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the checkpoint says of a row. `id` None: it is not known to be in nevisIDM. `run`: which load saw it last."""

    state: State
    id: str | None
    digest: bytes
    names: tuple[str, ...]
    run: int


class Checkpoint:
    """The file; None: in memory, for a rehearsal, with what the file `like` knows. What is noted is safe from a kill after `commit`."""

    def __init__(self, path: Path | None, like: Path | None = None) -> None:
        self._db = _opened(path)
        if like is not None and like.exists():
            with closing(_opened(like)) as there:
                there.backup(self._db)
        if self.said("salt") is None:
            self.say("salt", secrets.token_hex(16))
        self.salt = self.said("salt") or ""
        """What makes the ids of one migration other than those of the next."""
        self.run = int(self.said("run") or 0)
        self.interrupted = self.said("under way") == "yes"
        """Whether the last load with this file did not come to its end."""

    def said(self, name: str) -> str | None:
        """What was noted under a name."""
        found = self._db.execute("SELECT value FROM said WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def say(self, name: str, value: str) -> None:
        """Note something about the whole."""
        self._db.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (name, value))

    def begin(self) -> None:
        """A load begins, or goes on."""
        self.run += 1
        self.say("run", str(self.run))
        self.say("under way", "yes")
        self.commit()

    def end(self) -> None:
        """The load has gone through everything."""
        self.say("under way", "no")
        self.commit()

    def get(self, type: str, key: str) -> Known | None:  # noqa: A002 — a row's type
        """What is known of a row."""
        found = self._db.execute(
            "SELECT state, id, digest, names, run FROM row WHERE type = ? AND key = ?", (type, key)
        ).fetchone()
        if found is None:
            return None
        state, id_, digest, names, run = found
        return Known(state, id_, digest, tuple(names.split("\n")) if names else (), run)

    def id_of(self, type: str, key: str) -> str | None:  # noqa: A002
        """The id in nevisIDM of what the source calls so, None if it is not there."""
        found = self._db.execute("SELECT id FROM row WHERE type = ? AND key = ? AND state != 'begun'", (type, key))
        row = found.fetchone()
        return None if row is None else row[0]

    def note(
        self,
        type: str,  # noqa: A002
        key: str,
        state: State,
        id_: str | None,
        digest: bytes = b"",
        names: Iterable[str] = (),
    ) -> None:
        """Note what became of a row."""
        self._db.execute(
            "INSERT OR REPLACE INTO row VALUES (?, ?, ?, ?, ?, ?, ?)",
            (type, key, state, id_, digest, "\n".join(names), self.run),
        )

    def seen(self, type: str, key: str) -> None:  # noqa: A002
        """The source still has the row, and it is as it was."""
        self._db.execute("UPDATE row SET run = ? WHERE type = ? AND key = ?", (self.run, type, key))

    def forget(self, type: str, key: str) -> None:  # noqa: A002
        """The row is no more."""
        self._db.execute("DELETE FROM row WHERE type = ? AND key = ?", (type, key))
        self._db.execute("DELETE FROM element WHERE type = ? AND key = ?", (type, key))

    def elements(self, type: str, key: str, name: str) -> set[str]:  # noqa: A002
        """The elements of a list that were written, by their keys in nevisIDM."""
        found = self._db.execute("SELECT value FROM element WHERE type = ? AND key = ? AND list = ?", (type, key, name))
        return {value for (value,) in found}

    def note_elements(self, type: str, key: str, name: str, there: Iterable[str], gone: Iterable[str] = ()) -> None:  # noqa: A002
        """Note elements that are there now, and that are no more."""
        self._db.executemany(
            "INSERT OR REPLACE INTO element VALUES (?, ?, ?, ?)", ((type, key, name, each) for each in there)
        )
        self._db.executemany(
            "DELETE FROM element WHERE type = ? AND key = ? AND list = ? AND value = ?",
            ((type, key, name, each) for each in gone),
        )

    def count(self, type: str, state: State) -> int:  # noqa: A002
        """How many rows of a type are in that state."""
        found = self._db.execute("SELECT count(*) FROM row WHERE type = ? AND state = ?", (type, state))
        return int(found.fetchone()[0])

    def gone(self, type: str) -> Iterator[tuple[str, str]]:  # noqa: A002
        """(key, id) of the rows that this load's source did not have, though an earlier one had them and they are in nevisIDM."""
        found = self._db.execute(
            "SELECT key, id FROM row WHERE type = ? AND run < ? AND id IS NOT NULL ORDER BY key", (type, self.run)
        )
        yield from found.fetchall()

    def commit(self) -> None:
        """Make safe what was noted."""
        self._db.commit()

    def close(self) -> None:
        """Make safe, and close."""
        self._db.commit()
        self._db.close()


def _opened(path: Path | None) -> sqlite3.Connection:
    """The file, open for us alone. Raises SourceError."""
    try:
        if path is not None and not path.exists():
            path.touch(mode=0o600)
        db = sqlite3.connect(":memory:" if path is None else path, timeout=0)
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_TABLES)
        db.execute("INSERT OR REPLACE INTO said VALUES ('format', '1')")
        db.commit()
    except (sqlite3.Error, OSError) as error:
        busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        why = "another load uses it; wait for its end" if busy else f"{type(error).__name__}: choose another file"
        raise SourceError(f"The checkpoint {path} cannot be used: {why}.") from None
    return db
