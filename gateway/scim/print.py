"""Filters, paths and attributes as text: canonical, so that reading the text back gives the same tree.

`to_text` and `path_text` hold values and are for people who may see them (explain, tests); logs get `shape`, where every value is `?`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Path, Present, Value, Within

_Literal = Callable[[Value], str]


def to_text(tree: Filter) -> str:
    """The filter in canonical spelling, with no parentheses but the needed ones."""
    return _text(tree, literal)


def shape(tree: Filter) -> str:
    """The filter with every value as `?`: safe to log, and equal for filters that differ in values only."""
    return _text(tree, lambda _: "?")


def path_text(path: Path) -> str:
    """A PATCH path in canonical spelling."""
    selection = "" if path.filter is None else f"[{to_text(path.filter)}]"
    tail = "" if path.tail is None else f".{path.tail}"
    return f"{attr_text(path.attr)}{selection}{tail}"


def attr_text(attr: Attr) -> str:
    """An attribute in attribute notation (RFC 7644 section 3.10); a whole extension is its URN alone."""
    return str(attr) if attr.name else attr.urn or ""


def literal(value: Value) -> str:
    """A value as a filter's right-hand side (JSON); a moment as `"2024-10-24T19:07:26.810000Z"`, without zero fractions."""
    if isinstance(value, datetime):
        return json.dumps(value.isoformat().replace("+00:00", "Z"))
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _text(tree: Filter, show: _Literal) -> str:
    match tree:
        case Compare(attr, op, value):
            return f"{attr_text(attr)} {op} {show(value)}"
        case Present(attr):
            return f"{attr_text(attr)} pr"
        case Not(term):
            return f"not ({_text(term, show)})"
        case And(terms):
            return " and ".join(
                f"({_text(term, show)})" if isinstance(term, Or) else _text(term, show) for term in terms
            )
        case Or(terms):
            return " or ".join(_text(term, show) for term in terms)
        case Within(attr, term):
            return f"{attr_text(attr)}[{_text(term, show)}]"
