"""Strict YAML: what is text stays text, every word has a place, and nothing in YAML's attic is allowed."""

from __future__ import annotations

import pytest

from gateway.mapping.document import read_document
from gateway.mapping.record import Place


def data(text: str) -> object:
    document = read_document(text, "m/X.yaml")
    assert document.findings == ()
    return document.data


def findings(text: str) -> list[str]:
    return [str(each) for each in read_document(text, "m/X.yaml").findings]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("012", "012"),
        ("1:30", "1:30"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("2026-11-01", "2026-11-01"),
        ("=", "="),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("1.5e3", 1500.0),
        ("'true'", "true"),
        ('"5"', "5"),
        ("9" * 30, float("9" * 30)),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert data(f"a: {text}") == {"a": value}
    assert type(data(f"a: {text}")["a"]) is type(value)  # type: ignore[index]  # a map by construction


def test_keys_may_be_true_or_numbers() -> None:
    assert data("{ true: active, 5: ok, <<: x }") == {True: "active", 5: "ok", "<<": "x"}


def test_every_key_and_value_has_a_place() -> None:
    document = read_document("a:\n  b: [x,\n      { c: 1 }]\n", "m/X.yaml")
    assert document.place("a", "b") == Place("m/X.yaml", 2, 3)
    assert document.value_place("a", "b", 0) == Place("m/X.yaml", 2, 7)
    assert document.place("a", "b", 1, "c") == Place("m/X.yaml", 3, 9)
    assert document.value_place("a", "b", 1, "c") == Place("m/X.yaml", 3, 12)
    assert document.place("a", "b", 1, "zzz", 4) == Place("m/X.yaml", 3, 7)
    assert document.place("nowhere") == Place("m/X.yaml", 1, 1)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\nb: 2\na: 3", 'm/X.yaml:3:1 M102 key "a" stands here twice, first on line 1'),
        ("{ a: { true: 1, true: 2 } }", 'm/X.yaml:1:17 M102 key "true" stands here twice, first on line 1'),
        ("a: &x 1", "m/X.yaml:1:4 M100 the anchor &x is not allowed, write the value out where it is used"),
        ("a: !!str 5", "m/X.yaml:1:4 M100 the tag tag:yaml.org,2002:str is not allowed, leave it out; quote a value that must be text"),
        ("a: 1\n---\nb: 2", "m/X.yaml:2:1 M100 a second document in one file is not allowed, write one file per mapping"),
        ("? [a, b]\n: 1", "m/X.yaml:1:3 M100 a list or map as key is not allowed, keys are words"),
        ("a: [1", "m/X.yaml:2:1 M100 this is not YAML: did not find expected ',' or ']'"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_found_with_place_and_cure(text: str, finding: str) -> None:
    assert findings(text) == [finding]


def test_of_a_key_that_stands_twice_the_first_value_counts() -> None:
    assert read_document("a: 1\na: 2", "X").data == {"a": 1}


def test_an_alias_is_refused_where_it_stands() -> None:
    assert findings("a: &x 1\nb: *x")[1] == "m/X.yaml:2:4 M100 the alias *x is not allowed, write the value out"


@pytest.mark.parametrize("text", ["\x07", "a: \x00", "a: b: c", "\ta: 1", "%YAML", "[" * 5000, "{a: " * 300, "\ud800"])
def test_no_text_makes_it_raise(text: str) -> None:
    assert findings(text)


def test_all_findings_come_at_once() -> None:
    assert len(findings("a: &x 1\na: !t 2\nb: *x")) == 4
