"""Filters of one shape are read once: the texts are taken out, the rest is looked up, and the texts are put into the tree found there.

Programs send few shapes with ever new values, and reading a filter costs more than all else that is done before nevisIDM is asked. What
is kept holds no text that a client compared with. A law holds that nothing is read otherwise than by `grammar.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from gateway.errors import BadRequest
from gateway.scim.grammar import read_tree
from gateway.scim.syntax import FilterLimits, Syntax
from gateway.scim.tree import And, Compare, Filter, Not, Or, Within

LONGEST = 2_000
"""Characters of a shape that is kept."""
_TEXT = re.compile('"[^"]*"')
_ODD = re.compile(r"[\\\x00-\x1f]")


def read_filter(text: str, limits: FilterLimits) -> Filter:
    """The tree of a filter. Raises what `read_tree` raises; columns are those of the text as sent."""
    lifted = lift(text)
    tree = shape_tree(lifted[0], limits) if lifted is not None else None
    if lifted is None or tree is None:
        return read_tree(text, Syntax(text, limits))
    return filled(tree, lifted[1]) if lifted[1] else tree


def lift(text: str) -> tuple[str, list[str]] | None:
    """The filter with numbers in the place of texts, and the texts; None where an escape may be part of one, or that is too long."""
    if _ODD.search(text):
        return None
    texts: list[str] = []

    def number(found: re.Match[str]) -> str:
        texts.append(found[0][1:-1])
        return f'"{len(texts) - 1}"'

    shape = _TEXT.sub(number, text)
    return (shape, texts) if len(shape) <= LONGEST else None


def shape_tree(shape: str, limits: FilterLimits) -> Filter | None:
    """The tree of a shape; None where it cannot be read: then the filter itself says where."""
    try:
        return _kept(shape, limits)
    except BadRequest:
        return None


@lru_cache(maxsize=512)
def _kept(shape: str, limits: FilterLimits) -> Filter:
    return read_tree(shape, Syntax(shape, limits))


def filled(tree: Filter, texts: Sequence[str]) -> Filter:
    """A shape's tree with these texts in the place of their numbers. Types are looked at one by one, which costs a third of a `match`."""
    if isinstance(tree, Compare):
        return Compare(tree.attr, tree.op, texts[int(tree.value)]) if isinstance(tree.value, str) else tree
    if isinstance(tree, And):
        return And(tuple([filled(term, texts) for term in tree.terms]))
    if isinstance(tree, Or):
        return Or(tuple([filled(term, texts) for term in tree.terms]))
    if isinstance(tree, Not):
        return Not(filled(tree.term, texts))
    return Within(tree.attr, filled(tree.filter, texts)) if isinstance(tree, Within) else tree
