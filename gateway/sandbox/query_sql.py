"""A Lucene query as a condition on the index's tables: exact where SQL can say it, else a superset that is checked document by document.

`narrow` never loses a document. A prohibited clause that is only a superset is left out, since turned round it would be a subset. Patterns,
ranges and fuzzy terms become the words of the vocabulary that fit them, as in Lucene, up to a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from .listing import prefix_end
from .lucene_match import Fields, Kind, Matcher, term_test, tokens
from .lucene_tree import Boolean, Everything, Exists, Fuzzy, Occur, Query, Range, Text, Wildcard
from .query_index import CODED, GAP, Index, bit, coded, decoded
from .query_subject import CLIENT_FIELDS, COLUMNS, LOWERED, PROPERTIES

_MOST_WORDS = 1000  # a pattern that fits more is left to the check

Leaf = Exists | Text | Wildcard | Fuzzy | Range


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL over `query_docs`; `exact` says that it finds nothing else than the query does."""

    sql: str
    params: tuple[str | int, ...] = ()
    exact: bool = True


YES, NO, PERHAPS = Condition("1"), Condition("0"), Condition("1", exact=False)


@dataclass(frozen=True, slots=True)
class Narrower:
    """`clients` are the names of all clients by extId: fields of the client are answered from there, not from the index."""

    index: Index
    fields: Fields
    clients: dict[str, str]

    def narrow(self, query: Query) -> Condition | None:
        """The condition, or None when the query has no say (a text without a single term)."""
        if isinstance(query, Boolean):
            return self._boolean(query)
        if isinstance(query, Everything):
            return YES
        if query.field is None:
            return self._anywhere(query)
        if query.field in CLIENT_FIELDS:
            return self._of_client(query)
        if query.field in COLUMNS:
            return _column(query, COLUMNS[query.field])
        return self._words(query, query.field)

    def _boolean(self, query: Boolean) -> Condition | None:
        parts = [(clause.occur, made) for clause in query.clauses if (made := self.narrow(clause.query)) is not None]
        if not parts:
            return None
        must = [made for occur, made in parts if occur is Occur.MUST]
        should = [made for occur, made in parts if occur is Occur.SHOULD]
        if not must and not should:
            return NO
        prohibited = [_negated(made) for occur, made in parts if occur is Occur.MUST_NOT]
        return _all([*(must or [_any(should)]), *prohibited])

    def _of_client(self, leaf: Leaf) -> Condition | None:
        heard = {
            ext_id: Matcher(client_document(ext_id, name), CLIENT_FIELDS).score(leaf)
            for ext_id, name in self.clients.items()
        }
        if all(value is None for value in heard.values()):
            return None
        found = tuple(ext_id for ext_id, value in heard.items() if value)
        return Condition(f"client IN ({', '.join('?' * len(found))})", found) if found else NO

    def _anywhere(self, leaf: Leaf) -> Condition | None:
        if isinstance(leaf, Exists):
            return YES
        if isinstance(leaf, Text):
            columns = [Condition(f"{column} = ?", (leaf.text,)) for column in ("ext_id", "state", "email")]
            words = tokens(leaf.text)
            match = [_match("", words, leaf)] if words else []
            return _any([*columns, *match, _matching(f'"{coded(leaf.text)}"')])
        return PERHAPS

    def _words(self, leaf: Leaf, field: str) -> Condition | None:
        column, exact = (PROPERTIES, False) if field.startswith(f"{PROPERTIES}.") else (field, True)
        made = self._exact_words(leaf, column)
        return made if exact or made is None else Condition(made.sql, made.params, made is NO)

    def _exact_words(self, leaf: Leaf, column: str) -> Condition | None:
        keyword = self.fields.get(column) is Kind.KEYWORD
        if isinstance(leaf, Exists):
            return Condition("present & ? != 0", (bit(column),))
        if isinstance(leaf, Text):
            words = [coded(leaf.text)] if keyword else tokens(leaf.text)
            return _match(column, words, leaf) if words else None
        if isinstance(leaf, Wildcard) and _is_prefix(leaf):
            return _prefix(column, leaf.prefix, keyword)
        words = self._vocabulary(leaf, column, keyword)
        if len(words) > _MOST_WORDS:
            return _part(leaf, column)
        return _matching(_filtered(column, " OR ".join(f'"{word}"' for word in words))) if words else NO

    def _vocabulary(self, leaf: Wildcard | Fuzzy | Range, column: str, keyword: bool) -> list[str]:
        """The words of a field that fit, at most one more than are of use."""
        test = term_test(leaf)
        low, high = _bounds(leaf)
        if keyword:
            found = (word for word in self.index.vocabulary(column, CODED) if test(decoded(word)))
        else:
            glob = _glob(leaf) if isinstance(leaf, Wildcard) else "*"
            found = (word for word in self.index.vocabulary(column, low, high, glob) if word != GAP and test(word))
        return list(islice(found, _MOST_WORDS + 1))


def client_document(ext_id: str, name: str) -> dict[str, Sequence[str]]:
    """A client as the fields `clientName`, `client.name` and `client.extid`."""
    return {"clientName": [name], "client.name": [name], "client.extid": [ext_id]}


def _column(leaf: Leaf, column: str) -> Condition:
    if isinstance(leaf, Exists):
        return Condition(f"{column} IS NOT NULL")
    if isinstance(leaf, Text):
        return Condition(f"{column} = ?", (leaf.text,))
    if isinstance(leaf, Wildcard):
        return Condition(f"{column} GLOB ?", (_glob(leaf),))
    if isinstance(leaf, Range):
        low = [] if leaf.low is None else [Condition(f"{column} {'>=' if leaf.include_low else '>'} ?", (leaf.low,))]
        high = (
            [] if leaf.high is None else [Condition(f"{column} {'<=' if leaf.include_high else '<'} ?", (leaf.high,))]
        )
        return _all([*low, *high]) if low or high else Condition(f"{column} IS NOT NULL")
    return Condition(f"{column} IS NOT NULL", exact=False)


def _match(column: str, words: Sequence[str], leaf: Text) -> Condition:
    quoted = [f'"{word}"' for word in words]
    if not leaf.phrase:
        return _matching(_filtered(column, " OR ".join(quoted)))
    if leaf.slop and len(words) > 1:
        return _matching(_filtered(column, " AND ".join(quoted)), exact=False)
    return _matching(_filtered(column, f'"{" ".join(words)}"'))


def _part(leaf: Wildcard | Fuzzy | Range, column: str) -> Condition:
    """A superset for what fits too many words: the longest part of a pattern in the value, else any word at all."""
    part = (
        max((text for text, wild in leaf.parts if not wild), key=len, default="") if isinstance(leaf, Wildcard) else ""
    )
    if part and column in LOWERED:
        return Condition(f"instr({LOWERED[column]}, ?) > 0", (part,), exact=False)
    return Condition("present & ? != 0", (bit(column),), exact=False)


def _prefix(column: str, prefix: str, keyword: bool) -> Condition:
    if keyword:
        return _matching(_filtered(column, f'"{coded(prefix)}" *'))
    return _matching(_filtered(column, f'"{prefix}" *')) if tokens(prefix) == [prefix] else NO


def _filtered(column: str, expression: str) -> str:
    return f'"{column}" : ({expression})' if column else expression


def _matching(expression: str, *, exact: bool = True) -> Condition:
    return Condition("id IN (SELECT rowid FROM query_words WHERE query_words MATCH ?)", (expression,), exact)


def _is_prefix(leaf: Wildcard) -> bool:
    return len(leaf.parts) == 2 and leaf.parts[1] == ("*", True) and bool(leaf.prefix)


def _bounds(leaf: Wildcard | Fuzzy | Range) -> tuple[str, str | None]:
    if isinstance(leaf, Range):
        return leaf.low or "", None if leaf.high is None else leaf.high + "\0"
    prefix = leaf.prefix if isinstance(leaf, Wildcard) else ""
    return prefix, (prefix_end(prefix) or None) if prefix else None


def _glob(leaf: Wildcard) -> str:
    return "".join(text if wild else _escaped(text) for text, wild in leaf.parts)


def _escaped(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)


def _negated(made: Condition) -> Condition:
    return Condition(f"NOT COALESCE(({made.sql}), 0)", made.params) if made.exact else PERHAPS


def _all(parts: Sequence[Condition]) -> Condition:
    return _joined(parts, " AND ")


def _any(parts: Sequence[Condition]) -> Condition:
    return _joined(parts, " OR ")


def _joined(parts: Sequence[Condition], operator: str) -> Condition:
    """In halves of halves, since SQLite bounds the depth of an expression."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _joined(parts[:half], operator), _joined(parts[half:], operator)
    return Condition(f"({left.sql}{operator}{right.sql})", left.params + right.params, left.exact and right.exact)
