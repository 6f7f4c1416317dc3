"""The 21 defects of scim2_filter_parser 0.7.0, one by one: an upgrade of the package must not bring one back through our repair."""

from __future__ import annotations

import copy
import pickle
import re
import time
from pathlib import Path

import pytest
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser

import gateway
from gateway.errors import BadRequest
from gateway.scim.filter import SEARCH_LIMITS, FilterLimits, parse_filter
from gateway.scim.grammar import _Parser
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within

A, B, C = (Compare(Attr(name), "eq", number) for number, name in enumerate("abc", 1))


def x(value: object) -> Compare:
    return Compare(Attr("x"), "eq", value)  # type: ignore[arg-type] # the tests pass what JSON has


def refused(text: str, code: str = "GW104") -> bool:
    with pytest.raises(BadRequest) as caught:
        parse_filter(text)
    return caught.value.code.code == code


def test_the_package_still_has_its_worst_defect_so_the_repair_is_still_needed() -> None:
    tree = SCIMParser().parse(SCIMLexer().tokenize('a eq "1" or b eq "2" and c eq "3"'))
    assert tree.expr.op == "and"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a eq 1 or b eq 2 and c eq 3", Or((A, And((B, C))))),
        ("a eq 1 and b eq 2 or c eq 3", Or((And((A, B)), C))),
        ("x[a eq 1 or b eq 2 and c eq 3]", Within(Attr("x"), Or((A, And((B, C)))))),
        ("not (a eq 1 or b eq 2 and c eq 3)", Not(Or((A, And((B, C)))))),
        ("not (a eq 1) and b eq 2 or c eq 3", Or((And((Not(A), B)), C))),
    ],
)
def test_defect_01_and_binds_tighter_than_or(text: str, tree: Filter) -> None:
    assert parse_filter(text) == tree


@pytest.mark.parametrize(
    ("literal", "value"),
    [("true", True), ('"true"', "true"), ("null", None), ('"null"', "null"), ("5", 5), ('"5"', "5"), ("false", False)],
)
def test_defect_02_literals_keep_their_type(literal: str, value: object) -> None:
    found = parse_filter(f"x eq {literal}")
    assert found == x(value)
    assert isinstance(found, Compare)
    assert type(found.value) is type(value)


@pytest.mark.parametrize("number", [10, 100, 1234567890123])
def test_defect_03_numbers_have_many_digits(number: int) -> None:
    assert parse_filter(f"x eq {number}") == x(number)


@pytest.mark.parametrize(("literal", "value"), [("-5", -5), ("1.5", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25)])
def test_defect_04_numbers_are_json_numbers(literal: str, value: float) -> None:
    assert parse_filter(f"x eq {literal}") == x(value)


def test_defect_05_a_string_holds_escaped_quotes() -> None:
    assert parse_filter(r'x eq "a\"b"') == x('a"b')


@pytest.mark.parametrize(
    ("literal", "value"),
    [(r'"DOMAIN\\user"', r"DOMAIN\user"), (r'"\u00e9"', "é"), (r'"tab\tx"', "tab\tx"), (r'"\ud83d\ude00"', "😀")],
)
def test_defect_06_escapes_are_decoded(literal: str, value: str) -> None:
    assert parse_filter(f"x eq {literal}") == x(value)


@pytest.mark.parametrize("name", ["nullable", "trueName", "falsePositive", "true-x", "null_x", "true1"])
def test_defect_07_names_may_begin_with_a_literal(name: str) -> None:
    assert parse_filter(f"{name} pr") == Present(Attr(name))


@pytest.mark.parametrize("text", ["a eq trueand b pr", "a eq nullor b pr", "a eq 1and b pr"])
def test_defect_08_a_literal_ends_at_its_end(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(("literal", "value"), [("True", True), ("TRUE", True), ("False", False), ("Null", None)])
def test_defect_09_literals_in_any_case(literal: str, value: object) -> None:
    assert parse_filter(f"x eq {literal}") == x(value)


@pytest.mark.parametrize("word", ["co", "eq", "pr", "and", "or", "not", "CO", "true", "null"])
def test_defect_10_reserved_words_are_attribute_names_where_a_name_stands(word: str) -> None:
    one = Compare(Attr(word), "eq", "1")
    assert parse_filter(f'{word} eq "1"') == one
    assert parse_filter(f'a eq 1 and {word} eq "1"') == And((A, one))
    assert parse_filter(f'not ({word} eq "1")') == Not(one)
    assert parse_filter(f'x[{word} eq "1"]') == Within(Attr("x"), one)
    assert parse_filter(f"urn:x:{word} pr") == Present(Attr(word, urn="urn:x"))


@pytest.mark.parametrize(
    "text",
    [
        'a[b[c eq "1"]]',
        'a[type eq "x"][type eq "y"]',
        'a[type eq "work"] eq "x"',
        'a[type eq "work"] pr',
        "a.b[c pr]",
        "a[b pr].c[d pr]",
        "a[b[c pr].d pr]",
    ],
)
def test_defect_11_value_paths_neither_nest_nor_stack(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\x1f", "\t"])
def test_defect_12_strings_hold_no_raw_control_characters(character: str) -> None:
    assert refused(f'x eq "a{character}b"')


def test_defect_13_tokens_may_stand_on_lines_of_their_own() -> None:
    assert parse_filter("a\neq\r\n1\tand b eq 2") == And((A, B))


@pytest.mark.parametrize("urn", ["urn:a+b%20c:2.0:User", "http://example.com/s", "urn:x:1.0", "tag:a@b,2020:c"])
def test_defect_14_a_schema_uri_is_a_uri(urn: str) -> None:
    assert parse_filter(f"{urn}:foo.bar eq 1") == Compare(Attr("foo", "bar", urn), "eq", 1)


def test_defect_15_operators_that_do_not_suit_are_left_to_binding() -> None:
    """See test_binding.py: GW106. The parser knows no types and keeps what binding needs to judge."""
    assert parse_filter("active gt true") == Compare(Attr("active"), "gt", True)


@pytest.mark.parametrize("text", ['userName eq_cs "x"', 'userName in ("a","b")'])
def test_defect_16_operators_of_other_products_are_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text", [" or ".join(["a pr"] * 1000), " and ".join(["a pr"] * 1000), "(" * 32 + "a pr" + ")" * 32]
)
def test_defect_17_trees_are_shallow_enough_for_any_recursion(text: str) -> None:
    tree = parse_filter(text, SEARCH_LIMITS)
    assert pickle.loads(pickle.dumps(tree)) == copy.deepcopy(tree) == tree  # noqa: S301 # our own bytes


def test_defect_17_deep_nesting_is_refused() -> None:
    assert refused("not (" * 1000 + "a pr" + ")" * 1000, "GW107")
    assert refused("(" * 1000 + "a pr" + ")" * 1000, "GW107")


def test_defect_18_size_is_limited_before_parsing() -> None:
    started = time.perf_counter()
    assert refused(" or ".join(["a eq 1"] * 50_000), "GW107")
    assert time.perf_counter() - started < 0.1


def test_defect_18_the_walk_does_not_recurse_whatever_the_limits() -> None:
    tree = parse_filter(" or ".join(["a pr"] * 3000), FilterLimits(length=10**6, terms=10**6))
    assert isinstance(tree, Or)
    assert len(tree.terms) == 3000


@pytest.mark.parametrize("text", ["a eq", "a eq ?", "a eq 1 2", "", "(", "a \x00"])
def test_defect_19_every_failure_is_one_error_with_a_column(text: str) -> None:
    with pytest.raises(BadRequest, match=r"GW104: The filter cannot be read at column \d+: .*, expected "):
        parse_filter(text)


def test_defect_19_the_parser_alone_also_raises_that_error() -> None:
    with pytest.raises(BadRequest, match="GW104"):
        _Parser().parse(iter(()))


def test_defect_20_a_sub_attribute_after_a_value_path_moves_into_it() -> None:
    work = Compare(Attr("type"), "eq", "work")
    address = Compare(Attr("value"), "eq", "a@b")
    assert parse_filter('emails[type eq "work"].value eq "a@b"') == Within(Attr("emails"), And((work, address)))
    either = parse_filter('emails[type eq "work" or a eq 1].value eq "a@b"')
    assert either == Within(Attr("emails"), And((Or((work, A)), address)))
    assert parse_filter('emails[type eq "work"].value pr') == Within(
        Attr("emails"), And((work, Present(Attr("value"))))
    )


def test_defect_21_operators_are_lower_case() -> None:
    assert parse_filter("a EQ 1 AND NOT (b Eq 2) Or c eQ 3") == Or((And((A, Not(B))), C))
    assert parse_filter("a PR") == Present(Attr("a"))


def test_only_the_grammar_knows_the_package() -> None:
    package = Path(gateway.__file__).parent
    knowing = re.compile(r"^\s*(?:from|import) (?:scim2_filter_parser|sly)\b", re.MULTILINE)
    found = {
        str(file.relative_to(package)) for file in package.rglob("*.py") if knowing.search(file.read_text("utf-8"))
    }
    assert found == {"scim/grammar.py"}
