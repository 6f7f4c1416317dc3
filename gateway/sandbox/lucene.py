"""The query language of the Query service: Lucene's classic syntax, read by luqum into a small tree of our own.

luqum gives the shape; the meaning follows Lucene's classic parser, which knows no precedence of AND over OR: clauses are
required, optional or prohibited, AND makes both its neighbours required, the default operator is OR, and a query of
prohibited clauses only finds nothing (a pure NOT needs `*:* AND NOT …`).
What luqum reads otherwise than the classic parser is put right before (`_classic`) or refused.

Promise: `parse` answers a tree or raises `Unparsable`, never anything else, and its texts never repeat the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as luqum_parse

from .lucene_tree import Boolean, Clause, Everything, Exists, Fuzzy, Occur, Query, Range, Text, Unparsable, Wildcard

MAX_LENGTH = 20_000  # characters of one query
MAX_CLAUSES = 1024  # Lucene's own maxClauseCount
MAX_DEPTH = 60

_WORD = re.compile(r"(?:\\.|[^\\])", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WILD = "*?"


def parse(text: str, *, leading_wildcard: bool = True) -> Query:
    """Read a query. Raises `Unparsable`, also for a leading `*` or `?` where they are not allowed."""
    if len(text) > MAX_LENGTH:
        raise Unparsable("The query is too long")
    try:
        item = luqum_parse(_classic(text))
    except (ParseError, ArithmeticError) as error:
        raise Unparsable("Syntax error") from error
    if item is None:
        raise Unparsable("The query is empty")
    query = _Reader(leading_wildcard).read(item, None, 0)
    return query if isinstance(query, Boolean) else Boolean((Clause(Occur.SHOULD, query),))


def _classic(text: str) -> str:
    """The same query in the words luqum knows: `&&`, `||`, `!` as operators; `<`, `>`, `'` as letters."""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        piece, at = _piece(text, at)
        pieces.append(piece)
    return "".join(pieces)


def _piece(text: str, at: int) -> tuple[str, int]:
    char = text[at]
    if char == "\\":
        return text[at : at + 2], at + 2
    if char == '"':
        end = _end_of_phrase(text, at)
        glue = " " if at and text[at - 1] not in ' :(+-![{"' else ""
        return glue + text[at:end], end
    if char == "!":
        return " NOT ", at + 1
    if char in "<>'":
        return "\\" + char, at + 1
    if text[at : at + 2] in ("&&", "||") and _stands_alone(text, at, at + 2):
        return "AND" if char == "&" else "OR", at + 2
    return char, at + 1


def _end_of_phrase(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise Unparsable("A quotation mark is not closed")
    return end + 1


def _stands_alone(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in ("", " ", ")") and text[end : end + 1] in ("", " ", "(")


class _Reader:
    """One walk over luqum's tree; counts clauses on its way."""

    def __init__(self, leading_wildcard: bool) -> None:
        self._leading_wildcard = leading_wildcard
        self._clauses = 0

    def read(self, item: tree.Item, field: str | None, depth: int) -> Query:
        if depth > MAX_DEPTH:
            raise Unparsable("The query is nested too deeply")
        if isinstance(item, (tree.BaseOperation, tree.UnaryOperator, tree.Boost)):
            return Boolean(self._clauses_of(item, field, depth + 1))
        if isinstance(item, (tree.Group, tree.FieldGroup)):
            return self.read(item.expr, field, depth + 1)
        if isinstance(item, tree.SearchField):
            return self._field(item, field, depth)
        return self._leaf(item, field)

    def _clauses_of(self, item: tree.Item, field: str | None, depth: int) -> tuple[Clause, ...]:
        """Lucene's classic `addClause`, over the operands in the order they were written."""
        clauses: list[Clause] = []
        for conjunction, operand in _operands(item):
            occur, bare = _modifier(operand)
            if conjunction == "AND":
                if clauses and clauses[-1].occur is Occur.SHOULD:
                    clauses[-1] = Clause(Occur.MUST, clauses[-1].query, clauses[-1].boost)
                if occur is Occur.SHOULD:
                    occur = Occur.MUST
            boost, bare = _boost(bare)
            clauses.append(Clause(occur, self.read(bare, field, depth), boost))
            self._clauses += 1
            if self._clauses > MAX_CLAUSES:
                raise Unparsable("The query has too many clauses")
        return tuple(clauses)

    def _field(self, item: tree.SearchField, field: str | None, depth: int) -> Query:
        boost, inner = _boost(item.expr)
        if isinstance(inner, (tree.UnaryOperator, tree.SearchField)):
            raise Unparsable("A field name is followed by an operator or another field name")
        name = _unescape(item.name)
        if name == "*" and isinstance(inner, tree.Word) and inner.value == "*":
            return Everything()
        query = self.read(inner, name if name != "*" else field, depth + 1)
        return query if boost == 1.0 else Boolean((Clause(Occur.SHOULD, query, boost),))

    def _leaf(self, item: tree.Item, field: str | None) -> Query:
        if isinstance(item, tree.Word):
            return self._word(item.value, field)
        if isinstance(item, tree.Phrase):
            return Text(field, _unescape(item.value[1:-1]), phrase=True)
        if isinstance(item, tree.Proximity):
            return Text(field, _unescape(item.term.value[1:-1]), phrase=True, slop=item.degree)
        if isinstance(item, tree.Fuzzy):
            text = _unescape(item.term.value)
            return Fuzzy(field, text, _edits(float(item.degree), len(text)))
        if isinstance(item, tree.Range):
            return Range(field, _bound(item.low), _bound(item.high), item.include_low, item.include_high)
        raise Unparsable("The query uses syntax that is not supported")

    def _word(self, value: str, field: str | None) -> Query:
        parts = _parts(value)
        if not any(wild for _, wild in parts):
            return Text(field, "".join(text for text, _ in parts))
        if parts == (("*", True),):
            return Exists(field)
        if parts[0][1] and not self._leading_wildcard:
            raise Unparsable("'*' or '?' not allowed as first character in WildcardQuery")
        return Wildcard(field, parts)


def _operands(item: tree.Item) -> Iterator[tuple[str, tree.Item]]:
    """The clauses of one level in reading order, each with the operator before it ("" for none)."""
    if not isinstance(item, tree.BaseOperation):
        yield "", item
        return
    operator = {tree.AndOperation: "AND", tree.OrOperation: "OR"}.get(type(item), "")
    for number, operand in enumerate(item.operands):
        for place, (conjunction, leaf) in enumerate(_operands(operand)):
            yield (operator if number and not place else conjunction), leaf


def _modifier(item: tree.Item) -> tuple[Occur, tree.Item]:
    if not isinstance(item, tree.UnaryOperator):
        return Occur.SHOULD, item
    if isinstance(item.a, tree.UnaryOperator):
        raise Unparsable("Two of NOT, + and - follow each other")
    return (Occur.MUST if isinstance(item, tree.Plus) else Occur.MUST_NOT), item.a


def _boost(item: tree.Item) -> tuple[float, tree.Item]:
    return (float(item.force), item.expr) if isinstance(item, tree.Boost) else (1.0, item)


def _parts(value: str) -> tuple[tuple[str, bool], ...]:
    """A word cut at its unescaped wildcards, escapes removed."""
    parts: list[tuple[str, bool]] = []
    for match in _WORD.finditer(value):
        char = match.group()
        if char == ":":
            raise Unparsable("A colon in a term must be escaped")
        wild = char in _WILD
        text = char if wild else char[-1]
        if parts and not wild and not parts[-1][1]:
            parts[-1] = (parts[-1][0] + text, False)
        else:
            parts.append((text, wild))
    return tuple(parts)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _edits(degree: float, length: int) -> int:
    """`~` takes edits (1, 2) or, as Lucene 3 did, a likeness between 0 and 1; 0 means none, not any."""
    return min(2, int(degree) if degree >= 1 or degree == 0 else int((1 - degree) * length))


def _bound(item: tree.Item) -> str | None:
    if isinstance(item, tree.Prohibit):
        return "-" + (_bound(item.a) or "")
    if isinstance(item, tree.Phrase):
        return _unescape(item.value[1:-1])
    return None if item.value == "*" else _unescape(item.value)
