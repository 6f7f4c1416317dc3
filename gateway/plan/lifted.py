"""A bound filter as its shape and its texts: what plans are remembered by (`planned.py`).

A text is taken out only where nothing but itself goes to nevisIDM or is compared with what is stored: the lens changes no letter (or only
its case), no constant of the mapping is compared with it, and it is no id of several parts. Of such a text a plan depends on what
`_manner` says: the letters that it is made of, as far as a route's spelling looks at them. Everything else stays in the shape, every
date, number and truth value, and every text that is empty, long or has a sign that some spelling escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.optics.plain import Plain
from gateway.mapping.optics.text import Lower, Upper
from gateway.plan.resolve import leaf_of
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within

MOST = 16
"""Comparisons of a filter whose texts are lifted: of so few, none longer than this, no query becomes too long (`lucene.LONGEST`)."""
LONGEST = 64
_OPERATORS = frozenset(("AND", "OR", "NOT", "TO"))
_WORD = re.compile(r"[A-Za-z0-9]+")
_TEXT = re.compile('[A-Za-z0-9][^"\\\\~*?/\x00-\x1f\x7f-\x9f\ud800-\udfff]*')
_CLEAR = (Plain, Lower, Upper)

Key = object


@dataclass(frozen=True, slots=True)
class Lifted:
    """A filter's shape, which tells apart all that a plan depends on, and the texts that were taken out, each once."""

    shape: Key
    texts: tuple[str, ...] = field(repr=False)


def lift(tree: Filter, mapping: Mapping) -> Lifted | None:
    """The shape and the texts; None where there are no texts, or too many."""
    texts: dict[str, int] = {}
    shape, compared = _shape(tree, None, _known(mapping), texts)
    return Lifted(shape, tuple(texts)) if texts and compared <= MOST else None


def stand_ins(lifted: Lifted) -> tuple[str, ...]:
    """Other texts of the same manner, which stand in no mapping."""
    return tuple(_stand_in(text, number) for number, text in enumerate(lifted.texts))


def replaced(tree: Filter, mapping: Mapping, texts: dict[str, str]) -> Filter:
    """The filter with other texts in the place of those that are lifted."""
    return _replaced(tree, None, mapping, lambda text: texts.get(text, text))


def _shape(tree: Filter, parent: Attr | None, known: _Known, texts: dict[str, int]) -> tuple[Key, int]:
    """The shape, and how many comparisons are in it. Types are looked at one by one: a `match` takes three times as long."""
    kind = type(tree)
    if isinstance(tree, Compare):
        attr, value = tree.attr, tree.value
        manner = _manner(value) if type(value) is str else ""
        if manner and known[attr if parent is None else Attr(parent.name, attr.name, parent.urn)]:
            return (tree.op, attr, manner, texts.setdefault(str(value), len(texts))), 1
        return (tree.op, attr, type(value), value), 1
    if isinstance(tree, And | Or):
        found = [_shape(term, parent, known, texts) for term in tree.terms]
        return (kind, *[shape for shape, _ in found]), sum([compared for _, compared in found])
    if isinstance(tree, Present):
        return tree.attr, 1
    inside = tree.attr if isinstance(tree, Within) else parent
    shape, compared = _shape(tree.filter if isinstance(tree, Within) else tree.term, inside, known, texts)
    return (kind, inside, shape), compared


def _replaced(tree: Filter, parent: Attr | None, mapping: Mapping, put: Callable[[str], str]) -> Filter:
    match tree:
        case Compare(attr, op, value):
            clear = type(value) is str and _manner(value) and _is_clear(mapping, attr, parent)
            return Compare(attr, op, put(str(value))) if clear else tree
        case Present():
            return tree
        case Not(term):
            return Not(_replaced(term, parent, mapping, put))
        case And(terms):
            return And(tuple(_replaced(term, parent, mapping, put) for term in terms))
        case Or(terms):
            return Or(tuple(_replaced(term, parent, mapping, put) for term in terms))
        case Within(attr, term):
            return Within(attr, _replaced(term, attr, mapping, put))


def _manner(text: str) -> str:
    """Of what kind a text is; "" for one that may go ways of its own."""
    if len(text) > LONGEST or _TEXT.fullmatch(text) is None or text in _OPERATORS:
        return ""
    if _WORD.fullmatch(text) is None:
        return "text"
    return "WORD" if text.isupper() else "word" if text.islower() or text.isdigit() else "Word"


def _stand_in(text: str, number: int) -> str:
    letter = chr(ord("a") + number)
    made = {
        "word": f"zq7{letter}x",
        "WORD": f"ZQ7{letter.upper()}X",
        "Word": f"Zq7{letter}X",
        "text": f"Zq7{letter} ö.X",
    }
    return made[_manner(text)]


def _is_clear(mapping: Mapping, attr: Attr, parent: Attr | None) -> bool:
    return _known(mapping)[attr if parent is None else Attr(parent.name, attr.name, parent.urn)]


@kept
def _known(mapping: Mapping) -> _Known:
    return _Known(mapping)


class _Known(dict[Attr, bool]):
    """What `_clear` says of the attributes of one mapping, each asked once."""

    def __init__(self, mapping: Mapping) -> None:
        super().__init__()
        self._mapping = mapping

    def __missing__(self, attr: Attr) -> bool:
        found = self[attr] = _clear(self._mapping, attr)
        return found


def _clear(mapping: Mapping, attr: Attr) -> bool:
    """Whether a text that an attribute is compared with goes where it goes as it is."""
    if attr == Attr("id"):
        return mapping.id is not None and len(mapping.id.parts) == 1 and bool(mapping.id.holes)
    whole, sub = Attr(attr.name, urn=attr.urn), attr.sub or "value"
    if whole in mapping.slots:
        return _all(slot.leaves.get(sub) for slot in mapping.slots[whole].slots)
    if whole in mapping.each:
        return _all(part.leaves.get(sub) for part in mapping.each[whole].lists)
    found = leaf_of(mapping, attr)
    return found is not None and _all([found[0]])


def _all(leaves: Iterable[Leaf | None]) -> bool:
    return all(leaf is not None and _is_plain(leaf) for leaf in leaves)


def _is_plain(leaf: Leaf) -> bool:
    return leaf.first is not None and leaf.joined is None and type(leaf.lens) in _CLEAR and leaf.schema.type == "string"
