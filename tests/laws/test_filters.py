"""Laws of filter text: text and tree are one, a second parser agrees, nothing but a ScimError ever comes out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models.exceptions import InvalidFilterException
from scim2_models.path import Comparison, LogicalExpr, LogicalOperator, ScimFilter, ValuePath
from scim2_models.path import Not as TheirNot
from scim2_models.path import Present as TheirPresent

from gateway.errors import BadRequest, ScimError
from gateway.scim.binding import bind_filter, bind_path
from gateway.scim.filter import FilterLimits, parse_attr, parse_filter, parse_path
from gateway.scim.grammar import read_tree
from gateway.scim.print import path_text, to_text
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.syntax import Syntax
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Path, Present, Within

QUICK = settings(max_examples=250, deadline=None)

# Trees as the parser makes them

WORDS = st.sampled_from(["userName", "co", "eq", "and", "or", "pr", "true", "nullable", "$ref", "a-b_1", "X"])
URNS = st.sampled_from(["urn:x:ext:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', "\\", "] or (", " and ", "é"]
)
NUMBERS = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = TEXTS | NUMBERS | st.booleans() | st.none()
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
ATTRS = st.builds(Attr, WORDS, st.none() | WORDS, st.none() | URNS)


def trees(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """Canonical trees over the leaves: no `And` directly in an `And`, no `Or` in an `Or`."""

    def grow(terms: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        def chain(kind: type[And] | type[Or]) -> st.SearchStrategy[Filter]:
            others = terms.filter(lambda term: not isinstance(term, kind))
            return st.lists(others, min_size=2, max_size=4).map(lambda found: kind(tuple(found)))

        return chain(And) | chain(Or) | st.builds(Not, terms)

    return st.recursive(leaves, grow, max_leaves=8)


def leaves_on(attrs: st.SearchStrategy[Attr]) -> st.SearchStrategy[Filter]:
    return st.builds(Compare, attrs, OPERATORS, VALUES) | st.builds(Present, attrs)


INNER = trees(leaves_on(ATTRS))
TREES = trees(leaves_on(ATTRS) | st.builds(Within, st.builds(Attr, WORDS, st.none(), st.none() | URNS), INNER))


@QUICK
@given(TREES.map(to_text) | st.text('ab "\\\\eq()[]0\n', max_size=24))
def test_what_is_read_by_its_shape_is_read_as_it_would_be_alone(text: str) -> None:
    found = []
    for read in (parse_filter, parse_filter, lambda text: read_tree(text, Syntax(text, FilterLimits()))):
        try:
            found.append(read(text))
        except BadRequest as problem:
            found.append((problem.code.code, problem.detail))
    assert found[0] == found[1] == found[2]


@QUICK
@given(TREES)
def test_printing_and_parsing_give_the_same_tree(tree: Filter) -> None:
    assert parse_filter(to_text(tree)) == tree


@QUICK
@given(
    st.builds(Path, st.builds(Attr, WORDS, st.none(), st.none() | URNS), INNER, st.none() | WORDS)
    | st.builds(Path, ATTRS)
)
def test_printing_and_parsing_give_the_same_path(path: Path) -> None:
    assert parse_path(path_text(path)) == path


# A second parser


def ours(node: Any) -> Filter:
    """scim2-models' tree as ours."""
    match node:
        case Comparison():
            return Compare(attr_of(node.attr_path), node.op.value, node.value)
        case TheirPresent():
            return Present(attr_of(node.attr_path))
        case TheirNot():
            return Not(ours(node.expr))
        case ValuePath():
            return Within(attr_of(node.attr_path), ours(node.val_filter))
        case LogicalExpr():
            kind = And if node.op is LogicalOperator.and_ else Or
            terms = [ours(term) for term in node.terms]
            flat = [inner for term in terms for inner in (term.terms if isinstance(term, kind) else (term,))]
            return kind(tuple(flat))
    raise AssertionError(node)


def attr_of(path: Any) -> Attr:
    return Attr(path.attr, path.sub_attr, path.uri)


@QUICK
@given(TREES)
def test_scim2_models_reads_our_text_as_the_same_tree(tree: Filter) -> None:
    text = to_text(tree)
    assert ours(ScimFilter(text).ast) == parse_filter(text)


WORD_TOKENS = ["a", "b", "name.x", "urn:x:y:z", "co", "eq", "EQ", "pr", "and", "OR", "or", "not (", "(", ")", "x[", "]"]
VALUE_TOKENS = ["].v", '"s"', '"and"', "1", "true", "null", "-2.5", "eq 1", "pr and", "a pr", "a eq 1", "x[a pr]"]
TOKENS = st.sampled_from(WORD_TOKENS + VALUE_TOKENS)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A filter with one word lost, doubled or moved."""
    words = to_text(draw(TREES)).split(" ")
    word = words.pop(draw(st.integers(0, len(words) - 1)))
    for _ in range(draw(st.integers(0, 2))):
        words.insert(draw(st.integers(0, len(words))), word)
    return " ".join(words)


@settings(max_examples=500, deadline=None)
@given(damaged() | st.lists(TOKENS, min_size=1, max_size=10).map(" ".join))
def test_both_parsers_accept_the_same_word_soup_with_the_same_meaning(text: str) -> None:
    text = text.replace(" ].v", "].v")  # theirs allows white space there, ours does not
    try:
        theirs = ours(ScimFilter(text).ast)
    except InvalidFilterException:
        theirs = None
    try:
        mine = parse_filter(text)
    except BadRequest:
        mine = None
    assert mine == theirs


# Anything at all

SNIPPETS = (
    TOKENS
    | st.text(max_size=5)
    | st.sampled_from(["\0", "\n", "\\", '"', "'", "[", "]", ".", ":", "urn:", "\ud800", "$", "-", "٣"])
)
SOUP = st.lists(SNIPPETS, max_size=12).map(lambda parts: "".join(parts)) | st.lists(SNIPPETS, max_size=12).map(" ".join)


KIND = ResourceType(
    name="Thing",
    endpoint="/Things",
    schema="urn:x:y",
    description="",
    core={
        "a": Attribute("a", "integer"),
        "b": Attribute("b", "boolean"),
        "x": Attribute("x", "complex", multi_valued=True, subs={"v": Attribute("v"), "a": Attribute("a", "decimal")}),
        "co": Attribute("co", "dateTime"),
    },
    extensions={},
    verbs=frozenset(),
)


@settings(max_examples=500, deadline=None)
@given(SOUP)
def test_nothing_but_a_scim_error_comes_out_of_any_text(text: str) -> None:
    for read in (
        lambda: bind_filter(parse_filter(text), KIND),
        lambda: bind_path(parse_path(text), KIND),
        lambda: parse_attr(text),
    ):
        with suppress(ScimError):
            read()
