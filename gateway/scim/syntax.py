"""Where each token of a filter may stand, and how much of a filter is too much.

Stands between the lexer and the parser of scim2_filter_parser (both in `scim/grammar.py`) and promises three things to the parser:
no token at a place where RFC 7644 section 3.4.2.2 has none (the package's grammar is laxer: nested and stacked value paths),
words such as `co`, `not` or `true` read as attribute names where only a name can stand, and never more terms or nesting than the
limits allow. Every refusal names a column and what was expected there, never the text found: filters hold personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.errors import BadRequest

URI = r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'*+,;=%-]*"
"""A schema URI: RFC 3986 without parentheses and brackets, which end a URI in a filter."""
NAME = r"[A-Za-z$][A-Za-z0-9_$-]*"
"""ATTRNAME of RFC 7644 figure 1, with the `$` that `$ref` needs."""
WORD_END = r"(?![A-Za-z0-9_$-])"


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """How large a filter may be: characters, comparisons, and nesting of parentheses and brackets.

    The defaults suit a query string; `/.search` bodies get `SEARCH_LIMITS`. `depth` bounds every recursion over a filter tree
    (at most three nodes a level: not, or, and).
    """

    length: int = 8_192
    terms: int = 500
    depth: int = 32


QUERY_LIMITS = FilterLimits()
SEARCH_LIMITS = FilterLimits(length=65_536, terms=2_000)


class Token(Protocol):
    """What sly's tokens offer; `index` and `end` are offsets into the filter's text."""

    type: str
    value: Any
    index: int
    end: int


Position = Literal["term", "name", "path", "sub", "value", "done", "selected", "picked", "not"]

_COMPARE: dict[str, Position] = dict.fromkeys(("EQ", "NE", "CO", "SW", "EW", "GT", "GE", "LT", "LE"), "value")
_TEST: dict[str, Position] = {**_COMPARE, "PR": "done"}
_JOIN: dict[str, Position] = {"AND": "term", "OR": "term", "RPAREN": "done", "RBRACKET": "selected"}

_NEXT: Mapping[Position, Mapping[str, Position]] = {
    "term": {"ATTRNAME": "path", "SCHEMA_URI": "name", "NOT": "not", "LPAREN": "term"},
    "name": {"ATTRNAME": "path"},
    "path": {**_TEST, "SUBATTR": "sub", "LBRACKET": "term"},
    "sub": _TEST,
    "value": dict.fromkeys(("COMP_VALUE", "NUMBER", "TRUE", "FALSE", "NULL"), "done"),
    "done": _JOIN,
    "selected": {**_JOIN, "SUBATTR": "picked"},  # x[f].y op v, which Entra ID sends
    "picked": _TEST,
    "not": {"LPAREN": "term"},
}

_OPERATOR = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)"
_EXPECTED: Mapping[Position, str] = {
    "term": 'an attribute, "not (" or "("',
    "name": "an attribute name",
    "path": f"{_OPERATOR} or a sub-attribute",
    "sub": _OPERATOR,
    "value": "a value (text in double quotes, number, true, false, null)",
    "done": '"and", "or"',
    "selected": '"and", "or", a sub-attribute',
    "picked": _OPERATOR,
    "not": '"("',
}
_FOUND: Mapping[str, str] = {
    "COMP_VALUE": "a string",
    "NUMBER": "a number",
    "SCHEMA_URI": "a URN",
    "SUBATTR": "a sub-attribute",
    "LPAREN": '"("',
    "RPAREN": '")"',
    "LBRACKET": '"["',
    "RBRACKET": '"]"',
}
_WORDS = frozenset((*_TEST, "AND", "OR", "NOT", "TRUE", "FALSE", "NULL"))
_CLOSING = {"(": '")"', "[": '"]"', "": "the end of the filter"}
_GROUP = re.compile(r"[ \t\r\n]*\(")


def unreadable(index: int, found: str, expected: str) -> BadRequest:
    """The one error of a filter that cannot be read, at an offset of its text."""
    return BadRequest("GW104", f"The filter cannot be read at column {index + 1}: {found}, expected {expected}.")


def too_large(problem: str) -> BadRequest:
    """The one error of a filter that is too large."""
    return BadRequest("GW107", f"The filter {problem}; ask in several requests.")


class Syntax:
    """Reads one filter's tokens in order; knows at any time what may come next."""

    def __init__(self, text: str, limits: FilterLimits) -> None:
        self._text = text
        self._limits = limits
        self._position: Position = "term"
        self._open = ""
        self._terms = 0
        self._end = 0

    @property
    def expected(self) -> str:
        """What may stand at the current place, for a message."""
        words = _EXPECTED[self._position]
        if self._position in ("done", "selected"):
            words += f" or {_CLOSING[self._open[-1:]]}"
        if self._position == "path" and "[" not in self._open:
            words += ' or "["'
        return words

    def checked(self, tokens: Iterator[Token]) -> Iterator[Token]:
        """The same tokens, words re-read by their place. Raises BadRequest GW104 or GW107 at the first wrong one."""
        for token in tokens:
            self._name_words(token)
            if self._torn(token):
                raise unreadable(token.index, "white space inside an attribute path", "none")
            position = _NEXT[self._position].get(token.type)
            if position is None or not self._balanced(token):
                raise unreadable(token.index, _FOUND.get(token.type, "a word"), self.expected)
            self._count(token)
            self._position, self._end = position, token.end
            yield token
        if self._open or self._position not in ("done", "selected"):
            raise unreadable(len(self._text), "unexpected end of filter", self.expected)

    def _name_words(self, token: Token) -> None:
        """Operators and literals are attribute names where a name must stand; `not` is one unless a group follows."""
        if self._position not in ("term", "name") or token.type not in _WORDS:
            return
        if token.type != "NOT" or self._position == "name" or not _GROUP.match(self._text, token.end):
            token.type, token.value = "ATTRNAME", self._text[token.index : token.end]

    def _torn(self, token: Token) -> bool:
        """Whether white space stands before a sub-attribute."""
        return token.type == "SUBATTR" and "SUBATTR" in _NEXT[self._position] and token.index != self._end

    def _balanced(self, token: Token) -> bool:
        """Keep the open groups; False for a bracket that closes nothing, closes the other kind, or opens inside another `[`."""
        match token.type:
            case "LBRACKET" if "[" in self._open:
                return False
            case "LPAREN" | "LBRACKET":
                self._open += "(" if token.type == "LPAREN" else "["
            case "RPAREN" | "RBRACKET":
                if self._open[-1:] != ("(" if token.type == "RPAREN" else "["):
                    return False
                self._open = self._open[:-1]
        return True

    def _count(self, token: Token) -> None:
        if len(self._open) > self._limits.depth:
            raise too_large(f"is nested more than {self._limits.depth} levels deep")
        self._terms += token.type in _TEST
        if self._terms > self._limits.terms:
            raise too_large(f"has more than {self._limits.terms} comparisons")
