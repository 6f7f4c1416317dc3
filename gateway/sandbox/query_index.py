"""The Query service's index: a copy beside the store that follows it with a lag, kept in the same SQLite database.

Triggers note which entity has changed and when; `catch_up` copies what is due. So the copy can be late, stay frozen, contain what has
been deleted meanwhile, and forget nothing over a restart. A change counts from its last moment: it is never visible before the lag is over.
All words lie in one FTS5 table, one column a field. They are cut by `lucene_match.tokens` before, and keywords are coded into one word
each, so that SQLite has no say in what a term is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from .clock import millis
from .lucene_match import Document, Kind, tokens
from .query_entry import Entry, read
from .query_subject import ALL_FIELDS, COLUMNS, LOWERED, PROPERTIES, SUBJECTS, WORDS
from .store import Store

_BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(WORDS)}
GAP = "§"  # no term contains it: a phrase does not reach from one value into the next
CODED = "¤"  # the same; begins a coded keyword
_BATCH = 2000
_DOCS = (
    *("tab", "client", "ext_id", "state", "email", "created", "modified", "last_login", "last_failure"),
    *("low_loginid", "low_name", "low_firstname", "low_email", "present"),
)


class Index:
    """The index of one store; making it creates tables and triggers, and notes what the store already holds."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.connection = store.connection
        self.connection.create_function("index_now", 0, lambda: millis(store.clock()))
        known = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'query_changes'").fetchone()
        for statement in _tables():
            self.connection.execute(statement)
        if not known:
            self._note_everything()

    def catch_up(self, until: float) -> None:
        """Copy all entities whose last change is not later than `until` (epoch milliseconds)."""
        while True:
            sql = "SELECT tab, client, ext_id FROM query_changes WHERE at <= ? ORDER BY tab, client LIMIT ?"
            due = self.connection.execute(sql, (until, _BATCH)).fetchall()
            if not due:
                return
            with self.store.transaction():
                for (tab, client), some in groupby(due, key=lambda row: (row[0], row[1])):
                    self._copy(tab, client, [ext_id for _, _, ext_id in some])
                self.connection.executemany(
                    "DELETE FROM query_changes WHERE tab = ? AND client = ? AND ext_id = ?", due
                )

    def entries(
        self, where: str, params: Sequence[Any], order: str, limit: int, offset: int = 0
    ) -> Iterator[tuple[int, Entry]]:
        """The copies a condition over `query_docs` finds, each with its number."""
        sql = f"SELECT id, tab, client, ext_id FROM query_docs WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        for number, tab, client, ext_id in self.connection.execute(sql, (*params, limit, offset)):
            yield number, self._entry(tab, client, ext_id, number)

    def count(self, where: str, params: Sequence[Any]) -> int:
        sql = f"SELECT COUNT(*) FROM query_docs WHERE {where}"  # noqa: S608
        return int(self.connection.execute(sql, params).fetchone()[0])

    def vocabulary(self, field: str, low: str = "", high: str | None = None, glob: str = "*") -> Iterator[str]:
        """The words of a field between two bounds that fit a GLOB pattern, in order."""
        sql = "SELECT term FROM query_terms WHERE col = ? AND term >= ? AND term GLOB ?"
        params = [field, low, glob]
        if high is not None:
            sql, params = sql + " AND term < ?", [*params, high]
        return (term for (term,) in self.connection.execute(sql, params))

    def _note_everything(self) -> None:
        for subject in SUBJECTS.values():
            table = subject.table.name
            self.connection.execute(
                f"INSERT OR REPLACE INTO query_changes SELECT '{table}', client, ext_id, modified FROM {table}"  # noqa: S608
            )

    def _copy(self, tab: str, client: str, ext_ids: Sequence[str]) -> None:
        """Bring these entities' copies up to date: words out, rows replaced or gone, words in."""
        before = self._numbers(tab, client, ext_ids)
        old = [(number, self._entry(tab, client, ext_id, number)) for ext_id, number in before.items()]
        self._words("'delete', ", [(number, *_texts(_indexed(entry))) for number, entry in old])
        new = [(entry, _indexed(entry)) for entry in read(self.store, SUBJECTS[tab], client, ext_ids)]
        staying = {entry.ext_id for entry, _ in new}
        gone = [(number,) for ext_id, number in before.items() if ext_id not in staying]
        for table in ("query_docs", "query_entries"):
            self.connection.executemany(f"DELETE FROM {table} WHERE id = ?", gone)  # noqa: S608
        marks = ", ".join("?" * (len(_DOCS) + 1))
        sql = f"INSERT OR REPLACE INTO query_docs (id, {', '.join(_DOCS)}) VALUES ({marks})"  # noqa: S608
        self.connection.executemany(sql, [(before.get(entry.ext_id), *_columns(entry, doc)) for entry, doc in new])
        after = self._numbers(tab, client, list(staying))
        texts = [(after[entry.ext_id], orjson.dumps([entry.hit, entry.more]).decode()) for entry, _ in new]
        self.connection.executemany("INSERT OR REPLACE INTO query_entries VALUES (?, ?)", texts)
        self._words("", [(after[entry.ext_id], *_texts(doc)) for entry, doc in new])

    def _numbers(self, tab: str, client: str, ext_ids: Sequence[str]) -> dict[str, int]:
        marks = ", ".join("?" * len(ext_ids))
        sql = f"SELECT ext_id, id FROM query_docs WHERE tab = ? AND client = ? AND ext_id IN ({marks})"  # noqa: S608
        return dict(self.connection.execute(sql, (tab, client, *ext_ids)).fetchall())

    def _entry(self, tab: str, client: str, ext_id: str, number: int) -> Entry:
        [entry] = self.connection.execute("SELECT entry FROM query_entries WHERE id = ?", (number,)).fetchone()
        return _load(tab, client, ext_id, entry)

    def _words(self, command: str, rows: Iterable[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{name}"' for name in WORDS)
        head = f"query_words, rowid, {names}" if command else f"rowid, {names}"
        marks = ", ".join("?" * (len(WORDS) + 1))
        self.connection.executemany(f"INSERT INTO query_words ({head}) VALUES ({command}{marks})", rows)  # noqa: S608


def coded(value: str) -> str:
    """A keyword as one word of the index; the code of a prefix is a prefix of the code."""
    return CODED + value.encode("utf-8", "surrogatepass").hex()


def decoded(word: str) -> str:
    """The keyword behind a word of the index."""
    return bytes.fromhex(word.removeprefix(CODED)).decode("utf-8", "surrogatepass")


def bit(field: str) -> int:
    """The bit of `present` that says a document has words in this field."""
    return _BITS[field]


def _indexed(entry: Entry) -> Document:
    """The entry's values by field, those of all properties also together."""
    document = entry.document()
    properties = [value for name, values in document.items() if name.startswith(f"{PROPERTIES}.") for value in values]
    return {**document, PROPERTIES: properties} if properties else document


def _texts(document: Document) -> list[str]:
    """The columns of `query_words`."""
    return [_text(name, values) if (values := document.get(name)) else "" for name in WORDS]


def _text(field: str, values: Sequence[str]) -> str:
    if ALL_FIELDS[field] is Kind.KEYWORD:
        return " ".join([coded(value) for value in values])
    return f" {GAP} ".join([" ".join(tokens(value)) for value in values])


def _columns(entry: Entry, document: Document) -> tuple[Any, ...]:
    """The columns of `query_docs`."""
    first = {name: values[0] for name, values in document.items()}
    return (
        entry.subject,
        entry.client,
        entry.ext_id,
        *[first.get(field) for field, column in COLUMNS.items() if column != "ext_id"],
        *[first[field].lower() if field in first else None for field in LOWERED],
        sum([bit(name) for name in document if name in _BITS]),
    )


def _load(tab: str, client: str, ext_id: str, text: str) -> Entry:
    hit, more = orjson.loads(text)
    return Entry(tab, client, ext_id, hit, more)


def _tables() -> Iterator[str]:
    names = ", ".join(f'"{name}"' for name in WORDS)
    yield (
        "CREATE TABLE IF NOT EXISTS query_changes (tab TEXT, client TEXT, ext_id TEXT, at INTEGER,"
        " PRIMARY KEY (tab, client, ext_id)) WITHOUT ROWID"
    )
    yield f"CREATE TABLE IF NOT EXISTS query_docs (id INTEGER PRIMARY KEY, {', '.join(_DOCS)}, UNIQUE (tab, client, ext_id))"
    yield "CREATE TABLE IF NOT EXISTS query_entries (id INTEGER PRIMARY KEY, entry)"
    for column in ("ext_id", "email", "created", "modified"):
        yield f"CREATE INDEX IF NOT EXISTS query_docs_{column} ON query_docs ({column})"
    yield f"CREATE VIRTUAL TABLE IF NOT EXISTS query_words USING fts5({names}, content='', tokenize='ascii')"
    yield "CREATE VIRTUAL TABLE IF NOT EXISTS query_terms USING fts5vocab(query_words, 'col')"
    for subject in SUBJECTS.values():
        yield from _triggers(
            subject.table.name, f"VALUES ('{subject.name}', {{row}}.client, {{row}}.ext_id, index_now())"
        )
    for table in ("profiles", "credentials"):
        yield from _triggers(table, "VALUES ('users', {row}.client, {row}.parent, index_now())")
    members = (
        "SELECT 'users', client, parent, index_now() FROM profiles WHERE client = NEW.client AND unit = NEW.ext_id"
    )
    yield (
        "CREATE TRIGGER IF NOT EXISTS query_units_members AFTER UPDATE OF doc ON units"
        f" BEGIN INSERT OR REPLACE INTO query_changes {members}; END"
    )


def _triggers(table: str, values: str) -> Iterator[str]:
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS query_{table}_{event.lower()} AFTER {event} ON {table}"
            f" BEGIN INSERT OR REPLACE INTO query_changes {values.format(row=row)}; END"
        )
