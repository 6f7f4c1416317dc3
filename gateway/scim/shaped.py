"""Filters of one shape are read and bound once: the bound tree is kept with numbers in the place of texts, and filled.

Most texts pass through binding as they are, since their attributes are texts. Those that become something else there (a date, a truth
value, the answer to a condition on `schemas`) are noticed, because they are gone from the bound tree; a tree is kept for each choice of
them. A law holds that what is filled is what reading and binding anew would find.
"""

from __future__ import annotations

from typing import Any

from gateway.scim.binding import bind_filter
from gateway.scim.dialect import Dialect
from gateway.scim.filter import parse_filter
from gateway.scim.lifted import filled, lift, shape_tree
from gateway.scim.ocid import filter_for
from gateway.scim.schema import ResourceType
from gateway.scim.syntax import FilterLimits
from gateway.scim.tree import And, Compare, Filter, Not, Or, Within

SHAPES = 512
"""Shapes of filters that are remembered."""
MOST = 64
"""Choices of texts that binding decides by, of one shape."""


class _Text(str):
    """A text that is known by its number, wherever it goes as it is."""

    __slots__ = ("number",)
    number: int

    def __repr__(self) -> str:
        return "***"


class _Shape:
    """What is known of one shape: the numbers of the texts that do not pass through, and the bound tree for each choice of these."""

    __slots__ = ("bound", "deciding")

    def __init__(self) -> None:
        self.deciding: tuple[int, ...] | None = None
        self.bound: dict[tuple[str, ...], Filter] = {}


_memory: dict[
    tuple[str, int, int, int], tuple[_Shape, Any]
] = {}  # what is known by identity stands in the entry, so that it stays


def read_bound(text: str, limits: FilterLimits, kind: ResourceType, dialect: Dialect) -> Filter:
    """The filter, read and bound to a type. Raises what `parse_filter` and `bind_filter` raise."""
    lifted = lift(text) if len(text) <= limits.length else None
    if lifted is None:
        return _anew(parse_filter(text, limits), kind, dialect)
    shape, texts = lifted
    known = _shape(shape, limits, kind, dialect)
    if known.deciding is not None:
        found = known.bound.get(tuple([texts[number] for number in known.deciding]))
        if found is not None:
            return filled(found, texts)
    return _learned(known, text, shape, texts, limits, kind, dialect)


def _learned(
    known: _Shape, text: str, shape: str, texts: list[str], limits: FilterLimits, kind: ResourceType, dialect: Dialect
) -> Filter:
    """The filter bound anew, and kept."""
    tree = shape_tree(shape, limits)
    if tree is None:
        return _anew(parse_filter(text, limits), kind, dialect)  # with the columns of the text as sent
    bound = _anew(_numbered(tree, texts), kind, dialect)
    passed = set(_numbers(bound))
    deciding = tuple(number for number in range(len(texts)) if number not in passed)
    if deciding != known.deciding or len(known.bound) >= MOST:
        known.deciding, known.bound = deciding, {}
    known.bound[tuple([texts[number] for number in deciding])] = kept = _emptied(bound)
    return filled(kept, texts)


def _anew(tree: Filter, kind: ResourceType, dialect: Dialect) -> Filter:
    return bind_filter(filter_for(tree, dialect), kind, dialect.leniencies)


def _shape(shape: str, limits: FilterLimits, kind: ResourceType, dialect: Dialect) -> _Shape:
    key = shape, id(limits), id(kind), id(dialect)
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= SHAPES:
            _memory.clear()
        found = _memory[key] = _Shape(), (limits, kind, dialect)
    return found[0]


def _numbered(tree: Filter, texts: list[str]) -> Filter:
    """The tree of a shape with its texts, each with its number."""
    match tree:
        case Compare(attr, op, value) if isinstance(value, str):
            made = _Text(texts[int(value)])
            made.number = int(value)
            return Compare(attr, op, made)
        case Not(term):
            return Not(_numbered(term, texts))
        case And(terms):
            return And(tuple(_numbered(term, texts) for term in terms))
        case Or(terms):
            return Or(tuple(_numbered(term, texts) for term in terms))
        case Within(attr, term):
            return Within(attr, _numbered(term, texts))
    return tree


def _numbers(tree: Filter) -> list[int]:
    """The numbers of the texts that are still there."""
    match tree:
        case Compare(value=_Text() as text):
            return [text.number]
        case Not(term) | Within(_, term):
            return _numbers(term)
        case And(terms) | Or(terms):
            return [number for term in terms for number in _numbers(term)]
    return []


def _emptied(tree: Filter) -> Filter:
    """The tree with numbers in the place of texts, as `lifted.filled` takes it."""
    match tree:
        case Compare(attr, op, _Text() as text):
            return Compare(attr, op, str(text.number))
        case Not(term):
            return Not(_emptied(term))
        case And(terms):
            return And(tuple(_emptied(term) for term in terms))
        case Or(terms):
            return Or(tuple(_emptied(term) for term in terms))
        case Within(attr, term):
            return Within(attr, _emptied(term))
    return tree
