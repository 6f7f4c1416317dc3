"""Queries of the index: what each comparison becomes, that values never become syntax, and that nothing is narrower than what was asked."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.lens import Asked
from gateway.nevisidm.template import lookup_in, parse_template
from gateway.plan.lucene import LONGEST_TERM, _leaf, with_scope
from gateway.plan.spoken import push_of, route_of
from gateway.plan.way import SearchPlan
from gateway.sandbox.lucene import parse
from gateway.sandbox.lucene_match import Kind, score
from gateway.sandbox.lucene_tree import leaves

Plan = Callable[..., SearchPlan]
LEADING = {"query_leading_wildcards": True}
FIELDS = {"name": Kind.TEXT, "extid": Kind.KEYWORD}


@pytest.mark.parametrize(
    ("text", "with_", "push"),
    [
        ('name.familyName eq "O\\"Hara \\\\ Co"', {}, 'name:"O\\"Hara \\\\ Co"'),
        ('name.familyName sw "Je-an"', {}, "name:je*"),
        ('name.familyName co "an-Pierre"', LEADING, "name:*pierre*"),
        ("active eq true", {}, "state:active"),
        ("not (active eq true)", {}, "*:* AND NOT state:active"),
        ('not (active eq true) and name.familyName sw "J"', {}, "(*:* AND NOT state:active) AND name:j*"),
        (
            'active eq false and (name.familyName sw "a" or name.givenName sw "b")',
            {},
            "state:(disabled OR archived) AND (name:a* OR firstname:b*)",
        ),
        ('id eq "U1" or active eq true', {}, 'extid:"U1" OR state:active'),
        ('id sw "Ab" or active eq true', {}, "extid:(Ab* OR ab*) OR state:active"),
        (
            'meta.lastModified gt "2026-11-01T00:00:00.5Z" or meta.lastModified le "2025-01-01T00:00:00+01:00"',
            {},
            "modified:[20261101000000 TO *] OR modified:[* TO 20241231230001]",
        ),
        ('title eq "Guide" or active eq true', {}, 'jobTitle:"Guide" OR state:active'),
        ('title eq "G" or active eq true', {"query_property_field": "p.{name}"}, 'p.jobTitle:"G" OR state:active'),
    ],
)  # fmt: skip
def test_what_is_asked(text: str, with_: dict[str, object], push: str, plan: Plan) -> None:
    made = plan(text, with_=with_, closed={"list"})
    assert (route_of(made), push_of(made)) == ("index", push)
    parse(push)


@pytest.mark.parametrize(
    "text",
    [
        'name.familyName co "an"',  # a leading wildcard, where none is allowed
        'name.familyName ew "n"',
        "name.familyName pr",
        'name.familyName eq "-"',  # no word at all: the index would not look
        'name.familyName sw "é"',
        'not (name.familyName sw "J")',  # a superset turned round is a subset
        'active eq true or preferredLanguage eq "de"',  # half an or
        'preferredLanguage eq "de"',  # not in the index
        'nevis:properties.validUntil gt "2026"',
        f'name.familyName eq "{"x" * (LONGEST_TERM + 1)}"',
    ],
)
def test_what_is_not(text: str, plan: Plan) -> None:
    made = plan(text, closed={"list"})
    assert push_of(made) == "nothing"
    assert made.left is not None


def test_only_the_state_is_exact(plan: Plan) -> None:
    assert plan("active eq false").left is None
    assert plan('id eq "u1" or active eq false', closed={"list"}).left is not None


def test_a_field_in_doubt_is_not_exact(plan: Plan) -> None:
    assert plan("not (active eq true)", closed={"list"}, doubted={"state"}).left is not None
    assert push_of(plan("not (active eq true)", closed={"list"}, doubted={"state"})) == "nothing"


def test_a_query_too_long_for_a_url_is_not_sent(plan: Plan) -> None:
    text = " or ".join(f'name.familyName eq "{"x" * 100}{number}"' for number in range(60))
    assert push_of(plan(text, closed={"list"})) == "nothing"


def test_the_scope_is_anded_and_its_values_are_phrases() -> None:
    scope = parse_template("clientName:{client.name}")
    lookup = lookup_in({"client.name": 'A"B\\ OR *:*'})
    assert with_scope("state:active OR name:j*", scope, lookup) == (
        '(state:active OR name:j*) AND clientName:"A\\"B\\\\ OR *:*"'
    )
    assert with_scope("", scope, lookup) == 'clientName:"A\\"B\\\\ OR *:*"'
    assert with_scope("", None, lookup) == "*:*"
    with pytest.raises(KeyError):
        with_scope("", scope, lambda _: None)


NASTY = st.text(
    alphabet=string.ascii_letters + string.digits + " -.@+&|!(){}[]^\"~*?:\\/'<>_#éÄß東", min_size=1, max_size=12
)
ASKED = st.builds(
    Asked,
    st.sampled_from(["eq", "sw", "co", "in"]),
    st.tuples(NASTY),
    st.sampled_from(["as_is", "ignore"]),
)


@given(field=st.sampled_from(sorted(FIELDS)), asked=ASKED)
def test_a_value_never_becomes_syntax(field: str, asked: Asked) -> None:
    text = _leaf(field, asked, leading=True)
    if text is not None:
        assert {leaf.field for leaf in leaves(parse(text))} == {field}


@given(
    field=st.sampled_from(sorted(FIELDS)),
    asked=ASKED,
    before=st.one_of(st.just(""), NASTY),
    after=st.one_of(st.just(""), NASTY),
    swap=st.booleans(),
)
def test_every_value_that_fits_is_found(field: str, asked: Asked, before: str, after: str, swap: bool) -> None:
    value = asked.values[0]
    stored = {"eq": value, "in": value, "sw": value + after, "co": before + value + after}[asked.op]
    if swap and asked.case == "ignore":
        stored = stored.swapcase()
    wanted, held = (value, stored) if asked.case == "as_is" else (value.lower(), stored.lower())
    fits = {"eq": wanted == held, "in": wanted == held, "sw": held.startswith(wanted), "co": wanted in held}[asked.op]
    text = _leaf(field, asked, leading=True)
    if fits and text is not None:
        assert score(parse(text), {field: [stored]}, FIELDS) > 0
