"""A query of the Query service as a value: what `lucene.parse` answers and `lucene_match` understands.

Frozen and hashable. A field of None means "any field". A Boolean is a list of required, optional and prohibited clauses, as in
Lucene: all required ones fit, no prohibited one does, and without a required one at least one optional one has to fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Unparsable(ValueError):
    """The text is no query: wrong syntax, or more than the service takes on."""


class Occur(Enum):
    MUST = "+"
    SHOULD = ""
    MUST_NOT = "-"


@dataclass(frozen=True, slots=True)
class Everything:
    """`*:*`"""


@dataclass(frozen=True, slots=True)
class Exists:
    """`field:*`"""

    field: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A word (any of its tokens) or a phrase (all of them, one after the other, at most `slop` moves apart)."""

    field: str | None
    text: str
    phrase: bool = False
    slop: int = 0


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A pattern for one whole term. `parts` alternate literal text and `*` or `?`; the text is not analysed."""

    field: str | None
    parts: tuple[tuple[str, bool], ...]

    @property
    def prefix(self) -> str:
        """The literal text before the first wildcard; "" when there is none."""
        text, wild = self.parts[0]
        return "" if wild else text


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A term within `edits` changes of one letter."""

    field: str | None
    text: str
    edits: int


@dataclass(frozen=True, slots=True)
class Range:
    """Terms between two bounds in text order; None is an open end."""

    field: str | None
    low: str | None
    high: str | None
    include_low: bool
    include_high: bool


@dataclass(frozen=True, slots=True)
class Clause:
    occur: Occur
    query: Query
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Boolean:
    clauses: tuple[Clause, ...]


Query = Everything | Exists | Text | Wildcard | Fuzzy | Range | Boolean


def leaves(query: Query) -> Iterator[Everything | Exists | Text | Wildcard | Fuzzy | Range]:
    """All parts of a query that look into fields."""
    if isinstance(query, Boolean):
        for clause in query.clauses:
            yield from leaves(clause.query)
    else:
        yield query
