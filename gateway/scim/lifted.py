"""Filters of one shape are read once: the texts are taken out, the rest is looked up, and the texts are put into the tree found there.

Programs send few shapes with ever new values, and reading a filter costs more than all else that is done before nevisIDM is asked. What
is kept holds no text that a client compared with. A law holds that nothing is read otherwise than by `grammar.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gateway.errors import BadRequest
from gateway.scim.grammar import read_tree
from gateway.scim.syntax import FilterLimits, Syntax
from gateway.scim.tree import And, Compare, Filter, Not, Or, Present, Within

LONGEST = 2_000
"""Characters of a shape that is kept."""
_TEXT = re.compile('"[^"]*"')
_ODD = re.compile(r"[\\\x00-\x1f]")


def read_filter(text: str, limits: FilterLimits) -> Filter:
    """The tree of a filter. Raises what `read_tree` raises; columns are those of the text as sent."""
    if _ODD.search(text):  # where an escape may stand, a quotation mark may be part of a text
        return read_tree(text, Syntax(text, limits))
    texts: list[str] = []

    def lift(found: re.Match[str]) -> str:
        texts.append(found[0][1:-1])
        return f'"{len(texts) - 1}"'

    shape = _TEXT.sub(lift, text)
    if len(shape) > LONGEST:
        return read_tree(text, Syntax(text, limits))
    try:
        tree = _kept(shape, limits)
    except BadRequest:
        return read_tree(text, Syntax(text, limits))
    return _filled(tree, lambda number: texts[int(number)]) if texts else tree


@lru_cache(maxsize=512)
def _kept(shape: str, limits: FilterLimits) -> Filter:
    return read_tree(shape, Syntax(shape, limits))


def _filled(tree: Filter, text: Callable[[str], str]) -> Filter:
    match tree:
        case Compare(attr, op, value):
            return Compare(attr, op, text(value)) if isinstance(value, str) else tree
        case Present():
            return tree
        case Not(term):
            return Not(_filled(term, text))
        case And(terms):
            return And(tuple([_filled(term, text) for term in terms]))
        case Or(terms):
            return Or(tuple([_filled(term, text) for term in terms]))
        case Within(attr, term):
            return Within(attr, _filled(term, text))
