"""Laws of filters on resources: a naive evaluator agrees with the compiled one, and binding is done once and for all.

The evaluator knows no schema and compiles nothing; it is the table of RFC 7644 section 3.4.2.2 written down a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.scim.binding import bind_filter
from gateway.scim.filter import parse_filter
from gateway.scim.match import compile_match
from gateway.scim.print import to_text
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within


def table(*attributes: Attribute) -> dict[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


KIND = ResourceType(
    name="Thing",
    endpoint="/Things",
    schema="urn:x:core:Thing",
    description="",
    core=table(
        Attribute("s"),
        Attribute("x", case_exact=True),
        Attribute("b", "boolean"),
        Attribute("n", "integer"),
        Attribute("d", "dateTime"),
        Attribute("l", multi_valued=True),
        Attribute(
            "m",
            "complex",
            multi_valued=True,
            subs=table(Attribute("value"), Attribute("x", case_exact=True), Attribute("n", "integer")),
        ),
    ),
    extensions={
        "urn:x:ext:Thing": table(Attribute("s"), Attribute("m", "complex", subs=table(Attribute("x", case_exact=True))))
    },
    verbs=frozenset(),
)
EXACT = {"x"}
STRINGS = st.text(alphabet="aAbBä", max_size=3)
MOMENTS = st.sampled_from(
    [
        "2020-01-01T00:00:00Z",
        "2020-01-01T01:00:00+01:00",
        "2019-12-31T23:59:59.500Z",
        "2020-01-01T00:00:00-05:00",
        "2021-06-01T12:00:00Z",
    ]
)
SAMPLES: dict[str, st.SearchStrategy[Any]] = {
    "s": STRINGS,
    "x": STRINGS,
    "value": STRINGS,
    "l": STRINGS,
    "b": st.booleans(),
    "n": st.integers(-2, 2),
    "d": MOMENTS,
}
ORDER = ["eq", "ne", "gt", "ge", "lt", "le"]
OPERATORS_OF = {"b": ["eq", "ne"], "n": ORDER, "d": ORDER}


def conditions(attr: Attr) -> st.SearchStrategy[Filter]:
    name = attr.sub or attr.name
    known = OPERATORS_OF.get(name, [*ORDER, "co", "sw", "ew"])
    values = SAMPLES[name].filter(lambda value: value != "")
    empty = st.builds(Compare, st.just(attr), st.sampled_from(["eq", "ne"]), st.none())
    return st.builds(Compare, st.just(attr), st.sampled_from(known), values) | st.just(Present(attr)) | empty


def trees(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """Any nesting of and, or and not; the parser makes it canonical."""

    def grow(terms: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(terms, min_size=2, max_size=4).map(tuple)
        return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, terms)

    return st.recursive(leaves, grow, max_leaves=8)


PLAIN = [Attr(name) for name in "sxbndl"] + [Attr("m", sub) for sub in ("value", "x", "n")]
EXTENDED = [Attr("s", urn="urn:x:ext:Thing"), Attr("m", "x", "urn:x:ext:Thing")]
ASKED = trees(
    st.one_of([conditions(attr) for attr in PLAIN + EXTENDED])
    | st.builds(Within, st.just(Attr("m")), trees(st.one_of([conditions(Attr(name)) for name in ("value", "x", "n")])))
)


def things(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: value | st.none() for name, value in values.items()})


ELEMENTS = things(value=SAMPLES["value"], x=SAMPLES["x"], n=SAMPLES["n"])
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        **{name: SAMPLES[name] | st.none() for name in "sxbnd"},
        "l": st.lists(STRINGS, max_size=3),
        "m": st.lists(ELEMENTS, max_size=3),
        "urn:x:ext:Thing": things(s=STRINGS, m=things(x=STRINGS)),
    },
)
EVALUATE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "co": lambda left, right: right in left,
    "sw": lambda left, right: left[: len(right)] == right,
    "ew": lambda left, right: left[len(left) - len(right) :] == right if len(right) <= len(left) else False,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: not left < right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: not left > right,
}


def found(resource: Any, attr: Attr) -> list[Any]:
    """Every value at the attribute that is not empty."""
    level = [resource]
    for key in [attr.urn, attr.name, attr.sub]:
        if key:
            level = [value.get(key) for value in level if isinstance(value, dict)]
            level = [inner for value in level for inner in (value if isinstance(value, list) else [value])]
    return [value for value in level if value not in (None, "", {})]


def plain(value: Any, name: str) -> Any:
    if name == "d":
        return datetime.fromisoformat(value).timestamp()
    return value.lower() if isinstance(value, str) and name not in EXACT else value


def holds(tree: Filter, resource: dict[str, Any]) -> bool:
    match tree:
        case Compare(attr, "ne", value):
            return not holds(Compare(attr, "eq", value), resource)
        case Compare(attr, _, None):
            return not found(resource, attr)
        case Compare(attr, op, value):
            name = attr.sub or attr.name
            return any(EVALUATE[op](plain(each, name), plain(value, name)) for each in found(resource, attr))
        case Present(attr):
            return bool(found(resource, attr))
        case Not(term):
            return not holds(term, resource)
        case And(terms):
            return all(holds(term, resource) for term in terms)
        case Or(terms):
            return any(holds(term, resource) for term in terms)
        case Within(attr, term):
            return any(holds(term, element) for element in found(resource, attr) if found_any(element))


def found_any(element: dict[str, Any]) -> bool:
    return any(value not in (None, "") for value in element.values())


@settings(max_examples=500, deadline=None)
@given(ASKED, st.lists(RESOURCES, min_size=1, max_size=8))
def test_matching_agrees_with_a_naive_evaluator(tree: Filter, resources: list[dict[str, Any]]) -> None:
    test = compile_match(bind_filter(parse_filter(to_text(tree)), KIND), KIND)
    assert [test(resource) for resource in resources] == [holds(tree, resource) for resource in resources]


@settings(max_examples=250, deadline=None)
@given(ASKED)
def test_binding_what_is_bound_changes_nothing(tree: Filter) -> None:
    bound = bind_filter(parse_filter(to_text(tree)), KIND)
    assert bind_filter(bound, KIND) == bound
    assert bind_filter(parse_filter(to_text(bound)), KIND) == bound
