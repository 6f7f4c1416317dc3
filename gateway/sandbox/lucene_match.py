"""Whether a document fits a query of `lucene`, and how well: the index's own meaning of words.

A document is a map from field names to values. A field's kind says what its terms are: text is cut into runs of letters,
digits and marks and lower-cased (`tokens`); a keyword is one term as it stands; a moment is one term of 14 digits
(yyyyMMddHHmmss). Patterns, ranges and fuzzy terms are not analysed: `name:Jens*` finds nothing, `name:jens*` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from .lucene_tree import (
    Boolean,
    Clause,
    Everything,
    Exists,
    Fuzzy,
    Occur,
    Query,
    Range,
    Text,
    Unparsable,
    Wildcard,
    leaves,
)

_ASCII = re.compile(r"[a-z0-9]+")
_MOMENT = re.compile(r"\d{14}")


class Kind(Enum):
    """How a field is indexed; PARENT only has fields below it."""

    TEXT = "text"
    KEYWORD = "keyword"
    MOMENT = "moment"
    PARENT = "parent"


Fields = Mapping[str, Kind]
Document = Mapping[str, Sequence[str]]


class UnknownField(ValueError):
    """errors.fieldIsNotIndexed; `name` is the field."""

    def __init__(self, name: str) -> None:
        super().__init__("The field is not indexed")
        self.name = name


class ParentField(UnknownField):
    """errors.fieldIsNotDirectlyIndexed; `name` is the field."""


def check(query: Query, fields: Fields) -> None:
    """Raise UnknownField, ParentField or (a moment that is none) Unparsable."""
    for leaf in leaves(query):
        name = None if isinstance(leaf, Everything) else leaf.field
        if name is None:
            continue
        if name not in fields:
            raise UnknownField(name)
        if fields[name] is Kind.PARENT:
            raise ParentField(name)
        if fields[name] is Kind.MOMENT:
            _check_moment(leaf)


def tokens(text: str) -> list[str]:
    """The terms of a text field's value: lower-case runs of letters, digits and marks."""
    lower = text.lower()
    if lower.isascii():
        return _ASCII.findall(lower)
    return "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in lower).split()


def terms(value: str, kind: Kind) -> list[str]:
    """The terms one value is found by."""
    return tokens(value) if kind is Kind.TEXT else [value]


def score(query: Query, document: Document, fields: Fields) -> float:
    """How well the document fits: the boosts of the clauses that match, summed; 0.0 when it does not fit."""
    return Matcher(document, fields).score(query) or 0.0


class Matcher:
    """One document with its terms, worked out once per field. `apart` are fields only looked into by their name."""

    def __init__(self, document: Document, fields: Fields, apart: Container[str] = ()) -> None:
        self._document = document
        self._fields = fields
        self._apart = apart
        self._terms: dict[str, list[list[str]]] = {}

    def score(self, query: Query) -> float | None:
        """The score, or None when the query has no say (a text without a single term drops out of its clause)."""
        if isinstance(query, Boolean):
            return self._boolean(query)
        if isinstance(query, Everything):
            return 1.0
        if isinstance(query, Exists):
            return float(any(self._document.get(name) for name in self._names(query.field)))
        if isinstance(query, Text):
            return self._text(query)
        test = term_test(query)
        return float(any(test(term) for name in self._names(query.field) for term in self._all_terms(name)))

    def _boolean(self, query: Boolean) -> float | None:
        scored = [(clause, self.score(clause.query)) for clause in query.clauses]
        heard = [(clause, value) for clause, value in scored if value is not None]
        if not heard:
            return None
        if any((value > 0) is (clause.occur is Occur.MUST_NOT) for clause, value in heard if _binding(clause)):
            return 0.0
        total = sum(clause.boost * value for clause, value in heard if clause.occur is not Occur.MUST_NOT)
        found = any(value > 0 for clause, value in heard if clause.occur is not Occur.MUST_NOT)
        return max(total, 1e-6) if found else 0.0

    def _text(self, query: Text) -> float | None:
        wanted = {kind: terms(query.text, kind) for kind in (Kind.TEXT, Kind.KEYWORD, Kind.MOMENT)}
        names = self._names(query.field)
        if not any(wanted[self._fields[name]] for name in names):
            return None
        return float(any(self._text_in(name, wanted[self._fields[name]], query) for name in names))

    def _text_in(self, name: str, wanted: Sequence[str], query: Text) -> bool:
        if not wanted:
            return False
        if not query.phrase:
            return any(term in wanted for term in self._all_terms(name))
        return any(_phrase_in(value, wanted, query.slop) for value in self._terms_of(name))

    def _names(self, field: str | None) -> Sequence[str]:
        if field is not None:
            return (field,) if field in self._fields else ()
        return [
            name
            for name in self._document
            if self._fields.get(name) in (Kind.TEXT, Kind.KEYWORD) and name not in self._apart
        ]

    def _terms_of(self, name: str) -> list[list[str]]:
        if name not in self._terms:
            kind = self._fields[name]
            self._terms[name] = [terms(value, kind) for value in self._document.get(name, ())]
        return self._terms[name]

    def _all_terms(self, name: str) -> Iterator[str]:
        for value in self._terms_of(name):
            yield from value


def _binding(clause: Clause) -> bool:
    return clause.occur is not Occur.SHOULD


def _phrase_in(value: Sequence[str], wanted: Sequence[str], slop: int) -> bool:
    """Whether the terms stand in `value` in this order; `slop` is how far they may be moved in all."""
    if len(wanted) == 1:
        return wanted[0] in value
    shifted = [{at - place for at, term in enumerate(value) if term == want} for place, want in enumerate(wanted)]
    if slop == 0:
        return bool(set.intersection(*shifted))
    starts = sorted(set().union(*shifted))
    return any(all(any(low <= at <= low + slop for at in places) for places in shifted) for low in starts)


def term_test(query: Wildcard | Fuzzy | Range) -> Callable[[str], bool]:
    if isinstance(query, Wildcard):
        pattern = _pattern(query)
        return lambda term: pattern.fullmatch(term) is not None
    if isinstance(query, Fuzzy):
        return lambda term: _distance(query.text, term, query.edits) <= query.edits
    return lambda term: _inside(query, term)


@lru_cache(maxsize=256)
def _pattern(query: Wildcard) -> re.Pattern[str]:
    """The pattern without backtracking: between two stars the first fit is as good as any."""
    pieces = [""]
    for text, special in query.parts:
        if special and text == "*":
            pieces.append("")
        else:
            pieces[-1] += "." if special else re.escape(text)
    first, *middle = pieces
    if not middle:
        return re.compile(first, re.DOTALL)
    lazy = "".join(f"(?>.*?{piece})" for piece in middle[:-1] if piece)
    return re.compile(f"{first}{lazy}.*{middle[-1]}", re.DOTALL)


def _inside(query: Range, term: str) -> bool:
    above = query.low is None or term > query.low or (query.include_low and term == query.low)
    below = query.high is None or term < query.high or (query.include_high and term == query.high)
    return above and below


def _distance(left: str, right: str, limit: int) -> int:
    """Levenshtein's distance, given up as `limit + 1` as soon as it is larger."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    row = list(range(len(right) + 1))
    for number, letter in enumerate(left, 1):
        costs = [number]
        for place, (corner, above) in enumerate(pairwise(row)):
            costs.append(min(corner + (letter != right[place]), above + 1, costs[-1] + 1))
        row = costs
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _check_moment(leaf: Query) -> None:
    values: list[str | None] = []
    if isinstance(leaf, Range):
        values = [leaf.low, leaf.high]
    elif isinstance(leaf, Text):
        values = [leaf.text]
    elif not isinstance(leaf, Exists):
        raise Unparsable("A date takes a value or a range")
    if any(value is not None and not _MOMENT.fullmatch(value) for value in values):
        raise Unparsable("A date is written yyyyMMddHHmmss")
