"""The grammar of SCIM filters (RFC 7644 section 3.4.2.2): from tokens to our own tree.

The only file that knows scim2_filter_parser and sly. As shipped the package ranks `and` and `or` alike, loses the types of
literals, knows no JSON strings and no number of two digits; the two subclasses here repair it (each defect has a test in
tests/scim/test_filter_defects.py, so an upgrade cannot undo that). `Syntax` refuses what its grammar wrongly accepts and what is too
large. Lexer and parser are made anew for every call, because both keep the text on themselves; the package's tree is walked
once, without recursion, and goes no further than this file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser

from gateway.scim.syntax import NAME, URI, WORD_END, Syntax, Token, unreadable
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Operator, Or, Present, Within

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# With an underscore, because inside a lexer's class body sly takes every other name in capitals for a token.
_TRUE, _FALSE, _NULL = (rf"(?i:{word}){WORD_END}" for word in ("true", "false", "null"))
_NUMBER = rf"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?{WORD_END}"
_STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"'
_SCHEMA_URI = rf"{URI}:(?={NAME})"
_Rule = TypeVar("_Rule", bound=Callable[..., object])


def read_tree(text: str, syntax: Syntax) -> Filter:
    """The tree of a filter whose tokens pass `syntax`. Raises BadRequest: GW104 cannot be read, GW107 too large."""
    return _tree(_Parser().parse(syntax.checked(_Lexer(syntax).tokenize(text))))


def _reads(pattern: str) -> Callable[[_Rule], _Rule]:
    """What sly's own `@_` does, by a name that a type checker can see."""

    def mark(rule: _Rule) -> _Rule:
        rule.pattern = pattern  # type: ignore[attr-defined] # the attribute by which sly finds its rules
        return rule

    return mark


class _Lexer(SCIMLexer):  # type: ignore[misc] # the package has no types
    """The package's lexer with JSON literals, whole words and full URIs. A redefined token keeps its rank."""

    tokens = SCIMLexer.tokens
    ignore = " \t\r\n"

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax

    @_reads(_TRUE)
    def TRUE(self, token: Token) -> Token:
        token.value = True
        return token

    @_reads(_FALSE)
    def FALSE(self, token: Token) -> Token:
        token.value = False
        return token

    @_reads(_NULL)
    def NULL(self, token: Token) -> Token:
        token.value = None
        return token

    @_reads(_NUMBER)
    def NUMBER(self, token: Token) -> Token:
        """Numbers stay within a double, as in JSON: anything larger has no text that reads back."""
        try:
            token.value = json.loads(token.value)
            fits = math.isfinite(float(token.value))
        except (ValueError, OverflowError):  # more digits than Python converts; an integer that no double reaches
            fits = False
        if not fits:
            raise unreadable(token.index, "a number out of range", self._syntax.expected)
        return token

    @_reads(_STRING)
    def COMP_VALUE(self, token: Token) -> Token:
        token.value = json.loads(token.value)
        if _LONE_SURROGATE.search(token.value):
            raise unreadable(token.index, "a string with half a surrogate pair", self._syntax.expected)
        return token

    @_reads(_SCHEMA_URI)
    def SCHEMA_URI(self, token: Token) -> Token:
        token.value = token.value[:-1]
        return token

    def error(self, token: Token) -> Token:
        """Called where no token begins; `value` is the rest of the text."""
        match token.value[0]:
            case '"':
                problem = "a string that does not end, or holds a control character or unknown escape"
            case "'":
                problem = "a single quote (text stands in double quotes)"
            case _:
                problem = "a character that means nothing here"
        raise unreadable(token.index, problem, self._syntax.expected)


class _Parser(SCIMParser):  # type: ignore[misc] # the package has no types
    """The package's grammar with the ranks of RFC 7644: `not` before `and` before `or`.

    sly builds its tables from the names in the class body, hence the rules are named again.
    """

    tokens = SCIMParser.tokens
    precedence = (("left", "OR"), ("left", "AND"), ("right", "NOT"))
    filter = SCIMParser.filter
    value_path = SCIMParser.value_path
    attr_exp = SCIMParser.attr_exp
    log_exp = SCIMParser.log_exp
    comp_value = SCIMParser.comp_value
    attr_path = SCIMParser.attr_path
    sub_attr = SCIMParser.sub_attr

    def error(self, token: Token | None) -> None:
        """Not reached while `Syntax` is stricter than the grammar."""
        raise unreadable(token.index if token else 0, "something unexpected", "a filter of RFC 7644 section 3.4.2.2")


def _tree(root: Any) -> Filter:
    """The package's tree as ours, without recursion: a chain of a thousand `or` is a thousand levels deep there."""
    pending, order = [root], []
    while pending:
        node = pending.pop()
        order.append(node)
        pending.extend(_children(node))
    done: list[Filter] = []
    for node in reversed(order):
        _fold(node, done)
    return done.pop()


def _children(node: Any) -> tuple[Any, ...]:
    """The filters directly below a node, left to right."""
    match node:
        case ast.Filter():
            return (node.expr,)
        case ast.LogExpr():
            return (node.expr1, node.expr2)
        case ast.AttrExpr() if isinstance(node.attr_path.attr_name, ast.Filter):
            return (node.attr_path.attr_name.expr,)
    return ()


def _fold(node: Any, done: list[Filter]) -> None:
    """Replace the results of a node's children, at the end of `done`, by its own."""
    match node:
        case ast.Filter(namespace=None):
            if node.negated:
                done.append(Not(done.pop()))
        case ast.Filter():
            done.append(Within(_attr(node.namespace), done.pop()))
        case ast.LogExpr():
            right, left = done.pop(), done.pop()
            done.append(_join(And if node.op.lower() == "and" else Or, left, right))
        case ast.AttrExpr() if isinstance(node.attr_path.attr_name, ast.Filter):
            # x[f].y op v: the package has moved y from here to the value path's own attribute
            path = node.attr_path.attr_name.namespace
            leaf = _test(Attr(path.sub_attr.value), node)
            done.append(Within(Attr(path.attr_name, urn=path.uri), _join(And, done.pop(), leaf)))
        case _:
            done.append(_test(_attr(node.attr_path), node))


def _attr(path: Any) -> Attr:
    return Attr(path.attr_name, path.sub_attr.value if path.sub_attr else None, path.uri)


def _test(attr: Attr, node: Any) -> Filter:
    """`value` of the package's node is the operator, as typed."""
    op = node.value.lower()
    return Present(attr) if op == "pr" else Compare(attr, cast(Operator, op), node.comp_value.value)


def _join(kind: type[And] | type[Or], left: Filter, right: Filter) -> Filter:
    """`left and right` (or `or`), chains flattened."""
    terms: tuple[Filter, ...] = ()
    for side in (left, right):
        terms += side.terms if isinstance(side, And | Or) and isinstance(side, kind) else (side,)
    return kind(terms)
