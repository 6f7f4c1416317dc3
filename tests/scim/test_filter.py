"""Reading filters, attributes and paths: the golden corpus, the limits, what errors say."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File

import pytest

from gateway.errors import BadRequest
from gateway.scim.filter import SEARCH_LIMITS, FilterLimits, parse_attr, parse_filter, parse_path
from gateway.scim.print import path_text, to_text
from gateway.scim.tree import Attr, Compare, Or, Path, Present

CORPUS = [
    tuple(line.split(" ⇒ "))
    for line in File(__file__).with_name("filters.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def outcome(text: str) -> str:
    """The canonical text, or the error's code and column."""
    try:
        return to_text(parse_filter(text))
    except BadRequest as error:
        column = re.search(r"column (\d+)", error.detail)
        return f"{error.code.code} @{column[1]}" if column else error.code.code


@pytest.mark.parametrize(("text", "expected"), CORPUS)
def test_every_filter_of_the_corpus_reads_as_written_there(text: str, expected: str) -> None:
    assert outcome(text) == expected


@pytest.mark.parametrize("canonical", [expected for _, expected in CORPUS if not expected.startswith("GW1")])
def test_canonical_text_reads_back_as_itself(canonical: str) -> None:
    assert outcome(canonical) == canonical


@pytest.mark.parametrize("text", ["", " ", "\t\r\n"])
def test_an_empty_filter_is_an_error_that_says_what_may_stand_there(text: str) -> None:
    with pytest.raises(BadRequest, match="unexpected end of filter, expected an attribute") as caught:
        parse_filter(text)
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a", 'expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr) or a sub-attribute or "["'),
        ("x[a", "expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr) or a sub-attribute."),
        ("a eq", "expected a value"),
        ("a eq 'x'", "text stands in double quotes"),
        ("a eq 1)", '")", expected "and", "or" or the end of the filter'),
        ("(a eq 1", 'expected "and", "or" or ")"'),
        ("x[a eq 1", 'expected "and", "or" or "]"'),
        ("x[a eq 1] 5", 'a number, expected "and", "or", a sub-attribute or the end of the filter'),
        ("a .b pr", "white space inside an attribute path"),
        ("a eq 1 not (b pr)", 'a word, expected "and", "or"'),
    ],
)
def test_errors_say_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(says)):
        parse_filter(text)


@pytest.mark.parametrize(
    "text", ['a eq "s3cret" b', 's3cret eq "x', "a eq s3cret", 'a eq "s3cret\\q"', "a s3cret", "s3cret"]
)
def test_errors_never_repeat_what_was_sent(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_filter(text)
    assert "s3cret" not in str(caught.value)


def test_a_filter_as_long_as_the_limit_is_read_and_a_longer_one_is_not() -> None:
    text = f'a eq "{"x" * 8184}"'
    assert len(text) == 8191
    assert parse_filter(text + " ")
    assert outcome(text + "  ") == "GW107"
    assert parse_filter(text + "  ", SEARCH_LIMITS)


def test_the_number_of_comparisons_is_limited() -> None:
    three = "a pr and b eq 1 or x[c pr]"
    assert parse_filter(three, FilterLimits(terms=3))
    with pytest.raises(BadRequest, match=r"GW107.*more than 2 comparisons"):
        parse_filter(three, FilterLimits(terms=2))


def test_nesting_is_limited_over_parentheses_and_brackets_together() -> None:
    assert parse_filter("(" * 31 + "x[a pr]" + ")" * 31)
    assert outcome("(" * 32 + "x[a pr]" + ")" * 32) == "GW107"
    assert outcome("not (" * 33 + "a pr" + ")" * 33) == "GW107"


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "not (" * 10_000 + "a pr", "x[" * 10_000, "a pr or " * 10_000, '"' * 60_000]
)
def test_hopeless_input_is_refused_quickly(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(BadRequest):
        parse_filter(text, SEARCH_LIMITS)
    with pytest.raises(BadRequest, match="GW107"):
        parse_filter(text)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("text", ["x" * 1_000_000, 'a eq "' + "x" * 1_000_000 + '"', "(" * 1_000_000])
def test_a_megabyte_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(BadRequest, match="GW107"):
        parse_filter(text)
    with pytest.raises(BadRequest, match="GW108"):
        parse_path(text)
    with pytest.raises(BadRequest, match="GW108"):
        parse_attr(text)


@pytest.mark.parametrize(
    "text", ["a:" * 30_000, "a:" * 30_000 + "(", '"' + "\\" * 60_000, "-" * 60_000, "1" * 60_000, "." * 60_000]
)
def test_no_pattern_backtracks_for_long(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(BadRequest):
        parse_filter(f"a eq {text}", SEARCH_LIMITS)
    with pytest.raises(BadRequest):
        parse_path(text + "[", SEARCH_LIMITS)
    assert time.perf_counter() - started < 2


def test_a_long_chain_is_one_flat_node() -> None:
    tree = parse_filter(" or ".join(f"a eq {number}" for number in range(500)))
    assert isinstance(tree, Or)
    assert tree.terms == tuple(Compare(Attr("a"), "eq", number) for number in range(500))


def test_many_threads_read_at_once_without_mixing_their_filters() -> None:
    texts = [f'a{number} eq "{number}" or b{number} pr and c{number} gt {number}' for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert [to_text(tree) for tree in pool.map(parse_filter, texts * 5)] == texts * 5


@pytest.mark.parametrize(
    ("text", "attr"),
    [
        ("userName", Attr("userName")),
        (" name.familyName ", Attr("name", "familyName")),
        ("manager.$ref", Attr("manager", "$ref")),
        ("urn:x:core:2.0:User:name.familyName", Attr("name", "familyName", "urn:x:core:2.0:User")),
        ("urn:x:ext:1.0", Attr("", urn="urn:x:ext:1.0")),
        ("urn:x:2.0:User", Attr("User", urn="urn:x:2.0")),
    ],
)
def test_attribute_notation(text: str, attr: Attr) -> None:
    assert parse_attr(text) == attr


@pytest.mark.parametrize("text", ["", "a.b.c", "a b", "a[b pr]", "1a", "a.", ".a", 'a eq "x"', "ä", "a,b"])
def test_what_is_no_attribute_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="GW108"):
        parse_attr(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("members", Path(Attr("members"))),
        ("name.familyName", Path(Attr("name", "familyName"))),
        ('members[value eq "2819c223"]', Path(Attr("members"), Compare(Attr("value"), "eq", "2819c223"))),
        ('emails[type eq "work"].value', Path(Attr("emails"), Compare(Attr("type"), "eq", "work"), "value")),
        (
            "urn:x:2.0:User:emails[primary pr].$ref",
            Path(Attr("emails", urn="urn:x:2.0:User"), Present(Attr("primary")), "$ref"),
        ),
        ('a[b eq "].c"].d', Path(Attr("a"), Compare(Attr("b"), "eq", "].c"), "d")),
        ("urn:x:ext:1.0", Path(Attr("", urn="urn:x:ext:1.0"))),
    ],
)
def test_patch_paths_read_and_print(text: str, path: Path) -> None:
    assert parse_path(text) == path
    assert path_text(path) == text


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("[a pr]", 1),
        ("a.b.c", 4),
        ("a b", 2),
        ("a[b pr", 2),
        ("a[b pr]c", 8),
        ("a[b pr].c.d", 8),
        ("a[b pr] or c[d pr]", 19),
    ],
)
def test_what_is_no_path_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(BadRequest, match=f"GW108.*column {column};"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "column"), [("emails[typ like 1]", 12), ("a[b[c pr]]", 4), ("a[]", 3), ("a.b[c pr]", 4)]
)
def test_a_wrong_filter_in_a_path_is_a_filter_error_with_the_column_in_the_path(text: str, column: int) -> None:
    with pytest.raises(BadRequest, match=f"GW104.*column {column}:"):
        parse_path(text)
