"""The query language: what is read, what is refused, and which documents fit."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.lucene import parse
from gateway.sandbox.lucene_match import Kind, ParentField, UnknownField, check, score, tokens
from gateway.sandbox.lucene_tree import (
    Boolean,
    Clause,
    Everything,
    Exists,
    Fuzzy,
    Occur,
    Query,
    Range,
    Text,
    Unparsable,
    Wildcard,
    leaves,
)

FIELDS = {
    "name": Kind.TEXT,
    "firstname": Kind.TEXT,
    "email": Kind.TEXT,
    "uniqueemail": Kind.KEYWORD,
    "extid": Kind.KEYWORD,
    "state": Kind.KEYWORD,
    "created": Kind.MOMENT,
    "unit.name": Kind.TEXT,
    "unit": Kind.PARENT,
}
DOCUMENT = {
    "name": ["Müller-Jensen"],
    "firstname": ["Anna Maria"],
    "email": ["Anna.Mueller@Example.org"],
    "uniqueemail": ["Anna.Mueller@Example.org"],
    "extid": ["u-1001"],
    "state": ["active"],
    "created": ["20260112081530"],
    "unit.name": ["Head Office", "Sales North"],
}


def fits(text: str, *, leading_wildcard: bool = True) -> bool:
    query = parse(text, leading_wildcard=leading_wildcard)
    check(query, FIELDS)
    return score(query, DOCUMENT, FIELDS) > 0


def only(text: str) -> Query:
    query = parse(text)
    assert isinstance(query, Boolean)
    (clause,) = query.clauses
    return clause.query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("*:*", Everything()),
        ("name:*", Exists("name")),
        ("name:Anna", Text("name", "Anna")),
        ("Anna", Text(None, "Anna")),
        ('name:"Anna Maria"', Text("name", "Anna Maria", phrase=True)),
        ('name:"Anna Maria"~3', Text("name", "Anna Maria", phrase=True, slop=3)),
        (r'name:"say \"hi\" \\ now"', Text("name", r'say "hi" \ now', phrase=True)),
        (r"name:a\*b", Text("name", "a*b")),
        ("name:an?a*", Wildcard("name", (("an", False), ("?", True), ("a", False), ("*", True)))),
        ("name:anna~", Fuzzy("name", "anna", 2)),
        ("name:anna~1", Fuzzy("name", "anna", 1)),
        ("name:anna~0.8", Fuzzy("name", "anna", 0)),
        ("created:[20220101000000 TO *]", Range("created", "20220101000000", None, True, True)),
        ("name:{a TO b]", Range("name", "a", "b", False, True)),
        ("name:o'brien", Text("name", "o'brien")),
        ("name:<b>", Text("name", "<b>")),
        (r"extid:\/a\:b", Text("extid", "/a:b")),
    ],
)
def test_one_leaf_is_read(text: str, query: Query) -> None:
    assert only(text) == query


@pytest.mark.parametrize(
    ("text", "occurs"),
    [
        ("a b", ["", ""]),
        ("a OR b", ["", ""]),
        ("a || b", ["", ""]),
        ("a AND b", ["+", "+"]),
        ("a && b", ["+", "+"]),
        ("+a -b c", ["+", "-", ""]),
        ("a AND NOT b", ["+", "-"]),
        ("a AND !b", ["+", "-"]),
        ("a OR b AND c", ["", "+", "+"]),  # the classic parser has no precedence
        ("a AND b OR c", ["+", "+", ""]),
        ("NOT a", ["-"]),
    ],
)
def test_operators_become_clauses_as_in_the_classic_parser(text: str, occurs: Sequence[str]) -> None:
    query = parse(text)
    assert isinstance(query, Boolean)
    assert [clause.occur.value for clause in query.clauses] == occurs


def test_a_group_after_a_field_hands_the_field_down() -> None:
    assert list(leaves(parse("name:(a OR email:b)"))) == [Text("name", "a"), Text("email", "b")]


def test_boosts_stay_with_their_clause() -> None:
    assert parse("a^2 name:b^3") == Boolean(
        (
            Clause(Occur.SHOULD, Text(None, "a"), 2.0),
            Clause(Occur.SHOULD, Boolean((Clause(Occur.SHOULD, Text("name", "b"), 3.0),))),
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "()",
        "(a",
        "a)",
        "a OR",
        "AND a",
        'name:"a',
        "name:",
        "a:b:c",
        "name:-a",
        "NOT NOT a",
        "+-a",
        "/regex/",
        "x\\",
        "[a TO b",
        "a^1.2.3",
        "x:T10:20",
        "(" * 100 + "a" + ")" * 100,
        "a " * 1500,
        "a" * 30_000,
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse(text)


@pytest.mark.parametrize("text", ["*a", "?a", "name:*a*"])
def test_a_leading_wildcard_is_refused_unless_allowed(text: str) -> None:
    with pytest.raises(Unparsable, match="first character"):
        parse(text, leading_wildcard=False)
    parse(text, leading_wildcard=True)


def test_a_lone_star_is_no_leading_wildcard() -> None:
    parse("*:* AND name:*", leading_wildcard=False)


@given(st.text(alphabet="ab:\"\\*?+-!&|()[]{}^~/<>' AND OR NOT TO é\n\x00", max_size=40))
def test_parsing_answers_a_query_or_unparsable(text: str) -> None:
    try:
        query = parse(text)
        check(query, FIELDS)
    except (Unparsable, UnknownField):
        return
    score(query, DOCUMENT, FIELDS)


@given(st.text(max_size=20))
def test_a_quoted_value_is_one_phrase_whatever_it_holds(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    assert only(f'name:"{escaped}"') == Text("name", value, phrase=True)


@pytest.mark.parametrize(
    "text",
    [
        "anna",
        "name:müller",
        "name:MÜLLER",
        "name:jensen",
        'name:"müller jensen"',
        'name:"Müller-Jensen"',
        'email:"anna.mueller@example.org"',
        "email:nobody@example.com",  # cut into words of which any will do
        'uniqueemail:"Anna.Mueller@Example.org"',
        "state:active",
        "extid:u-1001",
        "extid:u-10*",
        "name:jen*",
        "name:*ense*",
        "name:m?ller",
        "name:jansen~1",
        'firstname:"maria anna"~2',
        "firstname:*",
        "created:[20260101000000 TO 20261231235959]",
        "created:{20260112081529 TO *}",
        "name:[jensen TO jensen]",
        'unit.name:"sales north"',
        "(name:nobody OR firstname:anna) AND state:active",
        "*:* AND NOT state:disabled",
        'name:"!!!" AND firstname:anna',  # a phrase without a word drops out
        '+name:"..." +state:active',
        "+name:jensen firstname:nobody",
    ],
)
def test_the_document_fits(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "name:anna",
        'name:"jensen müller"',
        "name:mull*",
        "name:Jen*",  # patterns are not analysed
        'uniqueemail:"anna.mueller@example.org"',
        "uniqueemail:mueller",
        "state:Active",
        "extid:U-1001",
        "extid:1001",
        "name:jansen~0",
        'firstname:"maria anna"',
        'unit.name:"office sales"',  # a phrase does not cross from one value to the next
        "created:[20260112081531 TO *]",
        "created:{20260112081530 TO *}",
        "NOT state:disabled",  # prohibited clauses alone find nothing
        "state:active AND NOT name:jensen",
        '"!!!"',
        'name:"!!!"',
        'name:"!!!" OR firstname:nobody',
        "remarks:nothing firstname:nobody",
    ],
)
def test_the_document_does_not_fit(text: str) -> None:
    fields = {**FIELDS, "remarks": Kind.TEXT}
    query = parse(text)
    check(query, fields)
    assert score(query, DOCUMENT, fields) == 0


def test_more_matching_clauses_and_boosts_score_higher() -> None:
    one, two, boosted = (
        score(parse(text), DOCUMENT, FIELDS) for text in ("jensen nobody", "jensen anna", "jensen^5 anna")
    )
    assert 0 < one < two < boosted


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(UnknownField) as raised:
        check(parse("loginId:x"), FIELDS)
    assert (raised.value.name, isinstance(raised.value, ParentField)) == ("loginId", False)


def test_a_field_that_only_has_fields_below_it_is_refused() -> None:
    with pytest.raises(ParentField) as raised:
        check(parse("state:active AND unit:x"), FIELDS)
    assert raised.value.name == "unit"


@pytest.mark.parametrize("text", ["created:2022", 'created:["2022-01-01" TO *]', "created:2022*"])
def test_a_date_that_is_none_is_unparsable(text: str) -> None:
    with pytest.raises(Unparsable):
        check(parse(text), FIELDS)


def test_tokens_keep_accents_marks_and_other_scripts() -> None:
    assert tokens("Zoë O'Brien-Šťastný 山田 😀 e\u0301t") == ["zoë", "o", "brien", "šťastný", "山田", "e\u0301t"]


def test_a_pattern_with_many_stars_is_quick() -> None:
    query = parse("name:" + "*a" * 30 + "*b")
    assert score(query, {"name": ["a" * 4000]}, FIELDS) == 0
